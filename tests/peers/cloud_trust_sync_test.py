"""Users of Samba's Active Directory, taken over into a realm of ours: `ferryman realm ad sync` as its unit calls it, by a keytab
and at a socket for nothing else."""
import json
import os
import pwd
import re
import shutil
import subprocess
import time
import unittest

from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

from lib.forwarder import TOOL
from lib.kdcs import SambaDc, private_names, write
from lib.own_realm import PASSWORDS, OwnRealm
from lib.proc import wait_for
from lib.scenario import Scenario

SYNC_USER, OTHER_USER = pwd.getpwnam("games"), pwd.getpwnam("backup")
DOMAIN, SERVER = "ad.example.test", "dc1.ad.example.test"
PASSWORD = "User.Passw0rd1"
FAILED, USAGE, REFUSED, NOT_REACHABLE = 1, 2, 3, 5


class CloudTrustSyncTest(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dc = cls.started(SambaDc(cls.directory, cls.authority))
        cls.dc.tool("spn", "add", "ldap/" + SERVER, "DC1$")  # as a domain controller registers it by itself
        cls.dc.tool("user", "create", "svc-sync", PASSWORD)
        cls.socket = os.path.join(cls.directory, "realm", "sync.sock")
        cls.realm = cls.started(OwnRealm(cls.directory, service={"sync": cls.socket, "sync_user": SYNC_USER.pw_name}))
        cls.work = os.path.join(cls.directory, "sync")
        os.makedirs(cls.work)
        cls.tool = shutil.copy(TOOL, cls.directory)  # where the user can read it
        cls.krb5_conf = write(os.path.join(cls.work, "krb5.conf"), f"""\
[libdefaults]
 default_realm = {cls.dc.realm}
 dns_lookup_kdc = false
 rdns = false
 dns_canonicalize_hostname = false
[realms]
 {cls.dc.realm} = {{
  kdc = {cls.dc.host}
 }}
""")
        cls.names = private_names(cls.directory, cls.dc.host, {cls.dc.host: f"{SERVER} dc1 {DOMAIN}"})
        os.chown(cls.work, SYNC_USER.pw_uid, SYNC_USER.pw_gid)
        cls.keytab, cls.admin_keytab = cls.export("svc-sync"), cls.export("Administrator")

    @classmethod
    def export(cls, name):
        path = os.path.join(cls.work, name + ".keytab")
        cls.dc.tool("domain", "exportkeytab", path, "--principal=" + name)
        os.chown(path, SYNC_USER.pw_uid, SYNC_USER.pw_gid)
        return path

    def setUp(self):
        self.state = os.path.join(self.work, self.id().rsplit(".", 1)[-1] + ".json")

    def run_tool(self, *args, user=SYNC_USER, socket=None):
        """ferryman realm ARGS, as somebody who knows where the domain controller is."""
        become = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--"]
        return subprocess.run([*self.names, *become, self.tool, "realm", *args, "--socket", socket or self.socket], text=True,
                              capture_output=True, timeout=120, env={**os.environ, "KRB5_CONFIG": self.krb5_conf, "LC_ALL": "C"})

    def try_sync(self, *args, keytab=None, state=None, **more):
        return self.run_tool("ad", "sync", DOMAIN, "--server", SERVER, "--keytab", keytab or self.keytab,
                             "--state", state or self.state, *args, **more)

    def sync(self, *args, code=0, **more):
        """What it tells as JSON; of its standard error self.told."""
        result = self.try_sync("--json", *args, **more)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        self.told = result.stderr
        return json.loads(result.stdout)

    def counts(self, *args, **more):
        told = self.sync(*args, **more)
        return {name: told[name] for name in ("read", "added", "matched", "changed", "disabled")} | {"refused": len(told["refused"])}

    def only(self, **counts):
        return {"read": 0, "added": 0, "matched": 0, "changed": 0, "disabled": 0, "refused": 0} | counts

    def create(self, name, *args):
        self.dc.tool("user", "create", name, PASSWORD, *args)

    def user(self, name):
        return self.realm.show("user", name)

    def has(self, name):
        return self.realm.admin("user", "show", name, check=False).returncode == 0

    def test_users_appear_and_are_what_they_are_there(self):
        self.create("dora", "--given-name=Dora", "--surname=Maar")
        self.create("emil")
        told = self.sync(keytab=self.admin_keytab)
        self.assertEqual((told["mode"], told["why"]), ("full", "there is no state of one before"))
        dora = self.user("dora")
        self.assertEqual((dora["display_name"], dora["upns"], dora["disabled"]), ("Dora Maar", ["dora@" + DOMAIN], False))
        for nobody in ("Guest", "krbtgt", "DC1$"):
            self.assertFalse(self.has(nobody), nobody)
        self.assertEqual(os.stat(self.state).st_mode & 0o777, 0o600)

        told = self.sync(keytab=self.admin_keytab)
        self.assertEqual((told["mode"], told["read"], told["added"]), ("changes", 0, 0))
        self.dc.tool("user", "rename", "dora", "--upn=dora.maar@" + DOMAIN)
        self.dc.tool("user", "disable", "emil")
        self.assertEqual(self.counts(keytab=self.admin_keytab), self.only(read=2, changed=2))
        self.assertEqual(self.user("dora")["upns"], ["dora.maar@" + DOMAIN])
        self.assertTrue(self.user("emil")["disabled"])
        self.dc.tool("user", "enable", "emil")
        self.dc.tool("user", "delete", "dora")
        self.assertEqual(self.counts(keytab=self.admin_keytab), self.only(read=1, changed=1, disabled=1))
        self.assertEqual((self.user("dora")["disabled"], self.user("emil")["disabled"]), (True, False))

    def test_who_may_not_see_deleted_ones_compares(self):
        self.create("fritz")
        self.create("gerda")
        self.sync()
        told = self.sync()
        self.assertEqual((told["mode"], told["why"], told["read"]), ("comparison", "deleted users are not to be seen", 0))
        self.dc.tool("user", "delete", "fritz")
        self.assertEqual(self.counts(), self.only(disabled=1))
        self.assertTrue(self.user("fritz")["disabled"])
        self.assertEqual(self.counts(), self.only(), "and that once")

    def test_a_group_decides(self):
        for name in ("hanna", "ivo", "jana", "kai"):
            self.create(name)
        for group in ("Staff", "Inner"):
            self.dc.tool("group", "add", group)
        self.dc.tool("group", "addmembers", "Inner", "hanna")
        self.dc.tool("group", "addmembers", "Staff", "Inner,ivo")
        gate = ("--group", "Staff")
        # Others whom an earlier test has taken over are disabled then, as they are no members.
        self.sync(*gate, "--max-disable", "1000")
        self.assertEqual([self.has(name) for name in ("hanna", "ivo", "jana")], [True, True, False])
        self.assertEqual(self.counts(*gate), self.only())
        self.dc.tool("group", "removemembers", "Inner", "hanna")
        self.dc.tool("group", "addmembers", "Inner", "jana")
        self.assertEqual(self.counts(*gate), self.only(read=1, added=1, disabled=1))
        self.assertTrue(self.user("hanna")["disabled"])
        self.dc.tool("group", "addmembers", "Staff", "hanna")
        self.assertEqual(self.counts(*gate), self.only(read=1, changed=1))
        self.assertFalse(self.user("hanna")["disabled"])
        # That of a primary group no list of members tells.
        self.dc.tool("group", "addmembers", "Inner", "kai")
        self.dc.tool("user", "setprimarygroup", "kai", "Inner")
        self.dc.tool("group", "removemembers", "Inner", "jana")
        self.assertEqual(self.counts(*gate)["added"], 1)
        self.assertEqual((self.user("kai")["disabled"], self.user("jana")["disabled"]), (False, True))
        told = self.sync(*gate, "--group", "Inner")
        self.assertEqual((told["mode"], told["why"]), ("full", "the groups are others"))
        result = self.try_sync("--group", "Nobodies")
        self.assertEqual(result.returncode, FAILED)
        self.assertIn("has nothing called Nobodies", result.stderr)
        self.sync("--full")  # all are back
        self.assertFalse(self.user("jana")["disabled"])

    def test_a_name_that_another_one_has_is_told_until_it_is_free(self):
        self.realm.add_user("lena", PASSWORDS["alice"])
        self.create("lena")
        told = self.sync(code=REFUSED)
        self.assertEqual([each["name"] for each in told["refused"]], ["lena"])
        self.assertRegex(self.told, r"refused +lena +\S.*lena")
        self.assertEqual(self.counts(code=REFUSED), self.only(read=1, refused=1), "the state was kept all the same")
        self.realm.admin("user", "remove", "lena", "--yes")
        self.assertEqual(self.counts()["added"], 1)
        self.assertEqual(self.counts(), self.only())

    def test_one_who_is_here_by_her_upn_is_hers(self):
        self.realm.add_user("mara.local", PASSWORDS["alice"], "--upn", "mara@" + DOMAIN)
        self.create("mara")
        self.assertEqual(self.counts()["matched"], 1)
        self.dc.tool("user", "disable", "mara")
        self.assertEqual(self.counts(), self.only(read=1, changed=1))
        self.assertTrue(self.user("mara.local")["disabled"])

    def test_an_account_that_expires_is_disabled_though_nothing_changes(self):
        self.create("nora")
        expires = (int(time.time()) + 5 + 11644473600) * 10**7
        parameters = LoadParm(filename_for_non_global_lp=self.dc.smb_conf)
        database = SamDB(os.path.join(self.dc.directory, "private/sam.ldb"), session_info=system_session(parameters), lp=parameters)
        database.modify_ldif("dn: CN=nora,CN=Users,DC=ad,DC=example,DC=test\nchangetype: modify\nreplace: accountExpires\n"
                             f"accountExpires: {expires}\n")
        self.sync(keytab=self.admin_keytab)
        self.assertFalse(self.user("nora")["disabled"])
        wait_for(lambda: self.sync(keytab=self.admin_keytab)["changed"] == 1, "the account to expire")
        self.assertTrue(self.user("nora")["disabled"])

    def test_a_dry_run_changes_nothing(self):
        self.create("otto")
        before = self.realm.admin("user", "list", "--json").stdout
        result = self.try_sync("--dry-run")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, r"upsert +otto +S-1-5-21-")
        self.assertRegex(result.stdout, r"would be sent +\d")
        told = self.sync("--dry-run")
        self.assertIn("otto", [user["name"] for user in told["would_upsert"]])
        self.assertEqual(self.realm.admin("user", "list", "--json").stdout, before)
        self.assertFalse(os.path.exists(self.state))

    def test_another_domain_controller_or_a_restored_one_is_read_whole(self):
        self.sync()
        with open(self.state) as file:
            state = json.load(file)
        for change, why in (({"server": "dc2." + DOMAIN}, "asked dc2"), ({"invocation_id": "0"}, "has been restored"),
                            ({"usn": state["usn"] + 10**6}, "has been restored"), ({"tenant": "other"}, "of another tenant"),
                            ({"full": state["full"] - 86400}, "once a day"), ({"version": 2}, "no state")):
            with open(self.state, "w") as file:
                json.dump({**state, **change}, file)
            told = self.sync()
            self.assertEqual(told["mode"], "full")
            self.assertIn(why, told["why"])
        self.assertEqual(self.sync()["mode"], "comparison")

    def test_wrong_credentials(self):
        self.create("old-sync")
        old = self.export("old-sync")
        self.dc.tool("user", "setpassword", "old-sync", "--newpassword=Another.Passw0rd2")
        self.create("gone-sync")
        gone = self.export("gone-sync")
        self.dc.tool("user", "delete", "gone-sync")
        for keytab, code, words in ((old, REFUSED, f"no ticket by the keytab {old}: "),
                                    (gone, REFUSED, "not found in Kerberos database"),
                                    ("/nonexistent", FAILED, "the keytab /nonexistent cannot be read: "),
                                    (self.krb5_conf, FAILED, "cannot be read: ")):
            result = self.try_sync(keytab=keytab)
            self.assertEqual(result.returncode, code, result.stderr)
            self.assertIn(words, result.stderr)
            self.assertFalse(os.path.exists(self.state))

    def test_what_cannot_be_taken_is_not_kept(self):
        for args, more, code, words in (((), {"socket": self.work + "/none.sock"}, NOT_REACHABLE, "none.sock"),
                                        ((), {"state": "/nonexistent/x.json"}, FAILED, "/nonexistent/ cannot be written"),
                                        ((), {"state": self.work + "/."}, FAILED, "cannot be read"),
                                        (("--tenant", "other"), {}, REFUSED, "no tenant other"),
                                        (("--bind-name", "x"), {}, USAGE, "exclude each other")):
            result = self.try_sync(*args, **more)
            self.assertEqual(result.returncode, code, result.stdout + result.stderr)
            self.assertIn(words, result.stderr)
            self.assertFalse(os.path.exists(self.state))

    def test_the_socket_is_for_nothing_else(self):
        result = self.run_tool("user", "list")
        self.assertEqual(result.returncode, REFUSED)
        self.assertIn("user.list is not carried out at this socket", result.stderr)
        self.realm.wait_message("a command is refused that is not the synchronisation's", command="user.list", uid=str(SYNC_USER.pw_uid))
        for user, socket in ((OTHER_USER, self.socket), (SYNC_USER, self.realm.admin_socket)):
            result = self.run_tool("user", "list", user=user, socket=socket)
            self.assertEqual(result.returncode, REFUSED)
            self.assertIn("not", result.stderr)

    def test_too_many_who_are_missing_are_a_mistake(self):
        self.dc.tool("group", "add", "Empty")
        for number in range(12):
            self.create(f"many{number}")
        self.sync()
        result = self.try_sync("--group", "Empty")
        self.assertEqual(result.returncode, REFUSED)
        found = re.search(r"--max-disable (\d+)", result.stderr)
        self.assertIsNotNone(found, result.stderr)
        self.assertFalse(self.user("many0")["disabled"])
        self.assertEqual(self.sync("--group", "Empty", "--max-disable", found[1])["disabled"], int(found[1]))
        self.assertTrue(self.user("many0")["disabled"])
        self.sync("--full")
        self.assertFalse(self.user("many0")["disabled"])


if __name__ == "__main__":
    unittest.main()
