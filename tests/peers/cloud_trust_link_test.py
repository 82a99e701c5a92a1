"""`ferryman realm ad` links a real domain, Samba's, to a realm: every half of it, both directions, and what is wrong."""
import base64
import json
import os
import socket
import unittest

import ldb
from lib.cloud_trust import (COMPUTER, DOMAIN, KRBTGT, RODC_PROMOTION, SERVER, DomainAdministrator, FakeLinks, TrustingDc)
from lib.fake_dns import SRV, FakeDns, record, srv
from lib.kdcs import private_names
from lib.keytab import keys as keys_of
from lib.scenario import Scenario


class CloudTrustLinkTest(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dc = cls.started(TrustingDc(cls.directory, cls.authority))
        cls.base = cls.dc.samdb()
        cls.dc.tool("group", "add", "Cloud Staff")
        cls.dc.tool("group", "addmembers", "Cloud Staff", "alice")

    def setUp(self):
        name = self.id().rsplit(".", 1)[-1]
        path = os.path.join(self.directory, name)
        os.mkdir(path)
        self.realm = self.running(FakeLinks(os.path.join(path, "admin.sock")))
        self.administrator = DomainAdministrator(path, self.dc, self.realm.path).kinit()
        self.keytab = os.path.join(path, "krbtgt.keytab")
        self.addCleanup(self.remove_objects)

    def remove_objects(self):
        for dn in (KRBTGT, COMPUTER):
            if self.dc.entry(dn) is not None:
                self.dc.samdb().delete(dn)

    def ad(self, verb, *args, check=0, **more):
        return self.administrator.run(verb, *args, check=check, **more)

    def link(self):
        """The whole of it, in its two steps."""
        first = self.ad("link", check=None)
        self.assertIn(first.returncode, (0, 1), first.stderr)
        if os.path.exists(self.keytab):
            os.unlink(self.keytab)
        self.dc.export(self.keytab)
        return self.ad("link", "--key-from", "keytab:" + self.keytab)

    def assert_linked(self):
        entry = self.dc.entry(COMPUTER, "msDS-KrbTgtLink", "userAccountControl", "primaryGroupID")
        self.assertEqual(str(entry["msDS-KrbTgtLink"]), KRBTGT)
        self.assertEqual(int(str(entry["userAccountControl"])), 0x5001000)
        self.assertEqual(int(str(entry["primaryGroupID"])), 521)
        self.assertLess(self.dc.number(), 32768)
        link = self.realm.links[DOMAIN]
        self.assertEqual((link["number"], link["key_version"]), (self.dc.number(), self.dc.version()))

    def test_a_dry_run_changes_nothing(self):
        shown = self.ad("link", "--dry-run")
        self.assertIn(f"dn: {COMPUTER}\nchangetype: add\n", shown.stdout)
        self.assertIn("control: 1.2.840.113556.1.4.1341 true\n", shown.stdout)
        self.assertIsNone(self.dc.entry(COMPUTER))
        self.assertIsNone(self.dc.entry(KRBTGT))
        self.assertEqual(self.realm.requests, [])
        self.link()
        self.assertIn("has all that it needs", self.ad("link", "--dry-run").stdout)
        self.assertIn("delete: msDS-KrbTgtLink", self.ad("unlink", "--dry-run").stdout)
        self.assert_linked()

    def test_what_a_dry_run_prints_is_what_ldapmodify_takes(self):
        ldif = self.ad("link", "--dry-run").stdout
        file = os.path.join(self.administrator.client.directory, "link.ldif")
        with open(file, "w") as out:
            out.write(ldif)
        self.administrator.client.run(*self.administrator.private, "ldapmodify", "-N", "-Q", "-Y", "GSSAPI", "-H", "ldap://" + SERVER,
                                      "-f", file)
        self.assertEqual(str(self.dc.entry(COMPUTER, "msDS-KrbTgtLink")["msDS-KrbTgtLink"]), KRBTGT)

    def test_the_key_is_brought_by_a_keytab(self):
        first = self.ad("link", check=1)
        self.assertEqual(self.realm.asked("ad.link"), [])
        command = f"samba-tool domain exportkeytab krbtgt_{self.dc.number()}.keytab --principal=krbtgt_{self.dc.number()}"
        self.assertIn(command, first.stderr)
        self.assertIn(f"ferryman realm ad link {DOMAIN} --key-from keytab:krbtgt_{self.dc.number()}.keytab", first.stderr)
        missing = self.ad("link", "--key-from", "keytab:" + self.keytab, check=1)
        self.assertIn(f"exportkeytab {self.keytab} ", missing.stderr)

        number = self.dc.number()
        self.dc.export(self.keytab)
        self.ad("link", "--key-from", "keytab:" + self.keytab)
        self.assertEqual(self.dc.number(), number)
        self.assert_linked()
        [asked] = self.realm.asked("ad.link")
        sid = str(self.base.get_domain_sid())
        self.assertEqual({name: asked[name] for name in asked if name != "key"},
                         {"domain": DOMAIN, "realm": "AD.EXAMPLE.TEST", "netbios_name": "AD", "domain_sid": sid, "number": number,
                          "version": self.dc.version(), "etype": 18})
        [key] = [key for (_, _, etype), key in keys_of(self.keytab).items() if etype == 18]
        self.assertEqual(base64.b64decode(asked["key"]), key.contents)
        self.assertIn("linked already", self.ad("link").stdout)
        self.assertEqual(self.ad("check").returncode, 0)

    def test_it_goes_on_from_each_half(self):
        self.link()
        halves = [("the link", lambda base: base.modify(self.change(COMPUTER, "msDS-KrbTgtLink"))),
                  ("the account of the key", lambda base: base.delete(KRBTGT)),
                  ("the computer", lambda base: base.delete(COMPUTER)),
                  ("the never-reveal groups", lambda base: base.modify(self.change(COMPUTER, "msDS-NeverRevealGroup")))]
        for what, remove in halves:
            with self.subTest(what):
                remove(self.dc.samdb())
                self.assertEqual(self.ad("check", check=1).returncode, 1)
                self.link()
                self.assert_linked()
                self.ad("check")

    def test_it_is_unlinked_from_each_half(self):
        halves = [lambda base: None, lambda base: base.modify(self.change(COMPUTER, "msDS-KrbTgtLink")),
                  lambda base: base.delete(KRBTGT), lambda base: base.delete(COMPUTER)]
        for remove in halves:
            self.link()
            remove(self.dc.samdb())
            self.ad("unlink", "--yes")
            self.assertIsNone(self.dc.entry(COMPUTER))
            self.assertIsNone(self.dc.entry(KRBTGT))
            self.assertEqual(self.realm.links, {})
        self.assertIn("has no key of it", self.ad("unlink", "--yes").stdout)

    def test_it_asks_before_it_unlinks(self):
        self.link()
        self.assertIn("--yes", self.ad("unlink", check=2).stderr)
        self.assert_linked()

    def test_a_number_that_clients_cannot_read_is_drawn_again(self):
        self.ad("link", check=1)
        base = self.dc.samdb()
        while self.dc.number() < 32768:
            base.delete(KRBTGT)
            base.add({"dn": KRBTGT, "objectClass": "user", "userAccountControl": "514", "description": "Ferryman cloud trust: test"},
                     [RODC_PROMOTION])
        self.link()
        self.assert_linked()

    def test_an_account_without_a_number_is_made_anew(self):
        self.dc.samdb().add({"dn": KRBTGT, "objectClass": "user", "userAccountControl": "514",
                             "description": "Ferryman cloud trust: made without the control"})
        self.link()
        self.assert_linked()

    def test_objects_of_others_are_not_touched(self):
        self.link()
        self.dc.samdb().modify(self.change(COMPUTER, "description", "AzureADKerberos"))
        before = self.dc.entry(COMPUTER, "uSNChanged")["uSNChanged"]
        for verb in (("link",), ("unlink", "--yes")):
            self.assertIn("not of Ferryman's making", self.ad(*verb, check=1).stderr)
        self.assertEqual(self.dc.entry(COMPUTER, "uSNChanged")["uSNChanged"], before)

    def test_a_second_name_stands_beside_the_first(self):
        self.link()
        self.ad("link", "--name", "Other-Cloud", check=1)
        other = COMPUTER.replace("FerrymanKerberos", "Other-Cloud")
        self.assertIsNotNone(self.dc.entry(other))
        for mode in ("--yes", "--dry-run"):
            refused = self.ad("unlink", mode, "--name", "Other-Cloud", check=1)
            self.assertIn(f"krbtgt_{self.dc.number()}, which is that of FerrymanKerberos", refused.stderr)
            self.assertIn(f'"ferryman realm ad unlink {DOMAIN}" ends it', refused.stderr)
        self.assertEqual(self.realm.asked("ad.unlink"), [])
        self.assertIsNotNone(self.dc.entry(other))
        self.assert_linked()
        self.ad("unlink", "--yes")
        self.assertIsNone(self.dc.entry(COMPUTER))
        self.assertIsNotNone(self.dc.entry(other))
        self.ad("unlink", "--yes", "--name", "Other-Cloud")
        self.assertIsNone(self.dc.entry(other))

    def test_a_domain_that_is_not_reached_is_forgotten_all_the_same(self):
        self.link()
        number = self.dc.number()
        no_ticket = self.ad("unlink", "--yes", env={"KRB5CCNAME": "FILE:/nonexistent/cc"}, check=1)
        self.assertIn("there is no Kerberos ticket", no_ticket.stderr)
        self.assert_linked()
        left = self.ad("unlink", "--yes", "--server", "localhost", check=5)
        self.assertIn("is not reached", left.stderr)
        self.assertIn(f"the realm has forgotten its key, and {DOMAIN} has krbtgt_{number} still", left.stderr)
        self.assertEqual(self.realm.links, {})
        self.assertIsNotNone(self.dc.entry(COMPUTER))
        self.ad("unlink", "--yes")
        self.assertIsNone(self.dc.entry(COMPUTER))

    def test_groups_are_the_administrators_choice(self):
        refused = self.ad("link", "--allow-group", "Domain Admins", check=2)
        self.assertIn("never allowed", refused.stderr)
        self.assertIsNone(self.dc.entry(COMPUTER))
        self.assertIn("nothing called", self.ad("link", "--allow-group", "Nobody*", check=1).stderr)
        self.ad("link", "--allow-group", "Cloud Staff", "--deny-group", "Guests", check=1)
        shown = json.loads(self.ad("show", "--json").stdout)["ad"]
        self.assertEqual(shown["allowed_groups"], ["CN=Cloud Staff,CN=Users,DC=ad,DC=example,DC=test"])
        denied = [dn.split(",")[0] for dn in shown["denied_groups"]]
        self.assertEqual(sorted(denied), ["CN=Account Operators", "CN=Administrators", "CN=Backup Operators",
                                          "CN=Denied RODC Password Replication Group", "CN=Guests", "CN=Server Operators"])
        self.link()  # which leaves them
        users = self.ad("check", "--user", "alice", "--user", "bob", "--user", "Administrator", "--user", "nobody@x", check=1).stdout
        self.assertNotIn("alice", users)
        self.assertIn("bob gets no ticket of AD.EXAMPLE.TEST: no group of hers is allowed to", users)
        self.assertRegex(users, "Administrator gets no ticket of AD.EXAMPLE.TEST: who is in .* never does")
        self.assertIn("nothing called nobody@x", users)
        self.ad("link", "--allow-group", "Domain Users")
        self.assertEqual(self.ad("check", "--user", "bob", "--user", "alice@ad.example.test").returncode, 0)

    def test_a_key_is_rotated_in_two_steps(self):
        self.assertIn("not linked", self.ad("rotate", check=1).stderr)
        self.link()
        old, version = self.realm.keys[DOMAIN], self.dc.version()
        first = self.ad("rotate", check=1)
        self.assertEqual(self.dc.version(), version + 1)
        self.assertIn(f"ferryman realm ad rotate {DOMAIN} --key-from", first.stderr)
        self.assertIn("rotated in the domain", self.ad("show").stdout)
        self.assertIn("rotated in the domain", self.ad("check", check=1).stdout)
        self.ad("rotate", check=1)  # and not once more
        self.assertEqual(self.dc.version(), version + 1)

        late = self.ad("rotate", "--key-from", "keytab:" + self.keytab)  # which is of before
        self.assertIn("export it once more", late.stderr)
        os.unlink(self.keytab)
        self.dc.export(self.keytab)
        self.ad("rotate", "--key-from", "keytab:" + self.keytab)
        self.assert_linked()
        self.assertNotEqual(self.realm.keys[DOMAIN], old)
        self.ad("check")

    def test_an_older_key_does_not_replace_a_newer_one(self):
        self.link()
        old = self.keytab + ".old"
        os.rename(self.keytab, old)
        self.ad("rotate", check=1)
        self.dc.export(self.keytab)
        self.ad("rotate", "--key-from", "keytab:" + self.keytab)
        self.assertIn("has version 2 already", self.ad("link", "--key-from", "keytab:" + old, check=1).stderr)
        self.assert_linked()

    def test_a_keytab_of_something_else_is_refused(self):
        self.ad("link", check=1)
        refused = self.ad("link", "--key-from", "keytab:" + self.dc.keytab, check=1)
        self.assertIn("HTTP/www.ad.example.test@AD.EXAMPLE.TEST", refused.stderr)
        self.assertEqual(self.realm.asked("ad.link"), [])

    def test_shows_both_sides(self):
        self.assertIn("is not linked", self.ad("show").stdout)
        self.link()
        text = self.ad("show").stdout
        self.assertRegex(text, rf"number +{self.dc.number()} +{self.dc.number()}\n")
        self.assertNotIn("wrong", text)
        self.realm.links.clear()
        self.assertIn("the realm has no key", self.ad("show").stdout)
        shown = json.loads(self.ad("show", "--json").stdout)
        self.assertEqual((shown["ad"]["linked"], shown["realm"], len(shown["differences"])), (True, None, 1))

    def test_finds_names_that_two_accounts_have(self):
        self.link()
        bob = "CN=bob,CN=Users,DC=ad,DC=example,DC=test"
        self.dc.partition().modify(self.change(bob, "servicePrincipalName", "http/WWW.ad.example.test"))
        self.addCleanup(lambda: self.dc.partition().modify(self.change(bob, "servicePrincipalName")))
        found = self.ad("check", check=1).stdout
        self.assertIn("nobody gets a ticket for http/www.ad.example.test: 2 accounts have it", found)
        self.assertIn("CN=bob,", found)

    def test_looks_at_more_names_than_a_page_has(self):
        base = self.dc.samdb()
        before = json.loads(self.ad("check", "--json", check=1).stdout)["service_principal_names"]
        base.transaction_start()
        for number in range(600):
            base.add({"dn": f"CN=host{number},CN=Computers,{base.domain_dn()}", "objectClass": "computer",
                      "sAMAccountName": f"host{number}$", "servicePrincipalName": f"HTTP/host{number}.ad.example.test"})
        base.transaction_commit()
        found = json.loads(self.ad("check", "--json", check=1).stdout)
        self.assertEqual(found["service_principal_names"], before + 600)

    def test_without_a_ticket_it_says_kinit(self):
        result = self.ad("link", env={"KRB5CCNAME": "FILE:/nonexistent/cc"}, check=1)
        self.assertIn("there is no Kerberos ticket", result.stderr)
        self.assertIn("kinit Administrator@", result.stderr)
        self.assertIsNone(self.dc.entry(COMPUTER))

    def test_who_has_no_rights_is_told_so(self):
        ordinary = DomainAdministrator(self.administrator.client.directory, self.dc, self.realm.path, "alice")
        ordinary.kinit("alice", "User.Passw0rd1")
        result = ordinary.run("link", check=3)
        self.assertIn("Insufficient access", result.stderr)
        self.assertIn("Domain Admins", result.stderr)

    def test_a_server_that_is_not_reached_is_exit_5(self):
        self.assertIn("is not reached", self.ad("link", "--server", "localhost", check=5).stderr)
        self.assertIn("DNS knows no domain controller", self.ad("link", domain="other.example.test", check=5).stderr)
        self.assertIn("is a domain controller of ad.example.test",
                      self.ad("link", "--server", SERVER, domain="other.example.test", check=1).stderr)

    def test_dns_does_not_send_the_administrator_elsewhere(self):
        targets = ["dc1.evil.test", "evil.test/." + DOMAIN]
        lies = lambda asked, kind: [record(SRV, srv(target, 389)) for target in targets] if kind == SRV else []
        dns = self.running(FakeDns(lies, host="127.0.0.66", port=53))
        self.administrator.private = private_names(self.administrator.client.directory, "127.0.0.66",
                                                   {self.dc.host: f"{SERVER} {DOMAIN}"})
        refused = self.ad("link", check=3)
        self.assertRegex(refused.stderr, "DNS names .*evil.test.* as a domain controller of ad.example.test, which is no host of that")
        self.assertEqual({kind for _, kind in dns.questions}, {SRV})
        self.assertIsNone(self.dc.entry(COMPUTER))
        targets.append(SERVER)
        self.assertIn("exportkeytab", self.ad("link", check=1).stderr)

    def test_the_realm_is_asked_before_the_domain_is_changed(self):
        self.realm.stop()
        self.ad("link", check=5)
        self.assertIsNone(self.dc.entry(COMPUTER))

    def test_by_a_password_over_tls(self):
        name = ["--bind-name", "Administrator@" + DOMAIN, "--password-stdin"]
        no_ticket = {"KRB5CCNAME": "FILE:/nonexistent/cc"}
        untrusted = self.ad("link", *name, stdin=self.dc.password + "\n", env=no_ticket, check=1)
        self.assertIn(f"no TLS with {SERVER} (its certificate is not trusted", untrusted.stderr)
        wrong = self.ad("link", *name, "--ca", self.dc.ca, stdin="Wrong.Passw0rd\n", env=no_ticket, check=3)
        self.assertIn("does not know this name with this password", wrong.stderr)
        self.assertIn("--password-stdin", self.ad("link", *name[:2], check=2).stderr)
        self.assertIn("go with --bind-name", self.ad("link", "--starttls", check=2).stderr)
        for tls in ([], ["--starttls"]):
            first = self.ad("link", *name, "--ca", self.dc.ca, *tls, stdin=self.dc.password + "\n", env=no_ticket, check=1)
            self.assertIn("exportkeytab", first.stderr)
        self.assertEqual(str(self.dc.entry(COMPUTER, "msDS-KrbTgtLink")["msDS-KrbTgtLink"]), KRBTGT)

    def test_a_server_that_never_answers_is_exit_5(self):
        with socket.create_server(("127.0.0.1", 636)):
            result = self.ad("link", "--server", "localhost", "--bind-name", "x", "--password-stdin", stdin="x\n", check=5)
        self.assertIn("localhost is not reached", result.stderr)

    def test_a_clock_that_is_wrong_is_told(self):
        self.link()
        found = self.ad("check", check=1, env={"LD_PRELOAD": "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "FAKETIME": "-200s"})
        self.assertRegex(found.stdout, "the clock of dc1.ad.example.test is (199|200|201) seconds ahead of that of this machine")

    def change(self, dn, attribute, value=None):
        """Replaces it, or takes it away."""
        message = ldb.Message(ldb.Dn(self.base, dn))
        message[attribute] = ldb.MessageElement(value or [], ldb.FLAG_MOD_REPLACE if value else ldb.FLAG_MOD_DELETE, attribute)
        return message


if __name__ == "__main__":
    unittest.main()
