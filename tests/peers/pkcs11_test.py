"""Signing in with a key on a PKCS#11 token, SoftHSM's: `ferryman enroll --key pkcs11:URI` and `login`, at ferryman-realm behind
ferrymand."""
import json
import os
import unittest

from lib.person import PIN, WRONG_PIN
from lib.softhsm import MODULE, Token
from peers.sign_in_test import Flow, SignInScenario


class Pkcs11Scenario(SignInScenario):
    def person(self, name="alice"):
        person = super().person(name)
        person.token = Token(os.path.join(person.home, "token"))
        person.token.make(self.kind, "sign-in", "01")
        person.token.make("EC:prime256v1", "other", "02")
        person.env.update(person.token.env)
        return person

    def options(self):
        return ("--key", "pkcs11:token=card;object=sign-in")


class P256Test(Flow, Pkcs11Scenario):
    kind = "EC:prime256v1"


class RsaTest(Pkcs11Scenario):
    kind = "rsa:2048"

    def test_from_enrolment_to_a_login(self):
        person = self.person()
        person.enroll(self.code(), *self.options())
        person.ferryman("logout")
        person.login()
        self.assertIn("krbtgt/CLOUD.TEST@CLOUD.TEST", person.klist())
        self.use_ticket(person)
        status = person.status()[0]
        self.assertEqual((status["user_key"], status["keys"]), ("pkcs11:token=card;object=sign-in", "software"))
        person.login(WRONG_PIN, code=4)
        key = next(key for key in self.keys_of("alice") if key["device"] == status["device"])
        self.kdc.admin("user", "keys", "alice", "--revoke", key["id"])
        self.assertIn("AADSTS50013", person.login(code=3).stderr)
        self.assertIn("TGT has been revoked", self.use_ticket(person, check=False).stderr)

    def keys_of(self, name):
        return json.loads(self.kdc.admin("user", "keys", name, "--json").stdout)["keys"]

    def test_by_its_module_and_the_keys_id(self):
        person = self.person("bob")
        del person.env["SOFTHSM2_CONF"]
        uri = f"pkcs11:token=card;id=%02?module-path={MODULE}"
        self.assertIn("no PKCS#11 token", person.enroll(self.code("bob"), "--key", uri, code=1).stderr)
        person.env.update(person.token.env)
        person.enroll(self.code("bob"), "--key", uri)
        person.login()

    def test_what_is_wrong_with_a_uri_is_told(self):
        person = self.person("bob")
        for uri, says in (("pkcs11:token=card", "several such private keys"), ("pkcs11:token=card;object=none", "no such private key"),
                          ("pkcs11:token=none", "no PKCS#11 token"), ("pkcs11:nonsense", "no PKCS#11 URI"),
                          ("pkcs11:token=card?pin-value=1", "does not stand in the URI"),
                          ("pkcs11:token=card?module-path=/none.so", "cannot be loaded")):
            with self.subTest(uri):
                self.assertIn(says, person.enroll(self.code("bob"), "--key", uri, code=1).stderr)

    def test_a_token_that_is_gone_is_told(self):
        person = self.person("bob")
        person.enroll(self.code("bob"), *self.options())
        person.token.run("softhsm2-util", "--delete-token", "--token", "card")
        person.ferryman("login", "--renew")
        self.assertIn("no PKCS#11 token", person.login(code=1).stderr)


if __name__ == "__main__":
    unittest.main()
