"""What was signed in and is ended, at once and everywhere; credentials that do not pass; bearers that registration refuses."""
import json
import unittest

from lib.entra_client import DER, DRS, HelloKey, b64, bcrypt_blob, from_b64url, new_rsa, payload, signed, signing_input
from lib.forgery import with_altered, with_changed_claim
from lib.own_realm import PASSWORDS, WRONG_PASSWORD
from lib.sign_in import Refusals, at_once

LOCKED, DISABLED, BAD_CREDENTIALS, DEVICE, REVOKED = 50053, 50057, 50126, 50155, 50173  # AADSTS


class RevocationTest(Refusals):
    """After each neither a ticket nor a PRT."""

    def assert_all_refused(self, enrolled, prt, code, hello=True, by_kdc="TGT has been revoked"):
        self.assert_ended(prt, by_kdc)
        self.assert_refused(self.app.by_prt(prt), code=code)
        self.assert_refused(self.app.by_prt(prt, tgt=False, scope="openid", resource=DRS), code=code)
        if hello:
            self.assert_refused(self.app.hello(enrolled.device, enrolled.hello, enrolled.upn))

    def signed_in(self, name="alice"):
        enrolled = self.enrolled_by(self.app, name)
        prt = enrolled.log_on()
        self.assert_serves(prt)
        return enrolled, prt

    def key_of(self, enrolled, name="alice"):
        """Its id, as the administrator names it."""
        return next(key["id"] for key in self.registered(name)["keys"] if key["device"] == enrolled.device.id)

    def new_tokens(self, before, name="alice"):
        return [token for token in self.registered(name)["tokens"] if token["id"] not in before]

    def test_user_disabled(self):
        enrolled, prt = self.signed_in("bob")
        granted = self.app.password_grant(enrolled.upn, PASSWORDS["bob"]).json
        self.kdc.admin("user", "disable", "bob")
        self.addCleanup(self.kdc.admin, "user", "enable", "bob")
        self.assert_all_refused(enrolled, prt, DISABLED, by_kdc="credentials have been revoked")
        self.assert_refused(self.app.refresh_grant(granted["refresh_token"], resource=DRS), code=DISABLED)
        self.assert_refused(self.app.password_grant(enrolled.upn, PASSWORDS["bob"]), code=DISABLED)
        self.assert_refused(self.app.prt_by_refresh_token(enrolled.device, granted["refresh_token"]), code=DISABLED)
        self.assert_bearer_refused(self.app.send_join(self.app.join_request(
            self.app.signing_request(new_rsa()), bcrypt_blob(new_rsa())), granted["access_token"]))

    def test_user_removed(self):
        self.kdc.add_user("dora", PASSWORDS["alice"])
        self.kdc.admin("user", "set", "dora", "--add-upn", self.upn("dora"))
        enrolled, prt = self.signed_in("dora")
        self.kdc.admin("user", "remove", "dora", "--yes")
        self.assert_refused(self.app.by_prt(prt))
        self.assert_refused(self.app.hello(enrolled.device, enrolled.hello, enrolled.upn))
        self.assertNotEqual(self.kvno(prt).kvno(self.service, check=False).returncode, 0)
        self.assertNotEqual(self.kdc.admin("device", "show", enrolled.device.id, check=False).returncode, 0)

    def test_key_revoked(self):
        enrolled, prt = self.signed_in()
        reply = self.app.prt_by_password(enrolled.device, enrolled.upn, PASSWORDS["alice"])
        by_password = self.app.prt(reply, enrolled.device)
        key = self.key_of(enrolled)
        self.kdc.admin("user", "keys", "alice", "--revoke", key)
        self.assert_all_refused(enrolled, prt, REVOKED)
        self.assertNotIn(key, [one["id"] for one in self.registered("alice")["keys"]])
        self.assert_serves(self.app.renewed(by_password))
        self.assert_serves(self.alice.log_on())

    def test_device_disabled(self):
        enrolled, prt = self.signed_in()
        granted = self.app.password_grant(enrolled.upn, PASSWORDS["alice"]).json
        token = self.app.token_by_prt(prt)["access_token"]
        self.kdc.admin("device", "disable", enrolled.device.id)
        self.assert_all_refused(enrolled, prt, DEVICE)
        self.assert_refused(self.app.prt_by_refresh_token(enrolled.device, granted["refresh_token"]), code=DEVICE)
        self.assert_bearer_refused(self.app.register_key(HelloKey.rsa(), token))
        self.assert_serves(self.alice.log_on())
        self.kdc.admin("device", "enable", enrolled.device.id)
        self.assert_serves(enrolled.log_on())

    def test_device_removed(self):
        enrolled, prt = self.signed_in()
        token = self.app.token_by_prt(prt)["access_token"]
        self.kdc.admin("device", "remove", enrolled.device.id, "--yes")
        self.assert_ended(prt)
        self.assert_refused(self.app.by_prt(prt), code=REVOKED)
        self.assert_refused(self.app.hello(enrolled.device, enrolled.hello, enrolled.upn), code=DEVICE)
        self.assert_bearer_refused(self.app.register_key(HelloKey.rsa(), token))
        self.assertNotIn(enrolled.device.id, [key["device"] for key in self.registered("alice")["keys"]])
        self.assert_serves(self.alice.log_on())

    def test_bearers_end_with_what_they_were_got_by(self):
        """An access token is good for an hour, but no longer than the PRT: a key registered by it would outlive them all."""
        for option in ("--revoke-tokens", "--revoke"):
            with self.subTest(option):
                enrolled, prt = self.signed_in()
                token = self.app.token_by_prt(prt)["access_token"]
                self.kdc.admin("user", "keys", "alice", option, *([self.key_of(enrolled)] if option == "--revoke" else []))
                self.assert_bearer_refused(self.app.register_key(HelloKey.rsa(), token))

    def test_refresh_tokens_end_with_all_of_a_users(self):
        granted = [self.app.password_grant(self.alice.upn, secret).json for secret in (PASSWORDS["alice"], self.code("alice"))]
        theirs = self.app.password_grant(self.upn("bob"), PASSWORDS["bob"]).json
        self.kdc.admin("user", "keys", "alice", "--revoke-tokens")
        for one in granted:
            self.assert_refused(self.app.refresh_grant(one["refresh_token"], resource=DRS))
            self.assert_refused(self.app.prt_by_refresh_token(self.alice.device, one["refresh_token"]))
        self.assertEqual(self.app.refresh_grant(theirs["refresh_token"], resource=DRS).status, 200)

    def test_one_prt(self):
        other = self.alice.log_on()
        before = {token["id"] for token in self.registered("alice")["tokens"]}
        prt = self.alice.log_on()
        ids = [token["id"] for token in self.new_tokens(before)]
        self.assertEqual(len(ids), 1)
        renewed = self.app.renewed(prt)
        self.kdc.admin("user", "keys", "alice", "--revoke-token", ids[0])
        for one in (prt, renewed):
            self.assert_all_refused(self.alice, one, REVOKED, hello=False)
        self.assert_serves(other)
        self.app.renewed(other)
        self.assert_serves(self.alice.log_on())

    def test_all_prts_of_a_user(self):
        prts, theirs = [self.alice.log_on() for _ in range(2)], self.bob().log_on()
        self.kdc.admin("user", "keys", "alice", "--revoke-tokens")
        for prt in prts:
            self.assert_all_refused(self.alice, prt, REVOKED, hello=False)
        self.assertEqual(self.registered("alice")["tokens"], [])
        self.assert_serves(theirs)
        self.assert_serves(self.alice.log_on())

    def test_a_renewed_tgt_ends_too(self):
        """kinit -R keeps the PRT's id."""
        prt = self.alice.log_on()
        tool = self.kvno(prt)
        tool.run("kinit", "-R")
        tool.kvno(self.service)
        self.kdc.admin("user", "keys", "alice", "--revoke-tokens")
        self.assertNotEqual(tool.run("kinit", "-R", check=False).returncode, 0)
        result = tool.kvno("krbtgt/" + self.kdc.realm, check=False)
        tool.run("kvno", "--cached-only", self.service)
        for service in ("HTTP/other.cloud.test", "krbtgt/OTHER.TEST"):
            self.assertIn("TGT has been revoked", tool.kvno(service, check=False).stderr, result)

    def test_disabled_tenant(self):
        prt = self.alice.log_on()
        self.kdc.admin("tenant", "disable", "example")
        self.addCleanup(self.kdc.admin, "tenant", "enable", "example")
        self.assert_refused(self.app.by_prt(prt, nonce="x"), errors=("invalid_tenant", "invalid_grant"))
        self.assert_refused(self.app.password_grant(self.alice.upn, PASSWORDS["alice"]), errors=("invalid_tenant",))
        self.assertNotEqual(self.kvno(prt).kvno(self.service, check=False).returncode, 0)


