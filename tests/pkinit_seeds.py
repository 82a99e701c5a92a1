#!/usr/bin/python3
"""Writes the seeds of what fuzzes PKINIT: messages in each form, keys, certificates and their extensions, each behind the
octet that says what it is, and changes to them."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib.seeds import write  # noqa: E402

CONFIG = """[req]
distinguished_name = name
[name]
[user]
keyUsage = critical,digitalSignature
extendedKeyUsage = pkInitClientAuth,msSmartcardLogin
subjectKeyIdentifier = hash
subjectAltName = otherName:1.3.6.1.5.2.2;SEQUENCE:principal,otherName:msUPN;UTF8:alice@example.com
1.3.6.1.4.1.311.25.2 = ASN1:SEQUENCE:sid
[principal]
realm = EXPLICIT:0,GeneralString:EXAMPLE.COM
name = EXPLICIT:1,SEQUENCE:name_of
[name_of]
type = EXPLICIT:0,INTEGER:1
strings = EXPLICIT:1,SEQUENCE:strings
[strings]
first = GeneralString:alice
[sid]
name = IMPLICIT:0,SEQUENCE:sid_name
[sid_name]
type = OID:1.3.6.1.4.1.311.25.2.1
value = EXPLICIT:0,FORMAT:ASCII,OCTETSTRING:S-1-5-21-1-2-3-1104
"""
AUTH_DATA, REPLY = "1.3.6.1.5.2.3.1", "1.3.6.1.5.2.3.2"


def run(*command):
    return subprocess.run(command, check=True, capture_output=True).stdout


def tlv(tag, content):
    length = bytes([len(content)]) if len(content) < 128 else bytes([0x82]) + len(content).to_bytes(2, "big")
    return bytes([tag]) + length + content


def certificate(name, *key):
    run("openssl", "req", "-x509", "-newkey", *key, "-nodes", "-keyout", name + ".key", "-out", name + ".pem", "-config",
        "config", "-extensions", "user", "-subj", "/CN=alice", "-days", "3650")
    return run("openssl", "x509", "-in", name + ".pem", "-outform", "DER")


def signed(name, *options, content_type=AUTH_DATA):
    return b"\0" + run("openssl", "cms", "-sign", "-binary", "-nodetach", "-nosmimecap", "-outform", "DER", "-in", "content",
                       "-signer", name + ".pem", "-inkey", name + ".key", "-econtent_type", content_type, *options)


def public_key(*parameters):
    run("openssl", "genpkey", "-out", "key", "-algorithm", *parameters)
    return b"\3" + run("openssl", "pkey", "-in", "key", "-pubout", "-outform", "DER")


os.chdir(tempfile.mkdtemp())
for path, text in (("config", CONFIG), ("content", "0\x03\x02\x01\x05")):
    with open(path, "w") as file:
        file.write(text)
rsa = certificate("rsa", "rsa:2048")
p256 = certificate("p256", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
write("signed_data_fuzz", "pkinit", {
    "rsa": signed("rsa"), "p256": signed("p256"), "sha512": signed("p256", "-md", "sha512"),
    "pss": signed("rsa", "-keyopt", "rsa_padding_mode:pss"), "sha1": signed("rsa", "-md", "sha1"),
    "key_id": signed("p256", "-keyid"), "indefinite": signed("p256", "-stream"), "bare": signed("p256", "-noattr"),
    "other": signed("p256", "-certfile", "rsa.pem"), "two_signers": signed("p256", "-signer", "rsa.pem", "-inkey", "rsa.key"),
    "reply": signed("p256", content_type=REPLY), "bent": b"\1\1\0\5\0\x20\7", "content": b"\2content",
    "key_p256": public_key("EC", "-pkeyopt", "group:P-256"),
    "key_p384": public_key("EC", "-pkeyopt", "group:P-384"),
    "key_modp14": public_key("DHX", "-pkeyopt", "group:modp_2048"),
    "key_modp16": public_key("DHX", "-pkeyopt", "group:modp_4096")})

sid = b"S-1-5-21-1-2-3-1104"
upn = tlv(0xa0, bytes.fromhex("060a2b060104018237140203") + tlv(0xa0, tlv(0x0c, b"alice@example.com")))
principal = tlv(0x30, tlv(0xa0, tlv(0x1b, b"EXAMPLE.COM")) + tlv(0xa1, tlv(0x30, tlv(0xa0, b"\2\1\1") + tlv(
    0xa1, tlv(0x30, tlv(0x1b, b"alice") + tlv(0x1b, b"admin"))))))
kerberos = tlv(0xa0, bytes.fromhex("06062b0601050202") + tlv(0xa0, principal))
write("logon_certificate_fuzz", "pkinit", {
    "rsa": b"\5" + rsa, "p256": b"\5" + p256,
    "names": b"\0" + tlv(0x30, upn + kerberos + tlv(0x81, b"alice@example.com")),
    "sid": b"\1" + tlv(0x30, tlv(0xa0, bytes.fromhex("060a2b060104018237190201") + tlv(0xa0, tlv(4, sid)))),
    "purposes": b"\2" + tlv(0x30, bytes.fromhex("06072b060105020304060a2b060104018237140202")),
    "usage": b"\3\3\2\7\x80", "key_id": b"\4\4\4keys"})

write("kdc_anchors_fuzz", "pkinit", {
    "rsa": signed("rsa", content_type=REPLY), "p256": signed("p256", content_type=REPLY), "bent": b"\1\1\0\5\0\x20\7"})
write("public_key_fuzz", "kdc", {
    name: bytes([part, 5, 9]) for part, name in enumerate(("signed_pack", "unsigned_pack", "unsigned_message", "element"))})
