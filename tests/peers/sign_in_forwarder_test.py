"""What `ferryman login` starts for programs that know no KDC proxies: a forwarder, by which Heimdal, Java and Samba's tools use the
ticket. Nothing of the realm is reached but by HTTPS."""
import json
import os
import signal
import socket
import subprocess
import types
import unittest

from lib import krb
from lib.firewall import Firewall
from lib.gateway import TOOL
from lib.heimdal import heimdal
from lib.own_etc import OwnEtc
from lib.own_realm import PASSWORDS
from lib.person import PIN
from lib.proc import Process, wait_for
from lib.servers import SmbServer
from lib.user_manager import UserManager
from peers.sign_in_test import SignInScenario

HERE = os.path.dirname(os.path.abspath(__file__))
FIRST_PORT = 21000 + os.geteuid() % 10000


class ForwarderScenario(SignInScenario):
    realms = {"OTHER.TEST": {"discovery": "local", "tenant": "other"}}

    def signed_in(self, name="alice", managed=True, prefix=()):
        """Enrolled, with a cache that Java reads; managed: systemd --user is there."""
        person = self.person(name)
        person.prefix = list(prefix)
        person.env["KRB5CCNAME"] = f"FILE:{person.home}/cc"
        if managed:
            person.manager = self.running(UserManager(person.home, person))
        person.enrolment = person.enroll(self.code(name), "--key", "software")
        return person

    def only_https(self):
        """From here on nothing reaches anything but the gateway's port and the forwarder's: a later one, where that of the test before
        has not ended."""
        firewall = self.running(Firewall())
        ports = f"{FIRST_PORT}-{FIRST_PORT + 9}"
        firewall.drop(f"udp dport != {ports} udp sport != {ports}")
        firewall.drop(f"tcp flags & (syn | ack) == syn tcp dport != {{ {self.port}, {ports} }}")

    @staticmethod
    def heimdal(person, tool, *args, **more):
        return heimdal(tool, *args, config=person.forwarder_env()["KRB5_CONFIG"], cache=f"{person.home}/cc", **more)


class OtherProgramsTest(ForwarderScenario):
    def test_heimdal(self):
        self.only_https()
        person = self.signed_in()
        self.assertEqual(person.enrolment.stderr.count("forwarder"), 0, person.enrolment.stderr)
        self.heimdal(person, "kgetcred", self.service)
        self.assertIn(self.service, self.heimdal(person, "heimtools", "klist").stdout)
        self.gateway.wait_event("exchange", type="TGS-REQ", sname=self.service, result="TGS-REP")
        state = person.forwarder()
        self.assertEqual((state["address"], state["own_user_only"], state["last_error"]), (f"127.0.0.1:{FIRST_PORT}", True, None))
        self.assertEqual([(each["realm"], each["gateway"].lower()) for each in state["realms"]],
                         [("CLOUD.TEST", f"{self.base}/example/kerberos")])

        person.ferryman("logout")
        person.manager.wait_for_end()
        self.assertIsNone(person.forwarder())
        self.assertNotIn("forward.sock", os.listdir(person.state))
        person.login()
        self.heimdal(person, "kgetcred", self.service)
        person.ferryman("unenroll")
        person.manager.wait_for_end()

    def test_java(self):
        self.only_https()
        self.java(self.signed_in())

    def java(self, person):
        classes = os.path.join(person.home, "classes")
        subprocess.run(["javac", "-d", classes, os.path.join(HERE, "java", "Logon.java")], check=True)
        result = person.run("java", "-cp", classes, "Logon", "alice@CLOUD.TEST", "-", self.service.replace("/", "@"), self.kdc.keytab,
                            env=person.forwarder_env())
        self.assertIn("established as alice@CLOUD.TEST", result.stdout)

    def test_samba(self):
        keytab = self.kdc.add_service("FILES$", "HOST/files.cloud.test", "cifs/files.cloud.test")
        user = self.kdc.show("user", "alice")
        conf = os.path.join(self.directory, "server.conf")
        with open(conf, "w") as file:
            file.write("[libdefaults]\n default_realm = CLOUD.TEST\n")
        smbd = self.running(SmbServer(self.directory, keytab, conf, "files.cloud.test", "EXAMPLE", self.kdc.realm,
                                      user["sid"].rpartition("-")[0], 0x70000000, [("alice", user["uid"])]))
        person = self.signed_in()
        env = {**person.env, **person.forwarder_env()}
        client = types.SimpleNamespace(env=env, run=lambda *args, check: person.run(*args, check=check, env=env))
        result = smbd.smbclient(client, "ls")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_a_system_that_is_led_to_the_kdc_proxy(self):
        """As `enroll --system` leaves it: programs that go by the forwarder are not misled."""
        etc = OwnEtc(self.directory)
        etc.write("hosts", "127.0.0.1 localhost\n")
        included = os.path.join(self.directory, "krb5.conf.d")
        os.makedirs(included)
        with open(os.path.join(included, "CLOUD.TEST.conf"), "w") as file:
            file.write(f"[realms]\n CLOUD.TEST = {{\n  kdc = {self.url}\n }}\n")
        etc.write("krb5.conf", f"[libdefaults]\n default_realm = CLOUD.TEST\nincludedir {included}\n")
        person = self.signed_in(prefix=etc.command)
        config = person.forwarder_env()["KRB5_CONFIG"]
        with open(config) as file:
            text = file.read()
        self.assertLess(text.index("kdc = 127.0.0.1"), text.index("kdc = https:"))
        self.java(person)
        self.heimdal(person, "kgetcred", self.service)


