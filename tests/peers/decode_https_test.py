"""`ferryman decode` reads what goes through a gateway by HTTPS, with the key log of a client, and by HTTP/2: as tshark does."""
import json
import os
import subprocess
import unittest

from lib import krb
from lib.client import Client
from lib.forwarder import Forwarder
from lib.gateway import TOOL, Gateway, configuration
from lib.kdcs import MitKdc
from lib.proc import free_port
from lib.recorder import recording
from lib.scenario import Scenario
from peers.decode_test import find


def decode(*args):
    return subprocess.run([TOOL, "decode", *args], capture_output=True, text=True, timeout=60)


def messages(*args):
    result = decode("--json", *args)
    assert (result.returncode, result.stderr) == (0, ""), result
    return json.loads(result.stdout)["messages"]


class DecodeHttpsTest(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc = cls.started(MitKdc(cls.directory, cls.authority))
        cls.keytab = os.path.join(cls.directory, "all.keytab")
        cls.kdc.run("kadmin.local", "-q", f"ktadd -norandkey -k {cls.keytab} HTTP/www.mit.test krbtgt/MIT.TEST kadmin/changepw "
                    "alice bob")
        cls.port, cls.plain_port = free_port(), free_port()
        realm = {"kdc": [cls.kdc.kdc], "kpasswd": [cls.kdc.kpasswd], "allow_unarmored_password": True}
        cls.started(Gateway(cls.directory, configuration(
            [{"address": f"127.0.0.1:{cls.port}"}, {"address": f"127.0.0.1:{cls.plain_port}", "tls": False}],
            {cls.kdc.realm: realm}, cls.tls)))
        cls.capture, cls.keys = (os.path.join(cls.directory, name) for name in ("capture.pcapng", "keys"))
        cls.ports = ["--http-port", f"{cls.port},{cls.plain_port}"]
        with recording(cls.capture, cls.port, cls.plain_port):
            cls.log_on()
            cls.post()

    @classmethod
    def log_on(cls):
        """A client's logon, ticket and change of password, through the forwarder and HTTPS."""
        forwarder = Forwarder(cls.directory, "--realm", cls.kdc.realm, "--gateway", f"https://localhost:{cls.port}/KdcProxy",
                              "--ca-file", cls.authority.certificate, env={"SSLKEYLOGFILE": cls.keys})
        try:
            client = Client(cls.directory, {cls.kdc.realm: {"kdc": forwarder.kdc, "kpasswd_server": forwarder.kpasswd}})
            client.kinit("alice", "alice-pw")
            client.kvno("HTTP/www.mit.test")
            client.kpasswd("bob", "bob-pw", "bob-pw")
        finally:
            forwarder.stop()

    @classmethod
    def post(cls):
        """One message by each of HTTP's and TLS's versions."""
        body = os.path.join(cls.directory, "body")
        with open(body, "wb") as file:
            file.write(krb.proxy_message(krb.as_req(cname=("bob",))))
        secure, plain = f"https://localhost:{cls.port}/KdcProxy", f"http://127.0.0.1:{cls.plain_port}/KdcProxy"
        for args in (["--http2", "--tls13-ciphers", "TLS_CHACHA20_POLY1305_SHA256", secure],
                     ["--http1.1", "--tls13-ciphers", "TLS_AES_128_GCM_SHA256", secure], ["--http2", "--tls-max", "1.2", secure],
                     ["--http1.1", "--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256",
                      secure], ["--http2-prior-knowledge", plain], ["--http1.1", plain]):
            subprocess.run(["curl", "-sS", "--cacert", cls.authority.certificate, "-H", "Content-Type: application/kerberos",
                            "--data-binary", "@" + body, "-o", "/dev/null", *args], check=True, timeout=30,
                           env={**os.environ, "SSLKEYLOGFILE": cls.keys})

    def read(self, *args):
        return messages(*self.ports, *args, self.capture)

    def test_transports(self):
        seen = {m["transport"] for m in self.read("--tls-keys", self.keys)}
        self.assertEqual(seen, {"HTTP", "HTTP/2", "HTTPS", "HTTPS, HTTP/2"})

    def test_everything_opens(self):
        found = [m["message"] for m in self.read("--tls-keys", self.keys, "--keytab", self.keytab)]
        self.assertEqual({message["type"] for message in found}, {"KDC-PROXY-MESSAGE"})
        kinds = {node["type"] for message in found for node in find(message, "kerb-message")}
        self.assertEqual(kinds, {"AS-REQ", "AS-REP", "TGS-REQ", "TGS-REP", "KRB-ERROR", "KPASSWD-REQ", "KPASSWD-REP"})
        closed = [node for message in found for node in find(message, "EncryptedData") if "opened" not in node.get("note", "")]
        self.assertEqual(closed, [])
        self.assertEqual({node["value"] for message in found for ticket in find(message, "EncTicketPart")
                          for node in find(ticket, "cname")}, {"alice", "bob"})

    def test_bodies_are_those_that_tshark_sees(self):
        args = ["tshark", "-r", self.capture, "-o", "tls.keylog_file:" + self.keys, "-d", f"tcp.port=={self.port},tls",
                "-d", f"tcp.port=={self.plain_port},http", "-T", "fields", "-E", "separator=|", "-e", "tcp.srcport",
                "-e", "http2.data.data", "-e", "media.type", "-e", "data.data", "-Y", "http2.data.data || media.type || data.data"]
        out = subprocess.run(args, check=True, capture_output=True, text=True, timeout=120).stdout
        theirs = []
        for line in out.splitlines():
            port, *bodies = line.split("|")
            body = next(body for body in bodies if body).replace(":", "")
            tree = messages("--hex", body)[0]["message"]
            theirs.append((port, tree))
        ours = [(m["source"].rsplit(":", 1)[1], m["message"]) for m in self.read("--tls-keys", self.keys)]
        self.assertGreater(len(ours), 20)
        self.assertEqual(ours, theirs)

    def test_keys_in_the_capture(self):
        whole = os.path.join(self.directory, "with-keys.pcapng")
        subprocess.run(["editcap", "--inject-secrets", "tls," + self.keys, self.capture, whole], check=True, timeout=30)
        self.assertEqual(messages(*self.ports, whole), self.read("--tls-keys", self.keys))

    def test_without_keys(self):
        result = decode("--json", *self.ports, self.capture)
        self.assertEqual(result.returncode, 0)
        self.assertEqual({m["transport"] for m in json.loads(result.stdout)["messages"]}, {"HTTP", "HTTP/2"})
        self.assertRegex(result.stderr, f"^ferryman decode: {self.capture}: [0-9]+ TLS connections were not read, for want of "
                         "their keys; --tls-keys has them\n$")
        only = decode("--http-port", str(self.port), self.capture)
        self.assertEqual((only.returncode, only.stdout), (1, ""))
        self.assertIn("no Kerberos message is in it", only.stderr)

    def test_keys_that_are_none(self):
        missing = os.path.join(self.directory, "missing")
        for path, reason in ((missing, "No such file or directory"), (self.capture, "no TLS secret is in it")):
            result = decode("--tls-keys", path, self.capture)
            self.assertEqual((result.returncode, result.stdout, result.stderr), (2, "", f"ferryman decode: {path}: {reason}\n"))


if __name__ == "__main__":
    unittest.main()
