"""Services that act for users [MS-SFU]: what they send, and tickets to them that they have made others of."""
import struct

from samba.tests.krb5 import kcrypto

from . import krb, odd_client

CNAME_IN_ADDL_TKT = 0x00020000
PA_FOR_USER, PA_PAC_OPTIONS = 129, 167
HMAC_MD5 = -138
RESOURCE_BASED = 0x10000000
PAC_SERVER, PAC_KDC, PAC_DELEGATION, PAC_TICKET, PAC_FULL = 6, 7, 11, 16, 19


def for_user(user, realm, key, kind=HMAC_MD5, checksum=None):
    """PA-FOR-USER. checksum: in place of the right one."""
    octets = struct.pack("<I", 1) + user.encode() + realm.encode() + b"Kerberos"
    made = checksum or kcrypto.make_checksum(kind, key, 17, octets)
    return krb.padata(PA_FOR_USER, krb.sequence(
        krb.context(0, krb.principal(user)), krb.context(1, krb.general_string(realm)),
        krb.context(2, odd_client.OddClient.checksum(kind, made)), krb.context(3, krb.general_string("Kerberos"))))


def pac_options(flags):
    return krb.padata(PA_PAC_OPTIONS, krb.sequence(krb.context(0, odd_client.bits(flags))))


def opened(ticket, key):
    """Its EncTicketPart."""
    return kcrypto.decrypt(key, 2, odd_client.octet_string(odd_client.fields(odd_client.fields(ticket)[3])[2]))


def sealed(ticket, key, part, kvno=None):
    """The ticket with another EncTicketPart in it."""
    kvno = odd_client.number(odd_client.fields(odd_client.fields(ticket)[3])[1]) if kvno is None else kvno
    cipher = kcrypto.encrypt(key, 2, part, None)
    return odd_client.replaced(ticket, [3], odd_client.encrypted(key.enctype, cipher, kvno))


def element(kind, octets):
    return krb.sequence(krb.context(0, krb.integer(kind)), krb.context(1, krb.tlv(4, octets)))


def pac_in(part):
    first = odd_client.fields(odd_client.elements(odd_client.fields(part)[10])[0])
    inner = odd_client.fields(odd_client.elements(odd_client.octet_string(first[1]))[0])
    return odd_client.octet_string(inner[1])


def with_pac(part, pac):
    """pac: None: without authorization data."""
    if pac is None:
        return krb.tlv(part[0], krb.sequence(*(krb.context(tag, value) for tag, value in sorted(odd_client.fields(part).items()) if tag != 10)))
    return odd_client.replaced(part, [10], krb.sequence(element(1, krb.sequence(element(128, pac)))))


def buffers(pac):
    """[(type, octets)]"""
    count, _ = struct.unpack_from("<II", pac)
    entries = [struct.unpack_from("<IIQ", pac, 8 + 16 * i) for i in range(count)]
    return [(kind, pac[offset:offset + size]) for kind, size, offset in entries]


def packed(parts):
    head, body, offset = struct.pack("<II", len(parts), 0), b"", 8 + 16 * len(parts)
    for kind, octets in parts:
        head += struct.pack("<IIQ", kind, len(octets), offset + len(body))
        body += octets + bytes(-len(octets) % 8)
    return head + body


def signed(parts, server, krbtgt):
    """A PAC of these buffers, with the signatures of the server and of the KDC, which the keys are of, made anew."""
    def put(kind, signature):
        return [(one, struct.pack("<i", 16) + signature if one == kind else octets) for one, octets in parts]
    parts = put(PAC_SERVER, bytes(12))
    parts = put(PAC_KDC, bytes(12))
    signature = kcrypto.make_checksum(16, server, 17, packed(parts))
    parts = put(PAC_SERVER, signature)
    return packed(put(PAC_KDC, kcrypto.make_checksum(16, krbtgt, 17, signature)))
