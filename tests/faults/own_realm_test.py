"""A realm of our own under guesses, kill -9, a full disk, SIGTERM and SIGHUP."""
import os
import signal
import socket
import sqlite3
import subprocess
import threading
import time
import unittest

from lib import krb
from lib.local_frames import HELLO, KERBEROS, KERBEROS_REPLY, TCP, Front, frame, kerberos_request
from lib.odd_client import AS_REP, Answer, OddClient, seconds
from lib.own_realm import NEW_PASSWORD, PASSWORDS, WRONG_PASSWORD, OwnRealm, answers
from lib.proc import wait_for
from lib.realm import USER
from lib.scenario import Scenario

CHANGEPW, WWW = krb.principal("kadmin", "changepw", name_type=2), krb.principal("HTTP", "www.cloud.test", name_type=2)
WRONG, LOCKED = "24 19[18]", "18 nt:c0000234"


class FaultScenario(Scenario):
    def make(self, kind=OwnRealm, **sections):
        self.made = getattr(self, "made", 0) + 1
        self.realm = self.running(kind(self.directory, name=f"{self.id().rsplit('.', 1)[-1][:40]}-{self.made}", **sections))

    def connect(self):
        front = Front(self.realm.front)
        self.addCleanup(front.close)
        return front

    def odd(self, front=None):
        front = front or self.connect()
        return OddClient(lambda message: front.kerberos(message, transport=TCP), self.realm.realm)

    def code(self, user, key, odd=None):
        odd = odd or self.odd()
        return str(odd.ask(odd.as_request(user, [odd.timestamp(key)])))


