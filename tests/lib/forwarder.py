"""ferryman forward under test."""
import os
import signal

from .gateway import TOOL
from .proc import Process, free_port, has_udp_socket, listens, wait_for



class Forwarder:
    """`ferryman forward` at 127.0.0.1, or where listen says, with the arguments given; port and kpasswd_port say where."""

    def __init__(self, directory, *args, name="forward", env=None, port=None, kpasswd_port=None,
                 prefix=(), listen="127.0.0.1"):
        self.port, self.kpasswd_port = port or free_port(), kpasswd_port or free_port()
        self.kdc, self.kpasswd = f"127.0.0.1:{self.port}", f"127.0.0.1:{self.kpasswd_port}"
        clean = {"HOME": directory, "KRB5_CONFIG": "/nonexistent", "HTTPS_PROXY": "", "https_proxy": "", **(env or {})}
        self.process = Process([*prefix, TOOL, "forward", "--listen", listen, "--port", str(self.port),
                                "--kpasswd-port", str(self.kpasswd_port), *args],
                               os.path.join(directory, name + ".log"), clean)
        wait_for(lambda: not self.process.alive() or has_udp_socket(self.kpasswd_port) and
                 listens("127.0.0.1", self.kpasswd_port), "the forwarder")
        assert self.process.alive(), self.process.text()

    def lines(self):
        return self.process.text().splitlines()

    def wait_line(self, part):
        return wait_for(lambda: [line for line in self.lines() if part in line], f"the forwarder to say {part!r}")

    def reload(self):
        before = len(self.lines())
        self.process.child.send_signal(signal.SIGHUP)
        wait_for(lambda: any("reloaded" in line for line in self.lines()[before:]), "a reload")

    def terminate(self, seconds=30):
        self.process.child.send_signal(signal.SIGTERM)
        return self.process.child.wait(seconds)

    def stop(self):
        self.process.stop_and_check()
