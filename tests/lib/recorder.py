"""dumpcap on the loopback interface, as long as a block lasts."""
import contextlib
import os
import time

from .proc import Process, wait_for


def sockets():
    """Packet sockets that are open."""
    with open("/proc/net/packet") as table:
        return len(table.readlines())


@contextlib.contextmanager
def recording(capture, *ports):
    """Into that file, what goes from or to those ports."""
    before = sockets()
    recorder = Process(["dumpcap", "-q", "-i", "lo", "-f", " or ".join(f"port {port}" for port in ports), "-w", capture],
                       capture + ".out")
    try:
        wait_for(lambda: os.path.exists(capture) and os.path.getsize(capture) > 0, "the recorder")
        wait_for(lambda: sockets() > before, "the recorder's socket")
        time.sleep(0.3)  # its filter
        yield
        time.sleep(1.5)  # it writes once in a while
    finally:
        recorder.stop()
