#!/usr/bin/python3
"""Writes the seeds of login_answers_fuzz: what a sign-in service answers; and of full_ticket_fuzz: what a domain controller does."""
import base64
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib.krb import context, general_string, integer, padata, principal, sequence, tlv  # noqa: E402
from lib.seeds import write  # noqa: E402

USER, TENANT = "00112233-4455-6677-8899-aabbccddeeff", "6f9619ff-8b86-4011-b42d-00c04fc964ff"
RESOURCE = "urn:ms-drs:enterpriseregistration.windows.net"


def token(claims):
    return "e30." + base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode() + ".c2ln"


def service(kind, path, version):
    return {f"{kind}Endpoint": f"https://gw.test/EnrollmentServer/{path}/", f"{kind}ResourceId": RESOURCE, "ServiceVersion": version}


ticket = {"clientKey": "e30..AAAA.AAAA.AAAA", "keyType": 18, "sessionKeyType": 18, "accountType": 0, "error": None,
          "messageBuffer": "a4IB", "realm": "CLOUD.TEST", "sn": "krbtgt/CLOUD.TEST", "cn": "alice"}
seeds = {
    "configuration": {"token_endpoint": "https://gw.test/example/oauth2/token",
                      "kerberos_endpoint": "https://gw.test/example/kerberos", "tenant_id": TENANT},
    "discovery": {"DeviceJoinService": service("Join", "device", "2.0"),
                  "KeyProvisioningService": service("KeyProvision", "key", "1.0"),
                  "TenantInfo": {"TenantId": TENANT, "TenantName": "example"}},
    "nonce": {"Nonce": "n"},
    "token": {"token_type": "Bearer", "access_token": "a.b.c", "refresh_token": "r", "expires_in": "3600"},
    "join": {"Certificate": {"Thumbprint": "00", "RawBody": "MIIB"}, "User": {"Upn": "alice@cloud.test"}, "MembershipChanges": []},
    "prt": {"token_type": "Bearer", "refresh_token": "a.b", "refresh_token_expires_in": 1209600, "session_key_jwe": "e30.AAAA.AAAA.AAAA.AAAA",
            "id_token": token({"oid": USER, "tid": TENANT, "upn": "alice@cloud.test", "name": "Alice"}),
            "tgt_cloud": json.dumps(ticket), "tgt_ad": json.dumps({**ticket, "realm": "AD.TEST", "sn": "krbtgt/AD.TEST"}), "kerberos_top_level_names": ".cloud.test,.cloud.test:1433"},
    "ticket": ticket,
    "no-ticket": {"keyType": 0, "sessionKeyType": 0, "accountType": 0, "error": "none"},
    "refusal": {"error": "invalid_grant", "error_description": "AADSTS50126: Wrong.", "error_codes": [50126]},
}


def pair(number, value):
    return sequence(context(0, integer(number)), context(1, tlv(4, value)))


def application(number, *fields):
    return tlv(0x60 | number, sequence(*fields))


def encrypted_part(*encrypted_padata):
    """EncTGSRepPart."""
    time, krbtgt = tlv(0x18, b"20991231235959Z"), principal("krbtgt", "AD.TEST", name_type=2)
    return application(26, context(0, pair(18, bytes(32))), context(1, sequence(sequence(context(0, integer(0)), context(1, time)))),
                       context(2, integer(7)), context(4, tlv(3, bytes(5))), context(5, time), context(7, time),
                       context(9, general_string("AD.TEST")), context(10, krbtgt),
                       *([context(12, sequence(*encrypted_padata))] if encrypted_padata else []))


error = application(30, context(0, integer(5)), context(1, integer(30)), context(4, tlv(0x18, b"20261128202146Z")), context(5, integer(0)),
                    context(6, integer(20)), context(9, general_string("AD.TEST")), context(10, principal("krbtgt", "AD.TEST", name_type=2)))
write("full_ticket_fuzz", "login", {
    "encrypted": encrypted_part(), "error": error,
    "key-list": encrypted_part(padata(165, bytes(4)), padata(162, sequence(pair(23, bytes(16))))),
    "etypes": encrypted_part(padata(162, sequence(integer(23))))})
write("login_answers_fuzz", "login", {name: json.dumps(body).encode() for name, body in seeds.items()})
