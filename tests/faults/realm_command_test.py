"""ferryman realm: what it asks the service and makes of answers, wrong ones too; init, interrupted and hindered."""
import base64
import contextlib
import glob
import grp
import json
import os
import pty
import pwd
import random
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import tempfile
import threading
import time
import unittest

from lib.fake_admin import FakeAdmin
from lib.gateway import BINARY as GATEWAY
from lib.proc import Process, wait_for

FERRYMAN, REALM = (os.path.join(os.path.dirname(GATEWAY), name) for name in ("ferryman", "ferryman-realm"))
USER = pwd.getpwnam("daemon")
DONE, FAILED, USAGE, REFUSED, NOT_REACHED = 0, 1, 2, 3, 5
ALICE = {"id": "7d3b", "name": "alice", "upns": ["alice@example.com"], "display_name": "Alice", "sid": "S-1-5-21-1-2-3-1001",
         "uid": 1879049193, "gid": 1879048705, "created": 1801353600, "expires": None, "last_used": None, "kvno": 1,
         "password_changed": 1801353600, "password_expires": None, "disabled": False, "must_change": True, "key_required": False,
         "sensitive": False, "rc4": False, "failures": 0, "locked_until": None, "groups": ["Engineers"]}
WEB = {"id": "8c", "name": "HTTP/www.example.com", "spns": ["HTTP/www.example.com"], "kvno": 2, "etypes": ["aes256-cts-hmac-sha1-96"]}
KEYTAB = b"\x05\x02" + os.urandom(99)


def as_user(*command):
    return ["setpriv", f"--reuid={USER.pw_uid}", f"--regid={USER.pw_gid}", "--clear-groups", "--", *command]


class Directory(unittest.TestCase):
    def setUp(self):
        """One in which only root can make things, and others can look for them."""
        self.directory = tempfile.mkdtemp(prefix="ferryman-", dir="/var/lib")
        self.addCleanup(shutil.rmtree, self.directory, True)
        os.chmod(self.directory, 0o755)
        self.ferryman = os.path.join(self.directory, "ferryman")
        shutil.copy(FERRYMAN, self.ferryman)  # where any user can read it

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def run_command(self, command, stdin=b"", **more):
        result = subprocess.run(command, input=stdin, capture_output=True, timeout=60, start_new_session=True, **more)
        self.assertNotIn(b"Sanitizer", result.stderr)
        return result.returncode, result.stdout.decode(), result.stderr.decode()


