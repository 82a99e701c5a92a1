"""MIT's client through the gateway to MIT's KDC."""
import unittest

from lib.gateway import Gateway, configuration
from lib.kdcs import MitKdc
from lib.proc import free_port, wait_for
from lib.scenario import Scenario
from peers.logon import LogonTests, gateway_url


class MitTest(LogonTests, Scenario):
    service = "HTTP/www.mit.test"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc = cls.started(MitKdc(cls.directory, cls.authority))
        port = free_port()
        cls.port = port
        cls.gateway = cls.started(Gateway(cls.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}, {"address": f"[::1]:{port}"}],
            {cls.kdc.realm: {"kdc": [cls.kdc.kdc], "kpasswd": [cls.kdc.kpasswd], "allow_unarmored_password": True}},
            cls.tls)))
        cls.url = gateway_url(port)

    def test_pkinit(self):
        self.pkinit()

    def test_anonymous_pkinit_and_armor_with_it(self):
        anonymous = self.client()
        anonymous.run("kinit", "-n")
        self.assertIn("WELLKNOWN/ANONYMOUS", anonymous.klist())
        client = self.client()
        client.kinit("alice", self.alice, "-T", anonymous.env["KRB5CCNAME"])
        self.use_ticket(client)

    def test_first_gateway_dead(self):
        client = self.client(kdc=[gateway_url(free_port()), self.url])
        client.kinit("alice", self.alice)
        self.use_ticket(client)

    def test_ipv6(self):
        client = self.client(kdc=gateway_url(self.port, "[::1]"))
        client.kinit("alice", self.alice)
        wait_for(lambda: any(e["client"].startswith("[::1]:") for e in self.gateway.events("exchange", cname="alice")),
                 "an event of a client with an IPv6 address")

    def test_certificate_for_an_ip_address(self):
        client = self.client(kdc=gateway_url(self.port, "127.0.0.1"))
        client.kinit("alice", self.alice)
        self.use_ticket(client)

    def test_a_refused_change_of_a_password_says_so(self):
        port = free_port()
        gateway = self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}], {self.kdc.realm: {
                "kdc": [self.kdc.kdc], "kpasswd": [self.kdc.kpasswd], "allow_unarmored_password": True,
                "allow": ["as-req", "tgs-req"]}}, self.tls), name="no-kpasswd"))
        url = gateway_url(port)
        result = self.client(kdc=url, kpasswd_server=url).kpasswd("alice", self.alice, "Another-Passw0rd-9", check=False)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("refused by the policy of this service", result.stdout + result.stderr)
        gateway.wait_event("refused", type="KPASSWD", status=403, reason="message_type")

    def test_certificate_for_another_name_is_refused_by_the_client(self):
        certificate, key = self.authority.server("other", names="DNS:other.example")
        port = free_port()
        self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}], {self.kdc.realm: {"kdc": [self.kdc.kdc]}},
            {"certificate": certificate, "private_key": key}), name="other"))
        result = self.client(kdc=gateway_url(port)).kinit("alice", self.alice, check=False)
        self.assertIn("Cannot contact any KDC", result.stderr)


class UnarmoredPasswordTest(Scenario, LogonTests):
    """The default: no PA-ENC-TIMESTAMP outside FAST."""

    service = "HTTP/www.mit.test"
    test_armor = test_must_change_password = test_kpasswd = test_wrong_password = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc = cls.started(MitKdc(cls.directory, cls.authority, kdc_options="disable_encrypted_timestamp = false"))
        port = free_port()
        cls.gateway = cls.started(Gateway(cls.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}],
            {cls.kdc.realm: {"kdc": [cls.kdc.kdc], "kpasswd": [cls.kdc.kpasswd]}}, cls.tls)))
        cls.url = gateway_url(port)

    def test_password(self):
        result = self.client().kinit("alice", self.alice, check=False)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("KDC policy rejects request", result.stderr)
        event = self.gateway.wait_event("refused")[0]
        self.assertEqual((event["event_id"], event["status"], event["realm"], event["cname"], event["reason"]),
                         (404, 403, "MIT.TEST", "alice", "unarmored_password"))

    def test_with_anonymous_armor(self):
        anonymous = self.client()
        anonymous.run("kinit", "-n")
        client = self.client()
        client.kinit("alice", self.alice, "-T", anonymous.env["KRB5CCNAME"])
        self.use_ticket(client)

    def test_pkinit(self):
        self.pkinit()


if __name__ == "__main__":
    unittest.main()
