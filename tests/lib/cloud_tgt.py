"""A cloud TGT as clients read it, and the credential cache that they make of it: RFC 4120, RFC 3962 and MIT's file format,
of the standard library and python3-cryptography."""
import base64
import calendar
import hmac
import math
import struct
import time

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from . import krb

AES256 = 18
AS_REP, ENC_AS_REP_PART, TICKET = 0x6B, 0x79, 0x61
INTEGER, BIT_STRING, OCTET_STRING, GENERAL_STRING, GENERALIZED_TIME, SEQUENCE = 2, 3, 4, 0x1B, 0x18, 0x30


def content(tag, octets):
    found, inside, rest = krb.read_tlv(octets)
    assert (found, rest) == (tag, b""), (hex(found), hex(tag), rest)
    return inside


def elements(octets):
    """The TLVs in a SEQUENCE."""
    inside, found = content(SEQUENCE, octets), []
    while inside:
        rest = krb.read_tlv(inside)[2]
        found.append(inside[:len(inside) - len(rest)])
        inside = rest
    return found


def fields(octets):
    """{context tag: value} of a SEQUENCE, whose tags must rise."""
    found = {}
    for one in elements(octets):
        tag, value, _ = krb.read_tlv(one)
        number = tag & 0x1F
        assert tag & 0xE0 == 0xA0 and all(number > other for other in found), (hex(tag), found)
        found[number] = value
    return found


def integer(octets):
    return int.from_bytes(content(INTEGER, octets), "big", signed=True)


def ascii_text(octets):
    return content(GENERAL_STRING, octets).decode("ascii")


def moment(octets):
    return calendar.timegm(time.strptime(content(GENERALIZED_TIME, octets).decode("ascii"), "%Y%m%d%H%M%SZ"))


def principal(octets):
    """(name type, components), of the name types that libkrimes knows."""
    found = fields(octets)
    kind, names = integer(found[0]), [ascii_text(one) for one in elements(found[1])]
    assert (kind == 1 and len(names) in (1, 2)) or kind in (2, 3), (kind, names)
    return kind, names


def encrypted(octets):
    """(etype, kvno or None, cipher)"""
    found = fields(octets)
    kvno = integer(found[1]) if 1 in found else None
    assert kvno is None or 0 <= kvno < 2 ** 32, kvno
    return integer(found[0]), kvno, content(OCTET_STRING, found[2])


def n_fold(octets, size):
    """RFC 3961 5.1."""
    length, value = len(octets) * 8, int.from_bytes(octets, "big")
    repeated, mask = 0, (1 << size * 8) - 1
    for number in range(math.lcm(len(octets), size) // len(octets)):
        turn = 13 * number % length
        repeated = repeated << length | value >> turn | (value << (length - turn)) & ((1 << length) - 1)
    total = 0
    while repeated:
        total, repeated = total + (repeated & mask), repeated >> size * 8
    while total > mask:
        total = (total & mask) + (total >> size * 8)
    return total.to_bytes(size, "big")


def aes(key, vector, octets, decrypt=False):
    cipher = Cipher(algorithms.AES(key), modes.CBC(vector))
    worker = cipher.decryptor() if decrypt else cipher.encryptor()
    return worker.update(octets) + worker.finalize()


def derived(key, constant):
    """DK of RFC 3961 5.1 for 256 bits."""
    first = aes(key, bytes(16), n_fold(constant, 16))
    return first + aes(key, bytes(16), first)


def cts_decrypted(key, octets):
    """AES-CBC-CTS with a vector of zeros: the last two blocks are exchanged, the last one may be cut."""
    if len(octets) <= 16:
        assert len(octets) == 16
        return aes(key, bytes(16), octets, True)
    cut = len(octets) % 16 or 16
    head, last_but_one, last = octets[:-16 - cut], octets[-16 - cut:-cut], octets[-cut:]
    opened = aes(key, bytes(16), last_but_one, True)
    whole = last + opened[cut:]
    vector = head[-16:] if head else bytes(16)
    before = aes(key, bytes(16), head, True) if head else b""
    return before + aes(key, vector, whole, True) + bytes(a ^ b for a, b in zip(opened, last))


def decrypted(key, usage, octets):
    """aes256-cts-hmac-sha1-96"""
    base = struct.pack(">I", usage)
    plain = cts_decrypted(derived(key, base + b"\xAA"), octets[:-12])
    assert hmac.digest(derived(key, base + b"\x55"), plain, "sha1")[:12] == octets[-12:], "the checksum is wrong"
    return plain[16:]


class CloudTgt:
    """An AS-REP that no AS-REQ was asked for, opened by the client key. What clients demand is asserted."""

    def __init__(self, message, client_key):
        reply = fields(content(AS_REP, message))
        assert (integer(reply[0]), integer(reply[1])) == (5, 11), reply
        self.crealm, (self.cname_type, self.cname) = ascii_text(reply[3]), principal(reply[4])
        self.ticket = reply[5]
        self.read_ticket(fields(content(TICKET, self.ticket)))
        etype, _, cipher = encrypted(reply[6])
        assert etype == AES256, etype
        self.read_part(fields(content(ENC_AS_REP_PART, decrypted(client_key, 3, cipher))))

    def read_ticket(self, ticket):
        assert integer(ticket[0]) == 5, ticket
        self.realm, (self.sname_type, self.sname) = ascii_text(ticket[1]), principal(ticket[2])
        self.ticket_etype, self.ticket_kvno, _ = encrypted(ticket[3])

    def read_part(self, part):
        key = fields(part[0])
        self.key_type, self.key = integer(key[0]), content(OCTET_STRING, key[1])
        self.last_requests = [integer(fields(one)[0]) for one in elements(part[1])]
        assert all(0 <= kind <= 7 for kind in self.last_requests), self.last_requests
        self.nonce = integer(part[2])
        assert -2 ** 31 <= self.nonce < 2 ** 31, self.nonce
        flags = content(BIT_STRING, part[4])
        assert flags[0] == 0 and len(flags) == 5, flags
        self.flags = struct.unpack(">I", flags[1:])[0]
        self.authtime, self.starttime, self.endtime, self.renew_till = (moment(part[tag]) for tag in (5, 6, 7, 8))
        self.srealm, (_, self.part_sname) = ascii_text(part[9]), principal(part[10])
        assert 11 not in part, "addresses"

    def write_ccache(self, file):
        """Version 4 of MIT's format."""
        def counted(octets):
            return struct.pack(">I", len(octets)) + octets

        def name(kind, realm, components):
            return struct.pack(">II", kind, len(components)) + b"".join(counted(part.encode()) for part in (realm, *components))

        client = name(self.cname_type, self.crealm, self.cname)
        octets = (b"\x05\x04" + struct.pack(">H", 0) + client + client + name(self.sname_type, self.srealm, self.part_sname)
                  + struct.pack(">H", self.key_type) + counted(self.key)
                  + struct.pack(">4I", self.authtime, self.starttime, self.endtime, self.renew_till)
                  + b"\0" + struct.pack(">I", self.flags) + struct.pack(">II", 0, 0) + counted(self.ticket) + counted(b""))
        with open(file, "wb") as out:
            out.write(octets)


def read(tgt, client_key):
    """The object of tgt_cloud; client_key: what its clientKey decrypts to."""
    return CloudTgt(base64.b64decode(tgt["messageBuffer"], validate=True), client_key)
