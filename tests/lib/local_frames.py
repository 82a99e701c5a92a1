"""ferrymand's side of the socket to ferryman-realm, in octets; docs/local-protocol.md."""
import os
import socket
import struct

HELLO, ERROR, CLOSING, HTTP, KERBEROS, HTTP_RESPONSE, KERBEROS_REPLY, REFUSAL = 1, 2, 3, 16, 17, 32, 33, 34
STATUS_REQUEST, STATUS = 18, 35
KKDCP, UDP, TCP = 1, 2, 3
MAX_FRAME, MAX_IN_FLIGHT = 320 * 1024, 256


def string(text):
    octets = text if isinstance(text, bytes) else text.encode()
    return struct.pack(">I", len(octets)) + octets


def frame(kind, number, payload=b""):
    return struct.pack(">IBI", 5 + len(payload), kind, number) + payload


def hello(version=2):
    return frame(HELLO, 0, string("ferryman-local") + struct.pack(">H", version))


def fields(pairs):
    return struct.pack(">H", len(pairs)) + b"".join(string(name) + string(value) for name, value in pairs)


def http_request(method, path, body=b"", query="", headers=(), id="g-1", client="192.0.2.1:50000", certificate=b""):
    return (b"".join(map(string, (id, client, method, path, query))) + fields(headers) + string(certificate) +
            string(body))


def kerberos_request(message, transport=KKDCP, tenant="example", realm="", id="g-2", client="192.0.2.1:50000"):
    return string(id) + string(client) + bytes([transport]) + string(tenant) + string(realm) + string(message)


def status(results=(), numbers=(0, 0, 0, 0, 0), waiting=(0, 0, 0)):
    """results: of kind, code and count."""
    return (struct.pack(">H", len(results)) + b"".join(struct.pack(">BiQ", *result) for result in results) +
            struct.pack(">5Q3I", *numbers, *waiting))


def read_status(payload):
    """({(kind, code): count}, the other numbers)"""
    count = struct.unpack(">H", payload[:2])[0]
    results = [struct.unpack(">BiQ", payload[2 + 13 * i:15 + 13 * i]) for i in range(count)]
    return {(kind, code): number for kind, code, number in results}, struct.unpack(">5Q3I", payload[2 + 13 * count:])


def take_string(octets):
    size = struct.unpack(">I", octets[:4])[0]
    assert len(octets) >= 4 + size, octets
    return octets[4:4 + size], octets[4 + size:]


def read_http_response(payload):
    """(status, {lower-case name: value}, body)"""
    status, count = struct.unpack(">HH", payload[:4])
    payload, headers = payload[4:], {}
    for _ in range(count):
        name, payload = take_string(payload)
        value, payload = take_string(payload)
        headers[name.decode().lower()] = value.decode()
    body, payload = take_string(payload)
    assert payload == b"", payload
    return status, headers, body


class Front:
    """One connection. uid: whom the peer takes it for."""

    def __init__(self, path, uid=None, greet=True, timeout=20):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.number = 0
        old = os.geteuid()
        try:
            if uid is not None:
                os.seteuid(uid)
            self.socket.connect(path)
        finally:
            os.seteuid(old)
        if greet:
            self.socket.sendall(hello())

    def close(self):
        self.socket.close()

    def send(self, octets):
        self.socket.sendall(octets)

    def end(self):
        self.socket.shutdown(socket.SHUT_WR)

    def octets(self, count):
        octets = b""
        while len(octets) < count:
            more = self.socket.recv(count - len(octets))
            if not more:
                raise EOFError(octets)
            octets += more
        return octets

    def frame(self):
        """(kind, id, payload) of the next one."""
        size, kind, number = struct.unpack(">IBI", self.octets(9))
        return kind, number, self.octets(size - 5)

    def frames(self):
        """All until the end. A peer that closes while something is unread resets the connection."""
        found = []
        while True:
            try:
                found.append(self.frame())
            except (EOFError, ConnectionResetError):
                return found

    def expect_hello(self):
        assert self.frame() == (HELLO, 0, hello()[9:])

    def ask(self, kind, payload):
        """One question, and its answer: (kind, payload)."""
        self.number += 1
        self.send(frame(kind, self.number, payload))
        while True:
            answer = self.frame()
            if answer[0] != HELLO:
                break
        assert answer[1] == self.number, answer
        return answer[0], answer[2]

    def http(self, method, path, body=b"", **more):
        kind, payload = self.ask(HTTP, http_request(method, path, body, **more))
        assert kind == HTTP_RESPONSE, (kind, payload)
        return read_http_response(payload)

    def kerberos(self, message, **more):
        kind, payload = self.ask(KERBEROS, kerberos_request(message, **more))
        assert kind == KERBEROS_REPLY, (kind, payload)
        reply, rest = take_string(payload)
        assert rest == b"", rest
        return reply


def error_reason(frames):
    """Of the error with which a list of frames ends; None: it ends with none."""
    if not frames or frames[-1][0] != ERROR:
        return None
    return take_string(frames[-1][2])[0].decode()
