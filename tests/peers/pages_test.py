"""Pages for a person with a browser, and the grants that lead there: by a client that knows HTML, forms and cookies, by curl, and
by programs that ask as those written for Entra do."""
import base64
import hashlib
import os
import subprocess
import unittest
import urllib.parse

from lib.entra_client import AUTH_BROKER, DRS, HIMMELBLAU, HelloKey, payload, pkce
from lib.own_realm import PASSWORDS
from lib.page_client import Page, PageClient, code_of
from lib.sign_in import Enrolled, SignInScenario

BROKER_URI = "msauth://Microsoft.AAD.BrokerPlugin"
SIGN_IN = ["sign-in", "sign-in-passkey"]  # the forms of a page that nobody is signed in at
WIKI = {"id": "wiki", "name": "The <b>wiki</b>", "redirect_uris": ["https://wiki.test/cb?from=here", "http://localhost/cb"]}
EVIL = "<script>alert(1)</script>\"'&\u202e"


class PagesScenario(SignInScenario):
    """app: a program's; other: a second tenant, whose user is dora."""

    programs = [WIKI]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc.admin("tenant", "add", "other", "--domain", "other.test")
        cls.kdc.admin("user", "add", "dora", "--tenant", "other", "--password-stdin", stdin=PASSWORDS["alice"] + "\n")
        cls.app = cls.entra(HIMMELBLAU)
        cls.make_keys("other")

    def browser(self):
        return PageClient(self.base, self.authority.certificate, self.count)

    def person(self, name="alice", path="/example/me", tenant="example"):
        """A browser in which she is signed in, and what it shows."""
        browser = self.browser()
        answer = browser.sign_in(path, name, self.code(name, tenant))
        self.assertEqual((answer.status, answer.page.problem), (200, ""), answer)
        return browser, answer.page

    def authorization(self, **fields):
        """The address of a page that gives the broker a code, and the verifier. A field that is None is left out."""
        verifier, made = pkce()
        fields = {"client_id": AUTH_BROKER, "response_type": "code", "redirect_uri": BROKER_URI, "state": "st&ate=%",
                  "code_challenge": made, "code_challenge_method": "S256", "resource": DRS, **fields}
        query = urllib.parse.urlencode({name: value for name, value in fields.items() if value is not None})
        return f"/example/oauth2/authorize?{query}", verifier

    def sent_back(self, answer, uri=BROKER_URI):
        """The parameters with which somebody is sent to the program."""
        self.assertEqual(answer.status, 303, answer)
        location = answer.field("Location")
        self.assertTrue(location.startswith(uri), location)
        self.assertIn(location, answer.page.links)
        return dict(urllib.parse.parse_qsl(location[len(uri):].lstrip("?&"), strict_parsing=True))

    def allowed(self, **fields):
        """What the program is sent after alice has said yes, and the verifier."""
        address, verifier = self.authorization(**fields)
        browser, page = self.person(path=address)
        answer = browser.post(page.form("allow"))
        return self.sent_back(answer, fields.get("redirect_uri", BROKER_URI)), verifier


