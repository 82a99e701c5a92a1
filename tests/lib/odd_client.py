"""A Kerberos client that can say what no honest one does. Its cryptography is Samba's, in Python."""
import calendar
import hashlib
import os
import struct
import time
import zlib

from samba.tests.krb5 import kcrypto

from . import krb

AS_REP, TGS_REP, KRB_ERROR = 0x6B, 0x6D, 0x7E
FORWARDABLE, PROXIABLE, RENEWABLE, CANONICALIZE = 0x40000000, 0x10000000, 0x00800000, 0x00010000
PA_TGS_REQ, PA_ENC_TIMESTAMP, PA_ETYPE_INFO2, PA_FX_FAST, PA_REQ_ENC_PA_REP = 1, 2, 19, 136, 149
AES256 = 18


def fields(octets):
    """{context tag: what is in it} of a SEQUENCE, or of an APPLICATION tag around one."""
    tag, content, _ = krb.read_tlv(octets)
    if tag != 0x30:
        content = krb.read_tlv(content)[1]
    found = {}
    while content:
        tag, value, content = krb.read_tlv(content)
        found[tag & 0x1F] = value
    return found


def elements(octets):
    """The TLVs in a SEQUENCE OF."""
    content, found = krb.read_tlv(octets)[1], []
    while content:
        rest = krb.read_tlv(content)[2]
        found.append(content[:len(content) - len(rest)])
        content = rest
    return found


def number(octets):
    return int.from_bytes(krb.read_tlv(octets)[1], "big", signed=True)


def octet_string(octets):
    return krb.read_tlv(octets)[1]


def text(octets):
    return octet_string(octets).decode()


def name(octets):
    return "/".join(map(text, elements(fields(octets)[1])))


def seconds(octets):
    return calendar.timegm(time.strptime(text(octets), "%Y%m%d%H%M%SZ"))


def kerberos_time(at):
    return krb.tlv(0x18, time.strftime("%Y%m%d%H%M%SZ", time.gmtime(at)).encode())


def bits(value):
    return krb.tlv(3, b"\0" + struct.pack(">I", value))


def encrypted(etype, cipher, kvno=None):
    return krb.sequence(krb.context(0, krb.integer(etype)), krb.context(1, krb.integer(kvno)) if kvno is not None else b"",
                        krb.context(2, krb.tlv(4, cipher)))


def sealed(key, usage, plain):
    return encrypted(key.enctype, kcrypto.encrypt(key, usage, plain, None))


def replaced(octets, path, value):
    """A message in which the field at the path of context tags is another one."""
    tag, content, rest = krb.read_tlv(octets)
    if tag & 0x60 == 0x60:
        return krb.tlv(tag, replaced(content, path, value)) + rest
    parts = b""
    while content:
        inner, field, content = krb.read_tlv(content)
        if inner & 0x1F == path[0]:
            field = value if len(path) == 1 else replaced(field, path[1:], value)
        parts += krb.tlv(inner, field)
    return krb.tlv(tag, parts) + rest


class Answer:
    def __init__(self, octets):
        self.octets, self.kind = octets, octets[0] if octets else None
        self.code, self.data, self.part = 0, [], None
        if self.kind is None:
            return
        self.fields = fields(octets)
        if self.kind == KRB_ERROR:
            self.code = number(self.fields[6])
            self.data = self.fields[12] and self.hints(octet_string(self.fields[12])) if 12 in self.fields else []
        else:
            self.ticket = self.fields[5]

    @staticmethod
    def hints(octets):
        """METHOD-DATA as words; KERB-ERROR-DATA, which has no element in a SEQUENCE of its own, as its NTSTATUS."""
        if krb.read_tlv(octets)[1][:1] != b"\x30":
            return ["nt:%08x" % struct.unpack("<I", octet_string(fields(octets)[2])[:4])]
        words = []
        for element in elements(octets):
            found = fields(element)
            words.append(str(number(found[1])))
            if words[-1] == "19":
                words[-1] += "[" + ",".join(str(number(fields(one)[0])) for one in elements(octet_string(found[2]))) + "]"
        return words

    def __str__(self):
        if self.kind is None:
            return "dropped"
        return " ".join([str(self.code), *self.data]) if self.kind == KRB_ERROR else "REP"

    def open(self, key, usage):
        """What the client is told, by context tags; the session key."""
        plain = kcrypto.decrypt(key, usage, octet_string(fields(self.fields[6])[2]))
        self.tag, self.part = plain[0] & 0x1F, fields(plain)
        session = fields(self.part[0])
        self.session_key = kcrypto.Key(number(session[0]), octet_string(session[1]))
        return self.session_key

    def flags(self):
        return struct.unpack(">I", octet_string(self.part[4])[1:5])[0]