class ForwarderTest(ForwarderScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc.admin("tenant", "add", "other", "--realm", "OTHER.TEST")
        cls.kdc.admin("tenant", "set", "other", "--top-level-names", "other.test")
        cls.kdc.add_user("alice", PASSWORDS["alice"], "--tenant", "other")
        cls.kdc.admin("service", "add", "HTTP/www.other.test", "--tenant", "other")

    def enroll_at_other(self, person):
        shown = self.kdc.admin("user", "code", "alice", "--json", "--tenant", "other").stdout
        person.tenant = "other"
        person.enroll(json.loads(shown)["code"], "--key", "software")

    def test_two_accounts_share_one(self):
        person = self.signed_in()
        person.env["KRB5CCNAME"] = f"DIR:{person.home}/caches"
        person.login()
        self.enroll_at_other(person)
        self.assertEqual(len(person.manager.pids()), 1)
        self.assertEqual([each["realm"] for each in person.forwarder()["realms"]], ["CLOUD.TEST", "OTHER.TEST"])
        env = {"KRB5_CONFIG": person.forwarder_env()["KRB5_CONFIG"]}
        person.run("kvno", "HTTP/www.cloud.test@CLOUD.TEST", env=env)
        person.run("kswitch", "-p", "alice@OTHER.TEST", env=env)
        person.run("kvno", "HTTP/www.other.test@OTHER.TEST", env=env)
        person.ferryman("logout", "--user", "example/alice")
        self.assertEqual([each["realm"] for each in person.forwarder()["realms"]], ["OTHER.TEST"])
        self.assertIn("does not serve", self.asked_for("CLOUD.TEST"))
        person.ferryman("logout", "--user", "other/alice")
        person.manager.wait_for_end()

    def asked_for(self, realm, user=None):
        """What comes back by TCP for an AS-REQ, as text."""
        program = ("import socket, sys; s = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 20); "
                   "s.sendall(bytes.fromhex(sys.argv[2])); sys.stdout.buffer.write(s.recv(4096))")
        message = krb.as_req(realm)
        prefix = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
        return subprocess.run([*prefix, "/usr/bin/python3", "-c", program, str(FIRST_PORT), (len(message).to_bytes(4, "big") + message).hex()],
                              capture_output=True, check=not user, timeout=60).stdout.decode("latin-1")

    def test_another_user_gets_no_answer(self):
        person = self.signed_in()
        self.assertNotEqual(self.asked_for("CLOUD.TEST"), "")
        before = len(self.gateway.events("exchange"))
        self.assertEqual(self.asked_for("CLOUD.TEST", user=54402), "")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
            own.settimeout(20)
            subprocess.run(["setpriv", "--reuid=54402", "--regid=54402", "--clear-groups", "/usr/bin/python3", "-c",
                            "import socket, sys; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
                            "s.sendto(bytes.fromhex(sys.argv[2]), ('127.0.0.1', int(sys.argv[1])))",
                            str(FIRST_PORT), krb.as_req("CLOUD.TEST").hex()], check=True, timeout=60)
            own.sendto(krb.as_req("CLOUD.TEST"), ("127.0.0.1", FIRST_PORT))
            self.assertNotEqual(own.recv(4096), b"")
        self.gateway.wait_event("exchange", count=before + 1)
        self.assertEqual(len(self.gateway.events("exchange")), before + 1)
        self.assertTrue(person.forwarder()["own_user_only"])

    def test_its_port_is_taken(self):
        with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", FIRST_PORT))
            udp.bind(("127.0.0.1", FIRST_PORT + 1))
            person = self.signed_in()
            self.assertEqual(person.forwarder()["address"], f"127.0.0.1:{FIRST_PORT + 2}")
            self.heimdal(person, "kgetcred", self.service)

    def test_no_port_is_free(self):
        held = []
        try:
            for i in range(64):
                held.append(socket.socket())
                held[-1].bind(("127.0.0.1", FIRST_PORT + i))
            person = self.signed_in()
        finally:
            for each in held:
                each.close()
        self.assertIn("ferryman forward --signed-in", person.enrolment.stderr)
        self.assertIn("cannot listen at 127.0.0.1", person.manager.log())
        person.ferryman("login", "--renew")  # as the timer does
        self.assertIsNotNone(person.forwarder())

    def test_without_a_user_manager(self):
        person = self.signed_in(managed=False)
        self.assertIn('"ferryman forward --signed-in"', person.enrolment.stderr)
        self.assertIsNone(person.forwarder())
        self.assertIn("no forwarder has run", person.ferryman("env", "--forwarder", code=1).stderr)
        self.assertIn("does not run", person.ferryman("status").stdout)
        by_hand = self.running(Process([TOOL, "forward", "--signed-in"], os.path.join(person.home, "log"), person.env))
        wait_for(person.forwarder, "the forwarder")
        self.assertIn("runs already", person.ferryman("forward", "--signed-in", code=1).stderr)
        self.heimdal(person, "kgetcred", self.service)
        self.assertNotIn("forwarder", person.login().stderr)
        person.ferryman("logout")
        self.assertEqual(by_hand.child.wait(20), 0)
        self.assertIn("nobody is signed in any more", by_hand.text())
        self.assertIn("nobody is signed in", person.ferryman("forward", "--signed-in", code=1).stderr)

    def test_one_that_was_killed(self):
        person = self.signed_in()
        os.kill(person.manager.pids()[0], signal.SIGKILL)
        person.manager.wait_for_end()
        self.assertIsNone(person.forwarder())
        person.ferryman("login", "--renew")
        self.heimdal(person, "kgetcred", self.service)

    def test_what_went_wrong_last_is_told(self):
        person = self.signed_in()
        self.assertIn("does not serve", self.asked_for("UNKNOWN.TEST"))
        self.assertIn("AS-REQ for UNKNOWN.TEST", person.forwarder()["last_error"]["text"])
        self.assertIn("UNKNOWN.TEST", person.ferryman("status").stdout)
        self.heimdal(person, "kgetcred", self.service)
        self.assertIsNone(person.forwarder()["last_error"])

    def test_wrong_usage(self):
        person = self.person()
        for options in (("--realm", "CLOUD.TEST"), ("--gateway", self.url), ("--port", "8088"), ("--ca-file", person.ca)):
            self.assertIn(options[0], person.ferryman("forward", "--signed-in", *options, code=2).stderr)
        self.assertIn("nobody is signed in", person.ferryman("forward", "--signed-in", code=1).stderr)

    def test_files_of_the_users_own(self):
        person = self.signed_in()
        forward = os.path.join(person.state, "forward.conf")
        person.env["KRB5_CONFIG"] = os.path.join(person.state, "krb5.conf") + ":/own.conf"
        person.env["JDK_JAVA_OPTIONS"] = "-Xmx64m"
        self.assertEqual(person.forwarder_env(), {
            "KRB5_CONFIG": forward + ":/own.conf", "JDK_JAVA_OPTIONS": f'-Xmx64m "-Djava.security.krb5.conf={forward}"'})
        person.env.update(person.forwarder_env())
        self.assertEqual(person.forwarder_env(), {name: person.env[name] for name in ("KRB5_CONFIG", "JDK_JAVA_OPTIONS")})
        person.login(PIN)


if __name__ == "__main__":
    unittest.main()