class FormsTest(PagesScenario):
    paths = ("/example/me", "/example/device", "/first.test/me", "/COMMON/device", "/example/Me/", "/common/me")

    def test_pages_are_shown_to_nobody_else(self):
        for path in (*self.paths, self.authorization()[0]):
            answer = self.browser().get(path)
            self.assertEqual((answer.status, answer.field("Content-Type")), (200, "text/html; charset=utf-8"), path)
            self.assertEqual(answer.field("Cache-Control"), "no-store")
            self.assertEqual(answer.field("X-Frame-Options"), "DENY")
            self.assertEqual(answer.field("X-Content-Type-Options"), "nosniff")
            policy = dict(part.strip().split(" ", 1) for part in answer.field("Content-Security-Policy").split(";"))
            self.assertEqual((policy["default-src"], policy["base-uri"], policy["frame-ancestors"]), ("'none'",) * 3)
            self.assertNotIn("unsafe", answer.field("Content-Security-Policy"))
            style = answer.body.split("<style>")[1].split("</style>")[0]
            digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
            self.assertEqual(policy["style-src"], f"'sha256-{digest}'")
            self.assertEqual({form.method for form in answer.page.forms}, {"post"})
            self.assertEqual(self.last_request().get("error"), None)

    def test_sign_in_by_code_and_by_password(self):
        for secret in (self.code("alice"), PASSWORDS["alice"]):
            for name, path in (("alice", "/example/me"), (self.upn("alice"), "/common/me")):
                browser = self.browser()
                answer = browser.sign_in(path, name, secret)
                self.assertEqual((answer.status, browser.path), (200, "/example/me"))
                self.assertIn("Signed in as alice@first.test", answer.page.text)
                if secret != PASSWORDS["alice"]:
                    break  # a code is good once
        refused = self.browser().sign_in("/example/me", "alice", self.code("alice")[:-1] + "0")
        self.assertEqual(refused.status, 400)
        self.assertIn("Invalid user name, password or code", refused.page.problem)
        event = self.last_request()
        self.assertEqual((event["service"], event["user"], event["error"]), ("me-page", "alice", "invalid_grant"))

    def test_a_code_is_good_once(self):
        code = self.code("alice")
        self.assertEqual(self.browser().sign_in("/example/me", "alice", code).status, 200)
        self.assertEqual(self.browser().sign_in("/example/me", "alice", code).status, 400)

    def test_forms_of_others_are_refused(self):
        """Each form there is: without its token, with another's, from another origin, without the cookie."""
        signed_in, _ = self.person()
        stranger = self.browser()
        stranger.get("/example/me")
        for browser in (stranger, signed_in):
            for path in ("/example/me", "/example/device", self.authorization()[0]):
                for form in browser.get(path).page.forms:
                    token = form.fields["token"]
                    cookies = browser.cookies
                    other_token = self.browser().get(path).page.forms[0].fields["token"]
                    for fields, headers in (
                            ({"token": ""}, {}), ({"token": other_token}, {}), ({"token": token[:-1]}, {}),
                            ({}, {"Origin": None}), ({}, {"Origin": "null"}), ({}, {"Origin": "https://evil.test"}),
                            ({}, {"Origin": self.base + ".evil.test"}), ({}, {"Origin": "http" + self.base[5:]}),
                            ({}, {"Cookie": None})):
                        secrets = {"username": "alice", "secret": PASSWORDS["alice"], "code": "BCDF-GHJK"}
                        answer = browser.request("POST", path, {**form.fields, **secrets, **fields}, **headers)
                        browser.cookies = dict(cookies)
                        self.assertEqual((answer.status, "not sent by this page" in answer.page.problem), (403, True),
                                         (path, form, fields, headers, answer))
                        self.assertEqual(self.last_request()["error"], "access_denied")

    def test_a_cookie_of_another_tenant_is_none(self):
        dora, _ = self.person("dora", "/other/me", "other")
        for path in ("/example/me", "/example/device", self.authorization()[0]):
            page = dora.get(path).page
            self.assertEqual([form.action for form in page.forms], SIGN_IN)
            self.assertNotIn("dora", page.text)
        form = dora.get("/other/me").page.form("sign-out")
        self.assertEqual(dora.request("POST", "/example/me", form.fields).status, 403)
        self.assertIn("Signed in as dora", dora.get("/common/me").page.text)
        self.assertEqual(dora.path, "/other/me")

    def test_a_cookie_that_was_changed_is_none(self):
        browser, _ = self.person()
        cookie = browser.cookies["__Host-session"]
        for changed in (cookie[:-2], cookie + "A", cookie.replace(".", "", 1), "x" * 24, "", cookie * 20):
            browser.cookies["__Host-session"] = changed
            self.assertEqual([form.action for form in browser.get("/example/me").page.forms], SIGN_IN)

    def test_who_signs_out_is_out_with_every_copy_of_the_cookie(self):
        browser, page = self.person()
        copied = dict(browser.cookies)
        self.assertEqual([form.action for form in browser.post(page.form("sign-out")).page.forms], SIGN_IN)
        self.assertNotIn("__Host-session", browser.cookies)
        browser.cookies = copied
        self.assertEqual([form.action for form in browser.get("/example/me").page.forms], SIGN_IN)

    def test_whoever_is_disabled_or_revoked_is_out(self):
        browser, _ = self.person("bob")
        self.kdc.admin("user", "disable", "bob")
        self.assertEqual([form.action for form in browser.get("/example/me").page.forms], SIGN_IN)
        self.kdc.admin("user", "enable", "bob")
        self.assertIn("Signed in as bob", browser.get("/example/me").page.text)
        self.kdc.admin("user", "keys", "bob", "--revoke-tokens")
        self.assertEqual([form.action for form in browser.get("/example/me").page.forms], SIGN_IN)

    def test_whatever_is_put_in_is_escaped(self):
        """Page refuses elements and attributes that pages have not."""
        evil = urllib.parse.quote(EVIL)
        self.kdc.admin("user", "set", "bob", "--display-name", EVIL.replace("\u202e", ""), check=False)
        browser, _ = self.person("bob")
        for path in (f"/{evil}/me", f"/example/me?remove={evil}", f"/example/device?{evil}", self.authorization(state=EVIL)[0],
                     self.authorization(login_hint=EVIL)[0], self.authorization(redirect_uri=EVIL)[0],
                     self.authorization(client_id=EVIL)[0], self.authorization(client_id="wiki", resource=None,
                                                                               redirect_uri="http://localhost:99/cb")[0]):
            for client in (browser, self.browser()):
                answer = client.request("GET", path)
                Page(answer.body)
                self.assertNotIn("\u202e", answer.body)
        for fields in ({"username": EVIL}, {"secret": EVIL}, {"do": EVIL}, {"token": EVIL}):
            client = self.browser()
            form = client.get("/example/me").page.forms[0]
            Page(client.request("POST", "/example/me", {**form.fields, **fields}).body)
        form = browser.get("/example/device").page.form("find")
        for fields in ({"code": EVIL}, {"do": EVIL}):
            Page(browser.post(form, **fields).body)

    def test_other_methods(self):
        self.assertEqual(self.browser().request("PUT", "/example/me").status, 405)
        self.assertEqual(self.browser().request("GET", "/nobody/me").status, 400)
        self.assertEqual(self.browser().request("POST", "/example/me", {"do": "sign-in"}).status, 403)


