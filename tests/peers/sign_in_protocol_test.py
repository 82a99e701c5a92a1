"""Sign-in as roadtx and libhimmelblau do it, field for field: each endpoint, the forms that they send and what they demand of
the answers, down to a ticket that MIT's kvno gets with the cloud TGT over the KDC-proxy URL."""
import base64
import hashlib
import json
import time
import unittest
import uuid

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from lib.entra_client import (AUTH_BROKER, DER, DRS, HIMMELBLAU, JWT_BEARER, ROADTX, HelloKey, b64, decrypted, from_b64url,
                              jwe_parts, jwk, new_p256, new_rsa, payload, session_signed, signed, unwrapped_session_key)
from lib.own_realm import PASSWORDS
from lib.sign_in import TOP_LEVEL_NAMES, SignInScenario

RENEWABLE, INITIAL = 0x00800000, 0x00400000


class BeforeSignInTest(SignInScenario):
    """What clients ask first."""

    def test_there_is_something(self):
        self.assertEqual(self.entra().get("/").status, 200)

    def test_openid_configuration(self):
        for name in ("example", "first.test", self.tenant_id, "EXAMPLE"):
            for path in ("", "/v2.0"):
                found = self.entra().get(f"/{name}{path}/.well-known/openid-configuration").json
                self.assertTrue(found["kerberos_endpoint"].startswith(self.base + "/"), found)
                self.assertEqual(found["tenant_id"], self.tenant_id)
                for key in ("issuer", "token_endpoint", "authorization_endpoint", "jwks_uri"):
                    self.assertTrue(found[key].startswith(self.base + "/"), (key, found))

    def test_user_realm(self):
        for tenant in ("common", self.tenant_id):
            found = self.entra().get(f"/{tenant}/UserRealm/{self.upn('alice')}?api-version=1.0").json
            self.assertNotEqual(found["account_type"], "Federated")

    def test_federation_provider(self):
        """As libhimmelblau asks for its authority."""
        found = self.entra().get("/odc/v2.1/federationProvider?domain=first.test").json
        self.assertEqual(found["tenantId"], self.tenant_id)
        self.assertEqual("https://" + found["authority_host"], self.base)
        self.assertIsInstance(found["graph"], str)

    def test_nonces(self):
        seen = set()
        for tenant in ("common", "example", "first.test", self.tenant_id):
            for content_type in (None, "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-8"):
                reply = self.entra().post_form({"grant_type": "srv_challenge"}, tenant, content_type=content_type)
                self.assertEqual((reply.status, list(reply.json)), (200, ["Nonce"]))
                seen.add(reply.json["Nonce"])
        self.assertEqual(len(seen), 12)

    def test_the_registration_services_nonce(self):
        self.assertTrue(self.entra().get(f"/EnrollmentServer/nonce/{self.tenant_id}/?api-version=1.0").json["Value"])

    def test_discover(self):
        found = self.entra().discover()
        for service, endpoint, resource in (("DeviceJoinService", "JoinEndpoint", "JoinResourceId"),
                                            ("KeyProvisioningService", "KeyProvisionEndpoint", "KeyProvisionResourceId")):
            self.assertTrue(found[service][endpoint].startswith(self.base + "/EnrollmentServer/"), found)
            self.assertEqual(found[service][resource], DRS)
            self.assertIsInstance(found[service]["ServiceVersion"], str)
        self.assertEqual(found["TenantInfo"]["TenantId"], self.tenant_id)


