"""What the service tells those who run it: /metrics, /healthz and /readyz, read by curl."""
import os
import random
import signal
import socket
import subprocess
import time
import unittest

from lib import krb
from lib.fake_kdc import FakeKdc, HoldingKdc, answering, closing_early
from lib.gateway import BINARY, Gateway, configuration
from lib.https import Connection, post
from lib.proc import free_port, wait_for
from lib.scenario import Scenario


class Raw(socket.socket):
    """A connection without HTTP of its own."""

    def __init__(self, port):
        super().__init__()
        self.connect(("127.0.0.1", port))


class MetricsTest(Scenario):
    def start(self, kdcs, admin=None, **sections):
        port, admin_port = free_port(), free_port()
        gateway = self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}", "tls": False}], {"MIT.TEST": {"kdc": kdcs}},
            admin={"http": admin or f"127.0.0.1:{admin_port}"}, process={"workers": 2}, **sections), name=self.id()))
        gateway.port, gateway.url = port, f"http://127.0.0.1:{admin_port}"
        return gateway

    def ask(self, port, message=None):
        connection = Connection(port, tls=False)
        try:
            connection.send(post(krb.proxy_message(message or krb.as_req())))
            return connection.response()[0]
        finally:
            connection.close()

    def curl(self, *args):
        return subprocess.run(["curl", "-sS", *args], capture_output=True, text=True, timeout=20)

    def metrics(self, gateway):
        lines = self.curl(gateway.url + "/metrics").stdout.splitlines()
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if not line.startswith("#")}

    def test_requests_and_kdcs_are_counted(self):
        dead = self.running(FakeKdc(tcp=closing_early))
        alive = self.running(FakeKdc(tcp=answering(), udp=lambda request: krb.krb_error()))
        gateway = self.start([f"tcp://{dead.address}", f"tcp://{alive.address}"])
        for _ in range(40):
            self.assertEqual(self.ask(gateway.port), 200)
        self.assertEqual(self.ask(gateway.port, b"nonsense"), 400)
        gateway.wait_event("malformed")
        found = self.metrics(gateway)
        self.assertEqual(found['ferryman_requests_total{event="exchange"}'], 40)
        self.assertEqual(found['ferryman_requests_total{event="malformed"}'], 1)
        self.assertEqual(found['ferryman_kerberos_requests_total{transport="kkdcp"}'], 41)
        self.assertEqual(found[f'ferryman_kdc_answers_total{{kdc="{alive.address}"}}'], 40)
        self.assertEqual(found[f'ferryman_kdc_answers_total{{kdc="{dead.address}"}}'], 0)
        self.assertGreaterEqual(found[f'ferryman_kdc_failures_total{{kdc="{dead.address}"}}'], 1)
        self.assertLess(found[f'ferryman_kdc_requests_total{{kdc="{dead.address}"}}'], 10, "set aside")
        self.assertIn(found[f'ferryman_kdc_set_aside{{kdc="{dead.address}"}}'], (1, 2))
        self.assertEqual(found[f'ferryman_kdc_set_aside{{kdc="{alive.address}"}}'], 0)
        self.assertGreater(found[f'ferryman_kdc_latency_seconds{{kdc="{alive.address}"}}'], 0)

    def test_what_came_of_requests_by_http_and_by_policy(self):
        kdc = self.running(FakeKdc(udp=lambda request: krb.krb_error()))
        gateway = self.start([f"udp://{kdc.address}"])
        self.ask(gateway.port)
        self.ask(gateway.port, krb.as_req(padatas=[krb.timestamp(bytes(40))]))
        self.ask(gateway.port, krb.as_req()[:-1])
        self.assertEqual(self.curl("--http2-prior-knowledge", "-o", os.devnull, "-w", "%{http_code}",
                                   f"http://127.0.0.1:{gateway.port}/elsewhere").stdout, "404")
        with Raw(gateway.port) as raw:
            raw.sendall(b"nonsense\r\n\r\n")
            self.assertIn(b" 400 ", raw.recv(1000))
        found = self.metrics(gateway)
        for name, count in (('http_requests_total{version="1.1"}', 3), ('http_requests_total{version="2"}', 1),
                            ('http_responses_total{status="200"}', 1), ('http_responses_total{status="400"}', 2),
                            ('http_responses_total{status="403"}', 1), ('http_responses_total{status="404"}', 1),
                            ('http_responses_total{status="other"}', 0), ('http_violations_total{reason="path"}', 1),
                            ('refusals_total{rule="unarmored_password"}', 1), ('refusals_total{rule="message_type"}', 0),
                            ('malformed_total{fault="truncated"}', 1), ('malformed_total{fault="other"}', 0),
                            ('request_duration_seconds_count{stage="exchange"}', 1),
                            ('request_duration_seconds_count{stage="total"}', 1),
                            ('request_duration_seconds_bucket{stage="total",le="+Inf"}', 1)):
            self.assertEqual(found["ferryman_" + name], count, name)
        self.assertGreater(found['ferryman_request_duration_seconds_sum{stage="total"}'], 0)

    def test_limits_that_were_met(self):
        gateway = self.start(["127.0.0.1:1"], limits={"client_requests_per_second": 1, "client_requests_burst": 2, "client_exempt": []})
        for _ in range(5):
            self.ask(gateway.port, b"nonsense")
        found = self.metrics(gateway)
        self.assertGreaterEqual(found['ferryman_limit_refusals_total{limit="client_request_rate"}'], 1)
        self.assertEqual(found['ferryman_limit_refusals_total{limit="max_in_flight"}'], 0)
        self.assertGreaterEqual(found["ferryman_client_rates_in_use"], 1)

    def test_handshakes_and_dates_of_certificates(self):
        port, admin = free_port(), free_port()
        gateway = self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}], {"MIT.TEST": {"kdc": ["127.0.0.1:1"]}}, self.tls,
            admin={"http": f"127.0.0.1:{admin}"}), name=self.id()))
        gateway.url = f"http://127.0.0.1:{admin}"
        for version in ("-tls1_2", "-tls1_3"):
            session = os.path.join(self.directory, version)
            for arguments in (["-sess_out", session], ["-sess_in", session]):
                subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", version, "-alpn", "http/1.1", "-ign_eof",
                                *arguments], input=post(b"nonsense", headers=["Connection: close"]), capture_output=True, timeout=20)
        found = self.metrics(gateway)
        for version in ("1.2", "1.3"):
            for resumed in ("no", "yes"):
                self.assertEqual(found[f'ferryman_handshakes_total{{version="{version}",resumed="{resumed}"}}'], 1, (version, resumed))
        left = found[f'ferryman_tls_certificate_not_after_seconds{{certificate="{self.certificate}"}}'] - time.time()
        self.assertTrue(86400 < left <= 2 * 86400, left)
        self.assertGreater(found["process_open_fds"], 5)
        self.assertGreater(found["process_resident_memory_bytes"], 1e6)
        self.assertLess(abs(found["process_start_time_seconds"] - time.time()), 120)

    def test_hostile_names_make_no_series_and_no_flood_of_lines(self):
        kdc = self.running(FakeKdc(udp=lambda request: krb.krb_error(6)))
        gateway = self.start([f"udp://{kdc.address}"])
        chance = random.Random(7)

        def name():
            return "".join(chance.choices("abcXYZ09.-{}\"\\\n\u00e9", k=chance.randrange(1, 60)))

        def hostile(number):
            if number % 25 == 0:
                return krb.proxy_message(krb.as_req(cname=(name(),)))
            if number % 25 == 1:
                return krb.proxy_message(krb.as_req(cname=(name(),)))[:-chance.randrange(1, 50)]
            realm = name()
            return krb.proxy_message(krb.as_req(realm, cname=(name(),)), realm)

        def flood(numbers):
            """Each request on its way while those before it are."""
            connection = Connection(gateway.port, tls=False)
            for batch in (numbers[i:i + 250] for i in range(0, len(numbers), 250)):
                connection.send(b"".join(post(hostile(number)) for number in batch))
                for _ in batch:
                    self.assertIn(connection.response()[0], (200, 400, 503))
            connection.close()

        begun = time.monotonic()
        flood(range(500))
        before = self.metrics(gateway)
        for first in range(500, 50_000, 500):
            flood(range(first, first + 500))
        after = self.metrics(gateway)
        seconds = time.monotonic() - begun
        self.assertEqual(set(after), set(before))
        self.assertEqual(sum(after[f'ferryman_requests_total{{event="{kind}"}}']
                             for kind in ("exchange", "malformed", "realm_not_served")), 50_000)
        self.assertGreater(after['ferryman_requests_total{event="exchange"}'], 200, "the others' names no KDC is asked for")
        lines = [line for kind in ("malformed", "realm_not_served") for line in gateway.events(kind)]
        self.assertLess(len(lines), 2 * (1000 + 100 * (seconds + 2)), "each worker has 1000, and 100 a second")
        self.assertGreater(sum(line.get("unlogged", 0) for line in lines), 0)
        self.assertLess(max(map(len, gateway.process.text().split("\n"))), 2000)

    def test_paths_and_methods(self):
        gateway = self.start(["127.0.0.1:1"])
        for path, status in (("/metrics", 200), ("/healthz", 200), ("/readyz", 200), ("/", 200), ("/KdcProxy", 404)):
            self.assertEqual(self.curl("-o", os.devnull, "-w", "%{http_code}", gateway.url + path).stdout, str(status), path)
        self.assertIn("405", self.curl("-i", "-X", "DELETE", "-d", "", gateway.url + "/metrics").stdout)
        head = self.curl("-I", gateway.url + "/metrics").stdout
        self.assertIn("text/plain; version=0.0.4", head)

    def test_not_ready_while_draining(self):
        kdc = self.running(HoldingKdc())
        gateway = self.start([f"udp://{kdc.address}"])
        connection = Connection(gateway.port, tls=False)
        self.addCleanup(connection.close)
        connection.send(post(krb.proxy_message(krb.as_req())))
        wait_for(lambda: kdc.requests, "the KDC to be asked")
        self.assertEqual(self.metrics(gateway)["ferryman_in_flight"], 1)
        gateway.process.child.send_signal(signal.SIGTERM)
        wait_for(lambda: gateway.messages("draining"), "the drain to begin")
        self.assertEqual(self.curl("-o", os.devnull, "-w", "%{http_code}", gateway.url + "/readyz").stdout, "503")
        kdc.release()
        self.assertEqual(connection.response()[0], 200)
        self.assertEqual(gateway.process.child.wait(20), 0)

    def test_a_unix_socket(self):
        path = os.path.join(self.directory, "admin.sock")
        self.start(["127.0.0.1:1"], admin="unix:" + path)
        self.assertEqual(self.curl("--unix-socket", path, "http://localhost/healthz").stdout, "ok\n")

    def test_mistakes(self):
        for admin, text in (({"http": "nowhere"}, "a place to listen at"), ({"http": "0.0.0.0:9464"}, "others reach"),
                            ({"http": 7}, "a place to listen at"), ({"http": "127.0.0.1:4444"}, "the address of a [[listen]]"),
                            ({"htttp": ""}, "http")):
            path = os.path.join(self.directory, "wrong.toml")
            with open(path, "w") as file:
                file.write(configuration([{"address": "127.0.0.1:4444", "tls": False}], {"A": {"kdc": ["x"]}}, admin=admin))
            result = subprocess.run([BINARY, "--check", "-c", path], capture_output=True, text=True)
            self.assertEqual(result.returncode, 2)
            self.assertIn(text, result.stderr)


if __name__ == "__main__":
    unittest.main()