class CurlTest(PagesScenario):
    def test_by_curl(self):
        """A form as curl posts it, with a jar for cookies; over HTTP/2 as over HTTP/1.1."""
        for version in ("--http1.1", "--http2"):
            jar = os.path.join(self.directory, "jar" + version)

            def curl(*args):
                command = ["curl", "-s", version, "--cacert", self.authority.certificate, "-b", jar, "-c", jar, *args]
                return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout
            form = Page(curl(self.base + "/example/me")).form("sign-in")
            secrets = {**form.fields, "username": "alice", "secret": self.code("alice")}
            data = [part for name, value in secrets.items() for part in ("--data-urlencode", f"{name}={value}")]
            refused = curl("-o", "/dev/null", "-w", "%{http_code}", *data, self.base + "/example/me")
            self.assertEqual(refused, "403")
            shown = curl("-L", "-H", "Origin: " + self.base, *data, self.base + "/example/me")
            self.assertIn("Signed in as alice@first.test", Page(shown).text)


class LockOutTest(PagesScenario):
    def test_wrong_ones_count_as_at_the_kdc(self):
        browser = self.browser()
        for _ in range(10):
            refused = browser.sign_in("/example/me", "bob", "Wrong-Password-99")
            self.assertEqual(refused.status, 400)
        self.assertIn("locked", refused.page.problem)
        result = self.client().kinit("bob", PASSWORDS["bob"], check=False)
        self.assertNotEqual(result.returncode, 0)
        self.kdc.admin("user", "unlock", "bob")
        self.assertEqual(self.browser().sign_in("/example/me", "bob", PASSWORDS["bob"]).status, 200)

    def test_guessed_codes_of_programs_count_too(self):
        browser, _ = self.person("alice", "/example/device")
        for _ in range(10):
            answer = browser.post(browser.get("/example/device").page.form("find"), code="BCDF-GHJK")
            self.assertEqual(answer.status, 400)
        self.assertIn("locked", answer.page.problem)
        self.kdc.admin("user", "unlock", "alice")


