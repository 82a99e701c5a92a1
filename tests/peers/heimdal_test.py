"""MIT's client through the gateway to Heimdal's KDC, whose kpasswdd speaks UDP only."""
import unittest

from lib.gateway import Gateway, configuration
from lib.kdcs import HeimdalKdc
from lib.proc import free_port
from lib.scenario import Scenario
from peers.logon import LogonTests, gateway_url


class HeimdalTest(LogonTests, Scenario):
    service = "HTTP/www.heim.test"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc = cls.started(HeimdalKdc(cls.directory))
        port = free_port()
        cls.gateway = cls.started(Gateway(cls.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}],
            {cls.kdc.realm: {"kdc": [cls.kdc.kdc], "kpasswd": [cls.kdc.kpasswd], "allow_unarmored_password": True}},
            cls.tls)))
        cls.url = gateway_url(port)

    def test_kpasswd_goes_by_udp(self):
        client = self.client()
        client.kpasswd("alice", self.alice, self.new_password)
        type(self).alice = self.new_password
        event = self.gateway.wait_event("exchange", type="KPASSWD", result="KPASSWD-REP")[-1]
        self.assertEqual((event["transport"], event["tries"]), ("udp", 1))


if __name__ == "__main__":
    unittest.main()
