"""Apache, nginx and haproxy pass requests on over HTTP, and tell whose they are in a field of each."""
import os
import socket
import unittest

from lib import h2, krb
from lib.fake_kdc import FakeKdc, answering
from lib.gateway import Gateway, configuration
from lib.https import Connection, post
from lib.proc import Process, free_port, listens, wait_for
from lib.scenario import Scenario

BODY = krb.proxy_message(krb.as_req())
SPOOFED = ["X-Forwarded-For: 203.0.113.7", "X-Forwarded-For: 203.0.113.8, 127.0.0.1", 'Forwarded: for="203.0.113.9']

APACHE = """\
ServerRoot {directory}
PidFile {directory}/apache.pid
DefaultRuntimeDir {directory}
ErrorLog {directory}/apache.log
Listen 127.0.0.1:{port}
ServerName localhost
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
User nobody
Group nogroup
ProxyPass /KdcProxy http://127.0.0.1:{gateway}/KdcProxy
"""
NGINX = """\
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/nginx.err;
events {{}}
http {{
  access_log off;
  server {{
    listen 127.0.0.1:{port};
    location /KdcProxy {{
      proxy_pass http://{gateway};
      proxy_set_header {field};
    }}
  }}
}}
"""
HAPROXY = """\
defaults
 mode http
 timeout connect 5s
 timeout client 20s
 timeout server 20s
listen front
 bind 127.0.0.1:{port}
 option forwardfor
 server gateway 127.0.0.1:{gateway} {proto}
"""


class ReverseProxyTest(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        os.chmod(cls.directory, 0o755)
        kdc = cls.started(FakeKdc(tcp=answering()))
        cls.port, cls.forwarded_port, cls.distrust_port, cls.unix = free_port(), free_port(), free_port(), cls.directory + "/g.sock"
        cls.gateway = cls.started(Gateway(cls.directory, configuration(
            [{"address": f"127.0.0.1:{port}", "tls": False, "trusted_proxies": trusted, "client_address": field}
             for port, trusted, field in ((cls.port, ["127.0.0.1"], "x-forwarded-for"),
                                          (cls.forwarded_port, ["127.0.0.1"], "forwarded"),
                                          (cls.distrust_port, ["192.0.2.1"], "x-forwarded-for"))] +
            [{"address": "unix:" + cls.unix, "tls": False, "client_address": "x-forwarded-for"}],
            {"MIT.TEST": {"kdc": ["tcp://" + kdc.address]}}, process={"workers": 1},
            limits={"client_requests_per_second": 1, "client_requests_burst": 8, "client_exempt": []})))

    def proxy(self, name, text, command, **values):
        """The port at which that program listens, configured by the text."""
        port, config = free_port(), os.path.join(self.directory, name + ".conf")
        values.setdefault("gateway", self.port)
        with open(config, "w") as file:
            file.write(text.format(directory=self.directory, port=port, **values))
        process = self.running(Process([part.format(config=config) for part in command], config + ".out"))
        wait_for(lambda: listens("127.0.0.1", port) or not process.alive(), name)
        self.assertTrue(process.alive(), process.text())
        return port

    def connect(self, port, source):
        raw = socket.socket()
        raw.bind((source, 0))
        raw.connect(("127.0.0.1", port))
        connection = Connection(port, tls=False, raw=raw)
        self.addCleanup(connection.close)
        return connection

    def ask(self, port, source="127.0.0.1", headers=()):
        connection = self.connect(port, source)
        connection.send(post(BODY, headers=headers))
        return connection.response()[0]

    def check(self, port, source):
        """The client is known for whom it is, whatever it says, and limited for itself."""
        statuses = [self.ask(port, source, SPOOFED) for _ in range(12)]
        self.assertEqual((statuses[0], 429 in statuses), (200, True), statuses)
        events = self.gateway.wait_event("exchange", client=source + ":0")
        self.assertEqual({e["cname"] for e in events}, {"alice"})
        self.assertEqual(self.ask(port, source[:-1] + "9"), 200, "another is not limited")
        self.assertNotIn("203.0.113", self.gateway.process.text())

    def test_apache(self):
        self.check(self.proxy("apache", APACHE, ["/usr/sbin/apache2", "-f", "{config}", "-DFOREGROUND"]), "127.0.1.1")

    def test_nginx(self):
        command = ["nginx", "-c", "{config}", "-e", self.directory + "/nginx.err"]
        self.check(self.proxy("nginx", NGINX, command, gateway=f"127.0.0.1:{self.port}",
                              field="X-Forwarded-For $proxy_add_x_forwarded_for"), "127.0.2.1")
        self.check(self.proxy("nginx-rfc7239", NGINX, command, gateway=f"127.0.0.1:{self.forwarded_port}",
                              field="Forwarded '$http_forwarded, for=$remote_addr'"), "127.0.3.1")

    def test_haproxy_by_each_version_of_http(self):
        for host, proto in (("127.0.4.1", ""), ("127.0.5.1", "proto h2")):
            self.check(self.proxy("haproxy" + proto[-2:], HAPROXY, ["haproxy", "-db", "-f", "{config}"], proto=proto), host)

    def test_who_is_not_trusted_has_no_say(self):
        self.assertEqual(self.ask(self.distrust_port, "127.0.6.1", SPOOFED), 200)
        wait_for(lambda: [e for e in self.gateway.seen("exchange") if e["client"].startswith("127.0.6.1:")], "its own address")
        self.assertNotIn("203.0.113", self.gateway.process.text())

    def test_a_unix_socket_is_trusted(self):
        with socket.socket(socket.AF_UNIX) as raw:
            raw.settimeout(20)
            raw.connect(self.unix)
            raw.sendall(post(BODY, headers=["X-Forwarded-For: 198.51.100.5"]))
            self.assertTrue(raw.recv(4096).startswith(b"HTTP/1.1 200"))
        self.gateway.wait_event("exchange", client="198.51.100.5:0")

    def test_requests_of_one_connection_have_clients_of_their_own(self):
        connection = self.connect(self.port, "127.0.0.1")
        for client in ("198.51.100.1", "198.51.100.2"):
            connection.send(post(BODY, headers=["X-Forwarded-For: " + client]))
            self.assertEqual(connection.response()[0], 200)
            self.gateway.wait_event("exchange", client=client + ":0")
        stream = h2.Client(self.connect(self.port, "127.0.0.1"))
        for number, client in ((1, b"198.51.100.3"), (3, b"198.51.100.4")):
            fields = h2.REQUEST + h2.literal(b"x-forwarded-for", client)
            stream.send(h2.headers(number, fields) + h2.frame(h2.DATA, h2.END_STREAM, number, BODY))
            self.gateway.wait_event("exchange", client=client.decode() + ":0", http="HTTP/2")

    def test_a_word_that_cannot_be_read_is_told_of_once(self):
        for headers in ([], ["X-Forwarded-For: 198.51.100.1, unknown"], ["X-Forwarded-For: " + "1" * 7000]):
            self.assertEqual(self.ask(self.port, "127.0.0.1", headers), 200)
        wait_for(lambda: [e for e in self.gateway.seen("exchange") if e["client"].startswith("127.0.0.1:")], "the proxy's address")
        told = [r for r in self.gateway.records() if "does not say who its client is" in r.get("message", "")]
        self.assertEqual(len(told), 1, told)


if __name__ == "__main__":
    unittest.main()