class CommandTest(Directory):
    def setUp(self):
        super().setUp()
        self.admin = FakeAdmin(self.path("admin.sock"))
        self.addCleanup(self.admin.stop)

    def realm(self, *words, stdin=b"", answer=None, user=False):
        """Exit code, output, errors. answer: to the only command."""
        if answer is not None:
            self.admin.answers[words[0] + ("." + words[1] if len(words) > 1 else "")] = answer
        command = [self.ferryman, "realm", *words, "--socket", self.admin.path]
        return self.run_command(as_user(*command) if user else command, stdin)

    def assert_asks(self, words, command, arguments, **more):
        self.admin.requests.clear()
        code, _, errors = self.realm(*words, **more)
        self.assertEqual(code, DONE, errors)
        self.assertEqual([(r["command"], r.get("arguments")) for r in self.admin.requests], [(command, arguments)])

    def test_what_is_asked(self):
        rotated = {"name": "x", "kvno": 3, "former": [2, 1]}
        self.admin.answers = {"user.add": ALICE, "user.set": ALICE, "user.show": ALICE, "rotate.krbtgt": rotated,
                              "service.rotate": {**WEB, **rotated, "former_until": 1801353600}}
        for words, arguments in (
                (["user", "add", "bob"], {"name": "bob"}),
                (["user", "add", "bob", "--upn", "b@x.org", "--upn", "c@x.org", "--disabled", "--uid", "5000", "--display-name", "B b",
                  "--group", "S t"],
                 {"name": "bob", "upns": ["b@x.org", "c@x.org"], "disabled": True, "uid": 5000, "display_name": "B b",
                  "groups": ["S t"]}),
                (["user", "set", "bob", "--expires", "2027-01-31", "--no-must-change", "--sensitive", "--rename", "rob"],
                 {"name": "bob", "expires": 1801353600, "must_change": False, "sensitive": True, "new_name": "rob"}),
                (["user", "set", "bob", "--expires", "never", "--uid", "auto", "--add-upn", "a@x", "--remove-upn", "b@x"],
                 {"name": "bob", "expires": None, "uid": None, "add_upns": ["a@x"], "remove_upns": ["b@x"]}),
                (["user", "show", "bob"], {"name": "bob"}),
                (["user", "disable", "bob"], {"name": "bob"}),
                (["user", "enable", "bob"], {"name": "bob"}),
                (["user", "unlock", "bob"], {"name": "bob"}),
                (["user", "remove", "bob", "--yes"], {"name": "bob"}),
                (["group", "add", "Staff", "--gid", "6000", "--key-required"], {"name": "Staff", "gid": 6000, "key_required": True}),
                (["group", "set", "Staff", "--no-key-required"], {"name": "Staff", "key_required": False}),
                (["group", "remove", "--yes", "Staff"], {"name": "Staff"}),
                (["group", "join", "Staff", "bob"], {"group": "Staff", "account": "bob"}),
                (["group", "leave", "Staff", "bob"], {"group": "Staff", "account": "bob"}),
                (["service", "add", "HTTP/x", "--spn", "HTTP/y", "--etypes", "aes256-cts,aes128-cts", "--ok-as-delegate"],
                 {"name": "HTTP/x", "spns": ["HTTP/y"], "etypes": ["aes256-cts", "aes128-cts"], "ok_as_delegate": True}),
                (["service", "set", "HTTP/x", "--add-spn", "HTTP/z", "--remove-spn", "HTTP/y"],
                 {"name": "HTTP/x", "add_spns": ["HTTP/z"], "remove_spns": ["HTTP/y"]}),
                (["service", "set", "HTTP/x", "--delegate-to", "SQL$", "--delegate-to", "CIFS/y", "--remove-delegate-to", "DB$",
                  "--allow-delegation-from", "A$", "--remove-allow-delegation-from", "B$", "--trusted-to-auth"],
                 {"name": "HTTP/x", "delegate_to": ["SQL$", "CIFS/y"], "remove_delegate_to": ["DB$"], "allow_delegation_from": ["A$"],
                  "remove_allow_delegation_from": ["B$"], "trusted_to_auth": True}),
                (["service", "find", "CIFS/x"], {"spn": "CIFS/x"}),
                (["service", "unlock", "HTTP/x"], {"name": "HTTP/x"}),
                (["tenant", "add", "two", "--realm", "TWO.TEST", "--domain", "two.org", "--domain", "two.net"],
                 {"name": "two", "realm": "TWO.TEST", "domains": ["two.org", "two.net"]}),
                (["tenant", "set", "two", "--add-domain", "a.org", "--remove-domain", "two.org",
                  "--top-level-names", "x.org,y.org"],
                 {"name": "two", "add_domains": ["a.org"], "remove_domains": ["two.org"], "top_level_names": ["x.org", "y.org"]}),
                (["tenant", "set", "two", "--top-level-names", "none", "--no-key-required"],
                 {"name": "two", "top_level_names": [], "key_required": False}),
                (["tenant", "set", "two", "--key-required"], {"name": "two", "key_required": True}),
                (["tenant", "show", "two"], {"name": "two"}),
                (["tenant", "disable", "two"], {"name": "two"}),
                (["tenant", "enable", "two"], {"name": "two"}),
                (["tenant", "remove", "two", "--yes"], {"name": "two"}),
                (["rotate", "krbtgt"], {}),
                (["rotate", "krbtgt", "--forget-former", "--yes"], {"forget_former": True}),
                (["service", "rotate", "HTTP/x"], {"name": "HTTP/x"}),
                (["service", "rotate", "HTTP/x", "--yes", "--forget-former"], {"name": "HTTP/x", "forget_former": True})):
            with self.subTest(words):
                self.assert_asks(words, ".".join(words[:2]), arguments)

    def test_tenants(self):
        tenant = {"id": "7d3b", "name": "two", "realm": "TWO.TEST", "domains": ["two.org"], "domain_sid": "S-1-5-21-1-2-3",
                  "top_level_names": [], "created": 1801353600, "key_required": True, "disabled": True, "default": True}
        code, output, errors = self.realm("tenant", "disable", "two", answer=tenant)
        self.assertEqual((code, "two is the default tenant" in errors), (DONE, True), errors)
        lines = dict(line.split("  ", 1) for line in output.splitlines())
        self.assertEqual((lines["state"].strip(), lines["flags"].strip(), lines["domain SID"].strip()),
                         ("disabled", "default, key_required", "S-1-5-21-1-2-3"))
        code, output, errors = self.realm("tenant", "disable", "two", answer={**tenant, "default": False})
        self.assertEqual((code, errors), (DONE, ""))
        self.assertRegex(self.realm("tenant", "show", "two", answer={**tenant, "half_removed": True})[1], "state +half removed\n")
        code, output, errors = self.realm("tenant", "add", "two", "--realm", "two.test", answer={**tenant, "realm": "two.test"})
        for text in ("realms are written in capitals, TWO.TEST", '[realms."two.test"]', 'tenant = "two"'):
            self.assertIn(text, errors)
        self.assertEqual(self.realm("tenant", "add", "two", answer=tenant)[::2], (DONE, ""))
        for words in (["set", "two"], ["set", "two", "--key-required", "perhaps"], ["add"]):
            self.assertEqual(self.realm("tenant", *words)[0], USAGE, words)
        errors = self.realm("tenant", "show", "three", answer=("error", "not_found", "There is no tenant three."))[2]
        self.assertIn("ferryman realm tenant list", errors)

    def test_a_backup(self):
        octets = os.urandom(1000)
        self.admin.answers = {"backup.begin": {"size": 1000}, "backup.read": lambda arguments: {
            "octets": base64.b64encode(octets[arguments["offset"]:][:300]).decode()}}
        file = self.path("backup.db")
        code, output, errors = self.realm("backup", file)
        self.assertEqual((code, output, errors), (DONE, f"{file}: 1000 octets\n", ""))
        with open(file, "rb") as stream:
            self.assertEqual(stream.read(), octets)
        self.assertEqual(os.stat(file).st_mode & 0o7777, 0o600)
        self.admin.requests.clear()
        code, _, errors = self.realm("backup", file)
        self.assertEqual((code, "never written over" in errors, self.admin.requests), (FAILED, True, []), errors)

    def test_a_backup_that_does_not_come_whole(self):
        piece = base64.b64encode(bytes(10)).decode()
        for answers in ([{"octets": piece}, {"octets": ""}], [{"octets": "?" * 8}], [{}], [b"x\n"],
                        [{"octets": piece}, ("error", "unavailable", "The backup cannot be read")]):
            self.admin.answers = {"backup.begin": {"size": 30}, "backup.read": list(answers)}
            before = os.listdir(self.directory)
            with self.subTest(answers):
                self.assertIn(self.realm("backup", self.path("backup.db"))[0], (FAILED, REFUSED))
                self.assertEqual(os.listdir(self.directory), before)
        for begun in ({}, {"size": "x"}, ("error", "full", "No room")):
            self.admin.answers["backup.begin"] = begun
            self.assertIn(self.realm("backup", self.path("backup.db"))[0], (FAILED, REFUSED))
            self.assertEqual(os.listdir(self.directory), before)

    def test_the_tenant_is_told_wherever_it_stands(self):
        for words in (["--tenant", "t", "user", "show", "x"], ["user", "--tenant", "t", "show", "x"], ["user", "show", "x", "--tenant", "t"]):
            self.realm(*words)
            self.assertEqual(self.admin.requests[-1]["tenant"], "t")
        self.realm("user", "show", "x")
        self.assertNotIn("tenant", self.admin.requests[-1])

    def test_a_user_is_shown(self):
        code, output, _ = self.realm("user", "show", "alice", answer=ALICE)
        self.assertEqual(code, DONE)
        lines = dict(line.split("  ", 1) for line in output.splitlines())
        self.assertEqual(lines["created"].strip(), "2027-01-31T00:00:00Z")
        self.assertEqual((lines["state"].strip(), lines["flags"].strip(), lines["groups"].strip()), ("enabled", "must_change", "Engineers"))
        self.assertEqual((lines["expires"].strip(), lines["last used"].strip(), lines["failed logons"].strip()), ("never", "never", "0"))
        code, output, _ = self.realm("user", "show", "alice", "--json", answer=ALICE)
        self.assertEqual(json.loads(output), ALICE)

    def test_texts_cannot_move_the_cursor(self):
        for words in (["user", "show", "x"], ["user", "list"]):
            evil = {**ALICE, "name": "a\x1b[2J\u202eecila", "display_name": "\x1b[31m\u2028\u2066"}
            output = self.realm(*words, answer={"users": [evil], "next": ""} if words[1] == "list" else evil)[1]
            self.assertIn("a\\x1b[2J\\u202eecila", output)
            self.assertNotRegex(output, "[\x1b\u2028\u202e\u2066]")
            self.assertTrue(self.realm(*words, "--json")[1].isascii())
        self.assertNotIn("\x1b", self.realm("user", "show", "x", answer=("error", "invalid", "\x1b[2J"))[2])

    def test_names_are_escaped_once(self):
        """By the service: its texts have been escaped."""
        self.assertIn("CLOUD\\\\alice is", self.realm("user", "show", "x", answer=("error", "invalid", "CLOUD\\\\alice is none"))[2])

    def test_what_is_printed_gets_out_or_the_command_has_failed(self):
        self.admin.answers = {"user.show": ALICE, "user.list": {"users": [ALICE] * 500, "next": ""}, "status": {"realm": "A"},
                              "events": lambda arguments: {"events": [] if "after" in arguments else [{"time": 1}] * 500, "next": 7}}
        for words in (["user", "show", "x"], ["user", "show", "x", "--json"], ["user", "list"], ["user", "list", "--json"], ["status"],
                      ["events"], ["events", "--follow"]):
            with self.subTest(words), open("/dev/full", "w") as full:
                command = [self.ferryman, "realm", *words, "--socket", self.admin.path]
                result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=30)
                self.assertEqual(result.returncode, FAILED, result.stderr)
                self.assertIn("standard output cannot be written: No space left on device", result.stderr)

    def test_no_header_without_a_list(self):
        for kind in ("user", "group", "service"):
            self.assertEqual(self.realm(kind, "list", answer=("error", "busy", "Wait."))[:2], (REFUSED, ""))

    def test_a_rotation_is_told(self):
        output = self.realm("rotate", "krbtgt", answer={"name": "krbtgt/X", "kvno": 3, "former": [2, 1]})[1]
        self.assertRegex(output, r"kvno +3\nformer kvnos +2, 1\n")
        output = self.realm("rotate", "krbtgt", answer={"name": "krbtgt/X", "kvno": 3, "former": []})[1]
        self.assertRegex(output, r"former kvnos +-\n")
        for former in ("x", ["1"]):
            self.assertEqual(self.realm("rotate", "krbtgt", answer={"name": "krbtgt/X", "kvno": 3, "former": former})[0], FAILED)
        code, output, errors = self.realm("service", "rotate", "HTTP/x",
                                          answer={**WEB, "kvno": 3, "former": [2], "former_until": 1801353600})
        self.assertEqual(code, DONE)
        self.assertRegex(output, r"former kvnos +2\nin keytabs until +2027-01-31T00:00:00Z\n")
        self.assertIn("kvno 3 from now on", errors)
        self.assertIn("service keytab HTTP/www.example.com -o FILE", errors)

    def test_delegations_are_shown(self):
        answer = {**WEB, "trusted_to_auth": True, "delegate_to": ["DB$", "postgres/x"], "allow_delegation_from": []}
        output = self.realm("service", "show", "HTTP/x", answer=answer)[1]
        self.assertRegex(output, r"delegates to +DB\$, postgres/x\n")
        self.assertRegex(output, r"delegation from +-\n")
        self.assertIn("trusted_to_auth", output)

    def test_new_keys_are_told(self):
        self.assertNotIn("keytab", self.realm("service", "set", "HTTP/x", "--ok-as-delegate", answer=WEB)[2])
        self.assertNotIn("keytab", self.realm("service", "set", "HTTP/x", "--etypes", "a", answer={**WEB, "new_keys": False})[2])
        code, _, errors = self.realm("service", "set", "HTTP/x", "--etypes", "a", answer={**WEB, "new_keys": True})
        self.assertEqual(code, DONE)
        self.assertIn("new keys, kvno 2", errors)
        self.assertIn("ferryman realm service keytab HTTP/www.example.com -o FILE", errors)

    def test_a_time_in_the_past_is_warned_of(self):
        for expires, warned in (("2020-01-31", True), ("2999-01-31", False), ("never", False)):
            code, _, errors = self.realm("user", "set", "x", "--expires", expires, answer=ALICE)
            self.assertEqual((code, "is in the past" in errors), (DONE, warned), errors)

    def pages(self, key, names, more=None):
        def page(arguments):
            after = arguments.get("after", "")
            rest = [name for name in names if name > after][:2]
            return {**(more or {}), key: [({"name": n} if key != "members" else n) for n in rest],
                    "next": rest[-1] if rest and rest[-1] != names[-1] else ""}
        return page

    def test_lists_go_on_to_the_end(self):
        names = [f"u{i}" for i in range(7)]
        for kind in ("user", "group", "service"):
            code, output, _ = self.realm(kind, "list", answer=self.pages(kind + "s", names))
            self.assertEqual((code, [line.split()[0] for line in output.splitlines()[1:]]), (DONE, names))
            output = self.realm(kind, "list", "--json")[1]
            self.assertEqual(json.loads(output), {kind + "s": [{"name": name} for name in names]})
            self.assertEqual(json.loads(self.realm(kind, "list", "--json", answer={kind + "s": [], "next": ""})[1]), {kind + "s": []})
        code, output, _ = self.realm("group", "show", "g", answer=self.pages("members", names, {"name": "g", "gid": 7}))
        self.assertEqual([word for word in output.split() if word in names], names)
        self.assertEqual(json.loads(self.realm("group", "show", "g", "--json")[1]), {"name": "g", "gid": 7, "members": names})

    def test_a_list_without_an_end_is_ended(self):
        code, _, errors = self.realm("user", "list", answer=lambda _: {"users": [{"name": "x"}], "next": "x"})
        self.assertEqual((code, "does not end" in errors), (FAILED, True), errors)

    def test_events(self):
        events = [{"sequence": i, "time": 1801353600 + i, "event_id": 4720, "message": "administration", "action": "user.add", "object": f"u{i}",
                   "uid": 0, "pid": 7, "result": "success"} for i in range(1, 4)]
        events.append({"sequence": 4, "time": 1801353604, "event_id": 4769, "message": "request", "cname": "U1@CLOUD.TEST", "sname": "HTTP/x",
                       "ticket_etype": 18, "result": "success", "client": "192.0.2.1", "id": "ab"})
        events.append({"sequence": 5, "time": 1801353605, "message": "administration", "action": "service.keytab", "object": "HTTP/x", "uid": 7,
                       "result": "failure", "text": "A\\\\B is none."})
        events.append({"sequence": 6, "time": 1801353606, "event_id": 4769, "message": "request", "cname": "WEB$", "sname": "SQL/x",
                       "s4u": "proxy", "for_user": "u2", "result": "BADOPTION", "client": "192.0.2.1", "id": "ac"})

        def answer(arguments):
            rest = [e for e in events if e["sequence"] > arguments.get("after", 0)][:2]
            return {"events": rest, "next": rest[-1]["sequence"] if rest else arguments.get("after", 0)}
        code, output, _ = self.realm("events", answer=answer)
        lines = output.splitlines()
        self.assertEqual((code, len(lines)), (DONE, 6))
        self.assertEqual(lines[0], "2027-01-31T00:00:01Z  4720  user added       success  u1  by uid 0")
        self.assertEqual(lines[3], "2027-01-31T00:00:04Z  4769  service ticket   success  U1@CLOUD.TEST  for HTTP/x"
                                   "  ticket aes256-cts-hmac-sha1-96  from 192.0.2.1")
        self.assertEqual(lines[4], "2027-01-31T00:00:05Z     -  service.keytab   failure  HTTP/x  by uid 7  because A\\\\B is none.")
        self.assertEqual(lines[5], "2027-01-31T00:00:06Z  4769  service ticket   BADOPTION  WEB$  for SQL/x"
                                   "  on behalf of u2 by S4U2Proxy  from 192.0.2.1")
        self.assertEqual(self.realm("events", "--user", "u2")[1].splitlines(), [lines[1], lines[5]])
        self.assertEqual(self.realm("events", "--tail", "2")[1].splitlines(), lines[-2:])
        self.assertEqual(self.realm("events", "--tail", "99")[1].splitlines(), lines)
        self.assertEqual(self.realm("events", "--user", "u1")[1].splitlines(), [lines[0], lines[3]])
        self.assertEqual(self.realm("events", "--user", "u1", "--tail", "1")[1].splitlines(), [lines[3]])
        self.assertEqual(self.realm("events", "--tail", "-1")[0], USAGE)
        self.assertEqual([json.loads(line) for line in self.realm("events", "--json")[1].splitlines()], events)

    def test_events_are_followed_until_the_service_ends(self):
        events = [{"sequence": 1, "time": 0, "action": "first"}]
        self.admin.answers["events"] = lambda arguments: {
            "events": [e for e in events if e["sequence"] > arguments.get("after", 0)], "next": events[-1]["sequence"]}
        child = subprocess.Popen([self.ferryman, "realm", "events", "--follow", "--socket", self.admin.path],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(child.kill)
        self.assertIn("first", child.stdout.readline())
        events.append({"sequence": 2, "time": 1, "action": "second"})
        self.assertIn("second", child.stdout.readline())
        self.admin.ends_after.add("events")
        self.assertEqual(child.wait(20), DONE)
        self.assertIn("the service has ended", child.stderr.read())
        child.stdout.close()
        child.stderr.close()

    def test_refusals_say_what_to_do(self):
        for reason, hint in (("not_found", "user list"), ("already_exists", "user show"), ("invalid", "--help"), ("busy", "again"),
                             ("weak_password", "[password]"), ("full", "room"), ("damaged", "journalctl"), ("wrong_version", "restart"),
                             ("not_understood", "restart"), ("something_new", "journalctl")):
            code, output, errors = self.realm("user", "show", "bob", answer=("error", reason, "There is no bob."))
            self.assertEqual((code, output), (REFUSED, ""), reason)
            self.assertIn("There is no bob.", errors)
            self.assertIn(hint, errors)

    def test_answers_that_are_none(self):
        for answer in (b"nonsense\n", b"{}\n", b'{"version":1,"ok":true}\n', b"[1]\n", b"\xff\n", b'{"version":1,"ok":1,"result":{}}\n',
                       FakeAdmin.json(ok=True, result={**ALICE, "name": 1, "created": "yesterday"}),
                       FakeAdmin.json(ok=True, result={**ALICE, "disabled": "perhaps"})):
            code, _, errors = self.realm("user", "show", "bob", answer=answer)
            self.assertEqual(code, FAILED, (answer, errors))
            self.assertNotIn("Json", errors)
        for answer in ({}, {"users": 1, "next": ""}, {"users": [1], "next": ""}, {"users": [], "next": 3}):
            self.assertEqual(self.realm("user", "list", answer=answer)[0], FAILED, answer)
        self.assertEqual(self.realm("user", "show", "bob", answer=b'{"version":2,"ok":true,"result":{}}\n')[0], REFUSED)
        self.admin.ends_after.add("user.show")
        self.assertEqual(self.realm("user", "show", "bob", answer=b'{"version":1,"ok"')[0], NOT_REACHED)

    def test_a_service_that_does_not_run(self):
        self.admin.stop()
        code, _, errors = self.realm("status")
        self.assertEqual((code, "systemctl start ferryman-realm" in errors), (NOT_REACHED, True), errors)

    def test_who_is_not_admitted(self):
        os.chmod(self.admin.path, 0o600)
        code, _, errors = self.realm("status", user=True)
        self.assertEqual((code, "ferryman-admin" in errors), (REFUSED, True), errors)
        os.chmod(self.admin.path, 0o666)
        self.admin.answers["status"] = b""
        self.admin.ends_after.add("status")
        code, _, errors = self.realm("status", user=True)
        self.assertEqual((code, "ferryman-admin" in errors), (REFUSED, True), errors)

    def test_the_configuration_names_the_socket(self):
        config = self.path("realm.toml")
        with open(config, "w") as file:
            file.write(f'[realm]\nname = "A"\nurl = "https://a"\ndefault_tenant = "a"\n[service]\nadmin = "{self.admin.path}"\n')
        self.admin.answers["user.show"] = ALICE
        command = [self.ferryman, "realm", "user", "show", "x", "-c", config]
        self.assertEqual(self.run_command(command)[0], DONE)
        os.chmod(config, 0o600)
        code, _, errors = self.run_command(as_user(*command))
        self.assertEqual((code, "/run/ferryman-realm/admin.sock" in errors), (NOT_REACHED, True), errors)
        with open(config, "a") as file:
            file.write("colour = 1\n")
        code, _, errors = self.run_command(command)
        self.assertEqual((code, "colour" in errors, "--socket" in errors), (USAGE, True, True), errors)
        self.assertEqual(self.run_command(command[:-1] + [self.path("none.toml")])[0], USAGE)

    def test_usage(self):
        for words, text in ((["user"], "add"), ([], "init"), (["user", "set", "x"], "nothing to set"), (["group", "set", "x"], "--key-required"),
                            (["user", "ad", "x"], ""), (["user", "show"], "NAME"), (["user", "show", "a", "b"], ""),
                            (["user", "set", "x", "--expires", "tomorrow"], "2027-01-31"), (["user", "set", "x", "--uid", "-1"], "number"),
                            (["user", "set", "x", "--sensitive", "--no-sensitive"], ""), (["service", "keytab", "x"], "-o"),
                            (["user", "delete", "x"], "ferryman realm user: no command \"delete\"; did you mean remove?"),
                            (["user", "shwo", "x"], "did you mean show?"), (["user", "frobnicate"], "Commands: add, "),
                            (["usr", "list"], "did you mean user?"), (["user", "-x", "show", "a"], "no option \"-x\""),
                            (["user", "add", "-x"], "no name begins with"), (["user", "add"], "ferryman realm user add: NAME is required"),
                            (["ad", "rodc", "rotate", "7"], "-o"), (["ad", "rodc", "set", "7"], "--remove-deny"), (["ad"], "rodc"),
                            (["ad", "rodc", "ad"], "ferryman realm ad rodc: no command"), (["restore", "x", "--json"], "no JSON"), (["migrate", "--to", "x", "--tenant", "a"], "--tenant")):
            code, output, errors = self.run_command([self.ferryman, "realm", *words])
            self.assertEqual((code, text in errors), (USAGE, True), (words, output, errors))
        for words in ([], ["user"], ["user", "add"], ["service", "keytab"], ["init"], ["events"]):
            self.assertEqual(self.run_command([self.ferryman, "realm", *words, "--help"])[0], DONE)
        self.assertEqual(self.admin.requests, [])

    def test_passwords_from_standard_input(self):
        self.admin.answers["user.password"] = ALICE
        for text in (b"S\xc3\xa4cret 1", b"S\xc3\xa4cret 1\n"):
            self.assert_asks(["user", "password", "bob", "--password-stdin", "--must-change"], "user.password",
                             {"name": "bob", "password": "S\u00e4cret 1", "must_change": True}, stdin=text)
        self.admin.requests.clear()
        for text in (b"", b"\n", b"a\nb\n", b"a" * 5000):
            code, _, errors = self.realm("user", "password", "bob", "--password-stdin", stdin=text)
            self.assertEqual((code, "standard input" in errors), (USAGE, True), errors)
        code, _, errors = self.realm("user", "password", "bob", stdin=b"secret\n")
        self.assertEqual((code, "--password-stdin" in errors), (USAGE, True), errors)
        self.assertEqual(self.admin.requests, [])
        self.assertEqual(self.realm("user", "password", "bob", "--password-stdin", stdin=b"\xff\n")[0], REFUSED)
        self.assertEqual(self.admin.requests, [])

    def test_a_user_without_a_password_is_told(self):
        code, _, errors = self.realm("user", "add", "bob", answer=ALICE)
        self.assertEqual((code, "user password" in errors), (DONE, True))

    def on_terminal(self, words, *typed):
        """Exit code, and all that the terminal showed. typed: pairs of what is waited for and what is typed then."""
        main, side = pty.openpty()
        child = subprocess.Popen([self.ferryman, "realm", *words, "--socket", self.admin.path], stdin=side, stdout=side, stderr=side,
                                 start_new_session=True)
        os.close(side)
        shown = bytearray()

        def read():
            try:
                while data := os.read(main, 4096):
                    shown.extend(data)
            except OSError:
                pass  # the other side is closed
        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        for question, answer in typed:
            wait_for(lambda: question in shown, question)
            time.sleep(0.2)  # echo ends after the question
            child.send_signal(answer) if isinstance(answer, signal.Signals) else os.write(main, answer)
        code = child.wait(20)
        reader.join(20)
        os.close(main)
        return code, bytes(shown)

    def test_passwords_from_a_terminal(self):
        self.admin.answers = {"user.password": ALICE, "user.add": ALICE}
        for words in (["user", "password", "bob"], ["user", "add", "bob"]):
            code, shown = self.on_terminal(words, (b"New password of bob: ", b"sesame-1\n"), (b"Once more: ", b"sesame-1\n"))
            self.assertEqual(code, DONE, shown)
            self.assertNotIn(b"sesame", shown)
            self.assertEqual(self.admin.requests[-1]["arguments"], {"name": "bob", "password": "sesame-1"})
        self.admin.answers["user.show"] = ("error", "not_found", "There is no bob.")
        code, shown = self.on_terminal(["user", "password", "bob"])
        self.assertEqual((code, b"There is no bob." in shown), (REFUSED, True), shown)
        self.admin.requests.clear()
        code, shown = self.on_terminal(words, (b"bob: ", b"sesame-1\n"), (b"more: ", b"sesame-2\n"))
        self.assertEqual((code, b"not the same" in shown), (FAILED, True), shown)
        self.assertEqual(self.on_terminal(words, (b"bob: ", b"\n"))[0], FAILED)
        self.assertEqual(self.on_terminal(words, (b"bob: ", signal.SIGTERM))[0], -signal.SIGTERM)
        self.assertEqual(self.admin.requests, [])

    def test_what_destroys_asks(self):
        for kind in ("user", "group", "service"):
            self.admin.requests.clear()
            code, _, errors = self.realm(kind, "remove", "bob", stdin=b"y\n")
            self.assertEqual((code, "--yes" in errors), (USAGE, True), errors)
            for answer in (b"n\n", b"\n", b"yesterday\n"):
                self.assertEqual(self.on_terminal([kind, "remove", "bob"], (b"bob for good? [y/N] ", answer))[0], FAILED)
            self.assertEqual({r["command"] for r in self.admin.requests}, {kind + ".show"})
            self.assertEqual(self.on_terminal([kind, "remove", "bob"], (b"[y/N] ", b"y\n"))[0], DONE)
            self.assertEqual(self.admin.requests[-1]["command"], kind + ".remove")
        self.assertEqual(self.on_terminal(["tenant", "remove", "two"], (b"two, with all users, groups and services, for good?", b"n\n"))[0], FAILED)
        for words in (["rotate", "krbtgt"], ["service", "rotate", "HTTP/x"]):
            self.admin.requests.clear()
            code, _, errors = self.realm(*words, "--forget-former")
            self.assertEqual((code, "--yes" in errors), (USAGE, True), errors)
            self.assertEqual(self.on_terminal([*words, "--forget-former"], (b"[y/N] ", b"n\n"))[0], FAILED)
            self.assertEqual(self.admin.requests, [])
        self.admin.answers = {"service.show": WEB, "user.show": ("error", "not_found", "There is no bob.")}
        shown = self.on_terminal(["service", "remove", "HTTP/alias"], (b"HTTP/alias (it is HTTP/www.example.com) for good?", b"n\n"))
        self.assertEqual(shown[0], FAILED)
        code, shown = self.on_terminal(["user", "remove", "bob"])
        self.assertEqual((code, b"There is no bob." in shown, b"for good" in shown), (REFUSED, True, False))
        self.admin.answers = {"user.revoke_key": {"name": "bob", "key": "K"}, "user.revoke_tokens": {"name": "bob"}}
        self.assertIn("revoked           key K", self.realm("user", "keys", "bob", "--revoke", "K")[1])
        self.assertIn("revoked           all tokens of bob", self.realm("user", "keys", "bob", "--revoke-tokens")[1])
        self.assertIn("removed           HTTP/x", self.realm("service", "remove", "HTTP/alias", "--yes", answer={"name": "HTTP/x"})[1])

    def test_keytabs(self):
        self.admin.answers["service.keytab"] = lambda _: {"keytab": base64.b64encode(KEYTAB).decode(), "kvno": 2, "entries": 4}
        for length in (99, 100, 101):
            globals()["KEYTAB"] = b"\x05\x02" + os.urandom(length)
            file = self.path(f"{length}.keytab")
            code, output, errors = self.realm("service", "keytab", "HTTP/x", "-o", file)
            self.assertEqual((code, errors), (DONE, ""))
            with open(file, "rb") as opened:
                self.assertEqual(opened.read(), KEYTAB)
            self.assertEqual(stat.S_IMODE(os.stat(file).st_mode), 0o600)
        output = self.realm("service", "keytab", "HTTP/x", "--json", "-o", self.path("json.keytab"))[1]
        self.assertEqual(json.loads(output), {"kvno": 2, "entries": 4})

    def test_a_read_only_domain_controllers_key(self):
        rodc = {"name": "krbtgt_40000", "number": 40000, "kvno": 40000 << 16 | 2, "version": 2, "created": 1801353600,
                "key_changed": 1801353600, "allowed": ["remote", "staff"], "denied": []}
        reply = {**rodc, "keytab": base64.b64encode(KEYTAB).decode()}
        self.admin.answers = {"rodc.add": reply, "rodc.rotate": reply, "rodc.set": rodc}
        file = self.path("new.keytab")
        code, output, errors = self.realm("ad", "rodc", "add", "40000", "--allow", "remote", "--allow", "staff", "-o", file)
        self.assertEqual((code, errors), (DONE, ""))
        for text in ("allowed groups    remote, staff", "denied groups     -", f"keytab            {file}", "2621440002 (-1673527294)"):
            self.assertIn(text, output)
        self.assertEqual(self.admin.requests[-1]["arguments"], {"name": "40000", "allow": ["remote", "staff"]})
        with open(file, "rb") as opened:
            self.assertEqual(opened.read(), KEYTAB)
        self.assertEqual(stat.S_IMODE(os.stat(file).st_mode), 0o600)
        self.admin.requests.clear()
        self.assertEqual(self.realm("ad", "rodc", "rotate", "40000", "-o", file)[0], FAILED)
        self.assertEqual(self.admin.requests, [])  # no key has left the service
        code, _, errors = self.realm("ad", "rodc", "rotate", "40000", "-o", self.path("none/file"))
        self.assertEqual((code, "the new key of krbtgt_40000 is lost" in errors), (FAILED, True), errors)
        self.assertIn("ferryman realm ad rodc rotate 40000 -o FILE", errors)
        output = self.realm("ad", "rodc", "rotate", "40000", "--forget-former", "--yes", "--json", "-o", self.path("json.keytab"))[1]
        self.assertEqual(json.loads(output), rodc)
        self.assertEqual(self.admin.requests[-1]["arguments"], {"name": "40000", "forget_former": True})
        self.assertEqual(self.realm("ad", "rodc", "rotate", "1", "--forget-former", "-o", self.path("x"), stdin=b"y\n")[0], USAGE)
        self.assertEqual(self.realm("ad", "rodc", "set", "40000", "--deny", "a", "--remove-allow", "b")[0], DONE)
        self.assertEqual(self.admin.requests[-1], {**self.admin.requests[-1], "command": "rodc.set",
                                                   "arguments": {"name": "40000", "deny": ["a"], "remove_allow": ["b"]}})
        self.admin.answers = {"rodc.list": {"rodcs": [rodc], "next": ""}, "rodc.show": rodc, "rodc.remove": {"name": "krbtgt_40000"}}
        self.assertIn("krbtgt_40000          2  2027-01-31T00:00:00Z  remote, staff", self.realm("ad", "rodc", "list")[1])
        self.assertEqual(self.on_terminal(["ad", "rodc", "remove", "40000"], (b"controller 40000 (it is krbtgt_40000) for good?", b"n\n"))[0], FAILED)
        self.assertIn("krbtgt_40000", self.realm("ad", "rodc", "remove", "40000", "--yes")[1])
        self.admin.answers = {"rodc.show": ("error", "not_found", "There is none.")}
        self.assertIn("ferryman realm ad rodc list", self.realm("ad", "rodc", "show", "7")[2])

    def test_a_keytab_is_never_written_over_a_file(self):
        file, link = self.path("there"), self.path("link")
        with open(file, "w") as opened:
            opened.write("before")
        os.symlink(self.path("elsewhere"), link)
        for name in (file, link):
            code, _, errors = self.realm("service", "keytab", "HTTP/x", "-o", name)
            self.assertEqual((code, "is there already" in errors), (FAILED, True), errors)
        self.assertEqual(self.admin.requests, [])  # no keys have left the service
        with open(file) as opened:
            self.assertEqual(opened.read(), "before")
        self.assertFalse(os.path.exists(self.path("elsewhere")))
        self.assertEqual(self.realm("service", "keytab", "x", "-o", self.path("none/file"), answer={"keytab": "AAAA", "kvno": 1, "entries": 1})[0], FAILED)
        for keytab in ("", "A", "!!!!", 1, None):
            self.assertEqual(self.realm("service", "keytab", "x", "-o", self.path("new"), answer={"keytab": keytab, "kvno": 1, "entries": 1})[0], FAILED)
        self.assertEqual(glob.glob(self.path("new*")), [])


class InitTest(Directory):
    def command(self, *more, realm="CLOUD.TEST", tenant="example", url="https://gateway.test", user=USER.pw_name):
        options = ["--name", realm, "--tenant", tenant, "--url", url, "-c", self.path("etc/realm.toml"),
                   "--master-key", "file:" + self.path("etc/master.key"), "--database", self.path("state/realm.db")]
        return [self.ferryman, "realm", "init", *options, *(["--user", user] if user else []), *more]

    def init(self, *more, **options):
        return self.run_command(self.command(*more, **options))

    def assert_made(self):
        code, output, errors = self.init()
        self.assertEqual((code, errors), (DONE, ""))
        return output

    def content(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def owners(self):
        return {os.path.relpath(path, self.directory): (os.stat(path).st_uid, stat.S_IMODE(os.stat(path).st_mode))
                for path in glob.glob(self.path("*/**"), recursive=True)}

    def test_what_is_made_is_the_services(self):
        output = self.assert_made()
        uid = USER.pw_uid
        self.assertEqual(self.owners(), {"etc": (0, 0o755), "etc/realm.toml": (0, 0o644), "etc/master.key": (uid, 0o600),
                                         "state": (uid, 0o700), "state/realm.db": (uid, 0o600)})
        for text in ("systemctl", "[tls]", "allow_unarmored_password = true", "[local]", '[realms."CLOUD.TEST"]', "user add", "keytab"):
            self.assertIn(text, output)
        self.assertRegex(self.content("etc/master.key"), rb"\A[0-9a-f]{64}\n\Z")

    def test_a_second_time_says_that_all_is_there(self):
        self.assert_made()
        before = [self.content(name) for name in ("etc/realm.toml", "etc/master.key", "state/realm.db")]
        output = self.assert_made()
        self.assertIn("Everything is there already", output)
        self.assertNotIn("made ", output)
        self.assertEqual([self.content(name) for name in ("etc/realm.toml", "etc/master.key", "state/realm.db")], before)
        self.assertNotIn((0, 0o600), self.owners().values())

    def test_a_realm_toml_that_says_otherwise(self):
        self.assert_made()
        before = self.content("etc/realm.toml")
        for key, options in (("name", {"realm": "OTHER.TEST"}), ("default_tenant", {"tenant": "other"}), ("url", {"url": "https://x"})):
            code, _, errors = self.init(**options)
            self.assertEqual((code, key + " = " in errors, "To begin again" in errors), (USAGE, True, True), errors)
        command = self.command()
        command[command.index("--database") + 1] = self.path("other.db")
        code, _, errors = self.run_command(command)
        self.assertEqual((code, "database = " in errors), (USAGE, True), errors)
        self.assertEqual(self.content("etc/realm.toml"), before)
        self.assertFalse(os.path.exists(self.path("other.db")))
        with open(self.path("etc/realm.toml"), "a") as file:
            file.write("colour = 1\n")
        code, _, errors = self.init()
        self.assertEqual((code, ":9:1: unknown key \"colour\"" in errors), (USAGE, True), errors)

    def test_a_realm_in_small_letters_is_warned_of(self):
        code, output, errors = self.init(realm="cloud.test")
        self.assertEqual((code, "made " in output, "CLOUD.TEST" in errors, "cannot be changed later" in errors), (DONE, True, True, True), errors)

    def test_without_realm_toml_the_database_must_agree(self):
        self.assert_made()
        os.unlink(self.path("etc/realm.toml"))
        code, _, errors = self.init(realm="OTHER.TEST")
        self.assertEqual((code, "CLOUD.TEST" in errors, "To begin again" in errors), (FAILED, True, True), errors)
        self.assertFalse(os.path.exists(self.path("etc/realm.toml")))
        self.assertIn("made      " + self.path("etc/realm.toml"), self.assert_made())

    def test_a_filled_database_gets_no_further_tenant(self):
        self.assert_made()
        os.unlink(self.path("etc/realm.toml"))
        code, _, errors = self.init(tenant="exmaple")
        self.assertEqual((code, "has the tenant example, and none of the name exmaple" in errors, "Say --tenant example" in errors),
                         (FAILED, True, True), errors)
        self.assertFalse(os.path.exists(self.path("etc/realm.toml")))
        with contextlib.closing(sqlite3.connect(self.path("state/realm.db"))) as connection:
            self.assertEqual(connection.execute("SELECT count(*) FROM tenants").fetchone(), (1,))
        self.assert_made()

    def test_a_key_that_is_there_is_taken(self):
        os.mkdir(self.path("etc"))
        key = self.path("etc/master.key")
        with open(key, "w") as file:
            file.write("ab" * 32 + "\n")
        os.chmod(key, 0o600)
        code, _, errors = self.init()  # it is root's
        self.assertEqual((code, "cannot be read" in errors, "belongs to root" in errors, f"chown {USER.pw_name} " in errors),
                         (FAILED, True, True, True), errors)
        os.chown(key, USER.pw_uid, -1)
        self.assertIn("is there  " + key, self.assert_made())
        self.assertEqual(self.content("etc/master.key"), b"ab" * 32 + b"\n")
        with open(key, "w") as file:
            file.write("cd" * 32 + "\n")
        code, _, errors = self.init()
        self.assertEqual((code, "database was made with" in errors), (FAILED, True), errors)

    def test_no_new_key_is_made_for_a_database(self):
        self.assert_made()
        os.unlink(self.path("etc/master.key"))
        code, _, errors = self.init()
        self.assertEqual((code, "Put the key back" in errors), (FAILED, True), errors)
        self.assertFalse(os.path.exists(self.path("etc/master.key")))

    def test_no_link_is_followed_as_root(self):
        os.mkdir(self.path("state"), 0o700)
        os.chown(self.path("state"), USER.pw_uid, USER.pw_gid)
        os.symlink(self.path("target"), self.path("state/realm.db"))
        os.mkdir(self.path("etc"))
        self.assertEqual(self.init()[0], FAILED)
        os.unlink(self.path("state/realm.db"))
        os.symlink(self.path("target"), self.path("state/master.key"))
        command = self.command()
        command[command.index("--master-key") + 1] = "file:" + self.path("state/master.key")
        self.assertEqual(self.run_command(command)[0], FAILED)
        self.assertFalse(os.path.exists(self.path("target")))

    def test_whoever_is_not_root_sets_up_for_himself(self):
        os.chmod(self.directory, 0o777)
        code, _, errors = self.run_command(as_user(*self.command(user=None)))
        self.assertEqual((code, errors), (DONE, ""))
        self.assertEqual({owner for owner, _ in self.owners().values()}, {USER.pw_uid})
        self.assertEqual(self.run_command(as_user(*self.command(user="root")))[0], USAGE)

    def test_usage(self):
        for options, text in (({"realm": "A/B"}, "name"), ({"url": "http://x"}, "url"), ({"tenant": "common"}, "tenant"),
                              ({"tenant": ""}, "--tenant"), ({"user": "no-such-user"}, "no-such-user")):
            code, _, errors = self.init(**options)
            self.assertEqual((code, text in errors), (USAGE, True), errors)
        self.assertEqual(self.init("--json")[0], USAGE)
        self.assertEqual(self.owners(), {})

    def in_mount(self, script):
        result = subprocess.run(["unshare", "--mount", "sh", "-ec", script, "sh", self.path("state"), *self.command()],
                                capture_output=True, text=True, timeout=60)
        return result.returncode, result.stdout + result.stderr

    def test_a_directory_that_cannot_be_written(self):
        os.mkdir(self.path("state"))
        os.chown(self.path("state"), USER.pw_uid, USER.pw_gid)
        code, text = self.in_mount('mount -t tmpfs -o ro tmpfs "$1"; shift; exec "$@"')
        self.assertEqual((code, "cannot create the database" in text, "call this again" in text), (FAILED, True, True), text)
        self.assert_made()

    def test_a_full_disk(self):
        os.mkdir(self.path("state"))
        for size in (4, 16, 64, 128, 200):
            code, text = self.in_mount(
                f'mount -t tmpfs -o size={size}k,uid={USER.pw_uid},mode=700 tmpfs "$1"; state=$1; shift; code=0; "$@" || code=$?; '
                'mount -o remount,size=10m "$state"; "$@" >&2; test -f etc/realm.toml || test -f "$(dirname "$state")/etc/realm.toml"; exit $code')
            self.assertIn(code, (DONE, FAILED) if size >= 128 else (FAILED,), (size, text))
            self.assertIn("Next:", text)
            shutil.rmtree(self.path("etc"))

    def test_killed_at_any_moment_it_can_be_called_again(self):
        began = time.monotonic()
        self.assert_made()
        whole = time.monotonic() - began
        for i in range(40):
            for name in ("etc", "state"):
                shutil.rmtree(self.path(name), True)
            child = subprocess.Popen(self.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
            time.sleep(random.uniform(0, whole))
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            with self.subTest(i):
                self.assert_made()
                self.assertIn("Everything is there already", self.assert_made())


class RealServiceTest(Directory):
    """What init makes is served, and everything is done by the commands."""

    def setUp(self):
        super().setUp()
        self.service = self.path("ferryman-realm")
        shutil.copy(REALM, self.service)
        os.mkdir(self.path("run"))
        os.chown(self.path("run"), USER.pw_uid, USER.pw_gid)
        self.config = self.path("realm.toml")
        with open(self.config, "w") as file:
            file.write(f'''[realm]
name = "CLOUD.TEST"
url = "https://gateway.test"
default_tenant = "example"
database = "{self.path("state/realm.db")}"
master_key = "file:{self.path("master.key")}"
[service]
front = "{self.path("run/front.sock")}"
front_user = "nobody"
admin = "{self.path("run/admin.sock")}"
admin_group = "games"
''')
        self.realm("init", "--name", "CLOUD.TEST", "--tenant", "example", "--url", "https://gateway.test", "--user", USER.pw_name)
        self.addCleanup(lambda: self.process.stop_and_check())
        self.start()

    def start(self):
        self.process = Process(as_user(self.service, "-c", self.config), self.path("log"), env={"ASAN_OPTIONS": "detect_leaks=0", "NOTIFY_SOCKET": ""})
        wait_for(lambda: os.path.exists(self.path("run/admin.sock")) or not self.process.alive(), "ferryman-realm")
        self.assertTrue(self.process.alive(), self.process.text())

    def realm(self, *words, expected=DONE, stdin=b"", run_as=()):
        code, output, errors = self.run_command([*run_as, self.ferryman, "realm", *words, "-c", self.config], stdin)
        self.assertEqual(code, expected, (words, output, errors))
        return output if code == DONE else errors

    def test_a_realm_is_administered(self):
        password = b"correct horse battery staple 7\n"
        self.assertIn("[password]", self.realm("user", "add", "eve", "--password-stdin", stdin=b"password1234\n", expected=REFUSED))
        self.realm("user", "add", "alice", "--upn", "alice@cloud.test", "--expires", "2999-01-31", "--password-stdin", stdin=password)
        self.assertIn('"ALICE" is there already, as "alice"', self.realm("user", "add", "ALICE", expected=REFUSED))
        alice = json.loads(self.realm("user", "show", "alice", "--json"))
        self.assertEqual((alice["upns"], alice["kvno"], alice["expires"]), (["alice@cloud.test"], 1, 32474736000))
        for i in range(120):
            self.realm("user", "add", f"u{i:03}")
        self.assertEqual(len(self.realm("user", "list").splitlines()), 122)
        self.assertEqual(len(json.loads(self.realm("user", "list", "--json"))["users"]), 121)
        self.realm("user", "set", "u000", "--rename", "bob", "--uid", "5000", "--sensitive", "--expires", "never")
        self.assertIn("sensitive", self.realm("user", "show", "bob"))
        self.assertIn("disabled", self.realm("user", "disable", "bob"))
        self.assertIn("no password", self.realm("user", "enable", "bob"))
        self.realm("user", "password", "bob", "--password-stdin", "--must-change", stdin=password)
        self.realm("user", "unlock", "bob")
        self.realm("group", "add", "Staff", "--gid", "6000")
        for name in ("alice", "bob"):
            self.realm("group", "join", "Staff", name)
        self.assertEqual(sorted(json.loads(self.realm("group", "show", "Staff", "--json"))["members"]), ["alice", "bob"])
        self.realm("group", "leave", "Staff", "bob")
        self.assertNotIn("bob", self.realm("group", "show", "Staff"))
        self.realm("user", "remove", "bob", "--yes")
        self.assertIn("user list", self.realm("user", "show", "bob", expected=REFUSED))
        self.realm("user", "show", "alice", "--tenant", "nobody", expected=REFUSED)
        self.assertIn("user removed", self.realm("events", "--user", "bob"))
        self.assertIn("CLOUD.TEST", self.realm("status"))

    def test_a_keytab_is_one(self):
        self.realm("service", "add", "HTTP/www.cloud.test", "--spn", "HTTP/www")
        self.realm("service", "set", "HTTP/www.cloud.test", "--add-spn", "host/www.cloud.test")
        self.assertIn("HTTP/www.cloud.test", self.realm("service", "find", "cifs/www.cloud.test"))
        file = self.path("http.keytab")
        self.realm("service", "keytab", "HTTP/www", "-o", file)
        listed = subprocess.run(["klist", "-kte", file], capture_output=True, text=True, check=True).stdout
        for name in ("HTTP/www.cloud.test@CLOUD.TEST", "HTTP/www@CLOUD.TEST", "host/www.cloud.test@CLOUD.TEST", "aes256-cts-hmac-sha1-96"):
            self.assertIn(name, listed)
        self.assertIn("service.keytab", self.realm("events"))
        self.realm("service", "remove", "HTTP/www", "--yes")
        self.assertEqual(json.loads(self.realm("service", "list", "--json"))["services"], [])

    def database_files(self):
        return sorted(os.listdir(self.path("state")))

    def test_a_backup_is_restored(self):
        self.realm("user", "add", "alice")
        file, database = self.path("backup.db"), self.path("state/realm.db")
        self.assertIn("octets, verified", self.realm("backup", file, "--verify"))
        status = os.stat(file)
        self.assertEqual((status.st_mode & 0o7777, status.st_uid), (0o600, 0))
        self.assertEqual(set(self.database_files()) - {"realm.db-wal", "realm.db-shm"}, {"realm.db"})
        self.assertIn("backup.begin", self.realm("events"))
        self.realm("user", "add", "bob")
        self.assertIn("systemctl stop", self.realm("restore", file, expected=FAILED))
        self.process.stop_and_check()
        output = self.realm("restore", file)
        kept = re.search("kept +(.*)", output)[1]
        status = os.stat(database)
        self.assertEqual((status.st_mode & 0o7777, status.st_uid, status.st_gid), (0o600, USER.pw_uid, USER.pw_gid))
        self.assertEqual(self.database_files(), sorted(["realm.db", os.path.basename(kept)]))
        self.start()
        self.realm("user", "show", "alice")
        self.realm("user", "show", "bob", expected=REFUSED)
        self.process.stop_and_check()
        self.realm("restore", kept)
        self.start()
        self.realm("user", "show", "bob")

    def test_what_is_not_restored(self):
        file, database = self.path("backup.db"), self.path("state/realm.db")
        self.realm("tenant", "add", "second")
        self.realm("backup", file)
        self.process.stop_and_check()
        with open(database, "rb") as stream:
            before = stream.read()
        with open(file, "rb") as stream:
            octets = stream.read()
        copies = {"cut": octets[:len(octets) // 2], "none": b"", "other": b"x" * 5000}
        for name, contents in copies.items():
            with open(self.path(name), "wb") as stream:
                stream.write(contents)
        shutil.copy(file, self.path("no-key"))
        with contextlib.closing(sqlite3.connect(self.path("no-key"))) as connection:
            connection.execute("UPDATE keys SET sealed = zeroblob(60)"
                               " WHERE tenant = (SELECT id FROM tenants WHERE name = 'second')")
            connection.commit()
        for name in (*copies, "no-key", "missing"):
            self.realm("restore", self.path(name), expected=FAILED)
            with open(database, "rb") as stream:
                self.assertEqual(stream.read(), before, name)
        for name in ("none", "other", "state"):
            errors = self.realm("restore", self.path(name), expected=FAILED)
            self.assertIn(f"{self.path(name)} is no backup of a realm", errors)
            self.assertNotIn("master_key", errors)
        with open(self.path("master.key"), "w") as stream:
            stream.write("00" * 32 + "\n")
        self.assertIn("master_key", self.realm("restore", file, expected=FAILED))
        self.assertEqual(self.database_files(), ["realm.db"])

    def test_who_may_verify(self):
        games = ["setpriv", "--reuid=54321", "--regid=54321", f"--groups={grp.getgrnam('games').gr_gid}", "--"]
        os.mkdir(self.path("theirs"))
        os.chown(self.path("theirs"), 54321, 54321)
        self.realm("backup", self.path("theirs/backup.db"), run_as=games)
        self.assertEqual(os.stat(self.path("theirs/backup.db")).st_uid, 54321)
        errors = self.realm("backup", self.path("theirs/second.db"), "--verify", run_as=games, expected=FAILED)
        self.assertIn("Call this as root", errors)
        self.assertIn("written, but not verified", errors)
        self.realm("restore", self.path("theirs/backup.db"), run_as=games, expected=FAILED)
        self.assertIn("verified", self.realm("backup", self.path("run/own.db"), "--verify", run_as=as_user()))

    def refused_start(self, *prefix, command=None):
        command = command or as_user(self.service, "-c", self.config)
        result = subprocess.run([*prefix, *command], capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, 2, result.stderr)
        return result.stderr

    def test_a_start_that_fails_says_what_to_do(self):
        self.process.stop_and_check()
        database, key = self.path("state/realm.db"), self.path("master.key")
        self.assertIn("start ferryman-realm as " + USER.pw_name, self.refused_start(command=[self.service, "-c", self.config]))
        for path, mode in ((database, 0o600), (self.path("state"), 0o700), (key, 0o600)):
            os.chown(path, 0, 0)
            text = self.refused_start()
            self.assertIn(f'{path} belongs to root, with mode {mode:04o}, and this runs as {USER.pw_name}: "chown {USER.pw_name} {path}"', text)
            self.assertNotIn("init", text)
            os.chown(path, USER.pw_uid, USER.pw_gid)
        full = ("unshare", "--mount", "sh", "-ec", 'cp -a "$1" "$1.copy"; mount -t tmpfs -o size=1m,mode=700 tmpfs "$1"; cp -a "$1.copy/." "$1"; '
                'chown --reference "$1.copy" "$1"; dd if=/dev/zero of="$1/fill" bs=4k 2>/dev/null || true; shift; exec "$@"', "sh", self.path("state"))
        self.assertIn("no space is left on the disk of the database", self.refused_start(*full))
        os.rmdir(self.path("run")) if not os.listdir(self.path("run")) else shutil.rmtree(self.path("run"))
        text = self.refused_start()
        self.assertIn("RuntimeDirectory=", text)
        self.assertIn(f'mkdir {self.path("run")} && chown {USER.pw_name} ', text)
        os.unlink(database)
        self.assertIn("there is no database " + database, self.refused_start())
        self.assertIn("`ferryman realm init` makes one", self.refused_start())

    def test_a_database_that_cannot_be_written_is_told_at_start(self):
        self.process.stop_and_check()
        database = self.path("state/realm.db")
        os.chmod(database, 0o400)
        self.start()
        wait_for(lambda: "no change can be made" in self.process.text() or not self.process.alive(), "a warning")
        text = self.process.text()
        self.assertIn(f'chmod u+rw {database}"', text)

    def test_who_may(self):
        games = ["setpriv", "--reuid=54321", "--regid=54321", f"--groups={grp.getgrnam('games').gr_gid}", "--"]
        self.realm("status", run_as=games)
        self.assertIn("ferryman-admin", self.realm("status", run_as=[*games[:3], "--clear-groups", "--"], expected=REFUSED))


if __name__ == "__main__":
    unittest.main()
