#!/usr/bin/python3
"""Writes the seeds of user_reader_fuzz: what a domain controller shows of accounts, and what a synchronisation keeps."""
import json
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib.seeds import write  # noqa: E402

ATTRIBUTES = ("objectSid", "sAMAccountName", "userPrincipalName", "displayName", "userAccountControl", "accountExpires")


def sid(*numbers):
    return bytes([1, len(numbers), 0, 0, 0, 0, 0, 5]) + struct.pack(f"<{len(numbers)}I", *numbers)


def entry(**values):
    wanted = {"objectSid": sid(21, 1, 2, 3, 1104), "sAMAccountName": b"alice", "userAccountControl": b"512",
              "accountExpires": b"9223372036854775807", **values}
    return b"".join(bytes([ATTRIBUTES.index(name), len(value)]) + value for name, value in wanted.items())


state = {"version": 1, "server": "dc1.ad.example.test", "invocation_id": "6f9619ff-8b86-4011-b42d-00c04fc964ff", "usn": 4711,
         "time": 1900000000, "full": 1899990000, "tenant": "", "groups": ["S-1-5-21-1-2-3-1200"], "refused": []}
write("user_reader_fuzz", "ad", {
    "user": entry(userPrincipalName=b"alice@example.test", displayName="Älice".encode()), "plain": entry(),
    "disabled": entry(userAccountControl=b"514"), "expired": entry(accountExpires=b"132444736000000000"),
    "guest": entry(objectSid=sid(21, 1, 2, 3, 501)), "other-domain": entry(objectSid=sid(21, 1, 2, 4, 1104)),
    "computer": entry(sAMAccountName=b"PC$", userAccountControl=b"4096"), "krbtgt": entry(sAMAccountName=b"krbtgt_622"),
    "cut-name": entry(displayName="ä".encode() * 100 + b"\xc3"), "state": json.dumps(state).encode()})
