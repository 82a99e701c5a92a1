"""Signing in with a key instead of a password: ferryman enroll, login and the others at ferryman-realm, behind ferrymand; MIT's
tools, curl and Apache with the tickets. Nothing of the realm is reached but by HTTPS."""
import json
import os
import re
import subprocess
import types
import unittest

from lib.firewall import Firewall
from lib.own_etc import OwnEtc
from lib.own_realm import PASSWORDS, WRONG_PASSWORD, OwnRealmScenario
from lib.person import PIN, WRONG_PIN, Person
from lib.servers import Apache, SshServer
from lib.swtpm import Swtpm


class SignInScenario(OwnRealmScenario):
    realms = None  # further ones at the gateway

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve(realms=cls.realms)
        cls.kdc.admin("tenant", "set", "example", "--top-level-names", "cloud.test")

    def person(self, name="alice"):
        self.persons = getattr(self, "persons", 0) + 1
        directory = os.path.join(self.directory, f"{self.id().rsplit('.', 1)[-1]}-{self.persons}")
        os.makedirs(directory)
        return Person(directory, name, self.base, self.authority.certificate)

    def code(self, name="alice"):
        shown = self.kdc.admin("user", "code", name).stdout
        return re.search(r"\b[A-Z0-9]{4}(-[A-Z0-9]{4}){3}\b", shown)[0]

    @staticmethod
    def use_ticket(person, check=True):
        """For the web server, whose realm comes from the realm map."""
        return person.kerberos("kvno", "--no-store", "-S", "HTTP", "www.cloud.test", check=check)

    def assert_nothing_is_left(self, person):
        self.assertNotIn("CLOUD.TEST", person.klist())
        self.assertEqual(set(person.files()) & {"tokens.pem", "session.json"}, set())


class Flow:
    """What is the same wherever the keys live. options(): those of enroll."""

    def enrolled(self, name="alice"):
        person = self.person(name)
        person.enroll(self.code(name), *self.options())
        return person

    def only_https(self):
        """From here on nothing reaches anything but the gateway's port."""
        firewall = self.running(Firewall())
        firewall.drop("meta l4proto udp")
        firewall.drop(f"tcp flags & (syn | ack) == syn tcp dport != {self.port}")

    def test_from_enrolment_to_the_last_octet(self):
        self.only_https()
        person = self.person()
        shown = person.enroll(self.code(), *self.options()).stdout
        self.assertIn("alice@", shown)
        self.assertIn("krbtgt/CLOUD.TEST@CLOUD.TEST", person.klist())
        person.kerberos("kvno", "-k", self.kdc.keytab, "HTTP/www.cloud.test@CLOUD.TEST")  # it opens the ticket
        self.use_ticket(person)

        person.ferryman("logout")
        self.assert_nothing_is_left(person)
        account = person.status()[0]
        self.assertEqual((account["cloud_tgt"], account["signed_in"], account["to_do"]), (0, None, "ferryman login"))

        ticket = json.loads(person.login(PIN, "--json").stdout)["ticket"]
        self.assertEqual(ticket["principal"], "alice@CLOUD.TEST")
        self.assertTrue(ticket["cache"].startswith("DIR:"), ticket)
        account = person.status()[0]
        self.assertEqual((account["cloud_tgt"], account["on_premises_tgt"], account["last_error"], account["to_do"]), (1, 0, None, None))
        self.assertEqual((account["realm"], account["kdc_proxy"].lower()), ("CLOUD.TEST", f"{self.base}/example/kerberos"))

        device = account["device"]
        self.assertIn(device, self.kdc.admin("device", "list").stdout)
        person.ferryman("unenroll")
        self.assert_nothing_is_left(person)
        self.assertEqual(set(person.files()), {"lock", "krb5.conf"})
        self.assertNotIn(device, self.kdc.admin("device", "list").stdout)
        person.ferryman("status", code=1)

    def test_renewal_asks_for_no_pin(self):
        person = self.enrolled()
        before = person.status()[0]
        person.run("kdestroy", "-A")
        self.assertEqual(person.status()[0]["cloud_tgt"], 0)
        person.ferryman("login", "--renew")
        after = person.status()[0]
        self.assertEqual((after["cloud_tgt"], after["signed_in"]), (1, before["signed_in"]))
        self.use_ticket(person)
        person.ferryman("login", "--renew")
        person.ferryman("unenroll")

    def test_a_wrong_pin(self):
        person = self.enrolled()
        person.ferryman("logout")
        refused = person.login(WRONG_PIN, code=4).stderr
        self.assertIn("wrong PIN", refused)
        self.assert_nothing_is_left(person)
        self.assertIn("wrong PIN", person.status()[0]["last_error"]["text"])
        person.login()
        self.assertIsNone(person.status()[0]["last_error"])

    def test_a_removed_device_is_told(self):
        person = self.enrolled()
        self.kdc.admin("device", "remove", person.status()[0]["device"], "--yes")
        refused = person.login(code=3).stderr
        self.assertIn("removed at the tenant", refused)
        account = person.status()[0]
        self.assertIn("removed at the tenant", account["last_error"]["text"])
        self.assertEqual(account["to_do"], "what the last error says")
        self.assertIn("AADSTS50173", person.ferryman("login", "--renew", code=3).stderr)
        revoked = self.use_ticket(person, check=False)
        self.assertIn("TGT has been revoked", revoked.stderr)
        person.ferryman("unenroll", "--force")
        self.assertEqual(set(person.files()), {"lock", "krb5.conf"})
        person.enroll(self.code(), *self.options())


