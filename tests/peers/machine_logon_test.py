"""They log on by a key and its PIN: Debian's PAM stack as pam-auth-update makes it, with pamtester."""
import fcntl
import os
import time
import unittest

from lib.machine import LOCAL_PASSWORD, LOCAL_USER, write
from lib.machine_scenario import ALLOW, NEW_PIN, PIN, WRONG_PIN, MachineScenario
from lib.proc import wait_for
from lib.swtpm import Swtpm


class LogonTest(MachineScenario):
    def test_the_first_logon_takes_a_code_and_the_next_ones_a_pin(self):
        self.enrolled()
        said = self.assert_logs_on("alice", PIN)
        self.assertNotIn("without a ticket", said)
        owner = os.stat(self.cache())
        self.assertEqual((owner.st_uid, owner.st_mode & 0o777), (int(self.cache().rsplit("_", 1)[1]), 0o600))
        self.assertIn("alice@CLOUD.TEST", self.machine.run("klist", "-c", self.cache()).stdout)
        self.assertIn("wrong PIN", self.assert_is_refused("alice", WRONG_PIN))
        self.assert_logs_on("alice", PIN)

    def test_a_code_is_her_own_and_good_once(self):
        self.machine.ferryman("machine", "forget", "alice")
        self.assert_is_refused("alice", self.code("bob"), PIN, PIN)
        self.assert_is_refused("alice", "no code")
        code = self.code()
        self.assert_is_refused("alice", code, "short", "short", "short")
        self.assert_logs_on("alice", code, "short", PIN, WRONG_PIN, PIN, PIN)
        self.machine.ferryman("machine", "forget", "alice")
        self.assert_is_refused("alice", code, PIN, PIN)

    def test_a_code_in_place_of_a_pin_that_is_forgotten(self):
        self.enrolled()
        self.assert_is_refused("alice", "ABCD-EFGH-2345-6789", NEW_PIN, NEW_PIN)
        self.assert_logs_on("alice", PIN)
        self.assert_logs_on("alice", self.code(), NEW_PIN, NEW_PIN)
        self.assert_is_refused("alice", PIN)
        self.assert_logs_on("alice", NEW_PIN)

    def test_wrong_pins_are_counted(self):
        self.configure(self.more + 'wrong_pins = 2\n')
        self.addCleanup(self.configure)
        self.enrolled()
        for _ in range(2):
            self.assertIn("wrong PIN", self.assert_is_refused("alice", WRONG_PIN))
        self.assertIn("Too many wrong PINs", self.assert_is_refused("alice", PIN))
        self.assert_logs_on("alice", self.code(), PIN, PIN)

    def test_wrong_pins_are_counted_whatever_the_caller_has_limited(self):
        self.configure(self.more + 'wrong_pins = 2\n')
        self.addCleanup(self.configure)
        self.enrolled()
        for limit in ("--fsize=0:unlimited", "--nproc=1:"):
            code, said = self.machine.pam("alice", "authenticate", answers=(WRONG_PIN,), prefix=("prlimit", limit, "--"))
            self.assertNotEqual(code, 0)
            self.assertIn("wrong PIN", said)
        self.assertIn("Too many wrong PINs", self.assert_is_refused("alice", PIN))

    def test_who_waits_at_the_prompt_has_not_waited_a_pause(self):
        self.configure(self.more + 'wrong_pins = 1\n')
        self.addCleanup(self.configure)
        self.enrolled()
        waiting = []
        for _ in range(3):
            second = int(time.time())
            waiting.append(self.machine.waiting_pam("alice", "PIN of alice"))
            wait_for(lambda: int(time.time()) > second, "another second")
        said = [logon.communicate(WRONG_PIN + "\n", timeout=90)[0] for logon in reversed(waiting)]
        self.assertIn("wrong PIN", said[0])
        for later in said[1:]:
            self.assertIn("Too many wrong PINs", later)
        self.assertIn("Too many wrong PINs", self.assert_is_refused("alice", PIN))

    def test_what_was_killed_leaves_nothing(self):
        self.enrolled()
        users = self.machine.path("lib/ferryman-logon/users")
        own = self.machine.run("id", "-u", "alice").stdout.strip()
        child = os.spawnlp(os.P_NOWAIT, "true", "true")
        os.waitpid(child, 0)  # nobody has its number now
        left = [os.path.join(users, f"{own}-new-{child}"), os.path.join(users, own, f"ticket-{child}")]
        os.mkdir(left[0])
        write(left[1], "tickets", 0o600)
        self.machine.run("chown", "-R", "ferryman-logon:", "/var/lib/ferryman-logon/users")
        self.assert_logs_on("alice", PIN)
        for path in left:
            self.assertFalse(os.path.exists(path), path)

    def test_a_name_that_nobody_knows_at_the_moment_is_denied(self):
        """The account rule alone, as it stands behind others that have let her in."""
        self.enrolled()
        with open(self.machine.etc("pam.d/common-account")) as rules, open(self.machine.etc("pam.d/bare"), "w") as file:
            (rule,) = [line for line in rules if "pam_ferryman" in line]
            file.write(rule + "account required pam_permit.so\n")
        self.assertEqual(self.machine.pam("alice", "acct_mgmt", service="bare")[0], 0)
        config = self.machine.etc("ferryman/machine.toml")
        os.rename(config, config + ".off")
        try:
            self.assertEqual(self.machine.run("getent", "passwd", "alice", check=False).returncode, 2)
            self.assertNotEqual(self.machine.pam("alice", "acct_mgmt", service="bare")[0], 0)
            self.assertEqual(self.machine.pam(LOCAL_USER, "acct_mgmt", service="bare")[0], 0)
        finally:
            os.rename(config + ".off", config)
        self.assertEqual(self.machine.pam("alice", "acct_mgmt", service="bare")[0], 0)

    def test_a_join_that_fails_leaves_the_one_before(self):
        said = self.machine.ferryman("machine", "join", "--user", "machine-1", "--code-stdin", stdin="AAAA-BBBB-2222-3333\n", check=False)
        self.assertNotEqual(said.returncode, 0)
        self.machine.ferryman("machine", "refresh")

    def test_a_join_that_finds_another_at_work_uses_no_code_up(self):
        code = self.code("machine-1")
        join = ("machine", "join", "--user", "machine-1", "--code-stdin")
        with open(self.machine.path("lib/ferryman-logon/machine/lock")) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            said = self.machine.ferryman(*join, stdin=code + "\n", check=False)
        self.assertNotEqual(said.returncode, 0)
        self.assertIn("locked", said.stderr)
        self.machine.ferryman(*join, stdin=code + "\n")
        self.machine.ferryman("machine", "refresh")

    def test_without_the_gateway_the_pin_will_do(self):
        self.enrolled()
        self.machine.run("rm", "-f", self.cache())
        firewall = self.without_gateway()
        self.assertIn("without a ticket", self.assert_logs_on("alice", PIN))
        self.assertFalse(os.path.exists(self.cache()))
        self.assertIn("wrong PIN", self.assert_is_refused("alice", WRONG_PIN))
        self.assertEqual(self.machine.run("timeout", "10", "getent", "passwd", "mallory", check=False).returncode, 2)
        self.configure(ALLOW)
        self.addCleanup(self.configure)
        self.assertIn(self.base, self.assert_is_refused("alice", PIN))
        firewall.open()
        self.assert_logs_on("alice", PIN)

    def test_a_tenant_forbids_it_without_the_gateway(self):
        self.enrolled()
        self.kdc.admin("tenant", "set", "example", "--no-offline-logon")
        self.addCleanup(self.machine.ferryman, "machine", "refresh")
        self.addCleanup(self.kdc.admin, "tenant", "set", "example", "--offline-logon")
        self.machine.ferryman("machine", "refresh")
        firewall = self.without_gateway()
        self.assertIn(self.base, self.assert_is_refused("alice", PIN))
        firewall.open()
        self.assert_logs_on("alice", PIN)

    def test_who_is_disabled_is_denied_and_who_has_left_the_group_too(self):
        self.enrolled()
        self.kdc.admin("user", "disable", "alice")
        try:
            self.machine.ferryman("machine", "refresh")
            code, said = self.machine.pam("alice", "acct_mgmt")
            self.assertNotEqual(code, 0, said)
            self.assert_is_refused("alice", PIN)
        finally:
            self.kdc.admin("user", "enable", "alice")
            self.machine.ferryman("machine", "refresh")
        self.enrolled()
        self.kdc.admin("group", "leave", "engineers", "alice")
        try:
            said = self.assert_is_refused("alice", PIN)
            self.assertIn("Permission denied", said)  # this logon has asked the server
            self.assertNotIn("PIN", self.assert_is_refused("alice", PIN), "the system does not know her any more")
        finally:
            self.kdc.admin("group", "join", "engineers", "alice")
            self.machine.ferryman("machine", "refresh")

    def test_a_local_user_is_not_touched(self):
        code, said = self.machine.pam(LOCAL_USER, "authenticate", "acct_mgmt", answers=[LOCAL_PASSWORD])
        self.assertEqual(code, 0, said)
        self.assertNotIn("PIN", said)
        self.assertNotEqual(self.machine.pam(LOCAL_USER, "authenticate", answers=["wrong"])[0], 0)
        os.rename(self.machine.etc("ferryman/machine.toml"), self.machine.etc("ferryman/machine.toml.away"))
        try:
            self.assertEqual(self.machine.pam(LOCAL_USER, "authenticate", "acct_mgmt", answers=[LOCAL_PASSWORD])[0], 0)
        finally:
            os.rename(self.machine.etc("ferryman/machine.toml.away"), self.machine.etc("ferryman/machine.toml"))

    def test_the_last_session_takes_the_tickets_along(self):
        self.enrolled()
        code, said = self.machine.pam("alice", "authenticate", "open_session", "close_session", answers=[PIN])
        self.assertEqual(code, 0, said)
        self.assertFalse(os.path.exists(self.cache()))
        self.assertTrue(os.path.isdir(self.machine.path("home/alice")))

    def test_tickets_in_a_collection(self):
        self.enrolled()
        config = self.machine.etc("krb5.conf")
        with open(config) as file:
            before = file.read()
        self.addCleanup(write, config, before)
        write(config, before.replace("[libdefaults]\n", "[libdefaults]\n default_ccache_name = DIR:/tmp/krb5cc_%{uid}.d\n", 1))
        caches = self.cache() + ".d"
        self.addCleanup(self.machine.run, "rm", "-rf", caches)
        self.assert_logs_on("alice", PIN)
        self.assertIn("alice@CLOUD.TEST", self.machine.run("klist", "-c", "DIR:" + caches).stdout)
        code, said = self.machine.pam("alice", "authenticate", "open_session", "close_session", answers=[PIN])
        self.assertEqual(code, 0, said)
        self.assertEqual(self.machine.run("klist", "-s", "-c", "DIR:" + caches, check=False).returncode, 1)


class TpmTest(MachineScenario):
    @classmethod
    def setUpClass(cls):
        cls.tpm = None
        super().setUpClass()

    @classmethod
    def set_up(cls):
        cls.tpm = cls.started(Swtpm(cls.directory))
        for name in (cls.tpm.directory, cls.tpm.socket, cls.tpm.socket + ".ctrl"):
            os.chmod(name, 0o777)
        cls.key_place = f'tcti = "{cls.tpm.tcti}"'
        super().set_up()

    def test_the_key_is_in_the_tpm_with_the_gateway_and_without(self):
        self.enrolled()
        self.assert_logs_on("alice", PIN)
        self.assertIn("wrong PIN", self.assert_is_refused("alice", WRONG_PIN))
        self.without_gateway()
        self.assertIn("without a ticket", self.assert_logs_on("alice", PIN))


if __name__ == "__main__":
    unittest.main()
