"""`ferryman explain` where the service is in an Active Directory, Samba's, which is asked by LDAP as well."""
import os
import subprocess

import ldb
from lib.cloud_trust import DOMAIN, DomainAdministrator, TrustingDc
from lib.gateway import TOOL
from lib.kdcs import private_names
from lib.own_realm import OwnRealmScenario

SERVICE = "HTTP/www.ad.example.test"
PASSWORD = "User.Passw0rd1"
WRONG = 1


class ExplainAdTest(OwnRealmScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dc = cls.started(TrustingDc(cls.directory, cls.authority))
        cls.dc.tool("user", "create", "chief", PASSWORD)
        cls.dc.tool("group", "addmembers", "Domain Admins", "chief")
        cls.serve(realms={cls.dc.realm: {"kdc": [cls.dc.kdc], "allow_unarmored_password": True}})
        for name in ("alice", "bob", "carol"):
            cls.kdc.admin("user", "remove", name, "--yes")
        cls.administrator = DomainAdministrator(cls.directory, cls.dc, cls.kdc.admin_socket).kinit()
        cls.hosts = private_names(cls.administrator.client.directory, cls.dc.host,
                                  {cls.dc.host: f"dc1.{DOMAIN} {DOMAIN}", "127.0.0.1": "www." + DOMAIN})

    def assert_first(self, pattern, *args, code=WRONG, password=""):
        result = subprocess.run(
            [*self.hosts, TOOL, "explain", *args, "--no-dns", "--ca-file", self.authority.certificate, "--socket", self.kdc.admin_socket,
             "--gateway", "CLOUD.TEST=" + self.base, *(["--password-stdin"] if password else [])],
            input=password, text=True, capture_output=True, timeout=120, env=self.administrator.client.env)
        self.assertRegex(result.stdout.split("\n", 1)[0], pattern, result.stdout + result.stderr)
        self.assertEqual(result.returncode, code, result.stdout)
        return result

    def test_a_duplicate_spn(self):
        works = "^works: alice@AD.EXAMPLE.TEST gets a ticket for " + SERVICE
        self.assert_first(works, "alice", SERVICE, "--keytab", self.dc.keytab, password=PASSWORD, code=0)
        bob, partition = "CN=bob,CN=Users,DC=ad,DC=example,DC=test", self.dc.partition()
        message = ldb.Message(ldb.Dn(partition, bob))
        message["spn"] = ldb.MessageElement([SERVICE], ldb.FLAG_MOD_REPLACE, "servicePrincipalName")
        partition.modify(message)
        found = self.assert_first(f"^wrong: 2 accounts have the name {SERVICE}, so nobody gets a ticket for it: .*samba-tool spn delete",
                                  "alice", SERVICE, password=PASSWORD)
        self.assertIn(bob, found.stdout)

    def test_a_user_of_a_group_that_is_never_revealed(self):
        self.administrator.run("link", check=1)
        keytab = self.dc.export(os.path.join(self.directory, "krbtgt.keytab"))
        self.administrator.run("link", "--key-from", "keytab:" + keytab, check=0)
        self.administrator.run("sync", "--state", os.path.join(self.directory, "sync.json"), check=0)
        spn = f"{SERVICE}@{self.dc.realm}"
        self.assert_first("^wrong: chief gets no ticket of AD.EXAMPLE.TEST: who is in .* never does", "chief@CLOUD.TEST", spn)
        self.assertRegex(self.assert_first("^nothing wrong is seen", "alice@CLOUD.TEST", spn, code=0).stdout, "cloud trust +ok ")
