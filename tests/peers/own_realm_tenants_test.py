"""Several tenants of one ferryman-realm, with MIT's tools: the same realm, names and services, and nothing else in common."""
import json
import os
import unittest

from lib.client import Client
from lib.gateway import Gateway, configuration
from lib.own_realm import NEW_PASSWORD, PASSWORDS, OwnRealmScenario
from lib.proc import free_port
from lib.realm import USER

FIRST, SECOND, THIRD = PASSWORDS["alice"], "Harbour/Lantern=3390", "Walnut~Causeway.6142"
BAD_INTEGRITY = "Decrypt integrity check failed"
DISABLED = "KDC policy rejects request"


class Tenants(OwnRealmScenario):
    """`example` and `second` of CLOUD.TEST, `third` of THIRD.TEST; each has an alice and the web server."""

    realms = {"THIRD.TEST": {"discovery": "local", "tenant": "third", "allow_unarmored_password": True}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve(realms=cls.realms)
        cls.kdc.admin("tenant", "set", "example", "--add-domain", "first.test")
        cls.kdc.admin("tenant", "add", "second", "--domain", "second.test", "--domain", "Corp.Second.test")
        cls.kdc.admin("tenant", "add", "third", "--realm", "THIRD.TEST")
        cls.keytabs = {"example": cls.kdc.keytab}
        for tenant, password in (("second", SECOND), ("third", THIRD)):
            cls.kdc.add_user("alice", password, "--tenant", tenant)
            cls.kdc.admin("service", "add", cls.service, "--tenant", tenant)
            cls.keytabs[tenant] = os.path.join(cls.directory, tenant + ".keytab")
            cls.kdc.admin("service", "keytab", cls.service, "-o", cls.keytabs[tenant], "--tenant", tenant)
        cls.ids = {name: cls.kdc.show("tenant", name)["id"] for name in ("example", "second", "third")}

    @classmethod
    def another_gateway(cls, name, realms):
        """Its /KdcProxy. realms: what they say of a realm besides what all have."""
        port = free_port()
        realms = {realm: {"discovery": "local", "allow_unarmored_password": True, **more} for realm, more in realms.items()}
        cls.started(Gateway(cls.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}], realms, cls.tls, local={"socket": cls.kdc.front, "user": USER.pw_name}), name))
        return f"https://localhost:{port}/KdcProxy"

    def at(self, tenant, realm="CLOUD.TEST"):
        """A client of the tenant's URL; tenant: what stands in it."""
        url = f"{self.base}/{tenant}/kerberos"
        return self.client_of(url, realm)

    def client_of(self, url, realm="CLOUD.TEST", kpasswd=None):
        self.clients = getattr(self, "clients", 0) + 1
        return Client(self.directory, {realm: {"kdc": url, "kpasswd_server": kpasswd or url,
                                               "http_anchors": "FILE:" + self.authority.certificate}},
                      name=f"client-{self.id().rsplit('.', 1)[-1]}-{self.clients}")

    def logged_on(self, tenant, password, name="alice"):
        client = self.at(tenant)
        client.kinit(name, password)
        return client

    def assert_serves(self, client, password, tenant):
        """As that tenant and none other: its password, and its service's key."""
        client.kinit("alice", password)
        self.assertIn("keytab entry valid", client.kvno(self.service, self.keytabs[tenant]).stdout)
        for other, keytab in self.keytabs.items():
            if other != tenant:
                self.assertNotEqual(client.kvno(self.service, keytab, check=False).returncode, 0, other)

    def assert_wrong(self, client, password):
        result = client.kinit("alice", password, check=False)
        self.assertRegex(result.stderr, "Password incorrect|Preauthentication failed")

    def assert_logged(self, **fields):
        self.kdc.wait_message("request", **fields)


