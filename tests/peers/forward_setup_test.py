"""How `ferryman forward` is set up: what libkrb5 makes of the lines that it writes, whom it lets in, and what it says of mistakes."""
import os
import shutil
import socket
import subprocess
import unittest

from lib import krb
from lib.etc import Etc
from lib.fake_gateway import FakeGateway
from lib.forwarder import TOOL, Forwarder
from lib.passed_sockets import with_sockets
from lib.proc import Process, free_port
from lib.scenario import Scenario

REALM = "MIT.TEST"


def written(path, text):
    with open(path, "w") as file:
        file.write(text)
    return path


class ForwardSetup(Scenario):
    def setUp(self):
        self.where = os.path.join(self.directory, self.id())
        os.makedirs(self.where)
        self.gateway = self.running(FakeGateway(certificate=self.certificate, key=self.key))
        self.reaches = ["--gateway", self.gateway.url, "--ca-file", self.authority.certificate, "--no-dns"]

    def path(self, name):
        return os.path.join(self.where, name)

    def forwarder(self, *args, **more):
        return self.running(Forwarder(self.where, *self.reaches, *args, **more))

    def as_nobody(self):
        for directory in (self.directory, self.where):
            os.chmod(directory, 0o755)
        return {"prefix": ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"),
                "tool": shutil.copy(TOOL, self.path("ferryman"))}

    def forward(self, *args, prefix=(), tool=TOOL, **env):
        """Where it ends at once."""
        return subprocess.run([*prefix, tool, "forward", *args], capture_output=True, text=True, timeout=30,
                              env={**os.environ, "HOME": self.where, "KRB5_CONFIG": "/nonexistent", **env})

    def is_told(self, code, words, *args, **more):
        result = self.forward(*args, **more)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertIn(words, result.stderr)


class Krb5Conf(ForwardSetup):
    def written_with(self, krb5_conf):
        """What is said of the lines, and what stands in krb5.conf."""
        main, lines = self.path("krb5.conf"), self.path("forward.conf")
        port = free_port()
        written(main, krb5_conf.format(lines=lines, port=port))
        forwarder = self.forwarder("--realm", REALM, "--krb5-conf", lines, port=port, env={"KRB5_CONFIG": main})
        return forwarder, f"{main} does not lead {REALM} to {forwarder.kdc}: the line \"include {lines}\" in it does"

    def test_lines_that_nothing_includes(self):
        forwarder, warning = self.written_with("[libdefaults]\n")
        forwarder.wait_line(warning)

    def test_lines_that_are_included(self):
        forwarder, _ = self.written_with("# no lines yet\n")
        forwarder.stop()
        written(self.path("krb5.conf"), f"include {self.path('forward.conf')}\n")
        forwarder = self.forwarder("--realm", REALM, "--krb5-conf", self.path("forward.conf"), name="again",
                                   env={"KRB5_CONFIG": self.path("krb5.conf")})
        subprocess.run(["kinit", f"alice@{REALM}"], input="x\n", text=True, capture_output=True, timeout=30,
                       env={**os.environ, "KRB5_CONFIG": self.path("krb5.conf")})
        forwarder.wait_line(f"AS-REQ for {REALM}")
        self.assertTrue(self.gateway.requests)
        self.assertEqual([line for line in forwarder.lines() if "does not lead" in line], [])

    def test_lines_behind_another_kdc(self):
        forwarder, _ = self.written_with("[realms]\n MIT.TEST = {{\n  kdc = 192.0.2.1\n  kdc = 127.0.0.1:{port}\n }}\n")
        forwarder.wait_line(f"names 192.0.2.1 for {REALM} before {forwarder.kdc}")

    def test_a_file_of_somebody_else_stays(self):
        mine = written(self.path("krb5.conf"), "[libdefaults]\n")
        self.is_told(2, f"{mine}: is there, and ferryman forward has not written it", *self.reaches, "--realm", REALM,
                     "--port", str(free_port()), "--kpasswd-port", "0", "--krb5-conf", mine)
        with open(mine) as file:
            self.assertEqual(file.read(), "[libdefaults]\n")

    def test_the_whole_system(self):
        """--system; kinit then knows of nothing but /etc/krb5.conf."""
        etc = Etc(self.where)
        etc.write("krb5.conf", f"[libdefaults]\n default_realm = {REALM}\n dns_lookup_kdc = false")
        forwarder = self.forwarder()
        args = ("--system", "--realm", REALM, "--port", str(forwarder.port), "--kpasswd-port", str(forwarder.kpasswd_port))
        for _ in range(2):
            result = self.forward(*args, prefix=etc.prefix)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertEqual(result.stdout, "/etc/ferryman/krb5.conf.d/forward.conf leads all programs of this computer to "
                                            f"{forwarder.kdc} for {REALM}.\n")
        with open(etc.path("krb5.conf")) as file:
            self.assertEqual(file.read().count("\nincludedir /etc/ferryman/krb5.conf.d\n"), 1)
        env = {name: value for name, value in os.environ.items() if name != "KRB5_CONFIG"}
        subprocess.run([*etc.prefix, "kinit", "alice"], input="x\n", text=True, capture_output=True, timeout=30, env=env)
        forwarder.wait_line(f"AS-REQ for {REALM}")
        self.is_told(2, "call it by sudo, or as root", *args, **self.as_nobody())


