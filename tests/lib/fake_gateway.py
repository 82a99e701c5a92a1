"""Gateways that behave as no real one does, over TLS or plainly. They keep what they are sent."""
import socket
import ssl
import struct
import threading
import time

from . import krb


def reply_body(message=None, prefix=True):
    """A KDC-PROXY-MESSAGE as a server sends it."""
    message = krb.krb_error() if message is None else message
    content = (struct.pack(">I", len(message)) if prefix else b"") + message
    return krb.sequence(krb.context(0, krb.tlv(4, content)))


def response(body=None, status="200 OK", headers=(), version="1.1"):
    body = reply_body() if body is None else body
    lines = [f"HTTP/{version} {status}", "Content-Type: application/kerberos", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answering(data=None, **more):
    """A behaviour: these octets (default: a KRB-ERROR in a good response), and the connection stays open."""
    return lambda connection, request: connection.sendall(response(**more) if data is None else data)


def closing(data=b""):
    def behave(connection, request):
        connection.sendall(data)
        return "close"
    return behave


def silent(connection, request):
    time.sleep(30)
    return "close"


def resetting(connection, request):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return "close"


class FakeGateway:
    """behave(connection, request body) answers one request; "close" as its result ends the connection.
    certificate None: plain HTTP. requests: the bodies that came; heads: what stood before them."""

    def __init__(self, behave=None, certificate=None, key=None, host="127.0.0.1", handshake=True, configure=None,
                 accepts=True, port=0):
        self.behave = behave or answering()
        self.requests, self.heads, self.connections, self.host = [], [], 0, host
        self.open = []
        self.handshake = handshake
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate, key)
            if configure:
                configure(self.context)
        self.listener = socket.create_server((host, port), backlog=64)
        self.port = self.listener.getsockname()[1]
        scheme = "https" if certificate else "http"
        name = "localhost" if host == "127.0.0.1" else host
        self.url = f"{scheme}://{name}:{self.port}/KdcProxy"
        if accepts:
            threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            self.open.append(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, raw):
        connection = raw
        try:
            if not self.handshake:
                time.sleep(30)
                return
            if self.context:
                connection = self.context.wrap_socket(raw, server_side=True)
            buffer = b""
            while True:
                while b"\r\n\r\n" not in buffer:
                    data = connection.recv(65536)
                    if not data:
                        return
                    buffer += data
                head, buffer = buffer.split(b"\r\n\r\n", 1)
                size = 0
                for line in head.split(b"\r\n")[1:]:
                    if line.lower().startswith(b"content-length:"):
                        size = int(line.split(b":")[1])
                while len(buffer) < size:
                    data = connection.recv(65536)
                    if not data:
                        return
                    buffer += data
                body, buffer = buffer[:size], buffer[size:]
                self.heads.append(head.decode())
                self.requests.append(body)
                if self.behave(connection, body) == "close":
                    return
        except OSError:
            return
        finally:
            try:
                connection.close()
            except OSError:
                pass

    def close_all(self):
        """The gateway is gone: its connections end, and it takes no others."""
        self.stop()
        for connection in self.open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def stop(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
