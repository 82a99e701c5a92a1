"""New keys of krbtgt and of services, with MIT's tools: what was issued before goes on being good."""
import os
import re
import subprocess
import threading
import unittest

from lib.own_realm import NEW_PASSWORD, PASSWORDS, OwnRealmScenario
from lib.proc import wait_for

KRBTGT = "krbtgt/CLOUD.TEST"
ALICE = PASSWORDS["alice"]


class RotationScenario(OwnRealmScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve()

    def rotate_krbtgt(self, *options):
        shown = self.kdc.admin("rotate", "krbtgt", *options).stdout
        return int(re.search(r"kvno +(\d+)", shown)[1])

    def kvno_of(self, client, service, *options):
        return int(re.search(r"kvno = (\d+)", client.run("kvno", *options, service).stdout)[1])

    def fresh(self, *options, user="alice", password=ALICE):
        client = self.client()
        client.kinit(user, password, *options)
        return client


class KrbtgtTest(RotationScenario):
    def test_what_was_issued_before_is_good(self):
        client, armor = self.fresh("-r", "2d"), self.fresh()
        before = self.kvno_of(client, KRBTGT)
        for more in (1, 2):
            self.assertEqual(self.rotate_krbtgt(), before + more)
            self.assertEqual(self.kvno_of(client, KRBTGT), before)
            self.kvno_of(client, self.service, "--no-store")
            client.run("kvno", "--no-store", "--u2u", armor.env["KRB5CCNAME"], "alice")
            armored = self.client()
            armored.kinit("alice", ALICE, "-T", armor.env["KRB5CCNAME"])
            self.assertEqual(self.kvno_of(armored, KRBTGT), before + more)
        client.run("kinit", "-R")
        self.assertEqual(self.kvno_of(client, KRBTGT), before + 2)
        client.kvno(self.service, self.kdc.keytab)
        self.new_user("petra")
        self.client().kpasswd("petra", ALICE, NEW_PASSWORD)
        self.end_all_tickets(armor)

    def end_all_tickets(self, client):
        """A third time: keys of tickets that may be in use go, and that has to be said."""
        refused = self.kdc.admin("rotate", "krbtgt", check=False)
        self.assertEqual(refused.returncode, 3)
        self.assertRegex(refused.stderr, r"kvno \d+ would go, and tickets of it may be in use until \d{4}-")
        self.kvno_of(client, self.service, "--no-store")
        without = self.kdc.admin("rotate", "krbtgt", "--forget-former", check=False)
        self.assertEqual((without.returncode, "--yes" in without.stderr), (2, True), without.stderr)
        kvno = self.rotate_krbtgt("--forget-former", "--yes")
        self.assertNotEqual(client.run("kvno", "--no-store", self.service, check=False).returncode, 0)
        self.kdc.wait_message("request", type="TGS-REQ", result="KRB_AP_ERR_BADKEYVER")
        self.assertEqual(self.kvno_of(self.fresh(), KRBTGT), kvno)


class Load(threading.Thread):
    """Logs on, gets a ticket, renews, again and again, and uses a TGT from the beginning."""

    def __init__(self, test, user, stop):
        super().__init__()
        self.test, self.user, self.stop, self.rounds, self.failed = test, user, stop, 0, None
        self.standing, self.client = (test.fresh("-r", "2d", user=user, password=PASSWORDS[user]) for _ in range(2))

    def run(self):
        try:
            while not self.stop.is_set():
                self.client.kinit(self.user, PASSWORDS[self.user], "-r", "2d")
                self.client.kvno(self.test.service)
                self.client.run("kinit", "-R")
                self.standing.run("kvno", "--no-store", self.test.service)
                self.rounds += 1
        except (AssertionError, subprocess.TimeoutExpired) as error:
            self.failed = str(error)


class LoadTest(RotationScenario):
    def test_rotated_twice_without_a_failed_request(self):
        stop = threading.Event()
        load = [Load(self, user, stop) for user in ("alice", "bob") * 2]
        for thread in load:
            thread.start()
        try:
            for turn in range(3):
                if turn:
                    self.rotate_krbtgt()
                    self.kdc.admin("service", "rotate", self.service)
                at = [thread.rounds for thread in load]
                wait_for(lambda at=at: all(t.failed or t.rounds >= r + 2 for t, r in zip(load, at)), "requests under way", 120)
        finally:
            stop.set()
            for thread in load:
                thread.join(120)
        self.assertEqual([thread.failed for thread in load if thread.failed], [])
        self.assertEqual(self.kvno_of(load[0].client, KRBTGT), 3)
        results = {record["result"] for record in self.kdc.messages("request", type="TGS-REQ")}
        self.assertEqual(results, {"success"})


class ServiceTest(RotationScenario):
    def keytab(self, name):
        return self.kdc.write_keytab(self.service, os.path.join(self.directory, name))

    def kvnos(self, keytab):
        listed = self.client().run("klist", "-k", keytab).stdout
        return {int(line.split()[0]) for line in listed.splitlines() if "@" in line}

    def test_the_keytab_has_former_keys_until_they_are_let_go(self):
        before = self.fresh()
        self.assertEqual(self.kvno_of(before, self.service), 1)
        told = self.kdc.admin("service", "rotate", self.service)
        self.assertRegex(told.stdout, r"kvno +2\n")
        self.assertRegex(told.stdout, r"former kvnos +1\nin keytabs until +\d{4}-\d\d-\d\dT")
        self.assertIn("service keytab " + self.service, told.stderr)
        second, after = self.keytab("second.keytab"), self.fresh()
        self.assertEqual(self.kvnos(second), {1, 2})
        self.assertEqual(self.kvno_of(after, self.service), 2)
        self.assertNotEqual(after.kvno(self.service, self.kdc.keytab, check=False).returncode, 0)
        for client in (before, after):
            self.assertIn("keytab entry valid", client.kvno(self.service, second).stdout)
        self.assertEqual(self.kvno_of(before, self.service), 1)  # the ticket from before
        self.client().run("kinit", "-k", "-t", second, self.service)
        self.kdc.admin("service", "rotate", self.service, "--forget-former", "--yes")
        third, last = self.keytab("third.keytab"), self.fresh()
        self.assertEqual(self.kvnos(third), {3})
        self.assertNotEqual(before.kvno(self.service, third, check=False).returncode, 0)
        self.assertIn("keytab entry valid", last.kvno(self.service, third).stdout)
        self.client().run("kinit", "-k", "-t", third, self.service)


if __name__ == "__main__":
    unittest.main()
