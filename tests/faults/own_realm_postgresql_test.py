"""A realm of our own on PostgreSQL: two services on one database, its server's end, standbys, and the way there and back."""
import contextlib
import glob
import os
import signal
import subprocess
import threading
import time

from lib import https
from lib.gateway import TOOL, Gateway, configuration
from lib.client import Client
from lib.local_frames import TCP, Front
from lib.odd_client import AS_REP, Answer, OddClient
from lib.own_realm import NEW_PASSWORD, PASSWORDS, WRONG_PASSWORD, OwnRealm, answers
from lib.postgresql import Postgresql
from lib.proc import free_port, wait_for
from lib.realm import USER
from lib.scenario import Scenario

from .own_realm_test import CHANGEPW, LOCKED, WRONG, WWW


def odd_client(front, realm):
    return OddClient(lambda message: front.kerberos(message, transport=TCP), realm.realm)


class PostgresqlScenario(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.started(Postgresql(cls.directory))
        cls.databases = 0

    def setUp(self):
        type(self).databases += 1
        self.name = f"ferryman{self.databases}"
        self.url = self.server.create_database(self.name)

    def make(self, name="one", **more):
        return self.running(OwnRealm(self.directory, f"{self.name}-{name}", **{"database": self.url, **more}))

    def make_two(self, **sections):
        self.one = self.make(**sections)
        self.two = self.make("two", like=self.one, **sections)

    def key_of(self, realm, user, password):
        """Asked for while the realm answers."""
        with contextlib.closing(Front(realm.front)) as front:
            return odd_client(front, realm).key(user, password)

    def code(self, realm, user, password, key=None):
        with contextlib.closing(Front(realm.front)) as front:
            odd = odd_client(front, realm)
            return str(odd.ask(odd.as_request(user, [odd.timestamp(key or odd.key(user, password))])))


class TwoServicesTest(PostgresqlScenario):
    def test_what_one_is_told_the_other_knows(self):
        self.make_two()
        self.one.add_user("alice")
        self.assertEqual(self.code(self.two, "alice", PASSWORDS["alice"]), "REP")
        self.two.admin("user", "password", "alice", "--password-stdin", stdin=NEW_PASSWORD + "\n")
        self.assertEqual(self.code(self.one, "alice", NEW_PASSWORD), "REP")
        self.assertEqual(self.code(self.one, "alice", PASSWORDS["alice"])[:2], "24")
        self.one.admin("user", "disable", "alice")
        self.assertEqual(self.code(self.two, "alice", NEW_PASSWORD)[:2], "18")

    def test_of_200_guesses_at_both_exactly_the_threshold_is_told_wrong(self):
        for threshold in (1, 10):
            with self.subTest(threshold):
                self.setUp()
                self.make_two(kdc={"lockout_threshold": threshold})
                self.one.add_user("alice")
                found = self.guess(200)
                self.assertEqual((found.count(WRONG), found.count(LOCKED)), (threshold, 200 - threshold), set(found))
                for realm in (self.one, self.two):
                    self.assertEqual(self.code(realm, "alice", PASSWORDS["alice"]), LOCKED)
                    self.assertEqual(realm.show("user", "alice")["failures"], threshold)
                self.one.admin("user", "unlock", "alice")
                self.assertEqual(self.code(self.two, "alice", PASSWORDS["alice"]), "REP")

    def guess(self, count, connections=8):
        """The answers to as many different wrong guesses at the same time, half of them at each service."""
        fronts = [Front((self.one, self.two)[i % 2].front) for i in range(connections)]
        odd = odd_client(fronts[0], self.one)
        key = odd.key("alice", WRONG_PASSWORD)
        messages = [odd.as_request("alice", [odd.timestamp(key)]) for _ in range(count)]
        found = []
        threads = [threading.Thread(target=lambda i=i: found.extend(
            str(Answer(one)) for one in answers(fronts[i], messages[i::connections]))) for i in range(connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for front in fronts:
            front.close()
        return found


class Unavailable(Exception):
    """KDC_ERR_SVC_UNAVAILABLE: a client would ask the next KDC, or again."""


class Work(threading.Thread):
    """Does something at a front again and again until it is told to stop; what comes of it is in done, refused and wrong."""

    def __init__(self, realm, user):
        super().__init__()
        self.realm, self.user, self.stop = realm, user, threading.Event()
        self.done, self.refused, self.longest, self.wrong = 0, 0, 0, []

    def run(self):
        front = Front(self.realm.front)
        odd = odd_client(front, self.realm)
        salt = odd.salt(self.user)
        odd.salt = lambda user: salt
        while not self.stop.is_set():
            begun = time.monotonic()
            try:
                self.work(odd)
                self.done += 1
            except Unavailable:
                self.refused += 1
            except Exception as error:  # for the test's thread
                self.wrong.append(repr(error))
            self.longest = max(self.longest, time.monotonic() - begun)
        front.close()

    @staticmethod
    def ask(odd, message):
        answer = odd.ask(message)
        if answer.code == 29:
            raise Unavailable
        return answer


class LogOn(Work):
    def work(self, odd):
        key = odd.key(self.user, PASSWORDS["alice"])
        tgt = self.ask(odd, odd.as_request(self.user, [odd.timestamp(key)]))
        assert tgt.kind == AS_REP, str(tgt)
        tgt.open(key, 3)
        answer = self.ask(odd, odd.tgs_request(tgt, self.user, WWW))
        assert not answer.code, str(answer)


class ChangePassword(Work):
    """known: what the password may be; more than one only after an answer that did not confirm the change."""

    def __init__(self, realm, user):
        super().__init__(realm, user)
        self.known = [PASSWORDS["alice"]]

    def work(self, odd):
        for password in self.known:
            key = odd.key(self.user, password)
            ticket = self.ask(odd, odd.as_request(self.user, [odd.timestamp(key)], sname=CHANGEPW))
            if ticket.kind == AS_REP:
                break
        assert ticket.kind == AS_REP, f"none of {len(self.known)} passwords: {ticket}"
        ticket.open(key, 3)
        new = f"Xylophone-Zeppelin.{os.urandom(6).hex()}"
        request, subkey = odd.change_password(ticket, self.user, new)
        self.known = [password, new]
        reply = odd.ask_octets(request)
        if reply[:1] == b"\x7e":  # a KRB-ERROR
            raise Unavailable
        try:
            code = odd.password_result(reply, subkey)[0]
        except KeyError:  # an error without a text
            raise Unavailable from None
        if code != 0:
            raise Unavailable
        self.known = [new]


class ServerEndsTest(PostgresqlScenario):
    def test_logons_wait_and_nothing_that_was_acknowledged_is_lost(self):
        # A guess that is taken for a wrong password: of the two that may be the password.
        self.make_two(kdc={"lockout_threshold": 1000})
        self.one.add_service("HTTP/www.cloud.test")
        users = [f"user{i}" for i in range(6)]
        for user in users:
            self.one.add_user(user, PASSWORDS["alice"])
        changers = [ChangePassword((self.one, self.two)[i % 2], user) for i, user in enumerate(users[:2])]
        loggers = [LogOn((self.one, self.two)[i % 2], user) for i, user in enumerate(users[2:])]
        for thread in changers + loggers:
            thread.start()
        for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGINT, signal.SIGQUIT):
            before = [thread.done for thread in changers + loggers]
            wait_for(lambda: all(thread.done >= count + 3 for thread, count in zip(changers + loggers, before)), "work", 60)
            self.server.end(how)
            time.sleep(0.3)
            self.server.start()
        before = [thread.done for thread in changers + loggers]
        wait_for(lambda: all(thread.done >= count + 3 for thread, count in zip(changers + loggers, before)), "work", 60)
        for thread in changers + loggers:
            thread.stop.set()
        for thread in changers + loggers:
            thread.join(60)
            self.assertEqual(thread.wrong, [])
            self.assertLess(thread.longest, 40)  # some exchanges, of which each waits 5 s at most, on a busy machine
        for changer in changers:
            works = [one for one in changer.known if self.code(self.one, changer.user, one) == "REP"]
            self.assertEqual(len(works), 1, changer.known)

    def test_that_stays_away(self):
        realm = self.make()
        realm.add_user("alice")
        alice = self.key_of(realm, "alice", PASSWORDS["alice"])
        self.server.end()
        self.addCleanup(lambda: self.server.process.alive() or self.server.start())
        self.assertEqual(self.code(realm, "alice", None, alice)[:2], "29")  # after a while
        begun = time.monotonic()
        self.assertEqual(self.code(realm, "alice", None, alice)[:2], "29")
        self.assertLess(time.monotonic() - begun, 3)
        result = realm.admin("user", "add", "bob", "--password-stdin", stdin=PASSWORDS["bob"] + "\n", check=False)
        self.assertIn("is not reached", result.stderr)
        self.server.start()
        self.assertEqual(self.code(realm, "alice", PASSWORDS["alice"]), "REP")

    def test_that_is_not_there_at_the_start(self):
        realm = self.make()
        realm.terminate()
        self.server.end()
        try:
            result = subprocess.run(realm.command(), capture_output=True, text=True, timeout=60)
        finally:
            self.server.start()
        self.assertEqual(result.returncode, 2)
        self.assertIn("its server must run and let the user daemon in", result.stderr)


class GatewaysTest(PostgresqlScenario):
    """Two ferrymands, each before a service of its own, and MIT's client, which knows both."""

    logons, clients = 1000, 5

    def test_no_logon_is_lost_while_each_program_is_killed(self):
        self.make_two()
        for i in range(self.clients):
            self.one.add_user(f"user{i}", PASSWORDS["alice"])
        ports = [free_port(), free_port()]
        self.realms = [self.one, self.two]
        self.gateways = [self.running(self.gateway(i, ports[i])) for i in range(2)]
        kdcs = [f"https://localhost:{port}/{self.one.tenant}/kerberos" for port in ports]
        self.failures, self.finished = [], 0
        threads = [threading.Thread(target=self.log_on, args=(i, kdcs)) for i in range(self.clients)]
        for thread in threads:
            thread.start()
        kills = 0
        while any(thread.is_alive() for thread in threads):
            before = self.finished
            self.kill(kills % 4, ports)
            # The next one only when this one serves again, with each of its workers, and others have been at work.
            wait_for(lambda: self.serves(ports[kills % 2]), "the gateway to serve", 60)
            wait_for(lambda: self.finished >= before + 20 or not any(thread.is_alive() for thread in threads), "logons", 60)
            kills += 1
        for thread in threads:
            thread.join()
        self.assertEqual(self.failures, [])
        self.assertEqual(self.finished, self.logons)
        self.assertGreaterEqual(kills, 8)

    def gateway(self, number, port):
        realm = self.realms[number]
        return Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}], {realm.realm: {"discovery": "local", "allow_unarmored_password": True}}, self.tls,
            local={"socket": realm.front, "user": USER.pw_name}), name=f"gateway{number}")

    def serves(self, port):
        for _ in range(16):
            with contextlib.closing(https.Connection(port, ca=self.authority.certificate)) as connection:
                connection.send(f"GET /{self.one.tenant}/.well-known/openid-configuration HTTP/1.0\r\n\r\n".encode())
                if connection.response()[0] != 200:
                    return False
        return True

    def kill(self, which, ports):
        number = which % 2
        if which < 2:
            self.gateways[number].process.child.kill()
            self.gateways[number].process.child.wait()
            time.sleep(0.3)
            self.gateways[number].stop()
            self.gateways[number] = self.running(self.gateway(number, ports[number]))
        else:
            self.realms[number].process.child.kill()
            self.realms[number].process.child.wait()
            time.sleep(0.3)
            self.realms[number].start()

    def log_on(self, number, kdcs):
        client = Client(self.directory, {self.one.realm: {
            "kdc": kdcs if number % 2 else kdcs[::-1], "http_anchors": "FILE:" + self.authority.certificate}}, name=f"client{number}")
        for _ in range(self.logons // self.clients):
            # libkrb5's TLS plugin lets SIGPIPE come when a gateway is killed while it writes: a program has to ignore it.
            result = client.run("env", "--ignore-signal=PIPE", "kinit", f"user{number}", stdin=PASSWORDS["alice"] + "\n", check=False)
            if result.returncode != 0:
                self.failures.append((result.returncode, result.stderr))
            self.finished += 1


class StandbyTest(PostgresqlScenario):
    def test_it_serves_and_counts_guesses_alone(self):
        realm = self.make(kdc={"lockout_threshold": 3})
        realm.add_user("alice")
        standby = self.running(Postgresql(self.directory, "standby", standby_of=self.server))
        wait_for(lambda: standby.sql("SELECT name FROM objects WHERE name = 'alice'", self.name), "the standby to follow")
        other = self.running(OnStandby(self.directory, "of-standby", like=realm, database_of_standby=standby.url(self.name),
                                       kdc={"lockout_threshold": 3}))
        self.assertIn("wrong passwords are counted by this process alone", other.process.text())
        self.assertEqual(self.code(other, "alice", PASSWORDS["alice"]), "REP")
        found = [self.code(other, "alice", WRONG_PASSWORD) for _ in range(4)]
        self.assertEqual(found, [WRONG] * 3 + [LOCKED])
        self.assertEqual(self.code(other, "alice", PASSWORDS["alice"]), LOCKED)
        self.assertEqual(self.code(realm, "alice", PASSWORDS["alice"]), "REP")
        result = other.admin("user", "disable", "alice", check=False)
        self.assertIn("is a standby", result.stderr)
        realm.admin("user", "disable", "alice")
        wait_for(lambda: self.code(other, "alice", PASSWORDS["alice"])[:2] == "18", "the standby to know it")


class OnStandby(OwnRealm):
    def __init__(self, *args, database_of_standby, **more):
        self.starts = 0
        self.database_of_standby = database_of_standby
        super().__init__(*args, **more)

    def start(self):
        self.database = self.database_of_standby
        with open(self.config) as file:
            text = file.read()
        primary = next(line for line in text.split("\n") if line.startswith("database = "))
        self.write(text.replace(primary, f'database = "{self.database}"'))
        super().start()


class CommandsTest(PostgresqlScenario):
    def test_init(self):
        realm = self.make()
        words = ("init", "--name", realm.realm, "--tenant", realm.tenant, "--url", realm.url, "--user", USER.pw_name)
        self.assertIn("Everything is there already", realm.admin(*words).stdout)
        os.rename(realm.master_key, realm.master_key + ".away")
        result = realm.admin(*words, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("and its master key", result.stderr)
        self.assertFalse(os.path.exists(realm.master_key))
        os.rename(realm.master_key + ".away", realm.master_key)
        other = os.path.join(self.directory, "none.toml")
        result = subprocess.run([TOOL, "realm", *words, "-c", other, "--master-key", "file:" + os.path.join(realm.directory, "k"),
                                 "--database", self.server.url("nothing")], capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, 1)
        self.assertIn("createdb -O daemon -E UTF8", result.stderr)
        result = subprocess.run([TOOL, "realm", *words, "-c", other, "--master-key", "file:" + os.path.join(realm.directory, "k"),
                                 "--database", self.server.url(self.name) + "&user=somebody"], capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, 1)
        self.assertIn("The URL says user=somebody, whom the server takes daemon for only where", result.stderr)
        for url in ("postgresql://db.example.com/x", "postgresql://u:secret@/x"):
            result = subprocess.run([TOOL, "realm", *words, "-c", other, "--database", url], capture_output=True, text=True, timeout=60)
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertNotIn("secret", result.stderr)

    def test_backup_names_the_tools_of_the_server(self):
        realm = self.make()
        result = realm.admin("backup", os.path.join(self.directory, "backup"), check=False)
        self.assertEqual(result.returncode, 3)
        self.assertIn("pg_dump", result.stderr)
        realm.terminate()
        result = realm.admin("restore", realm.config, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("pg_restore", result.stderr)

    def test_dump_and_restore(self):
        """With the server's tools, as the service's user."""
        realm = self.make()
        realm.add_user("alice")
        realm.terminate()
        dump = os.path.join(realm.directory, "dump")
        subprocess.run([*realm.as_user(), "pg_dump", "-Fc", "-f", dump, self.url], check=True, timeout=60)
        again = self.server.create_database(self.name + "_again")
        subprocess.run([*realm.as_user(), "pg_restore", "--no-owner", "-d", again, dump], check=True, timeout=60)
        with open(realm.config) as file:
            realm.write(file.read().replace(self.url, again))
        realm.start()
        self.assertEqual(self.code(realm, "alice", PASSWORDS["alice"]), "REP")

    def test_migrate_there_and_back(self):
        realm = self.make("sqlite", database=None)
        sqlite = realm.database
        realm.add_user("alice")
        realm.add_service("HTTP/www.cloud.test")
        realm.add_group("staff", "alice")
        result = realm.admin("migrate", "--to", self.url, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("the service runs", result.stderr)
        realm.terminate()
        result = realm.admin("migrate", "--to", "postgresql://elsewhere/x", check=False)
        self.assertEqual(result.returncode, 2)
        result = realm.admin("migrate", "--to", self.server.url("nothing"), check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("createdb -O daemon -E UTF8", result.stderr)
        text = realm.text()
        for url, said in ((self.url, f"the database {self.url} is empty; `ferryman realm init` makes a realm in it"),
                          (self.url + "&user=somebody", "as somebody, by a line of its pg_ident.conf")):
            realm.write(text.replace(sqlite, url))
            refused = subprocess.run(realm.command(), capture_output=True, text=True, timeout=60)
            self.assertEqual(refused.returncode, 2)
            self.assertIn(said, refused.stderr)
        realm.write(text)
        back = os.path.join(os.path.dirname(sqlite), "back.db")
        for source, target in ((sqlite, self.url), (self.url, back)):
            result = realm.admin("migrate", "--to", target)
            self.assertIn(f'database = "{target}"', result.stdout)
            with open(realm.config) as file:
                realm.write(file.read().replace(f'database = "{source}"', f'database = "{target}"'))
            realm.start()
            self.assertEqual(realm.show("user", "alice")["groups"], ["Domain Users", "staff"])
            self.assertEqual(self.code(realm, "alice", PASSWORDS["alice"]), "REP")
            realm.add_user(f"user-of-{os.path.basename(target)[:4]}", PASSWORDS["bob"])
            realm.terminate()
        result = realm.admin("migrate", "--to", self.url, check=False)  # it has its tenant
        self.assertEqual(result.returncode, 1)
        self.assertIn("has the tenant example already", result.stderr)
        self.assertIn("Name one that is empty", result.stderr)
        self.assertEqual(os.stat(back).st_mode & 0o777, 0o600)
        self.assertEqual(os.stat(back).st_uid, USER.pw_uid)


class UnreachableTest(PostgresqlScenario):
    def test_a_server_that_stands_still(self):
        """It is stopped, not gone: nobody waits for it for ever."""
        realm = self.make()
        realm.add_user("alice")
        alice = self.key_of(realm, "alice", PASSWORDS["alice"])
        processes = [int(path.split("/")[2]) for path in glob.glob("/proc/[0-9]*/cmdline") if self.is_of_server(path)]
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            begun = time.monotonic()
            self.assertEqual(self.code(realm, "alice", None, alice)[:2], "29")
            self.assertLess(time.monotonic() - begun, 12)
        finally:
            for process in processes:
                os.kill(process, signal.SIGCONT)
        self.assertEqual(self.code(realm, "alice", PASSWORDS["alice"]), "REP")

    def is_of_server(self, path):
        """Its sessions and itself."""
        try:
            with open(path, "rb") as file:
                words = file.read()
            with open(os.path.join(os.path.dirname(path), "stat")) as file:
                parent = int(file.read().rsplit(")", 1)[1].split()[1])
        except OSError:
            return False
        mine = self.server.process.child.pid
        return b"postgres" in words and (parent == mine or int(path.split("/")[2]) == mine)