class GuessingTest(FaultScenario):
    def guess(self, threshold, count=200, connections=4):
        """The answers to as many different wrong guesses at the same time."""
        self.make(kdc={"lockout_threshold": threshold})
        self.realm.add_user("alice")
        odd = self.odd()
        key = odd.key("alice", WRONG_PASSWORD)
        messages = [odd.as_request("alice", [odd.timestamp(key)]) for _ in range(count)]
        found = []

        def ask(part):
            front = Front(self.realm.front)
            found.extend(str(Answer(one)) for one in answers(front, part))
            front.close()
        threads = [threading.Thread(target=ask, args=(messages[i::connections],)) for i in range(connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return found

    def test_of_200_at_once_exactly_the_threshold_is_tried(self):
        for threshold in (1, 10):
            with self.subTest(threshold):
                found = self.guess(threshold)
                self.assertEqual((found.count(WRONG), found.count(LOCKED)), (threshold, 200 - threshold), set(found))
                odd = self.odd()
                self.assertEqual(self.code("alice", odd.key("alice", PASSWORDS["alice"])), LOCKED)
                self.assertEqual(self.realm.show("user", "alice")["failures"], threshold)
                self.realm.admin("user", "unlock", "alice")
                self.assertEqual(self.code("alice", odd.key("alice", PASSWORDS["alice"])), "REP")

    def test_a_lock_outlives_the_process(self):
        found = self.guess(3, 12)
        self.assertEqual(found.count(WRONG), 3)
        self.realm.signal(signal.SIGKILL)
        self.realm.process.child.wait()
        self.realm.start()
        self.assertEqual(self.code("alice", self.odd().key("alice", PASSWORDS["alice"])), LOCKED)

    def test_a_lock_ends(self):
        self.make(kdc={"lockout_threshold": 2, "lockout_duration": "2s"})
        self.realm.add_user("alice")
        odd = self.odd()
        right, wrong = (odd.key("alice", one) for one in (PASSWORDS["alice"], WRONG_PASSWORD))
        self.assertEqual([self.code("alice", wrong) for _ in range(3)], [WRONG, WRONG, LOCKED])
        time.sleep(2.5)
        self.assertEqual(self.code("alice", right), "REP")


class Changer(threading.Thread):
    """Changes one user's password as often as it can. known: what may be the password; the first has been confirmed."""

    def __init__(self, realm, user, stop):
        super().__init__()
        self.realm, self.user, self.stop, self.known, self.changes, self.wrong = realm, user, stop, [PASSWORDS["alice"]], 0, []

    def run(self):
        front = Front(self.realm.front)
        odd = OddClient(lambda message: front.kerberos(message, transport=TCP), self.realm.realm)
        try:
            while not self.stop.is_set():
                self.change(odd, f"Xylophone-Zeppelin.{os.urandom(6).hex()}")
        except (EOFError, OSError):
            pass  # killed
        finally:
            front.close()

    def change(self, odd, new):
        key = odd.key(self.user, self.known[0])
        ticket = odd.ask(odd.as_request(self.user, [odd.timestamp(key)], sname=CHANGEPW))
        if ticket.kind != AS_REP:
            self.wrong.append(str(ticket))
            return
        ticket.open(key, 3)
        request, subkey = odd.change_password(ticket, self.user, new)
        self.known.insert(1, new)
        result = odd.password_result(odd.ask_octets(request), subkey)
        if result[0] != 0:
            self.wrong.append(result)
        self.known = [new]
        self.changes += 1


class Logger(threading.Thread):
    """Logs one user on, and gets a ticket, as often as it can."""

    def __init__(self, realm, user, stop):
        super().__init__()
        self.realm, self.user, self.stop, self.logons, self.wrong = realm, user, stop, 0, []

    def run(self):
        front = Front(self.realm.front)
        odd = OddClient(lambda message: front.kerberos(message, transport=TCP), self.realm.realm)
        try:
            key = odd.key(self.user, PASSWORDS["alice"])
            while not self.stop.is_set():
                tgt = odd.log_on(self.user, key)
                answer = odd.ask(odd.tgs_request(tgt, self.user, WWW))
                if answer.code:
                    self.wrong.append(str(answer))
                self.logons += 1
        except (EOFError, OSError):
            pass
        finally:
            front.close()


class KillTest(FaultScenario):
    def test_killed_under_logons_and_changes_of_passwords(self):
        self.make()
        self.realm.add_service("HTTP/www.cloud.test")
        users = [f"user{i}" for i in range(8)]
        for user in users:
            self.realm.add_user(user, PASSWORDS["alice"])
        known = {user: [PASSWORDS["alice"]] for user in users[:4]}
        logons = changes = 0
        for _ in range(4):
            stop = threading.Event()
            changers = [Changer(self.realm, user, stop) for user in users[:4]]
            for changer in changers:
                changer.known = known[changer.user]
            loggers = [Logger(self.realm, user, stop) for user in users[4:]]
            for thread in changers + loggers:
                thread.start()
            wait_for(lambda: sum(one.logons for one in loggers) >= 130 and sum(one.changes for one in changers) >= 4,
                     "work under way", 60)
            self.realm.signal(signal.SIGKILL)
            self.realm.process.child.wait()
            stop.set()
            for thread in changers + loggers:
                thread.join(30)
                self.assertEqual(thread.wrong, [])
            logons += sum(one.logons for one in loggers)
            changes += sum(one.changes for one in changers)
            self.realm.start()
            self.check_database()
            for changer in changers:
                known[changer.user] = [self.which(changer)]
        self.assertGreater(logons, 500)
        self.assertGreaterEqual(changes, 16)
        for user in users[4:]:
            self.assertEqual(self.code(user, self.odd().key(user, PASSWORDS["alice"])), "REP")

    def which(self, changer):
        """The user's password now: the confirmed one or, where the answer was not heard, the next."""
        odd = self.odd()
        works = [one for one in changer.known if self.code(changer.user, odd.key(changer.user, one)) == "REP"]
        self.assertEqual(len(works), 1, changer.known)
        return works[0]

    def check_database(self):
        database = sqlite3.connect(f"file:{self.realm.database}?mode=ro", uri=True)
        try:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            self.assertEqual(database.execute("PRAGMA foreign_key_check").fetchall(), [])
        finally:
            database.close()


class OnSmallDisk(OwnRealm):
    def start(self):
        if not self.starts:
            self.state = os.path.join(self.directory, "state")
            os.makedirs(self.state)
            options = f"size=2m,mode=700,uid={USER.pw_uid},gid={USER.pw_gid}"
            subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.state], check=True)
        super().start()

    def stop(self):
        super().stop()
        subprocess.run(["umount", self.state], check=True)


