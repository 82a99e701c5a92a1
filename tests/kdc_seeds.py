#!/usr/bin/python3
"""Writes the seeds of the fuzzers of what a KDC reads and writes: each structure once with every field, once with the least."""
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib import krb  # noqa: E402
from lib.krb import context, general_string, integer, padata, principal, sequence, tlv  # noqa: E402
from lib.seeds import write  # noqa: E402


def application(number, *fields):
    return tlv(0x60 | number, sequence(*fields))


def octets(value):
    return tlv(4, value)


def time(text):
    return tlv(0x18, text)


def flags(value):
    return tlv(3, b"\0" + struct.pack(">I", value))


def pair(number, value):
    """EncryptionKey, Checksum, HostAddress and an element of AuthorizationData are alike."""
    return sequence(context(0, integer(number)), context(1, octets(value)))


REALM = general_string("R")
NOW = time(b"20261128202146Z")
ALICE, KRBTGT = principal("alice"), principal("krbtgt", "R", name_type=2)
KEY, CHECKSUM = pair(18, bytes(32)), pair(16, bytes(12))
ADDRESSES = sequence(pair(2, bytes(4)), pair(24, bytes(16)))
ENCRYPTED = sequence(context(0, integer(18)), context(1, integer(-2)), context(2, octets(bytes(32))))
TICKET = application(1, context(0, integer(5)), context(1, REALM), context(2, KRBTGT), context(3, ENCRYPTED))
AP_REQ = krb.ap_req("R", KRBTGT)
PAC = sequence(pair(1, sequence(pair(128, bytes(8)))), pair(4, sequence(context(0, CHECKSUM), context(3, sequence(pair(97, b"x"))))),
               pair(5, sequence(context(0, integer(1)), context(1, sequence(pair(141, b"y"))))),
               pair(96, sequence(context(0, sequence(pair(97, b"z"))))))
METHOD_DATA = sequence(padata(136, b""), padata(19, b"x"), padata(133, b"cookie"))
LAST_REQ = sequence(sequence(context(0, integer(0)), context(1, time(b"19700101000000Z"))))
BODY = sequence(context(0, flags(0x50810010)), context(1, ALICE), context(2, REALM), context(3, KRBTGT), context(4, NOW), context(5, NOW),
                context(6, NOW), context(7, integer(0xFEDCBA98)), context(8, sequence(integer(18), integer(-135))),
                context(9, ADDRESSES), context(10, ENCRYPTED), context(11, sequence(TICKET)))


def kdc_req(number, elements):
    return application(number, context(1, integer(5)), context(2, integer(number)), context(3, sequence(*elements)), context(4, BODY))


def main():
    write("kdc_req_fuzz", "kerberos", {
        "as_req": kdc_req(10, [padata(149, b""), padata(150, b"x")]), "tgs_req": kdc_req(12, [padata(1, AP_REQ), padata(167, b"x")]),
        "body": BODY, "least": krb.as_req("R", nonce=1)})
    times = [context(5, NOW), context(6, NOW), context(7, NOW), context(8, NOW)]
    enc_rep = [context(0, KEY), context(1, LAST_REQ), context(2, integer(-5)), context(3, NOW), context(4, flags(0x40E10000)), *times,
               context(9, REALM), context(10, KRBTGT), context(11, ADDRESSES), context(12, METHOD_DATA)]
    write("ticket_fuzz", "kerberos", {
        "ticket": TICKET, "authorization_data": PAC, "enc_as_rep_part": application(25, *enc_rep),
        "enc_tgs_rep_part": application(26, *enc_rep), "as_rep": krb.kdc_rep(11, "R"), "tgs_rep": krb.kdc_rep(13, "R"),
        "enc_ticket_part": application(3, context(0, flags(0x40E10000)), context(1, KEY), context(2, REALM), context(3, ALICE),
                                       context(4, pair(1, b"X,Y")), *times, context(9, ADDRESSES), context(10, PAC))})
    write("ap_fuzz", "kerberos", {
        "ap_req": AP_REQ,
        "authenticator": application(2, context(0, integer(5)), context(1, REALM), context(2, ALICE), context(3, CHECKSUM),
                                     context(4, integer(1)), context(5, NOW), context(6, KEY), context(7, integer(-1)), context(8, PAC)),
        "ap_rep": application(15, context(0, integer(5)), context(1, integer(15)), context(2, ENCRYPTED)),
        "enc_ap_rep_part": application(27, context(0, NOW), context(1, integer(1)), context(2, KEY), context(3, integer(7))),
        "krb_priv": application(21, context(0, integer(5)), context(1, integer(21)), context(3, ENCRYPTED)),
        "enc_krb_priv_part": application(28, context(0, octets(b"new")), context(1, NOW), context(2, integer(1)), context(3, integer(7)),
                                         context(4, pair(2, bytes(4))), context(5, pair(2, bytes(4))))})
    armor = context(0, pair(1, AP_REQ))
    finished = sequence(context(0, NOW), context(1, integer(1)), context(2, REALM), context(3, ALICE), context(4, CHECKSUM))
    write("fast_fuzz", "kerberos", {
        "armored_req": context(0, sequence(armor, context(1, CHECKSUM), context(2, ENCRYPTED))),
        "implicit": context(0, sequence(context(1, CHECKSUM), context(2, ENCRYPTED))),
        "fast_req": sequence(context(0, flags(0x40000000)), context(1, METHOD_DATA), context(2, BODY)),
        "armored_rep": context(0, sequence(context(0, ENCRYPTED))),
        "response": sequence(context(0, METHOD_DATA), context(1, KEY), context(2, finished), context(3, integer(9)))})
    write("krb_error_fuzz", "kerberos", {
        "error": application(30, context(0, integer(5)), context(1, integer(30)), context(2, NOW), context(3, integer(1)), context(4, NOW),
                             context(5, integer(1)), context(6, integer(25)), context(7, REALM), context(8, ALICE), context(9, REALM),
                             context(10, KRBTGT), context(11, general_string("text")), context(12, octets(METHOD_DATA))),
        "method_data": METHOD_DATA,
        "typed_data": sequence(sequence(context(0, integer(109)), context(1, octets(b"x"))), sequence(context(0, integer(104)))),
        "kerb_error_data": sequence(context(1, integer(3)), context(2, octets(struct.pack("<III", 0xC0000072, 0, 1))))})
    user_id = sequence(context(0, integer(9)), context(1, ALICE), context(2, REALM), context(3, octets(b"certificate")),
                       context(4, flags(0x20000000)))
    write("padata_fuzz", "kerberos", {
        "timestamp": sequence(context(0, NOW), context(1, integer(5))), "encrypted": ENCRYPTED,
        "etype_info": sequence(pair(23, b""), sequence(context(0, integer(18)))),
        "etype_info2": sequence(sequence(context(0, integer(18)), context(1, general_string("Ralice")), context(2, octets(b"\0\0\x10\0")))),
        "pac_request": sequence(context(0, tlv(1, b"\xff"))), "pac_options": sequence(context(0, flags(0x10000000))),
        "key_list_req": sequence(integer(18), integer(23)), "key_list_rep": sequence(KEY, KEY),
        "for_user": sequence(context(0, ALICE), context(1, REALM), context(2, CHECKSUM), context(3, general_string("Kerberos"))),
        "x509_user": sequence(context(0, user_id), context(1, CHECKSUM))})
    write("kpasswd_fuzz", "kerberos", {
        "change_passwd_data": sequence(context(0, octets(b"new")), context(1, ALICE), context(2, REALM)), "result": b"\0\4too short"})


if __name__ == "__main__":
    main()
