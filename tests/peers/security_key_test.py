"""Signing in with a FIDO2 security key: `ferryman enroll --key fido` and `login` through libfido2, which finds a key of the tests' own
(tests/lib/security_key.py), at ferryman-realm behind ferrymand."""
import datetime
import json
import os
import unittest

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lib.person import PIN
from lib.proc import wait_for
from lib.security_key import PRELOADED, USER_PRESENT, SecurityKey
from peers.sign_in_test import Flow, SignInScenario


def maker():
    """A maker's root in PEM, and what a key of its make attests with."""
    def certificate(subject, key, issuer, signer, ca):
        name = lambda unit, common: x509.Name([
            x509.NameAttribute(NameOID.COUNTRY_NAME, "XX"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Maker"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit), x509.NameAttribute(NameOID.COMMON_NAME, common)])
        now = datetime.datetime.utcnow()
        return x509.CertificateBuilder().subject_name(name(*subject)).issuer_name(name(*issuer)).public_key(key.public_key()) \
            .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1)) \
            .not_valid_after(now + datetime.timedelta(days=1)) \
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True).sign(signer, hashes.SHA256())
    root_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name, leaf_name = ("Roots", "Root"), ("Authenticator Attestation", "Key")
    root = certificate(root_name, root_key, root_name, root_key, True)
    leaf = certificate(leaf_name, leaf_key, root_name, root_key, False)
    return root.public_bytes(serialization.Encoding.PEM), (leaf_key, [leaf.public_bytes(serialization.Encoding.DER)])


class SecurityKeyScenario(SignInScenario):
    sign_in = {}

    @classmethod
    def serve(cls, **sections):
        super().serve(sign_in=cls.sign_in, **sections)

    def options(self):
        return ("--key", "fido")

    def plugged(self, person, *keys):
        """These and no others."""
        person.env["LD_PRELOAD"] = PRELOADED
        person.env["FERRYMAN_SECURITY_KEYS"] = ":".join(key.path for key in keys)

    def new_key(self, **more):
        self.keys = getattr(self, "keys", 0) + 1
        key = SecurityKey(os.path.join(self.directory, f"{self.id().rsplit('.', 1)[-1][:20]}-{self.keys}.sock"), PIN, **more)
        self.addCleanup(key.close)
        return key

    def person(self, name="alice", key=None):
        """With a security key of her own."""
        person = super().person(name)
        person.key = key or self.new_key()
        self.plugged(person, person.key)
        return person

    def fido_keys(self, name="alice"):
        shown = json.loads(self.kdc.admin("user", "keys", name, "--json").stdout)["keys"]
        return {key["id"]: key for key in shown if key["kind"] == "fido"}

    def refusals(self):
        return [record.get("reason") for record in self.kdc.messages("request") if record.get("error")]

    def assert_refused_as(self, reason):
        wait_for(lambda: reason in self.refusals(), f"the log's {reason!r}")


class FlowTest(Flow, SecurityKeyScenario):
    pass


class SecurityKeyTest(SecurityKeyScenario):
    def enrolled(self, name="bob"):
        before = self.fido_keys(name)
        person = self.person(name)
        shown = person.enroll(self.code(name), *self.options())
        self.assertIn("Touch the security key", shown.stderr)
        person.registered, = set(self.fido_keys(name)) - set(before)
        return person

    def test_the_administrator_sees_it_and_revokes_it(self):
        person = self.enrolled()
        shown = self.kdc.admin("user", "keys", "bob").stdout
        self.assertRegex(shown, r"kind +FIDO2")
        self.assertIn("00010203-0405-0607-0809-0a0b0c0d0e0f", shown)
        before = self.fido_keys("bob")[person.registered]
        self.assertIsNone(before["device"])
        person.login()
        after = self.fido_keys("bob")[person.registered]
        self.assertGreater(after["sign_count"], before["sign_count"])
        self.use_ticket(person)
        self.kdc.admin("user", "keys", "bob", "--revoke", person.registered)
        self.assertIn("TGT has been revoked", self.use_ticket(person, check=False).stderr)
        self.assertIn("AADSTS50173", person.ferryman("login", "--renew", code=3).stderr)
        self.assertIn("AADSTS50013", person.login(code=3).stderr)
        self.assert_refused_as("key unknown or revoked")

    def test_a_copy_of_it_is_found_out(self):
        person = self.enrolled()
        copy = person.key.copied_to(person.key.path + ".copy")
        self.addCleanup(copy.close)
        person.login()
        self.plugged(person, copy)
        self.assertIn("AADSTS50013", person.login(code=3).stderr)
        self.assert_refused_as("security key: signature counter has not gone on, there may be a copy of it")
        self.plugged(person, person.key)
        person.login()

    def test_none_and_several_are_told(self):
        person = self.enrolled()
        other = self.new_key()
        self.plugged(person)
        self.assertIn("no security key is plugged in", person.login(code=1).stderr)
        self.plugged(person, person.key, other)
        self.assertIn("2 security keys are plugged in", person.login(code=1).stderr)
        self.plugged(person, other)
        self.assertIn("not the security key that was enrolled", person.login(code=1).stderr)
        self.plugged(person, person.key)
        person.login()

    def test_wrong_pins_lock_it(self):
        person = self.enrolled()
        self.assertIn("7 tries are left", person.login("wrong", code=4).stderr)
        person.key.state.retries = 1
        self.assertIn("locked for good", person.login("wrong", code=4).stderr)
        self.assertIn("locked for good", person.login(code=4).stderr)

    def test_a_second_computer_uses_what_is_registered(self):
        person = self.enrolled()
        before = self.fido_keys("bob")
        second = self.person("bob", key=person.key)
        second.enroll(self.code("bob"), *self.options())
        self.assertEqual(set(self.fido_keys("bob")), set(before))
        second.ferryman("unenroll")
        person.login()

    def test_its_user_has_to_be_verified(self):
        person = self.person("bob")
        person.key.flags = USER_PRESENT
        person.enroll(self.code("bob"), *self.options(), code=3)
        person.key.flags = 0x05
        person.enroll(self.code("bob"), *self.options())


ROOT, MAKER = maker()


class AttestationTest(SecurityKeyScenario):
    @classmethod
    def serve(cls, **sections):
        path = os.path.join(cls.directory, "roots.pem")
        with open(path, "wb") as file:
            file.write(ROOT)
        cls.sign_in = {"attestation_roots": path}
        super().serve(**sections)
        cls.kdc.admin("tenant", "set", "example", "--attestation-required")

    def test_its_maker_has_to_be_known(self):
        person = self.person("bob", key=self.new_key(maker=MAKER))
        person.enroll(self.code("bob"), *self.options())
        person.login()
        self.person("alice").enroll(self.code("alice"), *self.options(), code=3)
        self.assert_refused_as("security key: attestation missing")
        self.person("alice", key=self.new_key(maker=maker()[1])).enroll(self.code("alice"), *self.options(), code=3)
        self.assert_refused_as("security key: attestation of another root")


if __name__ == "__main__":
    unittest.main()
