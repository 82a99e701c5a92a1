"""systemd-journald's socket: takes datagrams and remembers their fields."""
import os
import socket
import threading


class FakeJournal:
    def __init__(self, path):
        self.path, self.entries = path, []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        os.chmod(path, 0o777)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            datagram = self.socket.recv(1 << 18)
            if datagram == b"end":
                return
            # No value has a line's end in it, so each is one line.
            assert datagram.endswith(b"\n"), datagram
            self.entries.append(dict(line.split("=", 1) for line in datagram.decode().split("\n")[:-1]))

    def found(self, **fields):
        return [entry for entry in self.entries if all(entry.get(k) == v for k, v in fields.items())]

    def stop(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.sendto(b"end", self.path)
        self.thread.join(10)
        self.socket.close()
        os.unlink(self.path)
