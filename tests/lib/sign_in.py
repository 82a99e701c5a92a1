"""A realm at which one signs in, and users of it with devices and keys, by a client that knows only what Entra's clients know."""
import concurrent.futures
import dataclasses
import datetime
import json

from . import cloud_tgt
from .entra_client import HIMMELBLAU, JWT_BEARER, Device, EntraClient, HelloKey, decrypted
from .own_realm import OwnRealmScenario
from .proc import wait_for

TOP_LEVEL_NAMES = [".cloud.test", ".cloud.test:1433", "corp.test"]


def at_once(calls):
    """What each of them gives."""
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return [waiting.result() for waiting in [pool.submit(call) for call in calls]]


@dataclasses.dataclass
class Enrolled:
    """A user with a device that is joined and a key that is registered."""
    client: EntraClient
    upn: str
    device: Device
    hello: HelloKey

    def log_on(self, **more):
        """The PRT of a logon with the key."""
        return self.client.prt(self.client.hello(self.device, self.hello, self.upn, **more), self.device)


class SignInScenario(OwnRealmScenario):
    """Tenant `example` with the domain first.test; alice and bob have UPNs there. asked: how many requests the realm has got.
    enrol: with what a device is enrolled; programs: those that are configured."""

    enrol = ("code", "password")
    programs = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.asked = 0
        cls.serve(sign_in={"enrol": cls.enrol, **({"programs": cls.programs} if cls.programs else {}), **cls.sign_in_section()})
        cls.make_keys("example")
        cls.kdc.admin("tenant", "set", "example", "--add-domain", "first.test", "--top-level-names", ",".join(TOP_LEVEL_NAMES))
        for name in ("alice", "bob"):
            cls.kdc.admin("user", "set", name, "--add-upn", cls.upn(name))
        cls.tenant_id = cls.kdc.show("tenant", "example")["id"]
        configuration = cls.entra().get(f"/{cls.tenant_id}/.well-known/openid-configuration").json
        cls.kerberos_endpoint = configuration["kerberos_endpoint"]

    @classmethod
    def sign_in_section(cls):
        """What else [sign_in] of realm.toml has."""
        return {}

    @staticmethod
    def upn(name, domain="first.test"):
        return f"{name}@{domain}"

    @classmethod
    def make_keys(cls, tenant):
        """Who is first has to wait for a tenant's keys, of which one is RSA: on a busy machine longer than ferrymand does."""
        client = EntraClient(cls.base, cls.authority.certificate, tenant, asked=cls.count)
        wait_for(lambda: client.get(f"/{tenant}/discovery/keys").status == 200, "the tenant's keys")

    @classmethod
    def count(cls):
        cls.asked += 1

    @classmethod
    def entra(cls, manner=HIMMELBLAU, tenant=None):
        return EntraClient(cls.base, cls.authority.certificate, tenant or cls.tenant_id, manner, cls.count)

    @classmethod
    def code(cls, name, tenant="example"):
        return json.loads(cls.kdc.admin("user", "code", name, "--json", "--tenant", tenant).stdout)["code"]

    @classmethod
    def registered(cls, name, tenant="example"):
        """Her keys and tokens, as the administrator sees them."""
        return json.loads(cls.kdc.admin("user", "keys", name, "--json", "--tenant", tenant).stdout)

    @classmethod
    def enrolled_by(cls, client, name="alice", tenant="example", domain="first.test", hello=None):
        """By a code: password grant, join, PRT, token by it, registration."""
        upn = cls.upn(name, domain)
        granted = client.password_grant(upn, cls.code(name, tenant))
        assert granted.status == 200, granted
        device, _ = client.join(granted.json["access_token"])
        first = client.prt(client.prt_by_refresh_token(device, granted.json["refresh_token"]), device)
        hello = hello or HelloKey.rsa()
        reply = client.register_key(hello, client.token_by_prt(first)["access_token"])
        assert reply.status == 200, reply
        return Enrolled(client, upn, device, hello)

    # The realm's log.

    def requests(self):
        """Those that have been written by now."""
        return [record for record in self.kdc.seen("request") if record["service"] != "kerberos" and "event_id" not in record]

    def last_request(self):
        """When the realm has logged as many as it was asked, and no more: the one that began last, as two threads may write
        in another order."""
        wait_for(lambda: len(self.requests()) >= self.asked, "an event of each request")
        found = self.requests()
        self.assertEqual(len(found), self.asked)
        began = lambda record: datetime.datetime.fromisoformat(record["time"][:-1]).timestamp() - record["total_us"] / 1e6
        return max(enumerate(found), key=lambda pair: (began(pair[1]), pair[0]))[1]

    def assert_refused(self, reply, code=None, errors=("invalid_grant",), status=400):
        """With an error in the form that clients read, and one event that says why. code: of AADSTS."""
        answer = reply.json
        self.assertEqual((reply.status, answer.get("error") in errors), (status, True), reply)
        self.assertRegex(answer["error_description"], "^AADSTS[0-9]+: ")
        self.assertEqual(answer["error_codes"], [int(answer["error_description"][6:].split(":")[0])])
        if code is not None:
            self.assertEqual(answer["error_codes"], [code], answer)
        event = self.last_request()
        self.assertEqual((event["status"], event.get("error")), (status, answer["error"]), event)
        self.assertTrue(event.get("reason"), event)

    def assert_unproven(self, reply):
        """A token that is not what it should be, or not by whom it should be."""
        self.assert_refused(reply, errors=("invalid_grant", "invalid_client", "invalid_request"))

    def assert_malformed(self, reply):
        self.assert_refused(reply, errors=("invalid_request", "invalid_client", "unsupported_grant_type"))

    def assert_bearer_refused(self, reply):
        status = {"invalid_token": 401, "access_denied": 403}.get(reply.json.get("error"), reply.status)
        self.assertIn(status, (400, 401, 403, 409), reply)
        self.assert_refused(reply, errors=("invalid_token", "access_denied", "invalid_request"), status=status)

    # What a TGT is good for.

    def kvno(self, prt):
        """MIT's tools at the KDC-proxy URL that sign-in names, with the cloud TGT of the PRT in their cache."""
        client = self.client(kdc=self.kerberos_endpoint)
        self.tgt_of(prt).write_ccache(client.env["KRB5CCNAME"])
        return client

    def tgt_of(self, prt):
        tgt = prt.cloud_tgt
        return cloud_tgt.read(tgt, decrypted(tgt["clientKey"], prt.session_key))

    def assert_serves(self, prt):
        self.assertIn("keytab entry valid", self.kvno(prt).kvno(self.service, self.kdc.keytab).stdout)

    def assert_ended(self, prt, says="TGT has been revoked"):
        """No ticket any more, and an event of that."""
        refused = lambda: [record for record in self.kdc.messages("request", type="TGS-REQ") if record["result"] != "success"]
        before = len(refused())
        result = self.kvno(prt).kvno(self.service, check=False)
        self.assertEqual((result.returncode, says in result.stderr), (1, True), result.stderr)
        wait_for(lambda: len(refused()) > before, "the refusal's event")


class Refusals(SignInScenario):
    """alice is enrolled, and bob where it is asked for. app: a client of both."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.app = cls.entra(HIMMELBLAU)
        cls.alice = cls.enrolled_by(cls.app)

    @classmethod
    def bob(cls):
        if not hasattr(cls, "bob_"):
            cls.bob_ = cls.enrolled_by(cls.app, "bob")
        return cls.bob_

    def assertion(self, **claims):
        return self.app.assertion(self.alice.hello, self.app.assertion_claims(self.alice.upn, **claims))

    def outer(self, assertion=None, nonce=None, device=None, **claims):
        client = self.app
        return client.device_signed(device or self.alice.device, client.device_claims(
            nonce or client.nonce(), JWT_BEARER, username=self.alice.upn, assertion=assertion or self.assertion(), **claims))

    def send(self, token, **more):
        return self.app.send_jwt(token, **more)
