"""Programs that know nothing of KDC proxies reach MIT's and Samba's KDCs through `ferryman forward` and a gateway."""
import os
import subprocess
import sys
import unittest

from lib.client import Client
from lib.forwarder import Forwarder
from lib.gateway import Gateway, configuration
from lib.heimdal import heimdal, password_file
from lib.kdcs import MitKdc, SambaDc
from lib.proc import Process, free_port, listens, wait_for
from lib.scenario import Scenario
from peers.logon import gateway_url

HERE = os.path.dirname(__file__)


def run(args, check=True, **more):
    result = subprocess.run(args, capture_output=True, text=True, timeout=90, **more)
    if check and result.returncode != 0:
        raise AssertionError(f"{args} gave {result.returncode}:\n{result.stdout}{result.stderr}")
    return result


class ForwardScenario(Scenario):
    @classmethod
    def serve(cls, kdc, **ports):
        """A gateway for the KDC, and a forwarder for the gateway."""
        cls.kdc = cls.started(kdc)
        port = free_port()
        realm = {"kdc": [kdc.kdc], "kpasswd": [kdc.kpasswd], "allow_unarmored_password": True}
        cls.gateway = cls.started(Gateway(cls.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}], {kdc.realm: realm}, cls.tls)))
        cls.url = gateway_url(port)
        cls.forwarder = cls.started(Forwarder(cls.directory, "--realm", kdc.realm, "--gateway", cls.url,
                                              "--ca-file", cls.authority.certificate,
                                              "--krb5-conf", os.path.join(cls.directory, "snippet.conf"), **ports))

    def krb5_conf(self, extra=""):
        """A krb5.conf made of the forwarder's own lines."""
        file = os.path.join(self.directory, f"krb5-{self.id()}.conf")
        with open(os.path.join(self.directory, "snippet.conf")) as snippet, open(file, "w") as out:
            out.write(f"[libdefaults]\n default_realm = {self.kdc.realm}\n dns_lookup_kdc = false\n"
                      f" dns_lookup_realm = false\n rdns = false\n dns_canonicalize_hostname = false\n{extra}"
                      + snippet.read())
        return file

    def mit(self):
        client = Client(self.directory, {self.kdc.realm: {"kdc": self.forwarder.kdc,
                                                          "kpasswd_server": self.forwarder.kpasswd}},
                        name=f"client-{self.id()}")
        return client

    def seen(self, kind, **fields):
        return self.gateway.wait_event("exchange", type=kind, **fields)


