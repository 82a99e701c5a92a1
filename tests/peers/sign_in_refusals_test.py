"""Requests to sign in that prove nothing: each refused with the status and the error that clients know, and one event that says
why."""
import os
import time
import unittest

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from lib.entra_client import (DER, DRS, JWT_BEARER, HelloKey, authenticated, b64, derived, new_rsa, session_signed, signed,
                              signing_input)
from lib.forgery import forged, with_altered, with_changed_claim
from lib.https import Connection
from lib.sign_in import Refusals, at_once


class NonceTest(Refusals):
    def test_used_by_another_request(self):
        nonce = self.app.nonce()
        first = self.outer(nonce=nonce)
        self.assertEqual(self.send(first).status, 200)
        self.assert_refused(self.send(self.outer(nonce=nonce)))
        self.assertEqual(self.send(first).status, 200)
        inner = self.app.nonce()
        self.assertEqual(self.send(self.outer(self.assertion(nonce=inner))).status, 200)
        self.assert_refused(self.send(self.outer(self.assertion(nonce=inner))))

    def test_used_by_many_at_once(self):
        nonce = self.app.nonce()
        outers = [self.outer(nonce=nonce, win_ver=str(number)) for number in range(6)]
        replies = at_once([lambda outer=outer: self.send(outer) for outer in outers])
        self.assertEqual(sorted(reply.status for reply in replies), [200] + [400] * 5)
        self.last_request()

    def test_an_assertion_used_again(self):
        assertion = self.assertion()
        self.assertEqual(self.send(self.outer(assertion)).status, 200)
        self.assert_refused(self.send(self.outer(assertion)))

    def test_used_by_another_renewal(self):
        prt, nonce = self.alice.log_on(), self.app.nonce()
        prt = self.app.renewed(prt, nonce=nonce)
        self.assert_refused(self.app.by_prt(prt, nonce=nonce))
        self.assert_refused(self.app.by_prt(prt, tgt=False, scope="openid", resource=DRS, nonce=nonce))

    def test_forged(self):
        nonce = self.app.nonce()
        for bad in ("", "x", nonce[:-1], nonce + "A", ("B" if nonce[0] == "A" else "A") + nonce[1:], None, 7, [nonce]):
            with self.subTest(nonce=bad):
                claims = self.app.device_claims(bad, JWT_BEARER, username=self.alice.upn, assertion=self.assertion())
                self.assert_unproven(self.send(self.app.device_signed(self.alice.device, claims)))
        without = self.app.device_claims(None, JWT_BEARER, username=self.alice.upn, assertion=self.assertion())
        del without["request_nonce"]
        self.assert_unproven(self.send(self.app.device_signed(self.alice.device, without)))
        self.assertEqual(self.send(self.outer(nonce=nonce)).status, 200)

    def test_of_another_tenant(self):
        self.kdc.admin("tenant", "add", "other", "--domain", "other.test")
        for tenant in ("other", "other.test"):
            self.assert_refused(self.send(self.outer(nonce=self.app.nonce(tenant))))
            self.assert_refused(self.send(self.outer(self.assertion(nonce=self.app.nonce(tenant)))))
            self.assert_refused(self.app.by_prt(self.alice.log_on(), nonce=self.app.nonce(tenant)))
        common = lambda: self.app.nonce("common")
        self.assertEqual(self.send(self.outer(self.assertion(nonce=common()), nonce=common())).status, 200)
        self.app.renewed(self.alice.log_on(), nonce=common())

    def test_expired(self):
        prt, text = self.alice.log_on(), self.kdc.text()
        self.kdc.write(text + '[sign_in]\nnonce_lifetime = "1s"\n')
        self.addCleanup(self.kdc.reload)  # behind the next
        self.addCleanup(self.kdc.write, text)
        self.kdc.reload()
        nonces = [self.app.nonce(), self.app.nonce("common")]
        asked = time.time()
        outers = [self.outer(nonce=nonce) for nonce in nonces]
        time.sleep(max(0.0, asked + 2.1 - time.time()))  # it is time that is tested
        for nonce, outer in zip(nonces, outers):
            self.assert_refused(self.send(outer))
            self.assert_refused(self.app.by_prt(prt, nonce=nonce))

    def test_asked_for_and_never_used(self):
        """Nothing is kept of them."""
        def size():
            return sum(os.path.getsize(self.kdc.database + end) for end in ("", "-wal"))
        self.app.nonce()
        before = size()
        for _ in range(100):
            self.app.nonce()
        self.assertEqual(size(), before)