class EachTenantTest(Tenants):
    def test_by_any_name_in_any_case(self):
        for tenant, password, wrong, domains in (("example", FIRST, SECOND, ("first.test",)),
                                                 ("second", SECOND, FIRST, ("second.test", "corp.second.test"))):
            for name in (tenant, self.ids[tenant], *domains):
                for spelled in (name, name.upper(), name.capitalize()):
                    with self.subTest(spelled):
                        client = self.at(spelled)
                        self.assert_serves(client, password, tenant)
                        self.assertIn("krbtgt/CLOUD.TEST@CLOUD.TEST", client.klist())
            self.assert_wrong(self.at(tenant), wrong)

    def test_of_another_realm(self):
        client = self.at("third", "THIRD.TEST")
        self.assert_serves(client, THIRD, "third")
        self.assertIn("krbtgt/THIRD.TEST@THIRD.TEST", client.klist())
        result = self.at("third").kinit("alice", THIRD, check=False)
        self.assertNotEqual(result.returncode, 0)
        self.assert_logged(tenant="third", realm="CLOUD.TEST", result="KDC_ERR_C_PRINCIPAL_UNKNOWN", reason="another realm")

    def test_names_of_no_tenant(self):
        for name in ("fourth", "third.test", "00000000-0000-4000-8000-000000000000"):
            self.assertNotEqual(self.at(name).kinit("alice", FIRST, check=False).returncode, 0)
            self.assert_logged(tenant=name, reason="no such tenant")

    def test_a_domain_that_comes_and_goes(self):
        self.kdc.admin("tenant", "set", "third", "--add-domain", "moving.test")
        self.at("moving.test", "THIRD.TEST").kinit("alice", THIRD)
        refused = self.kdc.admin("tenant", "set", "second", "--add-domain", "Moving.test", check=False)
        self.assertEqual(refused.returncode, 3, refused.stderr)
        self.kdc.admin("tenant", "set", "third", "--remove-domain", "MOVING.test")
        self.assertNotEqual(self.at("moving.test", "THIRD.TEST").kinit("alice", THIRD, check=False).returncode, 0)

    def test_passwords_are_changed_apart(self):
        for tenant in ("example", "second"):
            self.kdc.add_user("petra", FIRST, "--tenant", tenant)
        self.at("second").kpasswd("petra", FIRST, NEW_PASSWORD)
        self.logged_on("second", NEW_PASSWORD, "petra")
        self.logged_on("example", FIRST, "petra")
        shown = self.kdc.admin("user", "show", "petra", "--tenant", "second.test", "--json").stdout
        self.assertEqual(json.loads(shown)["kvno"], 2)
        self.assertEqual(self.kdc.show("user", "petra")["kvno"], 1)

    def test_lockout_is_of_one_tenant(self):
        for tenant in ("example", "second"):
            self.kdc.add_user("quirin", FIRST, "--tenant", tenant)
        for _ in range(10):
            self.at("second").kinit("quirin", SECOND, check=False)
        self.assertIn("credentials have been revoked", self.at("second").kinit("quirin", FIRST, check=False).stderr)
        self.logged_on("example", FIRST, "quirin")

    def test_a_key_is_required_of_one_tenant(self):
        self.kdc.admin("tenant", "set", "third", "--key-required")
        self.assertIn(DISABLED, self.at("third", "THIRD.TEST").kinit("alice", THIRD, check=False).stderr)
        self.logged_on("second", SECOND)
        self.kdc.admin("tenant", "set", "third", "--no-key-required")
        self.at("third", "THIRD.TEST").kinit("alice", THIRD)


