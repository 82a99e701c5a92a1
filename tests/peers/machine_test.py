"""A computer knows the users of a realm who may log on to it: systemd's userdb and nss-systemd; `ferryman machine check`."""
import json
import re
import socket
import unittest

from lib.machine import ACTIVATED, write
from lib.machine_scenario import PIN, WRONG_PIN, MachineScenario


class UsersTest(MachineScenario):
    def test_the_system_knows_her(self):
        record = self.machine.run("getent", "passwd", "alice").stdout.strip().split(":")
        shown = json.loads(self.kdc.admin("user", "show", "alice", "--json").stdout)
        self.assertEqual(record[:4], ["alice", "x", str(shown["uid"]), str(shown["gid"])])
        self.assertEqual(record[5:], ["/home/alice", "/bin/bash"])
        self.assertEqual(self.machine.run("getent", "passwd", str(shown["uid"])).stdout.split(":")[0], "alice")
        groups = self.machine.run("id", "-Gn", "alice").stdout
        for name in ("engineers", "sudo", "Server Admins", "Domain Users"):
            self.assertIn(name, groups)
        self.assertIn("alice", self.machine.run("getent", "group", "engineers").stdout)

    def test_who_may_not_log_on_is_unknown_at_once(self):
        for name in ("bob", "mallory", "machine-1"):
            result = self.machine.run("timeout", "10", "getent", "passwd", name, check=False)
            self.assertEqual(result.returncode, 2, name)

    def test_what_changes_is_seen_after_a_refresh(self):
        self.machine.ferryman("machine", "refresh")
        self.kdc.admin("group", "join", "engineers", "bob")
        self.machine.ferryman("machine", "refresh")
        self.assertIn("engineers", self.machine.run("id", "-Gn", "bob").stdout)
        self.kdc.admin("group", "leave", "engineers", "bob")
        self.machine.ferryman("machine", "refresh")
        self.assertEqual(self.machine.run("id", "bob", check=False).returncode, 1)

    def test_a_machine_that_is_no_reader_learns_nothing(self):
        self.kdc.admin("group", "leave", "Directory Readers", "machine-1")
        try:
            refused = self.machine.ferryman("machine", "refresh", check=False)
        finally:
            self.kdc.admin("group", "join", "Directory Readers", "machine-1")
        self.assertEqual(refused.returncode, 3)
        self.assertIn("Directory Readers", refused.stderr)
        self.machine.run("id", "alice")  # as it was

    def connect(self):
        link = socket.socket(socket.AF_UNIX)
        link.settimeout(20)
        link.connect(self.machine.root + ACTIVATED)
        return link

    def ask(self, link, name):
        link.sendall(json.dumps({"method": "io.systemd.UserDatabase.GetUserRecord",
                                 "parameters": {"userName": name, "service": "io.ferryman.Users"}}).encode() + b"\0")
        answer = b""
        while not answer.endswith(b"\0"):
            part = link.recv(4096)
            if not part:
                return None
            answer += part
        return json.loads(answer[:-1])

    def test_hostile_clients_cost_others_nothing(self):
        with self.connect() as honest:
            self.assertEqual(self.ask(honest, "alice")["parameters"]["record"]["userName"], "alice")
            for text in (b"x" * 100_000, b"not JSON\0", b"[]\0", b'{"method":1}\0', b"\0" * 1000):
                with self.connect() as hostile:
                    try:
                        hostile.sendall(text)
                        self.assertEqual(hostile.recv(1), b"")
                    except (ConnectionResetError, BrokenPipeError):
                        pass
            with self.connect() as half:
                half.sendall(b'{"method":')
                many = [self.connect() for _ in range(500)]
                self.machine.run("id", "alice")
                for link in many:
                    link.close()
        with self.connect() as pipelined:
            pipelined.sendall(b'{"method":"a.b.C"}\0' * 50)
            got = b""
            while got.count(b"\0") < 50:
                got += pipelined.recv(65536)
        self.assertTrue(self.machine.users.alive(), self.machine.users.text())


class CheckTest(MachineScenario):
    """What is wrong is said, one thing after the other, until nothing is."""

    @classmethod
    def set_up(cls):
        pass

    def check(self, user="alice", lines=()):
        """lines: what the logon is answered; none: it is not tried but for the account rules."""
        result = self.machine.ferryman("machine", "check", user, *(["--pin-stdin"] if lines else []), check=False,
                                       stdin="".join(line + "\n" for line in lines))
        wrong = re.search(r"WRONG +([^:\n]*)", result.stdout)
        self.assertEqual(result.returncode, 1 if wrong else 0, result.stdout + result.stderr)
        return wrong[1].strip() if wrong else None

    def test_each_in_turn(self):
        self.assertEqual(self.check(), "configuration")
        self.configure()
        self.assertEqual(self.check(), "this machine's key")
        self.kdc.add_user("machine-1", "Turmoil-Viaduct-92x")
        self.machine.ferryman("machine", "join", "--user", "machine-1", "--code-stdin", stdin=self.code("machine-1") + "\n")
        self.assertEqual(self.check(), "gateway and clock")
        self.kdc.admin("group", "join", "Directory Readers", "machine-1")
        self.assertEqual(self.check("bob"), "may log on")
        self.assertEqual(self.check(), "userdb socket")
        self.machine.start_users()
        with open(self.machine.etc("nsswitch.conf")) as file:
            good = file.read()
        write(self.machine.etc("nsswitch.conf"), good.replace(" systemd", ""))
        self.assertEqual(self.check(), "getent passwd")
        write(self.machine.etc("nsswitch.conf"), good.replace("shadow: files systemd", "shadow: files"))
        self.assertEqual(self.check(), "getent passwd")
        write(self.machine.etc("nsswitch.conf"), good.replace("group: files systemd", "group: files"))
        self.assertEqual(self.check(), "groups")
        write(self.machine.etc("nsswitch.conf"), good)
        self.assertEqual(self.check(), "PAM")
        self.machine.enable_pam("ferryman")
        self.assertEqual(self.check(), "home")
        self.machine.enable_pam("mkhomedir")
        self.assertIsNone(self.check())
        self.assertIsNone(self.check(lines=(self.code(), PIN, PIN)))
        self.assertIsNone(self.check(lines=(PIN,)))
        self.assertEqual(self.check(lines=(WRONG_PIN,)), "a logon")
        account = self.machine.etc("pam.d/common-account")
        with open(account) as file:
            good = file.read()
        write(account, "account requisite pam_deny.so\n" + good)
        self.assertEqual(self.check(), "a logon")
        write(account, good)
        self.assertIsNone(self.check())
        self.assertIn("alice", self.machine.ferryman("machine", "status").stdout)


if __name__ == "__main__":
    unittest.main()
