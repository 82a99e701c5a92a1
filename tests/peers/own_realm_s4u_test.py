"""Services of a realm of our own act for users [MS-SFU]: MIT's and Heimdal's clients and impacket's tools, where they may and
where they may not; and tickets that a service has forged or altered."""
import os
import subprocess
import sys
import unittest

from impacket.krb5.ccache import CCache
from samba.dcerpc import krb5pac
from samba.ndr import ndr_unpack
from samba.tests.krb5 import kcrypto

from lib import keytab, krb, odd_client, s4u
from lib.heimdal import heimdal
from lib.own_realm import PASSWORDS, OwnRealmScenario

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLES = "/usr/share/doc/python3-impacket/examples"
WEB, SQL, FILES, APP = "HTTP/web.cloud.test", "postgres/sql.cloud.test", "cifs/files.cloud.test", "HTTP/app.cloud.test"
FORWARDABLE = odd_client.FORWARDABLE
TGS_REP_SESSION_KEY = 8  # the key usage


class S4uScenario(OwnRealmScenario):
    """WEB$ may act for users at SQL$, and take them over from protocols that are not Kerberos. APP$ may only act at SQL$."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve()
        cls.keytabs = {name: cls.kdc.add_service(name, spn) for name, spn in (("WEB$", WEB), ("SQL$", SQL), ("FILES$", FILES),
                                                                              ("APP$", APP))}
        cls.kdc.admin("service", "set", "WEB$", "--delegate-to", SQL, "--trusted-to-auth")
        cls.kdc.admin("service", "set", "APP$", "--delegate-to", SQL)
        cls.kdc.add_user("dora", PASSWORDS["alice"], "--sensitive")
        cls.odd = cls.odd_client()

    @classmethod
    def key_of(cls, name, etype=18):
        return next(key for entry, _, _, key in keytab.entries(cls.keytabs[name]) if entry == name and key.enctype == etype)

    def logged(self, how, user, sname, result):
        line = self.kdc.wait_message("request", s4u=how, for_user=user, sname=sname, result=result)[-1]
        self.assertEqual((line["event_id"], line["type"]), (4769, "TGS-REQ"))
        return line


class MitTest(S4uScenario):
    """kvno, whose library asks for resource-based delegation as well."""

    def as_service(self, name):
        client = self.client()
        client.run("kinit", "-f", "-k", "-t", self.keytabs[name], name)
        return client

    def kvno(self, name, *args, check=True):
        return self.as_service(name).run("kvno", *args, check=check)

    def proxy(self, name, user, target, check=True):
        return self.kvno(name, "-k", self.keytabs[name], "-U", user, "-P", target, check=check)

    def test_protocol_transition(self):
        result = self.kvno("WEB$", "-k", self.keytabs["WEB$"], "-U", "alice", "WEB$")
        self.assertIn("keytab entry valid", result.stdout)
        self.assertEqual(self.logged("self", "alice", "WEB$", "success")["cname"], "WEB$")

    def test_constrained_delegation(self):
        self.proxy("WEB$", "bob", SQL)
        self.assertEqual(self.logged("proxy", "bob", SQL, "success")["cname"], "WEB$")

    def test_a_target_that_is_not_listed(self):
        result = self.proxy("WEB$", "alice", FILES, check=False)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("KDC can't fulfill requested option", result.stderr)
        self.logged("proxy", "alice", FILES, "KDC_ERR_BADOPTION")

    def test_a_service_that_is_not_trusted(self):
        self.assertEqual(self.kvno("APP$", "-U", "alice", "APP$").returncode, 0)
        result = self.proxy("APP$", "alice", SQL, check=False)
        self.assertNotEqual(result.returncode, 0)  # by the library itself, which sees that it may not be forwarded

    def test_a_sensitive_user(self):
        self.assertEqual(self.kvno("WEB$", "-U", "dora", "WEB$").returncode, 0)
        self.assertNotEqual(self.proxy("WEB$", "dora", SQL, check=False).returncode, 0)

    def test_users_that_are_not_there_or_may_not(self):
        self.new_user("frank", "--disabled")
        for user in ("nobody", "frank"):  # kvno asks by an AS-REQ first whether there is one
            self.assertNotEqual(self.kvno("WEB$", "-U", user, "WEB$", check=False).returncode, 0)
        self.logged("self", "frank", "WEB$", "KDC_ERR_CLIENT_REVOKED")

    def test_for_itself_alone(self):
        self.assertNotEqual(self.kvno("WEB$", "-U", "alice", SQL, check=False).returncode, 0)

    def test_an_enterprise_name(self):
        self.new_user("emil", "--upn", "emil.example@CLOUD.TEST")
        self.kvno("WEB$", "-I", "emil.example@CLOUD.TEST", "WEB$")
        self.logged("self", "emil.example", "WEB$", "success")

    def test_resource_based_delegation(self):
        self.kdc.admin("service", "set", "FILES$", "--allow-delegation-from", WEB)
        shown = self.kdc.show("service", "FILES$")
        self.assertEqual((shown["allow_delegation_from"], shown["delegate_to"]), (["WEB$"], []))
        self.proxy("WEB$", "alice", FILES)
        self.kdc.admin("service", "set", "FILES$", "--remove-allow-delegation-from", "WEB$")
        self.assertNotEqual(self.proxy("WEB$", "alice", FILES, check=False).returncode, 0)

    def test_heimdal(self):
        """kgetcred, whose checksum is of the session key's own type."""
        self.forward()
        config, cache = self.krb5_conf(), os.path.join(self.directory, "heimdal-cc")
        heimdal("kinit.heimdal", "--forwardable", "--keytab=" + self.keytabs["WEB$"], "WEB$", config=config, cache=cache)
        heimdal("kgetcred", "--impersonate=alice", WEB, config=config, cache=cache)
        self.logged("self", "alice", WEB, "success")


