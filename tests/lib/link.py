"""Connections that go dead without a word, as those do that a NAT has forgotten."""
import socket
import subprocess
import threading


def client_ports(port):
    """Of the established connections to a port at 127.0.0.1."""
    ports = []
    with open("/proc/net/tcp") as table:
        for line in table.readlines()[1:]:
            _, local, remote, state = line.split()[:4]
            if state == "01" and remote == f"0100007F:{port:04X}":
                ports.append(int(local.split(":")[1], 16))
    return ports


def drop_connections(port):
    """From now on each packet of the connections to that port is lost. Returns how many they are. In a network namespace
    of one's own."""
    ports = client_ports(port)
    listed = ", ".join(map(str, ports))
    rules = ["add table ip lost", "add chain ip lost in { type filter hook input priority 0; }"]
    rules += [f"add rule ip lost in tcp dport {port} tcp sport {{ {listed} }} drop",
              f"add rule ip lost in tcp sport {port} tcp dport {{ {listed} }} drop"] if ports else []
    subprocess.run(["nft", "\n".join(rules)], check=True)
    return len(ports)


class Relay:
    """A TCP relay. port is the relay's; target a port at 127.0.0.1. After swallow() nothing passes on the connections that there are,
    and none is closed; new ones work. accepted: connections so far."""

    def __init__(self, target):
        self.target, self.accepted, self.swallowed, self.sockets = target, 0, set(), []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            self.accepted += 1
            number, far = self.accepted, socket.create_connection(("127.0.0.1", self.target))
            self.sockets += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self.copy, args=(number, source, sink), daemon=True).start()

    def copy(self, number, source, sink):
        try:
            while data := source.recv(65536):
                if number not in self.swallowed:
                    sink.sendall(data)
            if number not in self.swallowed:
                sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def swallow(self):
        self.swallowed |= set(range(1, self.accepted + 1))

    def close_listener(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def stop(self):
        for one in (self.listener, *self.sockets):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()
