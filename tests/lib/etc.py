"""An /etc of a program's own, which a test changes while the program runs. Needs root."""
import os
import shutil

from .kdcs import write


class Etc:
    """prefix: a command's beginning that gives the command this /etc, with an empty resolv.conf and localhost alone in
    hosts."""

    def __init__(self, directory):
        self.directory = os.path.join(directory, "etc")
        shutil.copytree("/etc", self.directory, symlinks=True)
        self.replace("resolv.conf", "")
        self.replace("hosts", "127.0.0.1 localhost\n")
        self.prefix = ["unshare", "-m", "sh", "-c", f'mount --bind {self.directory} /etc && exec "$@"', "sh"]

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, text):
        """Into the file that there is."""
        with open(self.path(name), "w") as file:
            file.write(text)

    def replace(self, name, text):
        """By another file, as most programs do."""
        os.replace(write(self.path(name + ".new"), text), self.path(name))

    def link(self, name, target):
        os.symlink(target, self.path(name + ".new"))
        os.replace(self.path(name + ".new"), self.path(name))

    def remove(self, name):
        os.remove(self.path(name))
