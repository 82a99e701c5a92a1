"""Load balancers: how they look in, and what they are told."""
import signal
import socket
import ssl
import struct
import subprocess
import unittest

from lib import krb
from lib.fake_kdc import FakeKdc, HoldingKdc, answering
from lib.gateway import Gateway, configuration
from lib.https import Connection, post
from lib.proc import free_port, wait_for
from lib.scenario import Scenario

BODY = krb.proxy_message(krb.as_req())


def reset(raw):
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raw.close()


class HealthScenario(Scenario):
    def setUp(self):
        self.kdc = self.running(FakeKdc(tcp=answering(), udp=lambda request: krb.krb_error()))
        self.port, self.plain, self.proxied, self.admin = (free_port() for _ in range(4))

    def start(self, realms=None, level="info", health_path="", **sections):
        health = {"health_path": health_path} if health_path else {}
        listen = [{"address": f"127.0.0.1:{self.port}", **health},
                  {"address": f"127.0.0.1:{self.plain}", "tls": False, **health},
                  {"address": f"127.0.0.1:{self.proxied}", "proxy_protocol": True, "trusted_proxies": ["127.0.0.1"]}]
        realms = realms or {"MIT.TEST": {"kdc": [f"tcp://{self.kdc.address}"], "deadline": "2s"}}
        return self.running(Gateway(self.directory, configuration(
            listen, realms, self.tls, log={"format": "json", "level": level}, admin={"http": f"127.0.0.1:{self.admin}"},
            process={"workers": 2}, **sections), name=self.id()))

    def ask(self, port=None, path="/KdcProxy", realm="MIT.TEST"):
        connection = Connection(port or self.plain, tls=False)
        try:
            connection.send(post(krb.proxy_message(krb.as_req(realm), realm), path))
            return connection.response()[0]
        finally:
            connection.close()

    def curl(self, *args):
        result = subprocess.run(["curl", "-sS", "-w", "|%{http_code}|%{http_version}", "--cacert", self.authority.certificate, *args],
                                capture_output=True, text=True, timeout=20)
        self.assertEqual(result.stderr, "")
        return result.stdout.rsplit("|", 2)

    def readyz(self):
        body, status, _ = self.curl(f"http://127.0.0.1:{self.admin}/readyz")
        return int(status), body

    def counted(self, name):
        text = self.curl(f"http://127.0.0.1:{self.admin}/metrics")[0]
        return int(float(next(line for line in text.splitlines() if line.startswith(name + " ")).split()[1]))