class ImpacketTest(S4uScenario):
    """getST.py, which asks for resource-based delegation; with --force-forwardable it makes a ticket forwardable (CVE-2020-17049)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.forward(port=88, kpasswd_port=464)  # it asks no other

    def get_st(self, name, user, spn, *more, script=os.path.join(HERE, "impacket_s4u.py")):
        directory = os.path.join(self.directory, self.id().rsplit(".", 1)[-1])
        os.makedirs(directory, exist_ok=True)
        run = subprocess.run([sys.executable, script, f"{self.kdc.realm}/{name}", "-aesKey", self.key_of(name).contents.hex(), "-spn", spn,
                              "-impersonate", user, "-dc-ip", "127.0.0.1", *more], cwd=directory, capture_output=True, text=True,
                             timeout=120, env={k: v for k, v in os.environ.items() if k != "KRB5CCNAME"})
        return run.stdout + run.stderr, os.path.join(directory, user + ".ccache")

    def test_allowed(self):
        out, cache = self.get_st("WEB$", "alice", SQL)
        self.assertIn("Saving ticket in alice.ccache", out)
        ticket, = CCache.loadFile(cache).credentials
        self.assertEqual(ticket["server"].prettyPrint().decode(), f"{SQL}@{self.kdc.realm}")
        part = s4u.opened(bytes(ticket.ticket["data"]), self.key_of("SQL$"))
        self.assertEqual(odd_client.name(odd_client.fields(part)[3]), "alice")

    def test_denied(self):
        for name, user, spn, flags in (("WEB$", "alice", FILES, ()), ("APP$", "alice", SQL, ()), ("WEB$", "dora", SQL, ()),
                                       ("WEB$", "alice", "krbtgt/CLOUD.TEST", ())):
            out, _ = self.get_st(name, user, spn, *flags)
            self.assertIn("KDC_ERR_BADOPTION", out, (name, user, spn))

    def test_a_forwardable_flag_that_it_has_set_itself(self):
        for name, user in (("APP$", "alice"), ("WEB$", "dora")):
            out, _ = self.get_st(name, user, SQL, "-force-forwardable")
            self.assertIn("Forcing the service ticket to be forwardable", out)
            self.assertIn("KRB_AP_ERR_MODIFIED", out)

    def test_resource_based_delegation(self):
        self.kdc.admin("service", "set", "FILES$", "--allow-delegation-from", "WEB$")
        self.addCleanup(self.kdc.admin, "service", "set", "FILES$", "--remove-allow-delegation-from", "WEB$")
        self.assertIn("Saving ticket", self.get_st("WEB$", "bob", FILES)[0])

    def test_without_a_checksum_of_the_body(self):
        out, _ = self.get_st("WEB$", "alice", SQL, script=os.path.join(EXAMPLES, "getST.py"))
        self.assertIn("KRB_AP_ERR_INAPP_CKSUM", out)


class ForgeryTest(S4uScenario):
    """What a service makes of a user's ticket to itself, whose key it has."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        realm_keys = keytab.keys(cls.kdc.all_keys())
        cls.krbtgt = realm_keys["krbtgt/cloud.test", 1, 18]
        cls.web = cls.odd.log_on("WEB$", cls.key_of("WEB$"))
        cls.alice = cls.odd.log_on("alice", cls.odd.key("alice", PASSWORDS["alice"]))
        cls.evidence = cls.ticket(cls.alice, "alice", WEB)

    @classmethod
    def ticket(cls, tgt, user, spn, options=FORWARDABLE, **more):
        answer = cls.odd.ask(cls.odd.tgs_request(tgt, user, krb.principal(*spn.split("/"), name_type=2), options=options, **more))
        assert str(answer) == "REP", str(answer)
        return answer.ticket

    def proxy(self, evidence, spn=SQL, options=FORWARDABLE | s4u.CNAME_IN_ADDL_TKT, padata=()):
        return self.odd.ask(self.odd.tgs_request(self.web, "WEB$", krb.principal(*spn.split("/"), name_type=2), options=options,
                                                 tickets=[evidence] if evidence else [], padata=padata))

    def altered(self, change, key=None):
        """Evidence whose EncTicketPart is another one, under the service's key."""
        part = s4u.opened(self.evidence, self.key_of("WEB$"))
        return s4u.sealed(self.evidence, key or self.key_of("WEB$"), change(part))

    def with_buffers(self, change, krbtgt=None):
        """Evidence with other buffers in its PAC, signed as server and as KDC."""
        def of_part(part):
            parts = change(s4u.buffers(s4u.pac_in(part)))
            return s4u.with_pac(part, s4u.signed(parts, self.key_of("WEB$"), krbtgt or self.krbtgt))
        return self.altered(of_part)

    def refused(self, code, evidence, what):
        self.assertEqual(str(self.proxy(evidence)), code, what)

    def test_the_users_own_ticket(self):
        answer = self.proxy(self.evidence)
        self.assertEqual(str(answer), "REP")
        answer.open(self.web.session_key, TGS_REP_SESSION_KEY)
        self.assertEqual((odd_client.name(answer.fields[4]), odd_client.name(answer.part[10])), ("alice", SQL))
        pac = s4u.buffers(s4u.pac_in(s4u.opened(answer.ticket, self.key_of("SQL$"))))
        behind_headers = dict(pac)[s4u.PAC_DELEGATION][16:]  # [MS-RPCE] 2.2.6.1, 2.2.6.2
        info = ndr_unpack(krb5pac.PAC_CONSTRAINED_DELEGATION_CTR, behind_headers, allow_remaining=True).info
        self.assertEqual(info.proxy_target.string, SQL)
        self.assertEqual([one.string for one in info.transited_services], [f"{WEB}@CLOUD.TEST"])
        self.assertEqual(str(self.proxy(self.altered(lambda part: part))), "REP")  # nothing of it is other than it was
        self.assertEqual(str(self.proxy(self.with_buffers(lambda parts: parts))), "REP")

    def test_evidence_that_is_none(self):
        self.refused("13", None, "no evidence")
        self.refused("13", self.alice.ticket, "a TGT")
        self.refused("13", self.ticket(self.alice, "alice", SQL), "another service's ticket")
        self.refused("31", self.altered(lambda part: part, kcrypto.Key(18, os.urandom(32))), "another key")
        self.refused("13", self.ticket(self.alice, "alice", WEB, options=0), "one that is not forwardable")

    def test_altered_evidence(self):
        flags = int.from_bytes(odd_client.octet_string(odd_client.fields(s4u.opened(self.evidence, self.key_of("WEB$")))[0])[1:5], "big")
        plain = self.ticket(self.alice, "alice", WEB, options=0)
        self.evidence, kept = plain, self.evidence
        self.refused("41", self.altered(lambda part: odd_client.replaced(part, [0], odd_client.bits(flags))), "made forwardable")
        self.evidence = kept
        for what, change in (("another user", lambda part: odd_client.replaced(part, [3], krb.principal("bob"))),
                             ("another end", lambda part: odd_client.replaced(part, [7], odd_client.kerberos_time(2_000_000_000))),
                             ("no PAC", lambda part: s4u.with_pac(part, None))):
            self.refused("41", self.altered(change), what)

    def test_signatures(self):
        for what, kind in (("ticket", s4u.PAC_TICKET), ("full", s4u.PAC_FULL)):
            self.refused("41", self.with_buffers(lambda parts, kind=kind: [one for one in parts if one[0] != kind]), "without the " + what)
            self.refused("41", self.with_buffers(lambda parts, kind=kind: [
                (one, octets[:4] + bytes(12) if one == kind else octets) for one, octets in parts]), what + " of zeros")
        self.refused("41", self.with_buffers(lambda parts: parts, krbtgt=self.key_of("WEB$")), "the service's own for the KDC's")

    def test_a_silver_ticket(self):
        """Of impacket's ticketer.py, with nothing but the service's key."""
        user = self.kdc.show("user", "alice")
        domain, _, rid = user["sid"].rpartition("-")
        subprocess.run([sys.executable, os.path.join(EXAMPLES, "ticketer.py"), "-aesKey", self.key_of("WEB$").contents.hex(), "-domain-sid", domain,
                        "-domain", self.kdc.realm, "-spn", WEB, "-user-id", rid, "alice"], cwd=self.directory, check=True, capture_output=True,
                       timeout=120)
        ticket, = CCache.loadFile(os.path.join(self.directory, "alice.ccache")).credentials
        octets = bytes(ticket.ticket["data"])
        part = s4u.opened(octets, self.key_of("WEB$"))
        self.refused("41", s4u.sealed(octets, self.key_of("WEB$"), part, kvno=1), "signed by the service's key alone")

    def test_for_users_by_another_hand(self):
        """PA-FOR-USER whose checksum was not made with the key."""
        ask = lambda padata: str(self.odd.ask(self.odd.tgs_request(
            self.web, "WEB$", krb.principal(*WEB.split("/"), name_type=2), padata=[padata])))
        key = self.web.session_key
        self.assertEqual(ask(s4u.for_user("alice", self.kdc.realm, key)), "REP")
        self.assertEqual(ask(s4u.for_user("alice", self.kdc.realm, key, kind=16)), "REP")
        for kind, made, code in ((7, bytes(16), "50"), (14, bytes(20), "50"), (1, bytes(4), "50"), (s4u.HMAC_MD5, bytes(16), "41"),
                                 (16, bytes(12), "41")):
            self.assertEqual(ask(s4u.for_user("alice", self.kdc.realm, key, kind, made)), code, kind)

    def test_a_user_who_became_another(self):
        self.new_user("gina")
        gina = self.odd.log_on("gina", self.odd.key("gina", PASSWORDS["alice"]))
        evidence = self.ticket(gina, "gina", WEB)
        self.assertEqual(str(self.proxy(evidence)), "REP")
        self.kdc.admin("user", "set", "gina", "--sensitive")
        self.refused("13", evidence, "sensitive since")
        self.kdc.admin("user", "disable", "gina")
        self.assertEqual(self.proxy(evidence).code, 18)
        self.kdc.admin("user", "remove", "gina", "--yes")
        self.refused("20", evidence, "gone")
        self.new_user("gina")
        self.refused("20", evidence, "another one of that name")

    def test_resource_based_delegation_that_is_not_asked_for(self):
        self.kdc.admin("service", "set", "FILES$", "--allow-delegation-from", "WEB$")
        self.addCleanup(self.kdc.admin, "service", "set", "FILES$", "--remove-allow-delegation-from", "WEB$")
        self.assertEqual(str(self.proxy(self.evidence, FILES)), "13")
        self.assertEqual(str(self.proxy(self.evidence, FILES, padata=[s4u.pac_options(s4u.RESOURCE_BASED)])), "REP")
        self.assertEqual(str(self.proxy(self.evidence, "krbtgt/CLOUD.TEST", padata=[s4u.pac_options(s4u.RESOURCE_BASED)])), "13")


if __name__ == "__main__":
    unittest.main()
