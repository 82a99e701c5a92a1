"""HTTP/2 as an enemy: each flood is ended with the right code, counted, and costs nobody else anything."""
import struct
import threading
import unittest

from lib import h2, krb
from lib.fake_kdc import FakeKdc, answering
from lib.gateway import Gateway, configuration
from lib.https import Connection, post
from lib.proc import free_port
from lib.scenario import Scenario

# name: (the n-th of many frames, GOAWAY's code, the event's reason)
FLOODS = {
    "rapid_reset": (lambda n: h2.headers(2 * n + 1, flags=h2.END_HEADERS | h2.END_STREAM) +
                    h2.frame(h2.RST_STREAM, 0, 2 * n + 1, struct.pack(">I", 8)), h2.ENHANCE_YOUR_CALM, "flood"),
    "rapid_reset_before_the_body": (lambda n: h2.headers(2 * n + 1) + h2.frame(
        h2.RST_STREAM, 0, 2 * n + 1, struct.pack(">I", 8)), h2.ENHANCE_YOUR_CALM, "flood"),
    "made_you_reset": (lambda n: h2.headers(2 * n + 1) + h2.frame(
        h2.WINDOW_UPDATE, 0, 2 * n + 1, struct.pack(">I", 0x7FFFFFFF)), h2.ENHANCE_YOUR_CALM, "flood"),
    "bad_header_each_stream": (lambda n: h2.headers(2 * n + 1, h2.REQUEST + h2.literal(b"Upper", b"x")),
                               h2.ENHANCE_YOUR_CALM, "flood"),
    "settings": (lambda n: h2.frame(h2.SETTINGS, 0, 0, struct.pack(">HI", 3, 100)), h2.ENHANCE_YOUR_CALM, "flood"),
    "ping": (lambda n: h2.frame(h2.PING, 0, 0, bytes(8)), h2.ENHANCE_YOUR_CALM, "flood"),
    "ping_answers": (lambda n: h2.frame(h2.PING, h2.ACK, 0, bytes(8)), h2.ENHANCE_YOUR_CALM, "flood"),
    "window_update": (lambda n: h2.frame(h2.WINDOW_UPDATE, 0, 0, struct.pack(">I", 1)), h2.ENHANCE_YOUR_CALM, "flood"),
    "empty_data": (lambda n: (h2.headers(1) if n == 0 else b"") + h2.frame(h2.DATA, 0, 1), h2.ENHANCE_YOUR_CALM, "flood"),
    "priority": (lambda n: h2.frame(h2.PRIORITY, 0, 2 * n + 1, b"\0\0\0\0\x10"), h2.ENHANCE_YOUR_CALM, "flood"),
    "streams_over_the_limit": (lambda n: h2.headers(2 * n + 1), h2.ENHANCE_YOUR_CALM, "flood"),
    "continuation": (lambda n: h2.headers(1, flags=0) if n == 0 else h2.frame(h2.CONTINUATION, 0, 1, h2.literal(b"x", b"y")),
                     h2.ENHANCE_YOUR_CALM, "flood"),
}

# name: (octets, GOAWAY's code, the event's reason)
BREACHES = {
    "hpack_index_out_of_table": (h2.headers(1, b"\xff\xff\x7f"), h2.COMPRESSION_ERROR, "bad_http2"),
    "hpack_integer_overflow": (h2.headers(1, b"\xff" + b"\xff" * 12 + b"\x7f"), h2.COMPRESSION_ERROR, "bad_http2"),
    "frame_over_the_size_limit": (h2.frame(h2.DATA, 0, 1, bytes(20000)), h2.FRAME_SIZE_ERROR, "bad_http2"),
    "data_before_headers": (h2.frame(h2.DATA, 0, 1, b"x"), h2.PROTOCOL_ERROR, "bad_http2"),
    "continuation_without_headers": (h2.frame(h2.CONTINUATION, 4, 1, b"x"), h2.PROTOCOL_ERROR, "bad_http2"),
    "even_stream": (h2.headers(2), h2.PROTOCOL_ERROR, "bad_http2"),
    "settings_of_odd_size": (h2.frame(h2.SETTINGS, 0, 0, b"x"), h2.FRAME_SIZE_ERROR, "bad_http2"),
    "ping_of_wrong_size": (h2.frame(h2.PING, 0, 0, b"x"), h2.FRAME_SIZE_ERROR, "bad_http2"),
    "push_promise": (h2.frame(5, 4, 1, b"\0\0\0\2"), h2.PROTOCOL_ERROR, "bad_http2"),
    "window_overflow": (h2.frame(h2.WINDOW_UPDATE, 0, 0, struct.pack(">I", 0x7FFFFFFF)), h2.FLOW_CONTROL_ERROR, "bad_http2"),
}