class DeviceCodeTest(PagesScenario):
    def asked_for(self, version="/v2.0", **more):
        reply = self.app.device_code(version, **more)
        self.assertEqual(reply.status, 200, reply)
        return reply.json

    def test_a_program_is_signed_in(self):
        for version, number in (("/v2.0", int), ("", str)):
            asked = self.asked_for(version)
            for name in ("expires_in", "interval"):
                self.assertIsInstance(asked[name], number)
            uri = asked["verification_uri"]
            self.assertEqual((uri, asked["verification_url"]), (self.base + "/example/device",) * 2)
            self.assertEqual((asked["user_code"], uri in asked["message"]), (code_of(asked["message"]), True))
            self.assert_refused(self.app.poll(asked["device_code"], version), 70016, ("authorization_pending",))
            browser, page = self.person(path=uri[len(self.base):])
            page = browser.post(page.form("find"), code=asked["user_code"].lower().replace("-", " ")).page
            for shown in ("Microsoft Authentication Broker", "127.0.0.1", "alice@first.test"):
                self.assertIn(shown, page.text)
            page = browser.post(page.form("allow")).page
            self.assertIn("being signed in", page.text)
            granted = self.app.poll(asked["device_code"], version)
            self.assertEqual(granted.status, 200, granted)
            for name in ("token_type", "expires_in", "ext_expires_in", "refresh_token", "id_token"):
                self.assertIn(name, granted.json)
            claims = payload(granted.json["access_token"])
            self.assertEqual((claims["aud"], claims["upn"], "ngcmfa" in claims["amr"]), (DRS, "alice@first.test", True))
            self.assert_refused(self.app.poll(asked["device_code"], version), 70020, ("expired_token",))
            self.app.join(granted.json["access_token"])

    def test_a_program_that_asks_at_every_tenant(self):
        asked = self.asked_for(tenant="common")
        self.assertEqual(asked["verification_uri"], self.base + "/common/device")
        browser = self.browser()
        page = browser.sign_in("/common/device", self.upn("alice"), self.code("alice")).page
        page = browser.post(page.form("find"), code=asked["user_code"]).page
        browser.post(page.form("allow"))
        self.assertEqual(self.app.poll(asked["device_code"], tenant="common").status, 200)

    def test_no(self):
        asked = self.asked_for()
        browser, page = self.person(path="/example/device")
        page = browser.post(page.form("find"), code=asked["user_code"]).page
        self.assertIn("refused", browser.post(page.form("deny")).page.text)
        self.assert_refused(self.app.poll(asked["device_code"]), 70017, ("access_denied",))
        self.assertIn("No program waits", browser.post(page.form("allow")).page.problem)

    def test_too_soon(self):
        asked = self.asked_for()
        self.assert_refused(self.app.poll(asked["device_code"]), 70016, ("authorization_pending",))
        self.assert_refused(self.app.poll(asked["device_code"]), 70016, ("slow_down",))

    def test_codes_of_others(self):
        asked = self.asked_for()
        self.assert_refused(self.app.poll(asked["device_code"], client_id="wiki"), 70020, ("expired_token",))
        self.assert_refused(self.app.poll(asked["user_code"]), 70020, ("expired_token",))
        self.assert_refused(self.app.poll(asked["device_code"], client_id="nobody"), 700016, ("unauthorized_client",))
        dora, page = self.person("dora", "/other/device", "other")
        self.assertIn("No program waits", dora.post(page.form("find"), code=asked["user_code"]).page.problem)
        for forged in ("allow", "deny"):
            answer = dora.post(page.form("find"), **{"do": forged, "code": asked["user_code"]})
            self.assertIn("No program waits", answer.page.problem)
        self.assert_refused(self.app.poll(asked["device_code"]), 70016, ("authorization_pending",))

    def test_revoked_in_between(self):
        asked = self.asked_for()
        browser, page = self.person("bob", "/example/device")
        page = browser.post(page.form("find"), code=asked["user_code"]).page
        browser.post(page.form("allow"))
        self.kdc.admin("user", "keys", "bob", "--revoke-tokens")
        self.assert_refused(self.app.poll(asked["device_code"]))

    def test_who_may_ask(self):
        self.assert_refused(self.app.device_code(client_id="nobody", scope="openid"), 700016, ("unauthorized_client",))
        self.assert_refused(self.app.device_code(client_id="wiki", resource=DRS), 90023, ("invalid_target",))
        self.assertEqual(self.app.device_code(client_id="wiki", scope="openid").status, 200)


