"""Logons by public keys at a realm of our own: MIT's kinit, by certificates and by registered keys."""
import glob
import json
import os
import signal
import unittest

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lib.heimdal import heimdal
from lib.own_realm import PASSWORDS, OwnRealmScenario
from lib.local_frames import TCP, Front
from lib.person import PIN, Person
from lib.pkinit_client import GROUP_2, CurveKey, ModpKey, PkinitClient, group_of, self_signed
from lib.pki import Authority, openssl
from lib.proc import wait_for
from lib.realm import USER
from lib.softhsm import MODULE, Token
from lib.swtpm import Swtpm
from lib.tpm_token import TpmToken


class PkinitScenario(OwnRealmScenario):
    @classmethod
    def serve(cls, **pkinit):
        anchors = {} if pkinit.pop("no_anchors", False) else {"anchors": cls.authority.certificate}
        cls.pkinit = {**anchors, **pkinit}
        super().serve(pkinit=cls.pkinit)
        cls.sid = cls.kdc.show("user", "alice")["sid"]
        cls.anchor = os.path.join(cls.directory, "kdc-anchor.pem")
        with open(cls.anchor, "w") as file:
            file.write(cls.kdc.admin("pkinit", "anchor").stdout)

    def kinit(self, certificate, key, *options, user="alice", issuer=None, check=True, **relations):
        # MIT's client wants to know who issued its own certificate as well.
        anchors = ["FILE:" + file for file in (self.anchor, issuer or self.authority.certificate)]
        client = self.client(pkinit_anchors=anchors, **relations)
        result = client.kinit(user, "", "-X", f"X509_user_identity=FILE:{certificate},{key}", *options, check=check)
        return client, result

    def configure(self, **pkinit):
        self.kdc.write(self.kdc.text(pkinit={**self.pkinit, **pkinit}))
        self.kdc.reload()

    def use_ticket(self, client):
        self.assertIn("keytab entry valid", client.kvno(self.service, self.kdc.keytab).stdout)

    def refused(self, certificate, key, user="alice", issuer=None):
        """What the KDC answered to the signature, and why."""
        seen = lambda: [record for record in self.kdc.messages("request", type="AS-REQ") if record.get("cname") == user]
        before = len(seen())
        _, result = self.kinit(certificate, key, user=user, issuer=issuer, check=False)
        self.assertNotEqual(result.returncode, 0)
        found = wait_for(lambda: seen()[before + 1:], "an event of the second request")
        return found[0]["result"], found[0].get("reason")


