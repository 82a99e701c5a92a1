"""The master key is changed while a realm of our own is served: under load, ended at any moment, and by whom it may not be."""
import fcntl
import glob
import os
import random
import re
import shutil
import signal
import subprocess
import threading
import time
import unittest

from faults.own_realm_test import Changer, FaultScenario, Logger
from lib.forwarder import TOOL
from lib.own_realm import PASSWORDS
from lib.proc import wait_for
from lib.realm import USER


class MasterKeyScenario(FaultScenario):
    def setUp(self):
        self.make()
        self.realm.add_user("alice")
        self.realm.add_service("HTTP/www.cloud.test")
        self.next = self.realm.master_key + ".new"

    def rotate(self, check=True):
        return self.realm.admin("rotate", "master-key", check=check)

    def path(self, name):
        return os.path.join(self.realm.directory, name)

    def kept(self):
        return sorted(glob.glob(self.realm.master_key + ".????????"))

    def opens(self, key):
        """Whether the database can be used with the key in that file."""
        tool = shutil.copy(os.path.join(os.path.dirname(TOOL), "..", "examples", "realm_keytab"), self.realm.directory)
        keytab = self.path("some.keytab")
        if os.path.exists(keytab):
            os.unlink(keytab)
        command = [*self.realm.as_user(), tool, self.realm.database, "file:" + key, self.realm.tenant, keytab]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode != 0:
            self.assertIn("sealed under master key", result.stderr)
        return result.returncode == 0

    def assert_serves(self, user="alice"):
        odd = self.odd()
        self.assertEqual(self.code(user, odd.key(user, PASSWORDS["alice"]), odd), "REP")


class UnderLoadTest(MasterKeyScenario):
    def test_logons_and_changes_go_on(self):
        users = [f"user{i}" for i in range(6)]
        for user in users:
            self.realm.add_user(user, PASSWORDS["alice"])
        stop = threading.Event()
        changers = [Changer(self.realm, user, stop) for user in users[:2]]
        loggers = [Logger(self.realm, user, stop) for user in users[2:]]
        for thread in changers + loggers:
            thread.start()
        try:
            for _ in range(3):
                before = [one.logons for one in loggers], [one.changes for one in changers]
                self.rotate()
                wait_for(lambda at=before: all(one.logons > n for one, n in zip(loggers, at[0]))
                         and all(one.changes > n for one, n in zip(changers, at[1])), "work under way", 60)
        finally:
            stop.set()
            for thread in changers + loggers:
                thread.join(60)
        self.assertEqual([thread.wrong for thread in changers + loggers], [[]] * 6)
        self.assertEqual(len(self.kept()), 3)
        for key in self.kept():
            self.assertFalse(self.opens(key))
        self.assertTrue(self.opens(self.realm.master_key))
        self.realm.start()
        self.assert_serves()
        self.realm.admin("backup", self.path("backup.db"), "--verify")


class KillTest(MasterKeyScenario):
    def started_rotation(self):
        return subprocess.Popen([TOOL, "realm", "rotate", "master-key", "-c", self.realm.config], stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, start_new_session=True)

    def test_ended_at_any_moment(self):
        began = time.monotonic()
        self.rotate()
        whole, between = time.monotonic() - began, 0
        for turn in range(24):
            child = self.started_rotation()
            time.sleep(random.uniform(0, whole))
            if turn % 3 != 1:
                os.killpg(child.pid, signal.SIGKILL)
            if turn % 3 != 0:
                self.realm.signal(signal.SIGKILL)
                self.realm.process.child.wait()
            child.wait(60)
            if turn % 3 != 0:
                self.realm.start()
            with self.subTest(turn):
                between += os.path.exists(self.next)
                self.assert_serves()
                self.realm.admin("backup", self.path(f"{turn}.db"), "--verify")
                self.rotate()
                self.assertFalse(os.path.exists(self.next))
                self.assertTrue(self.opens(self.realm.master_key))
        self.assertGreater(between, 0)

    def test_between_the_last_transaction_and_the_new_name(self):
        """Where chance seldom gets: the service has done its part, and what called it is gone."""
        shutil.copy(self.realm.master_key, self.path("before"))
        self.rotate()
        os.rename(self.realm.master_key, self.next)
        shutil.copy(self.path("before"), self.realm.master_key)
        os.chown(self.realm.master_key, USER.pw_uid, USER.pw_gid)
        self.realm.start()
        self.assertIn("the master key is file:" + self.next, self.realm.process.text())
        self.assert_serves()
        file = self.path("backup.db")
        self.realm.admin("backup", file, "--verify")
        self.realm.stop()
        self.realm.admin("restore", file)
        self.realm.start()
        os.unlink(self.kept()[0])  # which it had not made yet
        self.rotate()
        self.assertFalse(os.path.exists(self.next))
        self.assertTrue(self.opens(self.realm.master_key))
        self.realm.start()
        self.assertNotIn(self.next, self.realm.process.text())


