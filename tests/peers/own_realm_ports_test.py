"""Clients that know nothing of KDC proxies log on to a realm of our own at ferrymand's UDP and TCP ports."""
import os
import sys
import unittest

from lib import krb
from lib.bare import Datagrams, Stream
from lib.client import Client
from lib.heimdal import heimdal, password_file
from lib.odd_client import OddClient
from lib.own_realm import NEW_PASSWORD, PASSWORDS, WRONG_PASSWORD, OwnRealmScenario
from lib.proc import free_port
from peers.own_realm_clients_test import HERE, run
from peers.own_realm_mit_test import Logons


class AtThePorts(OwnRealmScenario):
    """At [::], which serves IPv4 as well."""

    ports = None  # of the KDC and of kpasswd

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc_port, cls.kpasswd_port = cls.ports or (free_port(), free_port())
        cls.serve(listen=[{"address": f"[::]:{port}", "protocol": "kerberos"} for port in (cls.kdc_port, cls.kpasswd_port)])

    def client(self, libdefaults=None, **relations):
        self.clients = getattr(self, "clients", 0) + 1
        realm = {"kdc": f"127.0.0.1:{self.kdc_port}", "kpasswd_server": f"127.0.0.1:{self.kpasswd_port}", **relations}
        return Client(self.directory, {self.kdc.realm: realm}, libdefaults={**self.preference, **(libdefaults or {})},
                      name=f"client-{self.id().rsplit('.', 2)[-2]}-{self.id().rsplit('.', 1)[-1]}-{self.clients}")

    preference = {}


class MitByUdp(AtThePorts, Logons):
    preference = {"udp_preference_limit": "32700"}

    def test_udp_was_used(self):
        client = self.client()
        client.kinit("alice", self.alice)
        self.gateway.wait_event("exchange", type="AS-REQ", result="AS-REP", protocol="kerberos/udp", kdc="ferryman-realm")

    def test_kpasswd_by_udp(self):
        """MIT's goes by TCP whenever it can."""
        old = self.new_user("ulla")
        datagrams, stream = Datagrams("127.0.0.1", self.kpasswd_port), Stream("127.0.0.1", self.kdc_port)
        self.addCleanup(datagrams.close)
        self.addCleanup(stream.close)
        odd = OddClient(stream.ask, self.kdc.realm)
        ticket = odd.log_on("ulla", odd.key("ulla", old), sname=krb.principal("kadmin", "changepw", name_type=2))
        message, subkey = odd.change_password(ticket, "ulla", NEW_PASSWORD)
        self.assertEqual(odd.password_result(datagrams.ask(message), subkey)[0], 0)
        self.gateway.wait_event("exchange", type="KPASSWD", result="KPASSWD-REP", protocol="kerberos/udp")
        self.kdc.wait_message("request", type="KPASSWD", transport="udp", result="success")
        self.client().kinit("ulla", NEW_PASSWORD)

    def test_answer_that_is_too_large_for_udp(self):
        """A user in so many groups that her PAC does not fit: 52, and then TCP."""
        old = self.new_user("grete")
        for i in range(60):
            self.kdc.add_group(f"group-{i}", "grete")
        client = self.client()
        client.kinit("grete", old)
        self.use_ticket(client)
        for kind in ("AS-REQ", "TGS-REQ"):
            self.gateway.wait_event("exchange", type=kind, protocol="kerberos/udp", reason="too_large_for_udp",
                                    error="KRB_ERR_RESPONSE_TOO_BIG")
            self.gateway.wait_event("exchange", type=kind, protocol="kerberos/tcp", result=kind.replace("REQ", "REP"))

    def test_over_ipv6(self):
        client = self.client(kdc=f"[::1]:{self.kdc_port}")
        client.kinit("bob", self.bob)
        self.use_ticket(client)
        self.assertTrue([e for e in self.gateway.events("exchange") if e["client"].startswith("[::1]:")])


class MitByTcp(AtThePorts, Logons):
    preference = {"udp_preference_limit": "0"}

    def test_tcp_alone_was_used(self):
        client = self.client()
        client.kinit("bob", self.bob)
        self.use_ticket(client)
        events = [e for e in self.gateway.events("exchange") if e["type"] != "KPASSWD"]
        self.assertEqual({e["protocol"] for e in events}, {"kerberos/tcp"})
        self.assertNotIn("status", events[0])


