"""A DNS server that says what a test wants it to."""
import socket
import struct
import threading
import time

from .proc import free_port

A, CNAME, AAAA, SRV, URI = 1, 5, 28, 33, 256


def name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


def srv(target, port, priority=0):
    return struct.pack(">HHH", priority, 0, port) + name(target)


def record(kind, data, owner=b"\xc0\x0c", ttl=60):
    return owner + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


class FakeDns:
    """answer(name, type) gives a list of records, two of them (answers, additional), raw octets behind the
    identifier, or None for silence."""

    def __init__(self, answer, delay=0, host="127.0.0.51", port=None):
        self.answer, self.delay, self.questions = answer, delay, []
        self.port = port or free_port(host)
        self.address = f"{host}:{self.port}"
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((host, self.port))
        self.tcp = socket.create_server((host, self.port))
        threading.Thread(target=self.serve_udp, daemon=True).start()
        threading.Thread(target=self.serve_tcp, daemon=True).start()

    def reply(self, query, longest):
        end = query.index(b"\0", 12)
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        kind = struct.unpack(">H", query[end + 1:end + 3])[0]
        question, asked = query[12:end + 5], ".".join(labels).lower()
        self.questions.append((asked, kind))
        records = self.answer(asked, kind)
        if records is None:
            return None
        time.sleep(self.delay)
        if isinstance(records, bytes):
            return query[:2] + records
        records, additional = records if isinstance(records, tuple) else (records, [])
        head = query[:2] + struct.pack(">HHHHH", 0x8180, 1, len(records), 0, len(additional)) + question
        whole = head + b"".join(records) + b"".join(additional)
        if len(whole) > longest:
            return query[:2] + struct.pack(">HHHHH", 0x8380, 1, 0, 0, 0) + question
        return whole

    def serve_udp(self):
        while True:
            try:
                query, sender = self.udp.recvfrom(4096)
            except OSError:
                return
            if sender is None:
                return
            threading.Thread(target=self.answer_udp, args=(query, sender), daemon=True).start()

    def answer_udp(self, query, sender):
        reply = self.reply(query, 1200)
        if reply is not None:
            self.udp.sendto(reply, sender)

    def serve_tcp(self):
        while True:
            try:
                connection, _ = self.tcp.accept()
            except OSError:
                return
            with connection:
                try:
                    size = struct.unpack(">H", connection.recv(2, socket.MSG_WAITALL))[0]
                    reply = self.reply(connection.recv(size, socket.MSG_WAITALL), 65535) or b""
                    connection.sendall(struct.pack(">H", len(reply)) + reply)
                    connection.recv(1)
                except (OSError, struct.error):
                    pass

    def stop(self):
        for one in (self.udp, self.tcp):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()
