"""Packets that are dropped without a word between the gateway and real KDCs: UDP, TCP, and connections that a NAT has
forgotten. One user may wait, once; nobody is told that there is no KDC."""
import os
import subprocess
import unittest

from lib.firewall import Firewall
from lib.gateway import Gateway, configuration
from lib.kdcs import MitKdc, SambaDc
from lib.proc import free_port, wait_for
from lib.scenario import Scenario
from peers.logon import LogonTests, gateway_url

FERRYMAN = os.path.join(os.path.dirname(os.environ.get("FERRYMAND", "")), "ferryman")


class SwallowedScenario(LogonTests, Scenario):
    test_password = test_wrong_password = test_armor = test_must_change_password = test_kpasswd = None
    service = "HTTP/www.mit.test"

    def gateway_to(self, realm, kdcs, **more):
        port = free_port()
        self.url = gateway_url(port)
        self.gateway = self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}], {realm: {"kdc": kdcs, "allow_unarmored_password": True, **more}}, self.tls,
            process={"workers": 1}), name=f"gateway-{self.id()}"))

    def logon(self):
        """Seconds that a logon and a service ticket took, as the gateway saw it: of its slowest request."""
        before = len(self.gateway.events())
        client = self.client()
        client.kinit("alice", self.alice)
        self.use_ticket(client)
        events = self.gateway.events()[before:]
        self.assertEqual({e["event"] for e in events}, {"exchange"}, events)
        return max(e["total_us"] for e in events) / 1e6

    def set_aside(self):
        return [(m["kdc"], m["transport"]) for m in self.gateway.messages("KDC set aside")]


class MitTest(SwallowedScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        port = free_port()
        both = f"127.0.0.1:{port},127.0.0.2:{port}"
        cls.kdc = cls.started(MitKdc(cls.directory, cls.authority, port=port,
                                     kdc_options=f"kdc_listen = {both}\n  kdc_tcp_listen = {both}"))

    def setUp(self):
        self.firewall = self.running(Firewall())

    def test_udp_is_dropped_from_the_start(self):
        self.firewall.drop(f"udp dport {self.kdc.port}")
        self.gateway_to(self.kdc.realm, [self.kdc.kdc])
        slow = [seconds for seconds in (self.logon() for _ in range(10)) if seconds > 0.09]
        self.assertLessEqual(len(slow), 1, "one user has waited for UDP")
        self.assertLess(sum(slow), 0.9, "and not for a second, since TCP was known to work")
        wait_for(self.set_aside, "UDP to be told")
        self.assertEqual(self.set_aside(), [(self.kdc.kdc, "udp")])
        self.assertEqual({e["transport"] for e in self.gateway.events("exchange")}, {"tcp"})

        self.firewall.open()
        wait_for(lambda: self.gateway.messages("KDC serves again"), "the health check", 60)
        self.assertEqual(self.gateway.messages("KDC serves again")[0]["transport"], "udp")
        self.logon()
        self.assertIn("udp", {e["transport"] for e in self.gateway.events("exchange")[-4:]})

    def test_udp_is_dropped_from_some_time_on(self):
        self.gateway_to(self.kdc.realm, [self.kdc.kdc])
        for _ in range(5):
            self.logon()
        self.assertIn("udp", {e["transport"] for e in self.gateway.events("exchange")})
        self.firewall.drop(f"udp dport {self.kdc.port}")
        slow = [seconds for seconds in (self.logon() for _ in range(10)) if seconds > 0.5]
        self.assertLessEqual(len(slow), 1)

    def test_tcp_is_dropped(self):
        self.firewall.drop(f"tcp dport {self.kdc.port}")
        self.gateway_to(self.kdc.realm, [self.kdc.kdc])
        slow = [seconds for seconds in (self.logon() for _ in range(5)) if seconds > 0.5]
        self.assertLessEqual(len(slow), 1)
        wait_for(self.set_aside, "TCP to be told")
        self.assertEqual(self.set_aside(), [(self.kdc.kdc, "tcp")])

    def test_udp_of_all_kdcs_is_dropped(self):
        self.gateway_to(self.kdc.realm, [self.kdc.kdc, f"127.0.0.2:{self.kdc.port}"])
        for _ in range(5):
            self.logon()
        self.firewall.drop("meta l4proto udp")
        slow = [seconds for seconds in (self.logon() for _ in range(20)) if seconds > 0.5]
        self.assertLessEqual(len(slow), 2, "one for each KDC")

    def test_locate_says_which_transport_is_dead(self):
        self.firewall.drop(f"udp dport {self.kdc.port}")
        self.gateway_to(self.kdc.realm, [self.kdc.kdc])
        text = subprocess.run([FERRYMAN, "locate", "-c", self.gateway.config, self.kdc.realm], check=True,
                              capture_output=True, text=True).stdout
        self.assertIn("answers over TCP", text)
        self.assertIn("no answer over UDP: silent", text)


class SambaTest(SwallowedScenario):
    alice, service = "User.Passw0rd1", "HTTP/www.ad.example.test"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc = cls.started(SambaDc(cls.directory, cls.authority))

    def test_kept_connections_that_lead_nowhere_are_replaced(self):
        """Samba keeps its connections, a NAT or a firewall forgets them."""
        firewall = self.running(Firewall())
        self.gateway_to(self.kdc.realm, [f"tcp://{self.kdc.host}"])
        for _ in range(3):
            self.logon()
        ports = ports_of_connections_to(88)
        self.assertTrue(ports, "nothing is kept")
        firewall.drop(f"tcp sport {{ {', '.join(ports)} }}")
        slow = [seconds for seconds in (self.logon() for _ in range(5)) if seconds > 0.9]
        self.assertLessEqual(len(slow), 1)
        self.assertEqual(self.set_aside(), [], "the KDC is well")


def ports_of_connections_to(port):
    """Local ports, in decimal."""
    with open("/proc/net/tcp") as file:
        rows = [line.split() for line in file][1:]
    return [str(int(local.split(":")[1], 16)) for _, local, remote, state, *_ in rows
            if state == "01" and int(remote.split(":")[1], 16) == port]


if __name__ == "__main__":
    unittest.main()
