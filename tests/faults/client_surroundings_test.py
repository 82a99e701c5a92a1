"""`ferryman forward` and libferryman when what they find their gateways by changes under them, or is not there at first:
name servers, the hosts file, addresses to listen at."""
import json
import os
import socket
import struct
import unittest

from lib import krb
from lib.etc import Etc
from lib.fake_dns import A, URI, FakeDns, record
from lib.fake_gateway import FakeGateway
from lib.forwarder import Forwarder
from lib.on_demand import EXAMPLES, OnDemand
from lib.scenario import Scenario
from faults.forward_test import TOO_BIG, frame

NAMES = "DNS:localhost,DNS:gw,DNS:gw.mit.test"


def address(text):
    return socket.inet_aton(text)


class SurroundingsScenario(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.certificate, cls.key = cls.authority.server("named", names=NAMES)

    def setUp(self):
        self.where = os.path.join(self.directory, self.id())
        os.makedirs(self.where)
        self.etc = Etc(self.where)

    def gateway(self, **more):
        return self.running(FakeGateway(certificate=self.certificate, key=self.key, **more))

    def name_server(self, host, gateway):
        """Names the gateway for the realm, and gw.mit.test's address."""
        def answer(name, kind):
            if (name, kind) == ("_kerberos.mit.test", URI):
                return [record(URI, b"\0\0\0\1krb5srv:m:kkdcp:" + gateway.url.encode(), ttl=3600)]
            return [record(A, address(gateway.host), ttl=3600)] if (name, kind) == ("gw.mit.test", A) else []
        self.running(FakeDns(answer, host=host, port=53))
        return f"nameserver {host}\n"

    def askers(self, gateways=()):
        """A forwarder, and programs that use the library: functions that tell whether a message got an answer."""
        forwarder = self.running(Forwarder(self.where, *(part for url in gateways for part in ("--gateway", url)), "--ca-file",
                                           self.authority.certificate, "--deadline", "5s", prefix=self.etc.prefix))
        options = f'ca_file = "{self.authority.certificate}"\ndeadline = "5s"\n'
        if gateways:
            options += f'[gateways]\n"*" = {json.dumps(gateways)}\n'
        programs = [self.running(OnDemand(os.path.join(self.where, how), options, how, prefix=self.etc.prefix))
                    for how in ("wait", "loop")]
        return [lambda: self.ask(forwarder), *(lambda p=program: p.ask(krb.as_req()) == "SUCCESS" for program in programs)]

    def ask(self, forwarder, host="127.0.0.1"):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(20)
            client.connect((host, forwarder.port))
            client.send(krb.as_req())
            reply = client.recv(65536)
        self.assertIn(krb.error_code(reply), (25, TOO_BIG))
        return krb.error_code(reply) == 25

    def all(self, askers):
        outcomes = [ask() for ask in askers]
        self.assertEqual(len(set(outcomes)), 1, outcomes)
        return outcomes[0]


class NameServers(SurroundingsScenario):
    def test_an_empty_resolv_conf_is_filled(self):
        askers = self.askers()
        self.assertFalse(self.all(askers))
        self.etc.write("resolv.conf", self.name_server("127.0.0.61", self.gateway()))
        self.assertTrue(self.all(askers))

    def test_a_resolv_conf_that_is_not_there_appears(self):
        self.etc.remove("resolv.conf")
        askers = self.askers()
        self.assertFalse(self.all(askers))
        self.etc.write("resolv.conf", self.name_server("127.0.0.61", self.gateway()))
        self.assertTrue(self.all(askers))

    def test_other_name_servers(self):
        """Replaced by another file, and by another target of a symbolic link."""
        first, second, third = self.gateway(), self.gateway(), self.gateway()
        self.etc.replace("resolv.conf", self.name_server("127.0.0.61", first))
        askers = self.askers()
        self.assertTrue(self.all(askers))
        self.etc.replace("resolv.conf", self.name_server("127.0.0.62", second))
        self.assertTrue(self.all(askers))
        self.etc.replace("resolv.third", self.name_server("127.0.0.63", third))
        self.etc.link("resolv.conf", "resolv.third")
        self.assertTrue(self.all(askers))
        self.assertEqual([len(gateway.requests) for gateway in (first, second, third)], [3, 3, 3])

    def test_the_target_of_a_link_changes(self):
        first, second = self.gateway(), self.gateway()
        self.etc.replace("stub.conf", self.name_server("127.0.0.61", first))
        self.etc.link("resolv.conf", "stub.conf")
        askers = self.askers()
        self.assertTrue(self.all(askers))
        self.etc.replace("stub.conf", self.name_server("127.0.0.62", second))
        self.assertTrue(self.all(askers))
        self.assertEqual([len(gateway.requests) for gateway in (first, second)], [3, 3])

    def test_a_name_server_that_is_gone(self):
        """Silent, as one of the network that was left."""
        self.running(FakeDns(lambda name, kind: None, host="127.0.0.64", port=53))
        self.etc.replace("resolv.conf", "nameserver 127.0.0.64\noptions timeout:1 attempts:1\n")
        askers = self.askers()
        self.assertFalse(self.all(askers))
        self.etc.replace("resolv.conf", self.name_server("127.0.0.61", self.gateway()))
        self.assertTrue(self.all(askers))

    def test_a_short_name_and_the_search_list(self):
        gateway = self.gateway()
        askers = self.askers([f"https://gw:{gateway.port}/"])
        self.assertFalse(self.all(askers))
        self.etc.write("resolv.conf", self.name_server("127.0.0.61", gateway) + "search example.test mit.test\n")
        self.assertTrue(self.all(askers))


class Hosts(SurroundingsScenario):
    def test_a_name_that_appears_and_moves(self):
        first = self.gateway()
        second = self.gateway(host="127.0.0.72", port=first.port)
        askers = self.askers([f"https://gw.mit.test:{first.port}/"])
        self.assertFalse(self.all(askers))
        self.etc.write("hosts", "127.0.0.1 localhost gw.mit.test\n")
        self.assertTrue(self.all(askers))
        self.etc.replace("hosts", "127.0.0.1 localhost\n127.0.0.72 gw.mit.test\n")
        self.assertTrue(self.all(askers))
        self.assertEqual([len(gateway.requests) for gateway in (first, second)], [3, 3])

    def test_a_name_that_moves_in_dns_while_its_old_address_is_gone(self):
        """Nothing changes here: the name server alone says something else."""
        first = self.gateway()
        second = FakeGateway(certificate=self.certificate, key=self.key, host="127.0.0.72", port=first.port)
        where = [first]
        self.running(FakeDns(lambda name, kind: [record(A, address(where[0].host), ttl=1)]
                             if (name, kind) == ("gw.mit.test", A) else [], host="127.0.0.61", port=53))
        self.etc.write("resolv.conf", "nameserver 127.0.0.61\n")
        askers = self.askers([f"https://gw.mit.test:{first.port}/"])
        self.assertTrue(self.all(askers))
        first.close_all()
        where[0] = self.running(second)
        self.assertTrue(self.all(askers))


class Addresses(SurroundingsScenario):
    def disable_ipv6(self, yes):
        if "FERRYMAN_ISOLATED" not in os.environ:
            self.skipTest("only in a network namespace of its own")
        with open("/proc/sys/net/ipv6/conf/all/disable_ipv6", "w") as switch:
            switch.write("1" if yes else "0")

    def forwarder(self, *args, **more):
        return self.running(Forwarder(self.where, "--gateway", self.gateway().url, "--ca-file", self.authority.certificate,
                                      "--no-dns", *args, **more))

    def test_an_address_that_comes_later(self):
        self.addCleanup(self.disable_ipv6, False)
        self.disable_ipv6(True)
        forwarder = self.forwarder("--listen", "::1")
        self.assertEqual(len(forwarder.wait_line("the host does not have the address now")), 2)
        self.assertTrue(self.ask(forwarder))
        self.disable_ipv6(False)
        self.assertTrue(self.ask(forwarder, "::1"))
        with socket.create_connection(("::1", forwarder.port), 10) as client:
            client.sendall(frame(krb.as_req()))
            size = struct.unpack(">I", client.recv(4, socket.MSG_WAITALL))[0]
            self.assertEqual(krb.error_code(client.recv(size, socket.MSG_WAITALL)), 25)

    def test_a_kernel_without_ipv6(self):
        if "FERRYMAN_SANITIZED" in os.environ:
            self.skipTest("a sanitizer wants to be loaded first")
        forwarder = self.forwarder("--listen", "::1", env={"LD_PRELOAD": os.path.join(EXAMPLES, "host.so"),
                                                           "HOST_WITHOUT_IPV6": "1"})
        self.assertEqual(len(forwarder.wait_line("the kernel knows no such addresses")), 2)
        self.assertTrue(self.ask(forwarder))


if __name__ == "__main__":
    unittest.main()