class ForeignTicketTest(Tenants):
    """What one tenant has issued is nothing to the other, and it says so in the log."""

    def test_tgt(self):
        for mine, password, other in (("example", FIRST, "second"), ("second", SECOND, "example")):
            client, elsewhere = self.logged_on(mine, password), self.at(other)
            result = elsewhere.run("kvno", self.service, check=False, env={"KRB5CCNAME": client.env["KRB5CCNAME"]})
            self.assertIn(BAD_INTEGRITY, result.stderr)
            self.assert_logged(type="TGS-REQ", tenant=other, result="KRB_AP_ERR_BAD_INTEGRITY")
            client.kvno(self.service)

    def test_renewal(self):
        client = self.at("example")
        client.kinit("alice", FIRST, "-r", "2d")
        result = self.at("second").run("kinit", "-R", check=False, env={"KRB5CCNAME": client.env["KRB5CCNAME"]})
        self.assertIn("Password incorrect while renewing", result.stderr)  # as kinit calls KRB_AP_ERR_BAD_INTEGRITY
        self.assert_logged(type="TGS-REQ", tenant="second", result="KRB_AP_ERR_BAD_INTEGRITY")
        client.run("kinit", "-R")

    def test_armor(self):
        armor = self.logged_on("example", FIRST).env["KRB5CCNAME"]
        self.at("example").kinit("alice", FIRST, "-T", armor)
        result = self.at("second").kinit("alice", SECOND, "-T", armor, check=False)
        self.assertNotEqual(result.returncode, 0)
        self.assert_logged(type="AS-REQ", tenant="second", result="KRB_AP_ERR_BAD_INTEGRITY")

    def test_user_to_user(self):
        mine, theirs = self.logged_on("example", FIRST), self.logged_on("second", SECOND)
        result = mine.run("kvno", "--u2u", theirs.env["KRB5CCNAME"], "alice", check=False)
        self.assertIn(BAD_INTEGRITY, result.stderr)
        mine.run("kvno", "--u2u", mine.env["KRB5CCNAME"], "alice")

    def test_password_change(self):
        self.kdc.add_user("rosa", FIRST, "--tenant", "example")
        self.kdc.add_user("rosa", FIRST, "--tenant", "second")
        crossed = self.client_of(self.base + "/example/kerberos", kpasswd=self.base + "/second/kerberos")
        self.assertNotEqual(crossed.kpasswd("rosa", FIRST, NEW_PASSWORD, check=False).returncode, 0)
        self.assert_logged(type="KPASSWD", tenant="second", result="auth_error")
        for tenant in ("example", "second"):
            self.logged_on(tenant, FIRST, "rosa")


class DefaultTenantTest(Tenants):
    def test_kdc_proxy_is_the_default_tenants(self):
        self.assert_serves(self.client_of(self.base + "/KdcProxy"), FIRST, "example")
        self.assert_wrong(self.client_of(self.base + "/KdcProxy"), SECOND)

    def test_another_default_tenant(self):
        text = self.kdc.text()
        self.kdc.write(text.replace('default_tenant = "example"', 'default_tenant = "second"'))
        self.addCleanup(self.kdc.reload)  # behind the next
        self.addCleanup(self.kdc.write, text)
        self.kdc.reload()
        self.assert_serves(self.client_of(self.base + "/KdcProxy"), SECOND, "second")
        self.assertTrue(self.kdc.show("tenant", "second")["default"])

    def test_the_gateways_realm_picks_a_tenant(self):
        for number, tenant in enumerate(("second", "Corp.Second.TEST", self.ids["second"])):
            realms = {"CLOUD.TEST": {"tenant": tenant}, "THIRD.TEST": {"tenant": "third"}}
            proxy = self.another_gateway(f"picks-{number}", realms)
            self.assert_serves(self.client_of(proxy), SECOND, "second")
            self.assert_serves(self.client_of(proxy, "THIRD.TEST"), THIRD, "third")
            self.assert_serves(self.client_of(proxy.replace("/KdcProxy", "/example/kerberos")), FIRST, "example")


class DisabledTenantTest(Tenants):
    def setUp(self):
        self.addCleanup(self.kdc.admin, "tenant", "enable", "second")
        self.addCleanup(self.kdc.admin, "tenant", "enable", "example")

    def test_nobody_passes(self):
        client = self.logged_on("second", SECOND)
        shown = self.kdc.admin("tenant", "disable", "Second.test")
        self.assertRegex(shown.stdout, r"state +disabled")
        self.assertEqual(shown.stderr, "")
        for name in ("second", "SECOND.test", self.ids["second"]):
            self.assertIn(DISABLED, self.at(name).kinit("alice", SECOND, check=False).stderr)
        self.assertIn(DISABLED, client.kvno(self.service, check=False).stderr)
        self.assert_logged(type="TGS-REQ", tenant="second", result="KDC_ERR_POLICY", reason="the tenant is disabled")
        self.assertNotEqual(self.at("second").kpasswd("alice", SECOND, NEW_PASSWORD, check=False).returncode, 0)
        self.assert_serves(self.at("example"), FIRST, "example")
        self.assert_serves(self.client_of(self.base + "/KdcProxy"), FIRST, "example")
        self.kdc.admin("tenant", "enable", "second")
        client.kvno(self.service)
        self.assert_serves(self.at("second"), SECOND, "second")

    def test_the_default_one(self):
        disabled = self.kdc.admin("tenant", "disable", "example")
        self.assertIn("warning: example is the default tenant", disabled.stderr)
        self.assertIn(DISABLED, self.client_of(self.base + "/KdcProxy").kinit("alice", FIRST, check=False).stderr)
        self.assert_serves(self.at("second"), SECOND, "second")
        self.kdc.admin("user", "list")
        self.kdc.admin("tenant", "enable", "example")
        self.assert_serves(self.client_of(self.base + "/KdcProxy"), FIRST, "example")


