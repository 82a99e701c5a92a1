"""What MIT's and Heimdal's clients make of `ferryman forward` when no KDC answers: they see that at once, and ask the
next KDC of their configuration."""
import os
import subprocess
import sys
import time
import unittest

from lib import krb
from lib.client import Client
from lib.fake_gateway import FakeGateway, answering, reply_body
from lib.forwarder import Forwarder
from lib.gateway import Gateway, configuration
from lib.kdcs import BUILD, MitKdc
from lib.proc import free_port
from lib.scenario import Scenario
from peers.logon import gateway_url

HERE = os.path.dirname(__file__)
REALM = "MIT.TEST"
UNAVAILABLE = 29


class NoKdc(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc = cls.started(MitKdc(cls.directory, cls.authority))
        port = free_port()
        realm = {"kdc": [cls.kdc.kdc], "kpasswd": [cls.kdc.kpasswd], "allow_unarmored_password": True}
        cls.gateway = cls.started(Gateway(cls.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}], {REALM: realm}, cls.tls)))
        cls.url = gateway_url(port)

    def forwarder(self, *gateways):
        self.count = getattr(self, "count", 0) + 1
        arguments = [part for url in gateways for part in ("--gateway", url)]
        return self.running(Forwarder(self.directory, *arguments, "--ca-file", self.authority.certificate, "--no-dns",
                                      name=f"{self.id()}-{self.count}"))

    def unavailable(self):
        """A gateway whose KDC is not available."""
        return self.running(FakeGateway(answering(body=reply_body(krb.krb_error(code=UNAVAILABLE))),
                                        certificate=self.certificate, key=self.key)).url

    def nobody(self):
        return gateway_url(free_port())

    def client(self, kdcs, kpasswd=(), libdefaults=None):
        self.count = getattr(self, "count", 0) + 1
        return Client(self.directory, {REALM: {"kdc": list(kdcs), "kpasswd_server": list(kpasswd)}}, libdefaults=libdefaults,
                      name=f"client-{self.id()}-{self.count}")

    def fails(self, run, words):
        """Sooner than after the least that libkrb5 waits for a KDC that is silent."""
        begun = time.monotonic()
        result = run()
        took = time.monotonic() - begun
        self.assertNotEqual(result.returncode, 0)
        self.assertIn(words, result.stdout + result.stderr)
        self.assertLess(took, 1)


class Mit(NoKdc):
    def test_kinit_says_that_no_kdc_can_be_contacted(self):
        for gateways in ([self.nobody()], [self.unavailable()], [self.nobody(), self.unavailable()]):
            forwarder = self.forwarder(*gateways)
            for tcp in ({}, {"udp_preference_limit": "1"}):
                client = self.client([forwarder.kdc], libdefaults=tcp)
                self.fails(lambda: client.kinit("alice", "alice-pw", check=False), "Cannot contact any KDC for realm 'MIT.TEST'")

    def test_kinit_asks_the_next_kdc(self):
        for gateway in (self.nobody(), self.unavailable()):
            forwarder = self.forwarder(gateway)
            for tcp in ({}, {"udp_preference_limit": "1"}):
                client = self.client([forwarder.kdc, self.kdc.kdc], libdefaults=tcp)
                client.kinit("alice", "alice-pw")
                client.kvno("HTTP/www.mit.test", self.kdc.keytab)

    def test_an_armored_logon(self):
        armor, forwarder = self.client([self.kdc.kdc]), self.forwarder(self.nobody())
        armor.kinit("alice", "alice-pw")
        client = self.client([forwarder.kdc])
        self.fails(lambda: client.kinit("alice", "alice-pw", "-T", armor.env["KRB5CCNAME"], check=False),
                   "Cannot contact any KDC for realm 'MIT.TEST'")

    def test_the_next_gateway_is_asked_when_a_kdc_is_not_available(self):
        forwarder = self.forwarder(self.unavailable(), self.url)
        client = self.client([forwarder.kdc])
        client.kinit("alice", "alice-pw")
        client.kvno("HTTP/www.mit.test", self.kdc.keytab)

    def test_kpasswd(self):
        """It tries TCP before UDP, and shows what an answer by UDP says."""
        forwarder = self.forwarder(self.nobody())
        client = self.client([self.kdc.kdc], [forwarder.kpasswd])
        self.fails(lambda: client.kpasswd("bob", "bob-pw", "Fresh-Passw0rd-5", check=False), "no KDC can be reached")
        self.client([self.kdc.kdc], [forwarder.kpasswd, self.kdc.kpasswd]).kpasswd("bob", "bob-pw", "Fresh-Passw0rd-5")


class Heimdal(NoKdc):
    def heimdal(self, kdcs, kpasswd, tool, *args, prefix=()):
        self.count = getattr(self, "count", 0) + 1
        root, config = os.path.join(BUILD, "heimdal"), os.path.join(self.directory, f"heimdal-{self.id()}-{self.count}.conf")
        with open(config, "w") as file:
            file.write(f"[libdefaults]\n default_realm = {REALM}\n dns_lookup_kdc = false\n[realms]\n {REALM} = {{\n"
                       + "".join(f"  kdc = {kdc}\n" for kdc in kdcs)
                       + "".join(f"  kpasswd_server = {server}\n" for server in kpasswd) + " }\n")
        libraries = os.path.join(root, "usr/lib", os.uname().machine + "-linux-gnu")
        env = {**os.environ, "KRB5_CONFIG": config, "LD_LIBRARY_PATH": libraries, "LC_ALL": "C",
               "KRB5CCNAME": "FILE:" + os.path.join(self.directory, f"cc-{self.id()}-{self.count}")}
        return subprocess.run([*prefix, os.path.join(root, "usr/bin", tool), *args], env=env, text=True,
                              capture_output=True, timeout=60)

    def kinit(self, *kdcs):
        password = os.path.join(self.directory, "password")
        with open(password, "w") as file:
            file.write("alice-pw\n")
        return self.heimdal(kdcs, (), "kinit.heimdal", "--password-file=" + password, "alice")

    def test_kinit(self):
        for gateway in (self.nobody(), self.unavailable()):
            forwarder = self.forwarder(gateway)
            self.fails(lambda: self.kinit(forwarder.kdc), "unable to reach any KDC in realm MIT.TEST")
            result = self.kinit(forwarder.kdc, self.kdc.kdc)
            self.assertEqual(result.returncode, 0, result.stderr)

    def test_kpasswd(self):
        self.kdc.run("kadmin.local", "-q", "addprinc -pw dora-pw dora")
        forwarder = self.forwarder(self.nobody())
        script = [sys.executable, os.path.join(HERE, "type_password.py"), "dora-pw", "Fresh-Passw0rd-6", "Fresh-Passw0rd-6", "--"]
        change = lambda *servers: self.heimdal([self.kdc.kdc], servers, "kpasswd.heimdal", "dora", prefix=script)
        result = change(forwarder.kpasswd)
        self.assertIn("no KDC can be reached", result.stdout + result.stderr)
        result = change("tcp/" + forwarder.kpasswd, self.kdc.kpasswd)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.client([self.kdc.kdc]).kinit("dora", "Fresh-Passw0rd-6")


if __name__ == "__main__":
    unittest.main()
