"""Started before the network is there: what is lacking is said, and taken once it comes."""
import json
import os
import socket
import subprocess
import sys
import unittest

from lib import krb
from lib.fake_dns import A, SRV, FakeDns, record, srv
from lib.fake_kdc import FakeKdc, answering
from lib.gateway import BINARY, Gateway, configuration
from lib.https import Connection, post
from lib.own_etc import OwnEtc
from lib.proc import Process, free_port, listens, wait_for
from lib.scenario import Scenario

ISOLATED = "FERRYMAN_ISOLATED" in os.environ
FERRYMAN = os.path.join(os.path.dirname(BINARY), "ferryman")
WITHOUT_IPV6 = [sys.executable, os.path.join(os.path.dirname(__file__), "..", "lib", "without_ipv6.py")]
LOOPBACK = socket.inet_aton("127.0.0.1")


@unittest.skipUnless(ISOLATED, "needs namespaces of its own")
class NamesTest(Scenario):
    def setUp(self):
        self.etc = OwnEtc(os.path.join(self.directory, self.id()))
        self.kdc = self.running(FakeKdc(tcp=answering(), udp=lambda request: krb.krb_error()))
        self.known = {"kdc.mit.test": LOOPBACK}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for test in unittest.defaultTestLoader.getTestCaseNames(cls):
            os.makedirs(os.path.join(cls.directory, f"{cls.__module__}.{cls.__qualname__}.{test}"))

    def dns(self):
        def answer(asked, wanted):
            if wanted == SRV and asked == "_kerberos._tcp.mit.test":
                return [record(SRV, srv("kdc.mit.test", self.kdc.port))]
            return [record(A, self.known[asked])] if wanted == A and asked in self.known else []
        return self.running(FakeDns(answer, port=53))

    def start(self, realm, **sections):
        self.port = free_port()
        return self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{self.port}", "tls": False}], {"MIT.TEST": {"deadline": "3s", **realm}},
            process={"workers": 1}, **sections), name=self.id(), command=self.etc.command))

    def by_name(self, name="kdc.mit.test"):
        return {"kdc": [f"tcp://{name}:{self.kdc.port}"]}

    def by_records(self):
        return {"discovery": "dns", "dns_allow_networks": ["127.0.0.0/8"], "dns_allow_ports": [self.kdc.port]}

    def ask(self):
        connection = Connection(self.port, tls=False)
        try:
            connection.send(post(krb.proxy_message(krb.as_req())))
            return connection.response()[0]
        finally:
            connection.close()

    def refused(self, gateway, reason):
        count = len(gateway.seen("no_kdc", reason=reason))
        self.assertIn(self.ask(), (503, 504))
        gateway.wait_event("no_kdc", count + 1, reason=reason)

    def test_no_server_is_named_yet(self):
        for realm in (self.by_name(), self.by_records()):
            for write in (self.etc.write, self.etc.replace):
                with self.subTest(realm=realm, write=write.__name__):
                    self.etc.write("resolv.conf", "# nothing yet\n")
                    gateway = self.start(realm)
                    self.refused(gateway, "no_dns_server")
                    self.refused(gateway, "no_dns_server")
                    dns = self.dns()
                    write("resolv.conf", "nameserver 127.0.0.51\n")
                    self.assertEqual(self.ask(), 200, "read again by itself")
                    wait_for(lambda: [m for m in gateway.messages("DNS servers of the system") if m["servers"] == "127.0.0.51"],
                             "the log to tell of it")
                    gateway.stop()
                    dns.stop()

    def test_there_is_no_file_yet(self):
        target = os.path.join(self.directory, "run", "resolv.conf")
        os.symlink(target, self.etc.file("resolv.conf"))
        gateway = self.start(self.by_name())
        self.refused(gateway, "no_dns_server")
        self.dns()
        os.makedirs(os.path.dirname(target))
        with open(target, "w") as file:
            file.write("nameserver 127.0.0.51\n")
        self.assertEqual(self.ask(), 200)

    def test_another_server_is_named_while_a_question_is_under_way(self):
        silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(silent.close)
        silent.bind(("127.0.0.52", 53))
        silent.settimeout(10)
        self.etc.write("resolv.conf", "nameserver 127.0.0.52\n")
        self.start({**self.by_name(), "deadline": "30s"})
        first = Connection(self.port, tls=False)
        self.addCleanup(first.close)
        first.send(post(krb.proxy_message(krb.as_req())))
        silent.recv(512)
        self.dns()
        self.etc.replace("resolv.conf", "nameserver 127.0.0.51\n")
        self.assertEqual(first.response()[0], 200, "asked anew of the other one")

    def test_the_hosts_file(self):
        self.known = {}
        self.etc.write("resolv.conf", "nameserver 127.0.0.51\n")
        self.dns()
        gateway = self.start(self.by_name())
        self.refused(gateway, "names_not_found")
        self.etc.replace("hosts", "127.0.0.1 localhost kdc.mit.test kdc\n")
        self.assertEqual(self.ask(), 200, "although DNS has said for a minute that there is no such name")

    def test_the_hosts_file_beside_servers_of_ones_own(self):
        self.known = {}
        dns = self.dns()
        gateway = self.start(self.by_name(), dns={"servers": [dns.address]})
        self.refused(gateway, "names_not_found")
        self.etc.write("hosts", "127.0.0.1 kdc.mit.test\n")
        self.assertEqual(self.ask(), 200)

    def test_short_names(self):
        self.etc.write("resolv.conf", "nameserver 127.0.0.51\nsearch other.test mit.test\n")
        dns = self.dns()
        self.start(self.by_name("kdc"))
        self.assertEqual(self.ask(), 200)
        self.assertEqual([name for name, kind in dns.questions if kind == A], ["kdc.other.test", "kdc.mit.test"])

    def test_ndots(self):
        self.known = {"kdc.sub.mit.test": LOOPBACK}
        self.etc.write("resolv.conf", "nameserver 127.0.0.51\nsearch mit.test\noptions ndots:2\n")
        dns = self.dns()
        self.start(self.by_name("kdc.sub"))
        self.assertEqual(self.ask(), 200)
        self.assertNotIn("kdc.sub", [name for name, _ in dns.questions])

    def test_names_in_records_are_whole(self):
        self.known = {"kdc.mit.test.mit.test": LOOPBACK}
        self.etc.write("resolv.conf", "nameserver 127.0.0.51\nsearch mit.test\n")
        self.dns()
        gateway = self.start(self.by_records())
        self.refused(gateway, "no_records")

    def test_servers_of_ones_own_are_asked_whatever_the_file_says(self):
        dns = self.running(FakeDns(lambda asked, wanted: [record(A, LOOPBACK)] if wanted == A else []))
        self.etc.write("resolv.conf", "nameserver 127.0.0.52\nsearch mit.test\n")
        self.start(self.by_name("kdc"), dns={"servers": [dns.address]})
        self.assertEqual(self.ask(), 200)
        self.assertEqual({name for name, _ in dns.questions}, {"kdc"})

    def locate(self, *args):
        result = subprocess.run([*self.etc.command, FERRYMAN, "locate", "MIT.TEST", "--timeout", "3", *args], capture_output=True,
                                text=True, timeout=60)
        return result.stdout

    def test_locate_names_the_servers(self):
        self.etc.write("resolv.conf", "search mit.test\n")
        for discovery in ("dns", "ad"):
            text = self.locate("--discovery", discovery)
            self.assertIn("no DNS server in /etc/resolv.conf", text)
            self.assertIn("no KDC located: no_dns_server", text)
        self.dns()
        self.etc.write("resolv.conf", "nameserver 127.0.0.51\n")
        self.assertRegex(self.locate("--discovery", "dns"), r"servers +127\.0\.0\.51\n")
        self.assertEqual(json.loads(self.locate("--json", "--dns", "127.0.0.51"))["dns_servers"], ["127.0.0.51"])


