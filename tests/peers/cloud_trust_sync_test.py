"""Users of Samba's Active Directory, taken over into a realm of ours: `ferryman realm ad sync` as its unit calls it, by a keytab
and at a socket for nothing else. Their keys, which it writes into that domain."""
import hashlib
import json
import os
import pwd
import re
import shutil
import struct
import subprocess
import time
import unittest
import uuid

from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

from lib.cloud_trust import DomainAdministrator, TrustingDc
from lib.forwarder import TOOL
from lib.kdcs import private_names, write
from lib.own_realm import PASSWORDS, OwnRealm
from lib.proc import wait_for
from lib.scenario import Scenario
from peers.sign_in_test import SignInScenario

SYNC_USER, OTHER_USER = pwd.getpwnam("games"), pwd.getpwnam("backup")
DOMAIN, SERVER = "ad.example.test", "dc1.ad.example.test"
PASSWORD = "User.Passw0rd1"
FAILED, USAGE, REFUSED, NOT_REACHABLE = 1, 2, 3, 5


def link(administrator, directory):
    """Without that a realm takes no users of the domain."""
    administrator.run("link", check=1)
    keytab = administrator.dc.export(os.path.join(directory, "krbtgt.keytab"))
    administrator.run("link", "--key-from", "keytab:" + keytab, check=0)


class CloudTrustSyncTest(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dc = cls.started(TrustingDc(cls.directory, cls.authority))
        cls.dc.tool("user", "create", "svc-sync", PASSWORD)
        cls.socket = os.path.join(cls.directory, "realm", "sync.sock")
        cls.realm = cls.started(OwnRealm(cls.directory, service={"sync": cls.socket, "sync_user": SYNC_USER.pw_name}))
        link(DomainAdministrator(cls.directory, cls.dc, cls.realm.admin_socket).kinit(), cls.directory)
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
                            ({"full": state["full"] - 86400}, "once a day")):
            with open(self.state, "w") as file:
                json.dump({**state, **change}, file)
            told = self.sync()
            self.assertEqual(told["mode"], "full")
            self.assertIn(why, told["why"])
        self.assertEqual(self.sync()["mode"], "comparison")

    def test_a_state_that_is_none_is_set_aside_but_for_keys(self):
        unread = self.state + ".unread"
        for text in ('{"version": 2}', "damaged"):
            with open(self.state, "w") as file:
                file.write(text)
            refused = self.try_sync("--write-keys")
            self.assertEqual(refused.returncode, FAILED, refused.stderr)
            self.assertIn(f"{self.state} is no state that this version has written", refused.stderr)
            self.assertEqual(self.sync("--dry-run")["mode"], "full")
            with open(self.state) as file:
                self.assertEqual(file.read(), text)
            told = self.sync()
            self.assertEqual((told["mode"], told["why"]), ("full", "there is no state of one before"))
            self.assertIn(f"it is kept as {unread}", self.told)
            with open(unread) as file:
                self.assertEqual(file.read(), text)
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


KEY_ID, KEY_HASH, MATERIAL, KEY_USAGE, SOURCE, DEVICE, CUSTOM, LAST_LOGON, CREATED = range(1, 10)
DAY = 86400 * 10**7


def entries_of(value):
    """Those of a value of msDS-KeyCredentialLink, and whose it is."""
    mark, size, digits, dn = str(value).split(":", 3)
    if mark != "B" or int(size) != len(digits):
        raise AssertionError(value)
    blob, entries = bytes.fromhex(digits), {}
    if struct.unpack_from("<I", blob)[0] != 0x200:
        raise AssertionError(value)
    at = 4
    while at < len(blob):
        length, number = struct.unpack_from("<HB", blob, at)
        entries[number] = blob[at + 3:at + 3 + length]
        at += 3 + length
        if number == KEY_HASH and entries[KEY_HASH] != hashlib.sha256(blob[at:]).digest():
            raise AssertionError("a wrong KeyHash")
    if at != len(blob) or list(entries) != sorted(entries):
        raise AssertionError(value)
    return entries, dn


def value_of(entries, dn):
    pack = lambda number: struct.pack("<HB", len(entries[number]), number) + entries[number]
    hashed = b"".join(pack(number) for number in sorted(entries) if number > KEY_HASH)
    entries = {**entries, KEY_ID: hashlib.sha256(entries[MATERIAL]).digest(), KEY_HASH: hashlib.sha256(hashed).digest()}
    blob = struct.pack("<I", 0x200) + pack(KEY_ID)
    blob += struct.pack("<HB", 32, KEY_HASH) + entries[KEY_HASH] + hashed
    return f"B:{2 * len(blob)}:{blob.hex().upper()}:{dn}"


