"""JWTs that are none: what a strict reader must refuse."""
import json

from cryptography.hazmat.primitives import serialization

from .entra_client import DER, authenticated, b64url, from_b64url, new_p256, payload, signed, signing_input

PEM, SPKI = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo


def with_altered(token, part):
    """The first octet of one part of a JWT is another."""
    parts = token.split(".")
    octets = from_b64url(parts[part])
    parts[part] = b64url(bytes([octets[0] ^ 1]) + octets[1:])
    return ".".join(parts)


def with_changed_claim(token, **claims):
    header, _, signature = token.split(".")
    return f"{header}.{b64url(json.dumps({**payload(token), **claims}).encode())}.{signature}"


def forged(header, claims, key):
    """By what is no signature of the key: nothing, or its public half as a secret."""
    yield "none", signing_input({"alg": "none", "typ": "JWT", **header}, claims) + "."
    yield "None", signing_input({"alg": "NONE", "typ": "JWT", **header}, claims) + "."
    yield "no alg", signing_input({"typ": "JWT", **header}, claims) + "."
    for name, secret in (("SPKI", key.public_key().public_bytes(DER, SPKI)), ("PEM", key.public_key().public_bytes(PEM, SPKI))):
        yield "HS256 with " + name, authenticated(header, claims, secret)
    token = signed(header, claims, key)
    for alg in ("RS512", "PS256", "ES256", "HS256"):
        yield alg, signed({**header, "alg": alg}, claims, key)
    yield "signature", with_altered(token, 2)
    yield "claims", with_changed_claim(token, extra=1)
    yield "no signature", token.rsplit(".", 1)[0] + "."
    yield "two parts", token.rsplit(".", 1)[0]
    yield "another key", signed(header, claims, new_p256()).replace("ES256", "RS256")