class Http2Test(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc = cls.started(FakeKdc(tcp=answering()))
        cls.port, cls.plain_port = free_port(), free_port()
        cls.gateway = cls.started(Gateway(cls.directory, configuration(
            [{"address": f"127.0.0.1:{cls.port}"}, {"address": f"127.0.0.1:{cls.plain_port}", "tls": False}],
            {"MIT.TEST": {"kdc": ["tcp://" + cls.kdc.address]}}, cls.tls,
            limits={"header_timeout": "1s", "body_timeout": "1s", "idle_timeout": "1s", "write_timeout": "1s"})))
        cls.good = krb.proxy_message(krb.as_req())

    def client(self, settings=b"", tls=False):
        connection = Connection(self.port if tls else self.plain_port, ca=self.authority.certificate, tls=tls, alpn=["h2"])
        self.addCleanup(connection.close)
        return h2.Client(connection, settings)

    def others_are_served(self):
        connection = Connection(self.port, ca=self.authority.certificate)
        self.addCleanup(connection.close)
        connection.send(post(self.good))
        self.assertEqual(connection.response()[0], 200)

    def test_floods(self):
        for name, (flood, code, reason) in FLOODS.items():
            for tls in (False, True):
                with self.subTest(name, tls=tls):
                    before = len(self.gateway.events("http_violation", reason=reason))
                    client = self.client(tls=tls)
                    client.send(b"".join(map(flood, range(1100))))
                    self.assertEqual(client.goaway(), code)
                    self.gateway.wait_event("http_violation", before + 1, reason=reason)
                    self.others_are_served()

    def test_breaches(self):
        for name, (octets, code, reason) in BREACHES.items():
            with self.subTest(name):
                before = len(self.gateway.events("http_violation", reason=reason))
                client = self.client()
                client.send(octets)
                self.assertEqual(client.goaway(), code)
                self.gateway.wait_event("http_violation", before + 1, reason=reason)
                self.others_are_served()

    def test_header_bomb(self):
        # Few octets on the wire, many in the table's expansion: refused by size, not by memory.
        filled = h2.literal(b"x", b"a" * 120, incremental=True)
        bomb = h2.REQUEST + filled + b"\xbe" * 5000
        client = self.client()
        client.send(h2.headers(1, bomb))
        kind = client.wait(h2.HEADERS, 1)
        self.assertIsNotNone(kind)
        self.assertIn(b"431", kind[3])
        self.gateway.wait_event("http_violation", status=431, reason="header_too_large")
        self.others_are_served()

    def test_a_client_that_never_reads(self):
        # No window for answers: they wait, bounded, and the connection ends in time.
        client = self.client(settings=struct.pack(">HI", 4, 0))
        for stream in range(1, 40, 2):
            client.send(h2.post(stream, self.good))
        self.assertEqual(client.goaway(), h2.NO_ERROR)
        self.others_are_served()

    def test_slow_in_each_phase(self):
        starts = {"nothing": b"", "half_a_preface": h2.PREFACE[:10], "preface_alone": h2.PREFACE,
                  "half_a_frame": h2.PREFACE + h2.frame(h2.SETTINGS) + b"\0\0\x10\1"}
        for name, octets in starts.items():
            with self.subTest(name):
                connection = Connection(self.plain_port, tls=False)
                self.addCleanup(connection.close)
                connection.send(octets)
                while connection.receive():
                    pass
        for name, octets in {"headers_without_end": h2.headers(1, flags=0), "half_a_body": h2.headers(1) + h2.frame(
                h2.DATA, 0, 1, b"x")}.items():
            with self.subTest(name):
                client = self.client()
                client.send(octets)
                self.assertIsNotNone(client.goaway())
        self.others_are_served()

    def test_a_body_over_the_limit_on_many_streams(self):
        client = self.client()
        refused = set()
        reader = threading.Thread(target=lambda: refused.update(
            stream for kind, _, stream, _ in client.frames() if kind == h2.HEADERS), daemon=True)
        reader.start()
        for stream in (1, 3, 5):
            client.send(h2.headers(stream))
            for _ in range(10):
                client.send(h2.frame(h2.DATA, 0, stream, bytes(16384)))
        reader.join(20)
        self.assertEqual(refused, {1, 3, 5})
        self.gateway.wait_event("http_violation", 3, status=413, reason="body_too_large")
        self.others_are_served()


if __name__ == "__main__":
    unittest.main()