class CredentialsTest(Refusals):
    def setUp(self):
        self.name = self.id().rsplit(".", 1)[-1].replace("_", "-")
        self.kdc.add_user(self.name, PASSWORDS["alice"])
        self.kdc.admin("user", "set", self.name, "--add-upn", self.upn(self.name))

    def grant(self, password):
        return self.app.password_grant(self.upn(self.name), password)

    @staticmethod
    def another(code):
        return code[:-1] + ("A" if code[-1] != "A" else "B")

    def test_code_used_twice(self):
        code = self.code(self.name)
        self.assertEqual(self.grant(code).status, 200)
        self.assert_refused(self.grant(code), code=BAD_CREDENTIALS)

    def test_code_used_many_times_at_once(self):
        code = self.code(self.name)
        self.assertEqual(sorted(reply.status for reply in at_once([lambda: self.grant(code)] * 6)), [200] + [400] * 5)
        self.last_request()

    def test_code_of_another(self):
        self.assert_refused(self.grant(self.code("alice")), code=BAD_CREDENTIALS)

    def test_a_newer_code(self):
        first, second = self.code(self.name), self.code(self.name)
        self.assert_refused(self.grant(first), code=BAD_CREDENTIALS)
        self.assertEqual(self.grant(second).status, 200)

    def test_code_guessed(self):
        code = self.code(self.name)
        for _ in range(5):
            self.assert_refused(self.grant(self.another(code)), code=BAD_CREDENTIALS)
        self.assert_refused(self.grant(code), code=BAD_CREDENTIALS)
        self.assertEqual(self.kdc.show("user", self.name)["failures"], 6)

    def test_password_guessed(self):
        for _ in range(9):
            self.assert_refused(self.grant(WRONG_PASSWORD), code=BAD_CREDENTIALS)
        self.assert_refused(self.grant(WRONG_PASSWORD))  # the last one that is tried, and it may be told at once
        self.assert_refused(self.grant(PASSWORDS["alice"]), code=LOCKED)
        self.assertTrue(self.kdc.show("user", self.name)["locked_until"])
        self.kdc.admin("user", "unlock", self.name)
        self.assertEqual(self.grant(PASSWORDS["alice"]).status, 200)

    def test_no_such_user(self):
        for upn in (self.upn("nobody"), "nobody", self.upn("nobody", "elsewhere.test"), "", "krbtgt", "www.cloud.test", "a" * 2000):
            with self.subTest(upn=upn):
                self.assert_refused(self.app.password_grant(upn, PASSWORDS["alice"]), errors=("invalid_grant", "invalid_request"))

    def test_no_password_passes(self):
        self.kdc.admin("user", "set", self.name, "--key-required")
        self.assert_refused(self.grant(PASSWORDS["alice"]))
        self.assertEqual(self.grant(self.code(self.name)).status, 200)

    def test_password_must_change(self):
        self.kdc.admin("user", "set", self.name, "--must-change")
        self.assert_refused(self.grant(PASSWORDS["alice"]))

    def test_a_code_is_a_users_that_may_log_on(self):
        code = self.code(self.name)
        self.kdc.admin("user", "disable", self.name)
        self.assert_refused(self.grant(code), code=DISABLED)