class MessagesTest(MasterKeyScenario):
    def test_backups_from_before_need_the_key_that_is_kept(self):
        file = self.path("before.db")
        self.realm.admin("backup", file)
        told = self.rotate()
        kept = re.search(r"kept +(\S+)", told.stdout)[1]
        self.assertEqual(self.kept(), [kept])
        self.assertIn("keep a copy of the new master key", told.stderr)
        self.assertEqual(self.realm.admin("rotate", "master-key", "--json").returncode, 0)
        self.realm.stop()
        refused = self.realm.admin("restore", file, check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("sealed under master key " + kept[-8:], refused.stderr)
        self.assertIn("with its number behind its name", refused.stderr)
        os.rename(self.realm.master_key, self.path("newest"))
        shutil.copy(kept, self.realm.master_key)
        os.chown(self.realm.master_key, USER.pw_uid, USER.pw_gid)
        self.realm.admin("restore", file)
        self.realm.start()
        self.assert_serves()

    def assert_refused(self, code, *texts):
        refused = self.rotate(check=False)
        self.assertEqual(refused.returncode, code, refused.stderr)
        for text in texts:
            self.assertIn(text, refused.stderr)

    def test_one_at_a_time(self):
        with open(self.realm.master_key) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self.assert_refused(1, "is being changed already")
        self.rotate()

    def test_another_realm_toml(self):
        text = self.realm.text()
        elsewhere = self.path("elsewhere.key")
        shutil.copy(self.realm.master_key, elsewhere)
        os.chown(elsewhere, USER.pw_uid, USER.pw_gid)
        self.realm.write(text.replace(self.realm.master_key, elsewhere))
        self.assert_refused(3, "the service was started with master_key", elsewhere + ".new stays")
        self.realm.write(text)
        self.rotate()

    def test_a_key_of_something_else(self):
        os.rename(self.realm.master_key, self.path("real.key"))
        with open(self.realm.master_key, "w") as file:
            file.write("ab" * 32 + "\n")
        os.chmod(self.realm.master_key, 0o600)
        os.chown(self.realm.master_key, USER.pw_uid, USER.pw_gid)
        self.assert_refused(3, "put the one of the database back there", self.next + " stays")
        self.assertEqual(self.kept(), [])
        os.rename(self.path("real.key"), self.realm.master_key)
        self.rotate()
        self.assert_serves()

    def test_no_key_and_one_that_is_no_next_one(self):
        os.rename(self.realm.master_key, self.path("real.key"))
        self.assert_refused(1, "is not there", "Put it back from your copy")
        os.rename(self.path("real.key"), self.realm.master_key)
        os.symlink(self.path("none"), self.next)
        self.assert_refused(1, "is a link", "Remove it, and call this again")
        os.unlink(self.next)
        with open(self.next, "w") as file:
            file.write("none\n")
        os.chmod(self.next, 0o600)
        os.chown(self.next, USER.pw_uid, USER.pw_gid)
        self.assert_refused(3, "has 5 octets", "or remove it, and call this again")
        os.unlink(self.next)
        self.rotate()

    def test_a_tenants(self):
        refused = self.realm.admin("rotate", "master-key", "--tenant", "example", check=False)
        self.assertEqual(refused.returncode, 2, refused.stderr)
        self.assertIn("there is one master key", refused.stderr)
        self.assertFalse(os.path.exists(self.next))

    def test_a_link(self):
        os.rename(self.realm.master_key, self.path("real.key"))
        os.symlink(self.path("real.key"), self.realm.master_key)
        self.assert_refused(1, "is a link")
        self.assertFalse(os.path.exists(self.next))

    def test_a_service_that_does_not_run(self):
        self.realm.stop()
        self.assert_refused(5, "systemctl start")
        self.realm.start()
        self.rotate()

    def test_the_new_key_is_the_services_alone(self):
        self.rotate()
        for file in (self.realm.master_key, *self.kept()):
            status = os.stat(file)
            self.assertEqual((status.st_mode & 0o7777, status.st_uid), (0o600, USER.pw_uid), file)
        event = self.realm.wait_message("administration", action="rotate.master_key")[0]
        self.assertEqual((event["uid"], event["result"]), (0, "success"))
        self.assertNotIn("tenant", event)

    def test_who_may_not_read_the_key(self):
        foreign = ["setpriv", "--reuid=54321", "--regid=54321", "--groups=0", "--"]
        tool = shutil.copy(TOOL, self.realm.directory)  # where anybody can read it
        result = subprocess.run([*foreign, tool, "realm", "rotate", "master-key", "-c", self.realm.config],
                                capture_output=True, text=True, cwd="/")
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("Call this as root", result.stderr)
        self.assertFalse(os.path.exists(self.next))


if __name__ == "__main__":
    unittest.main()
