"""KDCs that are dead, silent, late or hostile: alone, and as the first of two."""
import socket
import time
import unittest

from lib import krb
from lib.fake_kdc import (FakeKdc, announcing, answering, closing_early, closing_in_the_middle, dripping, flooding, frame, octet_by_octet,
                          sending, silent)
from lib.gateway import Gateway, configuration
from lib.https import Connection, post
from lib.proc import free_port
from lib.scenario import Scenario


class DeadKdc:
    """A port where nobody listens."""

    def __init__(self):
        self.address, self.requests = f"127.0.0.1:{free_port()}", []

    def stop(self):
        pass


class UnreachableKdc:
    """Its SYNs are dropped: a listener whose queue is full."""

    def __init__(self):
        self.requests = []
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(0)
        self.port = self.listener.getsockname()[1]
        self.fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))
            self.fillers.append(filler)
        self.address = f"127.0.0.1:{self.port}"

    def stop(self):
        for one in [self.listener, *self.fillers]:
            one.close()


class ElsewhereKdc(FakeKdc):
    """Over UDP a good answer comes from another port, and from another address, than the one that was asked."""

    def __init__(self):
        self.others = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        self.others[0].bind(("127.0.0.1", 0))
        self.others[1].bind(("127.0.0.3", 0))
        super().__init__(udp=lambda request: krb.krb_error(25))

    def send_udp(self, answer, sender):
        for other in self.others:
            other.sendto(answer, sender)

    def stop(self):
        super().stop()
        for other in self.others:
            other.close()


# How a KDC misbehaves over TCP, and whether its own answer is one in the end.
TCP_FAULTS = {
    "dead": (DeadKdc, False),
    "unreachable": (UnreachableKdc, False),
    "silent": (lambda: FakeKdc(tcp=silent), False),
    "closes_early": (lambda: FakeKdc(tcp=closing_early), False),
    "closes_in_the_middle": (lambda: FakeKdc(tcp=closing_in_the_middle), False),
    "late": (lambda: FakeKdc(tcp=answering(0.4)), True),
    "octet_by_octet": (lambda: FakeKdc(tcp=octet_by_octet), True),
    **{f"length_{length:x}": (lambda length=length: FakeKdc(tcp=announcing(length)), False)
       for length in (0, 1, 3, 4, 99, 101, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x1FFFF, 0x20000, 0x20001, 0x7FFFFFFF,
                      0x80000000, 0xFFFFFFFB, 0xFFFFFFFC, 0xFFFFFFFF)},
    "half_a_length": (lambda: FakeKdc(tcp=sending(b"\0\0")), False),
    "endless_drip": (lambda: FakeKdc(tcp=dripping), False),
    "endless_garbage": (lambda: FakeKdc(tcp=flooding(b"\xff" * 4)), False),
    "endless_behind_the_answer": (lambda: FakeKdc(tcp=flooding(frame(krb.krb_error()))), True),
    "two_answers": (lambda: FakeKdc(tcp=sending(frame(krb.krb_error()) * 2)), True),
    "reply_of_another_realm": (lambda: FakeKdc(tcp=sending(frame(krb.kdc_rep(11, "EVIL.TEST")))), False),
    "tgs_rep": (lambda: FakeKdc(tcp=sending(frame(krb.kdc_rep(13, "MIT.TEST")))), False),
    "truncated_inside": (lambda: FakeKdc(tcp=sending(frame(krb.kdc_rep(11, "MIT.TEST")[:-1]))), False),
    "trailing_inside": (lambda: FakeKdc(tcp=sending(frame(krb.krb_error() + b"x"))), False),
    "indefinite_length": (lambda: FakeKdc(tcp=sending(frame(b"\x7e\x80" + krb.krb_error()[2:] + b"\0\0"))), False),
    "garbage": (lambda: FakeKdc(tcp=sending(frame(b"hello world"))), False),
    "wrong_reply": (lambda: FakeKdc(tcp=sending(frame(krb.as_req()))), False),
    "kpasswd_reply": (lambda: FakeKdc(tcp=sending(frame(b"\0\6\0\1\0\0"))), False),
    "svc_unavailable": (lambda: FakeKdc(tcp=sending(frame(krb.krb_error(29)))), False),
}

