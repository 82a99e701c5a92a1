"""Captures made by hand: classic pcap of IP packets, with Ethernet before them where the link type is 1, and pcapng."""
import ipaddress
import struct

SYN, ACK = 2, 16


def ip(protocol, payload, ipv6=False, back=False):
    if ipv6:
        source, destination = (ipaddress.ip_address(a).packed for a in ("2001:db8::1", "2001:db8::2"))
        return struct.pack(">IHBB", 0x60000000, len(payload), protocol, 64) + source + destination + payload
    source, destination = (ipaddress.ip_address(a).packed for a in ("192.0.2.1", "192.0.2.2"))
    if back:
        source, destination = destination, source
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0) + source + destination + payload


def udp(source, destination, payload, ipv6=False):
    return ip(17, struct.pack(">HHHH", source, destination, 8 + len(payload), 0) + payload, ipv6)


def tcp(source, destination, sequence, payload, flags=ACK, back=False):
    return ip(6, struct.pack(">HHIIBBHHH", source, destination, sequence, 0, 0x50, flags, 1024, 0, 0) + payload, back=back)


def block(kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, 12 + len(body)) + body + struct.pack("<I", 12 + len(body))


def pcapng(packets, key_log=b""):
    """Of IP packets without a link layer; with a TLS key log in it."""
    out = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)) + block(1, struct.pack("<HHI", 101, 0, 0))
    if key_log:
        out += block(10, struct.pack("<II", 0x544C534B, len(key_log)) + key_log)
    for second, packet in enumerate(packets):
        time = (1_700_000_000 + second) * 1_000_000
        out += block(6, struct.pack("<IIIII", 0, time >> 32, time & 0xFFFFFFFF, len(packet), len(packet)) + packet)
    return out


def file(packets, link=1):
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link)
    for second, packet in enumerate(packets):
        if link == 1:
            packet = bytes(12) + struct.pack(">H", 0x0800) + packet
        out += struct.pack("<IIII", 1_700_000_000 + second, 0, len(packet), len(packet)) + packet
    return out
