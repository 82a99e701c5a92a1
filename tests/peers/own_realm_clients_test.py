"""Programs that know nothing of KDC proxies log on to a realm of our own through `ferryman forward` and a gateway."""
import os
import subprocess
import sys
import unittest

from lib.client import Client
from lib.heimdal import heimdal, password_file
from lib.kdcs import BUILD
from lib.own_realm import NEW_PASSWORD, PASSWORDS, WRONG_PASSWORD, OwnRealmScenario

HERE = os.path.dirname(os.path.abspath(__file__))


def run(args, check=True, **more):
    result = subprocess.run(args, capture_output=True, text=True, timeout=120, **more)
    if check and result.returncode != 0:
        raise AssertionError(f"{args} gave {result.returncode}:\n{result.stdout}{result.stderr}")
    return result


class OtherClients(OwnRealmScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve()
        cls.forward(port=88, kpasswd_port=464)  # impacket asks no other
        cls.kdc.add_group("staff", "alice")

    def seen(self, kind, **fields):
        return self.gateway.wait_event("exchange", type=kind, **fields)

    # Heimdal 7.8

    def heimdal(self, tool, *args, **more):
        return heimdal(tool, *args, config=self.krb5_conf(name=self.id()),
                       cache=os.path.join(self.directory, "cc-" + self.id()), **more)

    def password_file(self, password):
        return password_file(self.directory, self.id(), password)

    def test_heimdal(self):
        self.heimdal("kinit.heimdal", self.password_file(PASSWORDS["alice"]), "alice")
        self.heimdal("kgetcred", self.service)
        listed = self.heimdal("heimtools", "klist", "-v").stdout
        self.assertIn(self.service, listed)
        self.assertIn("aes256-cts-hmac-sha1-96", listed)
        self.seen("TGS-REQ", sname=self.service, result="TGS-REP")

    def test_heimdal_enterprise_name_and_canonicalization(self):
        self.new_user("emil", "--upn", "emil.example@cloud.test")
        password = self.password_file(PASSWORDS["alice"])
        self.heimdal("kinit.heimdal", password, "--enterprise", "emil.example@cloud.test")
        self.assertIn("Principal: emil@CLOUD.TEST", self.heimdal("heimtools", "klist").stdout)
        self.heimdal("kgetcred", self.service)

    def test_heimdal_renews(self):
        self.heimdal("kinit.heimdal", self.password_file(PASSWORDS["alice"]), "--renewable-life=2d", "--lifetime=1h", "alice")
        self.heimdal("kinit.heimdal", "--renew")
        self.heimdal("kgetcred", self.service)

    def test_heimdal_with_a_wrong_password(self):
        result = self.heimdal("kinit.heimdal", self.password_file(WRONG_PASSWORD), "alice", check=False)
        self.assertNotEqual(result.returncode, 0)
        self.assertRegex(result.stderr, "[Pp]assword incorrect|Preauthentication failed")

    def test_heimdal_changes_a_password(self):
        old = self.new_user("dora")
        before = len(self.gateway.events("exchange", type="KPASSWD"))
        self.heimdal("kpasswd.heimdal", "dora", typed=(old, NEW_PASSWORD, NEW_PASSWORD))
        self.gateway.wait_event("exchange", count=before + 1, type="KPASSWD", result="KPASSWD-REP")
        self.client().kinit("dora", NEW_PASSWORD)

    def test_heimdal_with_a_keytab(self):
        self.heimdal("kinit.heimdal", "--keytab=" + self.kdc.keytab, self.service)
        self.heimdal("kgetcred", self.service)

    # Java 17

    def java(self, user, password, libdefaults="", check=True):
        """Krb5LoginModule, then a GSS context with the service's own Java."""
        classes = os.path.join(self.directory, "java")
        if not os.path.isdir(classes):
            run(["javac", "-d", classes, os.path.join(HERE, "java", "Logon.java")])
        conf = self.krb5_conf(" udp_preference_limit = 1\n" + libdefaults, name=self.id())
        return run(["java", "-Djava.security.krb5.conf=" + conf, "-cp", classes, "Logon", user, password,
                    self.service.replace("/", "@"), self.kdc.keytab], check=check)

    def test_java(self):
        self.assertIn("established as alice@CLOUD.TEST", self.java("alice", PASSWORDS["alice"]).stdout)
        self.assertNotEqual(self.java("alice", WRONG_PASSWORD, check=False).returncode, 0)

    def test_java_with_aes_sha2(self):
        etypes = "aes256-cts-hmac-sha384-192 aes128-cts-hmac-sha256-128"
        self.java("alice", PASSWORDS["alice"], f" default_tkt_enctypes = {etypes}\n default_tgs_enctypes = {etypes}\n"
                  f" permitted_enctypes = {etypes} aes256-cts-hmac-sha1-96\n")

    # gokrb5

    def test_gokrb5(self):
        program = os.path.join(self.directory, "gologon")
        run(["go", "build", "-o", program, os.path.join(HERE, "go", "logon.go")],
            env={**os.environ, "GO111MODULE": "off", "GOPATH": os.path.join(self.directory, "go") + ":/usr/share/gocode",
                 "GOCACHE": os.path.join(BUILD, "go-cache")})
        conf = self.krb5_conf(" udp_preference_limit = 1\n default_tkt_enctypes = aes256-cts-hmac-sha1-96\n", name="go")
        sid = self.kdc.show("user", "alice")["sid"]
        for fast in ("fast", "plain"):
            with self.subTest(fast):
                out = run([program, conf, "alice", self.kdc.realm, PASSWORDS["alice"], self.service, self.kdc.keytab,
                           fast]).stdout
                self.assertIn("accepted alice@CLOUD.TEST ticket 18 session 18", out)
                domain, _, rid = sid.rpartition("-")
                self.assertIn(f"pac alice {domain} {rid} 513 EXAMPLE", out)
                self.assertIn("group " + self.kdc.show("group", "staff")["sid"], out)

    # impacket 0.10

    def test_impacket(self):
        """getTGT.py, whose ticket MIT's kvno then uses."""
        directory = os.path.join(self.directory, "impacket")
        os.makedirs(directory)
        run([sys.executable, os.path.join(HERE, "impacket_logon.py"), f"{self.kdc.realm}/alice:{PASSWORDS['alice']}",
             "-dc-ip", "127.0.0.1"], cwd=directory)
        client = Client(self.directory, {self.kdc.realm: {"kdc": self.forwarder.kdc}}, name="impacket-client")
        client.env["KRB5CCNAME"] = "FILE:" + os.path.join(directory, "alice.ccache")
        self.assertIn("keytab entry valid", client.kvno(self.service, self.kdc.keytab).stdout)

    def test_impacket_finds_nobody_to_roast(self):
        """GetNPUsers.py gets no AS-REP that was not asked for with a password."""
        users = os.path.join(self.directory, "users")
        with open(users, "w") as out:
            out.write("alice\nbob\nnobody\n")
        result = run([sys.executable, "/usr/share/doc/python3-impacket/examples/GetNPUsers.py", self.kdc.realm + "/", "-no-pass",
                      "-usersfile", users, "-dc-ip", "127.0.0.1"], check=False)
        self.assertNotIn("$krb5asrep$", result.stdout)
        self.assertEqual(result.stdout.count("doesn't have UF_DONT_REQUIRE_PREAUTH set"), 2, result.stdout)


if __name__ == "__main__":
    unittest.main()
