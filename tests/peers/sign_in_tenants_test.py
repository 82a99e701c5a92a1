"""Two tenants at which one signs in: nothing of the one passes at the other, at any endpoint."""
import unittest

from lib.entra_client import HIMMELBLAU, JWT_BEARER, payload
from lib.own_realm import PASSWORDS
from lib.sign_in import Refusals

SECOND = "Harbour/Lantern=3390"


class OtherTenantTest(Refusals):
    """A second tenant with an alice of its own: nothing of the first passes there, at any endpoint."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc.admin("tenant", "add", "second", "--domain", "second.test")
        cls.kdc.add_user("alice", SECOND, "--tenant", "second", "--upn", cls.upn("alice", "second.test"))
        cls.second_id = cls.kdc.show("tenant", "second")["id"]
        cls.there = cls.entra(HIMMELBLAU, cls.second_id)
        cls.second = cls.enrolled_by(cls.there, tenant="second", domain="second.test")

    def crossed(self):
        """A client of each, at the other's URL; what it has from its own."""
        return ((self.app, self.alice, self.second_id), (self.there, self.second, self.tenant_id))

    def test_each_signs_in_at_home(self):
        self.assert_serves(self.alice.log_on())
        prt = self.second.log_on()
        self.assertNotEqual(self.kvno(prt).kvno(self.service, check=False).returncode, 0)
        self.assertEqual(payload(prt.answer["id_token"])["tid"], self.second_id)
        claims = payload(self.alice.log_on().answer["id_token"])
        self.assertNotEqual(payload(prt.answer["id_token"])["oid"], claims["oid"])

    def test_grants(self):
        secrets = (("example", PASSWORDS["alice"]), ("second", SECOND))
        for (client, enrolled, elsewhere), (name, password) in zip(self.crossed(), secrets):
            self.assert_refused(client.password_grant("alice", password, elsewhere))
            self.assert_refused(client.password_grant("alice", self.code("alice", name), elsewhere))
            granted = client.password_grant(enrolled.upn, password).json
            self.assert_refused(client.refresh_grant(granted["refresh_token"], elsewhere))
            self.assert_refused(client.password_grant(enrolled.upn, password, elsewhere))

    def test_prts(self):
        for client, enrolled, elsewhere in self.crossed():
            prt = enrolled.log_on()
            common = lambda: client.nonce("common")
            assertion = client.assertion(enrolled.hello, client.assertion_claims(enrolled.upn, nonce=common()))
            claims = client.device_claims(common(), JWT_BEARER, username=enrolled.upn, assertion=assertion)
            outer = client.device_signed(enrolled.device, claims)
            self.assert_refused(client.send_jwt(outer, elsewhere))
            self.assertEqual(client.send_jwt(outer).status, 200)
            self.assert_refused(client.by_prt(prt, tenant=elsewhere, nonce=common()))
            client.renewed(prt)

    def test_a_key_of_one_on_a_device_of_the_other(self):
        for client, mine, theirs in ((self.app, self.alice, self.second), (self.there, self.second, self.alice)):
            for tenant in (None, "common"):
                assertion = client.assertion(mine.hello, client.assertion_claims(mine.upn, nonce=client.nonce("common")))
                claims = client.device_claims(client.nonce("common"), JWT_BEARER, username=mine.upn, assertion=assertion)
                self.assert_unproven(client.send_jwt(client.device_signed(theirs.device, claims), tenant))

    def test_bearers(self):
        token = self.app.token_by_prt(self.alice.log_on())["access_token"]
        self.assert_bearer_refused(self.there.leave(self.second.device, token))
        device, _ = self.there.join(token)  # the bearer says whose it is
        self.assertEqual(self.kdc.show("device", device.id)["owner"], "alice")
        self.assertNotEqual(self.kdc.admin("device", "show", device.id, "--tenant", "second", check=False).returncode, 0)

    def test_tgts(self):
        client = self.client()
        self.tgt_of(self.second.log_on()).write_ccache(client.env["KRB5CCNAME"])  # at the first one's URL
        self.assertIn("Decrypt integrity check failed", client.kvno(self.service, check=False).stderr)

    def test_what_administrators_see(self):
        mine, theirs = self.registered("alice"), self.registered("alice", "second")
        self.assertFalse({key["id"] for key in mine["keys"]} & {key["id"] for key in theirs["keys"]})
        for device, tenant in ((self.alice.device, "second"), (self.second.device, "example")):
            self.assertNotEqual(self.kdc.admin("device", "show", device.id, "--tenant", tenant, check=False).returncode, 0)
            self.assertNotEqual(self.kdc.admin("device", "disable", device.id, "--tenant", tenant, check=False).returncode, 0)
        key = theirs["keys"][0]["id"]
        self.assertNotEqual(self.kdc.admin("user", "keys", "alice", "--revoke", key, check=False).returncode, 0)


if __name__ == "__main__":
    unittest.main()
