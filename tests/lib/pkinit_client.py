"""A PKINIT client (RFC 4556, RFC 8636) of which a test can choose everything; its CMS is written here, its keys are those of
Python's cryptography."""
import datetime
import hashlib
import os
import subprocess
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from samba.tests.krb5 import kcrypto

from . import krb
from .odd_client import AES256, Answer, elements, fields, kerberos_time, number, octet_string

PK_AS_REQ, PK_AS_REP, FRESHNESS, AS_REP_KEY = 16, 17, 150, 3
SIGNED_DATA, AUTH_DATA, KEY_DATA = "1.2.840.113549.1.7.2", "1.3.6.1.5.2.3.1", "1.3.6.1.5.2.3.2"
KDF_SHA256 = "1.3.6.1.5.2.3.6.2"
# MODP group 2 (RFC 2409 6.2).
GROUP_2 = int("FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B"
              "302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE6"
              "49286651ECE65381FFFFFFFFFFFFFFFF", 16)
CURVES = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1()}


def oid(text):
    first, second, *rest = map(int, text.split("."))
    content = bytes([40 * first + second])
    for part in rest:
        digits = [part & 0x7F]
        while part := part >> 7:
            digits.append(part & 0x7F | 0x80)
        content += bytes(reversed(digits))
    return krb.tlv(6, content)


def octets(content):
    return krb.tlv(4, content)


def group_of(size):
    """A MODP group's prime, as libcrypto has it."""
    name = {2048: "modp_2048", 4096: "modp_4096"}[size]
    made = subprocess.run(["openssl", "genpkey", "-genparam", "-algorithm", "DHX", "-pkeyopt", f"group:{name}"],
                          capture_output=True, check=False)
    assert made.returncode == 0, made.stderr
    return serialization.load_pem_parameters(made.stdout).parameter_numbers().p


class CurveKey:
    def __init__(self, curve):
        self.curve = CURVES[curve]
        self.key = ec.generate_private_key(self.curve)
        self.public = self.key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

    def shared(self, public):
        return self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(self.curve, public))