class BearerTest(Refusals):
    """Of the registration service."""

    def join(self, token):
        client = self.app
        if not hasattr(self, "body"):
            type(self).body = client.join_request(client.signing_request(self.alice.device.key), bcrypt_blob(self.alice.device.key))
        return client.send_join(self.body, token)

    def test_tokens_that_are_none(self):
        granted = self.app.password_grant(self.alice.upn, PASSWORDS["alice"]).json
        token = granted["access_token"]
        other = self.app.refresh_grant(granted["refresh_token"], resource="https://graph.windows.net").json["access_token"]
        header = json.loads(from_b64url(token.split(".")[0]))
        tokens = {"none": None, "text": "x", "refresh token": granted["refresh_token"], "id token": granted["id_token"],
                  "audience": other,
                  "signature": with_altered(token, 2), "claims": with_changed_claim(token, upn=self.upn("bob")),
                  "by itself": signed({**header, "alg": "RS256"}, payload(token), new_rsa()),
                  "alg none": signing_input({**header, "alg": "none"}, payload(token)) + ".",
                  "device's": signed({}, payload(token), self.alice.device.key)}
        for name, one in tokens.items():
            with self.subTest(name):
                self.assert_bearer_refused(self.join(one))
                self.assert_bearer_refused(self.app.register_key(HelloKey.rsa(), one))
                self.assert_bearer_refused(self.app.leave(self.alice.device, one))

    def test_a_key_needs_a_device(self):
        granted = self.app.password_grant(self.alice.upn, self.code("alice")).json
        self.assert_bearer_refused(self.app.register_key(HelloKey.rsa(), granted["access_token"]))

    def test_leaving_for_others(self):
        token = self.app.token_by_prt(self.bob().log_on())["access_token"]
        self.assert_bearer_refused(self.app.leave(self.alice.device, token))
        granted = self.app.password_grant(self.alice.upn, PASSWORDS["alice"]).json
        self.assert_bearer_refused(self.app.leave(self.alice.device, granted["access_token"]))
        self.assert_serves(self.alice.log_on())

    def test_anothers_key(self):
        """A key that is registered stays its user's."""
        token = self.app.token_by_prt(self.bob().log_on())["access_token"]
        self.assert_bearer_refused(self.app.register_key(self.alice.hello, token))
        self.assert_serves(self.alice.log_on())

    def test_malformed_registrations(self):
        client, key = self.app, new_rsa()
        token = client.token_by_prt(self.alice.log_on())["access_token"]
        request = client.signing_request(key)
        good = client.join_request(request, bcrypt_blob(key))
        der = request.public_bytes(DER)
        data = lambda octets: {"CertificateRequest": {"Type": "pkcs10", "Data": b64(octets)}}
        for change in ({"CertificateRequest": None}, data(b""), data(der[:-1]), data(der[:-1] + bytes([der[-1] ^ 1])),
                       data(der + b"\0"),
                       {"TransportKey": "x"}, {"TransportKey": b64(b"RSA1" + bytes(20))}, {"TransportKey": None},
                       {"TransportKey": b64(bcrypt_blob(key)[:-1])}):
            with self.subTest(change=change):
                self.assert_bearer_refused(client.send_join({**good, **change}, token))
        for kngc in (b"", b"x", b"RSA1", bcrypt_blob(key)[:-1], b"{}", b'{"kty":"oct","k":"AAAA"}'):
            with self.subTest(kngc=kngc):
                self.assert_bearer_refused(client.register_key(HelloKey(key, kngc, ""), token))


if __name__ == "__main__":
    unittest.main()
