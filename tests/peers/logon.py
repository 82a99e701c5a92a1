"""The logons that every KDC is asked for, through the gateway over HTTPS, by MIT's client."""
from lib.client import Client


class LogonTests:
    """Mixed into a Scenario that has: gateway, kdc (with realm, keytab), url, and the passwords."""

    alice, bob, carol_old = "alice-pw", "bob-pw", "old-pw"
    new_password = "Fresh-Passw0rd-2"
    service = None

    def client(self, **relations):
        self.clients = getattr(self, "clients", 0) + 1
        realm = {"kdc": self.url, "kpasswd_server": self.url,
                 "http_anchors": "FILE:" + self.authority.certificate,
                 "pkinit_anchors": "FILE:" + self.authority.certificate, **relations}
        return Client(self.directory, {self.kdc.realm: realm}, name=f"client-{self.id()}-{self.clients}")

    def use_ticket(self, client):
        """Gets a service ticket and opens it with the service's keytab."""
        out = client.kvno(self.service, self.kdc.keytab).stdout
        self.assertIn("keytab entry valid", out)

    def test_password(self):
        client = self.client()
        client.kinit("alice", self.alice)
        self.use_ticket(client)
        replies = {e["result"] for e in self.gateway.wait_event("exchange", cname="alice", result="AS-REP")}
        self.assertEqual(replies, {"AS-REP"})
        self.gateway.wait_event("exchange", result="TGS-REP", sname=self.service)

    def test_wrong_password(self):
        result = self.client().kinit("alice", "wrong", check=False)
        self.assertNotEqual(result.returncode, 0)
        self.assertRegex(result.stderr, "Password incorrect|Preauthentication failed")

    def test_armor(self):
        armor = self.client()
        armor.kinit("alice", self.alice)
        client = self.client()
        client.kinit("bob", self.bob, "-T", armor.env["KRB5CCNAME"])
        self.use_ticket(client)
        self.assertTrue(self.gateway.wait_event("exchange", armored=True, result="AS-REP"))

    def test_must_change_password(self):
        client = self.client()
        new = self.new_password
        client.kinit("carol", lines=f"{self.carol_old}\n{new}\n{new}\n")
        self.use_ticket(client)
        self.gateway.wait_event("exchange", type="KPASSWD", result="KPASSWD-REP")

    def test_kpasswd(self):
        client = self.client()
        before = len(self.gateway.events("exchange", type="KPASSWD"))
        client.kpasswd("bob", self.bob, self.new_password)
        type(self).bob = self.new_password
        client.kinit("bob", self.new_password)
        self.gateway.wait_event("exchange", count=before + 1, type="KPASSWD", result="KPASSWD-REP")

    def pkinit(self, upn=None):
        certificate, key = self.authority.client("alice", self.kdc.realm, upn)
        client = self.client()
        client.kinit("alice", "", "-X", f"X509_user_identity=FILE:{certificate},{key}")
        self.use_ticket(client)
        self.gateway.wait_event("exchange", cname="alice", result="AS-REP")
        self.assertTrue(any("PA-PK-AS-REQ" in e.get("padata", "") for e in self.gateway.events("exchange")))


def gateway_url(port, host="localhost", path="/KdcProxy"):
    return f"https://{host}:{port}{path}"
