"""Passwords tried from the Internet, against MIT's KDC and its own lock-out."""
import subprocess
import unittest

from lib.client import Client
from lib.gateway import Gateway, configuration
from lib.kdcs import MitKdc
from lib.proc import free_port
from lib.scenario import Scenario
from peers.logon import gateway_url


class GuessingTest(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc = cls.started(MitKdc(cls.directory, cls.authority))
        cls.kdc.run("kadmin.local", "-q", "addpol -maxfailure 6 -lockoutduration 0 strict")
        cls.kdc.run("kadmin.local", "-q", "modprinc -policy strict alice")
        cls.kdc.run("kadmin.local", "-q", "modprinc -policy strict bob")
        cls.clients = 0

    def start(self, **policy):
        port = free_port()
        gateway = self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}], {"MIT.TEST": {"kdc": [self.kdc.kdc], "allow_unarmored_password": True}}, self.tls,
            policy=policy, limits={"client_exempt": []}), name=self.id()))
        return gateway, gateway_url(port)

    def client(self, url):
        GuessingTest.clients += 1
        return Client(self.directory, {"MIT.TEST": {"kdc": url, "http_anchors": "FILE:" + self.authority.certificate}},
                      name=f"client-{self.clients}")

    def test_an_account_is_not_locked_by_strangers(self):
        gateway, url = self.start(principal_failures=3)
        armor = self.client(url)
        armor.kinit("bob", "bob-pw")
        for _ in range(10):
            self.assertNotEqual(self.client(url).kinit("alice", "wrong", check=False).returncode, 0)
        gateway.wait_event("refused", reason="principal_failures", event_id=403, cname="alice", status=403)
        failures = [e for e in gateway.events("exchange") if e["result"] == "KDC_ERR_PREAUTH_FAILED"]
        self.assertLessEqual(len(failures), 3, "what the KDC saw")
        # The right password is refused from here as well, for now; not to who has an armor ticket, and not inside.
        self.assertNotEqual(self.client(url).kinit("alice", "alice-pw", check=False).returncode, 0)
        armored = self.client(url)
        armored.kinit("alice", "alice-pw", "-T", armor.env["KRB5CCNAME"])
        self.client(self.kdc.kdc).kinit("alice", "alice-pw")

    def test_without_the_rule_it_is(self):
        _, url = self.start()
        for _ in range(8):
            self.client(url).kinit("bob", "wrong", check=False)
        result = self.client(self.kdc.kdc).kinit("bob", "bob-pw", check=False)
        self.assertIn("revoked", result.stderr)

    def test_many_names_from_one_client(self):
        gateway, url = self.start(client_failures=5)
        for i in range(8):
            self.client(url).kinit(f"user{i}", "Summer2026", check=False)
        gateway.wait_event("refused", reason="client_failures", event_id=403)
        unknown = [e for e in gateway.events("exchange") if e["result"] == "KDC_ERR_C_PRINCIPAL_UNKNOWN"]
        self.assertLessEqual(len(unknown), 5)


if __name__ == "__main__":
    unittest.main()
