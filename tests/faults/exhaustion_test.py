"""Out of descriptors, out of memory, disk full: degraded, said, recovered."""
import contextlib
import os
import pathlib
import re
import resource
import socket
import struct
import subprocess
import threading
import time
import unittest

from lib import krb
from lib.fake_kdc import FakeKdc, answering
from lib.gateway import Gateway, configuration
from lib.https import Connection, post
from lib.proc import free_port, wait_for
from lib.scenario import Scenario

BODY = krb.proxy_message(krb.as_req())


class ExhaustionTest(Scenario):
    def setUp(self):
        self.kdc = self.running(FakeKdc(tcp=answering()))
        self.port, self.plain_port = free_port(), free_port()

    def start(self, name, log=None, **limits):
        return self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{self.port}"}, {"address": f"127.0.0.1:{self.plain_port}", "tls": False}],
            {"MIT.TEST": {"kdc": ["tcp://" + self.kdc.address]}}, self.tls, process={"workers": 1},
            limits={"kdc_idle_connections": 0, **limits}, **({"log": log} if log else {})), name=name))

    def served(self):
        try:
            connection = Connection(self.port, ca=self.authority.certificate)
        except OSError:
            return False
        try:
            connection.send(post(BODY))
            return connection.response()[0] == 200
        except OSError:
            return False
        finally:
            connection.close()

    def plain(self):
        connection = Connection(self.plain_port, tls=False)
        self.addCleanup(connection.close)
        return connection

    def limit(self, gateway, kind, value):
        resource.prlimit(gateway.process.child.pid, kind, (value, value))

    def test_descriptors(self):
        gateway = self.start("descriptors")
        descriptors = lambda: len(os.listdir(f"/proc/{gateway.process.child.pid}/fd"))
        held = descriptors()
        self.assertTrue(self.served())
        wait_for(lambda: descriptors() == held, "the first connection to be over")
        self.limit(gateway, resource.RLIMIT_NOFILE, held + 20)
        # 19 connections leave one descriptor, which is not enough to be served and to ask a KDC.
        crowd = [self.plain() for _ in range(19)]
        wait_for(lambda: descriptors() >= held + 19, "the crowd to be accepted")
        last = Connection(self.port, ca=self.authority.certificate)
        last.send(post(BODY))
        self.assertEqual(last.response()[0], 503)
        gateway.wait_event("no_kdc", reason="no_descriptors")
        # One more waits in the queue until there is room.
        waiting = socket.create_connection(("127.0.0.1", self.plain_port), 20)
        waiting.sendall(post(BODY))
        wait_for(lambda: gateway.messages("no connection can be accepted"), "that it is said")
        last.close()
        for one in crowd:
            one.close()
        self.assertTrue(waiting.recv(1000).startswith(b"HTTP/1.1 200"))
        waiting.close()
        wait_for(lambda: gateway.messages("connections are accepted again"), "that its end is said")
        self.assertTrue(self.served(), "no KDC was blamed")

    def test_descriptors_of_kept_sockets(self):
        """UDP sockets that are kept for later exchanges make room for a connection at once, not when they are too old."""
        kept, too_old = 10, 2
        barrier = threading.Event()

        def answer(_):
            barrier.wait(5)
            return krb.krb_error()
        kdc = self.running(FakeKdc(udp=answer))
        gateway = self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{self.plain_port}", "tls": False}], {"MIT.TEST": {"kdc": ["udp://" + kdc.address]}},
            self.tls, process={"workers": 1}), name="kept"))
        descriptors = lambda: len(os.listdir(f"/proc/{gateway.process.child.pid}/fd"))
        held = descriptors()
        for _ in range(5):  # a slow machine's attempt says nothing
            barrier.clear()
            begun = time.monotonic()
            crowd = [self.plain() for _ in range(kept)]
            for one in crowd:
                one.send(post(BODY))
            wait_for(lambda: descriptors() >= held + 2 * kept, "each to have its socket")
            barrier.set()
            for one in crowd:
                self.assertEqual(one.response()[0], 200)
            self.limit(gateway, resource.RLIMIT_NOFILE, held + 2 * kept)
            with socket.create_connection(("127.0.0.1", self.plain_port), 20) as late:
                late.sendall(post(BODY))
                self.assertTrue(late.recv(1000).startswith(b"HTTP/1.1 200"))
            quick = time.monotonic() - begun < too_old
            for one in crowd:
                one.close()
            if quick:
                break
            self.limit(gateway, resource.RLIMIT_NOFILE, held + 100)
            wait_for(lambda: descriptors() == held, "the sockets to be too old")
        else:
            self.skipTest("too slow a machine to tell")
        self.assertTrue(gateway.messages("no connection can be accepted"))

    def test_more_descriptors_than_select_knows(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < 4096:
            self.skipTest("too few descriptors are allowed here")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4096), hard))
        self.start("many", log={"format": "json", "level": "debug"})
        crowd = [self.plain() for _ in range(1500)]
        self.assertTrue(self.served())
        crowd[-1].send(post(BODY))
        self.assertEqual(crowd[-1].response()[0], 200)

    def test_idle_connections_of_one_client_shut_nobody_out(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < 4096:
            self.skipTest("too few descriptors are allowed here")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4096), hard))
        gateway = self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{self.port}"}, {"address": f"127.0.0.1:{self.plain_port}", "tls": False}],
            {"MIT.TEST": {"kdc": ["tcp://" + self.kdc.address]}}, self.tls, limits={"client_exempt": []}),
            name="idle", command=("prlimit", "--nofile=1024:1024")))
        self.assertEqual(gateway.messages("fewer connections than max_connections for want of descriptors; "
                                          "LimitNOFILE= sets more")[0]["connections"], "768")
        crowd = [self.plain() for _ in range(1000)]
        for number in range(2, 12):
            raw = socket.socket()
            raw.bind((f"127.0.0.{number}", 0))
            raw.connect(("127.0.0.1", self.port))
            connection = Connection(self.port, ca=self.authority.certificate, raw=raw)
            self.addCleanup(connection.close)
            connection.send(post(BODY))
            self.assertEqual(connection.response()[0], 200)
        self.assertFalse(gateway.messages("no connection can be accepted"))
        gateway.wait_event("http_violation", reason="idle_made_room")
        self.assertEqual(len(crowd), 1000)

    def test_memory(self):
        gateway = self.start("memory")
        self.assertTrue(self.served())
        with open(f"/proc/{gateway.process.child.pid}/status") as status:
            size = int(re.search(r"VmData:\s+(\d+) kB", status.read()).group(1)) * 1024
        if "FERRYMAN_SANITIZED" in os.environ:
            self.skipTest("a sanitizer ends the process where memory does")
        self.limit(gateway, resource.RLIMIT_DATA, size + (8 << 20))
        crowd = []
        for _ in range(1200):  # 1,200 times 120 KiB would be 140 MiB
            try:
                connection = self.plain()
                connection.send(post(b"x" * 122880)[:-1])
                crowd.append(connection)
            except OSError:
                pass
        said = wait_for(lambda: gateway.events("http_violation", reason="out_of_memory") or
                        gateway.messages("out of memory"), "that memory is out")
        self.assertTrue(said)
        self.assertTrue(gateway.process.alive())
        for one in crowd:
            one.close()
        wait_for(self.served, "service again")
        self.assertTrue(gateway.process.alive())

    def test_disk_full(self):
        place = os.path.join(self.directory, "small")
        os.mkdir(place)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place], capture_output=True).returncode != 0:
            self.skipTest("a file system of its own cannot be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", place])
        log = os.path.join(place, "log")
        gateway = self.start_logging_to(log)
        wait_for(self.served, "service")
        with contextlib.suppress(OSError), open(os.path.join(place, "filler"), "wb", buffering=0) as filler:
            while True:
                filler.write(bytes(1024))
        for _ in range(40):
            self.assertTrue(self.served(), "a full disk costs no request")
        wait_for(lambda: "log lines are being lost: No space left on device" in gateway.text(), "that it is said")
        os.remove(os.path.join(place, "filler"))

        def recovered():
            self.assertTrue(self.served())
            with open(log) as file:
                return re.search(r'"message":"log lines dropped","lines":[1-9]', file.read())
        wait_for(recovered, "that the loss is said once there is room")

    def start_logging_to(self, log):
        from lib.gateway import BINARY
        from lib.proc import Process
        config = os.path.join(self.directory, "disk.toml")
        with open(config, "w") as file:
            file.write(configuration([{"address": f"127.0.0.1:{self.port}"}],
                                     {"MIT.TEST": {"kdc": ["tcp://" + self.kdc.address]}}, self.tls,
                                     log={"format": "json", "level": "debug", "destination": "file:" + log}))
        return self.running(Process([BINARY, "-c", config], os.path.join(self.directory, "disk.out")))

    def test_a_client_beyond_its_limits(self):
        # Through an address that is not exempt.
        gateway = self.start("clients", client_exempt=[], client_connections=5, client_requests_per_second=1,
                             client_requests_burst=10)
        crowd = [self.plain() for _ in range(5)]
        over = socket.create_connection(("127.0.0.1", self.plain_port), 20)
        self.assertEqual(over.recv(10), b"", "closed at once")
        over.close()
        gateway.wait_event("http_violation", reason="client_connections")
        statuses = []
        for _ in range(12):
            crowd[0].send(post(BODY))
            status, headers, _ = crowd[0].response()
            statuses.append(status)
        self.assertEqual(statuses[:10], [200] * 10)
        self.assertEqual(statuses[-1], 429)
        self.assertEqual(headers["retry-after"], "1")
        gateway.wait_event("throttled", status=429, reason="client_request_rate")
        for one in crowd:
            one.close()

    def test_a_client_that_connects_too_often(self):
        gateway = self.start("connects", client_exempt=[], client_connections_per_second=1, client_connections_burst=10)
        for _ in range(20):
            socket.create_connection(("127.0.0.1", self.plain_port), 20).close()
        gateway.wait_event("http_violation", reason="client_connection_rate")

    def few_ports(self, number):
        """That many are left for sockets that ask for none."""
        if "FERRYMAN_ISOLATED" not in os.environ:
            self.skipTest("these ports are the machine's")
        range_of_ports = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range")
        self.addCleanup(range_of_ports.write_text, range_of_ports.read_text())
        range_of_ports.write_text(f"40000 {40000 + number - 1}")

    def test_ports_for_udp(self):
        kdc = self.running(FakeKdc(udp=lambda _: krb.krb_error()))
        gateway = self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{self.plain_port}", "tls": False}], {"MIT.TEST": {"kdc": ["udp://" + kdc.address]}},
            process={"workers": 1}), name="ports-udp"))
        client = self.plain()
        self.few_ports(4)
        # Each wants a socket that has been silent for long, since it may carry a one-time password.
        armored = post(krb.proxy_message(krb.as_req(padatas=[krb.fast_padata()])))
        for _ in range(100):
            client.send(armored)
            self.assertEqual(client.response()[0], 200)

    def test_ports_for_tcp(self):
        gateway = self.start("ports-tcp")
        client = self.plain()
        self.few_ports(4)
        crowd = [socket.create_connection(("127.0.0.1", self.kdc.port), 20) for _ in range(4)]
        client.send(post(BODY))
        self.assertEqual(client.response()[0], 503)
        gateway.wait_event("no_kdc", reason="no_descriptors")
        for one in crowd:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            one.close()
        client.send(post(BODY))
        self.assertEqual(client.response()[0], 200, "the KDC is blamed")


if __name__ == "__main__":
    unittest.main()