class MitPeers(ForwardScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve(MitKdc(cls.directory, cls.authority, host="127.0.0.30", port=88))

    def test_mit_with_a_plain_kdc_entry(self):
        client = self.mit()
        client.kinit("alice", "alice-pw")
        self.assertIn("keytab entry valid", client.kvno("HTTP/www.mit.test", self.kdc.keytab).stdout)
        self.seen("AS-REQ", cname="alice", result="AS-REP")
        self.seen("TGS-REQ", result="TGS-REP")
        self.assertTrue(all(e["http"] == "HTTP/2" for e in self.gateway.events("exchange") if "http" in e))

    def test_mit_changes_a_password(self):
        client, before = self.mit(), len(self.gateway.events("exchange", type="KPASSWD"))
        client.kpasswd("bob", "bob-pw", "Fresh-Passw0rd-2")
        client.kinit("bob", "Fresh-Passw0rd-2")
        self.gateway.wait_event("exchange", count=before + 1, type="KPASSWD", result="KPASSWD-REP")
        self.assertEqual(len(self.gateway.events("exchange", type="KPASSWD")), before + 1)

    def test_mit_with_armor(self):
        armor, client = self.mit(), Client(self.directory, {self.kdc.realm: {"kdc": self.forwarder.kdc}}, name="armored")
        armor.kinit("alice", "alice-pw")
        client.kinit("alice", "alice-pw", "-T", armor.env["KRB5CCNAME"])
        self.assertTrue(self.seen("AS-REQ", armored=True, result="AS-REP"))

    def heimdal(self, tool, *args, **more):
        return heimdal(tool, *args, config=self.krb5_conf(), cache=os.path.join(self.directory, "cc-" + self.id()), **more)

    def test_heimdal(self):
        self.heimdal("kinit.heimdal", password_file(self.directory, self.id(), "alice-pw"), "alice")
        self.heimdal("kgetcred", "HTTP/www.mit.test")
        self.assertIn("HTTP/www.mit.test", self.heimdal("heimtools", "klist").stdout)
        self.seen("TGS-REQ", sname="HTTP/www.mit.test", result="TGS-REP")

    def test_heimdal_changes_a_password(self):
        self.kdc.run("kadmin.local", "-q", "addprinc -pw dora-pw dora")
        before = len(self.gateway.events("exchange", type="KPASSWD"))
        self.heimdal("kpasswd.heimdal", "dora", typed=("dora-pw", "Fresh-Passw0rd-3", "Fresh-Passw0rd-3"))
        self.gateway.wait_event("exchange", count=before + 1, type="KPASSWD", result="KPASSWD-REP")
        self.mit().kinit("dora", "Fresh-Passw0rd-3")

    def test_java(self):
        """Krb5LoginModule, then a GSS context with the service's own Java."""
        classes = os.path.join(self.directory, "java")
        run(["javac", "-d", classes, os.path.join(HERE, "java", "Logon.java")])
        run(["java", "-Djava.security.krb5.conf=" + self.krb5_conf(" udp_preference_limit = 1\n"), "-cp", classes,
             "Logon", "alice", "alice-pw", "HTTP@www.mit.test", self.kdc.keytab])
        self.seen("TGS-REQ", result="TGS-REP")

    def test_through_python_kdcproxy(self):
        """A gateway that is not ours."""
        port = free_port()
        config = os.path.join(self.directory, "kdcproxy.conf")
        with open(config, "w") as file:
            file.write(f"[{self.kdc.realm}]\nkerberos = kerberos+tcp://{self.kdc.kdc}\n"
                       f"kpasswd = kpasswd+tcp://{self.kdc.kpasswd}\n")
        self.running(Process([sys.executable, os.path.join(HERE, "serve_kdcproxy.py"), str(port), self.certificate,
                              self.key], os.path.join(self.directory, "kdcproxy.log"), {"KDCPROXY_CONFIG": config}))
        wait_for(lambda: listens("127.0.0.1", port), "python-kdcproxy")
        forwarder = self.running(Forwarder(self.directory, "--gateway", gateway_url(port), "--ca-file",
                                           self.authority.certificate, name="forward-kdcproxy"))
        client = Client(self.directory, {self.kdc.realm: {"kdc": forwarder.kdc, "kpasswd_server": forwarder.kpasswd}},
                        name="client-kdcproxy")
        client.kinit("alice", "alice-pw")
        self.assertIn("keytab entry valid", client.kvno("HTTP/www.mit.test", self.kdc.keytab).stdout)
        self.kdc.run("kadmin.local", "-q", "addprinc -pw emil-pw emil")
        client.kpasswd("emil", "emil-pw", "Fresh-Passw0rd-4")
        client.kinit("emil", "Fresh-Passw0rd-4")

    def test_directly_first(self):
        """The KDC that DNS names is reachable, so the gateway is not asked."""
        before = len(self.gateway.events("exchange"))
        dns_port = free_port()
        self.running(Process(["dnsmasq", "-k", "--no-resolv", "--no-hosts", f"--port={dns_port}",
                              "--listen-address=127.0.0.1", "--bind-interfaces", "--user=root", "--conf-file=/dev/null",
                              "--srv-host=_kerberos._tcp.mit.test,kdc.mit.test,88",
                              f"--address=/kdc.mit.test/{self.kdc.host}"], os.path.join(self.directory, "dns.log")))
        wait_for(lambda: listens("127.0.0.1", dns_port), "dnsmasq")
        forwarder = self.running(Forwarder(
            self.directory, "--direct-first", "--dns", f"127.0.0.1:{dns_port}", "--allow-network", "127.0.0.0/8",
            "--gateway", self.url, "--ca-file", self.authority.certificate, name="forward-direct"))
        client = Client(self.directory, {self.kdc.realm: {"kdc": forwarder.kdc}}, name="client-direct")
        client.kinit("alice", "alice-pw")
        forwarder.wait_line("AS-REQ for MIT.TEST: AS-REP from kdc.mit.test")
        self.assertEqual(len(self.gateway.events("exchange")), before)


class SambaPeers(ForwardScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve(SambaDc(cls.directory, cls.authority), port=88, kpasswd_port=464)
        cls.kdc.tool("spn", "add", "ldap/dc1.ad.example.test", "DC1$")

    def test_mit(self):
        client = self.mit()
        client.kinit("alice", "User.Passw0rd1")
        self.assertIn("keytab entry valid", client.kvno("HTTP/www.ad.example.test", self.kdc.keytab).stdout)

    def test_sambas_own_client_lists_users_by_kerberos(self):
        """samba-tool gets its tickets through the forwarder and uses them at the DC's LDAP."""
        env = {**os.environ, "KRB5_CONFIG": self.krb5_conf(), "KRB5CCNAME": os.path.join(self.directory, "cc-samba")}
        script = f'mount --bind {self.hosts_file()} /etc/hosts && exec "$@"'
        result = run(["unshare", "-m", "sh", "-c", script, "sh", "samba-tool", "user", "list", "-H",
                      "ldap://dc1.ad.example.test", "--use-kerberos=required", "-U",
                      "Administrator%" + self.kdc.password, "-s", self.kdc.smb_conf], env=env)
        self.assertIn("alice", result.stdout.split())
        self.seen("AS-REQ", cname="Administrator", result="AS-REP")
        self.assertTrue(any("ldap/" in e.get("sname", "") for e in self.gateway.events("exchange", type="TGS-REQ")))

    def test_impacket(self):
        """getTGT.py, whose ticket MIT's kvno then uses."""
        directory = os.path.join(self.directory, "impacket")
        os.makedirs(directory)
        run([sys.executable, os.path.join(HERE, "impacket_logon.py"), f"{self.kdc.realm}/alice:User.Passw0rd1",
             "-dc-ip", "127.0.0.1"], cwd=directory)
        client = self.mit()
        client.env["KRB5CCNAME"] = "FILE:" + os.path.join(directory, "alice.ccache")
        self.assertIn("keytab entry valid", client.kvno("HTTP/www.ad.example.test", self.kdc.keytab).stdout)

    def hosts_file(self):
        file = os.path.join(self.directory, "hosts-client")
        with open(file, "w") as out:
            out.write(f"127.0.0.1 localhost\n{self.kdc.host} dc1.ad.example.test dc1\n")
        return file


if __name__ == "__main__":
    unittest.main()
