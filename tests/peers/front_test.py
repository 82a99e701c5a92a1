"""What stands in front: haproxy and curl with the PROXY protocol, systemd's socket activation, a web server."""
import os
import socket
import struct
import subprocess
import unittest

from lib import krb
from lib.client import Client
from lib.gateway import BINARY, Gateway, configuration
from lib.https import Connection, post
from lib.kdcs import MitKdc
from lib.proc import Process, free_port, listens, wait_for
from lib.scenario import Scenario
from peers.logon import gateway_url

BODY = krb.proxy_message(krb.as_req())
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


class FrontTest(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc = cls.started(MitKdc(cls.directory, cls.authority))
        cls.port, cls.plain_port, cls.distrust_port = free_port(), free_port(), free_port()
        cls.unix = cls.directory + "/front.sock"
        cls.realms = {"MIT.TEST": {"kdc": [cls.kdc.kdc], "kpasswd": [cls.kdc.kpasswd], "allow_unarmored_password": True}}
        trusted = {"proxy_protocol": True, "trusted_proxies": ["127.0.0.1"]}
        cls.gateway = cls.started(Gateway(cls.directory, configuration(
            [{"address": f"127.0.0.1:{cls.port}", **trusted},
             {"address": f"127.0.0.1:{cls.plain_port}", "tls": False, **trusted},
             {"address": f"127.0.0.1:{cls.distrust_port}", "tls": False, "proxy_protocol": True, "trusted_proxies": ["192.0.2.1"]},
             {"address": "unix:" + cls.unix, "tls": False, "proxy_protocol": True}],
            cls.realms, cls.tls, limits={"handshake_timeout": "1s", "client_requests_per_second": 1, "client_requests_burst": 8})))

    def logon(self, port, name):
        url = gateway_url(port)
        client = Client(self.directory, {"MIT.TEST": {"kdc": url, "kpasswd_server": url,
                                                      "http_anchors": "FILE:" + self.authority.certificate}}, name=name)
        client.kinit("alice", "alice-pw")
        return client

    def test_haproxy(self):
        for version in ("send-proxy", "send-proxy-v2"):
            with self.subTest(version):
                port = free_port()
                config = os.path.join(self.directory, version + ".cfg")
                with open(config, "w") as file:
                    file.write(f"defaults\n mode tcp\n timeout connect 5s\n timeout client 20s\n timeout server 20s\n"
                               f"listen front\n bind 127.0.0.1:{port}\n server gateway 127.0.0.1:{self.port} {version}\n")
                self.running(Process(["haproxy", "-db", "-f", config], config + ".log"))
                wait_for(lambda: listens("127.0.0.1", port), "haproxy")
                before = len(self.gateway.events("exchange"))
                with socket.socket() as client:
                    client.bind(("127.0.0.77", 0))
                    client.connect(("127.0.0.1", port))
                    connection = Connection(port, ca=self.authority.certificate, raw=client)
                    connection.send(post(BODY))
                    self.assertEqual(connection.response()[0], 200)
                    name = "127.0.0.77:%d" % connection.socket.getsockname()[1]
                    connection.close()
                self.assertEqual(self.gateway.wait_event("exchange", before + 1)[-1]["client"], name)
                self.logon(port, "haproxy-" + version)

    def test_curl(self):
        body = os.path.join(self.directory, "body")
        with open(body, "wb") as file:
            file.write(BODY)
        for args in ([f"https://localhost:{self.port}/KdcProxy"], [f"http://127.0.0.1:{self.plain_port}/KdcProxy"],
                     ["--http2-prior-knowledge", f"http://127.0.0.1:{self.plain_port}/KdcProxy"]):
            result = subprocess.run(["curl", "-sS", "--haproxy-protocol", "--cacert", self.authority.certificate, "--data-binary",
                                     "@" + body, "-o", "/dev/null", "-w", "%{http_code}", *args], capture_output=True, text=True)
            self.assertEqual(result.stdout, "200", result.stderr)

    def by_hand(self, header, port=None, pieces=None):
        raw = socket.create_connection(("127.0.0.1", port or self.plain_port), 20)
        self.addCleanup(raw.close)
        data = header + post(BODY)
        for i in range(0, len(data), pieces or len(data)):
            raw.sendall(data[i:i + (pieces or len(data))])
        answer = b""
        try:
            while not answer.endswith(b"\r\n\r\n") and b"\r\n\r\n" not in answer:
                more = raw.recv(4096)
                if not more:
                    break
                answer += more
        except ConnectionError:
            pass
        return answer.split(b"\r\n")[0].split(b" ")[1:2]

    def test_each_form(self):
        v2 = lambda command, family, rest: SIGNATURE + bytes([command, family]) + struct.pack(">H", len(rest)) + rest
        v4 = socket.inet_aton("192.0.2.9") + socket.inet_aton("192.0.2.2") + struct.pack(">HH", 50000, 443)
        v6 = socket.inet_pton(socket.AF_INET6, "2001:db8::9") * 2 + struct.pack(">HH", 50001, 443)
        forms = {"192.0.2.8:50000": b"PROXY TCP4 192.0.2.8 192.0.2.2 50000 443\r\n",
                 "[2001:db8::8]:50000": b"PROXY TCP6 2001:db8::8 2001:db8::2 50000 443\r\n",
                 "192.0.2.9:50000": v2(0x21, 0x11, v4), "[2001:db8::9]:50001": v2(0x21, 0x21, v6 + b"\x04\0\x01x"),
                 "127.0.0.1": v2(0x20, 0, b""), "127.0.0.1:": b"PROXY UNKNOWN\r\n"}
        for client, header in forms.items():
            for pieces in (None, 1):
                with self.subTest(client, pieces=pieces):
                    before = len(self.gateway.events("exchange"))
                    self.assertEqual(self.by_hand(header, pieces=pieces), [b"200"])
                    self.assertTrue(self.gateway.wait_event("exchange", before + 1)[-1]["client"].startswith(client))

    def test_a_client_is_limited_whatever_proxy_it_comes_through(self):
        header = b"PROXY TCP4 198.51.100.7 192.0.2.2 50000 443\r\n"
        self.assertIn([b"429"], [self.by_hand(header) for _ in range(12)])
        self.assertEqual(self.by_hand(header.replace(b"100.7", b"100.8")), [b"200"], "another is not")

    def test_what_is_no_header_is_refused(self):
        for header in (b"", b"PROXY TCP4 x y 1 2\r\n", b"PROXY " + b"x" * 200, SIGNATURE + b"\x31\x11\0\0",
                       SIGNATURE + b"\x21\x11\0\x04abcd", SIGNATURE + b"\x21\x11\xff\xff"):
            with self.subTest(header):
                self.assertEqual(self.by_hand(header), [])
        self.gateway.wait_event("http_violation", 6, reason="bad_proxy_header")

    def test_a_header_that_does_not_end_has_its_time(self):
        raw = socket.create_connection(("127.0.0.1", self.plain_port), 20)
        self.addCleanup(raw.close)
        raw.sendall(b"PROXY TCP4 ")
        self.assertEqual(raw.recv(10), b"")

    def test_an_address_that_is_not_trusted_has_no_say(self):
        self.assertEqual(self.by_hand(b"PROXY TCP4 192.0.2.8 192.0.2.2 50000 443\r\n", self.distrust_port), [])
        self.gateway.wait_event("http_violation", reason="untrusted_proxy")

    def test_a_unix_socket_is_trusted(self):
        with socket.socket(socket.AF_UNIX) as raw:
            raw.settimeout(20)
            raw.connect(self.unix)
            raw.sendall(b"PROXY TCP4 192.0.2.10 192.0.2.2 50000 443\r\n" + post(BODY))
            self.assertTrue(raw.recv(4096).startswith(b"HTTP/1.1 200"))
        self.gateway.wait_event("exchange", client="192.0.2.10:50000")

    def test_systemd_socket_activation(self):
        port, unix = free_port(), self.directory + "/activated.sock"
        config = os.path.join(self.directory, "activated.toml")
        text = configuration([{"address": f"127.0.0.1:{port}"}, {"address": "unix:" + unix, "tls": False}], self.realms, self.tls,
                             process={"workers": 2})
        with open(config, "w") as file:
            file.write(text)
        process = self.running(Process(["systemd-socket-activate", "-l", f"127.0.0.1:{port}", "-l", unix, BINARY, "-c", config],
                                       config + ".log"))
        wait_for(lambda: listens("127.0.0.1", port), "the socket")
        self.logon(port, "activated")
        with socket.socket(socket.AF_UNIX) as raw:
            raw.settimeout(20)
            raw.connect(unix)
            raw.sendall(post(BODY))
            self.assertTrue(raw.recv(4096).startswith(b"HTTP/1.1 200"))
        wait_for(lambda: '"ready"' in process.text(), "that it says so")

    def test_a_passed_socket_that_nobody_asked_for_is_a_mistake(self):
        port, other = free_port(), free_port()
        config = os.path.join(self.directory, "unasked.toml")
        with open(config, "w") as file:
            file.write(configuration([{"address": f"127.0.0.1:{other}"}], self.realms, self.tls))
        process = self.running(Process(["systemd-socket-activate", "-l", f"127.0.0.1:{port}", BINARY, "-c", config], config + ".log"))
        wait_for(lambda: listens("127.0.0.1", port) or not process.alive(), "the socket")
        self.assertEqual(process.child.wait(20), 2)
        self.assertIn(f"a socket at 127.0.0.1:{port} was passed, but no [[listen]] has that address", process.text())


if __name__ == "__main__":
    unittest.main()
