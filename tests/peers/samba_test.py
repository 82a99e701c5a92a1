"""MIT's client through the gateway to Samba's Active Directory domain controller."""
import unittest

from lib.gateway import Gateway, configuration
from lib.kdcs import SambaDc
from lib.proc import free_port
from lib.scenario import Scenario
from peers.logon import LogonTests, gateway_url


class SambaTest(LogonTests, Scenario):
    alice = bob = carol_old = "User.Passw0rd1"
    service = "HTTP/www.ad.example.test"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc = cls.started(SambaDc(cls.directory, cls.authority))
        port = free_port()
        cls.gateway = cls.started(Gateway(cls.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}],
            {cls.kdc.realm: {"kdc": [cls.kdc.host], "allow_unarmored_password": True}}, cls.tls,
            process={"workers": 1})))
        cls.url = gateway_url(port)

    def test_pkinit(self):
        """Three of 1,500 replies of Samba 4.17 to PKINIT do not decrypt, without a gateway too: kinit then wants a
        password. A second one that does not would be ours."""
        try:
            self.pkinit(upn="alice@ad.example.test")
        except AssertionError as error:
            if "Password incorrect" not in str(error):
                raise
            self.pkinit(upn="alice@ad.example.test")

    def test_response_too_big_is_asked_again_over_tcp(self):
        """An AD reply with a PAC never fits UDP; the client must never see error 52."""
        for _ in range(2):
            self.client().kinit("alice", self.alice)
        results = {e.get("result") for e in self.gateway.events("exchange")}
        self.assertNotIn("KRB_ERR_RESPONSE_TOO_BIG", results)

    def test_dns_discovery_asks_the_domain_controller_itself(self):
        port = free_port()
        gateway = self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}],
            {self.kdc.realm: {"discovery": "dns", "allow_unarmored_password": True,
                              "dns_allow_networks": ["127.0.0.0/8"]}}, self.tls,
            dns={"servers": [f"{self.kdc.host}:53"]}), name="dns"))
        client = self.client(kdc=gateway_url(port))
        client.kinit("alice", self.alice)
        self.use_ticket(client)
        self.assertTrue(all(e["kdc"] == "127.0.0.10:88" for e in gateway.wait_event("exchange")))


if __name__ == "__main__":
    unittest.main()
