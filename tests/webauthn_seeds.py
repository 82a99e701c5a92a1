#!/usr/bin/python3
"""Writes the seeds of webauthn_fuzz, of src/webauthn/testdata/chromium.json."""
import base64
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib.seeds import SRC, write  # noqa: E402

CBOR, REGISTRATION, DATA, SIGNATURE, CLIENT_DATA = (bytes([number]) for number in range(5))


def octets_of(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def main():
    with open(os.path.join(SRC, "webauthn", "testdata", "chromium.json")) as file:
        vectors = json.load(file)
    seeds = {}
    for name, vector in vectors.items():
        name = name.replace(" ", "_")
        seeds["cbor_" + name] = CBOR + octets_of(vector["attestationObject"])
        seeds["registration_" + name] = REGISTRATION + octets_of(vector["attestationObject"])
    known = vectors["es256 none"]
    seeds["data"] = DATA + octets_of(known["authenticatorData"])
    seeds["signature"] = SIGNATURE + octets_of(known["signature"])
    seeds["client_data"] = CLIENT_DATA + octets_of(known["clientDataJSON"])
    write("webauthn_fuzz", "webauthn", seeds)


if __name__ == "__main__":
    main()