class CertificatesTest(PkinitScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.revoked = cls.authority.logon("revoked")
        cls.serve(crls=cls.authority.revoke(cls.revoked[0]))

    def test_a_certificate_of_her_sid(self):
        client, _ = self.kinit(*self.authority.logon("alice-sid", self.sid, "alice@cloud.test"))
        self.use_ticket(client)
        event = self.gateway.wait_event("exchange", cname="alice", result="AS-REP")[-1]
        self.assertIn("PA-PK-AS-REQ", event["padata"])

    def test_a_key_on_a_curve(self):
        client, _ = self.kinit(*self.authority.logon("alice-ec", self.sid, kind="ec"))
        self.use_ticket(client)

    def test_a_card(self):
        certificate, key = self.authority.logon("alice-card", self.sid)
        token = Token(os.path.join(self.directory, "card"))
        for kind, file in (("privkey", key), ("cert", certificate)):
            openssl({"privkey": "pkey", "cert": "x509"}[kind], "-in", file, "-outform", "DER", "-out", file + ".der")
            token.tool("--write-object", file + ".der", "--type", kind, "--id", "01", "--label", "logon")
        client = self.client(pkinit_anchors=["FILE:" + self.anchor, "FILE:" + self.authority.certificate])
        client.env.update(token.env)
        client.kinit("alice", PIN, "-X", f"X509_user_identity=PKCS11:module_name={MODULE}:token=card")
        self.use_ticket(client)

    def test_within_fast(self):
        armor, _ = self.kinit(*self.authority.logon("alice-armor", self.sid))
        client, _ = self.kinit(*self.authority.logon("alice-fast", self.sid), "-T", armor.env["KRB5CCNAME"])
        self.use_ticket(client)
        self.gateway.wait_event("exchange", cname="alice", armored=True, result="AS-REP")

    def test_where_no_password_passes(self):
        self.kdc.admin("user", "add", "dora", "--key-required")
        sid = self.kdc.show("user", "dora")["sid"]
        client, _ = self.kinit(*self.authority.logon("dora", sid), user="dora")
        self.use_ticket(client)

    def test_a_disabled_user(self):
        self.new_user("erin")
        sid = self.kdc.show("user", "erin")["sid"]
        self.kdc.admin("user", "disable", "erin")
        self.assertEqual(self.refused(*self.authority.logon("erin", sid), user="erin")[0], "KDC_ERR_CLIENT_REVOKED")

    def test_what_is_refused(self):
        other = os.path.join(self.directory, "other-ca")
        os.makedirs(other)
        foreign = Authority(other, "Another CA")
        bob = self.kdc.show("user", "bob")["sid"]
        wanted = (
            ("KDC_ERR_CANT_VERIFY_CERTIFICATE", foreign.logon("foreign", self.sid)),
            ("KDC_ERR_CERTIFICATE_MISMATCH", self.authority.logon("weak", None, "alice@cloud.test")),
            ("KDC_ERR_CERTIFICATE_MISMATCH", self.authority.logon("bobs", bob, "alice@cloud.test")),
            ("KDC_ERR_CLIENT_NAME_MISMATCH", self.authority.logon("named", self.sid, "bob@cloud.test")),
            ("KDC_ERR_INCONSISTENT_KEY_PURPOSE", self.authority.logon("server-only", self.sid, usage="serverAuth")),
            ("KDC_ERR_REVOKED_CERTIFICATE", self.revoked),
        )
        for code, files in wanted:
            with self.subTest(files[0]):
                issuer = foreign.certificate if "foreign" in files[0] else None
                self.assertEqual(self.refused(*files, issuer=issuer)[0], code)

    def test_a_kdc_certificate_of_the_administrators(self):
        certificate, key = self.authority.kdc(self.kdc.realm)
        os.chown(key, USER.pw_uid, 0)
        self.configure(certificate=certificate, key=key)
        self.addCleanup(self.configure)
        self.kdc.wait_message("the KDC's certificate ends soon")
        client = self.client(pkinit_anchors=["FILE:" + self.authority.certificate])
        client.kinit("alice", "", "-X", "X509_user_identity=FILE:" + ",".join(self.authority.logon("alice-own", self.sid)))
        self.use_ticket(client)
        os.chmod(key, 0o644)
        self.kdc.signal(signal.SIGHUP)
        self.assertIn("chmod 640", self.kdc.wait_message("configuration mistake")[-1]["mistake"])
        os.chmod(key, 0o640)

    def test_a_program_without_freshness_tokens(self):
        """Heimdal 7's, where they are not required."""
        certificate, key = self.authority.logon("alice-heimdal", self.sid)
        self.forward()
        config = self.krb5_conf(" pkinit_dh_min_bits = 1700\n", name="heimdal")
        with open(config, "a") as file:
            file.write(f"[appdefaults]\n pkinit_anchors = FILE:{self.anchor}\n")
        cache = os.path.join(self.directory, "heimdal.cc")
        kinit = lambda: heimdal("kinit.heimdal", "-C", f"FILE:{certificate},{key}", "-D", f"FILE:{self.anchor}", f"alice@{self.kdc.realm}",
                                config=config, cache=cache, check=False)
        self.assertNotEqual(kinit().returncode, 0)
        self.configure(freshness_required=False)
        try:
            result = kinit()
            self.assertEqual(result.returncode, 0, result.stderr)
        finally:
            self.configure()


class RegisteredKeysTest(PkinitScenario):
    """The key of a user's computer, in a certificate that nobody here knows the issuer of: MIT's client sends none that
    signs itself."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve(no_anchors=True)
        directory = os.path.join(cls.directory, "own-ca")
        os.makedirs(directory)
        cls.own = Authority(directory, "A user's own CA")

    def certificate_of(self, key, name):
        return self.own.issue(name, "[ext]\nbasicConstraints=CA:FALSE\n", key=key)[0]

    def enrolled(self, name, key, options=(), **env):
        code = json.loads(self.kdc.admin("user", "code", name, "--json").stdout)["code"]
        person = Person(self.directory, name, self.base, self.authority.certificate)
        person.env.update(env)
        person.enroll(code, "--key", key, *options)
        return person

    def registered(self, name):
        """A key that she has enrolled, without its PIN, and its device."""
        person = self.enrolled(name, "software")
        device = json.loads(self.kdc.admin("user", "keys", name, "--json").stdout)["keys"][0]["device"]
        found = glob.glob(os.path.join(person.state, "**", "user.pem"), recursive=True)[0]
        key = os.path.join(self.directory, name + ".key")
        openssl("pkey", "-in", found, "-passin", "pass:" + PIN, "-out", key)
        return key, device

    def test_her_own_key(self):
        key, device = self.registered("alice")
        files = self.certificate_of(key, "alice"), key
        client, _ = self.kinit(*files, issuer=self.own.certificate)
        self.use_ticket(client)
        not_trusted = ("KDC_ERR_CLIENT_NOT_TRUSTED", "a public key that is not registered")
        self.assertEqual(self.refused(*files, user="bob", issuer=self.own.certificate), not_trusted)
        self.kdc.admin("device", "disable", device)
        self.assertEqual(self.refused(*files, issuer=self.own.certificate), not_trusted)
        self.kdc.admin("service", "add", "HTTP/later.cloud.test")
        self.assertIn("TGT has been revoked", client.kvno("HTTP/later.cloud.test", check=False).stderr)
        self.kdc.admin("device", "enable", device)
        client.kvno("HTTP/later.cloud.test")

    def test_a_key_in_a_tpm(self):
        tpm = Swtpm(self.directory)
        self.addCleanup(tpm.stop)
        token = TpmToken(os.path.join(self.directory, "tpm-token"), tpm)
        token.make("rsa:2048", "logon", "01")
        self.new_user("erin")
        self.enrolled("erin", f"pkcs11:token=card;object=logon?module-path={token.module}", **token.env)
        public = os.path.join(self.directory, "tpm.pub")
        token.tool("--read-object", "--type", "pubkey", "--id", "01", "-o", public)
        certificate = self.own.issue("erin", "[ext]\nbasicConstraints=CA:FALSE\n", public_key=public)[0]
        openssl("x509", "-in", certificate, "-outform", "DER", "-out", certificate + ".der")
        token.tool("--write-object", certificate + ".der", "--type", "cert", "--id", "01", "--label", "logon")
        client = self.client(pkinit_anchors=["FILE:" + self.anchor, "FILE:" + self.own.certificate])
        client.env.update(token.env)
        client.kinit("erin", PIN, "-X", f"X509_user_identity=PKCS11:module_name={token.module}:token=card")
        self.use_ticket(client)

    def test_ferryman_login(self):
        """Without the sign-in service: the KDC sees a signature and nothing else."""
        self.new_user("frank")
        person = self.enrolled("frank", "software")
        before = person.klist()
        login = lambda anchor, **how: person.login(PIN, "--pkinit", "--anchor", anchor, **how)
        login(self.anchor)
        self.assertIn(f"frank@{self.kdc.realm}", person.klist())
        self.assertNotEqual(person.klist(), before)
        self.assertIn("keytab entry valid", person.kerberos("kvno", "-k", self.kdc.keytab, f"{self.service}@{self.kdc.realm}").stdout)
        event = self.gateway.wait_event("exchange", cname="frank", result="AS-REP")[-1]
        self.assertIn("PA-PK-AS-REQ", event["padata"])
        self.assertIn("no KDC that the anchors vouch for", login(self.own.certificate, code=3).stderr)
        self.assertIn("has to be certificates in PEM", login("/etc/passwd", code=1).stderr)
        person.login("a PIN 4712", "--pkinit", "--anchor", self.anchor, code=4)
        device = json.loads(self.kdc.admin("user", "keys", "frank", "--json").stdout)["keys"][0]["device"]
        self.kdc.admin("device", "disable", device)
        self.assertIn("KDC_ERR_CLIENT_NOT_TRUSTED", login(self.anchor, code=3).stderr)
        self.assertIn("--anchor", person.ferryman("login", "--pkinit", "--pin-stdin", lines=(PIN,), code=2).stderr)

    def test_ferryman_login_with_a_tpm(self):
        tpm = Swtpm(self.directory, "login-tpm")
        self.addCleanup(tpm.stop)
        self.new_user("gina")
        person = self.enrolled("gina", "tpm", options=("--tcti", tpm.tcti))
        person.login(PIN, "--pkinit", "--anchor", self.anchor)
        self.assertIn("keytab entry valid", person.kerberos("kvno", "-k", self.kdc.keytab, f"{self.service}@{self.kdc.realm}").stdout)

    def test_another_client(self):
        """By certificates that sign themselves: in each group, by each key derivation."""
        file, _ = self.registered("bob")
        with open(file, "rb") as stream:
            key = serialization.load_pem_private_key(stream.read(), None)
        front = Front(self.kdc.front)
        self.addCleanup(front.close)
        client = PkinitClient(lambda message: front.kerberos(message, transport=TCP), self.kdc.realm, self.anchor)
        logon = lambda agreed, **how: client.logon("bob", key, self_signed(key), agreed, **how)
        for agreed in (CurveKey("P-256"), CurveKey("P-384"), ModpKey(group_of(2048)), ModpKey(group_of(4096))):
            for kdf in (True, False):
                answer = logon(agreed, kdf=kdf)
                self.assertEqual(str(answer), "REP")
                self.assertEqual(answer.session_key.enctype, 18)
        good = CurveKey("P-256")
        self.assertEqual(logon(ModpKey(GROUP_2)).code, 65)
        self.assertEqual(logon(good, digest=hashes.SHA1()).code, 80)
        self.assertEqual(logon(good, freshness=False).code, 24)
        other = ec.generate_private_key(ec.SECP256R1())
        self.assertEqual(client.logon("bob", other, self_signed(other), good).code, 62)

    def test_a_key_that_nobody_knows(self):
        files = self.own.logon("unknown", self.sid)
        self.assertEqual(self.refused(*files, issuer=self.own.certificate)[0], "KDC_ERR_CLIENT_NOT_TRUSTED")


class AnonymousTest(PkinitScenario):
    """FAST for who has a password, and no ticket of the computer's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve(no_anchors=True, anonymous=True)

    def nobody(self):
        client = self.client(pkinit_anchors=["FILE:" + self.anchor])
        client.kinit("@" + self.kdc.realm, "", "-n")
        return client

    def test_is_armor(self):
        nobody = self.nobody()
        self.assertIn("WELLKNOWN/ANONYMOUS@WELLKNOWN:ANONYMOUS", nobody.klist())
        client = self.client()
        client.kinit("alice", PASSWORDS["alice"], "-T", nobody.env["KRB5CCNAME"])
        self.use_ticket(client)
        self.gateway.wait_event("exchange", cname="alice", armored=True, result="AS-REP")

    def test_is_nothing_else(self):
        nobody = self.nobody()
        self.assertNotEqual(nobody.kvno(self.service, check=False).returncode, 0)
        event = wait_for(lambda: self.kdc.messages("request", type="TGS-REQ", result="KDC_ERR_POLICY"), "a refusal")[-1]
        self.assertEqual(event["reason"], "an anonymous TGT, which is good for FAST's armor alone")

    def test_is_not_armor_where_it_is_off_again(self):
        nobody = self.nobody()
        self.configure(anonymous=False)
        try:
            client = self.client()
            result = client.kinit("alice", PASSWORDS["alice"], "-T", nobody.env["KRB5CCNAME"], check=False)
            self.assertNotEqual(result.returncode, 0)
            result = self.client(pkinit_anchors=["FILE:" + self.anchor]).kinit("@" + self.kdc.realm, "", "-n", check=False)
            self.assertIn("not found in Kerberos database", result.stderr)
        finally:
            self.configure()


class DisabledTest(PkinitScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve(enabled=False)

    def test_nobody_logs_on_by_a_certificate(self):
        _, result = self.kinit(*self.authority.logon("alice-off", self.sid), check=False)
        self.assertNotEqual(result.returncode, 0)
        client = self.client()
        client.kinit("alice", PASSWORDS["alice"])
        self.use_ticket(client)


if __name__ == "__main__":
    unittest.main()