class Others(AtThePorts):
    ports = (88, 464)  # impacket asks no other

    def krb5_conf(self, transport):
        """tcp, or udp and then tcp: Heimdal's "udp/" would be UDP alone, which the answers do not fit."""
        kdc = ("tcp/" if transport == "tcp" else "") + "127.0.0.1"
        file = os.path.join(self.directory, f"{self.id()}-{transport}.conf")
        with open(file, "w") as out:
            out.write(f"[libdefaults]\n default_realm = {self.kdc.realm}\n dns_lookup_kdc = false\n"
                      f"[realms]\n {self.kdc.realm} = {{\n  kdc = {kdc}\n  kpasswd_server = {kdc}\n }}\n")
        return file

    def heimdal(self, transport, tool, *args, **more):
        return heimdal(tool, *args, config=self.krb5_conf(transport),
                       cache=os.path.join(self.directory, f"cc-{self.id()}-{transport}"), **more)

    def password_file(self, password):
        return password_file(self.directory, self.id(), password)

    def test_heimdal(self):
        for transport in ("udp", "tcp"):
            self.heimdal(transport, "kinit.heimdal", self.password_file(PASSWORDS["alice"]), "alice")
            self.heimdal(transport, "kgetcred", self.service)
            self.gateway.wait_event("exchange", type="AS-REQ", cname="alice", protocol="kerberos/" + transport)
            self.gateway.wait_event("exchange", type="TGS-REQ", result="TGS-REP", protocol="kerberos/tcp")
            wrong = self.heimdal(transport, "kinit.heimdal", self.password_file(WRONG_PASSWORD), "bob", check=False)
            self.assertNotEqual(wrong.returncode, 0)

    def test_heimdal_changes_a_password(self):
        old = self.new_user("dora")
        self.heimdal("udp", "kpasswd.heimdal", "dora", typed=(old, NEW_PASSWORD, NEW_PASSWORD))
        self.gateway.wait_event("exchange", type="KPASSWD", result="KPASSWD-REP", protocol="kerberos/udp")
        self.client().kinit("dora", NEW_PASSWORD)

    def test_impacket(self):
        """getTGT.py, whose ticket MIT's kvno then uses."""
        directory = os.path.join(self.directory, "impacket")
        os.makedirs(directory)
        run([sys.executable, os.path.join(HERE, "impacket_logon.py"), f"{self.kdc.realm}/alice:{PASSWORDS['alice']}",
             "-dc-ip", "127.0.0.1"], cwd=directory)
        self.gateway.wait_event("exchange", type="AS-REQ", result="AS-REP", protocol="kerberos/tcp")
        client = self.client()
        client.env["KRB5CCNAME"] = "FILE:" + os.path.join(directory, "alice.ccache")
        self.assertIn("keytab entry valid", client.kvno(self.service, self.kdc.keytab).stdout)

    def test_samba(self):
        """By Samba's own Heimdal, whose ticket MIT's kvno then uses."""
        smb_conf, cache = (os.path.join(self.directory, name) for name in ("smb.conf", "samba.ccache"))
        with open(smb_conf, "w") as out:
            out.write(f"[global]\n realm = {self.kdc.realm}\n workgroup = CLOUD\n")
        run([sys.executable, "-c", SAMBA_LOGON, smb_conf, self.kdc.realm, "bob", PASSWORDS["bob"], "FILE:" + cache],
            env={**os.environ, "KRB5_CONFIG": self.krb5_conf("tcp")})
        self.gateway.wait_event("exchange", type="AS-REQ", cname="bob", result="AS-REP", protocol="kerberos/tcp")
        client = self.client()
        client.env["KRB5CCNAME"] = "FILE:" + cache
        self.assertIn("keytab entry valid", client.kvno(self.service, self.kdc.keytab).stdout)


SAMBA_LOGON = """
import sys
from samba import credentials, param
conf, realm, user, password, cache = sys.argv[1:]
lp = param.LoadParm()
lp.load(conf)
creds = credentials.Credentials()
creds.guess(lp)
creds.set_username(user)
creds.set_password(password)
creds.set_realm(realm)
creds.set_kerberos_state(credentials.MUST_USE_KERBEROS)
creds.get_named_ccache(lp, cache)
"""


if __name__ == "__main__":
    unittest.main()
