"""What the service tells those who run it: /metrics, /healthz and /readyz, read by curl."""
import os
import signal
import subprocess
import unittest

from lib import krb
from lib.fake_kdc import FakeKdc, HoldingKdc, answering, closing_early
from lib.gateway import BINARY, Gateway, configuration
from lib.https import Connection, post
from lib.proc import free_port, wait_for
from lib.scenario import Scenario


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
