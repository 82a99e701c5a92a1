"""Moving over from python-kdcproxy: its own configuration, served and imported, beside its own reading of it."""
import json
import os
import subprocess
import unittest

from lib.client import Client
from lib.gateway import BINARY, configuration
from lib.kdcs import MitKdc
from lib.proc import Process, free_port, wait_for
from lib.scenario import Scenario
from peers.logon import gateway_url

LOOKUPS = """
import json, sys
from kdcproxy.config import MetaResolver
resolver = MetaResolver()
print(json.dumps({realm: [list(resolver.lookup(realm)), list(resolver.lookup(realm, True))] for realm in sys.argv[1:]}))
"""


class KdcproxyTest(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc = cls.started(MitKdc(cls.directory, cls.authority))

    def file(self, name, text):
        path = os.path.join(self.directory, f"{self.id()}-{name}")
        with open(path, "w") as file:
            file.write(text)
        return path

    def ini(self, more=""):
        return (f"[global]\nuse_dns = false\n[MIT.TEST]\nkerberos = kerberos+tcp://{self.kdc.kdc}\n"
                f" kerberos+udp://{self.kdc.kdc}\nkpasswd = kpasswd://{self.kdc.kpasswd}\n{more}")

    def start(self, *args, env=None):
        process = self.running(Process([BINARY, *args], os.path.join(self.directory, self.id() + ".log"), env))
        wait_for(lambda: '"ready"' in process.text() or not process.alive(), "ferrymand to be ready")
        self.assertTrue(process.alive(), process.text())
        return process

    def base(self, port):
        text = configuration([{"address": f"127.0.0.1:{port}"}], {}, self.tls)
        return self.file("base.toml", text)

    def logon(self, port):
        url = gateway_url(port)
        client = Client(self.directory, {"MIT.TEST": {"kdc": url, "kpasswd_server": url, "http_anchors": "FILE:" + self.authority.certificate}},
                        name="client-" + self.id())
        client.kinit("alice", "alice-pw")
        self.assertIn("keytab entry valid", client.kvno("HTTP/www.mit.test", self.kdc.keytab).stdout)
        return client

    def test_served_from_its_file(self):
        port = free_port()
        process = self.start("--kdcproxy-config", self.file("kdcproxy.conf", self.ini()), "-c", self.base(port))
        self.assertIn('"passwords outside FAST are allowed","realm":"MIT.TEST"', process.text())
        self.logon(port).kpasswd("bob", "bob-pw", "other-pw")

    def test_served_from_the_file_that_its_environment_names(self):
        port = free_port()
        self.start("-c", self.base(port), "--kdcproxy-config", env={"KDCPROXY_CONFIG": self.file("kdcproxy.conf", self.ini())})
        self.logon(port)

    def test_reload_reads_the_file_again(self):
        port, path = free_port(), self.file("kdcproxy.conf", "[OTHER.TEST]\nkerberos = kerberos://127.0.0.1:1\n")
        process = self.start("--kdcproxy-config", path, "-c", self.base(port))
        with open(path, "w") as file:
            file.write("[MIT.TEST]\nnonsense\n")
        process.child.send_signal(1)
        wait_for(lambda: "reload refused" in process.text(), "the refusal")
        self.assertIn(path + ":2: ", process.text())
        with open(path, "w") as file:
            file.write(self.ini())
        process.child.send_signal(1)
        wait_for(lambda: '"reloaded"' in process.text(), "the reload")
        self.logon(port)

    def run_with(self, *args, env=None):
        return subprocess.run([BINARY, *args], capture_output=True, text=True, timeout=30, env={**os.environ, **(env or {})})

    def test_imported(self):
        port = free_port()
        result = self.run_with("--import-kdcproxy", self.file("kdcproxy.conf", self.ini()))
        self.assertEqual(result.returncode, 0, result.stderr)
        text = result.stdout.replace('"[::]:443"', f'"127.0.0.1:{port}"')
        text = text.replace("/etc/ferryman/tls/fullchain.pem", self.certificate).replace("/etc/ferryman/tls/key.pem", self.key)
        config = self.file("imported.toml", text + '[log]\nformat = "json"\n')
        checked = self.run_with("-c", config, "--check")
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))
        self.start("-c", config)
        self.logon(port)

    def test_alone_it_serves_plain_http_for_the_web_server_in_front(self):
        shown = self.run_with("--kdcproxy-config", self.file("kdcproxy.conf", self.ini()), "--show-config").stdout
        self.assertIn('address = "127.0.0.1:8080"', shown)
        self.assertIn("tls = false", shown)
        self.assertIn('client_address = "x-forwarded-for"', shown)

    def test_finds_the_servers_that_python_kdcproxy_finds(self):
        ini = self.file("kdcproxy.conf", """\
[DEFAULT]
domain = example.test
[global]
use_dns = False
[ONE.TEST]
kerberos = kerberos+tcp://kdc1.%(domain)s:1088 kerberos+udp://kdc2   kerberos://[2001:db8::1]:88
   kerberos+tcp://kdc1.%(domain)s:1088
kpasswd: kpasswd+tcp://kdc1:464
# a comment
[two.test]
KERBEROS=kerberos://10.0.0.1
""")
        env = {"KDCPROXY_CONFIG": ini}
        realms = ["ONE.TEST", "two.test"]
        theirs = json.loads(subprocess.run(["/usr/bin/python3", "-c", LOOKUPS, *realms], capture_output=True, text=True, check=True,
                                           env={**os.environ, **env}).stdout)
        shown = self.run_with("--kdcproxy-config", "--show-config", env=env).stdout
        for realm in realms:
            table = shown.split(f'[realms."{realm}"]')[1].split("[realms")[0]
            for key, port, urls in (("kdc", 88, theirs[realm][0]), ("kpasswd", 464, theirs[realm][1])):
                ours = json.loads([line for line in table.split("\n") if line.startswith(key + " = ")][0].split(" = ")[1])
                expected = []
                for url in [u for line in urls for u in line.split()]:
                    scheme, host = url.split("://")
                    entry = ({"tcp": "tcp://", "udp": "udp://"}.get(scheme.partition("+")[2], "") +
                             (host if host.rpartition("]")[2].count(":") else f"{host}:{port}"))
                    if entry not in expected:
                        expected.append(entry)
                self.assertEqual(ours, expected, realm)

    def test_mistakes(self):
        cases = [("[A]\nkerberos = ldap://x\n", ":2: ", '"ldap://x" in kerberos'), ("[A]\nkerberos\n", ":2: ", "key = value"),
                 ("[global]\nuse_dns = perhaps\n", ":2: ", "true or false"), ("[A]\nkdc = x\n", ":2: ", '"kdc" is no key of [A]')]
        for text, place, words in cases:
            for option in ("--import-kdcproxy", "--kdcproxy-config"):
                path = self.file("wrong.conf", text)
                result = self.run_with(option, path)
                self.assertEqual((result.returncode, result.stdout), (2, ""))
                self.assertTrue(result.stderr.startswith(path + place), result.stderr)
                self.assertIn(words, result.stderr)
        missing = self.run_with("--import-kdcproxy", "/nowhere/kdcproxy.conf")
        self.assertEqual((missing.returncode, missing.stderr), (2, "/nowhere/kdcproxy.conf: cannot be read: No such file or directory\n"))

    def test_kpssvc(self):
        text = ("Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\KPSSVC\\Settings]\r\n"
                '"HttpsClientAuth"=dword:00000000\r\n"DisallowUnprotectedPasswordAuth"=dword:00000001\r\n')
        path = os.path.join(self.directory, "kpssvc.reg")
        with open(path, "wb") as file:
            file.write(b"\xff\xfe" + text.encode("utf-16-le"))
        result = self.run_with("--import-kpssvc", path)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("allow_unarmored_password = false", result.stdout)
        config = self.file("kpssvc.toml", result.stdout.replace("/etc/ferryman/tls/fullchain.pem", self.certificate).replace(
            "/etc/ferryman/tls/key.pem", self.key).replace("# [realms.", "[realms.").replace("# discovery", "discovery"))
        checked = self.run_with("-c", config, "--check")
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))
        wrong = self.run_with("--import-kpssvc", config)
        self.assertEqual((wrong.returncode, wrong.stdout), (2, ""))
        self.assertIn("is no .reg file", wrong.stderr)


if __name__ == "__main__":
    unittest.main()
