"""Tokens, keys and certificates of sign-in, held against python3-jwcrypto, python3-cryptography and openssl, each of which knows nothing of
ours. What clients do with them (the key's derivation, the answers in CBC) is written here once more, as clients do it."""
import base64
import datetime
import hashlib
import json
import os
import struct
import subprocess
import unittest
import warnings

from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.hazmat.primitives import hashes, padding, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFHMAC, CounterLocation, Mode
from jwcrypto import jwe, jwk, jws

from lib.gateway import BINARY
from lib.scenario import Scenario

TOOL = os.path.join(os.path.dirname(BINARY), "..", "examples", "jose_tool")
TENANT, DEVICE = "6f9619ff-8b86-4011-b42d-00c04fc964ff", "00112233-4455-6677-8899-aabbccddeeff"
FROM, UNTIL = 1_800_000_000, 1_900_000_000
DER, SPKI = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
CLAIMS = {"iss": "alice@example.com", "aud": "common", "iat": FROM - 3600, "exp": FROM + 3600, "request_nonce": "x"}


def b64(octets):
    return base64.b64encode(octets).decode()


def url(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def from_url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def pkcs8(key):
    return b64(key.private_bytes(DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


def spki(key):
    return key.public_key().public_bytes(DER, SPKI)


def bcrypt_blob(key):
    numbers = key.public_key().public_numbers()
    exponent, modulus = numbers.e.to_bytes(3, "big"), numbers.n.to_bytes(key.key_size // 8, "big")
    return b"RSA1" + struct.pack("<5I", key.key_size, len(exponent), len(modulus), 0, 0) + exponent + modulus


def jwcrypto_key(key):
    return jwk.JWK.from_pem(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


def derived(session_key, context):
    """SP 800-108, by python3-cryptography."""
    return KBKDFHMAC(algorithm=hashes.SHA256(), mode=Mode.CounterMode, length=32, rlen=4, llen=4, location=CounterLocation.BeforeFixed,
                     label=b"AzureAD-SecureConversation", context=context, fixed=None).derive(session_key)


def client_decrypts(answer, session_key):
    """As roadtx and compact-jwt do: the key by `ctx`, CBC where the vector has 16 octets, no look at the tag."""
    header, encrypted_key, vector, ciphertext, _ = answer.split(".")
    members = json.loads(from_url(header))
    assert members["enc"] == "A256GCM" and encrypted_key == "" and len(from_url(vector)) == 16
    key = derived(session_key, base64.b64decode(members["ctx"], validate=True))
    decryptor = Cipher(algorithms.AES(key), modes.CBC(from_url(vector))).decryptor()
    unpadder = padding.PKCS7(128).unpadder()
    return unpadder.update(decryptor.update(from_url(ciphertext)) + decryptor.finalize()) + unpadder.finalize()


class JoseTest(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)  # of what is refused here
        cls.rsa = rsa.generate_private_key(65537, 2048)
        cls.p256 = ec.generate_private_key(ec.SECP256R1())
        cls.session_key = os.urandom(32)
        cls.tool = subprocess.Popen([TOOL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.stop_tool)

    @classmethod
    def stop_tool(cls):
        cls.tool.stdin.close()
        cls.tool.wait(10)
        cls.tool.stdout.close()

    def do(self, command, **arguments):
        self.tool.stdin.write(json.dumps({"do": command, **arguments}) + "\n")
        self.tool.stdin.flush()
        return json.loads(self.tool.stdout.readline())

    def foreign_jws(self, key, alg, payload=None, **header):
        token = jws.JWS(payload or json.dumps(CLAIMS))
        token.add_signature(key, None, json.dumps({"alg": alg, "typ": "JWT", **header}))
        return token.serialize(compact=True)


class KeysTest(JoseTest):
    def test_every_form_is_the_same_key(self):
        numbers = self.rsa.public_key().public_numbers()
        modulus, exponent = numbers.n.to_bytes(256, "big"), b"\1\0\1"
        pkcs1 = self.rsa.public_key().public_bytes(DER, serialization.PublicFormat.PKCS1)
        macos = {"kty": "RSA", "n": b64(modulus), "e": b64(exponent), "alg": "RS256", "kid": "5C8E9A0A-33F4-4A4E-9E35-2C2E0F8E9A11"}
        forms = [bcrypt_blob(self.rsa), spki(self.rsa), pkcs1, json.dumps(macos).encode(), jwcrypto_key(self.rsa).export_public().encode()]
        for form in forms:
            read = self.do("read_key", key=b64(form))
            self.assertEqual(read["jwk"], {"kty": "RSA", "n": url(modulus), "e": "AQAB"})
            self.assertEqual(read["thumbprint"], jwcrypto_key(self.rsa).thumbprint())
            self.assertEqual(read["kid"], b64(hashlib.sha256(bcrypt_blob(self.rsa)).digest()))

    def test_a_key_on_p256(self):
        for form in (spki(self.p256), jwcrypto_key(self.p256).export_public().encode()):
            read = self.do("read_key", key=b64(form))
            self.assertEqual(read["thumbprint"], jwcrypto_key(self.p256).thumbprint())
            self.assertEqual(base64.b64decode(read["material"]), spki(self.p256))

    def test_a_key_set_is_read_by_others(self):
        for key, alg in ((self.rsa, "RS256"), (self.p256, "ES256")):
            keys = self.do("read_key", key=b64(spki(key)))["set"]
            token = jws.JWS()
            token.deserialize(self.do("sign_jws", private_key=pkcs8(key), payload="{}")["jws"])
            found = jwk.JWKSet.from_json(json.dumps(keys)).get_key(jwcrypto_key(key).thumbprint())
            token.verify(found, alg)

    def test_others_are_refused(self):
        for key in (rsa.generate_private_key(65537, 1024), rsa.generate_private_key(3, 2048), ec.generate_private_key(ec.SECP384R1())):
            self.assertEqual(self.do("read_key", key=b64(spki(key))), {"fault": "key"})
        self.assertEqual(self.do("read_key", key=b64(jwcrypto_key(self.p256).export_private().encode())), {"fault": "key"})


class SignaturesTest(JoseTest):
    def test_what_others_sign_is_verified(self):
        secret = os.urandom(32)
        tokens = [(self.foreign_jws(jwcrypto_key(self.rsa), "RS256"), {"key": b64(spki(self.rsa))}),
                  (self.foreign_jws(jwcrypto_key(self.p256), "ES256"), {"key": b64(spki(self.p256))}),
                  (self.foreign_jws(jwk.JWK(kty="oct", k=url(secret)), "HS256"), {"secret": b64(secret)})]
        for number, (token, key) in enumerate(tokens):
            self.assertEqual(self.do("verify_jws", jws=token, **key)["claims"], CLAIMS)
            for other, (_, foreign_key) in enumerate(tokens):
                if other != number:
                    self.assertEqual(self.do("verify_jws", jws=token, **foreign_key), {"fault": "algorithm"})
            self.assertEqual(self.do("verify_jws", jws=token[:-8] + "AAAAAAAA", **key), {"fault": "signature"})

    def test_other_algorithms_of_the_same_key_are_refused(self):
        for alg in ("RS384", "RS512", "PS256"):
            token = self.foreign_jws(jwcrypto_key(self.rsa), alg)
            self.assertEqual(self.do("verify_jws", jws=token, key=b64(spki(self.rsa))), {"fault": "algorithm"})

    def test_what_we_sign_is_verified_by_others(self):
        secret = os.urandom(32)
        payload = json.dumps(CLAIMS)
        for arguments, key, alg in (({"private_key": pkcs8(self.rsa)}, jwcrypto_key(self.rsa), "RS256"),
                                    ({"private_key": pkcs8(self.p256)}, jwcrypto_key(self.p256), "ES256"),
                                    ({"secret": b64(secret)}, jwk.JWK(kty="oct", k=url(secret)), "HS256")):
            token = jws.JWS()
            token.deserialize(self.do("sign_jws", payload=payload, header={"kid": "x"}, **arguments)["jws"])
            token.verify(key, alg)
            self.assertEqual((token.payload.decode(), token.jose_header["kid"]), (payload, "x"))

    def test_both_forms_of_x5c(self):
        for x5c, count in ((b64(b"der"), 1), ([b64(b"der")], 1), ([b64(b"der"), b64(b"issuer")], 2)):
            token = self.foreign_jws(jwcrypto_key(self.rsa), "RS256", x5c=x5c)
            self.assertEqual(self.do("verify_jws", jws=token, key=b64(spki(self.rsa)))["certificates"], count)

    def test_requests_that_a_session_key_signs(self):
        payload = json.dumps({"grant_type": "refresh_token", "refresh_token": "a.b"})
        for version, size in ((1, 32), (2, 24)):  # compact-jwt and roadtx
            context = os.urandom(size)
            key = derived(self.session_key, context if version == 1 else hashlib.sha256(context + payload.encode()).digest())
            signer = jwk.JWK(kty="oct", k=url(key))
            header = {"ctx": b64(context), **({"kdf_ver": 2} if version == 2 else {})}
            token = self.foreign_jws(signer, "HS256", payload, **header)
            verified = self.do("verify_with_session_key", jws=token, session_key=b64(self.session_key))
            self.assertEqual(verified, {"claims": json.loads(payload)})
            self.assertEqual(self.do("verify_with_session_key", jws=token, session_key=b64(os.urandom(32))), {"fault": "signature"})
            ours = self.do("sign_with_session_key", session_key=b64(self.session_key), context=b64(context), kdf_ver=version, payload=payload)
            again = jws.JWS()
            again.deserialize(ours["jws"])
            again.verify(signer, "HS256")
            self.assertEqual(again.jose_header.get("kdf_ver", 1), version)


class EncryptionTest(JoseTest):
    def test_a_session_key_for_a_transport_key(self):
        token = self.do("wrap", key=b64(bcrypt_blob(self.rsa)), session_key=b64(self.session_key))["jwe"]
        header, encrypted_key, *_ = token.split(".")
        self.assertEqual(json.loads(from_url(header)), {"alg": "RSA-OAEP", "enc": "A256GCM"})
        oaep = rsa_padding.OAEP(rsa_padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
        self.assertEqual(self.rsa.decrypt(from_url(encrypted_key), oaep), self.session_key)
        whole = jwe.JWE()
        whole.deserialize(token, jwcrypto_key(self.rsa))
        self.assertEqual(whole.payload, b"{}")

    def test_a_session_key_from_others(self):
        token = jwe.JWE(b"x", json.dumps({"alg": "RSA-OAEP", "enc": "A256GCM"}))
        token.add_recipient(jwcrypto_key(self.rsa))
        unwrapped = self.do("unwrap", private_key=pkcs8(self.rsa), jwe=token.serialize(compact=True))
        self.assertEqual(base64.b64decode(unwrapped["plain"]), token.cek)
        for alg in ("RSA-OAEP-256", "RSA1_5"):
            other = jwe.JWE(b"x", json.dumps({"alg": alg, "enc": "A256GCM"}), algs=[alg, "A256GCM"])
            other.add_recipient(jwcrypto_key(self.rsa))
            refused = self.do("unwrap", private_key=pkcs8(self.rsa), jwe=other.serialize(compact=True))
            self.assertEqual(refused, {"fault": "algorithm"})

    def test_answers_are_read_as_clients_read_them(self):
        for plain in (b"", os.urandom(32), json.dumps({"token_type": "Bearer", "x": "y" * 5000}).encode()):
            answer = self.do("encrypt_answer", session_key=b64(self.session_key), plain=b64(plain))["jwe"]
            self.assertEqual(client_decrypts(answer, self.session_key), plain)

    def test_what_is_sealed_is_a_jwe_like_any(self):
        secret = os.urandom(32)
        key = jwk.JWK(kty="oct", k=url(secret))
        token = jwe.JWE()
        token.deserialize(self.do("seal", secret=b64(secret), kid="7", plain=b64(b"inside"))["jwe"], key)
        self.assertEqual((token.payload, token.jose_header["kid"]), (b"inside", "7"))
        foreign = jwe.JWE(b"other", json.dumps({"alg": "dir", "enc": "A256GCM"}), recipient=key).serialize(compact=True)
        self.assertEqual(base64.b64decode(self.do("unseal", secret=b64(secret), jwe=foreign)["plain"]), b"other")
        self.assertEqual(self.do("unseal", secret=b64(os.urandom(32)), jwe=foreign), {"fault": "encryption"})


class DevicesTest(JoseTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.made = cls.do(cls, "make_authority", tenant=TENANT, **{"from": FROM, "until": UNTIL})
        cls.ours = {"tenant": TENANT, "private_key": cls.made["private_key"], "authority": cls.made["certificate"]}

    def request(self, key, digest=hashes.SHA256()):
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "7E980AD9-B86D-4306-9425-9AC066FB014A")])
        return b64(x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, digest).public_bytes(DER))

    def issue(self, request):
        return self.do("issue", request=request, device=DEVICE, **{"from": FROM, "until": FROM + 1000}, **self.ours)

    def write(self, name, certificate):
        path = os.path.join(self.directory, name)
        with open(path, "wb") as file:
            file.write(x509.load_der_x509_certificate(base64.b64decode(certificate)).public_bytes(serialization.Encoding.PEM))
        return path

    def test_a_certificate_is_what_clients_and_openssl_take(self):
        for key in (self.rsa, self.p256):
            issued = self.issue(self.request(key))
            certificate = x509.load_der_x509_certificate(base64.b64decode(issued["certificate"]))
            self.assertEqual(certificate.subject.rfc4514_string(), "CN=" + DEVICE)
            self.assertEqual(certificate.public_key().public_bytes(DER, SPKI), spki(key))
            self.assertEqual(issued["thumbprint"], certificate.fingerprint(hashes.SHA1()).hex().upper())
            self.assertEqual(certificate.not_valid_before, datetime.datetime.utcfromtimestamp(FROM))
            for oid, value in (("1.2.840.113556.1.5.284.2", DEVICE), ("1.2.840.113556.1.5.284.5", TENANT)):
                extension = certificate.extensions.get_extension_for_oid(x509.ObjectIdentifier(oid)).value.value
                little_endian = bytes.fromhex("".join(
                    "".join(reversed([part[i:i + 2] for i in range(0, len(part), 2)])) if number < 3 else part
                    for number, part in enumerate(value.split("-"))))
                self.assertEqual(extension, b"\x04\x10" + little_endian)
            result = subprocess.run(["openssl", "verify", "-x509_strict", "-purpose", "sslclient", "-attime", str(FROM + 10), "-CAfile",
                                     self.write("ca.pem", self.made["certificate"]), self.write("device.pem", issued["certificate"])],
                                    capture_output=True, text=True)
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
            self.assertEqual(self.do("verify_certificate", certificate=issued["certificate"], now=FROM + 10, **self.ours), {"device": DEVICE})

    def test_requests_of_weak_keys_are_refused(self):
        for key, digest in ((rsa.generate_private_key(65537, 1024), hashes.SHA256()), (self.rsa, hashes.SHA1()),
                            (ec.generate_private_key(ec.SECP384R1()), hashes.SHA256())):
            self.assertEqual(self.issue(self.request(key, digest)), {"fault": "unsupported"})

    def test_our_requests_are_read_by_others(self):
        for key in (self.rsa, self.p256):
            made = self.do("make_request", private_key=pkcs8(key), name="7E980AD9-B86D-4306-9425-9AC066FB014A")["request"]
            request = x509.load_der_x509_csr(base64.b64decode(made))
            self.assertTrue(request.is_signature_valid)
            self.assertEqual(request.public_key().public_bytes(DER, SPKI), spki(key))

    def test_a_certificate_of_ones_own_is_refused(self):
        name = x509.load_der_x509_certificate(base64.b64decode(self.made["certificate"])).subject
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, DEVICE)])
        forged = x509.CertificateBuilder().subject_name(subject).issuer_name(name).public_key(self.rsa.public_key()).serial_number(1)
        forged = forged.not_valid_before(datetime.datetime(2020, 1, 1)).not_valid_after(datetime.datetime(2040, 1, 1))
        forged = b64(forged.sign(self.rsa, hashes.SHA256()).public_bytes(DER))
        self.assertEqual(self.do("verify_certificate", certificate=forged, now=FROM + 10, **self.ours), {"fault": "bad_integrity"})

    def test_key_credentials_are_as_ms_adts_has_them(self):
        material = bcrypt_blob(self.rsa)
        blob = base64.b64decode(self.do("write_credential", material=b64(material), device=DEVICE, created=133_500_000_000_000_000)["blob"])
        self.assertEqual(blob[:4], b"\0\2\0\0")
        entries, at = {}, 4
        while at < len(blob):
            size, number = struct.unpack_from("<HB", blob, at)
            entries[number] = (blob[at + 3:at + 3 + size], at)
            at += 3 + size
        self.assertEqual(at, len(blob))
        self.assertEqual(list(entries), [1, 2, 3, 4, 5, 6, 9])
        self.assertEqual(entries[1][0], hashlib.sha256(material).digest())
        self.assertEqual(entries[2][0], hashlib.sha256(blob[entries[3][1]:]).digest())
        self.assertEqual((entries[3][0], entries[4][0], entries[5][0]), (material, b"\1", b"\0"))
        self.assertEqual(entries[6][0].hex(), "33221100554477668899aabbccddeeff")
        self.assertEqual(struct.unpack("<Q", entries[9][0]), (133_500_000_000_000_000,))

    def test_key_credentials_of_samba_tool_are_read(self):
        """It writes the SubjectPublicKeyInfo, and no hash."""
        material = spki(self.p256)
        blob = struct.pack("<I", 0x200) + b"".join(struct.pack("<HB", len(value), number) + value for number, value in (
            (1, hashlib.sha256(material).digest()), (3, material), (4, b"\1"), (5, b"\0")))
        read = self.do("read_credential", blob=b64(blob))
        self.assertEqual((read["usage"], read["source"]), (1, 0))
        self.assertEqual(jwk.JWK(**read["jwk"]).thumbprint(), jwcrypto_key(self.p256).thumbprint())


if __name__ == "__main__":
    unittest.main()