class FullDiskTest(FaultScenario):
    def setUp(self):
        self.make(OnSmallDisk)
        self.realm.add_user("alice")
        self.realm.add_user("bob")
        self.realm.add_service("HTTP/www.cloud.test")

    def fill(self):
        self.filler = os.path.join(self.realm.state, "filler")
        with open(self.filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(512))
            except OSError:
                pass

    def test_logons_go_on_and_changes_fail_with_a_word(self):
        odd = self.odd()
        alice = odd.key("alice", PASSWORDS["alice"])
        self.fill()
        for _ in range(20):
            tgt = odd.log_on("alice", alice)
            self.assertEqual(str(odd.ask(odd.tgs_request(tgt, "alice", WWW))), "REP")
        refused = [self.realm.admin("user", "add", f"carol{i}", "--password-stdin", stdin=PASSWORDS["carol"] + "\n", check=False)
                   for i in range(20)]
        last = refused[-1]  # what was free within the database is used up
        self.assertNotEqual(last.returncode, 0)
        self.assertIn("Make room", last.stderr)
        self.assertNotIn("\\x", last.stderr)
        ticket = odd.ask(odd.as_request("alice", [odd.timestamp(alice)], sname=CHANGEPW))
        ticket.open(alice, 3)
        request, subkey = odd.change_password(ticket, "alice", NEW_PASSWORD)
        code, text = odd.password_result(odd.ask_octets(request), subkey)
        self.assertEqual(code, 2)
        self.assertTrue(text)
        self.assertEqual(self.code("alice", alice), "REP")  # the old one stays
        self.assertTrue(self.realm.process.alive())
        os.remove(self.filler)
        self.realm.add_user("carol")
        self.assertEqual(self.code("carol", odd.key("carol", PASSWORDS["carol"])), "REP")

    def guess(self):
        """(alice's right key, the answers to 30 wrong ones on a disk without room)"""
        self.front = self.connect()
        odd = self.odd(self.front)
        wrong, right = (odd.key("alice", one) for one in (WRONG_PASSWORD, PASSWORDS["alice"]))
        self.fill()
        self.realm.admin("user", "add", "filling", "--password-stdin", stdin=PASSWORDS["carol"] + "\n", check=False)
        return right, [self.code("alice", wrong, odd) for _ in range(30)]

    def test_guesses_are_not_free(self):
        """Failures that cannot be written count all the same, each for its account."""
        right, found = self.guess()
        self.assertEqual(found, [WRONG] * 10 + [LOCKED] * 20)
        self.assertEqual(self.code("alice", right), LOCKED)
        self.assertEqual(self.code("bob", self.odd().key("bob", PASSWORDS["bob"])), "REP")

    def test_a_restart_forgets_none(self):
        """What could not be written is written at the stop, once there is room again."""
        right, _ = self.guess()
        os.remove(self.filler)
        self.front.close()  # a stop waits for who is connected
        self.realm.terminate()
        self.realm.start()
        self.assertEqual(self.code("alice", right), LOCKED)

    def test_an_administrator_takes_them_back(self):
        right, _ = self.guess()
        os.remove(self.filler)
        self.realm.admin("user", "unlock", "alice")
        self.assertEqual(self.code("alice", right), "REP")


