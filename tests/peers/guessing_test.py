"""Passwords tried from the Internet, against real KDCs and their own lock-outs."""
import os
import unittest

from lib import krb
from lib.client import Client
from lib.gateway import Gateway, configuration
from lib.https import Connection, post
from lib.kdcs import HeimdalKdc, MitKdc, SambaDc
from lib.proc import free_port, wait_for
from lib.scenario import Scenario
from peers.logon import gateway_url

PRINCIPAL, ENTERPRISE, UNKNOWN = 1, 10, 0
CANONICALIZE = 0x00010000


class Guessing(Scenario):
    """A Scenario with a KDC, and gateways before it."""

    realms = ()  # more names of the KDC's realm

    def start(self, **policy):
        port, self.plain_port = free_port(), free_port()
        realm = {"kdc": [self.kdc.kdc], "allow_unarmored_password": True}
        gateway = self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}, {"address": f"127.0.0.1:{self.plain_port}", "tls": False}],
            {name: realm for name in (self.kdc.realm, *self.realms)}, self.tls,
            policy=policy, limits={"client_exempt": []}), name=self.id()))
        return gateway, gateway_url(port)

    def client(self, url):
        self.clients = getattr(self, "clients", 0) + 1
        realm = {"kdc": url, "http_anchors": "FILE:" + self.authority.certificate}
        return Client(self.directory, {self.kdc.realm: realm}, name=f"client-{self.id()}-{self.clients}")

    def post(self, name, name_type, realm, options=0, padatas=(), etypes=(18, 17)):
        """The status, and the KDC's error if there is one."""
        message = krb.as_req(realm, name if isinstance(name, tuple) else (name,), padatas, name_type=name_type,
                             options=options, etypes=etypes)
        connection = Connection(self.plain_port, tls=False)
        try:
            connection.send(post(krb.proxy_message(message, realm)))
            status, _, body = connection.response()
        finally:
            connection.close()
        return status, krb.error_code(krb.unwrap(body)) if status == 200 else None

    def guess(self, *name, **options):
        """A timestamp under no key that the account could have, as one under a wrong password's key is."""
        return self.post(*name, padatas=[krb.timestamp(os.urandom(56))], **options)

    def walk(self, names, rounds=2):
        """Tries each name: at once; after asking; for RC4, whose answers tell no salt; with canonicalize. Returns the names
        that reached an account."""
        reached = set()
        for _ in range(rounds):
            for name in names:
                answers = [self.guess(*name), self.post(*name), self.guess(*name), self.post(*name, etypes=(23,)),
                           self.guess(*name, etypes=(23,)), self.guess(*name, options=CANONICALIZE)]
                self.assertLessEqual({status for status, _ in answers}, {200, 403})
                if any(status == 403 or error == 24 for status, error in answers):
                    reached.add(name)
        return reached


class MitTest(Guessing):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc = cls.started(MitKdc(cls.directory, cls.authority))
        cls.kdc.run("kadmin.local", "-q", "addpol -maxfailure 6 -lockoutduration 0 strict")
        for user in ("alice", "bob", "dora", "dora/admin"):
            cls.kdc.run("kadmin.local", "-q", f"addprinc -pw {user}-pw {user}")
            cls.kdc.run("kadmin.local", "-q", f"modprinc -policy strict {user}")

    def test_an_account_is_not_locked_by_strangers(self):
        gateway, url = self.start(principal_failures=3)
        armor = self.client(url)
        armor.kinit("bob", "bob-pw")
        for _ in range(10):
            self.assertNotEqual(self.client(url).kinit("alice", "wrong", check=False).returncode, 0)
        gateway.wait_event("refused", reason="principal_failures", event_id=403, cname="alice", status=403)
        failures = [e for e in gateway.events("exchange") if e["result"] == "KDC_ERR_PREAUTH_FAILED"]
        self.assertLessEqual(len(failures), 3, "what the KDC saw")
        # The right password is refused from here as well, for now; not to who has an armor ticket, and not inside.
        self.assertNotEqual(self.client(url).kinit("alice", "alice-pw", check=False).returncode, 0)
        armored = self.client(url)
        armored.kinit("alice", "alice-pw", "-T", armor.env["KRB5CCNAME"])
        self.client(self.kdc.kdc).kinit("alice", "alice-pw")

    def test_nor_by_many_at_once_who_do_not_wait(self):
        gateway, url = self.start(principal_failures=3)
        for _ in range(5):
            connections = [Connection(self.plain_port, tls=False) for _ in range(10)]
            for connection in connections:
                message = krb.as_req("MIT.TEST", ("dora",), [krb.timestamp(os.urandom(56))])
                connection.send(post(krb.proxy_message(message, "MIT.TEST")))
            for connection in connections:
                connection.close()
        wait_for(lambda: len(gateway.seen()) >= 50, "every guess to end")
        self.client(self.kdc.kdc).kinit("dora", "dora-pw")

    def test_principals_whose_salts_are_the_same_share_their_failures(self):
        """As dora/admin and doraadmin, whose names run together: a fact about their keys that MIT's KDC tells."""
        self.start(principal_failures=3)
        for _ in range(3):
            self.assertEqual(self.guess(("dora", "admin"), PRINCIPAL, "MIT.TEST"), (200, 24))
        self.assertEqual(self.guess(("dora", "admin"), PRINCIPAL, "MIT.TEST"), (403, None))
        self.assertEqual(self.post("doraadmin", PRINCIPAL, "MIT.TEST"), (200, 6))
        self.assertEqual(self.guess("bob", PRINCIPAL, "MIT.TEST"), (200, 24))

    def test_without_the_rule_it_is(self):
        _, url = self.start()
        for _ in range(8):
            self.client(url).kinit("bob", "wrong", check=False)
        result = self.client(self.kdc.kdc).kinit("bob", "bob-pw", check=False)
        self.assertIn("revoked", result.stderr)

    def test_many_names_from_one_client(self):
        gateway, url = self.start(client_failures=5)
        for i in range(8):
            self.client(url).kinit(f"user{i}", "Summer2026", check=False)
        gateway.wait_event("refused", reason="client_failures", event_id=403)
        unknown = [e for e in gateway.events("exchange") if e["result"] == "KDC_ERR_C_PRINCIPAL_UNKNOWN"]
        self.assertLessEqual(len(unknown), 5)