class Remote(ForwardSetup):
    def test_only_loopback_unless_said_otherwise(self):
        for address in ("0.0.0.0", "::", "192.0.2.1", "::ffff:127.0.0.1"):
            self.is_told(2, f"--listen {address}: not a loopback address", "--listen", address)

    def test_a_passed_socket_is_held_against_it_as_well(self):
        port = free_port()
        self.is_told(1, f"the passed socket at 0.0.0.0 port {port}: not a loopback address", *self.reaches,
                     prefix=with_sockets(f"udp:{port}:0.0.0.0", []))

    def test_what_is_opened_is_said(self):
        forwarder = self.forwarder("--allow-remote", "--realm", REALM, "--krb5-conf", self.path("lines"), listen="0.0.0.0")
        for port in (forwarder.port, forwarder.kpasswd_port):
            forwarder.wait_line(f"0.0.0.0 port {port}: whoever reaches it may use the gateways as this host")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(10)
            client.sendto(krb.as_req(), ("127.0.0.2", forwarder.port))
            self.assertEqual(client.recv(65536), krb.krb_error())
        with open(self.path("lines")) as file:
            self.assertIn(f"kdc = {forwarder.kdc}\n", file.read())

    def test_a_passed_socket(self):
        port = free_port()
        process = self.running(Process(with_sockets(f"udp:{port}:0.0.0.0", [TOOL, "forward", "--allow-remote", *self.reaches]),
                                       self.path("log"), {"HOME": self.where, "KRB5_CONFIG": "/nonexistent"}))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(10)
            client.connect(("127.0.0.1", port))
            while process.alive():  # until its socket is bound
                try:
                    client.send(krb.as_req())
                    self.assertEqual(client.recv(65536), krb.krb_error())
                    break
                except ConnectionRefusedError:
                    pass
        self.assertIn(f"0.0.0.0 port {port}: whoever reaches it", process.text())


class Mistakes(ForwardSetup):
    def test_gateways_and_files(self):
        for url, words in (("htp://kdc.test", "has the scheme \"htp\"; https is possible"), ("http://kdc.test", "http is for loopback only"),
                           ("https://", "is not a URL")):
            self.is_told(2, words, "--gateway", url)
        self.is_told(2, "/nonexistent/client.toml", "--config", "/nonexistent/client.toml")
        self.is_told(2, "/nonexistent/ca.pem", "--ca-file", "/nonexistent/ca.pem", "--port", str(free_port()), "--kpasswd-port", "0")
        self.is_told(2, "--system needs --realm", "--system")

    def test_one_port_for_both(self):
        port = free_port()
        forwarder = self.forwarder(port=port, kpasswd_port=port)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(10)
            client.sendto(krb.as_req(), ("127.0.0.1", port))
            self.assertEqual(client.recv(65536), krb.krb_error())
        self.assertTrue(forwarder.process.alive())

    def test_ports(self):
        self.is_told(2, "Value 99999 not in range", "--port", "99999")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            self.is_told(1, f"cannot listen at 127.0.0.1 port {port} (UDP): Address already in use; \"ss -lnptu 'sport = :{port}'\"",
                         *self.reaches, "--port", str(port))
        self.is_told(1, "Permission denied; ports below 1024 need root, CAP_NET_BIND_SERVICE or a .socket unit", *self.reaches,
                     **self.as_nobody())


if __name__ == "__main__":
    unittest.main()