class ConnectionsTest(HealthScenario):
    def context(self, *alpn):
        context = ssl.create_default_context(cafile=self.authority.certificate)
        context.set_alpn_protocols(list(alpn))
        return context

    def half_a_hello(self):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = self.context("h2").wrap_bio(incoming, outgoing, server_hostname="localhost")
        with self.assertRaises(ssl.SSLWantReadError):
            tls.do_handshake()
        return outgoing.read()

    def shaken(self, *alpn, then=b""):
        tls = self.context(*alpn).wrap_socket(socket.create_connection(("127.0.0.1", self.port)), server_hostname="localhost")
        if then:
            tls.sendall(then)
            tls.recv(1)
        return tls

    def looks(self):
        """Every way to look in, as (name, function)."""
        connect = lambda port: socket.create_connection(("127.0.0.1", port))
        hello = self.half_a_hello()

        def send(port, octets, end):
            raw = connect(port)
            raw.sendall(octets)
            end(raw)
        close = lambda raw: raw.close()
        for port, kind in ((self.port, "TLS"), (self.plain, "plain"), (self.proxied, "behind a proxy")):
            for end in (close, reset):
                yield f"connect, {kind}, {end.__name__}", lambda port=port, end=end: end(connect(port))
        for end in (close, reset):
            yield "half a ClientHello", lambda end=end: send(self.port, hello[:60], end)
            yield "a ClientHello", lambda end=end: send(self.port, hello, end)
            yield "a PROXY header", lambda end=end: send(self.proxied, b"PROXY TCP4 192.0.2.1 192.0.2.2 5000 443\r\n", end)
            yield "PROXY UNKNOWN", lambda end=end: send(self.proxied, b"PROXY UNKNOWN\r\n", end)
            yield "half a request line", lambda end=end: send(self.plain, b"GET /heal", end)
        yield "a ClientHello, its answer, RST", lambda: self.answered_hello(hello)
        for alpn in (["h2"], ["http/1.1"], []):
            yield f"a handshake {alpn}, close", lambda alpn=alpn: self.shaken(*alpn or ["x"]).close()
            yield f"a handshake {alpn}, close_notify", lambda alpn=alpn: self.shaken(*alpn or ["x"]).unwrap().close()
            yield f"a handshake {alpn}, RST", lambda alpn=alpn: reset(self.shaken(*alpn or ["x"]))
        preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"
        yield "HTTP/2's preface", lambda: self.shaken("h2", then=preface).close()

    def answered_hello(self, hello):
        raw = socket.create_connection(("127.0.0.1", self.port))
        raw.sendall(hello)
        raw.recv(1)
        reset(raw)

    def test_looking_in_is_no_event(self):
        gateway = self.start()
        before = len(gateway.records())
        count = 0
        for name, look in self.looks():
            with self.subTest(name):
                try:
                    look()
                except (ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionResetError, OSError):
                    pass
                count += 1
                wait_for(lambda: self.counted("ferryman_connections_unused_total") >= count, "it to be counted", 10)
        self.assertGreater(count, 20)
        gateway.events()
        self.assertEqual(gateway.records()[before:], [])
        self.assertEqual(self.counted("ferryman_connections_unused_total"), count)

    def test_who_is_cut_off_in_the_handshake_is_told_of(self):
        gateway = self.start(limits={"handshake_timeout": "200ms"})
        with socket.create_connection(("127.0.0.1", self.port)) as raw:
            self.assertEqual(raw.recv(1), b"")
        wait_for(lambda: gateway.messages("TLS handshake failed"), "the line")
        self.assertEqual(self.counted("ferryman_connections_unused_total"), 0)

    def test_they_are_seen_at_level_debug(self):
        gateway = self.start(level="debug")
        socket.create_connection(("127.0.0.1", self.port)).close()
        wait_for(lambda: gateway.messages("connection without a request"), "the line")

    def test_a_handshake_that_fails_is_told_of(self):
        gateway = self.start()
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        for context in (old, ssl.create_default_context()):
            failed = len(gateway.messages("TLS handshake failed"))
            with self.assertRaises(ssl.SSLError):
                context.wrap_socket(socket.create_connection(("127.0.0.1", self.port)), server_hostname="localhost")
            wait_for(lambda: len(gateway.messages("TLS handshake failed")) > failed, "the line")
        with socket.create_connection(("127.0.0.1", self.port)) as raw:
            raw.sendall(b"GET / HTTP/1.1\r\n\r\n")
            raw.recv(100)
        wait_for(lambda: len(gateway.messages("TLS handshake failed")) == 3, "the line of plain HTTP")
        for reason in ("version", "server_certificate_refused", "plain_http"):
            self.assertEqual(self.counted(f'ferryman_handshakes_failed_total{{reason="{reason}"}}'), 1, reason)
        self.assertEqual(self.counted("ferryman_connections_unused_total"), 0)

    def test_an_unclean_end_after_a_request_is_not_counted(self):
        self.start()
        connection = Connection(self.port, ca=self.authority.certificate)
        connection.send(post(BODY))
        self.assertEqual(connection.response()[0], 200)
        reset(connection.socket)
        socket.create_connection(("127.0.0.1", self.port)).close()
        wait_for(lambda: self.counted("ferryman_connections_unused_total"), "the one to be counted")
        self.assertEqual(self.counted("ferryman_connections_unused_total"), 1)