class RemovedTenantTest(Tenants):
    def test_nothing_is_left_of_it(self):
        self.kdc.admin("tenant", "add", "fourth", "--domain", "fourth.test")
        self.kdc.add_user("alice", SECOND, "--tenant", "fourth")
        client = self.logged_on("fourth", SECOND)
        self.assertIn("removed           fourth", self.kdc.admin("tenant", "remove", "Fourth.test", "--yes").stdout)
        for name in ("fourth", "fourth.test"):
            self.assertNotEqual(self.at(name).kinit("alice", SECOND, check=False).returncode, 0)
            self.assert_logged(tenant=name, reason="no such tenant")
        self.assertNotEqual(client.kvno(self.service, check=False).returncode, 0)
        self.kdc.admin("tenant", "add", "fourth")
        elsewhere = self.at("fourth").run("kvno", self.service, check=False, env={"KRB5CCNAME": client.env["KRB5CCNAME"]})
        self.assertIn(BAD_INTEGRITY, elsewhere.stderr)
        self.kdc.admin("tenant", "remove", "fourth", "--yes")
        self.assert_serves(self.at("second"), SECOND, "second")
        refused = self.kdc.admin("tenant", "remove", "first.test", "--yes", check=False)
        self.assertEqual((refused.returncode, "is the default tenant and stays" in refused.stderr), (3, True), refused.stderr)
        self.assert_serves(self.at("example"), FIRST, "example")


class AdministrationTest(Tenants):
    def test_tool_of_a_tenant(self):
        for name in ("second", "SECOND.TEST", self.ids["second"].upper()):
            users = json.loads(self.kdc.admin("user", "list", "--json", "--tenant", name).stdout)["users"]
            self.assertEqual([user["name"] for user in users], ["alice"])
        self.assertNotEqual(self.kdc.show("user", "alice")["sid"], users[0]["sid"])
        self.assertTrue(users[0]["sid"].startswith(self.kdc.show("tenant", "second")["domain_sid"] + "-"))
        refused = self.kdc.admin("user", "list", "--tenant", "fourth", check=False)
        self.assertEqual((refused.returncode, "There is no tenant fourth" in refused.stderr), (3, True), refused.stderr)

    def test_tenants_are_listed(self):
        lines = self.kdc.admin("tenant", "list").stdout.splitlines()
        self.assertEqual([line.split()[:3] for line in lines[1:4]], [["example", "CLOUD.TEST", "enabled"],
                                                                     ["second", "CLOUD.TEST", "enabled"],
                                                                     ["third", "THIRD.TEST", "enabled"]])
        self.assertIn("second.test, Corp.Second.test", lines[2])

    def test_reserved_and_taken_names(self):
        for words in (["common"], ["KdcProxy"], ["new", "--domain", "oauth2"], ["Second"], ["new", "--domain", "SECOND.test"]):
            refused = self.kdc.admin("tenant", "add", *words, check=False)
            self.assertEqual(refused.returncode, 3, refused.stderr)
        self.assertEqual(self.kdc.admin("tenant", "show", "new", check=False).returncode, 3)

    def test_changes_are_events(self):
        self.kdc.admin("tenant", "set", "third", "--top-level-names", "third.test,third.example")
        self.assertEqual(self.kdc.show("tenant", "third")["top_level_names"], ["third.test", "third.example"])
        self.kdc.admin("tenant", "set", "third", "--top-level-names", "none")
        self.assertEqual(self.kdc.show("tenant", "third")["top_level_names"], [])
        event = self.kdc.wait_message("administration", action="tenant.set", object="third", changed="top_level_names")[0]
        self.assertEqual((event["event_id"], event["uid"], event["result"]), (4739, 0, "success"))
        self.assertTrue(self.kdc.messages("administration", action="tenant.add", object="second"))


if __name__ == "__main__":
    unittest.main()
