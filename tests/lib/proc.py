"""Processes, ports and waiting."""
import os
import signal
import socket
import subprocess
import time


given_ports = set()
CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE)


def free_port(host="127.0.0.1"):
    """A port that is free for TCP and UDP just now, and that this process was not given before."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    while True:
        with socket.socket(family, socket.SOCK_STREAM) as tcp, socket.socket(family, socket.SOCK_DGRAM) as udp:
            tcp.bind((host, 0))
            port = tcp.getsockname()[1]
            if port in given_ports:
                continue
            try:
                udp.bind((host, port))
            except OSError:
                continue
            given_ports.add(port)
            return port


def wait_for(condition, what, seconds=20):
    """Asks until the condition holds; fails when it does not in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds} s in vain for {what}")


def listens(host, port):
    try:
        with socket.create_connection((host, port), 1):
            return True
    except OSError:
        return False


def has_udp_socket(port):
    with open("/proc/net/udp") as sockets:
        return any(line.split()[1].endswith(f":{port:04X}") for line in sockets.readlines()[1:])


class Process:
    """A child in its own process group whose output goes to a file."""

    def __init__(self, args, output, env=None):
        self.args, self.output = args, output
        self.file = open(output, "wb")
        self.child = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=self.file, stderr=self.file,
                                      env={**os.environ, **(env or {})}, start_new_session=True)

    def alive(self):
        return self.child.poll() is None

    def text(self):
        with open(self.output, errors="replace") as file:
            return file.read()

    def suspend(self):
        """Returns when all its threads stand still."""
        self.child.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.child.pid, os.WSTOPPED)

    def resume(self):
        self.child.send_signal(signal.SIGCONT)

    def stop(self):
        if self.alive():
            try:
                os.killpg(self.child.pid, signal.SIGTERM)
                self.child.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.child.pid, signal.SIGKILL)
                self.child.wait()
        self.file.close()

    def stop_and_check(self):
        """For our own programs: stops, and fails when it has crashed or a sanitizer has found something."""
        self.stop()
        text = self.text()
        for report in ("Sanitizer", "runtime error:"):
            if report in text:
                raise AssertionError("a sanitizer has found something:\n" + text[max(0, text.index(report) - 200):][:6000])
        if -self.child.returncode in CRASHES:
            raise AssertionError(f"{self.args} ended by {signal.Signals(-self.child.returncode).name}:\n{text[-6000:]}")