class AddressesTest(Scenario):
    """What is listened at."""

    def setUp(self):
        self.kdc = self.running(FakeKdc(tcp=answering(), udp=lambda request: krb.krb_error()))
        self.port = free_port()

    def text(self, *addresses, kdc=(), **sections):
        listen = [{"address": address.replace("PORT", str(self.port)), "tls": False, "allow_plain_http": True}
                  for address in addresses]
        return configuration(listen, {"MIT.TEST": {"kdc": [*kdc, f"tcp://{self.kdc.address}"], "deadline": "3s"}},
                             process={"workers": 2}, **sections)

    def start(self, *addresses, command=(), **more):
        return self.running(Gateway(self.directory, self.text(*addresses, **more), name=self.id(), command=command))

    def fails(self, *addresses, command=(), **more):
        path = os.path.join(self.directory, "fails.toml")
        with open(path, "w") as file:
            file.write(self.text(*addresses, **more))
        result = subprocess.run([*command, BINARY, "-c", path], capture_output=True, text=True, timeout=20)
        self.assertEqual(result.returncode, 2, result.stderr)
        return result.stderr

    def ask(self, host):
        connection = Connection(self.port, host=host, tls=False)
        try:
            connection.send(post(krb.proxy_message(krb.as_req())))
            return connection.response()[0]
        finally:
            connection.close()

    def said(self, gateway, message, address):
        address = address.replace("PORT", str(self.port))
        return wait_for(lambda: [m for m in gateway.messages(message) if m["address"] == address], message)

    @unittest.skipUnless(ISOLATED, "needs a network namespace of its own")
    def test_an_address_that_comes_later(self):
        for host, prefix in (("192.0.2.77", 32), ("2001:db8::77", 128)):
            shown = f"[{host}]:PORT" if ":" in host else f"{host}:PORT"
            for beside in ([], ["127.0.0.1:PORT"]):
                with self.subTest(host=host, beside=beside):
                    gateway = self.start(*beside, shown)
                    self.said(gateway, "this host does not have that address yet", shown)
                    if beside:
                        self.assertEqual(self.ask("127.0.0.1"), 200)
                    subprocess.run(["ip", "address", "add", f"{host}/{prefix}", "dev", "lo"], check=True)
                    try:
                        self.assertEqual(self.ask(host), 200)
                        self.said(gateway, "this host has that address now", shown)
                        gateway.stop()
                    finally:
                        subprocess.run(["ip", "address", "del", f"{host}/{prefix}", "dev", "lo"], check=True)

    @unittest.skipUnless(ISOLATED, "needs a network namespace of its own")
    def test_ipv6_that_is_switched_on_later(self):
        def switch(on):
            with open("/proc/sys/net/ipv6/conf/lo/disable_ipv6", "w") as file:
                file.write("0" if on else "1")
        self.addCleanup(switch, True)
        switch(False)
        admin = free_port()
        gateway = self.start("[::1]:PORT", "127.0.0.1:PORT", admin={"http": f"[::1]:{admin}"})
        self.assertEqual(self.ask("127.0.0.1"), 200)
        self.said(gateway, "this host does not have that address yet", "[::1]:PORT")
        switch(True)
        self.assertEqual(self.ask("::1"), 200)
        page = subprocess.run(["curl", "-sS", f"http://[::1]:{admin}/healthz"], capture_output=True, text=True, timeout=20)
        self.assertEqual(page.stdout, "ok\n")

    def test_a_kernel_without_ipv6(self):
        for address in ("[::]:PORT", "*:PORT"):
            gateway = self.start(address, command=WITHOUT_IPV6)
            self.said(gateway, "this host has no IPv6, so IPv4 alone is served", "[::]:PORT")
            self.said(gateway, "listening", "0.0.0.0:PORT")
            self.assertEqual(self.ask("127.0.0.1"), 200)
            gateway.stop()
        gateway = self.start("[::1]:PORT", "[::]:PORT", "0.0.0.0:PORT", admin={"http": "[::1]:9464"}, command=WITHOUT_IPV6,
                             kdc=["tcp://[::1]:88", "udp://[2001:db8::1]:88", "[2001:db8::1]:88"])
        self.said(gateway, "this host has no IPv6, so that address is not served", "[::1]:PORT")
        self.said(gateway, "this host has no IPv6, so [admin] is not served", "[::1]:9464")
        self.assertEqual(self.ask("127.0.0.1"), 200, "a KDC that this host cannot reach takes no time")
        gateway.stop()
        self.assertIn("no [[listen]] is left", self.fails("[::1]:PORT", command=WITHOUT_IPV6))

    def test_a_socket_that_systemd_could_open_for_ipv4_alone(self):
        config = os.path.join(self.directory, "activated.toml")
        with open(config, "w") as file:
            file.write(self.text("[::]:PORT"))
        self.running(Process(["systemd-socket-activate", "-l", f"0.0.0.0:{self.port}", *WITHOUT_IPV6, BINARY, "-c", config], config + ".log"))
        wait_for(lambda: listens("127.0.0.1", self.port), "the socket")
        self.assertEqual(self.ask("127.0.0.1"), 200)

    def test_a_kdc_at_ipv6_without_ipv6_is_no_want_of_descriptors(self):
        self.kdc.stop()
        gateway = self.start("127.0.0.1:PORT", command=WITHOUT_IPV6, kdc=["tcp://[2001:db8::1]:88", "udp://[2001:db8::2]:88"])
        self.assertEqual(self.ask("127.0.0.1"), 503)
        self.assertEqual(gateway.wait_event("no_kdc")[0]["reason"], "no_answer")

    def test_mistakes_are_still_mistakes(self):
        with socket.create_server(("127.0.0.1", self.port)):
            self.assertIn("Address already in use", self.fails("127.0.0.1:PORT"))
            self.assertIn("Address already in use", self.fails("192.0.2.77:PORT", "127.0.0.1:PORT"))
        with socket.create_server(("127.0.0.1", free_port())) as taken:
            self.assertIn("Address already in use", self.fails("127.0.0.1:PORT", admin={"http": "127.0.0.1:%d" % taken.getsockname()[1]}))
        without_rights = ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"]
        if os.geteuid() == 0:
            self.assertIn("Permission denied", self.fails("127.0.0.1:81", command=without_rights))


