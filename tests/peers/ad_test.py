"""An Active Directory domain of Samba's, a writable domain controller and a read-only one, of which the gateway knows
nothing but the domain's name."""
import json
import os
import signal
import subprocess
import threading
import unittest

from lib import krb
from lib.gateway import BINARY, Gateway, configuration
from lib.https import Connection, post
from lib.kdcs import SambaDc, SambaRodc
from lib.proc import free_port, listens, wait_for
from lib.scenario import Scenario
from peers.logon import LogonTests, gateway_url

KDC_RECORDS, LDAP_RECORDS = "_kerberos._tcp.dc._msdcs", "_ldap._tcp.dc._msdcs"
IP_REQUIRED, KDC_REQUIRED = 0x200, 0x400
PLAIN = IP_REQUIRED | KDC_REQUIRED
DC, RODC = "127.0.0.10:88", "127.0.0.11:88"
TOOL = os.path.join(os.path.dirname(BINARY), "ferryman")


class AdTest(LogonTests, Scenario):
    alice = bob = carol_old = "User.Passw0rd1"
    service = "HTTP/www.ad.example.test"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc = cls.started(SambaDc(cls.directory, cls.authority, "standard"))
        cls.rodc = cls.started(SambaRodc(cls.directory, cls.authority, cls.kdc))
        for name, port in ((KDC_RECORDS, 88), (LDAP_RECORDS, 389), ("_kerberos._tcp.Branch._sites.dc._msdcs", 88)):
            cls.kdc.record("add", name, "SRV", f"rodc1.ad.example.test {port} 0 100")
        cls.gateway = cls.started(cls.new_gateway("both"))
        cls.url = gateway_url(cls.gateway.port)

    @classmethod
    def new_gateway(cls, name, **realm):
        port, plain = free_port(), free_port()
        gateway = Gateway(cls.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}, {"address": f"127.0.0.1:{plain}", "tls": False}],
            {cls.kdc.realm: {"discovery": "ad", "allow_unarmored_password": True, "dns_allow_networks": ["127.0.0.0/8"],
                             **realm}}, cls.tls, dns={"servers": [f"{cls.kdc.host}:53"]}, process={"workers": 1}), name=name)
        gateway.port, gateway.plain_port = port, plain
        return gateway

    def ask(self, gateway, hint=None, realm=None, message=None):
        realm = realm or self.kdc.realm
        connection = Connection(gateway.plain_port, tls=False)
        try:
            connection.send(post(krb.proxy_message(message or krb.as_req(realm), realm, hint=hint)))
            return connection.response()[0]
        finally:
            connection.close()

    def test_a_password_change_never_goes_to_the_read_only_one(self):
        gateway = self.running(self.new_gateway("branch-kpasswd", site="Branch"))
        client = self.client(kdc=gateway_url(gateway.port), kpasswd_server=gateway_url(gateway.port))
        new = "Another-Passw0rd-3"
        client.kpasswd("bob", self.bob, new)
        type(self).bob = new
        self.assertEqual({e["kdc"] for e in gateway.wait_event("exchange", type="KPASSWD")}, {"127.0.0.10:464"})
        self.assertIn(RODC, {e["kdc"] for e in gateway.events("exchange", type="AS-REQ")}, "which the site prefers")

    def test_fast_goes_to_the_writable_one(self):
        """The read-only one cannot open armor of its own for a user whose secrets it has not, and says so after it has
        seen what may be a one-time password."""
        gateway = self.running(self.new_gateway("branch-fast", site="Branch"))
        armor, client = self.client(kdc=gateway_url(gateway.port)), self.client(kdc=gateway_url(gateway.port))
        armor.kinit("alice", self.alice)
        client.kinit("bob", self.bob, "-T", armor.env["KRB5CCNAME"])
        self.assertEqual({e["kdc"] for e in gateway.wait_event("exchange", cname="alice")}, {RODC})
        self.assertEqual({e["kdc"] for e in gateway.wait_event("exchange", armored=True)}, {DC})

    def test_each_flag_picks_or_refuses(self):
        gateway = self.running(self.new_gateway("flags", site="Branch"))
        last = lambda: gateway.events()[-1]
        for hint, kdc in ((None, RODC), (PLAIN, RODC), (0, None), (0x10 | PLAIN, RODC), (0x20 | PLAIN, RODC),
                          (0x40, DC), (0x80, DC), (0x100 | PLAIN, RODC), (0x1000 | PLAIN, DC), (0x2000, None),
                          (0x4000 | PLAIN, RODC), (0x8000 | PLAIN, RODC), (0x20000 | PLAIN, RODC),
                          (0x40000 | PLAIN, RODC), (0x80000 | PLAIN, RODC), (0x40000000 | PLAIN, RODC),
                          (0x80000000 | PLAIN, RODC), (0x1 | PLAIN, RODC)):
            with self.subTest(hint=hint and hex(hint)):
                before = len(gateway.events())
                self.assertEqual(self.ask(gateway, hint), 200)
                wait_for(lambda: len(gateway.events()) > before, "the event")
                if kdc:
                    self.assertEqual(last()["kdc"], kdc)
        for hint in (0x800 | PLAIN, 0x100000 | PLAIN, 0x200000 | PLAIN, 0x400000 | PLAIN, 0x800000 | PLAIN):
            with self.subTest(hint=hex(hint)):
                before = len(gateway.events("no_kdc"))
                self.assertEqual(self.ask(gateway, hint), 503)
                self.assertEqual(gateway.wait_event("no_kdc", count=before + 1)[-1]["reason"], "no_suitable_dc")
        for hint in (0x30000, 0x4C0, 0xC0000000):
            with self.subTest(hint=hex(hint)):
                self.assertEqual(self.ask(gateway, hint), 400)

    def test_the_netbios_name(self):
        wait_for(lambda: self.gateway.messages("located KDCs"), "the domain to be located")
        self.assertEqual(self.ask(self.gateway, realm="AD"), 200)
        self.assertEqual(self.ask(self.gateway, PLAIN | 0x20000, realm="AD"), 503)
        self.assertEqual(self.ask(self.gateway, PLAIN | 0x10000, realm="ad"), 200)

    def test_the_dns_name_in_the_envelope_and_the_netbios_name_in_the_message(self):
        wait_for(lambda: self.gateway.messages("located KDCs"), "the domain to be located")
        long, short = self.kdc.realm, "AD"
        self.assertEqual(self.ask(self.gateway, realm=long, message=krb.as_req(short)), 200)
        self.assertEqual(self.ask(self.gateway, realm=short, message=krb.as_req(long)), 200)
        self.assertEqual(self.ask(self.gateway, PLAIN | 0x10000, realm=short, message=krb.as_req(long)), 200, "DS_IS_FLAT_NAME")
        for realm in ("OTHER", "OTHER.TEST"):
            self.assertEqual(self.ask(self.gateway, realm=long, message=krb.as_req(realm)), 400)

    def test_an_alias(self):
        gateway = self.running(self.new_gateway("alias", aliases=["corp.test", "contoso.test"]))
        for envelope, inside in (("CORP.TEST", "corp.test"), ("Contoso.test", "CORP.TEST"), (self.kdc.realm, "CORP.TEST"),
                                 ("contoso.test", self.kdc.realm)):
            self.assertEqual(self.ask(gateway, realm=envelope, message=krb.as_req(inside)), 200)
        self.assertEqual({e["kdc"] for e in gateway.wait_event("exchange", count=4)} - {DC, RODC}, set())
        self.assertEqual(self.ask(gateway, realm="CORP.TEST", message=krb.as_req("OTHER.TEST")), 400)
        client = self.client(kdc=gateway_url(gateway.port))
        client.kinit("alice", self.alice)
        self.use_ticket(client)

    def test_a_site_record_goes_before_the_domain_s(self):
        for site, kdcs in (("Branch", {RODC}), ("No-Such-Site", {DC, RODC})):
            gateway = self.running(self.new_gateway("site-" + site, site=site))
            for _ in range(12):
                self.assertEqual(self.ask(gateway), 200)
            asked = {e["kdc"] for e in gateway.wait_event("exchange", count=12)}
            self.assertEqual(asked, kdcs, "each of one weight has its turn" if len(kdcs) > 1 else "")

    def logons(self, gateway, count, at_half):
        """count times kinit by four users at once; at_half() is called in the middle. Returns how many failed: none but
        those whose proof of the password had been written to the preferred one, which goes to no other."""
        done, failed, lock = [0], [], threading.Lock()
        clients = [self.client(kdc=gateway_url(gateway.port)) for _ in range(4)]

        def run(client):
            while True:
                with lock:
                    done[0] += 1
                    number = done[0]
                if number > count:
                    return
                if number == count // 2:
                    at_half()
                result = client.kinit("alice", self.alice, check=False)
                if result.returncode != 0:
                    failed.append(result.stderr)

        threads = [threading.Thread(target=run, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        lost = [e for e in gateway.events() if e["event"] != "exchange"]
        self.assertEqual([(e["event"], e["kdc"], e["tries"]) for e in lost], [("no_kdc", RODC, 1)] * len(failed))
        self.assertTrue(all("PA-ENC-TIMESTAMP" in e["padata"] for e in lost), lost)
        self.assertLessEqual(len(failed), 4, failed)
        return len(failed)

    def restart_rodc(self):
        self.rodc.process.stop()
        wait_for(lambda: not listens(self.rodc.host, 88), "the read-only one to be gone")
        self.rodc.start("standard", self.rodc.private)

    @staticmethod
    def asked_first(records, count):
        """Of the first count exchanges: which KDC answered each that was not hedged while the preferred one served, and
        how often that one came back. A busy machine may be slow enough for hedges, and for the other to outrun it."""
        asked, returns, aside = [], 0, set()
        for record in records:
            if record.get("message") == "KDC set aside" and record["kdc"] == RODC:
                aside.add(record["transport"])
            elif record.get("message") == "KDC serves again" and record["kdc"] == RODC:
                aside.discard(record["transport"])
                returns += 1
            elif record.get("event") == "exchange" and count > 0:
                count -= 1
                if not aside and not record.get("hedged"):
                    asked.append(record["kdc"])
        return asked, returns

    def test_killing_the_preferred_one_loses_what_it_had_been_told(self):
        gateway = self.running(self.new_gateway("killed", site="Branch"))
        self.addCleanup(self.restart_rodc)  # also when the test fails
        killed = []

        def kill():
            killed.append(len(gateway.events("exchange")))
            os.killpg(self.rodc.process.child.pid, signal.SIGKILL)

        lost = self.logons(gateway, 500, kill)
        events = gateway.wait_event("exchange", count=1000 - lost)
        asked, returns = self.asked_first(gateway.records(), killed[0])
        self.assertTrue(asked)
        self.assertLessEqual(len([kdc for kdc in asked if kdc != RODC]), 4 * returns, "what four users had under way")
        self.assertEqual({e["kdc"] for e in events[-300:]}, {DC})
        # The first of the four users to be answered by the other one: finding the preferred one dead, the second try,
        # and its answer.
        affected = [e for e in events[killed[0]:] if e["kdc"] == DC][:4]
        self.assertLess(min(e["exchange_us"] for e in affected), 150_000)
        self.assertTrue(gateway.messages("KDC set aside"))

        # A probe, not a user, finds out that it is back.
        before = len(gateway.messages("KDC serves again"))
        self.restart_rodc()
        wait_for(lambda: len(gateway.messages("KDC serves again")) > before, "the probe to be answered", 60)
        wait_for(lambda: self.ask(gateway) == 200 and gateway.events("exchange")[-1]["kdc"] == RODC, "it to be asked again", 60)

    def test_a_preferred_one_that_hangs_loses_what_it_had_been_told(self):
        gateway = self.running(self.new_gateway("hanging", site="Branch"))
        self.assertEqual(self.logons(gateway, 30, lambda: None), 0)  # so that its p95 is known
        self.addCleanup(self.restart_rodc)
        self.addCleanup(self.signal_rodc, signal.SIGCONT)
        before = len(gateway.events("exchange"))
        lost = self.logons(gateway, 60, lambda: self.signal_rodc(signal.SIGSTOP))
        events = gateway.wait_event("exchange", count=before + 120 - lost)
        self.assertEqual({e["kdc"] for e in events[-30:]}, {DC})
        hedged = [e for e in events[before:] if e.get("hedged")]
        self.assertTrue(hedged)
        self.assertLess(hedged[0]["exchange_us"], 1_000_000, "sooner than hedge_delay, the longest")

    def signal_rodc(self, number):
        os.killpg(self.rodc.process.child.pid, number)

    def test_the_tool_shows_each_step(self):
        common = ["--dns", self.kdc.host, "--allow-network", "127.0.0.0/8"]
        tool = lambda *args: subprocess.run([TOOL, "locate", *args], capture_output=True, text=True, timeout=30)
        result = tool(self.kdc.realm, *common, "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        found = json.loads(result.stdout)
        self.assertEqual({k["endpoint"] for k in found["kdcs"]}, {DC, RODC})
        self.assertEqual({k["probe"] for k in found["kdcs"]}, {"KDC_ERR_C_PRINCIPAL_UNKNOWN"})
        self.assertEqual(found["dns"][0]["name"], "_kerberos._tcp.dc._msdcs.ad.example.test")
        flags = {d["address"]: d["flag_names"].split() for d in found["domain_controllers"]}
        self.assertIn("WRITABLE", flags["127.0.0.10"])
        self.assertNotIn("WRITABLE", flags["127.0.0.11"])

        result = tool(self.kdc.realm, *common, "--hint", "KDC_REQUIRED,WRITABLE_REQUIRED")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, r"(?m)^ping .*rodc1.*not chosen: lacks WRITABLE$")
        self.assertRegex(result.stdout, r"(?m)^chosen +127\.0\.0\.10:88 dc1")
        result = tool(self.kdc.realm, "-c", self.gateway.config, "--kpasswd", "--site", "Branch")
        self.assertRegex(result.stdout, r"(?m)^chosen +127\.0\.0\.10:464")
        self.assertEqual(tool(self.kdc.realm, *common, "--hint", "DIRECTORY_SERVICE_8_REQUIRED").returncode, 1)
        self.assertEqual(tool("NO.SUCH.REALM", *common).returncode, 1)
        for wrong in (["--hint", "NONSENSE"], ["--hint", "IS_FLAT_NAME,IS_DNS_NAME"], ["-c", "/nonexistent"],
                      ["--discovery", "magic"], ["--site", "X", "--hint", "TRY_NEXTCLOSEST_SITE"], ["--dns", "nowhere"]):
            with self.subTest(wrong):
                result = tool(self.kdc.realm, *wrong)
                self.assertEqual((result.returncode, result.stdout), (2, ""))
                self.assertTrue(result.stderr)


if __name__ == "__main__":
    unittest.main()
