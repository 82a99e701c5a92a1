"""Logons by MIT's clients through `ferryman forward` and ferrymand when the connection between the two is dead and nobody
has said so: its packets are lost, or swallowed on the way."""
import time
import unittest

from lib.client import Client
from lib.forwarder import Forwarder
from lib.gateway import Gateway, configuration
from lib.kdcs import MitKdc
from lib.link import Relay, drop_connections
from lib.proc import free_port
from lib.scenario import Scenario
from peers.logon import gateway_url

REALM = "MIT.TEST"


class DeadConnection(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc = cls.started(MitKdc(cls.directory, cls.authority))
        cls.port = free_port()
        realm = {"kdc": [cls.kdc.kdc], "kpasswd": [cls.kdc.kpasswd], "allow_unarmored_password": True}
        cls.gateway = cls.started(Gateway(cls.directory, configuration(
            [{"address": f"127.0.0.1:{cls.port}"}], {REALM: realm}, cls.tls)))

    def through(self, port):
        forwarder = self.running(Forwarder(self.directory, "--gateway", gateway_url(port), "--ca-file",
                                           self.authority.certificate, "--no-dns", name=self.id()))
        client = Client(self.directory, {REALM: {"kdc": forwarder.kdc, "kpasswd_server": forwarder.kpasswd}}, name=self.id())
        self.addCleanup(lambda: self._outcome.success or print(forwarder.process.text()))
        return forwarder, client

    def logons(self, client, *armor):
        """One, and then three at once after another. libkrb5 gives a KDC up after some ten seconds."""
        client.kinit("alice", "alice-pw", *armor)
        begun = time.monotonic()
        for _ in range(3):
            client.kinit("alice", "alice-pw", *armor)
            client.kvno("HTTP/www.mit.test", self.kdc.keytab)
        self.assertLess(time.monotonic() - begun, 1.5)

    def every_message_has_an_answer(self, forwarder):
        self.assertEqual([line for line in forwarder.lines() if " from https://" not in line or "Failed" in line or
                          "timed out" in line], [])

    def test_swallowed(self):
        relay = self.running(Relay(self.port))
        forwarder, client = self.through(relay.port)
        self.logons(client)
        for dead in (1, 2):
            relay.swallow()
            self.logons(client)
            self.assertEqual(relay.accepted, 1 + dead)
        self.every_message_has_an_answer(forwarder)

    def test_lost(self):
        forwarder, client = self.through(self.port)
        self.logons(client)
        self.assertEqual(drop_connections(self.port), 1)
        self.logons(client)
        self.every_message_has_an_answer(forwarder)
        client.run("kdestroy")  # kpasswd would take the ticket for armor
        self.assertEqual(drop_connections(self.port), 1)
        client.kpasswd("bob", "bob-pw", "Fresh-Passw0rd-7")
        client.kinit("bob", "Fresh-Passw0rd-7")
        self.every_message_has_an_answer(forwarder)

    def test_an_armored_logon(self):
        armor = Client(self.directory, {REALM: {"kdc": self.kdc.kdc}}, name="armor")
        armor.kinit("alice", "alice-pw")
        relay = self.running(Relay(self.port))
        forwarder, client = self.through(relay.port)
        option = ("-T", armor.env["KRB5CCNAME"])
        self.logons(client, *option)
        relay.swallow()
        time.sleep(2.5)  # the time that a connection is trusted for with what may be sent once
        self.logons(client, *option)
        self.assertEqual(relay.accepted, 2)
        self.every_message_has_an_answer(forwarder)


if __name__ == "__main__":
    unittest.main()