class ProcessorsTest(Scenario):
    """As many workers as there are processors for them."""

    def workers(self, *command):
        gateway = self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{free_port()}", "tls": False}], {"MIT.TEST": {"kdc": ["127.0.0.1:1"]}}),
            name=self.id(), command=command))
        gateway.stop()
        return int(gateway.messages("ready")[0]["workers"])

    def test_affinity(self):
        mine = sorted(os.sched_getaffinity(0))
        self.assertEqual(self.workers("taskset", "--cpu-list", str(mine[-1])), 1)
        self.assertLessEqual(self.workers(), len(mine))

    def group(self):
        """A control group of our own, and the files by which its quota is set, or a skipped test."""
        with open("/proc/self/mountinfo") as file:
            mounts = [line.split(" - ") for line in file.read().splitlines()]
        for place, kind in mounts:
            kind, _, options = kind.split()[:3]
            group = os.path.join(place.split()[4], f"ferryman-{os.getpid()}")
            if not (kind == "cgroup2" or kind == "cgroup" and "cpu" in options.split(",")):
                continue
            try:
                os.mkdir(group)
            except OSError:
                continue
            self.addCleanup(os.rmdir, group)
            for name, text in (("cpu.max", "{} 100000"), ("cpu.cfs_quota_us", "{}")):
                if os.path.exists(os.path.join(group, name)):
                    return group, os.path.join(group, name), text
        self.skipTest("no control group with a quota can be made here")

    def test_quota(self):
        if len(os.sched_getaffinity(0)) < 2:
            self.skipTest("one processor")
        group, file, text = self.group()
        inner = os.path.join(group, "inner")
        os.mkdir(inner)
        self.addCleanup(os.rmdir, inner)
        for quota, workers in ((50000, 1), (100000, 1), (150000, 2)):
            with open(file, "w") as limit:
                limit.write(text.format(quota))
            for where in (group, inner):
                enter = f'echo $$ > {where}/cgroup.procs && exec "$@"'
                self.assertEqual(self.workers("sh", "-c", enter, "sh"), workers, f"{quota} at {where}")


if __name__ == "__main__":
    unittest.main()