class HeimdalTest(Guessing):
    """Which answers a wrong password without a salt, and knows aliases."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc = cls.started(HeimdalKdc(cls.directory))
        cls.kdc.admin("modify", "--alias=wonder@HEIM.TEST", "alice")

    def test_aliases_share_their_failures(self):
        gateway, _ = self.start(principal_failures=3)
        names = [("alice", PRINCIPAL, "HEIM.TEST"), ("wonder", PRINCIPAL, "HEIM.TEST"),
                 ("alice@HEIM.TEST", ENTERPRISE, "HEIM.TEST"), ("wonder@HEIM.TEST", ENTERPRISE, "HEIM.TEST"),
                 ("alice", UNKNOWN, "HEIM.TEST")]
        self.assertEqual(self.walk(names), set(names))
        failures = [e for e in gateway.events("exchange") if e["result"] == "KDC_ERR_PREAUTH_FAILED"]
        self.assertEqual(len(failures), 3)
        self.assertEqual(self.guess("bob", PRINCIPAL, "HEIM.TEST"), (200, 24))


class SambaTest(Guessing):
    """An account of Active Directory has many names, and locks at the fifth wrong password."""

    realms = ("AD",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc = cls.started(SambaDc(cls.directory, cls.authority))
        cls.kdc.tool("domain", "passwordsettings", "set", "--account-lockout-threshold=5",
                     "--account-lockout-duration=30", "--reset-account-lockout-after=30")
        cls.kdc.tool("user", "rename", "alice", "--upn=wonder@ad.example.test")
        cls.kdc.tool("user", "create", "älice", "User.Passw0rd1")

    def wrong_passwords(self, user):
        shown = self.kdc.tool("user", "show", user, "--attributes=badPwdCount,lockoutTime")
        values = dict(line.split(": ", 1) for line in shown.split("\n") if ": " in line)
        self.assertIn(values.get("lockoutTime", "0"), ("0",), "locked")
        return int(values.get("badPwdCount", 0))

    def test_all_names_of_an_account_share_its_failures(self):
        gateway, url = self.start(principal_failures=3)
        names = [(name, name_type, realm) for realm in ("AD.EXAMPLE.TEST", "AD", "ad.example.test")
                 for name, name_type in (
                     ("alice", PRINCIPAL), ("ALICE", PRINCIPAL), ("alice", UNKNOWN), ("alice@AD.EXAMPLE.TEST", PRINCIPAL),
                     ("alice@AD.EXAMPLE.TEST", ENTERPRISE), ("Alice@ad.example.test", ENTERPRISE), ("alice@AD", ENTERPRISE),
                     ("wonder@ad.example.test", ENTERPRISE))]
        nobody = [("alice$", PRINCIPAL, "AD.EXAMPLE.TEST"), ("alice@corp.example", ENTERPRISE, "AD"),
                  ("alice\\@corp.example@AD.EXAMPLE.TEST", ENTERPRISE, "AD.EXAMPLE.TEST"),
                  (("alice", "AD.EXAMPLE.TEST"), UNKNOWN, "AD.EXAMPLE.TEST")]
        self.assertEqual(self.walk([*names, *nobody]), set(names))
        for name in ("alice", "Alice", "wonder@ad.example.test", "alice@AD"):
            for options in ((), ("-C",), ("-E",)):
                self.client(url).kinit(name.replace("@", "\\@"), "wrong", *options, check=False)
        self.assertEqual(self.wrong_passwords("alice"), 3)
        self.client(self.kdc.host).kinit("alice", "User.Passw0rd1")
        self.assertEqual(self.guess("bob", PRINCIPAL, "AD"), (200, 24), "another account")
        gateway.wait_event("refused", reason="principal_failures", event_id=403, cname="wonder\\@ad.example.test")

    def test_case_beyond_ascii_makes_no_difference(self):
        self.start(principal_failures=3)
        names = [("älice", PRINCIPAL, "AD"), ("ÄLICE", PRINCIPAL, "AD"), ("Älice@ad.example.test", ENTERPRISE, "AD.EXAMPLE.TEST")]
        self.assertEqual(self.walk(names), set(names))
        self.assertEqual(self.wrong_passwords("älice"), 3)

    def test_guesses_for_a_name_that_does_not_exist_shut_nobody_out(self):
        _, url = self.start(principal_failures=3)
        for _ in range(10):
            self.assertEqual(self.guess("bob@corp.example", ENTERPRISE, "AD.EXAMPLE.TEST"), (200, 6))
        self.client(url).kinit("bob", "User.Passw0rd1")

if __name__ == "__main__":
    unittest.main()
