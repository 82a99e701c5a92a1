"""Captures made by hand: classic pcap of IP packets, with Ethernet before them where the link type is 1."""
import ipaddress
import struct

SYN, ACK = 2, 16


def ip(protocol, payload, ipv6=False):
    if ipv6:
        source, destination = (ipaddress.ip_address(a).packed for a in ("2001:db8::1", "2001:db8::2"))
        return struct.pack(">IHBB", 0x60000000, len(payload), protocol, 64) + source + destination + payload
    source, destination = (ipaddress.ip_address(a).packed for a in ("192.0.2.1", "192.0.2.2"))
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0) + source + destination + payload


def udp(source, destination, payload, ipv6=False):
    return ip(17, struct.pack(">HHHH", source, destination, 8 + len(payload), 0) + payload, ipv6)


def tcp(source, destination, sequence, payload, flags=ACK):
    return ip(6, struct.pack(">HHIIBBHHH", source, destination, sequence, 0, 0x50, flags, 1024, 0, 0) + payload)


def file(packets, link=1):
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link)
    for second, packet in enumerate(packets):
        if link == 1:
            packet = bytes(12) + struct.pack(">H", 0x0800) + packet
        out += struct.pack("<IIII", 1_700_000_000 + second, 0, len(packet), len(packet)) + packet
    return out