class ModpKey:
    def __init__(self, prime):
        self.prime, self.secret = prime, int.from_bytes(os.urandom(32), "big")
        value = krb.integer(pow(2, self.secret, prime))
        parameters = krb.sequence(*map(krb.integer, (prime, 2, (prime - 1) // 2)))
        self.public = krb.sequence(krb.sequence(oid("1.2.840.10046.2.1"), parameters), krb.tlv(3, b"\0", value))

    def shared(self, public):
        return pow(number(public), self.secret, self.prime).to_bytes((self.prime.bit_length() + 7) // 8, "big")


def self_signed(key, name="nobody in particular"):
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    today = datetime.datetime.now(datetime.timezone.utc)
    return (x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key()).serial_number(4711)
            .not_valid_before(today - datetime.timedelta(1)).not_valid_after(today + datetime.timedelta(1)).sign(key, hashes.SHA256()))


def signed_data(key, certificate, content, digest=hashes.SHA256()):
    """A ContentInfo of id-pkinit-authData, by one signer."""
    digest_oid = {"sha256": "2.16.840.1.101.3.4.2.1", "sha1": "1.3.14.3.2.26"}[digest.name]
    algorithm = krb.sequence(oid(digest_oid))
    attributes = b"".join((
        krb.sequence(oid("1.2.840.113549.1.9.3"), krb.tlv(0x31, oid(AUTH_DATA))),
        krb.sequence(oid("1.2.840.113549.1.9.4"), krb.tlv(0x31, octets(hashlib.new(digest.name, content).digest())))))
    to_sign = krb.tlv(0x31, attributes)
    if isinstance(key, rsa.RSAPrivateKey):
        signature, how = key.sign(to_sign, padding.PKCS1v15(), digest), krb.sequence(oid("1.2.840.113549.1.1.1"), krb.tlv(5))
    else:
        signature, how = key.sign(to_sign, ec.ECDSA(digest)), krb.sequence(oid("1.2.840.10045.4.3.2"))
    issuer = krb.sequence(certificate.issuer.public_bytes(), krb.integer(certificate.serial_number))
    signer = krb.sequence(krb.integer(1), issuer, algorithm, krb.tlv(0xA0, attributes), how, octets(signature))
    data = krb.sequence(krb.integer(3), krb.tlv(0x31, algorithm), krb.sequence(oid(AUTH_DATA), krb.context(0, octets(content))),
                        krb.tlv(0xA0, certificate.public_bytes(serialization.Encoding.DER)), krb.tlv(0x31, signer))
    return krb.sequence(oid(SIGNED_DATA), krb.context(0, data))


class PkinitClient:
    """ask: takes a message and gives the answer's octets. anchor: the file by which the KDC is known."""

    def __init__(self, ask, realm, anchor):
        self.ask, self.realm, self.anchor = ask, realm, anchor

    def token(self, name):
        """Of PA-AS-FRESHNESS."""
        answer = Answer(self.ask(krb.as_req(self.realm, (name,), [krb.padata(FRESHNESS, b"")])))
        assert answer.code == 25, answer
        data = [fields(one) for one in elements(octet_string(answer.fields[12]))]
        return next(octet_string(one[2]) for one in data if number(one[1]) == FRESHNESS)

    def logon(self, name, key, certificate, agreed, digest=hashes.SHA256(), freshness=True, kdf=True):
        """The answer, with its session key where there is one. agreed: a CurveKey or a ModpKey."""
        nonce = 4711
        template = krb.as_req(self.realm, (name,), nonce=nonce)
        body = fields(template)[4]
        authenticator = krb.sequence(
            krb.context(0, krb.integer(0)), krb.context(1, kerberos_time(time.time())), krb.context(2, krb.integer(nonce)),
            krb.context(3, octets(hashlib.sha1(body).digest())), krb.context(4, octets(self.token(name))) if freshness else b"")
        pack = krb.sequence(krb.context(0, authenticator), krb.context(1, agreed.public),
                            krb.context(4, krb.sequence(krb.sequence(krb.context(0, oid(KDF_SHA256))))) if kdf else b"")
        value = krb.sequence(krb.tlv(0x80, signed_data(key, certificate, pack, digest)))
        request = krb.as_req(self.realm, (name,), [krb.padata(PK_AS_REQ, value)], nonce=nonce)
        answer = Answer(self.ask(request))
        if answer.code == 0:
            self.open(answer, name, request, nonce, agreed, kdf)
        return answer

    def open(self, answer, name, request, nonce, agreed, kdf):
        data = [fields(one) for one in elements(answer.fields[2])]
        value = next(octet_string(one[2]) for one in data if number(one[1]) == PK_AS_REP)
        information = self.verified(krb.read_tlv(krb.read_tlv(krb.read_tlv(value)[1])[1])[1])
        told = fields(information)
        assert number(told[1]) == nonce, told
        shared = agreed.shared(krb.read_tlv(told[0])[1][1:])
        answer.open(kcrypto.Key(AES256, self.derived(shared, name, request, value) if kdf else self.folded(shared)), AS_REP_KEY)

    def verified(self, cms):
        """What the KDC has signed, with its certificate for that."""
        result = subprocess.run(["openssl", "cms", "-verify", "-inform", "DER", "-CAfile", self.anchor, "-purpose", "any", "-binary"],
                                input=cms, capture_output=True, check=False)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def derived(self, shared, name, request, value):
        """RFC 8636 6: one round of SHA-256."""
        party = lambda *components, kind: octets(krb.sequence(
            krb.context(0, krb.general_string(self.realm)), krb.context(1, krb.principal(*components, name_type=kind))))
        supplement = krb.sequence(krb.context(0, krb.integer(AES256)), krb.context(1, octets(request)), krb.context(2, octets(value)))
        other = krb.sequence(krb.sequence(oid(KDF_SHA256)), krb.context(0, party(name, kind=1)),
                             krb.context(1, party("krbtgt", self.realm, kind=2)), krb.context(2, octets(supplement)))
        return hashlib.sha256((1).to_bytes(4, "big") + shared + other).digest()

    @staticmethod
    def folded(shared):
        """octetstring2key (RFC 4556 3.2.3.1)."""
        return b"".join(hashlib.sha1(bytes([i]) + shared).digest() for i in range(2))[:32]
