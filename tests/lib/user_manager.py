"""In place of systemd --user: a systemctl that starts the one unit that `ferryman login` asks for, as the manager does."""
import os
import signal
import sys

from .gateway import TOOL
from .proc import wait_for

SYSTEMCTL = """#!/bin/sh
[ "$*" = "--user start ferryman-signed-in.service" ] || exit 1
here=$(dirname "$0")
[ -f "$here/broken" ] && exit 1
exec {python} "$here/start" {tool} forward --signed-in
"""

# Waits for READY=1, or for its end.
START = """
import os, socket, subprocess, sys
here = os.path.dirname(sys.argv[0])
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify, open(os.path.join(here, "log"), "ab") as log:
    notify.bind("")
    name = notify.getsockname().decode().replace("\\0", "@")
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                             env={**os.environ, "NOTIFY_SOCKET": name})
    with open(os.path.join(here, "pids"), "a") as pids:
        print(child.pid, file=pids)
    notify.settimeout(0.05)
    while child.poll() is None:
        try:
            if b"READY=1" in notify.recv(4096):
                sys.exit(0)
        except TimeoutError:
            pass
    sys.exit(1)
"""


class UserManager:
    """For a person, whose programs find it first."""

    def __init__(self, directory, person):
        self.directory = os.path.join(directory, "bin")
        os.makedirs(self.directory)
        path = os.path.join(self.directory, "systemctl")
        with open(path, "w") as file:
            file.write(SYSTEMCTL.format(tool=TOOL, python=sys.executable))
        with open(os.path.join(self.directory, "start"), "w") as file:
            file.write(START)
        os.chmod(path, 0o755)
        person.env["PATH"] = self.directory + ":" + person.env["PATH"]

    def pids(self):
        try:
            with open(os.path.join(self.directory, "pids")) as file:
                return [int(line) for line in file]
        except FileNotFoundError:
            return []

    def running(self):
        """But for those whose end nobody has asked for."""
        def runs(pid):
            try:
                with open(f"/proc/{pid}/stat") as file:
                    return file.read().rsplit(")", 1)[1].split()[0] != "Z"
            except (FileNotFoundError, ProcessLookupError):
                return False
        return [pid for pid in self.pids() if runs(pid)]

    def log(self):
        with open(os.path.join(self.directory, "log")) as file:
            return file.read()

    def wait_for_end(self):
        wait_for(lambda: not self.running(), "the forwarder's end")

    def stop(self):
        for pid in self.running():
            os.kill(pid, signal.SIGTERM)
        self.wait_for_end()