UDP_FAULTS = {
    "silent": (lambda: FakeKdc(udp=None), False),
    "garbage": (lambda: FakeKdc(udp=lambda request: b"hello"), False),
    "wrong_reply": (lambda: FakeKdc(udp=lambda request: krb.as_req()), False),
    "too_big": (lambda: FakeKdc(udp=lambda request: krb.krb_error(52)), False),
    "reply_of_another_realm": (lambda: FakeKdc(udp=lambda request: krb.kdc_rep(11, "EVIL.TEST")), False),
    "empty": (lambda: FakeKdc(udp=lambda request: b""), False),
    "from_another_port": (ElsewhereKdc, False),
    "dead": (DeadKdc, False),
    "answers": (lambda: FakeKdc(udp=lambda request: krb.krb_error(25)), True),
}


class KdcFaultTest(Scenario):
    def gateway(self, kdcs, name, scheme="tcp"):
        port = free_port()
        gateway = self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}],
            {"MIT.TEST": {"kdc": [f"{scheme}://{kdc.address}" for kdc in kdcs],
                          "kpasswd": [f"{scheme}://{kdc.address}" for kdc in kdcs], "deadline": "1500ms"}},
            self.tls, limits={"hedge_delay": "200ms", "connect_timeout": "300ms"}), name=name))
        return gateway, port

    def ask(self, port, message):
        connection = Connection(port, ca=self.authority.certificate)
        try:
            connection.send(post(krb.proxy_message(message)))
            return connection.response()
        finally:
            connection.close()

    def check(self, faults, scheme, good_behaviour):
        for name, (make, answers) in faults.items():
            with self.subTest(fault=name, alone=True):
                kdc = self.running(make())
                gateway, port = self.gateway([kdc], f"{scheme}-{name}-alone", scheme)
                status, _, body = self.ask(port, krb.as_req())
                if answers:
                    self.assertEqual(krb.error_code(krb.unwrap(body)), 25)
                else:
                    self.assertIn(status, (503, 504), body)
                    self.assertEqual(body, b"No KDC answered.\n")
                    gateway.wait_event("no_kdc", status=status)
            with self.subTest(fault=name, first_of_two=True):
                bad, good = self.running(make()), self.running(FakeKdc(**good_behaviour))
                gateway, port = self.gateway([bad, good], f"{scheme}-{name}-two", scheme)
                for _ in range(3):
                    status, _, body = self.ask(port, krb.as_req())
                    self.assertEqual(status, 200, body)
                    self.assertEqual(krb.error_code(krb.unwrap(body)), 25)
                gateway.wait_event("exchange", 3)

    def test_tcp(self):
        self.check(TCP_FAULTS, "tcp", {"tcp": answering()})

    def test_udp(self):
        self.check(UDP_FAULTS, "udp", {"udp": lambda request: krb.krb_error(25)})

    def test_a_password_change_is_written_once(self):
        once = {name: make for name, (make, answers) in TCP_FAULTS.items() if not answers and name not in ("dead", "unreachable")}
        for name, make in once.items():
            with self.subTest(fault=name):
                bad, good = self.running(make()), self.running(FakeKdc(tcp=answering()))
                _, port = self.gateway([bad, good], f"kpasswd-{name}")
                status, _, body = self.ask(port, krb.kpasswd_request())
                self.assertEqual(len(bad.requests) + len(good.requests), 1, "written exactly once")
                if status == 200:
                    self.assertIn(name, ("svc_unavailable",))

    def test_a_password_change_goes_on_where_nothing_was_written(self):
        for make in (DeadKdc, UnreachableKdc):
            bad, good = self.running(make()), self.running(FakeKdc(tcp=answering()))
            _, port = self.gateway([bad, good], f"kpasswd-{make.__name__}")
            self.assertEqual(self.ask(port, krb.kpasswd_request())[0], 200)
            self.assertEqual(len(good.requests), 1)

    def test_a_one_time_password_is_written_once(self):
        for make in (lambda: FakeKdc(tcp=silent), lambda: FakeKdc(tcp=closing_early)):
            bad, good = self.running(make()), self.running(FakeKdc(tcp=answering()))
            _, port = self.gateway([bad, good], f"otp-{bad.port}")
            self.ask(port, krb.as_req(padatas=[krb.padata(142, b"otp")]))
            self.assertEqual(len(bad.requests) + len(good.requests), 1)

    def test_a_guess_is_written_once_however_long_its_answer_takes(self):
        """A domain controller asks another one before it says that a password is wrong."""
        kdcs = [self.running(FakeKdc(tcp=answering(), udp=lambda request: krb.krb_error(25))) for _ in range(2)]
        port = free_port()
        gateway = self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}],
            {"MIT.TEST": {"kdc": [kdc.address for kdc in kdcs], "allow_unarmored_password": True}}, self.tls,
            limits={"hedge_delay": "200ms"}, process={"workers": 1}), name="guesses"))
        for _ in range(20):
            self.assertEqual(self.ask(port, krb.as_req())[0], 200)
        before = sum(len(kdc.requests) for kdc in kdcs)
        for kdc in kdcs:
            kdc.tcp_behaviour = answering(0.5)
        for kdc in kdcs:
            kdc.udp_behaviour = lambda request: time.sleep(0.5) or krb.krb_error(24)
        for _ in range(5):
            self.assertEqual(self.ask(port, krb.as_req(padatas=[krb.padata(2, b"a guess")]))[0], 200)
        self.assertEqual(sum(len(kdc.requests) for kdc in kdcs) - before, 5)
        self.assertEqual({e["tries"] for e in gateway.wait_event("exchange", 25)[20:]}, {1})

    def test_udp_password_change_is_sent_once(self):
        bad, good = self.running(FakeKdc(udp=None)), self.running(FakeKdc(udp=lambda request: krb.krb_error(25)))
        _, port = self.gateway([bad, good], "kpasswd-udp", "udp")
        self.assertEqual(self.ask(port, krb.kpasswd_request())[0], 504)
        self.assertEqual((len(bad.requests), len(good.requests)), (1, 0))

    def test_a_large_answer_over_udp_comes_whole(self):
        for size in (2048, 4096, 16000, 60000):
            large = krb.krb_error(e_data=bytes(size))
            kdc = self.running(FakeKdc(udp=lambda request: large))
            _, port = self.gateway([kdc], f"large-{size}", "udp")
            self.assertEqual(krb.unwrap(self.ask(port, krb.as_req())[2]), large)

    def test_one_kdc_at_a_time(self):
        kdcs = [self.running(FakeKdc(tcp=answering())) for _ in range(4)]
        _, port = self.gateway(kdcs, "one")
        for _ in range(5):
            self.assertEqual(self.ask(port, krb.as_req())[0], 200)
        self.assertEqual([len(kdc.requests) for kdc in kdcs], [5, 0, 0, 0])

    def test_response_too_big_is_asked_again_over_tcp(self):
        kdc = self.running(FakeKdc(tcp=answering(), udp=lambda request: krb.krb_error(52)))
        port = free_port()
        gateway = self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}], {"MIT.TEST": {"kdc": [kdc.address]}}, self.tls,
            process={"workers": 1}), name="toobig"))
        for _ in range(3):
            self.assertEqual(krb.error_code(krb.unwrap(self.ask(port, krb.as_req())[2])), 25)
        # First TCP; its small answer makes UDP worth a try; error 52 leads back to TCP, for good.
        events = gateway.wait_event("exchange", 3)
        self.assertEqual([(e["transport"], e["tries"]) for e in events], [("tcp", 1), ("tcp", 2), ("tcp", 1)])

    def test_connections_that_a_kdc_keeps_are_used_again(self):
        kdc = self.running(FakeKdc(tcp=answering()))
        port = free_port()
        self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}], {"MIT.TEST": {"kdc": [f"tcp://{kdc.address}"]}}, self.tls,
            process={"workers": 1}), name="kept"))
        for _ in range(10):
            self.assertEqual(self.ask(port, krb.as_req())[0], 200)
        self.assertEqual((kdc.connections, len(kdc.requests)), (1, 10))

    def test_a_client_that_goes_ends_its_exchange(self):
        kdc = self.running(FakeKdc(tcp=silent))
        gateway, port = self.gateway([kdc], "gone")
        connection = Connection(port, ca=self.authority.certificate)
        connection.send(post(krb.proxy_message(krb.as_req())))
        while not kdc.requests:
            pass
        connection.close()
        event = gateway.wait_event("no_kdc", status=0)[0]
        self.assertLess(event["total_us"], 1_400_000, "long before the deadline")


if __name__ == "__main__":
    unittest.main()
