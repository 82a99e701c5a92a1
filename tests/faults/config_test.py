"""Mistakes in the configuration, on the real binary: one line each with file and line; exit code 2."""
import os
import socket
import subprocess
import unittest

from lib.gateway import BINARY
from lib.proc import free_port
from lib.scenario import Scenario


class ConfigTest(Scenario):
    def good(self):
        return f"""\
[[listen]]
address = "127.0.0.1:{free_port()}"
[tls]
certificate = "{self.certificate}"
private_key = "{self.key}"
[realms."EXAMPLE.COM"]
kdc = ["10.0.0.1"]
"""

    def run_with(self, text, *args):
        path = os.path.join(self.directory, "ferryman.toml")
        with open(path, "w") as file:
            file.write(text)
        return subprocess.run([BINARY, "-c", path, *args], capture_output=True, text=True, timeout=30)

    def check(self, text, line, *words, args=("--check",)):
        result = self.run_with(text, *args)
        self.assertEqual(result.returncode, 2, result.stderr)
        lines = [l for l in result.stderr.split("\n") if l.startswith("/")]
        self.assertEqual(len(lines), 1, result.stderr)
        place = os.path.join(self.directory, "ferryman.toml") + (f":{line}:" if line else ": ")
        self.assertTrue(lines[0].startswith(place), lines[0])
        for word in words:
            self.assertIn(word, lines[0])

    def test_good(self):
        result = self.run_with(self.good(), "--check")
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_show_config_is_read_again_as_the_same(self):
        shown = self.run_with(self.good(), "--show-config").stdout
        self.assertIn("max_body = 131072", shown)
        self.assertEqual(self.run_with(shown, "--show-config").stdout, shown)

    def test_mistakes(self):
        good = self.good()
        other_certificate, other_key = self.authority.server("other")
        realm = '[realms."EXAMPLE.COM"]'
        lines = good.count("\n")
        local = good + '[local]\nuser = "nobody"\n[realms."LOCAL.TEST"]\n' + 'discovery = "local"\n'
        cases = [
            (good + 'deadlin = "8s"\n', lines + 1, 'unknown key "deadlin"', 'did you mean "deadline"'),
            (good + "[metrics]\n", lines + 1, 'unknown key "metrics"', "known are"),
            (good + 'deadline = "8"\n', lines + 1, 'such as "8s"'),
            (good + 'deadline = "10h"\n', lines + 1, "out of range"),
            (good + 'discovery = "magic"\n', lines + 1, "static"),
            (good + 'discovery = "local"\n', lines + 1, "there is no [local]"),
            (good + 'site = "Berlin"\n', 6, 'site has a meaning with discovery = "ad" only'),
            (good.replace('kdc = ["10.0.0.1"]', 'discovery = "ad"\nsite = "a.b"'), 6, "not the name of a site"),
            (good.replace('"10.0.0.1"', '"10.0.0.1:99999"'), 6, "not a port"),
            (good.replace('"10.0.0.1"', '"https://proxy"'), 6, "tcp:// and udp://"),
            (good.replace('kdc = ["10.0.0.1"]', 'discovery = "static"'), 6, "no kdc"),
            (good + '[realms."example.com"]\nkdc = ["10.0.0.2"]\n', lines + 1, "same as that of line 6"),
            (good.replace(realm, '[realms."**"]'), 6, "no realm"),
            (good.split("[realms")[0], 0, "no realm is declared"),
            (good.replace(self.key, "/nonexistent"), 4, "private key /nonexistent: No such file"),
            (good.replace(self.certificate, self.key), 4, "no PEM certificate"),
            (good.replace(self.key, other_key), 4, "does not belong to certificate"),
            (good.replace("[tls]", "[tls]\nclient_certificates = \"required\""), 5, "client_ca"),
            (good.replace("[tls]", "client_certificates = \"optional\"\n[tls]"), 5, "client_ca"),
            (good.replace("[tls]", "[tls]\nclient_certificates = \"pass\""), 4, "there is none", "[local]"),
            (good.replace("[tls]", "client_certificates = \"pass\"\n[tls]"), 3, "there is none", "[local]"),
            (good.replace("[tls]", "client_certificates = \"any\"\n[tls]"), 3, '"required", "pass" is'),
            (local.replace("[tls]", f"[tls]\nclient_certificates = \"pass\"\nclient_ca = \"{self.certificate}\""), 5,
             "client_ca has no meaning"),
            (good.replace("[tls]", "tls = false\nclient_certificates = \"pass\"\n[tls]"), 2, "without TLS has no meaning"),
            (local + '[[listen]]\nprotocol = "kerberos"\nclient_certificates = "off"\n', lines + 7, "has no meaning with protocol"),
            (good.replace("certificate =", "#").replace("private_key =", "#"), 3, "names no certificate"),
            (good.replace("[tls]", 'health_path = "healthz"\n[tls]'), 2, "is no path"),
            (good.replace("[tls]", 'health_path = "/kdcproxy/"\n[tls]'), 2, "one of paths"),
            (good.replace("127.0.0.1:", "localhost:"), 2, "not a place to listen at"),
            (good.replace("[tls]", "[log]\ndestination = \"nowhere\"\n[tls]"), 4, "destination"),
            (good.replace("[tls]", "[limits]\nmax_body = \"1GiB\"\n[tls]"), 4, "max_body"),
            (good.replace("[tls]", "[process]\nuser = \"nosuchuser\"\n[tls]"), 4, "does not exist"),
            (good.replace("[tls]", "[dns]\nservers = \"resolver\"\n[tls]"), 4, "127.0.0.1:5353"),
            (good.replace("[tls]", "[tls"), 3, "not TOML"),
            ('[[listen]]\naddress = "0.0.0.0:80"\ntls = false\n' + realm + '\nkdc = ["10.0.0.1"]\n', 2, "allow_plain_http"),
            (good.replace("[tls]", 'protocol = "ldap"\n[tls]'), 3, "protocol", "kerberos"),
            (good.replace("[tls]", '[[listen]]\nprotocol = "kerberos"\n[tls]'), 4, "none is declared", 'discovery = "local"'),
            (local + '[[listen]]\nprotocol = "kerberos"\ntls = true\n', lines + 7, "tls has no meaning with protocol"),
            (local + '[[listen]]\nprotocol = "kerberos"\npaths = ["/"]\n', lines + 7, "paths has no meaning with protocol"),
            (local + '[[listen]]\nprotocol = "kerberos"\nproxy_protocol = true\n', lines + 7, "proxy_protocol has no meaning"),
            (local + '[[listen]]\nprotocol = "kerberos"\naddress = "unix:/run/k.sock"\n', lines + 7, "at a unix socket"),
        ]
        for text, line, *words in cases:
            with self.subTest(words=words):
                self.check(text, line, *words)
        self.assertTrue(other_certificate)

    def test_several_mistakes_are_said_at_once(self):
        result = self.run_with(self.good() + "a = 1\nb = 2\n", "--check")
        self.assertEqual(len(result.stderr.strip().split("\n")), 2)

    def test_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            text = self.good()
            port = text.split('127.0.0.1:')[1].split('"')[0]
            self.check(text.replace(f":{port}", f":{taken.getsockname()[1]}"), 2, "Address already in use", args=())

    def test_files_that_are_not_there(self):
        result = subprocess.run([BINARY, "-c", "/nonexistent.toml"], capture_output=True, text=True, timeout=30)
        self.assertEqual(result.returncode, 2)
        self.assertEqual(result.stderr, "/nonexistent.toml: cannot be read: No such file or directory\n")
        result = self.run_with(self.good() + '[log]\ndestination = "file:/nonexistent/log"\n')
        self.assertEqual(result.returncode, 2)
        self.assertIn("/nonexistent/log", result.stderr)

    def test_expired_certificate_is_a_warning(self):
        certificate, key = self.authority.server("expired", days=-1)
        result = self.run_with(self.good().replace(self.certificate, certificate).replace(self.key, key), "--check")
        self.assertEqual(result.returncode, 0)
        self.assertIn("has expired", result.stderr)

    def test_usage(self):
        self.assertEqual(subprocess.run([BINARY, "--nonsense"], capture_output=True, timeout=30).returncode, 2)
        for option in ("--help", "--version"):
            result = subprocess.run([BINARY, option], capture_output=True, text=True, timeout=30)
            self.assertEqual((result.returncode, result.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
