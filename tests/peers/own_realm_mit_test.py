"""MIT's tools with a realm of our own: over HTTPS at the tenant's path and at /KdcProxy, and through `ferryman forward`."""
import glob
import json
import os
import re
import subprocess
import unittest

from lib.frame_relay import FrameRelay
from lib.gateway import TOOL
from lib.kdcs import write
from lib.own_realm import NEW_PASSWORD, PASSWORDS, WRONG_PASSWORD, OwnRealmScenario
from peers.logon import LogonTests

FAKETIME = next(iter(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")), None)
AES256, AES128, AES256_SHA2, AES128_SHA2 = ("aes256-cts-hmac-sha1-96", "aes128-cts-hmac-sha1-96", "aes256-cts-hmac-sha384-192",
                                            "aes128-cts-hmac-sha256-128")


class Logons(LogonTests):
    """What every way to the realm must carry."""

    alice, bob, carol_old, new_password = PASSWORDS["alice"], PASSWORDS["bob"], PASSWORDS["carol"], NEW_PASSWORD
    service = OwnRealmScenario.service

    def test_armor_of_a_machine(self):
        keytab = self.kdc.add_service(f"HOST{self.id()[-5:].upper()}$", f"host/{self.id()[-5:]}.cloud.test")
        machine = self.client()
        machine.run("kinit", "-k", "-t", keytab, f"HOST{self.id()[-5:].upper()}$")
        client = self.client()
        client.kinit("alice", self.alice, "-T", machine.env["KRB5CCNAME"])
        self.use_ticket(client)
        self.gateway.wait_event("exchange", cname="alice", armored=True, result="AS-REP")

    def test_renewal(self):
        client = self.client()
        client.kinit("alice", self.alice, "-l", "1h", "-r", "2d")
        before = client.klist()
        self.assertIn("renew until", before)
        client.run("kinit", "-R")
        self.use_ticket(client)
        renewed = re.search(r"renew until (.*)", client.klist())[1]
        self.assertEqual(renewed, re.search(r"renew until (.*)", before)[1])

    def test_service_logs_on(self):
        client = self.client()
        client.run("kinit", "-k", "-t", self.kdc.keytab, self.service)
        self.use_ticket(client)


class AtTheTenantsPath(OwnRealmScenario, Logons):
    """By far the most is asked here, since it does not depend on the way."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve()

    # Names

    def test_enterprise_name(self):
        self.new_user("emil", "--upn", "emil.example@cloud.test")
        for extra, name in ([], "emil.example\\@cloud.test"), (["-C"], "emil"):
            client = self.client()
            client.kinit("emil.example@cloud.test", self.alice, "-E", *extra)
            self.assertIn(f"Default principal: {name}@CLOUD.TEST", client.klist())
            self.use_ticket(client)

    def test_canonicalize(self):
        client = self.client()
        client.kinit("ALICE", self.alice, "-C")
        self.assertIn("Default principal: alice@CLOUD.TEST", client.klist())
        self.use_ticket(client)
        as_typed = self.client()
        as_typed.kinit("ALICE", self.alice)
        self.assertIn("Default principal: ALICE@CLOUD.TEST", as_typed.klist())
        self.use_ticket(as_typed)

    def test_unknown_names(self):
        result = self.client().kinit("nobody", self.alice, check=False)
        self.assertIn("not found in Kerberos database", result.stderr)
        client = self.client()
        client.kinit("alice", self.alice)
        for name in ("HTTP/elsewhere.cloud.test", "alice", "bob"):
            self.assertIn("not found in Kerberos database", client.kvno(name, check=False).stderr)

    def test_locate_says_where_the_realm_is(self):
        words = [TOOL, "locate", self.kdc.realm, "-c", self.gateway.config]
        result = subprocess.run(words, capture_output=True, text=True, timeout=60)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn(self.kdc.front + ": it listens", result.stdout)
        self.assertTrue(json.loads(subprocess.run([*words, "--json"], capture_output=True, timeout=60).stdout)["listens"])

    def test_aliases_of_host(self):
        """A computer with host/ serves for what HOST stands for, and has its keytab's key."""
        keytab = self.kdc.add_service("FILES$", "HOST/files.cloud.test")
        client = self.client()
        client.kinit("alice", self.alice)
        for name in ("host/files.cloud.test", "HOST/FILES.cloud.test", "cifs/files.cloud.test"):
            self.assertIn(f"{name}@CLOUD.TEST: kvno = 1", client.kvno(name).stdout)
        self.assertIn("keytab entry valid", client.kvno("HOST/files.cloud.test", keytab).stdout)

    # Passwords

    def test_password_that_is_refused(self):
        old = self.new_user("frieda")
        for new, words in (("short", "too short"), ("aaaaaaaaaaaaaaaa", ""), ("Summer2026!!", ""), ("frieda-frieda-frieda", "")):
            result = self.client().kpasswd("frieda", old, new, check=False)
            self.assertEqual(result.returncode, 2, new + result.stdout + result.stderr)
            self.assertIn("Password change rejected", result.stdout)
            self.assertIn(words, result.stdout)
        self.client().kpasswd("frieda", old, NEW_PASSWORD)
        result = self.client().kpasswd("frieda", NEW_PASSWORD, old, check=False)  # it comes again
        self.assertEqual(result.returncode, 2, result.stdout + result.stderr)
        self.client().kinit("frieda", NEW_PASSWORD)

    def test_password_with_any_characters(self):
        self.new_user("greta", password="Über-Straße ☂ grün 17")
        self.client().kinit("greta", "Über-Straße ☂ grün 17")
        self.client().kpasswd("greta", "Über-Straße ☂ grün 17", "ключ от квартиры 42")
        self.client().kinit("greta", "ключ от квартиры 42")

    def test_wrong_old_password(self):
        self.new_user("hans")
        result = self.client().kpasswd("hans", WRONG_PASSWORD, NEW_PASSWORD, check=False)
        self.assertEqual(result.returncode, 1)
        self.client().kinit("hans", self.alice)

    def test_set_by_an_administrator(self):
        old = self.new_user("ida")
        self.kdc.admin("user", "password", "ida", "--password-stdin", stdin=NEW_PASSWORD + "\n")
        self.assertNotEqual(self.client().kinit("ida", old, check=False).returncode, 0)
        self.client().kinit("ida", NEW_PASSWORD)

    # Accounts

    def test_states_of_an_account(self):
        """The right password is told what is wrong, the wrong one nothing."""
        disabled = self.new_user("jan")
        self.kdc.admin("user", "disable", "jan")
        self.new_user("karl", "--expires", "2020-01-01")
        for name in ("jan", "karl"):
            self.assertIn("credentials have been revoked", self.client().kinit(name, disabled, check=False).stderr)
            result = self.client().kinit(name, WRONG_PASSWORD, check=False)
            self.assertRegex(result.stderr, "Password incorrect|Preauthentication failed")
        self.kdc.admin("user", "enable", "jan")
        self.kdc.admin("user", "set", "karl", "--expires", "never")
        for name in ("jan", "karl"):
            self.client().kinit(name, disabled)

    def test_disabled_after_the_logon(self):
        self.new_user("lars")
        client = self.client()
        client.kinit("lars", self.alice)
        self.use_ticket(client)
        self.kdc.add_service("HTTP/second.cloud.test")
        self.kdc.admin("user", "disable", "lars")
        self.assertIn("credentials have been revoked", client.kvno("HTTP/second.cloud.test", check=False).stderr)
        self.kdc.admin("user", "remove", "lars", "--yes")
        self.assertIn("TGT has been revoked", client.kvno("HTTP/second.cloud.test", check=False).stderr)

    def test_locked_and_unlocked(self):
        self.new_user("mara")
        for _ in range(10):
            self.assertNotEqual(self.client().kinit("mara", WRONG_PASSWORD, check=False).returncode, 0)
        self.assertIn("credentials have been revoked", self.client().kinit("mara", self.alice, check=False).stderr)
        self.assertTrue(self.kdc.show("user", "mara")["locked_until"])
        self.kdc.admin("user", "unlock", "mara")
        self.client().kinit("mara", self.alice)

    def test_sensitive(self):
        self.new_user("nora", "--sensitive")
        client = self.client()
        client.kinit("nora", self.alice, "-f")
        flags = re.search(r"Flags: (\w+)", client.run("klist", "-f").stdout)[1]
        self.assertNotIn("F", flags)

    # Tickets

    def test_flags_and_lifetimes(self):
        client = self.client()
        client.kinit("alice", self.alice, "-f", "-p", "-r", "30d", "-l", "30d")
        text = client.run("klist", "-f", env={"TZ": "UTC"}).stdout
        self.assertEqual(set(re.search(r"Flags: (\w+)", text)[1]), set("FPRIA"))
        client.kvno(self.service)
        flags = re.findall(r"Flags: (\w+)", client.run("klist", "-f").stdout)[1]
        self.assertEqual(set(flags) - {"T"}, set("FPRA"))
        lifetimes = self.lifetimes(client)
        self.assertEqual(lifetimes[0], (10 * 3600, 7 * 86400))  # as ferryman-realm has them by default
        self.assertTrue(all(end <= lifetimes[0][0] for end, _ in lifetimes))

    def lifetimes(self, client):
        """(seconds to the end, seconds to the last renewal) from each ticket's start."""
        import datetime
        parse = lambda text: datetime.datetime.strptime(text, "%m/%d/%y %H:%M:%S").timestamp()
        time = r"(\d\d/\d\d/\d\d \d\d:\d\d:\d\d)"
        found = re.findall(rf"{time}  {time}  \S+\n\trenew until {time}", client.run("klist").stdout)
        return [(parse(end) - parse(start), parse(renew) - parse(start)) for start, end, renew in found]

    def test_encryption_types(self):
        """(what the client has): the session key's; the tickets' are the realm's best."""
        keytab = self.kdc.add_service("HTTP/sha2.cloud.test", etypes=(AES256_SHA2, AES128_SHA2))
        for offered, session in (((AES256, AES128), AES256), ((AES128,), AES128), ((AES256_SHA2,), AES256_SHA2),
                                 ((AES128_SHA2, AES256), AES128_SHA2), ((AES128, AES256_SHA2), AES128)):
            with self.subTest(offered=offered):
                client = self.client({"default_tkt_enctypes": " ".join(offered), "default_tgs_enctypes": " ".join(offered)})
                client.kinit("alice", self.alice)
                client.kvno("HTTP/www.cloud.test")
                found = re.findall(r"Etype \(skey, tkt\): ([\w-]+), ([\w-]+)", client.run("klist", "-e").stdout)
                self.assertEqual(found, [(session, AES256)] * 2)
        client = self.client()
        client.kinit("alice", self.alice)
        self.assertIn("keytab entry valid", client.kvno("HTTP/sha2.cloud.test", keytab).stdout)
        found = re.findall(r"Etype \(skey, tkt\): ([\w-]+), ([\w-]+)", client.run("klist", "-e").stdout)
        self.assertEqual(found[1][1], AES256_SHA2)
        self.assertIn(found[1][0], (AES256_SHA2, AES128_SHA2, AES256, AES128))

    def test_rc4_is_not_there(self):
        client = self.client({"default_tkt_enctypes": "arcfour-hmac", "allow_weak_crypto": "true", "allow_rc4": "true"})
        self.assertIn("KDC has no support for encryption type", client.kinit("alice", self.alice, check=False).stderr)

    def test_user_to_user(self):
        """Of a user without SPN there is no ticket but under her TGT's session key."""
        alice, bob = self.client(), self.client()
        alice.kinit("alice", self.alice)
        bob.kinit("bob", type(self).bob)
        ccache = bob.env["KRB5CCNAME"]
        self.assertIn("bob@CLOUD.TEST: kvno = 0", alice.run("kvno", "--u2u", ccache, "bob").stdout)
        result = alice.run("kvno", "--u2u", ccache, self.service, check=False)
        self.assertNotEqual(result.returncode, 0)

    # Clocks

    def skewed(self, seconds):
        return {"LD_PRELOAD": FAKETIME, "FAKETIME": f"{seconds:+d}", "FAKETIME_DONT_RESET": "1"}

    @unittest.skipUnless(FAKETIME, "no libfaketime")
    def test_clock_that_goes_wrong(self):
        """MIT's client takes the KDC's time from the error that asks for pre-authentication. It goes fast, not slow, since the
        gateway's certificate is new."""
        client = self.client()
        client.run("kinit", "alice", stdin=self.alice + "\n", env=self.skewed(3600))
        client.run("kvno", self.service, env=self.skewed(3600))

    @unittest.skipUnless(FAKETIME, "no libfaketime")
    def test_clock_that_is_not_corrected(self):
        client = self.client()
        client.kinit("alice", self.alice)
        result = client.run("kvno", self.service, env=self.skewed(3600), check=False)
        self.assertIn("Clock skew too great", result.stderr)
        client.run("kvno", self.service, env=self.skewed(240))

    # The gateway

    def test_any_spelling_of_the_path_and_no_other_tenant(self):
        client = self.client(kdc=self.base + "/EXAMPLE/Kerberos")
        client.kinit("alice", self.alice)
        other = self.client(kdc=self.base + "/other/kerberos")
        self.assertNotEqual(other.kinit("alice", self.alice, check=False).returncode, 0)


class AtKdcProxy(OwnRealmScenario, Logons):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve()
        cls.url = cls.base + "/KdcProxy"


class ThroughTheForwarder(OwnRealmScenario, Logons):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve()
        cls.forward()

    def client(self, **relations):
        return super().client(kdc=self.forwarder.kdc, kpasswd_server=self.forwarder.kpasswd, **relations)

    def test_by_udp_alone_and_by_tcp_alone(self):
        for limit in ("65000", "1"):
            client = super().client({"udp_preference_limit": limit}, kdc=self.forwarder.kdc)
            client.kinit("alice", self.alice)
            self.use_ticket(client)


class UnarmoredPasswordTest(OwnRealmScenario):
    """The default of ferrymand: no password outside FAST."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve(policy={})
        cls.machine_keytab = cls.kdc.add_service("MACHINE$", "host/machine.cloud.test")

    def test_password(self):
        for path in ("/example/kerberos", "/KdcProxy"):
            result = self.client(kdc=self.base + path).kinit("alice", PASSWORDS["alice"], check=False)
            self.assertNotEqual(result.returncode, 0)
        for event in self.gateway.wait_event("refused", count=2):
            self.assertEqual((event["event_id"], event["status"], event["realm"], event["cname"], event["reason"]),
                             (404, 403, "CLOUD.TEST", "alice", "unarmored_password"))

    def test_password_inside_fast(self):
        """The machine has its ticket from within the network."""
        relay = self.running(FrameRelay(self.kdc.front))
        machine = self.client(kdc=relay.kdc)
        machine.run("kinit", "-k", "-t", self.machine_keytab, "MACHINE$")
        client = self.client()
        client.kinit("alice", PASSWORDS["alice"], "-T", machine.env["KRB5CCNAME"])
        self.assertIn("keytab entry valid", client.kvno(self.service, self.kdc.keytab).stdout)

    def test_password_of_a_keytab(self):
        """It is a random key, and looks no different."""
        client = self.client()
        self.assertNotEqual(client.run("kinit", "-k", "-t", self.machine_keytab, "MACHINE$", check=False).returncode, 0)


if __name__ == "__main__":
    unittest.main()
