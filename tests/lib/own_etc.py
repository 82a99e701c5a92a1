"""An /etc of one's own: a copy of the system's that a program sees in its place."""
import os
import subprocess


class OwnEtc:
    """Needs root. Without resolv.conf and hosts until they are written."""

    def __init__(self, directory):
        self.path = os.path.join(directory, "etc")
        subprocess.run(["cp", "-a", "/etc", self.path], check=True)
        for name in ("resolv.conf", "hosts"):
            if os.path.lexists(self.file(name)):
                os.unlink(self.file(name))
        self.command = ["unshare", "--mount", "sh", "-c", 'mount --bind "$1" /etc && shift && exec "$@"', "sh", self.path]

    def file(self, name):
        return os.path.join(self.path, name)

    def write(self, name, text):
        """In place, as an editor may do it."""
        with open(self.file(name), "w") as file:
            file.write(text)

    def replace(self, name, text):
        """By a rename, as DHCP clients do it."""
        self.write(name + ".new", text)
        os.replace(self.file(name + ".new"), self.file(name))
