#!/usr/bin/python3
"""Writes the seeds of login_answers_fuzz: what a sign-in service answers."""
import base64
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
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
            "tgt_cloud": json.dumps(ticket), "kerberos_top_level_names": ".cloud.test,.cloud.test:1433"},
    "ticket": ticket,
    "no-ticket": {"keyType": 0, "sessionKeyType": 0, "accountType": 0, "error": "none"},
    "refusal": {"error": "invalid_grant", "error_description": "AADSTS50126: Wrong.", "error_codes": [50126]},
}
write("login_answers_fuzz", "login", {name: json.dumps(body).encode() for name, body in seeds.items()})