class LifeTest(FaultScenario):
    def test_sigterm_with_logons_under_way(self):
        self.make()
        self.realm.add_user("alice")
        front = self.connect()
        odd = self.odd(front)
        key = odd.key("alice", PASSWORDS["alice"])
        front.close()  # one that does not go would be waited for
        fronts = [self.connect() for _ in range(4)]
        messages = [[odd.as_request("alice", [odd.timestamp(key)]) for _ in range(50)] for _ in fronts]
        found = {}

        def ask(number):
            found[number] = answers(fronts[number], messages[number])
            fronts[number].socket.shutdown(socket.SHUT_WR)
        threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        wait_for(lambda: len(self.realm.messages("request")) >= 5, "the first answers")
        status = self.realm.terminate()
        for thread in threads:
            thread.join(30)
        self.assertEqual([str(Answer(one)) for number in range(4) for one in found.get(number, [])], ["REP"] * 200)
        self.assertEqual(status, 0)
        self.realm.start()
        self.assertTrue(self.realm.show("user", "alice")["last_used"])  # it was written before the end
        self.assertEqual(self.code("alice", key), "REP")

    def test_password_changes_leave_threads_for_tickets(self):
        """All of them are answered, one after the other, and a logon that came behind them waits for a few at most."""
        self.make(service={"threads": 2})
        self.realm.add_user("alice")
        odd = self.odd()
        key = odd.key("alice", PASSWORDS["alice"])
        request, _ = odd.change_password(odd.log_on("alice", key, sname=CHANGEPW), "alice", PASSWORDS["alice"])
        front = self.connect()
        front.send(b"".join(frame(KERBEROS, number, kerberos_request(request)) for number in range(1, 31)))
        front.send(frame(KERBEROS, 31, kerberos_request(odd.as_request("alice", [odd.timestamp(key)]))))
        order = []
        while len(order) < 31:
            kind, number, payload = front.frame()
            if kind != HELLO:
                self.assertEqual(kind, KERBEROS_REPLY)
                order.append(number)
        self.assertLess(order.index(31), 15)
        self.assertEqual(sorted(order), list(range(1, 32)))

    def test_reload_changes_tickets_locks_and_passwords(self):
        self.make()
        self.realm.add_user("alice")
        odd = self.odd()
        key = odd.key("alice", PASSWORDS["alice"])
        self.assertEqual(self.life(odd.log_on("alice", key)), 36000)
        self.realm.write(self.realm.text(
            kdc={"ticket_lifetime": "1h", "max_skew": "1m", "lockout_threshold": 2, "etypes": ["aes128-cts-hmac-sha1-96"]},
            password={"min_length": 30}))
        self.realm.reload()
        small = odd.key("alice", PASSWORDS["alice"], 17) if self.offered(odd) == "25 136 19[17] 16 2" else None
        self.assertIsNotNone(small)
        self.assertEqual(self.life(odd.log_on("alice", small, etypes=(17,))), 3600)
        self.assertEqual(str(odd.ask(odd.as_request("alice", [odd.timestamp(small, -120)], etypes=(17,)))), "37")
        result = self.realm.admin("user", "add", "bob", "--password-stdin", stdin=PASSWORDS["bob"] + "\n", check=False)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("30", result.stderr)
        wrong = odd.key("alice", WRONG_PASSWORD, 17)
        self.assertEqual([self.code("alice", wrong)[:2] for _ in range(3)], ["24", "24", "18"])
        self.realm.write(self.realm.text())
        self.realm.reload()
        self.realm.admin("user", "unlock", "alice")
        self.assertEqual(self.life(odd.log_on("alice", key)), 36000)
        self.realm.add_user("bob")

    def offered(self, odd):
        return str(odd.ask(odd.as_request("alice", etypes=(18, 17))))

    @staticmethod
    def life(answer):
        return seconds(answer.part[7]) - seconds(answer.part[6])


if __name__ == "__main__":
    unittest.main()