class SoftwareKeyTest(Flow, SignInScenario):
    def options(self):
        return ("--key", "software")

    def test_it_is_said_that_it_is_the_last_resort(self):
        person = self.person()
        self.assertIn("whoever copies them", person.enroll(self.code(), *self.options()).stderr)

    def test_a_code_is_good_once_and_for_its_user(self):
        code = self.code("bob")
        self.assertIn("AADSTS50126", self.person("alice").enroll(code, *self.options(), code=3).stderr)
        code = self.code("bob")
        self.person("bob").enroll(code, *self.options())
        person = self.person("bob")
        self.assertIn("AADSTS50126", person.enroll(code, *self.options(), code=3).stderr)
        self.assertEqual(set(person.files()), {"lock"}, "a refused enrolment leaves nothing")

    def test_a_password_will_do_where_the_tenant_takes_it(self):
        person = self.person()
        options = ("--url", self.base, "--tenant", "example", "--user", "alice", "--ca", person.ca, "--password-stdin", "--pin-stdin",
                   *self.options())
        self.assertIn("AADSTS50126", person.ferryman("enroll", *options, lines=(WRONG_PASSWORD, PIN), code=3).stderr)
        person.ferryman("enroll", *options, lines=(PASSWORDS["alice"], PIN))
        self.use_ticket(person)

    def test_a_second_enrolment_of_an_account(self):
        person = self.enrolled()
        code = self.code()
        self.assertIn("unenroll", person.enroll(code, *self.options(), code=1).stderr)
        self.person().enroll(code, *self.options())  # it was not used up

    def test_two_accounts_side_by_side(self):
        person = self.enrolled()
        person.enroll(self.code("bob"), *self.options(), user="bob")
        shown = person.klist()
        for name in ("alice", "bob"):
            self.assertIn(f"Default principal: {name}@CLOUD.TEST", shown)
        self.assertEqual([account["user"].split("@")[0] for account in person.status()], ["alice", "bob"])
        person.ferryman("logout", "--user", "bob")
        shown = person.klist()
        self.assertIn("alice@CLOUD.TEST", shown)
        self.assertNotIn("bob@CLOUD.TEST", shown)
        person.login(PIN, "--user", "bob")
        self.assertIn("bob@CLOUD.TEST", person.klist())

    def test_signing_out_where_another_cache_is_the_default(self):
        person = self.enrolled()
        caches = person.env["KRB5CCNAME"]
        person.env["KRB5CCNAME"] = f"FILE:{person.home}/other"
        person.ferryman("logout")
        person.env["KRB5CCNAME"] = caches
        self.assert_nothing_is_left(person)

    def test_what_is_typed_wrong_is_told(self):
        person = self.person()
        self.assertIn("no such tenant", self.enroll_with(person, tenant="exampel").stderr)
        self.assertIn("--ca FILE", self.enroll_with(person, ca=None, code=5).stderr)
        self.assertIn("cannot be read", self.enroll_with(person, ca="/nonexistent", code=2).stderr)
        self.assertIn("8 characters", self.enroll_with(person, pin="short", code=1).stderr)
        self.assertIn("no code", self.enroll_with(person, enrolment_code="ABCD-EFGH", code=2).stderr)
        self.assertIn("no URL", self.enroll_with(person, url="http://localhost", code=2).stderr)
        self.assertIn("localhost:1", self.enroll_with(person, url="https://localhost:1", code=5).stderr)
        self.assertIn("no TPM", self.enroll_with(person, key="tpm", code=1).stderr)
        self.assertEqual(set(person.files()), {"lock"})

    def enroll_with(self, person, url=None, tenant="example", ca="", key="software", pin=PIN, enrolment_code="ABCD-EFGH-2345-6789",
                    code=3):
        ca = [] if ca is None else ["--ca", ca or person.ca]
        return person.ferryman("enroll", "--url", url or person.url, "--tenant", tenant, "--user", "alice", *ca, "--key", key,
                               "--code-stdin", "--pin-stdin", lines=(enrolment_code, pin), code=code)

    def test_the_gateway_is_away(self):
        person = self.enrolled()
        self.gateway.process.suspend()  # it answers nothing
        try:
            refused = person.ferryman("login", "--renew", code=5).stderr
        finally:
            self.gateway.process.resume()
        self.assertIn(self.base, refused)
        person.ferryman("login", "--renew")

    def test_what_is_not_said_comes_from_a_file(self):
        person = self.person()
        folder = os.path.join(person.home, ".config/ferryman")
        os.makedirs(folder)
        with open(os.path.join(folder, "client.toml"), "w") as file:
            file.write(f'ca_file = "{person.ca}"\n[enroll]\nurl = "{self.base}"\ntenant = "example"\nkey = "software"\n')
        person.ferryman("enroll", "--user", "alice", "--code-stdin", "--pin-stdin", lines=(self.code(), PIN))
        self.use_ticket(person)
        os.unlink(os.path.join(folder, "client.toml"))
        self.assertIn("--url", self.person().ferryman("enroll", "--user", "alice", code=2).stderr)

    def server_conf(self):
        file = os.path.join(self.directory, "server.conf")
        with open(file, "w") as out:
            out.write("[libdefaults]\n default_realm = CLOUD.TEST\n")
        return file

    def test_ssh(self):
        keytab = self.kdc.add_service("LOGIN$", "host/login.cloud.test")
        sshd = self.running(SshServer(self.directory, keytab, self.server_conf(), "login.cloud.test"))
        client = types.SimpleNamespace(run=self.enrolled().kerberos)
        result = sshd.ssh(client, "alice", "id", "-un")
        self.assertEqual((result.returncode, result.stdout), (0, "alice\n"), result.stderr + sshd.log())

    def test_web_server(self):
        apache = self.running(Apache(self.directory, self.kdc.keytab, self.server_conf()))
        person = self.enrolled()
        there = f"www.cloud.test:{apache.port}"
        out = person.kerberos("curl", "-s", "-i", "--negotiate", "-u", ":", "--noproxy", "*", "--resolve", there + ":127.0.0.1",
                              f"http://{there}/index.html").stdout
        self.assertIn("the page", out, apache.log())
        self.assertIn("X-User: alice@CLOUD.TEST", out)


