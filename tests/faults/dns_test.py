"""DNS as an enemy: it lies about where KDCs are, sends too much, loops, comes late."""
import socket
import struct
import time
import unittest

from lib import krb
from lib.fake_dns import A, AAAA, CNAME, SRV, URI, FakeDns, name, record, srv
from lib.fake_kdc import FakeKdc, answering
from lib.gateway import Gateway, configuration
from lib.https import Connection, post
from lib.proc import free_port
from lib.scenario import Scenario

class DnsFaultTest(Scenario):
    def start(self, answer, delay=0, **realm):
        dns = self.running(FakeDns(answer, delay))
        port = free_port()
        gateway = self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}", "tls": False}],
            {"MIT.TEST": {"discovery": "dns", "deadline": "2s", **realm}}, dns={"servers": [dns.address]},
            limits={"connect_timeout": "100ms", "hedge_delay": "100ms"}, process={"workers": 1}), name=self.id() + str(port)))
        return dns, gateway, port

    def ask(self, port):
        connection = Connection(port, tls=False)
        try:
            connection.send(post(krb.proxy_message(krb.as_req())))
            return connection.response()[0]
        finally:
            connection.close()

    def refused(self, reason, answer, **realm):
        dns, gateway, port = self.start(answer, **realm)
        self.assertIn(self.ask(port), (503, 504))
        event = gateway.wait_event("no_kdc")[0]
        self.assertEqual(event["reason"], reason)
        self.assertEqual(event.get("tries", 0), 0)
        gateway.stop()
        dns.stop()

    def test_addresses_that_only_the_gateway_can_reach(self):
        for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "127.8.8.8"), (socket.AF_INET, "0.0.0.0"),
                                (socket.AF_INET, "169.254.169.254"), (socket.AF_INET, "224.0.0.1"),
                                (socket.AF_INET, "255.255.255.255"), (socket.AF_INET6, "::1"), (socket.AF_INET6, "::"),
                                (socket.AF_INET6, "::ffff:127.0.0.1"), (socket.AF_INET6, "::127.0.0.1"),
                                (socket.AF_INET6, "64:ff9b::127.0.0.1"), (socket.AF_INET6, "2002:7f00:1::"),
                                (socket.AF_INET6, "fe80::1"), (socket.AF_INET6, "ff02::1")):
            kind = A if family == socket.AF_INET else AAAA
            with self.subTest(address):
                self.refused("records_refused", lambda asked, wanted: [record(SRV, srv("x.mit.test", 88))] if wanted == SRV else
                             [record(kind, socket.inet_pton(family, address))] if wanted == kind else [])

    def test_ports_that_are_no_kdcs(self):
        for port in (0, 1, 22, 80, 87, 89, 463, 465, 6379, 8080, 65535):
            with self.subTest(port):
                reason = "no_records" if port == 0 else "records_refused"
                self.refused(reason, lambda asked, wanted: [record(SRV, srv("x.mit.test", port))] if wanted == SRV else
                             [record(A, socket.inet_aton("192.0.2.1"))] if wanted == A else [])

    def test_uri_records(self):
        for target in (b"krb5srv:m:tcp:127.0.0.1", b"krb5srv:m:tcp:[::1]", b"krb5srv:m:udp:10.0.0.1:22",
                       b"krb5srv:m:tcp:10.0.0.1:6379"):
            with self.subTest(target):
                self.refused("records_refused", lambda asked, wanted: [record(URI, struct.pack(">HH", 0, 0) + target)]
                             if wanted == URI else [])
        for target in (b"krb5srv:m:kkdcp:https://127.0.0.1/KdcProxy", b"http://127.0.0.1/", b"krb5srv:", b"krb5srv:m:tcp:",
                       b"krb5srv:m:file:/etc/passwd", b"\xff" * 200, b""):
            with self.subTest(target):
                self.refused("records_refused", lambda asked, wanted: [record(URI, struct.pack(">HH", 0, 0) + target)]
                             if wanted == URI else [])

    def test_loops(self):
        for case in (lambda asked, wanted: [record(CNAME, b"\xc0\x0c")],
                     lambda asked, wanted: [record(CNAME, name("a." + asked)[:250])] if len(asked) < 200 else [],
                     lambda asked, wanted: [record(SRV, srv(asked, 88))] if wanted == SRV else []):
            dns, gateway, port = self.start(case)
            begun = time.monotonic()
            self.assertIn(self.ask(port), (503, 504))
            self.assertLess(time.monotonic() - begun, 5)
            self.assertLess(len(dns.questions), 60)
            gateway.stop()
            dns.stop()

    def test_malformed_answers(self):
        question = b"\x09_kerberos\x04_tcp\x03mit\x04test\0" + struct.pack(">HH", SRV, 1)
        head = lambda answers: struct.pack(">HHHHH", 0x8180, 1, answers, 0, 0) + question
        for octets in (b"", b"\x81", head(1), head(65535), head(1) + b"\xc0\x0c", head(1) + b"\xc0\xff" * 10,
                       head(1) + record(SRV, b"\0\0\0\0\0X\xc0\x0c")[:-1], head(1) + record(SRV, b"\0"), head(1) + b"\x40" * 50,
                       head(1) + b"\xc0\x0c" + struct.pack(">HHIH", SRV, 1, 60, 65535) + b"x", bytes(range(256)) * 4):
            with self.subTest(octets[12:30]):
                dns, gateway, port = self.start(lambda asked, wanted: octets)
                self.assertIn(self.ask(port), (503, 504))
                self.assertTrue(gateway.process.alive())
                gateway.stop()
                dns.stop()

    def test_thousands_of_records(self):
        many = [record(SRV, srv(f"k{i}.mit.test", 88, i)) for i in range(1500)]
        addresses = [record(A, socket.inet_aton(f"127.0.100.{i}")) for i in range(1, 200)]
        dns, gateway, port = self.start(lambda asked, wanted: many if wanted == SRV else addresses if wanted == A else [],
                                        dns_allow_networks=["127.0.0.0/8"])
        begun = time.monotonic()
        self.assertIn(self.ask(port), (503, 504))
        self.assertLess(time.monotonic() - begun, 4)
        self.assertLess(len(dns.questions), 100, "only so many of the targets are looked up")
        self.assertLessEqual(gateway.wait_event("no_kdc")[0].get("tries", 0), 32)

    def test_an_answer_after_the_deadline_serves_the_next(self):
        kdc = self.running(FakeKdc(tcp=answering(), udp=lambda request: krb.krb_error()))
        late = lambda asked, wanted: ([record(SRV, srv("k.mit.test", kdc.port))] if wanted == SRV else
                                      [record(A, socket.inet_aton("127.0.0.1"))] if wanted == A else [])
        _, gateway, port = self.start(late, delay=0.5, deadline="700ms", dns_allow_networks=["127.0.0.0/8"],
                                      dns_allow_ports=[kdc.port])
        begun = time.monotonic()
        self.assertEqual(self.ask(port), 504)
        self.assertLess(time.monotonic() - begun, 2.5)
        gateway.wait_event("no_kdc", status=504)
        time.sleep(3)  # the lookup goes on without the one who asked
        self.assertEqual(self.ask(port), 200)

    def test_silence(self):
        _, gateway, port = self.start(lambda asked, wanted: None, deadline="1s")
        begun = time.monotonic()
        self.assertEqual(self.ask(port), 504)
        self.assertLess(time.monotonic() - begun, 4)

    def test_times_to_live_at_the_ends_of_their_range(self):
        kdc = self.running(FakeKdc(tcp=answering(), udp=lambda request: krb.krb_error()))
        for ttl in (0, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF):
            with self.subTest(ttl):
                dns, gateway, port = self.start(
                    lambda asked, wanted: [record(SRV, srv("k.mit.test", kdc.port), ttl=ttl)] if wanted == SRV else
                    [record(A, socket.inet_aton("127.0.0.1"), ttl=ttl)] if wanted == A else [],
                    dns_allow_networks=["127.0.0.0/8"], dns_allow_ports=[kdc.port])
                self.assertEqual([self.ask(port) for _ in range(3)], [200] * 3)
                self.assertEqual(len(dns.questions), len(set(dns.questions)), "kept for some seconds at least")
                gateway.stop()
                dns.stop()


if __name__ == "__main__":
    unittest.main()
