"""HTTP/1 and TLS as enemies: smuggling shapes, bombs, slow clients in each phase, floods of handshakes."""
import socket
import ssl
import struct
import subprocess
import time
import unittest

from lib import krb
from lib.fake_kdc import FakeKdc, answering, silent
from lib.gateway import Gateway, configuration
from lib.https import Connection, post
from lib.proc import free_port, wait_for
from lib.scenario import Scenario

BODY = krb.proxy_message(krb.as_req())
SIZE = len(BODY)


def request(*lines, body=BODY):
    return "\r\n".join(["POST /KdcProxy HTTP/1.1", *lines]).encode() + b"\r\n\r\n" + body


CHUNKED = f"{SIZE:x}\r\n".encode() + BODY + b"\r\n0\r\n\r\n"
HOST, LENGTH, CHUNKS = "Host: x", f"Content-Length: {SIZE}", "Transfer-Encoding: chunked"

# What two servers may read as different requests: each is refused, and the connection with it.
SMUGGLING = {
    "both_lengths": (request(HOST, LENGTH, CHUNKS), 400),
    "both_lengths_the_other_way": (request(HOST, CHUNKS, LENGTH, body=CHUNKED), 400),
    "two_lengths": (request(HOST, LENGTH, "Content-Length: 5"), 400),
    "two_equal_lengths": (request(HOST, LENGTH, LENGTH), 400),
    "length_list": (request(HOST, f"Content-Length: {SIZE}, {SIZE}"), 400),
    "signed_length": (request(HOST, f"Content-Length: +{SIZE}"), 400),
    "hexadecimal_length": (request(HOST, f"Content-Length: 0x{SIZE:x}"), 400),
    "negative_length": (request(HOST, "Content-Length: -1"), 400),
    "huge_length": (request(HOST, "Content-Length: 99999999999999999999999"), 400),
    "gzip_then_chunked": (request(HOST, "Transfer-Encoding: gzip, chunked", body=CHUNKED), 501),
    "gzip_with_length": (request(HOST, "Transfer-Encoding: gzip", LENGTH), 501),
    "chunked_twice": (request(HOST, CHUNKS, CHUNKS, body=CHUNKED), 400),
    "chunked_with_a_tail": (request(HOST, "Transfer-Encoding: chunked, x", body=CHUNKED), 501),
    "space_before_colon": (request(HOST, f"Content-Length : {SIZE}"), 400),
    "folded_field": (request(HOST, "X: a\r\n b", LENGTH), 400),
    "bare_lf": (request(HOST, "X: a\nY: b", LENGTH), 400),
    "nul_in_field": (request(HOST, "X: a\0b", LENGTH), 400),
    "cr_in_field": (request(HOST, "X: a\rb", LENGTH), 400),
    "two_hosts": (request(HOST, HOST, LENGTH), 400),
    "no_host": (request(LENGTH), 400),
    "no_length": (request(HOST, body=b""), 411),
    "bad_chunk_size": (request(HOST, CHUNKS, body=b"zz\r\n"), 400),
    "signed_chunk_size": (request(HOST, CHUNKS, body=b"-1\r\n"), 400),
    "huge_chunk_size": (request(HOST, CHUNKS, body=b"ffffffffffffffffffff\r\n"), 400),
    "chunk_without_end": (request(HOST, CHUNKS, body=b"1\r\naX"), 400),
    "version_2": (request(HOST, LENGTH).replace(b"HTTP/1.1", b"HTTP/2.0"), 505),
    "no_version": (b"POST /KdcProxy\r\n\r\n", 400),
    "binary": (bytes(range(128, 160)) * 4 + b"\r\n\r\n", 400),
    "unknown_expectation": (request(HOST, LENGTH, "Expect: 200-maybe"), 417),
}

