"""`key_required`, of a user, a group, a tenant: no password passes anywhere, and a key does everywhere."""
import contextlib
import json
import unittest

from lib.own_realm import PASSWORDS
from lib.page_client import PageClient
from lib.sign_in import SignInScenario

NEW_PASSWORD = "Rudderless boats 8"
POLICY = "KDC policy rejects request"


class KeyRequiredTest(SignInScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.enrolled = cls.enrolled_by(cls.entra())
        cls.kdc.admin("group", "add", "Staff")

    def page(self, secret):
        return PageClient(self.base, self.authority.certificate, self.count).sign_in("/example/me", "alice", secret).page

    @contextlib.contextmanager
    def required(self, *what):
        self.kdc.admin(*what, "--key-required")
        try:
            yield
        finally:
            self.kdc.admin(*what, "--no-key-required")

    def assert_no_password_passes(self):
        for said in (self.client().kinit("alice", PASSWORDS["alice"], check=False),
                     self.client().kpasswd("alice", PASSWORDS["alice"], NEW_PASSWORD, check=False)):
            self.assertNotEqual(said.returncode, 0)
            self.assertIn(POLICY, said.stderr + said.stdout)
        self.assert_refused(self.entra().password_grant(self.upn("alice"), PASSWORDS["alice"]))
        self.assertEqual(self.last_request()["reason"], "key required")
        self.assertIn("No password passes for this account", self.page(PASSWORDS["alice"]).problem)

    def assert_a_key_does(self):
        """It signs in, and so does a code, by which a further one is registered."""
        self.assertTrue(self.enrolled.log_on())
        self.assertEqual(self.page(self.code("alice")).problem, "")

    def test_of_a_user_a_group_and_a_tenant(self):
        self.kdc.admin("group", "join", "Staff", "alice")
        for what in (("user", "set", "alice"), ("group", "set", "Staff"), ("tenant", "set", "example")):
            with self.subTest(what=what), self.required(*what):
                self.assert_no_password_passes()
                self.assert_a_key_does()
            # It was not taken away.
            self.client().kinit("alice", PASSWORDS["alice"])
            self.assertEqual(self.page(PASSWORDS["alice"]).problem, "")

    def test_what_was_got_before_stays_as_a_ticket_but_changes_no_password(self):
        client = self.client()
        client.kinit("bob", PASSWORDS["bob"])
        self.kdc.admin("user", "set", "bob", "--key-required")
        client.kvno("HTTP/www.cloud.test")
        said = client.kpasswd("bob", PASSWORDS["bob"], NEW_PASSWORD, check=False)
        self.assertNotEqual(said.returncode, 0)
        self.assertIn(POLICY, said.stdout + said.stderr)
        self.kdc.admin("user", "set", "bob", "--no-key-required")
        self.assertEqual(json.loads(self.kdc.admin("user", "show", "bob", "--json").stdout)["kvno"], 1)
        client.kinit("bob", PASSWORDS["bob"])


if __name__ == "__main__":
    unittest.main()