class HealthPathTest(HealthScenario):
    def start(self, realms=None, health_path="/healthz", **more):
        return super().start(realms, health_path=health_path, **more)

    def test_all_protocols(self):
        gateway = self.start()
        before = len(gateway.records())
        for url in (f"https://localhost:{self.port}", f"http://localhost:{self.plain}"):
            h2 = "--http2" if url.startswith("https") else "--http2-prior-knowledge"
            for option, version in (("--http1.0", "1.0"), ("--http1.1", "1.1"), (h2, "2")):
                with self.subTest(url=url, version=version):
                    body, status, spoken = self.curl(option, url + "/healthz")
                    self.assertEqual((body, status), ("ready\n", "200"))
                    self.assertEqual(spoken == "2", version == "2")
                    self.assertEqual(self.curl(option, "-I", "-o", "/dev/null", url + "/healthz")[1], "200")
                    self.assertEqual(self.curl(option, url + "/HEALTHZ/")[1], "200")
        gateway.events()
        self.assertEqual(gateway.records()[before:], [])

    def test_it_is_no_other_path_and_no_other_method(self):
        self.start()
        url = f"http://localhost:{self.plain}"
        self.assertEqual(self.curl(url + "/healthzz")[1], "404")
        self.assertEqual(self.curl("-d", "x", url + "/healthz")[1], "404")
        self.assertEqual(self.curl("-k", f"https://localhost:{self.port}/readyz")[1], "404")

    def test_none_by_default(self):
        self.start(health_path="")
        for path in ("/healthz", "/", ""):
            self.assertEqual(self.curl(f"http://localhost:{self.plain}{path}")[1], "404")

    def test_no_limit_bites(self):
        self.start(limits={"client_requests_per_second": 1, "client_requests_burst": 1, "client_exempt": []})
        for _ in range(5):
            self.assertEqual(self.curl(f"http://localhost:{self.plain}/healthz")[1], "200")

    def test_while_draining(self):
        holding = self.running(HoldingKdc())
        gateway = self.start({"MIT.TEST": {"kdc": [f"udp://{holding.address}"], "deadline": "30s"}})
        # A request that waits, and behind it in one connection a question for health.
        connection = Connection(self.plain, tls=False)
        self.addCleanup(connection.close)
        connection.send(post(BODY) + b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_for(lambda: holding.requests, "the KDC to be asked")
        gateway.process.child.send_signal(signal.SIGTERM)
        wait_for(lambda: gateway.messages("draining"), "the drain to begin")
        status, body = self.readyz()
        self.assertEqual((status, body.split("\n")[0]), (503, "draining"))
        holding.release()
        self.assertEqual(connection.response()[0], 200)
        self.assertEqual(gateway.process.child.wait(20), 0)

    def health(self):
        return self.curl(f"http://localhost:{self.plain}/healthz")[:2]

    def test_no_realm_can_be_served(self):
        dead = f"tcp://127.0.0.1:{free_port()}"
        gateway = self.start({"MIT.TEST": {"kdc": [f"tcp://{self.kdc.address}"], "deadline": "2s"},
                              "DEAD.TEST": {"kdc": [dead], "deadline": "2s"}})
        self.assertEqual(self.readyz(), (200, "ready\nMIT.TEST: not asked for yet\nDEAD.TEST: not asked for yet\n"))
        self.assertEqual(self.ask(), 200)
        self.assertEqual(self.ask(realm="DEAD.TEST"), 503)
        wait_for(lambda: "DEAD.TEST: no KDC answers\n" in self.readyz()[1], "the dead realm to be seen", 30)
        self.assertEqual(self.readyz(), (200, "ready\nMIT.TEST: served\nDEAD.TEST: no KDC answers\n"))
        self.assertEqual(self.health(), ["ready\n", "200"])
        address, port = self.kdc.address.split(":")
        self.kdc.stop()
        self.assertEqual(self.ask(), 503)
        wait_for(lambda: self.readyz()[0] == 503, "all realms to be seen dead", 30)
        self.assertTrue(self.readyz()[1].startswith("not ready\nMIT.TEST: no KDC answers\n"))
        self.assertEqual(self.health(), ["not ready\n", "503"])
        wait_for(lambda: gateway.messages("not ready: no realm can be served"), "that it is said")
        self.running(FakeKdc(tcp=answering(), udp=lambda request: krb.krb_error(), host=address, port=int(port)))
        wait_for(lambda: self.health() == ["ready\n", "200"], "the KDC's return, by a probe", 60)
        self.assertEqual(self.readyz()[0], 200)

    def test_no_kdc_is_located(self):
        self.start({"MIT.TEST": {"kdc": ["kdc.invalid"], "deadline": "1s"}}, dns={"servers": ["127.0.0.77"]})
        self.assertIn(self.ask(), (503, 504))
        wait_for(lambda: self.readyz() == (503, "not ready\nMIT.TEST: no KDC located, dns_failed\n"), "it to be seen", 30)


class PathsTest(HealthScenario):
    def test_a_slash_at_the_end(self):
        self.start()
        for path in ("/KdcProxy/", "/kdcproxy/", "/KDCPROXY", "/kkdcp/", "/KdcProxy/?x=1"):
            self.assertEqual(self.ask(path=path), 200, path)
        for path in ("/KdcProxy//", "/KdcProxy/x", "/", "//KdcProxy"):
            self.assertEqual(self.ask(path=path), 404, path)

    def test_a_refused_request_says_its_path(self):
        gateway = self.start()
        self.assertEqual(self.ask(path='/a"b=\\x%0a'), 404)
        event = gateway.wait_event("http_violation")[0]
        self.assertEqual((event["reason"], event["method"], event["path"]), ("path", "POST", '/a"b=\\x%0a'))
        self.assertEqual(self.ask(path="/" + "y" * 5000), 404)
        event = gateway.wait_event("http_violation", 2)[1]
        self.assertEqual(event["path"], "/" + "y" * 99)
        self.assertEqual(self.curl("-X", "DELETE", f"http://localhost:{self.plain}/KdcProxy")[1], "405")
        event = gateway.wait_event("http_violation", 3)[2]
        self.assertEqual((event["reason"], event["method"]), ("method", "DELETE"))


if __name__ == "__main__":
    unittest.main()
