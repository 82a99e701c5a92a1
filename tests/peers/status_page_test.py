"""ferrymand's status page by curl and in Chromium, and `ferryman gateway`, with a KDC of MIT's and one that is dead."""
import json
import os
import subprocess
import unittest

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from lib import krb
from lib.browser import Browser
from lib.fake_admin import FakeAdmin
from lib.fake_kdc import FakeKdc, closing_early
from lib.gateway import Gateway, TOOL, configuration
from lib.https import Connection, post
from lib.kdcs import MitKdc
from lib.proc import free_port, wait_for
from lib.scenario import Scenario
from peers.logon import LogonTests, gateway_url

HOSTILE = "<script>alert(1)</script>\u202e"


def subject_of(certificate):
    text = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-subject", "-nameopt", "RFC2253"],
                          capture_output=True, text=True, check=True).stdout
    return text.strip().removeprefix("subject=")


class StatusPage(Browser, Scenario):
    client = LogonTests.client

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc = cls.started(MitKdc(cls.directory, cls.authority))
        cls.dead = cls.started(FakeKdc(tcp=closing_early))
        port, cls.plain, admin = free_port(), free_port(), free_port()
        cls.url, cls.page, cls.admin = gateway_url(port), f"http://127.0.0.1:{admin}/", admin
        realms = {"MIT.TEST": {"kdc": ["tcp://" + cls.dead.address, cls.kdc.kdc], "kpasswd": [cls.kdc.kpasswd],
                               "allow_unarmored_password": True},
                  "STRICT.TEST": {"kdc": [cls.kdc.kdc]}}
        cls.gateway = cls.started(Gateway(cls.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}, {"address": f"127.0.0.1:{cls.plain}", "tls": False}], realms, cls.tls,
            admin={"http": f"127.0.0.1:{admin}", "socket": os.path.join(cls.directory, "admin.sock")}, process={"workers": 1})))
        cls.start_browser()

    def setUp(self):
        self.driver.get("about:blank")
        self.driver.get_log("browser")  # what Chromium says of its own first page
        self.log_on()

    def log_on(self):
        """Until the dead KDC has been seen to be dead."""
        def seen():
            self.client().kinit("alice", "alice-pw")
            return any("does not answer" in one["text"] for one in self.status()["wrong"])
        wait_for(seen, "the dead KDC to be set aside")

    def refuse(self):
        """A password outside FAST, where that is not allowed, of a user whose name is hostile."""
        before = len(self.status()["refusals"])
        connection = Connection(self.plain, tls=False)
        try:
            message = krb.as_req("STRICT.TEST", (HOSTILE,), [krb.timestamp(bytes(56))])
            connection.send(post(krb.proxy_message(message, "STRICT.TEST")))
            self.assertEqual(connection.response()[0], 403)
        finally:
            connection.close()
        wait_for(lambda: len(self.status()["refusals"]) > before, "the refusal to be told")

    def curl(self, *args):
        return subprocess.run(["curl", "-sS", *args], capture_output=True, text=True, timeout=20).stdout

    def status(self):
        return json.loads(self.curl(self.page + "status.json"))

    def tool(self, *args):
        return subprocess.run([TOOL, "gateway", *args], capture_output=True, text=True, timeout=30)

    def test_json(self):
        self.refuse()
        status = self.status()
        self.assertEqual((status["state"], status["workers"]), ("ready", 1))
        self.assertEqual(status["realms"][0], {"name": "MIT.TEST", "state": "served", "served": True,
                                               "kdcs": [self.dead.address, self.kdc.kdc]})
        kdcs = {kdc["address"]: kdc for kdc in status["kdcs"]}
        self.assertEqual(kdcs[self.dead.address]["set_aside_by"], 1)
        alive, = [one for one in kdcs[self.kdc.kdc]["transports"] if one["transport"] == "tcp"]
        self.assertGreater(alive["answers"], 0)
        self.assertGreater(alive["mean_us"], 0)
        refusal = status["refusals"][0]
        self.assertEqual((refusal["event"], refusal["realm"], refusal["sname"]), ("refused", "STRICT.TEST", "krbtgt/STRICT.TEST"))
        self.assertEqual(refusal["cname"], "<script>alert(1)<\\\\/script>\\u202e")
        self.assertEqual(status["certificates"][0]["subject"], subject_of(self.certificate))
        self.assertIn("[realms.\"MIT.TEST\"]", status["config"])
        self.assertGreater(status["events"]["exchange"], 0)
        wait_for(lambda: sum(self.status()["history"]["answered"]) > 0, "a slot of the last hour")

    def test_paths_methods_and_hosts(self):
        for path, kind in (("", "text/html"), ("status.json", "application/json"), ("status.css", "text/css"),
                           ("status.js", "text/javascript")):
            head = self.curl("-I", self.page + path)
            self.assertTrue(head.startswith("HTTP/1.1 200"), head)
            self.assertIn("Content-Security-Policy: default-src 'none';", head)
            self.assertIn(f"Content-Type: {kind}", head)
            self.assertIn("405", self.curl("-i", "-X", "POST", "-d", "", self.page + path))
        for host, status in (("evil.example", 403), (f"evil.example:{self.admin}", 403), (f"localhost:{self.admin}", 200)):
            for path in ("", "status.json"):
                head = self.curl("-o", os.devnull, "-w", "%{http_code}", "-H", "Host: " + host, self.page + path)
                self.assertEqual(head, str(status), (host, path))
        self.assertIn("ferryman_requests_total", self.curl("-H", "Host: evil.example", self.page + "metrics"))

    def test_the_page(self):
        self.refuse()
        wait_for(lambda: self.status()["history"]["answered"], "a slot of the last hour")
        self.driver.get(self.page)
        text = self.driver.find_element(By.TAG_NAME, "body").text
        for expected in ("set aside", "MIT.TEST", "refused", "Last refusals", "<script>alert(1)<", "not asked for yet"):
            self.assertIn(expected, text)
        self.assertEqual(len(self.driver.find_elements(By.CSS_SELECTOR, "svg[role=img][aria-label]")), 3)
        self.look("status")
        self.driver.find_element(By.TAG_NAME, "summary").click()
        self.look("status-config")

    def test_it_refreshes_itself(self):
        self.driver.get(self.page)
        count = len(self.status()["refusals"])
        rows = lambda: len(self.driver.find_elements(By.CSS_SELECTOR, "#refusals tbody tr"))
        self.assertEqual(rows(), count)
        self.refuse()
        self.wait(lambda: rows() == count + 1)
        self.assertEqual(self.driver.get_log("browser"), [])

    def test_by_keyboard(self):
        self.driver.get(self.page)
        visited, body = [], self.driver.find_element(By.TAG_NAME, "body")
        body.send_keys(Keys.TAB)
        for _ in range(20):
            element = self.driver.switch_to.active_element
            if element.tag_name == "body":
                break
            visited.append((element.tag_name, element.text))
            if element.text == "Configuration in force":
                element.send_keys(Keys.ENTER)
            self.driver.switch_to.active_element.send_keys(Keys.TAB)
        names = [name for name, _ in visited]
        self.assertEqual(visited[0], ("button", "Pause"))
        self.assertEqual(names, ["button"] + ["a"] * 6 + ["summary", "pre", "a", "a"])
        self.driver.find_element(By.ID, "pause").send_keys(Keys.SPACE)
        self.assertEqual(self.driver.find_element(By.ID, "pause").text, "Go on")

    def test_without_javascript(self):
        self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        try:
            self.driver.get(self.page)
            self.assertIn("set aside", self.driver.find_element(By.ID, "wrong").text + self.driver.find_element(By.ID, "kdcs").text)
            self.assertFalse(self.driver.find_element(By.ID, "pause").is_displayed())
        finally:
            self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

    def test_ferryman_gateway(self):
        self.refuse()
        result = self.tool("--url", self.page)
        self.assertEqual((result.returncode, result.stderr), (1, ""))
        first = result.stdout.splitlines()[0]
        self.assertTrue(first.startswith(f"ERROR    KDC {self.dead.address} of MIT.TEST does not answer"), first)
        self.assertIn("<script>alert(1)", result.stdout)
        self.assertNotIn("\u202e", result.stdout)
        self.assertEqual(json.loads(self.tool("--url", self.page, "--json").stdout)["state"], "ready")
        result = self.tool("--config", self.gateway.config)
        self.assertEqual(result.returncode, 1)
        self.assertIn("MIT.TEST", result.stdout)

    def test_ferryman_gateway_by_the_administration_socket(self):
        result = self.tool("--socket", os.path.join(self.directory, "admin.sock"), "--json")
        self.assertEqual((result.returncode, json.loads(result.stdout).keys()), (1, self.status().keys()))
        path = os.path.join(self.directory, "fake.sock")
        status = self.status()
        fake = FakeAdmin(path, {"status": {**status, "wrong": []}})
        result = self.tool("--socket", path)
        self.assertEqual((result.returncode, result.stdout.splitlines()[0]), (0, "Nothing is wrong."))
        fake.answers["status"] = {"version": 7}
        result = self.tool("--socket", path)
        self.assertEqual(result.returncode, 5)
        self.assertIn("no ferrymand", result.stderr)

    def test_ferryman_gateway_says_its_mistakes(self):
        result = self.tool("--url", f"http://127.0.0.1:{free_port()}")
        self.assertEqual((result.returncode, result.stdout), (5, ""))
        self.assertIn("does not answer", result.stderr)
        self.assertEqual(self.tool("--url", f"http://127.0.0.1:{self.plain}").returncode, 5)
        self.assertEqual(self.tool("--url", "nowhere").returncode, 2)
        empty = os.path.join(self.directory, "empty.toml")
        open(empty, "w").close()
        result = self.tool("--config", empty)
        self.assertEqual(result.returncode, 2)
        self.assertIn("neither [admin] socket nor http", result.stderr)


if __name__ == "__main__":
    unittest.main()
