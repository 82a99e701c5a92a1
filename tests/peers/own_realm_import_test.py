"""Moving in: the principals of a real MIT KDC with their keys, and users of a table."""
import json
import os
import re
import subprocess
import unittest

from lib.gateway import TOOL
from lib.kdcs import MitKdc, write
from lib.own_realm import NEW_PASSWORD, PASSWORDS, OwnRealmScenario

REFUSED, USAGE, FAILED = 3, 2, 1
CREATED, DUPLICATE = 4720, 11


class MovedIn(OwnRealmScenario):
    """MIT's KDC of CLOUD.TEST has been dumped, and stopped. Here are alice, bob, carol and HTTP/www.cloud.test before."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve()
        mit = MitKdc(cls.directory, cls.authority, realm="CLOUD.TEST")
        path = lambda name: os.path.join(mit.directory, name)
        cls.keytab, cls.computer = path("nfs.keytab"), path("web.keytab")
        for command in (
                "addprinc -pw one dora", "cpw -pw two dora", "cpw -pw three dora",
                "addprinc -pw renamed fritz", "renprinc -force fritz frida",
                "addprinc -e aes256-sha2:special,aes128-cts:norealm -pw gustav gustav",
                "addprinc -e aes128-sha2:onlyrealm -pw greta greta",
                "addprinc -e arcfour-hmac:normal -pw weak weak", "addprinc -pw admin emil/admin",
                "addprinc +needchange -pw helga helga", "addprinc -allow_tix -pw ida ida",
                "addprinc -expire 2020-01-01 -pw jan jan", "addprinc -pwexpire 2020-01-01 -pw karl karl",
                "addprinc -pw linda linda", "addprinc -randkey http/WWW.cloud.test", "addprinc -randkey krbtgt/OTHER.TEST",
                "addprinc -randkey nfs/files.cloud.test", f"ktadd -k {cls.keytab} nfs/files.cloud.test",
                f"ktadd -k {cls.keytab} nfs/files.cloud.test", "addprinc -randkey WEB$", f"ktadd -k {cls.computer} WEB$",
                "addpol strict"):
            mit.run("kadmin.local", "-q", command)
        cls.dump, cls.stash = path("dump"), path("stash")
        mit.run("kdb5_util", "dump", cls.dump)
        mit.stop()

    def imported(self, *args, dump=None, stash=None, stdin="", code=0):
        result = self.kdc.admin("import", "mit", dump or self.dump, "--stash", stash or self.stash, *args, stdin=stdin, check=False)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        return result

    def event(self, **fields):
        return self.kdc.wait_message("administration", action="import.accounts", **fields)[0]

    def is_there(self, name, kind="user"):
        return self.kdc.admin(kind, "show", name, check=False).returncode == 0

    def accounts(self):
        return [self.kdc.admin(kind, "list", "--json").stdout for kind in ("user", "service")]


class MitTest(MovedIn):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        before = [cls.kdc.admin(kind, "list", "--json").stdout for kind in ("user", "service")]
        cls.tried = cls.kdc.admin("import", "mit", cls.dump, "--stash", cls.stash, "--dry-run", check=False)
        assert before == [cls.kdc.admin(kind, "list", "--json").stdout for kind in ("user", "service")]
        assert not cls.kdc.messages("administration", action="import.accounts")
        cls.told = cls.kdc.admin("import", "mit", cls.dump, "--stash", cls.stash, check=False)

    def test_users_keep_their_passwords(self):
        for name, password in (("dora", "three"), ("frida", "renamed"), ("gustav", "gustav"), ("greta", "greta"),
                               ("emil/admin", "admin")):
            with self.subTest(name):
                client = self.client()
                client.kinit(name, password)
                client.kvno(self.service, self.kdc.keytab)

    def test_keys_keep_version_and_type(self):
        self.assertEqual(self.kdc.show("user", "dora")["kvno"], 3)
        self.assertEqual(self.kdc.show("service", "nfs/files.cloud.test")["kvno"], 3)
        for etype, salt in (("aes256-sha2", "(?!CLOUD.TESTgustav)[^\"]+"), ("aes128-cts", "gustav")):
            client = self.client({"default_tkt_enctypes": etype})
            result = client.run("kinit", "gustav", stdin="gustav\n", env={"KRB5_TRACE": "/dev/stdout"})
            self.assertRegex(result.stdout, f'Selected etype info: etype {etype}, salt "{salt}"')
            self.assertIn("AS key determined by preauth: " + etype, result.stdout)

    def test_the_old_keytab_opens_new_tickets_and_logs_on(self):
        client = self.client()
        client.kinit("dora", "three")
        self.assertIn("keytab entry valid", client.kvno("nfs/files.cloud.test", self.keytab).stdout)
        client.run("kinit", "-k", "-t", self.keytab, "nfs/files.cloud.test")
        client.run("kinit", "-k", "-t", self.computer, "WEB$")

    def test_the_old_password_can_be_changed(self):
        client = self.client()
        self.assertIn("too short", client.kpasswd("linda", "linda", "linda2", check=False).stdout)
        client.kpasswd("linda", "linda", NEW_PASSWORD)
        client.kinit("linda", NEW_PASSWORD)
        self.assertEqual(self.kdc.show("user", "linda")["kvno"], 2)

    def test_states_are_kept(self):
        for name in ("helga", "karl"):
            client = self.client()
            result = client.kinit(name, lines=f"{name}\n{NEW_PASSWORD}\n{NEW_PASSWORD}\n")
            self.assertIn("Password expired", result.stdout + result.stderr)
            client.kinit(name, NEW_PASSWORD)
        for name in ("ida", "jan"):
            self.assertIn("revoked", self.client().kinit(name, name, check=False).stderr)

    def test_what_is_there_stays(self):
        client = self.client()
        client.kinit("alice", PASSWORDS["alice"])
        self.assertRegex(self.told.stdout, r"there +alice  ")
        again = self.imported(code=REFUSED)
        self.assertRegex(again.stdout, r"users added +0\n")
        self.assertRegex(again.stdout, r"there already +1[0-9]\n")

    def test_all_is_said(self):
        for line in (r"skipped +K/M +.*master key", r"skipped +krbtgt/CLOUD.TEST +the KDC's own", r"skipped +krbtgt/OTHER.TEST +.*trust",
                     r"skipped +kadmin/changepw +the KDC's own", r"skipped +WELLKNOWN/ANONYMOUS +the KDC's own",
                     r"note +weak +without its keys of rc4-hmac", r"note +weak +has no key: ",
                     r"refused +http/WWW.cloud.test +.*is there already, as \"HTTP/www.cloud.test\"",
                     r"services added +3\n", r"users added +11\n", r"policies +1: they are not imported"):
            self.assertRegex(self.told.stdout, line)
        self.assertEqual(self.told.returncode, REFUSED)
        self.assertEqual(self.told.stderr, "")

    def test_a_dry_run_said_the_same(self):
        self.assertEqual(self.tried.returncode, REFUSED)
        added = lambda text: re.findall(r"users[a-z ]+added +(\d+)|services[a-z ]+added +(\d+)", text)
        self.assertEqual(added(self.tried.stdout), added(self.told.stdout))
        same = lambda text: [line for line in text.split("\n") if line.split("  ")[0] in ("skipped", "note", "refused", "there")]
        self.assertEqual(same(self.tried.stdout), same(self.told.stdout))
        self.assertRegex(self.tried.stdout, r"add +dora +user, kvno 3: aes256-cts-hmac-sha1-96, aes128-cts-hmac-sha1-96\n")
        self.assertRegex(self.tried.stdout, r"add +WEB\$ +service, kvno 2")

    def test_each_account_is_an_event(self):
        dora = self.event(object="dora")
        self.assertEqual((dora["event_id"], dora["result"], dora["uid"]), (CREATED, "success", 0))
        duplicate = self.event(object="http/WWW.cloud.test")
        self.assertEqual((duplicate["event_id"], duplicate["result"], duplicate["reason"]), (DUPLICATE, "failure", "already_exists"))
        self.assertIn("  11  duplicate SPN", self.kdc.admin("events").stdout)


class WrongInputTest(MovedIn):
    def test_other_stash_files(self):
        with open(self.stash, "rb") as file:
            stash = bytearray(file.read())
        stash[-10] ^= 1
        other = os.path.join(self.directory, "other-stash")
        with open(other, "wb") as file:
            file.write(stash)
        before = self.accounts()
        self.assertIn("not that of the dump", self.imported(stash=other, code=FAILED).stderr)
        self.assertIn("no stash file", self.imported(stash=self.keytab, code=FAILED).stderr)
        missing = self.imported(stash=other + "-none", code=FAILED).stderr
        self.assertIn("cannot be read", missing)
        self.assertIn('"kdb5_util stash -f FILE"', missing)
        self.assertEqual(before, self.accounts())

    def test_dumps_that_are_none_or_not_whole(self):
        with open(self.dump) as file:
            text = file.read()
        path = os.path.join(self.directory, "wrong-dump")
        before = self.accounts()
        for wrong, said in (("", "no dump"), ("princ\n", "no dump"), (text.replace("version 7", "version 4"), "for other programs"),
                            (text[:len(text) // 2], "of the dump is no principal's: truncated"), (text + "x\n", "neither a principal's"),
                            (text + "x" * (1 << 21), "has more than"),
                            ("\n".join(line for line in text.split("\n") if "\tK/M@" not in line), "has no K/M@CLOUD.TEST")):
            self.assertIn(said, self.imported(dump=write(path, wrong), code=FAILED).stderr)
        self.assertEqual(before, self.accounts())

    def test_what_is_wrong_with_all_of_it_is_all_that_is_said(self):
        self.kdc.admin("tenant", "add", "third", "--realm", "THIRD.TEST")
        table = write(os.path.join(self.directory, "users.csv"), "name\nolga\n")
        for refused, said in ((self.imported("--tenant", "third", code=REFUSED), "of the realm CLOUD.TEST, and the tenant third is of THIRD.TEST"),
                              (self.imported("--tenant", "none", code=REFUSED), "There is no tenant none."),
                              (self.imported("--rc4", code=REFUSED), "The realm allows no RC4: leave off --rc4"),
                              (self.kdc.admin("import", "csv", table, "--tenant", "none", check=False), "There is no tenant none.")):
            self.assertIn(said, refused.stderr)
            self.assertEqual((refused.returncode, refused.stdout), (REFUSED, ""))
            self.assertNotRegex(refused.stderr, "import (list|show)")

    def test_dumps_that_may_have_been_cut_at_the_end_of_a_line(self):
        with open(self.dump) as file:
            lines = file.read().split("\n")
        at = next(number for number, line in enumerate(lines) if "\tK/M@" in line)
        path = write(os.path.join(self.directory, "cut"), "\n".join([lines[0], lines[at]]) + "\n")
        os.chmod(path, 0o600)
        cut = self.imported("--dry-run", dump=path)
        self.assertIn("warning: the dump has 1 principals, and not krbtgt/CLOUD.TEST, kadmin/admin, kadmin/changepw", cut.stderr)
        self.assertRegex(cut.stdout, r"principals read +1: ")
        self.assertEqual(self.imported("--dry-run", code=REFUSED).stderr, "")

    def test_names_that_the_dump_does_not_have(self):
        for option in ("--user", "--service"):
            self.assertIn("the dump has no principal Dora, which", self.imported(option, "Dora", code=USAGE).stderr)
        self.assertIn("without their realm", self.imported("--user", "dora@CLOUD.TEST", code=USAGE).stderr)
        self.assertIn("by --user and by --service", self.imported("--user", "dora", "--service", "dora", code=USAGE).stderr)

    def test_files_that_others_may_read(self):
        os.chmod(self.dump, 0o644)
        os.chmod(self.stash, 0o640)
        told = self.imported("--dry-run", code=REFUSED).stderr
        os.chmod(self.dump, 0o600)
        os.chmod(self.stash, 0o600)
        self.assertIn(f"others may read {self.dump}, which has keys", told)
        self.assertIn(f"others may read {self.stash}, which has the master key of the dump", told)

    def test_standard_input_and_json(self):
        self.kdc.admin("tenant", "add", "second")
        with open(self.dump) as file:
            result = subprocess.run(
                ["sh", "-c", f'cat | "$0" "$@"', TOOL, "realm", "import", "mit", "-", "--stash", self.stash, "--tenant", "second",
                 "--json", "--service", "greta", "--user", "http/WWW.cloud.test", "-c", self.kdc.config],
                stdin=file, capture_output=True, text=True, timeout=60)
        told = json.loads(result.stdout)
        self.assertEqual((result.returncode, told["services"], told["dry_run"], told["refused"]), (0, 4, False, []))
        self.assertIn({"kind": "service", "name": "greta"}, told["added"])
        self.assertIn({"kind": "user", "name": "http/WWW.cloud.test"}, told["added"])
        self.assertIn("K/M", [each["name"] for each in told["skipped"]])


class Rc4Test(MovedIn):
    def test_keys_that_were_left_behind_come_later(self):
        self.imported(code=REFUSED)
        self.assertEqual(self.kdc.show("user", "weak")["kvno"], 0)
        text = self.kdc.text()
        self.kdc.write(text + '[kdc]\netypes = ["aes256-cts-hmac-sha1-96", "rc4-hmac"]\n')
        self.kdc.reload()
        dry = self.imported("--rc4", "--dry-run", code=REFUSED)
        self.assertRegex(dry.stdout, r"keys +weak +it is there without keys, and would get these")
        told = self.imported("--rc4", code=REFUSED)
        self.assertRegex(told.stdout, r"keys +weak +(.|\n)*given keys +1: ")
        self.assertEqual((self.kdc.show("user", "weak")["kvno"], self.kdc.show("user", "weak")["rc4"]), (1, True))
        client = self.client({"permitted_enctypes": "arcfour-hmac aes256-cts", "allow_rc4": "true", "allow_weak_crypto": "true"})
        client.kinit("weak", "weak")
        self.assertRegex(self.imported("--rc4", code=REFUSED).stdout, r"there +weak  ")


class ManyTest(MovedIn):
    number = 3000

    def test_the_service_needs_no_more_memory_for_many(self):
        with open(self.dump) as file:
            lines = file.read().split("\n")
        fields = next(line for line in lines if "\tdora@CLOUD.TEST\t" in line).split("\t")
        path = os.path.join(self.directory, "many")
        with open(path, "w") as file:
            file.write(lines[0] + "\n" + next(line for line in lines if "\tK/M@" in line) + "\n")
            for number in range(self.number):
                fields[6] = f"user{number:07}@CLOUD.TEST"
                file.write("\t".join([*fields[:2], str(len(fields[6])), *fields[3:]]) + "\n")
        before = self.resident()
        self.assertRegex(self.imported(dump=path).stdout, rf"users added +{self.number}\n")
        self.assertLess(self.resident() - before, 24 * 1024)
        self.assertTrue(self.is_there(f"user{self.number - 1:07}"))

    def resident(self):
        """The most there was, in KiB."""
        with open(f"/proc/{self.kdc.process.child.pid}/status") as file:
            return int(re.search(r"VmHWM:\s+(\d+)", file.read())[1])


class CsvTest(OwnRealmScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve()
        cls.kdc.add_group("Engineers")

    def table(self, text, *args, code=0):
        path = write(os.path.join(self.directory, "table.csv"), text)
        os.chmod(path, 0o600)
        result = self.kdc.admin("import", "csv", path, *args, check=False)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        return result

    def test_users_of_a_table_log_on(self):
        table = ("name,display_name,upn,password,must_change,groups,expires\n"
                 "maria,\"Maria, Example\",maria@example.com;m@example.com,Walnut~Causeway.6142,,Engineers;Domain Users,2099-01-01\n"
                 "nina,,,,yes,,\n"
                 "alice,,,Walnut~Causeway.6142,,,\n")
        tried = self.table(table, "--dry-run").stdout
        self.assertRegex(tried, r"add +maria +user\n(.|\n)*users would be added +2\n")
        self.assertNotEqual(self.kdc.admin("user", "show", "maria", check=False).returncode, 0)
        told = self.table(table).stdout
        self.assertRegex(told, r"there +alice  ")
        self.assertRegex(told, r"users added +2\n(.|\n)*without password +1:")
        self.client().kinit("maria", "Walnut~Causeway.6142")
        maria = self.kdc.show("user", "maria")
        self.assertEqual((maria["upns"], maria["display_name"], maria["groups"]),
                         (["m@example.com", "maria@example.com"], "Maria, Example", ["Domain Users", "Engineers"]))
        self.assertRegex(self.table(table).stdout, r"users added +0\nservices added +0\nthere already +3\n")

    def test_mistakes_are_told_by_line_and_nothing_is_done(self):
        result = self.table("name,expires,uid\nolga,soon,1000\n\npaul,,many\nolga,,\n", code=FAILED)
        for text in ("line 2: expires: \"soon\" is no time", "line 4: uid: \"many\" is no number", "line 5: olga stands in line 2"):
            self.assertIn(text, result.stderr)
        self.assertIn("nothing has been done", result.stderr)
        self.assertIn("Columns are: name, ", self.table("user,mail\nx,y\n", code=FAILED).stderr)
        self.assertNotEqual(self.kdc.admin("user", "show", "paul", check=False).returncode, 0)

    def test_what_the_service_refuses_is_told_by_line_and_the_others_are_made(self):
        result = self.table("name,password,groups\nquirin,short,\nrosa,,Nobody\na:b,,\nsven,,Engineers\n", code=REFUSED)
        for text in (r"refused +quirin +line 2: .*too short", r"refused +rosa +line 3: There is no group Nobody",
                     r"refused +a:b +line 4: .*may not have", r"users added +1\n", r"refused +3\n"):
            self.assertRegex(result.stdout, text)
        self.assertEqual(self.kdc.show("user", "sven")["groups"], ["Domain Users", "Engineers"])
        dry = self.table("name,password\nquirin,short\n", "--dry-run", code=REFUSED)
        self.assertRegex(dry.stdout, r"refused +quirin +line 2: .*too short")

    def test_passwords_that_others_may_read(self):
        path = write(os.path.join(self.directory, "open.csv"), "name,password\ntina,Walnut~Causeway.6142\n")
        os.chmod(path, 0o644)
        result = self.kdc.admin("import", "csv", path)
        self.assertIn("warning: others may read", result.stderr)
        self.assertNotIn("Walnut", result.stdout + result.stderr + self.kdc.process.text())


if __name__ == "__main__":
    unittest.main()
