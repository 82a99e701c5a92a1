"""HTTP/2 frames by hand (RFC 9113), for what no client would send."""
import struct

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 2, 3, 4, 6, 7, 8, 9
END_STREAM, ACK, END_HEADERS = 1, 1, 4
NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR = 0, 1, 2, 3, 6
COMPRESSION_ERROR, ENHANCE_YOUR_CALM = 9, 11
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def literal(name, value, incremental=False):
    """HPACK: a literal field with a literal name, lengths below 127."""
    return bytes([0x40 if incremental else 0]) + bytes([len(name)]) + name + bytes([len(value)]) + value


# :method POST, :scheme https, :path /KdcProxy, :authority localhost
REQUEST = b"\x83\x87" + b"\x04\x09/KdcProxy" + b"\x01\x09localhost"


def headers(stream, block=REQUEST, flags=END_HEADERS):
    return frame(HEADERS, flags, stream, block)


def post(stream, body):
    return headers(stream) + frame(DATA, END_STREAM, stream, body)


class Client:
    """Sends what it is told and reads frames, on a connection of lib.https."""

    def __init__(self, connection, settings=b""):
        self.connection = connection
        connection.send(PREFACE + frame(SETTINGS, 0, 0, settings))

    def send(self, data):
        """True while the peer takes it."""
        try:
            self.connection.send(data)
            return True
        except OSError:
            return False

    def frames(self):
        """Everything that comes until the peer closes: (kind, flags, stream, payload)."""
        buffer = self.connection.buffer
        while True:
            while len(buffer) >= 9 and len(buffer) >= 9 + int.from_bytes(buffer[:3], "big"):
                size = int.from_bytes(buffer[:3], "big")
                yield buffer[3], buffer[4], int.from_bytes(buffer[5:9], "big"), buffer[9:9 + size]
                buffer = buffer[9 + size:]
            try:
                more = self.connection.socket.recv(65536)
            except (ConnectionError, OSError):
                return
            if not more:
                return
            buffer += more

    def wait(self, kind, stream=None):
        for one in self.frames():
            if one[0] == kind and stream in (None, one[2]):
                return one
        return None

    def goaway(self):
        """The error code of the last GOAWAY before the connection ends; None without one."""
        codes = [struct.unpack(">I", payload[4:8])[0] for kind, _, _, payload in self.frames() if kind == GOAWAY]
        return codes[-1] if codes else None
