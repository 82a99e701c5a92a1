"""`ferryman explain`: set-ups that are broken in one way each; the first line names the cause and what mends it."""
import glob
import json
import os
import subprocess
import unittest

from lib.client import Client
from lib.firewall import Firewall
from lib.gateway import TOOL, Gateway, configuration
from lib.kdcs import MitKdc, private_names
from lib.own_realm import PASSWORDS, WRONG_PASSWORD, OwnRealmScenario
from lib.proc import free_port

FAKETIME = next(iter(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")), None)
OK, WRONG, USAGE, UNREACHABLE = 0, 1, 2, 5
NO_SOCKET = "/nonexistent/admin.sock"


class ExplainTest(OwnRealmScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mit = cls.started(MitKdc(cls.directory, cls.authority))
        cls.serve(realms={cls.mit.realm: {"kdc": [cls.mit.kdc], "allow_unarmored_password": True, "deadline": "2s"}})
        cls.hosts = private_names(cls.directory, "127.0.0.1",
                                  {"127.0.0.1": "www.cloud.test web.cloud.test old.cloud.test www.mit.test www.other.test"})
        cls.gateways = ["--gateway", "CLOUD.TEST=" + cls.base, "--gateway", "MIT.TEST=" + cls.base]
        cls.plain = Client(cls.directory, {cls.kdc.realm: {}}, name="plain")

    def run_explain(self, user, spn, *args, password=None, administrator=True, gateways=None, client=None, env=None):
        socket = self.kdc.admin_socket if administrator else NO_SOCKET
        given = ["--password-stdin"] if password else []
        return subprocess.run(
            [*self.hosts, TOOL, "explain", user, spn, "--no-dns", "--ca-file", self.authority.certificate, "--socket", socket,
             *(self.gateways if gateways is None else gateways), *given, *args],
            input=password or "", text=True, capture_output=True, timeout=120, env={**(client or self.plain).env, **(env or {})})

    def assert_first(self, pattern, *args, code=WRONG, **more):
        """The first line, and the exit code."""
        result = self.run_explain(*args, **more)
        first = result.stdout.split("\n", 1)[0]
        self.assertRegex(first, pattern, result.stdout + result.stderr)
        self.assertEqual(result.returncode, code, result.stdout)
        return result

    # It works

    def test_a_password_and_the_services_keytab(self):
        for administrator in (True, False):
            with self.subTest(administrator=administrator):
                result = self.assert_first(
                    "^works: alice@CLOUD.TEST gets a ticket for HTTP/www.cloud.test$", "alice", self.service,
                    "--keytab", self.kdc.keytab, password=PASSWORDS["alice"], administrator=administrator, code=OK)
                self.assertRegex(result.stdout, r"keytab +ok +\S+ opens the ticket: kvno 1")

    def test_json(self):
        told = json.loads(self.run_explain("alice", self.service, "--json", password=PASSWORDS["alice"]).stdout)
        self.assertEqual((told["works"], told["wrong"]), (True, None))
        self.assertEqual([step["step"] for step in told["steps"]],
                         ["names", "gateway", "realm map", "kdc", "clock", "account", "key", "tgt", "service ticket"])

    def test_a_ticket_that_there_is(self):
        client = self.client()
        client.kinit("alice", PASSWORDS["alice"])
        self.assert_first("^works: ", "alice", self.service, client=client, code=OK)
        nothing = self.assert_first("^nothing wrong is seen as far as could be looked", "bob", self.service, client=client, code=OK)
        self.assertRegex(nothing.stdout, "key +not looked at")

    def test_mits_realm_by_a_gateway_and_directly(self):
        spn = "HTTP/www.mit.test"
        self.assert_first("^works: ", "alice@MIT.TEST", spn, "--keytab", self.mit.keytab, password="alice-pw", code=OK)
        client = Client(self.directory, {"MIT.TEST": {"kdc": self.mit.kdc}}, name="direct")
        self.assert_first("^works: ", "alice", spn, "--keytab", self.mit.keytab, password="alice-pw", client=client, gateways=[], code=OK)

    def test_usage(self):
        self.assertEqual(self.run_explain("alice", "www").returncode, USAGE)

    # The way to a KDC

    @unittest.skipUnless(FAKETIME, "no libfaketime")
    def test_wrong_clock(self):
        for seconds in ("+3600", "+40d", "-40d"):
            with self.subTest(seconds):
                env = {"LD_PRELOAD": FAKETIME, "FAKETIME": seconds, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}
                self.assert_first("^wrong: this computer's clock is .* the KDC's: set it", "alice", self.service,
                                  "--deadline", "2s", password=PASSWORDS["alice"], env=env)

    def test_realm_map_missing(self):
        self.assert_first(r"^wrong: krb5.conf does not say which realm www.other.test is of.*domain_realm", "alice",
                          "HTTP/www.other.test", password=PASSWORDS["alice"])

    def test_realm_map_leads_to_a_realm_without_a_gateway(self):
        client = Client(self.directory, {self.kdc.realm: {}}, name="mapped")
        with open(client.config, "a") as file:
            file.write("[domain_realm]\n www.other.test = OTHER.TEST\n")
        self.assert_first(r"^wrong: krb5.conf says that www.other.test is of OTHER.TEST, of which no gateway", "alice",
                          "HTTP/www.other.test", password=PASSWORDS["alice"], client=client, code=UNREACHABLE)

    def test_gateway_dead(self):
        url = f"https://localhost:{free_port()}/KdcProxy"
        self.assert_first(f"^wrong: the gateway {url} cannot be used: no connection.*systemctl start ferrymand", "alice", self.service,
                          gateways=["--gateway", url], code=UNREACHABLE)
        self.assert_first("^works", "alice", self.service, gateways=["--gateway", url, "--gateway", self.base],
                          password=PASSWORDS["alice"], code=OK)

    def test_certificate_expired(self):
        certificate = self.authority.issue("expired", "[ext]\nbasicConstraints=CA:FALSE\nsubjectAltName=DNS:localhost\n"
                                           "extendedKeyUsage=serverAuth\n", days=-1)
        port = free_port()
        self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}], {self.mit.realm: {"kdc": [self.mit.kdc]}},
            dict(zip(("certificate", "private_key"), certificate))), name="expired-gateway"))
        self.assert_first("^wrong: the gateway .* the certificate expired on .*renew it", "alice@MIT.TEST", "HTTP/www.mit.test",
                          gateways=["--gateway", f"https://localhost:{port}"])

    def test_kdcs_udp_swallowed_and_its_tcp_closed(self):
        firewall = self.running(Firewall())
        firewall.drop(f"udp dport {self.mit.port}")
        firewall.refuse(f"tcp dport {self.mit.port}")
        self.assert_first("^wrong: no KDC of MIT.TEST answers: .*ferryman locate MIT.TEST", "alice@MIT.TEST", "HTTP/www.mit.test",
                          code=UNREACHABLE)
        client = Client(self.directory, {"MIT.TEST": {"kdc": self.mit.kdc}}, name="swallowed")
        self.assert_first(f"^wrong: no KDC of MIT.TEST answers: 127.0.0.1:{self.mit.port}: TCP is closed, UDP is silent", "alice",
                          "HTTP/www.mit.test", client=client, gateways=[], code=UNREACHABLE)

    def test_a_host_without_an_address(self):
        self.assert_first("^wrong: gone.cloud.test has no address here.*getent hosts", "alice", "HTTP/gone.cloud.test")

    # The user's account

    def test_unknown(self):
        self.assert_first("^wrong: the realm has no user nobody@CLOUD.TEST.*ferryman realm user add nobody", "nobody", self.service)

    def test_locked(self):
        self.new_user("dave")
        for _ in range(50):
            if self.kdc.show("user", "dave")["locked_until"]:
                break
            self.client().kinit("dave", WRONG_PASSWORD, check=False)
        for administrator, cause in ((True, "is locked until .*ferryman realm user unlock dave"), (False, "locked, disabled or expired")):
            with self.subTest(administrator=administrator):
                self.assert_first("^wrong: dave@CLOUD.TEST " + cause if administrator else "^wrong: .*" + cause, "dave", self.service,
                                  password=PASSWORDS["alice"], administrator=administrator)

    def test_disabled(self):
        self.new_user("erin")
        self.kdc.admin("user", "disable", "erin")
        self.assert_first("^wrong: erin@CLOUD.TEST is disabled: .*ferryman realm user enable erin", "erin", self.service)

    def test_must_change(self):
        self.assert_first("^wrong: carol@CLOUD.TEST must change the password first: \"kpasswd carol@CLOUD.TEST\"", "carol", self.service)
        for user, password in (("carol", PASSWORDS["carol"]), ("carol@MIT.TEST", "old-pw")):
            self.assert_first("^wrong: the password of carol@.* has expired or must be changed.*kpasswd", user,
                              self.service if "@" not in user else "HTTP/www.mit.test", password=password, administrator=False)

    def test_wrong_password(self):
        self.assert_first("^wrong: the password of bob@CLOUD.TEST is wrong", "bob", self.service, password=WRONG_PASSWORD)

    # The service

    def test_missing_spn(self):
        for administrator, command in ((True, "ferryman realm service add HTTP/web.cloud.test"), (False, "setspn -S")):
            self.assert_first(f"^wrong: CLOUD.TEST has no service HTTP/web.cloud.test.*{command}", "alice", "HTTP/web.cloud.test",
                              password=PASSWORDS["alice"], administrator=administrator)
        self.assert_first("^wrong: CLOUD.TEST has no service", "alice", "HTTP/web.cloud.test")

    def test_old_keytab(self):
        keytab = self.kdc.add_service("HTTP/old.cloud.test")
        self.kdc.admin("service", "rotate", "HTTP/old.cloud.test")
        self.assert_first("^wrong: the keytab .* with kvno 1, and tickets are under kvno 2.*ferryman realm service keytab", "alice",
                          "HTTP/old.cloud.test", "--keytab", keytab, password=PASSWORDS["alice"])

    def test_etype_that_the_client_does_not_take(self):
        aes256, aes128 = "aes256-cts-hmac-sha1-96", "aes128-cts-hmac-sha1-96"
        self.kdc.add_service("HTTP/web.cloud.test", etypes=[aes128])
        self.addCleanup(self.kdc.admin, "service", "remove", "HTTP/web.cloud.test", "--yes")
        client = Client(self.directory, {self.kdc.realm: {}}, name="aes256", libdefaults={"permitted_enctypes": aes256})
        for administrator, has in ((True, aes128), (False, "others")):
            self.assert_first(f"^wrong: HTTP/web.cloud.test@CLOUD.TEST has no key of an encryption type that this computer takes: it has "
                              f"{has}, asked for: {aes256} ", "alice", "HTTP/web.cloud.test", password=PASSWORDS["alice"], client=client,
                              administrator=administrator)

    def test_etype_that_the_keytab_has_not(self):
        self.mit.run("kadmin.local", "-q", "addprinc -randkey HTTP/www.other.test")
        whole, part = (os.path.join(self.directory, name) for name in ("whole.keytab", "part.keytab"))
        self.mit.run("kadmin.local", "-q", f"ktadd -k {whole} HTTP/www.other.test")
        subprocess.run(["ktutil"], input=f"rkt {whole}\ndelent 1\nwkt {part}\nquit\n", text=True, check=True, capture_output=True)
        self.assert_first("^wrong: the keytab .* encryption types aes128-cts-hmac-sha1-96, and tickets are in aes256-cts-hmac-sha1-96",
                          "alice@MIT.TEST", "HTTP/www.other.test@MIT.TEST", "--keytab", part, password="alice-pw")