class ManyDeviceCodesTest(PagesScenario):
    def test_one_network_asks_for_so_many(self):
        replies = [self.app.device_code(scope="openid") for _ in range(33)]
        self.assertEqual(replies[-1].status, 429)
        self.assertEqual(replies[-1].json["error"], "temporarily_unavailable")


class CodeTest(PagesScenario):
    def redeem(self, sent, verifier, **more):
        fields = {"client_id": AUTH_BROKER, "redirect_uri": BROKER_URI, "code_verifier": verifier, **more}
        return self.app.code_grant(sent["code"], **{name: value for name, value in fields.items() if value is not None})

    def test_a_program_gets_a_code_and_tokens(self):
        sent, verifier = self.allowed(nonce="n&once")
        self.assertEqual((set(sent), sent["state"]), ({"code", "state"}, "st&ate=%"))
        for more in ({"code_verifier": "x" * 43}, {"code_verifier": None}, {"code_verifier": verifier + "x"},
                     {"redirect_uri": "ms-aadj-redir://auth/drs"}, {"redirect_uri": BROKER_URI + "/"},
                     {"client_id": "38aa3b87-a06d-4817-b275-7a316988d93b"}, {"client_id": "wiki"}, {"tenant": "other"}):
            self.assert_refused(self.redeem(sent, verifier, **more))
        granted = self.redeem(sent, verifier)
        self.assertEqual(granted.status, 200, granted)
        self.assertEqual(payload(granted.json["id_token"])["nonce"], "n&once")
        self.assertEqual(payload(granted.json["access_token"])["aud"], DRS)
        self.assertEqual(self.app.refresh_grant(granted.json["refresh_token"]).status, 200)
        self.assert_refused(self.redeem(sent, verifier), 54005)

    def test_no(self):
        address, _ = self.authorization()
        browser, page = self.person(path=address)
        sent = self.sent_back(browser.post(page.form("deny")))
        self.assertEqual(sent, {"error": "access_denied", "state": "st&ate=%"})

    def test_what_is_told_to_the_program(self):
        for fields, error in (({"response_type": "token"}, "unsupported_response_type"),
                              ({"response_mode": "fragment"}, "invalid_request"),
                              ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
                              ({"code_challenge_method": "plain"}, "invalid_request"),
                              ({"code_challenge_method": None}, "invalid_request"),
                              ({"code_challenge": "short"}, "invalid_request"),
                              ({"prompt": "none"}, "interaction_required"),
                              ({"client_id": "wiki", "redirect_uri": "http://localhost:1234/cb"}, "invalid_target")):
            address, _ = self.authorization(**fields)
            sent = self.sent_back(self.browser().request("GET", address), fields.get("redirect_uri", BROKER_URI))
            self.assertEqual(sent, {"error": error, "state": "st&ate=%"}, fields)

    def test_what_is_told_to_nobody_else(self):
        for fields in ({"redirect_uri": "https://evil.test/"}, {"redirect_uri": BROKER_URI + "/x"}, {"redirect_uri": None},
                       {"client_id": "nobody"}, {"client_id": None}, {"client_id": "wiki"}, {"state": "x" * 2049},
                       {"client_id": "wiki", "redirect_uri": "https://wiki.test/cb"},
                       {"client_id": "wiki", "redirect_uri": "http://localhost.evil.test/cb"}):
            address, _ = self.authorization(**fields)
            answer = self.browser().request("GET", address)
            self.assertEqual((answer.status, answer.field("Location"), answer.page.forms), (400, None, []), fields)

    def test_a_program_of_ones_own_gets_what_is_for_it_alone(self):
        uri = "https://wiki.test/cb?from=here"
        sent, verifier = self.allowed(client_id="wiki", redirect_uri=uri, resource=None, scope="openid", nonce="n")
        granted = self.redeem(sent, verifier, client_id="wiki", redirect_uri=uri)
        self.assertEqual(granted.status, 200, granted)
        claims = payload(granted.json["access_token"])
        self.assertEqual((claims["aud"], "ngcmfa" in claims["amr"], "refresh_token" in granted.json), ("wiki", False, False))
        self.assertEqual(payload(granted.json["id_token"])["aud"], "wiki")

    def test_a_code_is_no_other_token(self):
        sent, _ = self.allowed()
        self.assert_refused(self.app.refresh_grant(sent["code"]))
        browser = self.browser()
        browser.cookies["__Host-session"] = sent["code"]
        self.assertEqual([form.action for form in browser.get("/example/me").page.forms], SIGN_IN)
        signed_in, _ = self.person()
        self.assert_refused(self.app.refresh_grant(signed_in.cookies["__Host-session"]))
        self.assert_refused(self.redeem({"code": signed_in.cookies["__Host-session"]}, "x" * 43))

    def test_secrets_are_not_logged(self):
        sent, verifier = self.allowed()
        granted = self.redeem(sent, verifier)
        asked = self.app.device_code().json
        browser, _ = self.person()
        self.last_request()
        logs = self.kdc.process.text() + self.gateway.process.text()
        for secret in (sent["code"], verifier, granted.json["refresh_token"], asked["device_code"], asked["user_code"],
                       *browser.cookies.values()):
            self.assertNotIn(secret, logs)