class TokensTest(Refusals):
    def test_outer_forged(self):
        claims = lambda: self.app.device_claims(self.app.nonce(), JWT_BEARER, username=self.alice.upn,
                                                         assertion=self.assertion())
        device = self.alice.device
        for name, token in forged({"x5c": [device.der]}, claims(), device.key):
            with self.subTest(name):
                self.assert_unproven(self.send(token))

    def test_inner_forged(self):
        hello = self.alice.hello
        for name, assertion in forged({"use": "ngc", "kid": hello.kid}, self.app.assertion_claims(self.alice.upn), hello.key):
            with self.subTest(name):
                self.assert_unproven(self.send(self.outer(assertion)))

    def test_another_devices_certificate(self):
        theirs = self.bob().device
        mine = self.alice.device
        for x5c, key in (([theirs.der], mine.key), ([mine.der], theirs.key), ([], mine.key), (None, mine.key), (["AAAA"], mine.key),
                         self.of_nobody(mine)):
            claims = self.app.device_claims(self.app.nonce(), JWT_BEARER, username=self.alice.upn, assertion=self.assertion())
            self.assert_unproven(self.send(signed({"x5c": x5c}, claims, key)))

    @staticmethod
    def of_nobody(device):
        """A certificate of the device's names, signed by itself."""
        key, like = new_rsa(), device.certificate
        builder = x509.CertificateBuilder(like.issuer, like.subject, key.public_key(), like.serial_number, like.not_valid_before,
                                          like.not_valid_after)
        return [b64(builder.sign(key, hashes.SHA256()).public_bytes(DER))], key

    def test_the_gateways_certificate(self):
        with open(self.certificate, "rb") as certificate, open(self.key, "rb") as key:
            der = b64(x509.load_pem_x509_certificate(certificate.read()).public_bytes(DER))
            key = serialization.load_pem_private_key(key.read(), None)
        claims = self.app.device_claims(self.app.nonce(), JWT_BEARER, username=self.alice.upn, assertion=self.assertion())
        self.assert_unproven(self.send(signed({"x5c": [der]}, claims, key)))

    def test_wrong_kid(self):
        claims = lambda: self.app.assertion_claims(self.alice.upn)
        for kid in (b64(os.urandom(32)), self.bob().hello.kid, "", "x", None, 5, self.alice.hello.kid + "="):
            with self.subTest(kid=kid):
                self.assert_unproven(self.send(self.outer(self.app.assertion(self.alice.hello, claims(), kid=kid))))

    def test_assertion_of_another_user(self):
        client = self.app
        mine = self.alice.hello
        for hello, upn in ((mine, self.upn("bob")), (self.bob().hello, self.alice.upn), (mine, self.upn("nobody")),
                           (HelloKey.rsa(), self.alice.upn), (mine, ""), (mine, None)):
            assertion = client.assertion(hello, client.assertion_claims(upn))
            self.assert_unproven(self.send(self.outer(assertion)))

    def test_another_users_key_on_ones_own_device(self):
        """A Hello key is one device's."""
        client, bob = self.app, self.bob()
        assertion = client.assertion(bob.hello, client.assertion_claims(bob.upn))
        self.assert_unproven(self.send(self.outer(assertion)))

    def test_times(self):
        now = int(time.time())
        for iat, exp in ((now + 3600, now + 7200), (now - 7200, now - 3600), (now - 7200, now - 600), (now, "soon"), (None, None)):
            with self.subTest(iat=iat, exp=exp):
                self.assert_unproven(self.send(self.outer(self.assertion(iat=iat, exp=exp))))
        for iat, exp in ((now - 3600, now + 300), (now - 300, now + 3600)):
            self.assertEqual(self.send(self.outer(self.assertion(iat=iat, exp=exp))).status, 200)
        prt = self.alice.log_on()
        for iat, exp in ((now + 3600, now + 7200), (now - 7200, now - 3600)):
            self.assert_unproven(self.app.by_prt(prt, iat=iat, exp=exp))
        self.app.renewed(prt, iat=now - 3600, exp=now + 300)

    def test_one_request_in_anothers_place(self):
        assertion = self.assertion()
        self.assert_unproven(self.send(assertion))
        self.assert_unproven(self.send(self.outer(self.outer())))


