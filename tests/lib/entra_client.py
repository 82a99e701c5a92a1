"""A client of sign-in as those written for Entra are: what they send and what they demand, of the standard library and
python3-cryptography. It knows nothing of our own sources."""
import base64
import dataclasses
import hashlib
import hmac
import html.parser
import http.client
import json
import os
import ssl
import struct
import time
import urllib.parse

from cryptography import x509
from cryptography.hazmat.primitives import hashes, padding, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

DRS = "urn:ms-drs:enterpriseregistration.windows.net"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
WINDOWS_SIGN_IN, AUTH_BROKER = "38aa3b87-a06d-4817-b275-7a316988d93b", "29d9ed98-a469-4536-ade2-f981bc1d605e"
CSR_NAME = "7E980AD9-B86D-4306-9425-9AC066FB014A"
DER = serialization.Encoding.DER


def b64(octets):
    return base64.b64encode(octets).decode()


def b64url(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def from_b64url(text):
    assert "=" not in text, text
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def new_rsa():
    return rsa.generate_private_key(65537, 2048)


def new_p256():
    return ec.generate_private_key(ec.SECP256R1())


def bcrypt_blob(key):
    """BCRYPT_RSAKEY_BLOB of its public key."""
    numbers = key.public_key().public_numbers()
    exponent, modulus = numbers.e.to_bytes(3, "big"), numbers.n.to_bytes(key.key_size // 8, "big")
    return b"RSA1" + struct.pack("<5I", key.key_size, len(exponent), len(modulus), 0, 0) + exponent + modulus


def jwk(key, encode=b64url, **more):
    """Its public key. encode: of the numbers; standard base64 is what macOS and Android send."""
    numbers = key.public_key().public_numbers()
    if isinstance(key, rsa.RSAPrivateKey):
        members = {"kty": "RSA", "n": encode(numbers.n.to_bytes(256, "big")), "e": encode(numbers.e.to_bytes(3, "big"))}
    else:
        x, y = (encode(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
        members = {"kty": "EC", "crv": "P-256", "x": x, "y": y}
    return json.dumps({**members, **more}).encode()


def signing_input(header, claims):
    octets = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    return f"{b64url(json.dumps(header).encode())}.{b64url(octets)}"


def signed(header, claims, key):
    """A JWT, by its key's algorithm unless the header names another."""
    is_rsa = isinstance(key, rsa.RSAPrivateKey)
    text = signing_input({"alg": "RS256" if is_rsa else "ES256", "typ": "JWT", **header}, claims)
    if is_rsa:
        signature = key.sign(text.encode(), rsa_padding.PKCS1v15(), hashes.SHA256())
    else:
        numbers = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        signature = b"".join(number.to_bytes(32, "big") for number in numbers)
    return f"{text}.{b64url(signature)}"


def authenticated(header, claims, secret):
    """A JWT by HS256."""
    text = signing_input({"alg": "HS256", "typ": "JWT", **header}, claims)
    return f"{text}.{b64url(hmac.digest(secret, text.encode(), 'sha256'))}"


def payload(token):
    return json.loads(from_b64url(token.split(".")[1]))


def derived(session_key, context):
    """SP 800-108 in counter mode with HMAC-SHA256; one block is enough."""
    fixed = b"AzureAD-SecureConversation" + b"\0" + context + struct.pack(">I", 256)
    return hmac.digest(session_key, struct.pack(">I", 1) + fixed, "sha256")


def session_signed(session_key, claims, kdf_version=1, context=None):
    """A JWT by a key of the session key."""
    context = context or os.urandom(24 if kdf_version == 2 else 32)
    octets = json.dumps(claims).encode()
    header = {"ctx": b64(context), **({"kdf_ver": 2} if kdf_version == 2 else {})}
    used = hashlib.sha256(context + octets).digest() if kdf_version == 2 else context
    return authenticated(header, octets, derived(session_key, used))


def pkce():
    """A verifier, and its challenge (RFC 7636 4)."""
    verifier = b64url(os.urandom(32))
    return verifier, b64url(hashlib.sha256(verifier.encode()).digest())


def jwe_parts(text):
    header, *parts = text.split(".")
    assert len(parts) == 4, text
    return json.loads(from_b64url(header)), [from_b64url(part) for part in parts]


def unwrapped_session_key(jwe, transport_key):
    """The content encryption key is the session key; what is encrypted under it is nobody's concern."""
    header, (wrapped, *_) = jwe_parts(jwe)
    assert (header["alg"], header["enc"]) == ("RSA-OAEP", "A256GCM") and not header.get("crit"), header
    oaep = rsa_padding.OAEP(rsa_padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
    key = transport_key.decrypt(wrapped, oaep)
    assert len(key) == 32, len(key)
    return key


def decrypted(jwe, session_key):
    """An answer under the session key: CBC in spite of its name, KDF 1, the tag ignored."""
    header, (wrapped, vector, ciphertext, _) = jwe_parts(jwe)
    assert (header["alg"], header["enc"], wrapped, len(vector)) == ("dir", "A256GCM", b"", 16) and not header.get("crit"), header
    key = derived(session_key, base64.b64decode(header["ctx"], validate=True))
    decryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
    unpadder = padding.PKCS7(128).unpadder()
    return unpadder.update(decryptor.update(ciphertext) + decryptor.finalize()) + unpadder.finalize()


@dataclasses.dataclass
class Reply:
    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


@dataclasses.dataclass(frozen=True)
class Manner:
    """How a client goes about it, where clients differ."""
    common: bool          # asks at /common/
    x5c_string: bool
    kdf_version: int
    client_id: str
    renewal_client_id: str
    form: dict            # of every request with a JWT
    tgt: str
    encoded: bool         # its form's values
    scope: str
    renewal_scope: str
    renewal: dict         # further claims
    own_transport_key: bool


ROADTX = Manner(
    common=True, x5c_string=True, kdf_version=2, client_id=WINDOWS_SIGN_IN, renewal_client_id=WINDOWS_SIGN_IN,
    form={"windows_api_version": "2.2"}, tgt="True", encoded=True, scope="openid aza ugs", renewal_scope="openid aza ugs",
    renewal={"win_ver": "10.0.19041.868"}, own_transport_key=False)
HIMMELBLAU = Manner(
    common=False, x5c_string=False, kdf_version=1, client_id=AUTH_BROKER, renewal_client_id=WINDOWS_SIGN_IN,
    form={"windows_api_version": "2.0"}, tgt="true", encoded=False, scope="openid aza ugs", renewal_scope="openid ugs aza",
    renewal={"aud": "login.microsoftonline.com", "resource": None}, own_transport_key=True)


@dataclasses.dataclass
class Device:
    id: str
    certificate: x509.Certificate
    key: object
    transport_key: object

    @property
    def der(self):
        return b64(self.certificate.public_bytes(DER))


@dataclasses.dataclass
class HelloKey:
    """kngc: the form in which it is registered. kid: as clients compute it, of a blob; of a JWK the service tells it."""
    key: object
    kngc: bytes
    kid: str

    @classmethod
    def rsa(cls):
        key = new_rsa()
        blob = bcrypt_blob(key)
        return cls(key, blob, b64(hashlib.sha256(blob).digest()))

    @classmethod
    def of_jwk(cls, key):
        return cls(key, jwk(key), "")


@dataclasses.dataclass
class Prt:
    """What a client keeps of a sign-in."""
    text: str
    session_key: bytes
    answer: dict

    @property
    def cloud_tgt(self):
        return json.loads(self.answer["tgt_cloud"])


class EntraClient:
    """At one tenant, by HTTPS only. asked: called for each request."""

    def __init__(self, base, authority, tenant, manner=ROADTX, asked=lambda: None):
        self.base, self.tenant, self.manner, self.asked = base, tenant, manner, asked
        self.address = urllib.parse.urlsplit(base).netloc
        self.tls = ssl.create_default_context(cafile=authority)

    def request(self, method, url, body=None, headers=None):
        """url: absolute, or a path."""
        self.asked()
        url = url.removeprefix(self.base)
        assert url.startswith("/"), url
        connection = http.client.HTTPSConnection(self.address, context=self.tls, timeout=30)
        try:
            connection.putrequest(method, url)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, url, **headers):
        return self.request("GET", url, headers=headers)

    def post_json(self, url, value, token=None):
        headers = {"Content-Type": "application/json", **({"Authorization": "Bearer " + token} if token else {})}
        return self.request("POST", url, json.dumps(value).encode(), headers)

    # The token endpoint.

    def token_url(self, tenant=None, version=""):
        tenant = tenant or ("common" if self.manner.common else self.tenant)
        return f"/{tenant}/oauth2{version}/token"

    def post_form(self, fields, tenant=None, version="", content_type="application/x-www-form-urlencoded"):
        if self.manner.encoded:
            body = urllib.parse.urlencode(fields)
        else:
            body = "&".join(f"{name}={value}" for name, value in fields.items())
        headers = {"Content-Type": content_type} if content_type else {}
        return self.request("POST", self.token_url(tenant, version), body.encode(), headers)

    def nonce(self, tenant=None):
        """libhimmelblau sends no content type here."""
        reply = self.post_form({"grant_type": "srv_challenge"}, tenant,
                               content_type="application/x-www-form-urlencoded" if self.manner.common else None)
        assert reply.status == 200 and isinstance(reply.json["Nonce"], str), reply
        return reply.json["Nonce"]

    def password_grant(self, username, password, tenant=None, **fields):
        return self.post_form({"grant_type": "password", "client_id": AUTH_BROKER, "username": username, "password": password,
                               "resource": DRS, "scope": "openid", **fields}, tenant)

    def refresh_grant(self, refresh_token, tenant=None, version="", **fields):
        return self.post_form({"grant_type": "refresh_token", "client_id": AUTH_BROKER, "refresh_token": refresh_token,
                               **fields}, tenant, version)

    def jwt_form(self, token, tgt=True):
        return {**self.manner.form, "grant_type": JWT_BEARER, "request": token, "client_info": "1",
                **({"tgt": self.manner.tgt} if tgt else {})}

    def send_jwt(self, token, tenant=None, tgt=True, version=""):
        return self.post_form(self.jwt_form(token, tgt), tenant, version)

    # Requests that a device signs.

    def device_signed(self, device, claims, key=None, **header):
        """key: another one than the device's."""
        x5c = device.der if self.manner.x5c_string else [device.der]
        versions = {"kdf_ver": 2} if self.manner.kdf_version == 2 else {}
        return signed({"x5c": x5c, **versions, **header}, claims, key or device.key)

    def device_claims(self, nonce, grant_type, **more):
        return {"client_id": self.manner.client_id, "request_nonce": nonce, "scope": self.manner.scope, "win_ver": "10.0.19041.868",
                "grant_type": grant_type, **more}

    def prt_by_refresh_token(self, device, refresh_token, tgt=False, tenant=None):
        claims = self.device_claims(self.nonce(), "refresh_token", refresh_token=refresh_token)
        return self.send_jwt(self.device_signed(device, claims), tenant, tgt)

    def prt_by_password(self, device, username, password, tgt=True):
        claims = self.device_claims(self.nonce(), "password", username=username, password=password)
        return self.send_jwt(self.device_signed(device, claims), None, tgt)

    def assertion_claims(self, upn, nonce=None, **more):
        now = int(time.time())
        return {"iss": upn, "aud": "common" if self.manner.common else self.tenant, "iat": now - 3600, "exp": now + 3600,
                "request_nonce": nonce or self.nonce(), "scope": self.manner.scope, **more}

    @staticmethod
    def assertion(hello, claims, **header):
        return signed({"use": "ngc", "kid": hello.kid, **header}, claims, hello.key)

    def hello_request(self, device, upn, assertion, **claims):
        """The outer JWT."""
        claims = {**self.device_claims(self.nonce(), JWT_BEARER, username=upn, assertion=assertion), **claims}
        return self.device_signed(device, claims)

    def hello(self, device, hello, upn, tgt=True, tenant=None, **claims):
        """claims: of the assertion."""
        assertion = self.assertion(hello, self.assertion_claims(upn, **claims))
        return self.send_jwt(self.hello_request(device, upn, assertion), tenant, tgt)

    @staticmethod
    def prt(reply, device):
        """As a client keeps it. Of a first answer, which is not encrypted."""
        assert reply.status == 200 and reply.body.startswith(b'{"'), reply
        answer = reply.json
        return Prt(answer["refresh_token"], unwrapped_session_key(answer["session_key_jwe"], device.transport_key), answer)

    # Requests that a session key signs.

    def renewal_claims(self, prt, **more):
        extras = dict(self.manner.renewal)
        if self.manner.common:
            extras["previous_refresh_token"] = prt.text
        return {"client_id": self.manner.renewal_client_id, "scope": self.manner.renewal_scope, "iss": "aad:brokerplugin",
                "grant_type": "refresh_token", "refresh_token": prt.text, "request_nonce": more.pop("nonce", None) or self.nonce(),
                **extras, **more}

    def by_prt(self, prt, tgt=True, tenant=None, session_key=None, kdf_version=None, **claims):
        token = session_signed(session_key or prt.session_key, self.renewal_claims(prt, **claims),
                               kdf_version or self.manner.kdf_version)
        return self.send_jwt(token, tenant, tgt)

    def renewed(self, prt, **more):
        """The PRT that came, under the session key that stays."""
        reply = self.by_prt(prt, **more)
        assert reply.status == 200, reply
        answer = json.loads(decrypted(reply.body.decode(), prt.session_key))
        assert "session_key_jwe" not in answer, answer
        return Prt(answer["refresh_token"], prt.session_key, answer)

    def token_by_prt(self, prt, resource=DRS, **more):
        """The answer with an access token, without a PRT."""
        reply = self.by_prt(prt, tgt=False, scope="openid", resource=resource, **more)
        assert reply.status == 200, reply
        return json.loads(decrypted(reply.body.decode(), prt.session_key))

    # Codes: of a person with a browser, and of a PRT.

    def device_code(self, version="/v2.0", client_id=AUTH_BROKER, tenant=None, **fields):
        """The older endpoint is asked with a resource, the newer with a scope."""
        fields = fields or ({"scope": "openid profile offline_access " + DRS + "/.default"} if version else {"resource": DRS})
        body = urllib.parse.urlencode({"client_id": client_id, **fields}).encode()
        return self.request("POST", f"/{tenant or self.tenant}/oauth2{version}/devicecode", body,
                            {"Content-Type": "application/x-www-form-urlencoded"})

    def poll(self, device_code, version="/v2.0", client_id=AUTH_BROKER, tenant=None):
        if version:
            fields = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": device_code}
        else:
            fields = {"grant_type": "device_code", "code": device_code, "resource": DRS}
        return self.post_form({"client_id": client_id, **fields}, tenant or self.tenant, version)

    def code_grant(self, code, client_id, redirect_uri, tenant=None, version="", **fields):
        return self.post_form({"client_id": client_id, "grant_type": "authorization_code", "code": code,
                               "redirect_uri": redirect_uri, **fields}, tenant or self.tenant, version)

    def credential_fields(self, prt, device, nonce=None, device_nonce=None, **claims):
        """What goes with a request for a page whose sender has a PRT: one nonce serves both."""
        nonce = nonce or self.nonce()
        by_prt = session_signed(prt.session_key, {"refresh_token": prt.text, "is_primary": "true", "request_nonce": nonce, **claims})
        by_device = self.device_signed(device, {"grant_type": "device_auth", "request_nonce": device_nonce or nonce,
                                                "win_ver": "10.0.19041.868"})
        return {"User-Agent": "", "x-ms-RefreshTokenCredential": by_prt, "x-ms-DeviceCredential": by_device}

    def authorize(self, fields, version="", tenant=None, headers=None):
        return self.request("GET", f"/{tenant or self.tenant}/oauth2{version}/authorize?" + urllib.parse.urlencode(fields),
                            headers=headers)

    @staticmethod
    def code_in(reply):
        """As libhimmelblau finds it: in the first link of a redirect's document, decoded before it is taken apart."""
        assert 300 <= reply.status < 400, reply
        links = []
        parser = html.parser.HTMLParser()
        parser.handle_starttag = lambda tag, attributes: links.append(dict(attributes)["href"]) if tag == "a" else None
        parser.feed(reply.body.decode())
        query = urllib.parse.urlsplit(urllib.parse.unquote(links[0])).query
        return dict(urllib.parse.parse_qsl(query))["code"]

    # Registration.

    def discover(self):
        reply = self.get(f"/{self.tenant}/Discover?api-version=1.9&managed=True")
        assert reply.status == 200, reply
        return reply.json

    def endpoint(self, service, kind):
        """Its URL with the version that it asks for."""
        found = self.discover()[service]
        assert found[kind].startswith(self.base + "/"), found
        return f"{found[kind]}?api-version={found['ServiceVersion']}"

    @staticmethod
    def signing_request(key, name=CSR_NAME):
        builder = x509.CertificateSigningRequestBuilder().subject_name(
            x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
        return builder.sign(key, hashes.SHA256())

    def join_request(self, request, transport):
        """transport: the key's octets, in one of their forms."""
        attributes = "attributes" if self.manner.common else "Attributes"
        return {"CertificateRequest": {"Type": "pkcs10", "Data": b64(request.public_bytes(DER))}, "TransportKey": b64(transport),
                "DeviceDisplayName": "box", "DeviceType": "Linux", "JoinType": 0, "OSVersion": "12", "TargetDomain": self.tenant,
                attributes: {"ReuseDevice": "true", "ReturnClientSid": "true"}}

    def send_join(self, body, token):
        return self.post_json(self.endpoint("DeviceJoinService", "JoinEndpoint"), body, token)

    def join(self, token, transport_form=bcrypt_blob):
        """A device of the token's user."""
        key = new_rsa()
        transport = new_rsa() if self.manner.own_transport_key else key
        reply = self.send_join(self.join_request(self.signing_request(key), transport_form(transport)), token)
        assert reply.status == 200, reply
        certificate = x509.load_der_x509_certificate(base64.b64decode(reply.json["Certificate"]["RawBody"]))
        (name,) = (attribute for names in certificate.subject.rdns for attribute in names)
        assert name.oid == x509.NameOID.COMMON_NAME, name
        return Device(name.value, certificate, key, transport), reply

    def register_key(self, hello, token):
        return self.post_json(self.endpoint("KeyProvisioningService", "KeyProvisionEndpoint"), {"kngc": b64(hello.kngc)}, token)

    def leave(self, device, token=None):
        url = f"{self.base}/EnrollmentServer/device/{device.id}?api-version=2.0"
        return self.request("DELETE", url, headers={"Authorization": "Bearer " + token} if token else {})
