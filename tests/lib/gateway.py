"""ferrymand under test."""
import json
import os
import signal
import time

from .proc import Process, wait_for

BINARY = os.environ.get("FERRYMAND", "ferrymand")
TOOL = os.path.join(os.path.dirname(BINARY), "ferryman")


def toml(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml(v) for v in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(v)}" for key, v in value.items()) + " }"
    return json.dumps(value)


def table(values):
    return "".join(f"{key} = {toml(value)}\n" for key, value in values.items())


def configuration(listen, realms, tls=None, **sections):
    """TOML text. listen: tables; realms: name to table; sections: policy, limits, dns, log, process."""
    text = "".join("[[listen]]\n" + table(one) for one in listen)
    if tls:
        text += "[tls]\n" + table(tls)
    sections.setdefault("log", {"format": "json", "level": "debug"})
    for name, values in sections.items():
        text += f"[{name}]\n" + table(values)
    for name, values in realms.items():
        text += f"[realms.{json.dumps(name)}]\n" + table(values)
    return text


class Gateway:
    """A running ferrymand with a configuration of its own; command: what runs it, such as taskset."""

    def __init__(self, directory, text, name="gateway", command=()):
        self.config = os.path.join(directory, name + ".toml")
        self.write(text)
        self.process = Process([*command, BINARY, "-c", self.config], os.path.join(directory, name + ".log"))
        wait_for(lambda: self.messages("ready") or not self.process.alive(), "ferrymand to be ready")
        assert self.process.alive(), self.process.text()

    def write(self, text):
        with open(self.config, "w") as file:
            file.write(text)

    def records(self):
        lines = self.process.text().split("\n")
        return [json.loads(line) for line in lines[:-1] if line.startswith("{")]

    def messages(self, message):
        return [r for r in self.records() if r.get("message") == message]

    def events(self, kind=None, **fields):
        """All that there are: the log's writer lets lines gather for 50 ms."""
        time.sleep(0.2)
        return self.seen(kind, **fields)

    def seen(self, kind=None, **fields):
        """Those that have been written by now."""
        return [r for r in self.records() if "event" in r and (kind is None or r["event"] == kind)
                and all(r.get(k) == v for k, v in fields.items())]

    def wait_event(self, kind, count=1, **fields):
        def enough():
            seen = self.seen(kind, **fields)
            return len(seen) >= count and seen
        return wait_for(enough, f"event {kind} {fields}")

    def reload(self, message="reloaded"):
        before = len(self.messages(message))
        self.process.child.send_signal(signal.SIGHUP)
        wait_for(lambda: len(self.messages(message)) > before, f"the message {message!r}")

    def terminate(self, seconds=30):
        """SIGTERM; returns the exit status."""
        self.process.child.send_signal(signal.SIGTERM)
        return self.process.child.wait(seconds)

    def stop(self):
        self.process.stop_and_check()