class NewerDc(TrustingDc):
    """With msDS-KeyCredentialLink of the schema of 2016, which Samba 4.17 does not make by itself."""
    SCHEMA_LDIF = "/usr/share/samba/setup/ad-schema/AD_DS_Attributes__Windows_Server_2016.ldf"

    def __init__(self, directory, authority):
        super().__init__(directory, authority)
        schema = "CN=Schema,CN=Configuration,DC=ad,DC=example,DC=test"
        with open(self.SCHEMA_LDIF, encoding="latin-1") as file:
            parts = file.read().replace("CN=Schema,CN=Configuration,DC=X", schema).split("\n\n")
        database = self.samdb()
        database.lp.set("dsdb:schema update allowed", "yes")
        for name in ("Link", "Link-BL"):
            database.modify_ldif(next(part for part in parts if f"\ncn: ms-DS-Key-Credential-{name}\n" in part) + "\n")
        database.set_schema_update_now()
        database.modify_ldif(f"dn: CN=User,{schema}\nchangetype: modify\nadd: mayContain\nmayContain: msDS-KeyCredentialLink\n"
                             "mayContain: msDS-KeyCredentialLink-BL\n")
        database.set_schema_update_now()


class CloudTrustKeysTest(SignInScenario):
    """Keys of users who have enrolled at the realm, in msDS-KeyCredentialLink of their accounts."""
    ATTRIBUTE, SCHEMA_ID = "msDS-KeyCredentialLink", "5b47d60f-6090-40b2-9f37-2a4de88f3063"

    @classmethod
    def setUpClass(cls):
        super(SignInScenario, cls).setUpClass()
        cls.dc = cls.started(NewerDc(cls.directory, cls.authority))
        cls.dc.tool("user", "create", "svc-sync", PASSWORD)
        cls.serve()
        for name in ("alice", "bob", "carol"):  # they come from the domain
            cls.kdc.admin("user", "remove", name, "--yes")
        cls.administrator = DomainAdministrator(cls.directory, cls.dc, cls.kdc.admin_socket).kinit()
        link(cls.administrator, cls.directory)
        cls.clerk = DomainAdministrator(cls.directory, cls.dc, cls.kdc.admin_socket, name="clerk").kinit("svc-sync", PASSWORD)
        cls.state = os.path.join(cls.directory, "sync.json")
        cls.sync()

    @classmethod
    def sync(cls, *args, who=None, check=0):
        return (who or cls.administrator).run("sync", "--state", cls.state, *args, check=check)

    def write(self, *args, **more):
        """How many keys were written and removed, and of how many users none could be."""
        told = json.loads(self.sync("--write-keys", "--json", *args, **more).stdout)
        return told["keys_written"], told["keys_removed"], told["keys_refused"]

    def enrolled(self, name):
        person = self.person(name)
        person.enroll(self.code(name), "--key", "software")
        return person

    def user(self, name, *attributes):
        return self.dc.samdb().search("DC=ad,DC=example,DC=test", expression=f"(sAMAccountName={name})", attrs=list(attributes))[0]

    def values(self, name):
        return sorted(str(value) for value in self.user(name, self.ATTRIBUTE).get(self.ATTRIBUTE, []))

    def change(self, name, **values):
        """add=, delete=: a value."""
        self.dc.samdb().modify_ldif(f"dn: {self.user(name).dn}\nchangetype: modify\n" + "-\n".join(
            f"{kind}: {self.ATTRIBUTE}\n{self.ATTRIBUTE}: {value}\n" for kind, value in values.items()))

    def foreign_value(self, name):
        """As another writer would make one of a key that the realm does not know."""
        created = struct.pack("<Q", (int(time.time()) + 11644473600) * 10**7)
        return value_of({MATERIAL: os.urandom(270), KEY_USAGE: b"\x01", SOURCE: b"\x00", DEVICE: os.urandom(16), CREATED: created},
                        str(self.user(name).dn))

    def test_a_key_is_written_once_and_taken_away_when_it_is_revoked(self):
        foreign = self.foreign_value("alice")
        self.change("alice", add=foreign)
        person = self.enrolled("alice")
        self.write()
        (value,) = set(self.values("alice")) - {foreign}
        entries, dn = entries_of(value)
        self.assertEqual(dn, str(self.user("alice").dn))
        self.assertEqual(entries[KEY_ID], hashlib.sha256(entries[MATERIAL]).digest())
        self.assertEqual((entries[KEY_USAGE], entries[SOURCE]), (b"\x01", b"\x00"))
        self.assertEqual(uuid.UUID(bytes_le=entries[DEVICE]), uuid.UUID(person.status()[0]["device"]))
        for time_entry in (LAST_LOGON, CREATED):
            seconds = struct.unpack("<Q", entries[time_entry])[0] / 10**7 - 11644473600
            self.assertLess(abs(time.time() - seconds), 600)

        usn = str(self.user("alice", "uSNChanged")["uSNChanged"])
        self.assertEqual(self.write(), (0, 0, 0))
        self.assertEqual(str(self.user("alice", "uSNChanged")["uSNChanged"]), usn)
        self.assertIn(foreign, self.values("alice"))

        keys = json.loads(self.kdc.admin("user", "keys", "alice", "--json").stdout)["keys"]
        self.kdc.admin("user", "keys", "alice", "--revoke", keys[0]["id"])
        self.sync()  # without the option it is not forgotten what was written
        self.assertIn(value, self.values("alice"))
        self.assertEqual(self.write(), (0, 1, 0))
        self.assertEqual(self.values("alice"), [foreign])
        self.assertEqual(self.write(), (0, 0, 0))

    def test_a_last_use_of_another_day_takes_the_former_one_s_place(self):
        foreign = self.foreign_value("bob")
        self.change("bob", add=foreign)
        self.enrolled("bob")
        self.write()
        (value,) = set(self.values("bob")) - {foreign}
        entries, dn = entries_of(value)
        used = struct.unpack("<Q", entries[LAST_LOGON])[0]
        for before, written in ((DAY // 2, 0), (2 * DAY, 1)):
            (now,) = set(self.values("bob")) - {foreign}
            self.change("bob", delete=now, add=value_of({**entries, LAST_LOGON: struct.pack("<Q", used - before)}, dn))
            self.assertEqual(self.write(), (written, 0, 0))
        self.assertEqual(self.values("bob"), sorted([foreign, value]))

    def test_a_state_of_another_tenant_that_knows_of_keys_is_left_alone(self):
        self.enrolled("alice")
        self.write()
        with open(self.state) as file:
            text = file.read()
        other = json.dumps({**json.loads(text), "tenant": "other"})
        for args in ((), ("--write-keys",)):
            with open(self.state, "w") as file:
                file.write(other)
            refused = self.sync(*args, check=FAILED)
            self.assertIn(f"{self.state} is of the tenant other", refused.stderr)
            with open(self.state) as file:
                self.assertEqual(file.read(), other)
        with open(self.state, "w") as file:
            file.write(text)
        self.assertEqual(self.write(), (0, 0, 0))

    def test_without_rights_users_are_taken_over_all_the_same(self):
        self.write()
        self.enrolled("carol")
        self.dc.tool("user", "create", "tina", PASSWORD)
        result = self.sync("--write-keys", who=self.clerk, check=REFUSED)
        self.assertEqual(result.stderr.count("msDS-KeyCredentialLink"), 1, result.stderr)
        self.assertIn("the account needs write access to msDS-KeyCredentialLink", result.stderr)
        self.assertIn("Key Admins", result.stderr)
        self.assertRegex(result.stdout, r"added +1\n")
        self.assertRegex(result.stdout, r"keys written +0\n")
        self.assertEqual(self.values("carol"), [])
        self.assertEqual(self.kdc.show("user", "tina")["name"], "tina")
        sid = self.dc.tool("user", "show", "svc-sync", "--attributes=objectSid").split("objectSid: ")[1].split()[0]
        self.dc.tool("dsacl", "set", f"--objectdn={self.user('carol').dn}", f"--sddl=(OA;;RPWP;{self.SCHEMA_ID};;{sid})")
        self.assertEqual(self.write(who=self.clerk), (1, 0, 0))
        self.assertEqual(len(self.values("carol")), 1)

    def test_a_dry_run_writes_nothing(self):
        self.dc.tool("user", "create", "uwe", PASSWORD)
        self.sync()
        self.enrolled("uwe")
        result = self.sync("--write-keys", "--dry-run")
        self.assertRegex(result.stdout, r"write +uwe +key \S{43}\n")
        self.assertRegex(result.stdout, r"keys to write +\d")
        told = json.loads(self.sync("--write-keys", "--dry-run", "--json").stdout)
        self.assertIn("uwe", [key["name"] for key in told["would_write_keys"]])
        self.assertEqual(told["would_remove_keys"], [])
        self.assertEqual(self.values("uwe"), [])


if __name__ == "__main__":
    unittest.main()
