"""Kerberos and KDC-PROXY messages for tests that need their octets: a small DER writer."""
import os
import struct


def tlv(tag, *contents):
    content = b"".join(contents)
    size = len(content)
    if size < 0x80:
        length = bytes([size])
    else:
        octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
        length = bytes([0x80 | len(octets)]) + octets
    return bytes([tag]) + length + content


def context(number, *contents):
    return tlv(0xA0 | number, *contents)


def integer(value):
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def general_string(text):
    return tlv(0x1B, text if isinstance(text, bytes) else text.encode())


def sequence(*contents):
    return tlv(0x30, *contents)


def principal(*components, name_type=1):
    return sequence(context(0, integer(name_type)), context(1, sequence(*map(general_string, components))))


def padata(number, value):
    return sequence(context(1, integer(number)), context(2, tlv(4, value)))


def kdc_req(number, realm, cname, sname, padatas, nonce=None, name_type=1, options=0x50800000, etypes=(18, 17)):
    nonce = nonce if nonce is not None else int.from_bytes(os.urandom(4), "big") >> 1
    body = sequence(context(0, tlv(3, b"\0" + struct.pack(">I", options))),
                    context(1, principal(*cname, name_type=name_type)) if cname else b"", context(2, general_string(realm)),
                    context(3, principal(*sname, name_type=2)),
                    context(5, tlv(0x18, b"20370101000000Z")), context(7, integer(nonce)),
                    context(8, sequence(*map(integer, etypes))))
    parts = [context(1, integer(5)), context(2, integer(number))]
    if padatas:
        parts.append(context(3, sequence(*padatas)))
    return tlv(0x60 | number, sequence(*parts, context(4, body)))


def as_req(realm="MIT.TEST", cname=("alice",), padatas=(), nonce=None, padding=0, **fields):
    padatas = list(padatas) + ([padata(150, bytes(padding))] if padding else [])
    return kdc_req(10, realm, cname, ("krbtgt", realm), padatas, nonce, **fields)


def tgs_req(realm="MIT.TEST", sname=("host", "server.mit.test")):
    """With a TGT that no KDC could open."""
    return kdc_req(12, realm, None, sname, [padata(1, ap_req(realm, principal("krbtgt", realm, name_type=2)))])


def fast_padata():
    """PA-FX-FAST with armored data that no KDC could open."""
    armor = sequence(context(0, integer(1)), context(1, tlv(4, bytes(40))))
    checksum = sequence(context(0, integer(16)), context(1, tlv(4, bytes(12))))
    return padata(136, context(0, sequence(context(0, armor), context(1, checksum), context(2, encrypted()))))


def timestamp(cipher):
    """PA-ENC-TIMESTAMP."""
    return padata(2, sequence(context(0, integer(18)), context(2, tlv(4, cipher))))


def krb_error(code=25, realm="MIT.TEST", e_data=None):
    return tlv(0x7E, sequence(context(0, integer(5)), context(1, integer(30)),
                              context(4, tlv(0x18, b"20260101000000Z")), context(5, integer(0)),
                              context(6, integer(code)), context(9, general_string(realm)),
                              context(10, principal("krbtgt", realm, name_type=2)),
                              context(12, tlv(4, e_data)) if e_data is not None else b""))


def etype_info2(*entries):
    """PA-ETYPE-INFO2 of pairs: an etype, and its salt or None."""
    return padata(19, sequence(*(sequence(context(0, integer(etype)), context(1, general_string(salt)) if salt is not None else b"")
                                 for etype, salt in entries)))


def kdc_rep(number, realm, padatas=(padata(19, b"x"),)):
    """AS-REP (11) or TGS-REP (13) with a ticket of that realm."""
    ticket = tlv(0x61, sequence(context(0, integer(5)), context(1, general_string(realm)),
                                context(2, principal("krbtgt", realm)), context(3, encrypted())))
    return tlv(0x60 | number, sequence(
        context(0, integer(5)), context(1, integer(number)), context(2, sequence(*padatas)),
        context(3, general_string(realm)), context(4, principal("alice")), context(5, ticket), context(6, encrypted())))


def encrypted():
    return sequence(context(0, integer(18)), context(2, tlv(4, bytes(32))))


def ap_req(realm, sname):
    ticket = tlv(0x61, sequence(context(0, integer(5)), context(1, general_string(realm)), context(2, sname),
                                context(3, encrypted())))
    return tlv(0x6E, sequence(context(0, integer(5)), context(1, integer(14)), context(2, tlv(3, bytes(5))),
                              context(3, ticket), context(4, encrypted())))


def kpasswd_request(realm="MIT.TEST", version=1):
    request = ap_req(realm, principal("kadmin", "changepw", name_type=2))
    priv = tlv(0x75, sequence(context(0, integer(5)), context(1, integer(21)), context(3, encrypted())))
    return struct.pack(">HHH", 6 + len(request) + len(priv), version, len(request)) + request + priv


def kpasswd_error(code=60):
    """A kpasswd answer that carries a KRB-ERROR."""
    error = krb_error(code)
    return struct.pack(">HHH", 6 + len(error), 1, 0) + error


def proxy_message(message, realm="MIT.TEST", prefix=True, hint=None):
    content = (struct.pack(">I", len(message)) if prefix else b"") + message
    parts = [context(0, tlv(4, content))]
    if realm is not None:
        parts.append(context(1, general_string(realm)))
    if hint is not None:
        parts.append(context(2, integer(hint)))
    return sequence(*parts)


def read_tlv(data):
    """(tag, content, rest)"""
    size, at = data[1], 2
    if size & 0x80:
        count = size & 0x7F
        size, at = int.from_bytes(data[2:2 + count], "big"), 2 + count
    assert len(data) >= at + size, "truncated"
    return data[0], data[at:at + size], data[at + size:]


def unwrap(body, prefix=True):
    """The Kerberos message in an answer, after checking that nothing else is in it."""
    tag, content, rest = read_tlv(body)
    assert (tag, rest) == (0x30, b""), body
    tag, content, rest = read_tlv(content)
    assert (tag, rest) == (0xA0, b""), body
    tag, content, rest = read_tlv(content)
    assert (tag, rest) == (4, b""), body
    if prefix:
        assert struct.unpack(">I", content[:4])[0] == len(content) - 4, body
        content = content[4:]
    return content


def unwrap_request(body):
    """The Kerberos message in a KDC-PROXY-MESSAGE that has its length prefix."""
    _, content, _ = read_tlv(body)
    _, content, _ = read_tlv(content)
    return read_tlv(content)[1][4:]


def error_code(message):
    """The code of a KRB-ERROR."""
    tag, content, _ = read_tlv(message)
    assert tag == 0x7E, message[:1]
    _, content, _ = read_tlv(content)
    while content:
        tag, value, content = read_tlv(content)
        if tag == 0xA6:
            return int.from_bytes(read_tlv(value)[1], "big")
    raise AssertionError("no error-code")