BOMBS = {
    "long_target": (b"POST /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", 431),
    "long_field": (request(HOST, "X: " + "a" * 9000, LENGTH), 431),
    "many_fields": (request(HOST, *["X: a"] * 100, LENGTH), 431),
    "endless_field": (b"POST / HTTP/1.1\r\nX: " + b"a" * 100000, 431),
    "large_body": (request(HOST, "Content-Length: 999999999", body=b"x" * 1000), 413),
    "large_chunk": (request(HOST, CHUNKS, body=b"fffffff\r\n" + b"x" * 1000), 413),
    "many_chunks": (request(HOST, CHUNKS, body=b"1\r\na\r\n" * 140000), 413),
    "long_chunk_extension": (request(HOST, CHUNKS, body=b"1;" + b"a" * 20000), 431),
    "long_trailer": (request(HOST, CHUNKS, body=b"1\r\na\r\n0\r\nX: " + b"a" * 20000), 431),
}


class Http1Test(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc, cls.mute = cls.started(FakeKdc(tcp=answering())), cls.started(FakeKdc(tcp=silent))
        cls.port, cls.plain_port = free_port(), free_port()
        cls.gateway = cls.started(Gateway(cls.directory, configuration(
            [{"address": f"127.0.0.1:{cls.port}"}, {"address": f"127.0.0.1:{cls.plain_port}", "tls": False}],
            {"MIT.TEST": {"kdc": ["tcp://" + cls.kdc.address]},
             "MUTE.TEST": {"kdc": ["tcp://" + cls.mute.address], "deadline": "20s"}}, cls.tls,
            limits={"handshake_timeout": "1s", "header_timeout": "500ms", "body_timeout": "500ms", "idle_timeout": "1s",
                    "write_timeout": "1s", "max_connections": 300,
                    "max_requests": 1000000, "max_output": 65536})))

    def connect(self, tls=False, **options):
        connection = Connection(self.port if tls else self.plain_port, ca=self.authority.certificate, tls=tls, **options)
        self.addCleanup(connection.close)
        return connection

    def others_are_served(self):
        connection = self.connect(tls=True)
        connection.send(post(BODY))
        self.assertEqual(connection.response()[0], 200)

    def check(self, cases, behind=b""):
        for name, (octets, status) in cases.items():
            with self.subTest(name):
                before = len(self.gateway.events("http_violation", status=status))
                requests = len(self.kdc.requests)
                connection = self.connect()
                try:
                    connection.send(octets + behind)
                except OSError:
                    pass  # refused before all was sent
                got, headers, _ = connection.response()
                self.assertEqual((got, headers["connection"]), (status, "close"))
                self.assertTrue(connection.closed())
                self.gateway.wait_event("http_violation", before + 1, status=status)
                self.assertEqual(len(self.kdc.requests), requests, "nothing behind it was taken for a request")
        self.others_are_served()

    def test_smuggling(self):
        self.check(SMUGGLING, behind=request(HOST, LENGTH))

    def test_bombs(self):
        self.check(BOMBS)

    def test_slow_in_each_phase(self):
        whole = request(HOST, LENGTH)
        for name, at, event in (("request_line", 5, "header_timeout"), ("header", 30, "header_timeout"),
                                ("body", len(whole) - 5, "body_timeout")):
            with self.subTest(name):
                before = len(self.gateway.events("http_violation", reason=event))
                connection = self.connect()
                begun = time.monotonic()
                for octet in whole[:at]:  # an octet now and then does not buy more time
                    connection.send(bytes([octet]))
                    if time.monotonic() - begun > 0.2:
                        time.sleep(0.1)
                self.assertEqual(connection.response()[0], 408)
                self.assertTrue(connection.closed())
                self.gateway.wait_event("http_violation", before + 1, reason=event)
        self.assertTrue(self.connect().closed(), "nothing at all")

    def test_slow_in_the_handshake(self):
        hello = self.client_hello()
        for octets in (b"", hello[:1], hello[:-1], hello):
            before = len(self.gateway.messages("TLS handshake failed"))
            raw = socket.create_connection(("127.0.0.1", self.port), 20)
            self.addCleanup(raw.close)
            raw.sendall(octets)
            while raw.recv(65536):
                pass
            wait_for(lambda: len(self.gateway.messages("TLS handshake failed")) > before, "the event")
        self.others_are_served()

    def client_hello(self):
        outgoing = ssl.MemoryBIO()
        context = ssl.create_default_context(cafile=self.authority.certificate)
        one = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
        try:
            one.do_handshake()
        except ssl.SSLWantReadError:
            return outgoing.read()

    def test_tls_garbage(self):
        for octets in (b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\xff\xff" + bytes(100), b"\x80\x2e\x01\0\2", bytes(5000)):
            raw = socket.create_connection(("127.0.0.1", self.port), 20)
            self.addCleanup(raw.close)
            raw.sendall(octets)
            try:
                while raw.recv(65536):
                    pass
            except ConnectionError:
                pass
        self.others_are_served()

    def test_renegotiation_is_refused(self):
        result = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", "-tls1_2", "-CAfile",
                                   self.authority.certificate], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
        result.stdin.write(b"R\n")
        result.stdin.flush()
        out = result.communicate(timeout=20)[0]
        self.assertIn(b"RENEGOTIATING", out)
        self.assertRegex(out, b"no renegotiation|handshake failure|unexpected message")
        self.others_are_served()

    def test_handshake_flood_and_half_open_connections(self):
        hello = self.client_hello()
        flood = []
        for _ in range(280):
            raw = socket.create_connection(("127.0.0.1", self.port), 20)
            raw.sendall(hello)
            flood.append(raw)
        self.others_are_served()
        for _ in range(100):
            flood.append(socket.create_connection(("127.0.0.1", self.port), 20))
        self.gateway.wait_event("http_violation", reason="idle_made_room")
        wait_for(lambda: self.served(), "room for others", 10)
        for raw in flood:
            raw.close()

    def served(self):
        try:
            self.others_are_served()
            return True
        except (OSError, AssertionError):
            return False

    def test_clients_that_go_at_every_moment(self):
        whole = post(BODY)
        for tls in (False, True):
            for at in range(0, len(whole) + 1, 7):
                connection = Connection(self.port if tls else self.plain_port, ca=self.authority.certificate, tls=tls)
                connection.send(whole[:at])
                if at % 2:  # RST
                    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()
        self.others_are_served()

    def test_a_client_that_does_not_read_its_answers(self):
        connection = self.connect()
        connection.raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.raw.settimeout(3)
        sent = 0
        try:
            for _ in range(100000):
                connection.send(request(HOST, LENGTH))
                sent += 1
        except OSError:
            pass
        self.assertLess(sent, 100000, "no longer read from, then closed")
        self.others_are_served()

    def test_more_connections_at_once_than_are_accepted_in_one_turn(self):
        port = free_port()
        gateway = self.started(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}", "tls": False}], {"MIT.TEST": {"kdc": ["tcp://" + self.kdc.address]}},
            process={"workers": 1}), name="alone"))
        for _ in range(2):  # the first wait of a listener is another than those that follow
            gateway.process.suspend()
            try:
                crowd = [Connection(port, tls=False) for _ in range(100)]
                for one in crowd:
                    one.send(post(BODY))
            finally:
                gateway.process.resume()
            self.assertEqual({one.response()[0] for one in crowd}, {200})
            for one in crowd:
                one.close()

    def test_an_end_that_comes_in_one_packet_with_the_last_request(self):
        port = free_port()  # of a gateway that waits a minute for a next request
        self.started(Gateway(self.directory, configuration([{"address": f"127.0.0.1:{port}", "tls": False}],
                                                           {"MIT.TEST": {"kdc": ["tcp://" + self.kdc.address]}}), name="patient"))
        connection = Connection(port, tls=False)
        self.addCleanup(connection.close)
        connection.send(post(BODY))
        self.assertEqual(connection.response()[0], 200)
        connection.raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        connection.send(post(BODY))
        connection.raw.shutdown(socket.SHUT_WR)
        self.assertEqual(connection.response()[0], 200)
        self.assertTrue(connection.closed())

    def test_memory_and_descriptors_stay_where_they_were(self):
        def descriptors():
            return len(subprocess.run(["ls", f"/proc/{self.gateway.process.child.pid}/fd"], capture_output=True,
                                      text=True).stdout.split())
        wait_for(lambda: descriptors() < 40, "connections of other tests to be over", 30)
        before = descriptors()
        for _ in range(3):
            crowd = [self.connect() for _ in range(100)]
            for one in crowd:
                one.send(post(b"x" * 1000)[:-1])
            for one in crowd:
                one.close()
        wait_for(lambda: descriptors() <= before, "the descriptors to be given back", 20)


if __name__ == "__main__":
    unittest.main()
