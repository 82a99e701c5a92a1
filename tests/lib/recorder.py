"""dumpcap on the loopback interface."""
import contextlib
import os
import signal
import time

from .proc import Process, wait_for


def sockets():
    """Packet sockets that are open."""
    with open("/proc/net/packet") as table:
        return len(table.readlines())


class Recorder:
    """Into that file, what goes from or to those ports."""

    def __init__(self, capture, *ports):
        before, wanted = sockets(), " or ".join(f"port {port}" for port in ports)
        self.process = Process(["dumpcap", "-q", "-i", "lo", "-f", wanted, "-w", capture], capture + ".out")
        try:
            wait_for(lambda: os.path.exists(capture) and os.path.getsize(capture) > 0, "the recorder")
            wait_for(lambda: sockets() > before, "the recorder's socket")
        except BaseException:
            self.stop()
            raise
        time.sleep(0.3)  # nothing tells that its filter is set

    def end(self):
        time.sleep(1.5)  # it takes from the kernel once in a while, and nothing tells that it has
        self.process.child.send_signal(signal.SIGINT)
        self.process.child.wait(20)

    def stop(self):
        self.process.stop()


@contextlib.contextmanager
def recording(capture, *ports):
    """As long as a block lasts."""
    recorder = Recorder(capture, *ports)
    try:
        yield
        recorder.end()
    finally:
        recorder.stop()
