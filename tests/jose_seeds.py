#!/usr/bin/python3
"""Writes the seeds of jose_fuzz and key_credential_fuzz: the RFCs' examples, keys in each form, a certificate and a request."""
import base64
import datetime
import hashlib
import json
import os
import re
import struct
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib.seeds import SRC, write  # noqa: E402


def url(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=")


def octets_of(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def samples():
    with open(os.path.join(SRC, "jose", "rfc_samples.h")) as file:
        found = re.findall(r"(\w+) =\s+((?:\"[^\"]*\"\s*)+);", file.read())
    return {name: "".join(re.findall(r'"([^"]*)"', text)) for name, text in found}


def header(**members):
    return url(json.dumps(members).encode())


def bcrypt_blob(key):
    numbers = key.public_numbers()
    return b"RSA1" + struct.pack("<5I", key.key_size, 3, key.key_size // 8, 0, 0) + numbers.e.to_bytes(3, "big") + \
        numbers.n.to_bytes(key.key_size // 8, "big")


def credential(material, extra):
    entries = b"".join(struct.pack("<HB", len(value), number) + value for number, value in [(3, material), (4, b"\1"), *extra])
    hashed = hashlib.sha256(entries).digest()
    return struct.pack("<I", 0x200) + struct.pack("<HB", 32, 1) + hashlib.sha256(material).digest() + \
        struct.pack("<HB", 32, 2) + hashed + entries


rfc = samples()
pair = serialization.load_der_private_key(base64.b64decode(rfc["oaep_key"]), None)
rsa = pair.public_key()
p256 = ec.EllipticCurvePublicNumbers(*(int.from_bytes(octets_of(rfc[name]), "big") for name in ("es256_x", "es256_y")),
                                     ec.SECP256R1()).public_key()
spki = [key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo) for key in (rsa, p256)]
pkcs1 = rsa.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "6f9619ff-8b86-4011-b42d-00c04fc964ff")])
certificate = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(rsa).serial_number(7).not_valid_before(
    datetime.datetime(2026, 1, 1)).not_valid_after(datetime.datetime(2036, 1, 1)).sign(pair, hashes.SHA256()).public_bytes(
    serialization.Encoding.DER)
request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(pair, hashes.SHA256()).public_bytes(
    serialization.Encoding.DER)

context = base64.b64encode(bytes(range(24))).decode()
der = base64.b64encode(certificate).decode()
jwk = {"kty": "RSA", "n": rfc["rs256_modulus"], "e": "AQAB"}
standard = {"kty": "RSA", "n": base64.b64encode(octets_of(rfc["rs256_modulus"])).decode(), "e": "AQAB", "alg": "RS256", "kid": "x"}
point = {"kty": "EC", "crv": "P-256", "x": rfc["es256_x"], "y": rfc["es256_y"]}
claims = url(b'{"iss":"alice@example.com","aud":"common","iat":1799996400,"exp":1800003600,"request_nonce":"x"}')
write("jose_fuzz", "jose", {
    **{text: rfc[text].encode() for text in ("hs256", "rs256", "es256", "unsigned_claims", "oaep")},
    "device_list": header(alg="RS256", typ="JWT", x5c=[der]) + b"." + claims + b".AAAA",
    "device_text": header(alg="RS256", typ="JWT", x5c=der, kdf_ver=2) + b"." + claims + b".AAAA",
    "ngc": header(alg="RS256", typ="JWT", use="ngc", kid=context) + b"." + claims + b".AAAA",
    "renewal": header(alg="HS256", ctx=context, kdf_ver=2) + b"." + claims + b".AAAA",
    "crit": header(alg="HS256", crit=["b64"]) + b"." + claims + b".AAAA",
    "answer": header(alg="dir", enc="A256GCM", ctx=context) + b".." + url(bytes(16)) + b"." + url(bytes(32)) + b"." + url(bytes(16)),
    "sealed": header(alg="dir", enc="A256GCM", kid="1") + b".." + url(bytes(12)) + b"." + url(bytes(9)) + b"." + url(bytes(16)),
    "jwk": json.dumps(jwk).encode(), "jwk_standard": json.dumps(standard).encode(), "jwk_p256": json.dumps(point).encode(),
    "blob": bcrypt_blob(rsa), "spki": spki[0], "text": base64.b64encode(bcrypt_blob(rsa))})
guid, time = bytes(range(16)), struct.pack("<Q", 133_500_000_000_000_000)
write("key_credential_fuzz", "pki", {
    "whole": credential(bcrypt_blob(rsa), [(5, b"\0"), (6, guid), (7, b"\1\0"), (8, time), (9, time)]),
    "least": credential(spki[1], []), "blob": bcrypt_blob(rsa), "spki_rsa": spki[0], "spki_p256": spki[1], "pkcs1": pkcs1,
    "certificate": certificate, "request": request})
