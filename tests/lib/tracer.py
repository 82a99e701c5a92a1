"""`ferryman trace` under test, and what tshark makes of its captures."""
import os
import signal
import subprocess
import xml.etree.ElementTree as ElementTree

from .gateway import TOOL
from .proc import Process, wait_for

# What is no field of a message: where in the capture its counterpart stands, and where a key was found.
OF_THE_CAPTURE = {"kerberos.response_in", "kerberos.response_to", "kerberos.srt", "kerberos.time", "kerberos.decrypted_keytype",
                  "kerberos.learnt_keytype", "kerberos.missing_keytype"}


def begun(gateway, pid):
    return any(record["pid"] == str(pid) for record in gateway.messages("a trace begins"))


class Tracer:
    """A trace of the gateway at that socket."""

    def __init__(self, directory, socket, *args, name="trace"):
        self.process = Process([TOOL, "trace", "--socket", socket, *args], os.path.join(directory, name + ".log"),
                               {"TZ": "UTC"})

    def wait_begun(self, gateway):
        wait_for(lambda: begun(gateway, self.process.child.pid) or not self.process.alive(), "the trace to begin")
        assert self.process.alive(), self.text()

    def text(self):
        return self.process.text()

    def lines(self):
        return self.text().splitlines()

    def wait_lines(self, count):
        return wait_for(lambda: len(self.lines()) >= count and self.lines(), f"{count} lines of the trace")

    def end(self):
        """By Ctrl-C; returns the exit code."""
        self.process.child.send_signal(signal.SIGINT)
        return self.process.child.wait(20)

    def stop(self):
        self.process.stop()


def tshark(capture, *args):
    result = subprocess.run(["tshark", "-r", capture, "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE",
                             "-o", "ip.check_checksum:TRUE", *args], check=True, capture_output=True, text=True, timeout=120)
    return result.stdout


def rows(capture, *names, args=()):
    fields = [word for name in names for word in ("-e", name)]
    return [line.split("|") for line in tshark(capture, *args, "-T", "fields", "-E", "separator=|", *fields).splitlines()]


class Message:
    """A Kerberos message of a capture: its fields in their order, as (name, value), and the comment of its packet."""

    def __init__(self, protocol, comment):
        self.comment = comment
        self.fields = [(one.get("name"), one.get("show")) for one in protocol.iter("field")
                       if one.get("name") and one.get("name") not in OF_THE_CAPTURE
                       and not one.get("name").startswith(("_ws.", "tcp.", "kerberos.record_mark", "kerberos.rm."))]


def messages(capture, *args, keytab=None):
    if keytab:
        args = (*args, "-o", "kerberos.decrypt:TRUE", "-o", "kerberos.file:" + keytab)
    found = []
    for packet in ElementTree.fromstring(tshark(capture, *args, "-T", "pdml")).iter("packet"):
        comments = [one.get("show") for one in packet.iter("field") if one.get("name") == "frame.comment"]
        found += [Message(protocol, "".join(comments)) for protocol in packet.findall("proto")
                  if protocol.get("name") in ("kerberos", "kpasswd")]
    return found
