"""impacket's getST.py, with the arguments given. Its TGS-REQs have no checksum of their body, which Windows does without and
RFC 4120 5.4.1 does not: it is filled in."""
import runpy
import sys

from impacket.krb5 import kerberosv5
from impacket.krb5.asn1 import AP_REQ, TGS_REQ, Authenticator, seq_set
from impacket.krb5.crypto import _checksum_table, _enctype_table
from pyasn1.codec.der import decoder, encoder

TGS_REQ_TAG, HMAC_SHA1_96_AES256 = 0x6C, 16
get_tgt, send = kerberosv5.getKerberosTGT, kerberosv5.sendReceive
session_keys = []


def content(octets):
    """Of a TLV."""
    return octets[2 + (octets[1] & 0x7F if octets[1] & 0x80 else 0):]


def with_checksum(message, key):
    request = decoder.decode(message, asn1Spec=TGS_REQ())[0]
    ap_req = decoder.decode(request["padata"][0]["padata-value"], asn1Spec=AP_REQ())[0]
    cipher = _enctype_table[key.enctype]
    plain = cipher.decrypt(key, 7, bytes(ap_req["authenticator"]["cipher"]))
    authenticator = decoder.decode(plain, asn1Spec=Authenticator())[0]
    checksum = seq_set(authenticator, "cksum")
    checksum["cksumtype"] = HMAC_SHA1_96_AES256
    checksum["checksum"] = _checksum_table[HMAC_SHA1_96_AES256].checksum(key, 6, content(encoder.encode(request["req-body"])))
    ap_req["authenticator"]["cipher"] = cipher.encrypt(key, 7, encoder.encode(authenticator), None)
    request["padata"][0]["padata-value"] = encoder.encode(ap_req)
    return encoder.encode(request)


def get_tgt_and_note_its_key(*args, **more):
    found = get_tgt(*args, **more)
    session_keys.append(found[3])
    return found


def send_with_checksum(message, *args, **more):
    return send(with_checksum(message, session_keys[-1]) if message[0] == TGS_REQ_TAG else message, *args, **more)


kerberosv5.getKerberosTGT, kerberosv5.sendReceive = get_tgt_and_note_its_key, send_with_checksum
script = "/usr/share/doc/python3-impacket/examples/getST.py"
sys.argv[0] = script
runpy.run_path(script, run_name="__main__")
