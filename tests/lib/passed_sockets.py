"""Starts a program as systemd does for a .socket unit: with sockets that are open already, and no more."""
import sys

SCRIPT = """
import os, socket, sys
kinds = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}
passed = [one.split(":") for one in sys.argv[1].split(",") if one]
for number, (kind, port, *host) in enumerate(passed, 3):
    opened = socket.socket(socket.AF_INET, kinds[kind])
    opened.bind((host[0] if host else "127.0.0.1", int(port)))
    if kind == "tcp":
        opened.listen()
    held = opened.detach()
    if held == number:
        os.set_inheritable(number, True)
    else:
        os.dup2(held, number)
        os.close(held)
os.environ.update(LISTEN_FDS=str(len(passed)), LISTEN_PID=str(os.getpid()))
os.execvp(sys.argv[2], sys.argv[2:])
"""


def with_sockets(sockets, command):
    """sockets: "udp:88,tcp:88", of 127.0.0.1, or with the address behind: "udp:88:0.0.0.0"."""
    return [sys.executable, "-c", SCRIPT, sockets, *command]
