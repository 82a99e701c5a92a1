"""A program with libferryman in it that sends a message whenever it is told to."""
import os
import subprocess

from .gateway import BINARY

EXAMPLES = os.path.join(os.path.dirname(BINARY), "..", "examples")


class OnDemand:
    """how: "wait" for the function that waits, "loop" for a program on an event loop of its own. options: client.toml's
    text."""

    def __init__(self, directory, options, how="wait", realm="MIT.TEST", env=None, prefix=()):
        self.directory = directory
        os.makedirs(os.path.join(directory, "ferryman"))
        with open(os.path.join(directory, "ferryman", "client.toml"), "w") as file:
            file.write(options)
        clean = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        self.child = subprocess.Popen([*prefix, os.path.join(EXAMPLES, "on_demand"), realm, how], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True,
                                      env={**clean, "XDG_CONFIG_HOME": directory, "KRB5_CONFIG": "/nonexistent", **(env or {})})
        self.count = 0

    def ask(self, message):
        """The outcome's name, and the cause if it is no success."""
        self.count += 1
        name = os.path.join(self.directory, f"request-{self.count}")
        with open(name, "wb") as file:
            file.write(message)
        self.child.stdin.write(name + "\n")
        self.child.stdin.flush()
        return self.child.stdout.readline().strip()

    def stop(self):
        self.child.stdin.close()
        code = self.child.wait(30)
        self.child.stdout.close()
        assert code == 0, code