class HelloChainTest(PagesScenario):
    """libhimmelblau's way to a key: from a device code to a code by a PRT and the device, and the key's registration."""

    def chain(self):
        asked = self.app.device_code().json
        browser, page = self.person(path="/example/device")
        browser.post(browser.post(page.form("find"), code=asked["user_code"]).page.form("allow"))
        granted = self.app.poll(asked["device_code"]).json
        device, _ = self.app.join(granted["access_token"])
        return device, self.app.prt(self.app.prt_by_refresh_token(device, granted["refresh_token"]), device)

    def query(self, **more):
        resource = self.app.discover()["KeyProvisioningService"]["KeyProvisionResourceId"]
        return {"client_id": AUTH_BROKER, "response_type": "code", "redirect_uri": BROKER_URI, "client-request-id": "1",
                "resource": resource, "amr_values": "ngcmfa", **more}

    def test_a_key_is_registered(self):
        device, prt = self.chain()
        fields = self.app.credential_fields(prt, device)
        code = self.app.code_in(self.app.authorize(self.query(), headers=fields))
        token = self.app.code_grant(code, AUTH_BROKER, BROKER_URI).json
        claims = payload(token["access_token"])
        self.assertEqual((claims["deviceid"], "ngcmfa" in claims["amr"]), (device.id, True))
        hello = HelloKey.rsa()
        self.assertEqual(self.app.register_key(hello, token["access_token"]).status, 200)
        Enrolled(self.app, self.upn("alice"), device, hello).log_on()
        # The same once more, as after an error of Entra's; and the newer endpoint, in whichever case.
        self.assertTrue(self.app.code_in(self.app.authorize(self.query(), headers=fields)))
        again = self.query(client_id="b743a22d-6705-4147-8670-d92fa515ee2b", redirect_uri="companyportal://com.microsoft.CompanyPortal")
        reply = self.app.request("GET", f"/{self.tenant_id}/oAuth2/v2.0/authorize?" + urllib.parse.urlencode(again),
                                 headers=self.app.credential_fields(prt, device))
        self.assertTrue(self.app.code_in(reply))

    def test_the_token_ends_with_the_device(self):
        device, prt = self.chain()
        code = self.app.code_in(self.app.authorize(self.query(), headers=self.app.credential_fields(prt, device)))
        token = self.app.code_grant(code, AUTH_BROKER, BROKER_URI).json
        self.assertEqual(self.app.refresh_grant(token["refresh_token"]).status, 200)
        # It is bound to that device: no other PRT by it.
        self.assert_refused(self.app.prt_by_refresh_token(device, token["refresh_token"]))
        code = self.app.code_in(self.app.authorize(self.query(), headers=self.app.credential_fields(prt, device)))
        self.kdc.admin("device", "remove", device.id, "--yes")
        self.assert_refused(self.app.code_grant(code, AUTH_BROKER, BROKER_URI))
        self.assert_refused(self.app.refresh_grant(token["refresh_token"]))

    def test_credentials_that_are_not_good(self):
        device, prt = self.chain()
        other_device, other = self.chain()
        nonce = self.app.nonce()
        good = self.app.credential_fields(prt, device, nonce)
        name, by_device = "x-ms-RefreshTokenCredential", "x-ms-DeviceCredential"
        self.app.code_in(self.app.authorize(self.query(), headers=good))
        for fields in (self.app.credential_fields(prt, other_device), self.app.credential_fields(prt, device, nonce),
                       {**self.app.credential_fields(prt, device), name: good[name]},
                       {**self.app.credential_fields(prt, device), by_device: good[by_device]},
                       self.app.credential_fields(prt, device, device_nonce="x"),
                       {**good, name: good[name][:-6] + "AAAAAA"}, {**good, by_device: good[name]}, {**good, name: "x"},
                       self.app.credential_fields(prt, device, refresh_token=other.text)):
            self.assert_unproven(self.app.authorize(self.query(), headers=fields))
        # One alone is a browser's, whose person may sign in.
        for left_out in (name, by_device):
            fields = {**self.app.credential_fields(prt, device), left_out: ""}
            self.assertEqual(self.app.authorize(self.query(), headers=fields).status, 303)