class PrtTest(Refusals):
    """A PRT without the key that belongs to it."""

    def test_another_session_key(self):
        prt, theirs = self.alice.log_on(), self.bob().log_on()
        other = self.alice.log_on()
        for key in (theirs.session_key, other.session_key, bytes(32), os.urandom(32)):
            for version in (1, 2):
                self.assert_unproven(self.app.by_prt(prt, session_key=key, kdf_version=version))
        self.app.renewed(prt)

    def test_copied_to_another_device(self):
        """With a signature of that device's, or as what it is not."""
        prt, client = self.alice.log_on(), self.app
        for device in (self.bob().device, self.alice.device):
            self.assert_refused(client.prt_by_refresh_token(device, prt.text))
        self.assert_refused(client.refresh_grant(prt.text, resource=DRS))
        token = signed({"x5c": [self.bob().device.der]}, client.renewal_claims(prt), self.bob().device.key)
        self.assert_unproven(self.send(token))

    def test_forged(self):
        prt, client = self.alice.log_on(), self.app
        claims = lambda: client.renewal_claims(prt)
        context = os.urandom(32)
        key = derived(prt.session_key, context)
        tokens = {
            "no ctx": authenticated({}, claims(), key),
            "another ctx": authenticated({"ctx": b64(os.urandom(32))}, claims(), key),
            "ctx is no text": authenticated({"ctx": 7}, claims(), key),
            "the session key itself": authenticated({"ctx": b64(context)}, claims(), prt.session_key),
            "kdf_ver lies": authenticated({"ctx": b64(context), "kdf_ver": 2}, claims(), key),
            "kdf_ver 3": authenticated({"ctx": b64(context), "kdf_ver": 3}, claims(), key),
            "none": signing_input({"alg": "none", "ctx": b64(context)}, claims()) + ".",
            "HS512": authenticated({"alg": "HS512", "ctx": b64(context)}, claims(), key),
            "claims": with_changed_claim(session_signed(prt.session_key, claims()), scope="openid"),
            "signature": with_altered(session_signed(prt.session_key, claims()), 2)}
        for name, token in tokens.items():
            with self.subTest(name):
                self.assert_unproven(self.send(token))
        for text in ("", "x", ".", "a.b", prt.text[:-1], prt.text + "A", prt.text.replace(".", ""), None):
            with self.subTest(prt=text):
                self.assert_refused(client.by_prt(prt, refresh_token=text, previous_refresh_token=None))


class BoundsTest(Refusals):
    def test_a_body_of_a_mebibyte(self):
        before = len(self.gateway.events())
        for url in (self.app.token_url(), "/EnrollmentServer/device/?api-version=2.0", "/EnrollmentServer/key/?api-version=1.0"):
            connection = Connection(self.port, ca=self.authority.certificate)
            self.addCleanup(connection.close)
            connection.send(f"POST {url} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {1 << 20}\r\n\r\n".encode())
            self.assertEqual(connection.response()[0], 413)
        after = self.gateway.events()
        self.assertEqual(len(after) - before, 3, after[before:])
        self.last_request()

    def test_the_most_that_is_let_in(self):
        for body in (b"x" * 131072, b"a=b&" * 30000, b"grant_type=password&username=" + b"%41" * 40000, b"grant_type=" * 11000,
                     b"request=" + b"." * 120000, b"grant_type=srv_challenge&grant_type=password", b"%", b"\xff\xfe", b""):
            reply = self.app.request("POST", self.app.token_url(), body,
                                              {"Content-Type": "application/x-www-form-urlencoded"})
            self.assert_malformed(reply)

    def test_deep_and_long_json(self):
        client = self.app
        for octets in (b"[" * 60000, b'{"a":' * 15000, b"{}", b"[]", b"7", b'"x"', b"null", b'{"client_id":"x","client_id":"y"}', b"\xff",
                       b""):
            self.assert_unproven(client.send_jwt(client.device_signed(self.alice.device, octets)))
            self.assert_bearer_refused(client.request("POST", "/EnrollmentServer/key/?api-version=1.0", octets,
                                                       {"Content-Type": "application/json"}))

    def test_unknown_grants_and_tenants(self):
        client = self.app
        for grant_type in ("client_credentials", "authorization_code", "urn:ietf:params:oauth:grant-type:saml1_1-bearer", "x", ""):
            reply = client.post_form({"grant_type": grant_type, "client_id": "x"})
            self.assert_malformed(reply)
        self.assert_refused(client.post_form({"grant_type": "srv_challenge"}, "nowhere.test"), errors=("invalid_tenant",))


if __name__ == "__main__":
    unittest.main()
