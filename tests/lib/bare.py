"""Kerberos by itself, over UDP and TCP, as a socket sees it."""
import socket
import struct

from .odd_client import KRB_ERROR, fields, number


def error_code(message):
    """Of a KRB-ERROR; nothing for another message."""
    return number(fields(message)[6]) if message[0] == KRB_ERROR else None


class Datagrams:
    """A connected UDP socket: it takes answers from the address that it asks, and no other."""

    def __init__(self, host, port, source=None):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        if source:
            self.socket.bind((source, 0))
        self.socket.connect((host, port))

    def send(self, message):
        self.socket.send(message)

    def answer(self, seconds=5):
        """Nothing when none comes in that time."""
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(65535)
        except TimeoutError:
            return None

    def ask(self, message, seconds=5):
        self.send(message)
        return self.answer(seconds)

    def close(self):
        self.socket.close()


class Stream:
    """A TCP connection with a length before each message (RFC 4120 7.2.2)."""

    def __init__(self, host, port, source=None):
        self.socket = socket.create_connection((host, port), 20, (source, 0) if source else None)

    def send(self, *messages):
        self.socket.sendall(b"".join(struct.pack(">I", len(message)) + message for message in messages))

    def _read(self, size):
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                return data
            data += more
        return data

    def answer(self):
        """b"" when the connection has ended."""
        length = self._read(4)
        return self._read(struct.unpack(">I", length)[0]) if length else b""

    def ask(self, message):
        self.send(message)
        return self.answer()

    def close(self):
        self.socket.close()