class OddClient:
    """ask: takes a message and gives the answer's octets."""

    def __init__(self, ask, realm):
        self.ask_octets, self.realm, self.nonce = ask, realm, 0x10000000
        self.tgs = krb.principal("krbtgt", realm, name_type=2)

    def ask(self, message):
        return Answer(self.ask_octets(message))

    def body(self, cname=None, sname=None, options=FORWARDABLE, realm=None, start=None, till=None, rtime=None, nonce=None,
             etypes=(18, 17), addresses=None, authorization=None, tickets=()):
        self.nonce += 1
        optional = lambda tag, value: krb.context(tag, value) if value is not None else b""
        time_or_none = lambda at: None if at is None else kerberos_time(at)
        return krb.sequence(
            krb.context(0, bits(options)), optional(1, cname), krb.context(2, krb.general_string(realm or self.realm)),
            optional(3, sname), optional(4, time_or_none(start)),
            krb.context(5, kerberos_time(time.time() + 36000 if till is None else till)), optional(6, time_or_none(rtime)),
            krb.context(7, krb.integer(self.nonce if nonce is None else nonce)),
            krb.context(8, krb.sequence(*map(krb.integer, etypes))), optional(9, addresses), optional(10, authorization),
            krb.context(11, krb.sequence(*tickets)) if tickets else b"")

    @staticmethod
    def request(kind, padata, body, version=5, inner_kind=None):
        return krb.tlv(0x60 | kind, krb.sequence(
            krb.context(1, krb.integer(version)), krb.context(2, krb.integer(inner_kind or kind)),
            krb.context(3, krb.sequence(*padata)) if padata is not None else b"", krb.context(4, body)))

    def as_request(self, user, padata=None, version=5, inner_kind=None, **body):
        names = {"cname": krb.principal(user) if isinstance(user, str) else user, "sname": self.tgs}
        return self.request(10, padata, self.body(**{**names, **body}), version, inner_kind)

    def salt(self, user):
        """As the KDC tells it."""
        error = self.ask(self.as_request(user))
        for element in elements(octet_string(error.fields[12])):
            if number(fields(element)[1]) == PA_ETYPE_INFO2:
                return octet_string(fields(elements(octet_string(fields(element)[2]))[0])[1])
        raise AssertionError("no PA-ETYPE-INFO2")

    def key(self, user, password, etype=AES256):
        return kcrypto.string_to_key(etype, password.encode(), self.salt(user))

    @staticmethod
    def timestamp(key, offset=0):
        """PA-ENC-TIMESTAMP"""
        plain = krb.sequence(krb.context(0, kerberos_time(time.time() + offset)), krb.context(1, krb.integer(1)))
        return krb.padata(PA_ENC_TIMESTAMP, sealed(key, 1, plain))

    def log_on(self, user, key, options=FORWARDABLE | RENEWABLE | CANONICALIZE, **body):
        answer = self.ask(self.as_request(user, [self.timestamp(key), krb.padata(PA_REQ_ENC_PA_REP, b"")], options=options,
                                          rtime=time.time() + 7 * 86400, **body))
        assert answer.kind == AS_REP, str(answer)
        answer.open(key, 3)
        answer.holder = user
        return answer

    CHECKSUMS = {1: lambda octets: struct.pack("<I", zlib.crc32(octets)), 2: lambda octets: bytes(16),
                 7: lambda octets: hashlib.md5(octets).digest(), 14: lambda octets: hashlib.sha1(octets).digest()}

    def authenticator(self, client, crealm=None, checksum=b"", offset=0, subkey=None, sequence=None, restrictions=None):
        optional = lambda tag, value: krb.context(tag, value) if value is not None else b""
        return krb.tlv(0x62, krb.sequence(
            krb.context(0, krb.integer(5)), krb.context(1, krb.general_string(crealm or self.realm)), krb.context(2, client),
            checksum, krb.context(4, krb.integer(1)), krb.context(5, kerberos_time(time.time() + offset)),
            self.encryption_key(6, subkey) if subkey else b"",
            optional(7, None if sequence is None else krb.integer(sequence)), optional(8, restrictions)))

    @staticmethod
    def ap_req(ticket, key, usage, authenticator, options=0):
        return krb.tlv(0x6E, krb.sequence(
            krb.context(0, krb.integer(5)), krb.context(1, krb.integer(14)), krb.context(2, bits(options)),
            krb.context(3, ticket), krb.context(4, sealed(key, usage, authenticator))))

    def tgs_request(self, tgt, user, sname, checksum=7, over=None, name=None, ticket=None, ap_options=0, usage=7, padata=(),
                    crealm=None, offset=0, subkey=None, restrictions=None, **body):
        """checksum: its type, None: none. over: what it is made of, if not the body. name, crealm: the authenticator's."""
        octets, key = self.body(sname=sname, **body), tgt.session_key
        content = b""
        if checksum is not None:
            made = self.CHECKSUMS.get(checksum, lambda data: kcrypto.make_checksum(checksum, key, 6, data))(over or octets)
            content = krb.context(3, self.checksum(checksum, made))
        authenticator = self.authenticator(name or krb.principal(user), crealm, content, offset, subkey, None, restrictions)
        header = self.ap_req(ticket or tgt.ticket, key, usage, authenticator, ap_options)
        return self.request(12, [krb.padata(PA_TGS_REQ, header), *padata], octets)

    @staticmethod
    def checksum(kind, made):
        return krb.sequence(krb.context(0, krb.integer(kind)), krb.context(1, krb.tlv(4, made)))

    def change_password(self, ticket, user, new, version=1, sequence=7, key=None):
        """kpasswd (RFC 3244), with a ticket for kadmin/changepw: (the request, the subkey that opens its answer). new: a
        password, or what stands in its place. sequence: KRB-PRIV's number; the authenticator's is 7. key: KRB-PRIV's, if
        not the subkey."""
        subkey = self.new_subkey()
        header = self.ap_req(ticket.ticket, ticket.session_key, 11,
                             self.authenticator(krb.principal(user), subkey=subkey, sequence=7))
        address = krb.sequence(krb.context(0, krb.integer(2)), krb.context(1, krb.tlv(4, b"\x7f\0\0\1")))
        part = krb.tlv(0x7C, krb.sequence(krb.context(0, krb.tlv(4, new if isinstance(new, bytes) else new.encode())),
                                          krb.context(3, krb.integer(sequence)), krb.context(4, address)))
        priv = krb.tlv(0x75, krb.sequence(krb.context(0, krb.integer(5)), krb.context(1, krb.integer(21)),
                                          krb.context(3, sealed(key or subkey, 13, part))))
        return struct.pack(">HHH", 6 + len(header) + len(priv), version, len(header)) + header + priv, subkey

    @staticmethod
    def encryption_key(tag, key):
        return krb.context(tag, krb.sequence(krb.context(0, krb.integer(key.enctype)), krb.context(1, krb.tlv(4, key.contents))))

    @staticmethod
    def password_result(reply, subkey):
        """(result code, text). An answer that is a KRB-ERROR: its code and text in e-data."""
        size, _, ap_rep = struct.unpack(">HHH", reply[:6])
        assert size == len(reply), reply
        if ap_rep == 0:
            data = octet_string(fields(reply[6:])[12])
        else:
            priv = fields(reply[6 + ap_rep:])
            data = octet_string(fields(kcrypto.decrypt(subkey, 13, octet_string(fields(priv[3])[2])))[0])
        return struct.unpack(">H", data[:2])[0], data[2:].decode()

    def fast(self, tgt, user, inner_padata=(), outer_user=None, options=0, armor_type=1, subkey=True, checksum=None, over=None,
             outer_padata=(), **body):
        """An AS-REQ inside FAST (RFC 6113): (the request, the armor key). tgt: the armor, of the client tgt.holder. checksum,
        over: its type and what it is made of, where they are not right."""
        names = {"cname": krb.principal(user) if isinstance(user, str) else user, "sname": self.tgs}
        inner = self.body(**{**names, **body})
        outer = self.body(**{**names, "cname": outer_user or names["cname"], **body})
        own = self.new_subkey()
        header = self.ap_req(tgt.ticket, tgt.session_key, 11,
                             self.authenticator(krb.principal(tgt.holder), subkey=own if subkey else None))
        armor_key = kcrypto.cf2(own, tgt.session_key, b"subkeyarmor", b"ticketarmor")
        made = kcrypto.make_checksum(16, armor_key, 50, over or outer) if checksum is None else self.CHECKSUMS[checksum](outer)
        request = krb.sequence(krb.context(0, bits(options)), krb.context(1, krb.sequence(*inner_padata)), krb.context(2, inner))
        armor = krb.sequence(krb.context(0, krb.integer(armor_type)), krb.context(1, krb.tlv(4, header)))
        value = krb.context(0, krb.sequence(krb.context(0, armor), krb.context(1, self.checksum(checksum or 16, made)),
                                            krb.context(2, sealed(armor_key, 51, request))))
        return self.request(10, [*outer_padata, krb.padata(PA_FX_FAST, value)], outer), armor_key

    @staticmethod
    def challenge(armor_key, key, offset=0):
        """PA-ENCRYPTED-CHALLENGE"""
        plain = krb.sequence(krb.context(0, kerberos_time(time.time() + offset)), krb.context(1, krb.integer(1)))
        return krb.padata(138, sealed(kcrypto.cf2(armor_key, key, b"clientchallengearmor", b"challengelongterm"), 54, plain))

    @staticmethod
    def fast_answer(answer, armor_key):
        """The KrbFastResponse in an answer, by context tags, and its padata: {type: value}."""
        padatas = octet_string(answer.fields[12]) if answer.kind == KRB_ERROR else answer.fields[2]
        only = [fields(one) for one in elements(padatas)]
        assert [number(one[1]) for one in only] == [PA_FX_FAST], [number(one[1]) for one in only]
        reply = krb.read_tlv(octet_string(only[0][2]))[1]
        response = fields(kcrypto.decrypt(armor_key, 52, octet_string(fields(fields(reply)[0])[2])))
        return response, {number(parts[1]): octet_string(parts[2]) for parts in map(fields, elements(response[0]))}

    @staticmethod
    def new_subkey():
        return kcrypto.Key(AES256, os.urandom(32))