class MeTest(PagesScenario):
    def test_what_is_there_can_be_removed(self):
        enrolled = self.enrolled_by(self.app)
        prt = enrolled.log_on()
        browser, page = self.person()
        (kept,) = (key for key in self.registered("alice")["keys"] if key["device"] == enrolled.device.id)
        self.assertIn("Key of box", page.text)
        self.assertIn("with a key", page.text)
        link = "?remove=" + kept["id"]
        self.assertIn(link, page.links)
        confirm = browser.get("/example/me" + link).page
        self.assertEqual(self.registered("alice")["keys"].count(kept), 1)
        self.assertIn("It is removed", browser.post(confirm.form("remove")).page.text)
        self.assertNotIn(kept["id"], [key["id"] for key in self.registered("alice")["keys"]])
        self.assert_ended(prt)
        self.assertEqual(browser.post(confirm.form("remove")).status, 404)
        # The device, and what it is signed in by.
        (token,) = (each for each in self.registered("alice")["tokens"] if each["device"] == enrolled.device.id)
        browser.post(browser.get("/example/me?remove=" + token["id"]).page.form("remove"))
        self.assertNotIn(token["id"], [each["id"] for each in self.registered("alice")["tokens"]])
        browser.post(browser.get("/example/me?remove=" + enrolled.device.id).page.form("remove"))
        self.assertNotEqual(self.kdc.admin("device", "show", enrolled.device.id, check=False).returncode, 0)

    def test_what_is_anothers_is_not_there(self):
        enrolled = self.enrolled_by(self.app)
        browser, page = self.person("bob")
        ids = [each["id"] for kind in ("keys", "tokens") for each in self.registered("alice")[kind]] + [enrolled.device.id]
        for one in ids:
            self.assertNotIn(one, page.text)
            self.assertEqual(browser.get("/example/me?remove=" + one).status, 404)
            self.assertEqual(browser.post(page.form("sign-out"), **{"do": "remove", "id": one}).status, 404)
        self.assertTrue(enrolled.log_on())

    def test_everywhere(self):
        enrolled = self.enrolled_by(self.app)
        prt = enrolled.log_on()
        browser, _ = self.person()
        elsewhere, _ = self.person()
        page = browser.post(browser.get("/example/me?remove=everything").page.form("remove")).page
        self.assertEqual([form.action for form in page.forms], SIGN_IN)
        self.assertEqual([form.action for form in elsewhere.get("/example/me").page.forms], SIGN_IN)
        self.assert_ended(prt)
        self.assertTrue(enrolled.log_on())


if __name__ == "__main__":
    unittest.main()
