"""What ferrymand's /metrics tells of ferryman-realm, read by curl."""
import json
import re
import subprocess
import unittest

from lib.own_realm import NEW_PASSWORD, PASSWORDS, WRONG_PASSWORD, OwnRealmScenario
from lib.proc import free_port


class RealmMetrics(OwnRealmScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = free_port()
        cls.serve(gateway={"admin": {"http": f"127.0.0.1:{cls.admin}"}}, kdc={"lockout_threshold": 2})

    def curl(self, path):
        return subprocess.run(["curl", "-sS", f"http://127.0.0.1:{self.admin}{path}"], capture_output=True, text=True,
                              timeout=20).stdout

    def metrics(self):
        """Those of ferryman-realm, without its prefix."""
        lines = [line for line in self.curl("/metrics").splitlines() if line.startswith("ferryman_realm_")]
        return {line.rsplit(" ", 1)[0].removeprefix("ferryman_realm_"): float(line.rsplit(" ", 1)[1]) for line in lines}

    @staticmethod
    def requests(kind, result, found):
        return found.get(f'requests_total{{type="{kind}",result="{result}"}}', 0)

    def test_requests_by_result(self):
        before = self.metrics()
        client = self.client()
        client.kinit("alice", PASSWORDS["alice"])
        client.kvno(self.service)
        self.assertNotEqual(client.kvno("HTTP/nowhere.cloud.test", check=False).returncode, 0)
        client.kpasswd("alice", PASSWORDS["alice"], "short", check=False)
        client.kpasswd("alice", PASSWORDS["alice"], NEW_PASSWORD)
        found = self.metrics()
        for kind, result, count in (("AS-REQ", "success", 3), ("TGS-REQ", "success", 1), ("KPASSWD", "soft_error", 1),
                                    ("KPASSWD", "success", 1)):
            self.assertEqual(self.requests(kind, result, found) - self.requests(kind, result, before), count, (kind, result))
        for kind, result in (("AS-REQ", "KDC_ERR_PREAUTH_REQUIRED"), ("TGS-REQ", "KDC_ERR_S_PRINCIPAL_UNKNOWN")):
            self.assertGreater(self.requests(kind, result, found), self.requests(kind, result, before))
        self.assertEqual((found["up"], found["jobs_waiting"], found["password_changes_waiting"]), (1, 0, 0))
        self.assertGreaterEqual(found["front_connections"], 1)
        self.assertGreaterEqual(found["connections_total"], 1)
        self.assertEqual((found["busy_total"], found["directory_failures_total"]), (0, 0))

    def test_lock_outs(self):
        self.new_user("lothar")
        before = self.metrics()["lockouts_total"]
        for _ in range(4):
            self.client().kinit("lothar", WRONG_PASSWORD, check=False)
        self.assertEqual(self.metrics()["lockouts_total"] - before, 1)
        self.assertGreater(self.requests("AS-REQ", "KDC_ERR_CLIENT_REVOKED", self.metrics()), 0)

    def test_the_page_is_as_prometheus_reads_it(self):
        page = self.curl("/metrics")
        for line in page.splitlines():
            self.assertRegex(line, r'^(# (HELP|TYPE) [a-z0-9_]+ .+|[a-z0-9_]+(\{([a-z_]+="[^"]*",?)+\})? [0-9.e+-]+)$')
        names = re.findall(r"^# TYPE (\S+)", page, re.M)
        self.assertEqual(len(names), len(set(names)))

    def test_the_status_page_has_its_figures(self):
        self.client().kinit("alice", PASSWORDS["alice"], check=False)
        status = json.loads(self.curl("/status.json"))
        self.assertTrue(status["ferryman_realm"]["answers"])
        self.assertIn("AS-REQ", {one["type"] for one in status["ferryman_realm"]["results"]})
        self.assertEqual(status["ferryman_realm"]["jobs_waiting"], 0)
        self.assertIn("Lock-outs", self.curl("/"))
        self.kdc.process.suspend()
        try:
            status = json.loads(self.curl("/status.json"))
        finally:
            self.kdc.process.resume()
        self.assertEqual(status["ferryman_realm"], {"answers": False})
        self.assertEqual(status["wrong"][0]["text"], "ferryman-realm does not answer.")

    def test_a_realm_that_does_not_answer(self):
        """It costs the page a second at most, and the rest of it stays; whether the gateway is alive is another question."""
        self.kdc.process.suspend()
        try:
            found = self.metrics()
            self.assertEqual(self.curl("/healthz"), "ok\n")
        finally:
            self.kdc.process.resume()
        self.assertEqual(found.pop("up"), 0)
        self.assertEqual(set(found), {"connections_total", "connection_failures_total"})
        self.assertEqual(self.metrics()["up"], 1)
        self.assertIn("ferryman_requests_total", self.curl("/metrics"))


if __name__ == "__main__":
    unittest.main()
