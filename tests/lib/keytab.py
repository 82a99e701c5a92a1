"""Keytabs: the file format 0x0502 of MIT. Keys of AES-SHA2, which Samba's Python knows not, are passed over."""
import struct

from samba.tests.krb5 import kcrypto


def entries(file):
    """[(principal without realm, realm, kvno, key)]"""
    with open(file, "rb") as opened:
        octets = opened.read()
    assert octets[:2] == b"\x05\x02", octets[:2]
    at, found = 2, []
    while at < len(octets):
        size = struct.unpack(">i", octets[at:at + 4])[0]
        at += 4
        if size > 0:
            found.append(entry(octets[at:at + size]))
        at += abs(size)
    return [one for one in found if one]


def entry(octets):
    def counted(at):
        size = struct.unpack(">H", octets[at:at + 2])[0]
        return octets[at + 2:at + 2 + size], at + 2 + size

    count, at = struct.unpack(">H", octets[:2])[0], 2
    realm, at = counted(at)
    parts = []
    for _ in range(count):
        part, at = counted(at)
        parts.append(part.decode())
    at += 8  # name-type, timestamp
    kvno, etype = octets[at], struct.unpack(">H", octets[at + 1:at + 3])[0]
    key, at = counted(at + 3)
    if len(octets) >= at + 4:
        kvno = struct.unpack(">I", octets[at:at + 4])[0] or kvno
    return ("/".join(parts), realm.decode(), kvno, kcrypto.Key(etype, key)) if etype in (17, 18, 23) else None


def keys(file):
    """{(principal in lower case, kvno, etype): key}"""
    return {(name.lower(), kvno, key.enctype): key for name, _, kvno, key in entries(file)}
