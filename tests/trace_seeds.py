#!/usr/bin/python3
"""The corpus of src/trace/trace_fuzz.cc: lines as a gateway writes them.

  tests/trace_seeds.py      writes into src/trace/testdata/trace_fuzz
"""
import base64
import json
import pathlib

from lib import krb

DIRECTORY = pathlib.Path(__file__).parent.parent / "src/trace/testdata/trace_fuzz"


def line(request=None, reply=None, kdc_reply=None, **event):
    made = {"time": 1_700_000_000_123_456, "event": {"event": "exchange", "id": "1-2f", "client": "192.0.2.1:50000", **event}}
    for name, octets in (("request", request), ("reply", reply), ("kdc_reply", kdc_reply)):
        if octets:
            made[name] = base64.b64encode(octets).decode()
    return json.dumps(made, separators=(",", ":")).encode()


KDC = {"kdc": "192.0.2.88:88", "kdc_name": "dc01", "transport": "udp", "tries": 1, "locate_us": 10, "exchange_us": 900, "total_us": 1000}
SEEDS = {
    "as": line(krb.as_req(), krb.krb_error(), **KDC),
    "tgs": line(krb.tgs_req(), krb.kdc_rep(13, "MIT.TEST"), **{**KDC, "transport": "tcp", "server": "192.0.2.9:443"}),
    "fast": line(krb.as_req(padatas=[krb.fast_padata()]), krb.kdc_rep(11, "MIT.TEST"), **{**KDC, "client": "[2001:db8::1]:50000"}),
    "kpasswd": line(krb.kpasswd_request(), krb.kpasswd_error(), client="unix", **KDC),
    "refused": line(krb.as_req(), **{"event": "refused", "reason": "unarmored_password", "status": 403}),
    "bare": line(krb.as_req(), krb.krb_error(52), krb.krb_error(25), protocol="kerberos/udp", error="KRB_ERR_RESPONSE_TOO_BIG"),
    "sign_in": line(**{"event": "sign_in", "tenant": "example", "sign_in": "PRT-and-TGT", "status": 200}),
    "lost": b'{"lost":17}',
}

DIRECTORY.mkdir(parents=True, exist_ok=True)
for name, octets in SEEDS.items():
    (DIRECTORY / name).write_bytes(octets)
