#!/usr/bin/python3
"""Writes the seeds of attestation_fuzz: what TPMs say (TPM 2.0 part 2), by hand."""
import hashlib
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib.seeds import write  # noqa: E402

ATTESTER, SIGNATURE, INFO = (bytes([number]) for number in range(3))
RSA, NULL, SHA256, RSASSA, ECDSA, ECC = (struct.pack(">H", number) for number in (0x0001, 0x0010, 0x000B, 0x0014, 0x0018, 0x0023))
FIXED, ORIGIN, WITH_AUTH, NO_DA, RESTRICTED, DECRYPT, SIGN = 0x12, 0x20, 0x40, 0x400, 0x10000, 0x20000, 0x40000
GOOD = FIXED | ORIGIN | WITH_AUTH | NO_DA | RESTRICTED | SIGN
MODULUS = b"\xc1" + b"".join(hashlib.sha256(bytes([i])).digest() for i in range(8))[2:] + b"\x01"
X = bytes.fromhex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296")
Y = bytes.fromhex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")


def sized(octets):
    return struct.pack(">H", len(octets)) + octets


def ecc(attributes=GOOD, policy=b""):
    return (ECC + SHA256 + struct.pack(">I", attributes) + sized(policy) + NULL + ECDSA + SHA256 + struct.pack(">H", 3) + NULL +
            sized(X) + sized(Y))


def rsa(attributes=GOOD):
    return RSA + SHA256 + struct.pack(">I", attributes) + sized(b"") + NULL + RSASSA + SHA256 + struct.pack(">HI", 2048, 0) + sized(MODULUS)


def info(kind, attested, challenge=b"a challenge"):
    clock, firmware = struct.pack(">QIIB", 12345, 2, 1, 1), bytes(8)
    return struct.pack(">IH", 0xFF544347, kind) + sized(NAME) + sized(challenge) + clock + firmware + attested


NAME = SHA256 + hashlib.sha256(ecc()).digest()


def main():
    write("attestation_fuzz", "attestation", {
        "ecc": ATTESTER + ecc(), "rsa": ATTESTER + rsa(), "policy": ATTESTER + ecc(policy=bytes(32)),
        "decrypts": ATTESTER + ecc(GOOD | DECRYPT), "can_leave": ATTESTER + ecc(GOOD & ~FIXED),
        "ecdsa": SIGNATURE + ECDSA + SHA256 + sized(X) + sized(Y), "rsassa": SIGNATURE + RSASSA + SHA256 + sized(MODULUS),
        "certify": INFO + info(0x8017, sized(NAME) + sized(NAME)),
        "other_challenge": INFO + info(0x8017, sized(NAME) + sized(NAME), b"another"),
        "quote": INFO + info(0x8018, struct.pack(">I", 1) + SHA256 + b"\3\xff\0\0" + sized(bytes(32))),
        "creation": INFO + info(0x801A, sized(NAME) + sized(bytes(32)))})


if __name__ == "__main__":
    main()
