"""KDCs that behave as real ones cannot be made to: dead, silent, late, hostile. They count what they are sent."""
import socket
import struct
import threading
import time

from .krb import krb_error


def frame(message):
    return struct.pack(">I", len(message)) + message


class FakeKdc:
    """Listens for TCP and UDP at one port. tcp(connection, request) and udp(request) say what is done; udp's
    result is the answer or None. requests holds every message that arrived, by either way."""

    def __init__(self, tcp=None, udp=None, host="127.0.0.1", port=0):
        self.host, self.requests, self.connections = host, [], 0
        self.tcp_behaviour, self.udp_behaviour = tcp, udp
        self.closing, self.open = False, []
        while True:
            self.tcp = socket.create_server((host, port), backlog=2048)
            self.port = self.tcp.getsockname()[1]
            self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                self.udp.bind((host, self.port))
                break
            except OSError:
                self.tcp.close()
                self.udp.close()
        self.threads = [threading.Thread(target=serve, daemon=True) for serve in (self.serve_tcp, self.serve_udp)]
        for thread in self.threads:
            thread.start()

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    def serve_tcp(self):
        while not self.closing:
            try:
                connection, _ = self.tcp.accept()
            except OSError:
                return
            self.connections += 1
            self.open.append(connection)
            threading.Thread(target=self.serve_connection, args=(connection,), daemon=True).start()

    def serve_connection(self, connection):
        with connection:
            try:
                while True:
                    head = connection.recv(4, socket.MSG_WAITALL)
                    if len(head) < 4:
                        return
                    request = connection.recv(struct.unpack(">I", head)[0], socket.MSG_WAITALL)
                    self.requests.append(request)
                    if self.tcp_behaviour is None or self.tcp_behaviour(connection, request) == "close":
                        return
            except OSError:
                return

    def serve_udp(self):
        while not self.closing:
            try:
                request, sender = self.udp.recvfrom(65536)
            except OSError:
                return
            if sender is None:  # shut down
                return
            self.requests.append(request)
            answer = self.udp_behaviour(request) if self.udp_behaviour else None
            if answer is not None:
                self.send_udp(answer, sender)

    def send_udp(self, answer, sender):
        self.udp.sendto(answer, sender)

    def stop(self):
        self.closing = True
        for connection in self.open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it is over already
        for listener in (self.tcp, self.udp):
            try:
                listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            listener.close()
        for thread in self.threads:
            thread.join()  # until then the port is not closed


class HoldingKdc:
    """Over UDP: keeps every request until release(), then answers those and all that come."""

    def __init__(self, host="127.0.0.1"):
        self.requests, self.held, self.released = [], [], False
        self.lock = threading.Lock()
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.udp.bind((host, 0))
        self.address = f"{host}:{self.udp.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                request, sender = self.udp.recvfrom(65536)
            except OSError:
                return
            if sender is None:
                return
            with self.lock:
                self.requests.append(request)
                if not self.released:
                    self.held.append(sender)
                    continue
            self.udp.sendto(krb_error(), sender)

    def release(self):
        with self.lock:
            self.released = True
            for sender in self.held:
                self.udp.sendto(krb_error(), sender)

    def stop(self):
        try:
            self.udp.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.udp.close()


def answering(delay=0, message=None):
    message = message or krb_error()

    def behaviour(connection, _request):
        time.sleep(delay)
        connection.sendall(frame(message))
    return behaviour


def silent(connection, _request):
    connection.recv(1)  # until the other side goes
    return "close"


def closing_early(connection, _request):
    return "close"


def closing_in_the_middle(connection, _request):
    connection.sendall(frame(krb_error())[:20])
    return "close"


def octet_by_octet(connection, _request):
    for octet in frame(krb_error()):
        connection.sendall(bytes([octet]))
        time.sleep(0.001)


def announcing(length, then=b"x" * 100):
    def behaviour(connection, _request):
        connection.sendall(struct.pack(">I", length) + then)
        connection.recv(1)
        return "close"
    return behaviour


def sending(octets):
    def behaviour(connection, _request):
        connection.sendall(octets)
    return behaviour


def dripping(connection, _request):
    """Announces an answer and never ends it."""
    connection.sendall(struct.pack(">I", 100000))
    while True:
        connection.sendall(b"x")
        time.sleep(0.02)


def flooding(first):
    def behaviour(connection, _request):
        connection.sendall(first)
        while True:
            connection.sendall(bytes(65536))
    return behaviour