class TpmTest(Flow, SignInScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tpm = cls.started(Swtpm(cls.directory))
        cls.tpm.allow_tries(5, 600)

    def setUp(self):
        self.tpm.forget_tries()

    def options(self):
        return ("--tcti", self.tpm.tcti)

    def test_the_key_stays_in_the_tpm(self):
        person = self.enrolled()
        for name in ("user.pem", "device.pem", "transport.pem"):
            self.assertIn(b"TSS2 PRIVATE KEY", person.files()[name])
        self.assertNotIn(b"prt", person.files()["tokens.pem"])
        person.ferryman("logout")
        other = self.running(Swtpm(self.directory, "another"))
        account = os.path.join(next(path for path, _, names in os.walk(person.state) if "account.json" in names), "account.json")
        with open(account) as file:
            text = file.read()
        with open(account, "w") as file:
            file.write(text.replace(self.tpm.tcti, other.tcti))
        self.assertIn("not the one", person.login(code=1).stderr)
        root = json.loads(text)["tpm_root"]
        self.assertTrue(root)

    def test_five_wrong_pins_lock(self):
        person = self.enrolled()
        for left in (4, 3, 2, 1):
            self.assertIn(f"wrong PIN; {left} of 5 tries", person.login(WRONG_PIN, code=4).stderr)
        self.assertIn("within 10 minutes", person.login(WRONG_PIN, code=4).stderr)
        locked = person.login(code=4).stderr  # the right one
        self.assertIn("locked", locked)
        self.assertIn("within 10 minutes", locked)
        self.assertIn("takes no PIN now", person.status()[0]["keys_at"])
        person.ferryman("login", "--renew")  # which needs none
        self.tpm.forget_tries()
        person.login()


class SystemTest(SignInScenario):
    """`enroll --system`: programs without an environment, of any user, find the realm."""

    uid = 54401

    def test_all_programs_know_the_realm(self):
        etc = OwnEtc(self.directory)
        home = os.path.join(self.directory, "home")
        os.makedirs(home)
        os.chown(home, self.uid, self.uid)
        with open(etc.file("passwd"), "a") as passwd:
            passwd.write(f"ellen:x:{self.uid}:{self.uid}::{home}:/bin/sh\n")
        etc.write("hosts", "127.0.0.1 localhost\n")
        os.chmod(self.authority.certificate, 0o644)
        cache = f"/tmp/krb5cc_{self.uid}"
        self.addCleanup(lambda: os.path.exists(cache) and os.unlink(cache))
        root = self.person("alice")
        root.prefix = etc.command
        root.env = {"PATH": root.env["PATH"], "HOME": "/root", "LC_ALL": "C", "SUDO_UID": str(self.uid)}
        options = ("--key", "software", "--system")
        root.enroll(self.code(), *options)
        with open(etc.file("krb5.conf")) as file:
            text = file.read()
        self.assertEqual(text.count("includedir /etc/ferryman/krb5.conf.d\n"), 1)
        self.assertEqual(os.stat(os.path.join(home, ".local/state/ferryman")).st_uid, self.uid)

        bare = [*etc.command, "setpriv", f"--reuid={self.uid}", f"--regid={self.uid}", "--clear-groups", "env", "-i", "PATH=/usr/bin"]
        done = subprocess.run([*bare, "kvno", "-S", "HTTP", "www.cloud.test"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

        root.enroll(self.code(), *options)  # once more: only the system is told
        with open(etc.file("krb5.conf")) as file:
            self.assertEqual(file.read(), text)
        root.env.pop("SUDO_UID")

    def test_only_root_may(self):
        person = self.person()
        person.prefix = ["setpriv", f"--reuid={self.uid}", f"--regid={self.uid}", "--clear-groups"]
        self.assertIn("root", person.enroll("ABCD-EFGH-2345-6789", "--key", "software", "--system", code=2).stderr)


if __name__ == "__main__":
    unittest.main()
