"""ferrymand's UDP and TCP ports for Kerberos by itself: what is hostile there, what is too much, and what must not be lost."""
import os
import signal
import socket
import struct
import threading
import time
import unittest

from lib import krb
from lib.bare import Datagrams, Stream, error_code
from lib.gateway import BINARY, Gateway, configuration
from lib.odd_client import fields, name, text
from lib.own_realm import OwnRealm, OwnRealmScenario
from lib.passed_sockets import with_sockets
from lib.proc import Process, free_port, wait_for
from lib.realm import USER
from lib.scenario import Scenario

REALM = "CLOUD.TEST"
CLIENT_UNKNOWN, POLICY, PREAUTH_REQUIRED, RESPONSE_TOO_BIG, FIELD_TOO_LONG, WRONG_REALM = 6, 12, 25, 52, 61, 68


def as_req(**fields_):
    return krb.as_req(REALM, cname=("alice",), **fields_)


def kpasswd_error_code(message):
    """Of a kpasswd answer that carries a KRB-ERROR."""
    size, version, ap_size = struct.unpack(">HHH", message[:6])
    assert (size, version, ap_size) == (len(message), 1, 0), message[:6]
    return error_code(message[6:])


class Ports(OwnRealmScenario):
    policy, gateway_sections = None, {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bare = free_port()
        cls.serve(cls.policy, listen=[{"address": f"[::]:{cls.bare}", "protocol": "kerberos"}], gateway=cls.gateway_sections,
                  realms={"ELSEWHERE.TEST": {"kdc": ["udp://127.0.0.1:9"]}})

    def datagrams(self, host="127.0.0.1", source=None):
        client = Datagrams(host, self.bare, source)
        self.addCleanup(client.close)
        return client

    def stream(self, host="127.0.0.1", source=None):
        client = Stream(host, self.bare, source)
        self.addCleanup(client.close)
        return client


class Messages(Ports):
    gateway_sections = {"limits": {"header_timeout": "600ms", "body_timeout": "600ms", "idle_timeout": "2s"}, "process": {"workers": 3}}

    MALFORMED = {
        "octet": b"\0", "text": b"GET / HTTP/1.0\r\n\r\n", "error": krb.krb_error(realm=REALM), "as_rep": krb.kdc_rep(11, REALM),
        "kpasswd_error": krb.kpasswd_error(), "cut": as_req()[:-1], "longer": as_req() + b"\0", "no_realm": krb.as_req("", cname=("a",)),
        "prefixed": struct.pack(">I", len(as_req())) + as_req(), "proxy": krb.proxy_message(as_req(), REALM),
        "kpasswd_lengths": struct.pack(">HHH", 6, 1, 0), "long": b"\x6a" * 60000,
    }

    def test_no_datagram_that_is_malformed_is_answered(self):
        clients = {kind: self.datagrams() for kind in self.MALFORMED}
        for kind, message in self.MALFORMED.items():
            clients[kind].send(message)
        clients["octet"].send(b"")
        self.assertEqual(error_code(self.datagrams().ask(as_req())), PREAUTH_REQUIRED)
        self.gateway.wait_event("malformed", count=len(self.MALFORMED), protocol="kerberos/udp")
        for kind, client in clients.items():
            self.assertIsNone(client.answer(0.01), kind)

    def test_a_stream_ends_with_what_is_malformed(self):
        for kind, message in self.MALFORMED.items():
            self.assertEqual(self.stream().ask(message), b"", kind)
        self.gateway.wait_event("malformed", count=len(self.MALFORMED), protocol="kerberos/tcp")
        self.assertEqual(self.stream().ask(b""), b"")
        self.gateway.wait_event("http_violation", reason="empty_message", protocol="kerberos/tcp")

    def test_lengths_that_are_too_long(self):
        """RFC 4120 7.2.2: the reserved bit is answered with KRB_ERR_FIELD_TOOLONG, and the connection ends."""
        for prefix in (0x80000000 | len(as_req()), 0xFFFFFFFF, 128 * 1024 + 1):
            stream = self.stream()
            stream.socket.sendall(struct.pack(">I", prefix))
            answer = stream.answer()
            self.assertEqual(error_code(answer), FIELD_TOO_LONG)
            self.assertEqual(text(fields(answer)[9]), REALM)
            self.assertEqual(stream.answer(), b"")
        self.gateway.wait_event("malformed", count=3, reason="field_too_long", error="KRB_ERR_FIELD_TOOLONG")

    def test_several_messages_on_one_stream(self):
        stream = self.stream()
        stream.send(as_req(), krb.as_req("NOWHERE.TEST"), as_req())
        self.assertEqual([error_code(stream.answer()) for _ in range(3)], [PREAUTH_REQUIRED, WRONG_REALM, PREAUTH_REQUIRED])
        self.assertEqual(error_code(stream.ask(as_req())), PREAUTH_REQUIRED)

    def test_a_message_in_pieces(self):
        stream, message = self.stream(), struct.pack(">I", len(as_req())) + as_req()
        for piece in (message[:1], message[1:4], message[4:9], message[9:]):
            stream.socket.sendall(piece)
            time.sleep(0.05)
        self.assertEqual(error_code(stream.answer()), PREAUTH_REQUIRED)

    def test_streams_that_are_slow_or_idle_end(self):
        for part, reason in ((b"\0\0", "header_timeout"), (struct.pack(">I", 100) + b"\x6a", "body_timeout")):
            stream = self.stream()
            stream.socket.sendall(part)
            self.assertEqual(stream.answer(), b"")
            self.gateway.wait_event("http_violation", reason=reason, protocol="kerberos/tcp")
        self.assertEqual(self.stream().answer(), b"")

    def test_half_closed_stream_is_answered(self):
        stream = self.stream()
        stream.send(as_req())
        stream.socket.shutdown(socket.SHUT_WR)
        self.assertEqual(error_code(stream.answer()), PREAUTH_REQUIRED)
        self.assertEqual(stream.answer(), b"")

    def test_realms_that_are_not_local(self):
        """Neither one that is unknown nor one of other KDCs: the ports are no way to these."""
        for realm in ("NOWHERE.TEST", "ELSEWHERE.TEST"):
            for ask in (self.datagrams().ask, self.stream().ask):
                answer = ask(krb.as_req(realm))
                self.assertEqual((error_code(answer), text(fields(answer)[9]), name(fields(answer)[10])),
                                 (WRONG_REALM, REALM, f"krbtgt/{REALM}"))
                self.assertEqual(error_code(ask(krb.tgs_req(realm))), WRONG_REALM)
                self.assertEqual(kpasswd_error_code(ask(krb.kpasswd_request(realm))), WRONG_REALM)
        self.gateway.wait_event("realm_not_served", count=12, error="KDC_ERR_WRONG_REALM")

    def test_answers_come_from_the_address_that_was_asked(self):
        for host in ("127.0.0.1", "127.0.0.77", "::1"):
            self.assertEqual(error_code(self.datagrams(host).ask(as_req())), PREAUTH_REQUIRED, host)
            self.assertEqual(error_code(self.stream(host).ask(as_req())), PREAUTH_REQUIRED, host)

    def test_all_workers_answer(self):
        for client in [self.datagrams() for _ in range(60)]:
            self.assertEqual(error_code(client.ask(as_req())), PREAUTH_REQUIRED)
        workers = {event["id"].split("-")[0] for event in self.gateway.wait_event("exchange", count=60, protocol="kerberos/udp")}
        self.assertGreater(len(workers), 1, workers)


class Policies(Ports):
    policy = {"principal_failures": 3}

    def test_a_password_outside_fast(self):
        guess = as_req(padatas=[krb.timestamp(bytes(60))])
        for ask in (self.datagrams().ask, self.stream().ask):
            answer = ask(guess)
            self.assertEqual((error_code(answer), text(fields(answer)[9])), (POLICY, REALM))
        self.gateway.wait_event("refused", count=2, error="KDC_ERR_POLICY", reason="unarmored_password", event_id=404)
        self.assertFalse(self.kdc.messages("request", cname="alice"))


class Forbidden(Ports):
    policy = {"allow": ["as-req"]}

    def test_kpasswd_is_told_in_its_own_form(self):
        for ask in (self.datagrams().ask, self.stream().ask):
            answer = ask(krb.kpasswd_request(REALM))
            self.assertEqual(kpasswd_error_code(answer), POLICY)
            self.assertIn(b"refused by the policy", answer)
            self.assertEqual(error_code(ask(krb.tgs_req(REALM))), POLICY)


class Guesses(Ports):
    policy = {"allow_unarmored_password": True, "principal_failures": 3}

    def test_failures_count_whatever_the_way(self):
        codes = []
        for i, ask in enumerate([self.datagrams().ask, self.stream().ask] * 3):
            codes.append(error_code(ask(as_req(padatas=[krb.timestamp(bytes([i]) * 60)]))))
        self.assertEqual(codes, [24, 24, 24, POLICY, POLICY, POLICY])


class FailuresOfClients(Ports):
    """Loopback is not exempt here."""

    policy = {"client_failures": 3}
    gateway_sections = {"limits": {"client_exempt": ["192.0.2.1"]}, "process": {"workers": 2}}

    def test_failures_in_a_clients_name_send_it_to_tcp(self):
        """By UDP they may be somebody else's: an error that is final would lock the client out."""
        nobody = krb.as_req(REALM, cname=("nobody",))
        datagrams = self.datagrams(source="127.0.0.2")
        self.assertEqual([error_code(datagrams.ask(nobody)) for _ in range(3)], [CLIENT_UNKNOWN] * 3)
        self.assertEqual(error_code(datagrams.ask(as_req())), RESPONSE_TOO_BIG)
        self.gateway.wait_event("refused", reason="client_failures", error="KRB_ERR_RESPONSE_TOO_BIG")
        stream = self.stream(source="127.0.0.2")
        self.assertEqual(error_code(stream.ask(as_req())), PREAUTH_REQUIRED)
        self.assertEqual([error_code(stream.ask(nobody)) for _ in range(3)], [CLIENT_UNKNOWN] * 3)
        self.assertEqual(error_code(stream.ask(as_req())), POLICY)


class Limits(Ports):
    """Loopback is not exempt here, and each address is a client."""

    gateway_sections = {"limits": {"client_exempt": ["192.0.2.1"], "client_requests_per_second": 5, "client_requests_burst": 20},
                        "process": {"workers": 2}}

    def test_a_flood_leaves_the_others_their_share(self):
        flood, other = self.datagrams(source="127.0.0.2"), self.datagrams(source="127.0.0.3")
        for _ in range(400):
            flood.send(as_req())
        for _ in range(15):
            self.assertEqual(error_code(other.ask(as_req())), PREAUTH_REQUIRED)
        self.gateway.wait_event("throttled", protocol="kerberos/udp", reason="client_request_rate")
        answered = 0
        while flood.answer(0.3):
            answered += 1
        self.assertLess(answered, 100)
        # Whoever sends in somebody's name by UDP takes nothing from what that one may do over a connection.
        self.assertEqual(error_code(self.stream(source="127.0.0.2").ask(as_req())), PREAUTH_REQUIRED)

    def test_a_stream_that_is_throttled_ends(self):
        stream = self.stream(source="127.0.0.4")
        answers = 0
        while stream.ask(as_req()):
            answers += 1
            self.assertLess(answers, 200)
        self.assertGreaterEqual(answers, 20)
        self.gateway.wait_event("throttled", protocol="kerberos/tcp", reason="client_request_rate")
        self.assertEqual(error_code(self.stream(source="127.0.0.5").ask(as_req())), PREAUTH_REQUIRED)


class Lifetime(Scenario):
    """Reload, the end, and a realm that does not answer; each with programs of its own."""

    def setUp(self):
        self.bare, self.https = free_port(), free_port()
        self.kdc = self.running(OwnRealm(self.directory, name=self.id()[-12:]))
        self.kdc.add_user("alice", "Turmoil-Viaduct-91x")
        self.gateway = self.running(Gateway(self.directory, self.text(), name="gateway-" + self.id()))

    def text(self, **sections):
        return configuration(
            [{"address": f"127.0.0.1:{self.https}"}, {"address": f"[::]:{self.bare}", "protocol": "kerberos"}],
            {REALM: {"discovery": "local", "deadline": "20s"}}, self.tls, local={"socket": self.kdc.front, "user": USER.pw_name},
            process={"workers": 2}, **sections)

    def suspend(self):
        self.kdc.process.suspend()

    def resume(self):
        self.kdc.process.resume()

    def asked(self, count):
        """That many clients by each way, each with one request."""
        clients = [Datagrams("127.0.0.1", self.bare) for _ in range(count)] + [Stream("127.0.0.1", self.bare) for _ in range(count)]
        for client in clients:
            self.addCleanup(client.close)
            client.send(as_req())
        return clients

    def test_nothing_that_has_come_is_lost_at_the_end(self):
        self.suspend()
        self.addCleanup(self.resume)
        clients = self.asked(20)
        self.gateway.process.child.send_signal(signal.SIGTERM)  # perhaps before it has read them
        wait_for(lambda: self.gateway.messages("draining"), "the drain to begin")
        time.sleep(0.3)
        self.resume()
        self.assertEqual([error_code(client.answer()) for client in clients], [PREAUTH_REQUIRED] * len(clients))
        self.assertEqual(self.gateway.process.child.wait(20), 0)

    def test_nothing_is_lost_on_reload(self):
        ended, failures, answered = threading.Event(), [], [0, 0]

        def load(number, client):
            while not ended.is_set():
                answer = client.ask(as_req())
                if not answer or error_code(answer) != PREAUTH_REQUIRED:
                    failures.append((number, answer))
                answered[number] += 1

        clients = [Datagrams("127.0.0.1", self.bare), Stream("127.0.0.1", self.bare)]
        threads = [threading.Thread(target=load, args=pair) for pair in enumerate(clients)]
        for thread in threads:
            thread.start()
        try:
            for i in range(5):
                self.gateway.write(self.text(limits={"max_udp_answer": 1000 + i}))
                self.gateway.reload()
        finally:
            ended.set()
            for thread in threads:
                thread.join()
            for client in clients:
                client.close()
        self.assertEqual(failures, [])
        self.assertGreater(min(answered), 5)

    def test_a_reload_changes_the_policy(self):
        client = Datagrams("127.0.0.1", self.bare)
        self.addCleanup(client.close)
        self.assertEqual(error_code(client.ask(as_req())), PREAUTH_REQUIRED)
        self.gateway.write(self.text(policy={"allow": ["tgs-req"]}))
        self.gateway.reload()
        self.assertEqual(error_code(client.ask(as_req())), POLICY)

    def test_a_realm_that_is_not_there(self):
        """The client had better ask another KDC: nothing over UDP, the end over TCP."""
        self.kdc.process.stop()
        datagrams, stream = self.asked(1)
        self.assertEqual(stream.answer(), b"")
        self.assertIsNone(datagrams.answer(0.5))
        self.gateway.wait_event("no_kdc", protocol="kerberos/udp", reason="realm_not_running")
        self.gateway.wait_event("no_kdc", protocol="kerberos/tcp", reason="realm_not_running")
        self.kdc.start()
        wait_for(lambda: error_code(datagrams.ask(as_req()) or b"\0") == PREAUTH_REQUIRED, "the realm to be served again")

    def test_datagrams_in_many_names_leave_room_for_connections(self):
        self.suspend()
        self.addCleanup(self.resume)
        for i in range(700):
            client = Datagrams("127.0.0.1", self.bare, f"127.1.{i // 200}.{i % 200 + 1}")
            self.addCleanup(client.close)
            client.send(as_req())
        self.gateway.wait_event("overload", count=1, protocol="kerberos/udp", reason="most_datagrams")
        streams = [Stream("127.0.0.1", self.bare) for _ in range(20)]
        for stream in streams:
            self.addCleanup(stream.close)
            stream.send(as_req())
        time.sleep(0.3)  # they are asked for while the realm still rests
        self.resume()
        self.assertEqual([error_code(stream.answer() or b"\0") for stream in streams], [PREAUTH_REQUIRED] * len(streams))

    def test_ports_are_closed_while_others_are_still_answered(self):
        self.suspend()
        self.addCleanup(self.resume)
        stream = Stream("127.0.0.1", self.bare)
        self.addCleanup(stream.close)
        stream.send(as_req())
        time.sleep(0.3)
        self.gateway.process.child.send_signal(signal.SIGTERM)
        wait_for(lambda: self.gateway.messages("draining"), "the drain to begin")

        def is_refused():
            client = Datagrams("127.0.0.1", self.bare)
            try:
                client.ask(as_req(), 0.2)
                return False
            except ConnectionRefusedError:
                return True
            finally:
                client.close()
        wait_for(is_refused, "the port to be closed")
        self.resume()
        self.assertEqual(error_code(stream.answer()), PREAUTH_REQUIRED)

    def test_a_datagram_that_is_repeated_is_asked_once(self):
        self.suspend()
        self.addCleanup(self.resume)
        client = Datagrams("127.0.0.1", self.bare)
        self.addCleanup(client.close)
        message = as_req()
        for _ in range(5):
            client.send(message)
            time.sleep(0.05)
        self.resume()
        self.assertEqual(error_code(client.answer()), PREAUTH_REQUIRED)
        self.assertIsNone(client.answer(0.5))
        self.kdc.wait_message("request", type="AS-REQ", transport="udp")
        self.assertEqual(len(self.kdc.messages("request", type="AS-REQ", transport="udp")), 1)


class Activation(Scenario):
    """Sockets that systemd has opened."""

    def start(self, listen, sockets):
        """sockets: (type, port) pairs, passed from descriptor 3 on."""
        kdc = self.running(OwnRealm(self.directory, name=self.id()[-12:]))
        config = os.path.join(self.directory, self.id() + ".toml")
        with open(config, "w") as file:
            file.write(configuration(listen, {REALM: {"discovery": "local"}}, local={"socket": kdc.front, "user": USER.pw_name},
                                     process={"workers": 2}))
        passed = ",".join(f"{kind}:{port}" for kind, port in sockets)
        return self.running(Process(with_sockets(passed, [BINARY, "-c", config]), config + ".log"))

    def test_both_kinds_are_taken(self):
        port = free_port()
        process = self.start([{"address": f"127.0.0.1:{port}", "protocol": "kerberos"}], [("tcp", port), ("udp", port)])
        wait_for(lambda: '"ready"' in process.text() or not process.alive(), "ferrymand")
        for _ in range(20):
            datagrams, stream = Datagrams("127.0.0.1", port), Stream("127.0.0.1", port)
            self.assertEqual(error_code(datagrams.ask(as_req())), 6)
            self.assertEqual(error_code(stream.ask(as_req())), 6)
            datagrams.close()
            stream.close()

    def test_the_other_kind_is_opened(self):
        port = free_port()
        process = self.start([{"address": f"127.0.0.1:{port}", "protocol": "kerberos"}], [("udp", port)])
        wait_for(lambda: '"ready"' in process.text() or not process.alive(), "ferrymand")
        datagrams, stream = Datagrams("127.0.0.1", port), Stream("127.0.0.1", port)
        self.assertEqual((error_code(datagrams.ask(as_req())), error_code(stream.ask(as_req()))), (6, 6))
        datagrams.close()
        stream.close()

    def test_a_datagram_socket_that_nobody_asked_for_is_a_mistake(self):
        port, other = free_port(), free_port()
        process = self.start([{"address": f"127.0.0.1:{port}", "protocol": "kerberos"}], [("udp", other)])
        self.assertEqual(process.child.wait(20), 2)
        self.assertIn(f"a UDP socket at 127.0.0.1:{other} was passed", process.text())

    def test_a_udp_port_in_use(self):
        port = free_port()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", port))
            process = self.start([{"address": f"127.0.0.1:{port}", "protocol": "kerberos"}], [])
            self.assertEqual(process.child.wait(20), 2)
        self.assertIn(f"cannot listen at 127.0.0.1:{port}: Address already in use (UDP)", process.text())


if __name__ == "__main__":
    unittest.main()