class Walk:
    """manner: the client's."""

    manner = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.app = cls.entra(cls.manner)
        cls.enrolled = cls.enrolled_by(cls.app)
        cls.grant = cls.app.password_grant(cls.upn("alice"), PASSWORDS["alice"])

    # What is demanded of every answer.

    def assert_lifetime(self, answer):
        """MSAL and libhimmelblau read strings of seconds."""
        self.assertEqual(answer["token_type"], "Bearer")
        for key in ("expires_in", "ext_expires_in", "expires_on"):
            self.assertRegex(answer[key], r"^[0-9]+$", key)
        self.assertAlmostEqual(int(answer["expires_on"]), time.time() + int(answer["expires_in"]), delta=30)

    def assert_user(self, answer, name="alice"):
        claims = payload(answer["id_token"])
        self.assertEqual(claims["tid"], self.tenant_id)
        self.assertEqual(claims["preferred_username"], self.upn(name))
        self.assertIsInstance(claims["name"], str)
        uuid.UUID(claims["oid"])
        info = json.loads(from_b64url(answer["client_info"]))
        self.assertEqual((info["uid"], info["utid"]), (claims["oid"], claims["tid"]))

    def assert_access_token(self, token, amr, device=None, audience=DRS):
        claims = payload(token)
        self.assertEqual((claims["aud"], claims["tid"], claims["upn"]), (audience, self.tenant_id, self.upn("alice")))
        self.assertEqual(sorted(claims["amr"]), sorted(amr))
        self.assertEqual(claims.get("deviceid"), device)
        uuid.UUID(claims["oid"])
        self.assertAlmostEqual(claims["exp"], time.time() + 3600, delta=330)

    def assert_prt(self, answer, first=True):
        self.assert_lifetime(answer)
        self.assert_user(answer)
        self.assertIn(".", answer["refresh_token"])
        self.assertIs(type(answer["refresh_token_expires_in"]), int)
        self.assertEqual("session_key_jwe" in answer, first)
        self.assertIsInstance(answer.get("kerberos_top_level_names", ""), str)
        for name in ("tgt_ad", "tgt_cloud"):
            if name in answer:
                self.assert_tgt(answer[name])

    def assert_tgt(self, text):
        self.assertIsInstance(text, str)
        tgt = json.loads(text)
        for key in ("keyType", "sessionKeyType", "accountType"):
            self.assertIs(type(tgt[key]), int)
        if tgt["keyType"] == 0:
            self.assertTrue(tgt["error"])
            return
        self.assertEqual((tgt["keyType"], tgt.get("error")), (18, None))
        for key in ("clientKey", "messageBuffer", "realm", "sn", "cn"):
            self.assertIsInstance(tgt[key], str)
        self.assertEqual(tgt["realm"], self.kdc.realm)

    def assert_cloud_tgt(self, prt):
        """Field by field, as impacket and libkrimes read it."""
        client_key = decrypted(prt.cloud_tgt["clientKey"], prt.session_key)
        self.assertEqual(len(client_key), 32)
        tgt = self.tgt_of(prt)
        krbtgt = ["krbtgt", self.kdc.realm]
        self.assertEqual((tgt.crealm, tgt.cname_type, tgt.cname), (self.kdc.realm, 1, ["alice"]))
        self.assertEqual((tgt.realm, tgt.sname, tgt.srealm, tgt.part_sname), (self.kdc.realm, krbtgt, self.kdc.realm, krbtgt))
        self.assertEqual((tgt.sname_type, tgt.ticket_etype), (2, 18))
        self.assertEqual((tgt.key_type, len(tgt.key)), (prt.cloud_tgt["sessionKeyType"], 32))
        self.assertNotEqual(tgt.key, client_key)
        self.assertTrue(tgt.flags & RENEWABLE and tgt.flags & INITIAL, hex(tgt.flags))
        self.assertAlmostEqual(tgt.authtime, time.time(), delta=60)
        self.assertLessEqual(tgt.authtime, tgt.starttime)
        self.assertTrue(tgt.starttime < tgt.endtime <= tgt.renew_till)
        self.assertLessEqual(tgt.renew_till, time.time() + prt.answer["refresh_token_expires_in"])
        self.assert_serves(prt)

    # Grants.

    def test_password(self):
        for username in (self.upn("alice"), self.upn("alice").upper()):
            answer = self.app.password_grant(username, PASSWORDS["alice"], client_info="1").json
            self.assert_lifetime(answer)
            self.assert_user(answer)
            self.assertEqual((answer["resource"], type(answer["scope"])), (DRS, str))
            self.assert_access_token(answer["access_token"], ["pwd", "ngcmfa"])
            self.assertTrue(answer["refresh_token"])

    def test_a_code_in_a_passwords_place(self):
        for change in (str, str.lower, lambda code: code.replace("-", "")):
            reply = self.app.password_grant(self.upn("alice"), change(self.code("alice")))
            self.assertEqual(reply.status, 200, reply)
            self.assert_access_token(reply.json["access_token"], ["otp", "mfa", "ngcmfa"])

    def test_refresh_token(self):
        for version in ("", "/v2.0"):
            for where in ({"resource": DRS}, {"scope": DRS + "/.default openid offline_access"},
                          {"scope": "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9/.default"}):
                reply = self.app.refresh_grant(self.grant.json["refresh_token"], version=version, **where)
                self.assertEqual(reply.status, 200, (version, where, reply))
                self.assert_lifetime(reply.json)
                self.assert_user(reply.json)
                self.assert_access_token(reply.json["access_token"], ["pwd", "ngcmfa"])

    def test_no_tenant_but_the_user_s(self):
        """Wherever it is asked, the user's name or the token says whose it is."""
        for tenant in ("common", "example", "first.test", self.tenant_id):
            reply = self.app.password_grant(self.upn("alice"), PASSWORDS["alice"], tenant)
            self.assertEqual(reply.status, 200, (tenant, reply))
            self.assertEqual(self.app.refresh_grant(reply.json["refresh_token"], tenant).status, 200)

    # Registration.

    def test_join(self):
        device, reply = self.app.join(self.grant.json["access_token"])
        answer, certificate = reply.json, device.certificate
        uuid.UUID(device.id)
        self.assertNotIn("\n", answer["Certificate"]["RawBody"])
        thumbprint = hashlib.sha1(certificate.public_bytes(DER)).hexdigest()
        self.assertEqual(answer["Certificate"]["Thumbprint"].lower(), thumbprint)
        self.assertEqual(answer["User"]["Upn"], self.upn("alice"))
        self.assertIsInstance(answer["MembershipChanges"], list)
        self.assertEqual(certificate.public_key().public_numbers(), device.key.public_key().public_numbers())
        shown = self.kdc.show("device", device.id)
        self.assertEqual((shown["owner"], shown["name"], shown["type"], shown["disabled"]), ("alice", "box", "Linux", False))

    def test_a_transport_key_as_macos_sends_it(self):
        def form(key):
            return jwk(key, b64, alg="RS256", use="sig", kid=str(uuid.uuid4()).upper())
        device, _ = self.app.join(self.grant.json["access_token"], form)
        self.app.prt(self.app.prt_by_refresh_token(device, self.grant.json["refresh_token"]), device)

    def test_hello_keys(self):
        for hello in (HelloKey.rsa(), HelloKey.of_jwk(new_p256()), HelloKey.of_jwk(new_rsa())):
            first = self.app.prt(self.app.prt_by_refresh_token(self.enrolled.device, self.code_grant()["refresh_token"]),
                                     self.enrolled.device)
            reply = self.app.register_key(hello, self.app.token_by_prt(first)["access_token"])
            self.assertEqual(reply.status, 200, reply)
            self.assertEqual(reply.json["upn"], self.upn("alice"))
            self.assertEqual(reply.json["kid"], hello.kid or reply.json["kid"])
            hello.kid = reply.json["kid"]
            self.assertEqual(len(base64.b64decode(hello.kid, validate=True)), 32)
            reply = self.app.hello(self.enrolled.device, hello, self.upn("alice"))
            self.assert_prt(reply.json)
            self.assertIn(base64.urlsafe_b64encode(base64.b64decode(hello.kid)).decode().rstrip("="),
                          [key["id"].rstrip("=") for key in self.registered("alice")["keys"]])

    def code_grant(self):
        return self.app.password_grant(self.upn("alice"), self.code("alice")).json

    # PRTs.

    def test_prt_by_refresh_token(self):
        reply = self.app.prt_by_refresh_token(self.enrolled.device, self.grant.json["refresh_token"])
        self.assert_prt(reply.json)
        self.assertNotIn("tgt_cloud", reply.json)
        reply = self.app.prt_by_refresh_token(self.enrolled.device, self.grant.json["refresh_token"], tgt=True)
        self.assert_prt(reply.json)
        self.assert_cloud_tgt(self.app.prt(reply, self.enrolled.device))

    def test_prt_by_password(self):
        reply = self.app.prt_by_password(self.enrolled.device, self.upn("alice"), PASSWORDS["alice"])
        self.assert_prt(reply.json)
        self.assert_cloud_tgt(self.app.prt(reply, self.enrolled.device))

    def test_prt_by_hello_key(self):
        reply = self.app.hello(self.enrolled.device, self.enrolled.hello, self.upn("alice"))
        self.assert_prt(reply.json)
        self.assertIn("tgt_cloud", reply.json)
        self.assertEqual(reply.json["kerberos_top_level_names"], ",".join(TOP_LEVEL_NAMES))
        self.assert_cloud_tgt(self.app.prt(reply, self.enrolled.device))

    def test_a_tgt_only_where_it_is_asked_for(self):
        for tgt, is_asked in (("true", True), ("True", True), ("TRUE", True), ("false", False), (None, False)):
            assertion = self.app.assertion(self.enrolled.hello, self.app.assertion_claims(self.upn("alice")))
            form = self.app.jwt_form(self.app.hello_request(self.enrolled.device, self.upn("alice"), assertion), tgt=False)
            answer = self.app.post_form({**form, **({"tgt": tgt} if tgt else {})}).json
            self.assert_prt(answer)
            self.assertEqual("tgt_cloud" in answer, is_asked, tgt)

    def test_the_assertion_names_the_user(self):
        """Not the outer request; and its audience is nobody's concern."""
        for audience in ("common", self.tenant_id):
            assertion = self.app.assertion(self.enrolled.hello, self.app.assertion_claims(self.upn("alice"), aud=audience))
            outer = self.app.hello_request(self.enrolled.device, self.upn("nobody"), assertion, group_sids=[])
            reply = self.app.send_jwt(outer)
            self.assert_prt(reply.json)

    def test_any_form_of_header_and_path(self):
        """Both forms of x5c; with and without kdf_ver; at every name of the tenant and both versions of the endpoint."""
        der = self.enrolled.device.der
        for x5c, more, tenant, version in (
                (der, {"kdf_ver": 2}, "common", ""), ([der], {}, self.tenant_id, ""), (der, {}, "example", "/v2.0"),
                ([der], {"kdf_ver": 2}, "first.test", "/v2.0"), ([der], {}, "common", "/v2.0")):
            assertion = self.app.assertion(self.enrolled.hello, self.app.assertion_claims(self.upn("alice")))
            claims = self.app.device_claims(self.app.nonce(), JWT_BEARER,
                                                username=self.upn("alice"), assertion=assertion)
            reply = self.app.send_jwt(signed({"x5c": x5c, **more}, claims, self.enrolled.device.key), tenant, version=version)
            self.assertEqual(reply.status, 200, (tenant, version, reply))
            self.assert_prt(reply.json)

    def test_the_session_key_is_for_the_transport_key(self):
        reply = self.app.hello(self.enrolled.device, self.enrolled.hello, self.upn("alice"))
        header, _ = jwe_parts(reply.json["session_key_jwe"])
        self.assertEqual((header["alg"], header["enc"]), ("RSA-OAEP", "A256GCM"))
        if self.manner.own_transport_key:
            with self.assertRaises(ValueError):
                unwrapped_session_key(reply.json["session_key_jwe"], self.enrolled.device.key)

    def test_renewal(self):
        prt = self.enrolled.log_on()
        for version in (self.manner.kdf_version, 1, 2):
            reply = self.app.by_prt(prt, kdf_version=version)
            self.assertEqual(reply.status, 200, reply)
            self.assertFalse(reply.body.startswith(b'{"'))
            prt = self.app.renewed(prt, kdf_version=version)
            self.assert_prt(prt.answer, first=False)
            self.assert_cloud_tgt(prt)
        self.assertNotIn("tgt_cloud", self.app.renewed(prt, tgt=False).answer)

    def test_renewal_with_other_claims(self):
        """Of libhimmelblau and of roadtx, each beside the other's."""
        now = int(time.time())
        for claims in ({"aud": "login.microsoftonline.com", "iat": now - 3600, "exp": now + 3600}, {"resource": None}, {},
                       {"aud": "common", "iat": now, "exp": now + 300, "win_ver": "10.0"}):
            prt = self.enrolled.log_on()
            self.assert_prt(self.app.renewed(prt, **claims).answer, first=False)

    def test_version_3(self):
        """roadtx's: x5c a string, no kdf_ver, no tgt; another issuer and audience on renewal."""
        for grant in ("refresh_token", "hello"):
            device, url = self.enrolled.device, "/v2.0"
            claims = {"client_id": AUTH_BROKER, "request_nonce": self.app.nonce(), "scope": "openid aza offline_access"}
            if grant == "hello":
                assertion = self.app.assertion(self.enrolled.hello, self.app.assertion_claims(self.upn("alice")))
                claims |= {"grant_type": JWT_BEARER, "username": self.upn("alice"), "assertion": assertion}
            else:
                claims |= {"grant_type": "refresh_token", "refresh_token": self.grant.json["refresh_token"]}
            form = {"grant_type": JWT_BEARER, "prt_protocol_version": "3.0", "client_info": "1",
                    "request": signed({"x5c": device.der}, claims, device.key)}
            reply = self.app.post_form(form, "common", url)
            self.assertEqual(reply.status, 200, reply)
            self.assert_prt(reply.json)
            prt = self.app.prt(reply, device)
            now = int(time.time())
            renewal = {"client_id": AUTH_BROKER, "iss": AUTH_BROKER, "aud": "https://login.windows.net/common/oauth2/v2.0/token",
                       "scope": "openid aza offline_access", "grant_type": "refresh_token", "refresh_token": prt.text,
                       "request_nonce": self.app.nonce(), "iat": now, "exp": now + 300}
            form["request"] = session_signed(prt.session_key, renewal)
            reply = self.app.post_form(form, "common", url)
            self.assertEqual(reply.status, 200, reply)
            self.assert_prt(json.loads(decrypted(reply.body.decode(), prt.session_key)), first=False)

    def test_access_token_by_prt(self):
        hello = self.enrolled.log_on()
        by_password = self.app.prt(self.app.prt_by_password(self.enrolled.device, self.upn("alice"), PASSWORDS["alice"]),
                                       self.enrolled.device)
        for prt, ways in ((hello, {"ngcmfa"}), (by_password, {"pwd", "ngcmfa"})):
            for version in (1, 2):
                answer = self.app.token_by_prt(prt, kdf_version=version)
                self.assert_lifetime(answer)
                self.assertEqual(answer["resource"], DRS)
                claims = payload(answer["access_token"])
                self.assert_access_token(answer["access_token"], claims["amr"], self.enrolled.device.id)
                self.assertLessEqual(ways, set(claims["amr"]), claims)
                self.assertNotIn("otp", claims["amr"])
        other = self.app.token_by_prt(hello, resource="https://graph.windows.net")
        self.assert_access_token(other["access_token"], payload(other["access_token"])["amr"], self.enrolled.device.id,
                                 "https://graph.windows.net")

    def test_nothing_needs_encoding(self):
        """libhimmelblau puts all of it into forms as it is."""
        prt = self.enrolled.log_on()
        for text in (self.app.nonce(), prt.text, self.grant.json["refresh_token"], self.grant.json["access_token"]):
            self.assertRegex(text, r"^[A-Za-z0-9._~-]+$")

    def test_secrets_are_not_logged(self):
        prt, code = self.enrolled.log_on(), self.code("alice")
        granted, nonce = self.app.password_grant(self.upn("alice"), code).json, self.app.nonce()
        self.last_request()
        logs = self.kdc.process.text() + self.gateway.process.text()
        for secret in (prt.text, b64(prt.session_key), prt.session_key.hex(), code, nonce, PASSWORDS["alice"],
                       granted["refresh_token"], granted["access_token"]):
            self.assertNotIn(secret, logs)

    def test_the_same_octets_again(self):
        """As libhimmelblau repeats itself: answered alike, a PRT of its own each time or the same."""
        assertion = self.app.assertion(self.enrolled.hello, self.app.assertion_claims(self.upn("alice")))
        outer = self.app.hello_request(self.enrolled.device, self.upn("alice"), assertion)
        for _ in range(2):
            prt = self.app.prt(self.app.send_jwt(outer), self.enrolled.device)
        renewal = session_signed(prt.session_key, self.app.renewal_claims(prt), self.manner.kdf_version)
        for _ in range(2):
            reply = self.app.send_jwt(renewal)
            self.assertEqual(reply.status, 200, reply)
            self.assert_prt(json.loads(decrypted(reply.body.decode(), prt.session_key)), first=False)

    def test_tokens_are_verified_by_the_published_keys(self):
        """Their signature is of a key at jwks_uri."""
        uri = self.app.get(f"/{self.tenant_id}/.well-known/openid-configuration").json["jwks_uri"]
        keys = {key["kid"]: key for key in self.app.get(uri).json["keys"]}
        for token in (self.grant.json["access_token"], self.grant.json["id_token"]):
            header, _, signature = token.split(".")
            members = json.loads(from_b64url(header))
            self.assertEqual(members["alg"], "ES256")
            x, y = (int.from_bytes(from_b64url(keys[members["kid"]][part]), "big") for part in ("x", "y"))
            raw = from_b64url(signature)
            der = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
            ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key().verify(
                der, token.rsplit(".", 1)[0].encode(), ec.ECDSA(hashes.SHA256()))

    def test_leave(self):
        enrolled = self.enrolled_by(self.app)
        prt = enrolled.log_on()
        self.assert_serves(prt)
        reply = self.app.leave(enrolled.device, self.app.token_by_prt(prt)["access_token"])
        self.assertEqual(reply.status, 200, reply)
        self.assertNotEqual(self.kdc.admin("device", "show", enrolled.device.id, check=False).returncode, 0)
        self.assertNotIn(enrolled.device.id, [key["device"] for key in self.registered("alice")["keys"]])
        self.assert_ended(prt)
        self.assert_refused(self.app.by_prt(prt))
        self.assert_refused(self.app.hello(enrolled.device, enrolled.hello, self.upn("alice")))


class RoadtxTest(Walk, SignInScenario):
    manner = ROADTX


class HimmelblauTest(Walk, SignInScenario):
    manner = HIMMELBLAU


if __name__ == "__main__":
    unittest.main()
