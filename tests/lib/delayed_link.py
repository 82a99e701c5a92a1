"""A link with a delay between this network namespace and another one: two TUN devices and a process that carries packets
between them. For kernels without netem. Needs root."""
import fcntl
import heapq
import os
import select
import signal
import struct
import subprocess
import sys
import time

from .proc import Process, wait_for

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000


def open_tun(name):
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return descriptor


def carry(name, far_name, namespace, delay):
    """Moves packets between a device here and one that is made here and given to the namespace's process."""
    ends = [open_tun(name), open_tun(far_name)]
    subprocess.run(["ip", "link", "set", far_name, "netns", str(namespace)], check=True)
    print("ready", flush=True)
    waiting, count = [], 0
    while True:
        timeout = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        for descriptor in select.select(ends, [], [], timeout)[0]:
            try:
                while True:
                    packet = os.read(descriptor, 65536)
                    count += 1
                    heapq.heappush(waiting, (time.monotonic() + delay, count, ends[1 - ends.index(descriptor)], packet))
            except BlockingIOError:
                pass
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, descriptor, packet = heapq.heappop(waiting)
            try:
                os.write(descriptor, packet)
            except OSError:
                pass  # the device is not up yet, or no longer


class DelayedLink:
    """here and there: addresses of the two ends; delay: seconds one way. run(args) gives a command that runs at the
    far end."""

    here, there = "10.99.0.1", "10.99.0.2"

    def __init__(self, directory, delay):
        self.holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"], start_new_session=True)
        own = os.readlink("/proc/self/ns/net")
        wait_for(lambda: os.readlink(f"/proc/{self.holder.pid}/ns/net") != own, "the namespace")
        if not os.path.exists("/dev/net/tun"):
            os.makedirs("/dev/net", exist_ok=True)
            os.mknod("/dev/net/tun", 0o600 | 0o020000, os.makedev(10, 200))
        library = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        self.carrier = Process([sys.executable, "-c", f"import sys; sys.path.insert(0, {library!r}); from lib.delayed_link "
                                f"import carry; carry('ferry0', 'ferry1', {self.holder.pid}, {delay})"],
                               os.path.join(directory, "link.log"))
        wait_for(lambda: "ready" in self.carrier.text() or not self.carrier.alive(), "the link")
        assert self.carrier.alive(), self.carrier.text()
        self.configure([], "ferry0", self.here, self.there)
        self.configure(self.run([]), "ferry1", self.there, self.here)
        subprocess.run(self.run(["ip", "link", "set", "lo", "up"]), check=True)

    def configure(self, prefix, device, local, peer):
        for args in (["addr", "add", local, "peer", peer, "dev", device], ["link", "set", device, "up"]):
            subprocess.run([*prefix, "ip", *args], check=True)

    def run(self, args):
        return ["nsenter", "-t", str(self.holder.pid), "-n", *args]

    def stop(self):
        self.carrier.stop()
        os.killpg(self.holder.pid, signal.SIGKILL)
        self.holder.wait()
