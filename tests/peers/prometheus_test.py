"""A Prometheus that scrapes ferrymand, its rules, and the dashboard's questions."""
import json
import os
import re
import subprocess
import unittest
import urllib.error
import urllib.parse
import urllib.request

from lib import krb
from lib.client import Client
from lib.fake_kdc import FakeKdc
from lib.https import Connection, post
from lib.own_realm import NEW_PASSWORD, PASSWORDS, OwnRealmScenario
from lib.proc import Process, free_port, wait_for

HERE = os.path.dirname(os.path.realpath(__file__))
PACKAGING = os.path.join(HERE, "../../packaging")
RULES, DASHBOARD = PACKAGING + "/prometheus/ferryman.rules.yml", PACKAGING + "/grafana/ferryman.json"
NAME = re.compile(r"\b(?:ferryman|process)_[a-z0-9_]+")


def questions():
    """The dashboard's, as Prometheus gets them."""
    with open(DASHBOARD) as file:
        panels = json.load(file)["panels"]
    return [target["expr"].replace("$__rate_interval", "1m").replace("$instance", ".*")
            for panel in panels for target in panel.get("targets", [])]


class PrometheusTest(OwnRealmScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tls = {**cls.tls, "ocsp_response": cls.staple()}
        cls.admin, cls.port_of_prometheus = free_port(), free_port()
        other = cls.started(FakeKdc(udp=lambda request: krb.krb_error()))
        cls.serve(gateway={"admin": {"http": f"127.0.0.1:{cls.admin}"}}, realms={"MIT.TEST": {"kdc": [f"udp://{other.address}"]}})
        cls.use()
        cls.started(cls.prometheus())
        wait_for(lambda: cls.found("ferryman_build_info"), "Prometheus' first scrape", 60)

    @classmethod
    def staple(cls):
        serial = subprocess.run(["openssl", "x509", "-in", cls.certificate, "-noout", "-serial"], capture_output=True,
                                text=True, check=True).stdout.strip().split("=")[1]
        index, response = cls.directory + "/index.txt", cls.directory + "/ocsp.der"
        with open(index, "w") as file:
            file.write(f"V\t400101000000Z\t\t{serial}\tunknown\t/CN=server\n")
        authority = cls.authority
        subprocess.run(["openssl", "ocsp", "-index", index, "-CA", authority.certificate, "-rsigner", authority.certificate,
                        "-rkey", authority.key, "-issuer", authority.certificate, "-cert", cls.certificate, "-respout", response,
                        "-ndays", "1"], capture_output=True, check=True)
        return response

    @classmethod
    def use(cls):
        """A request of each kind, so that there is a series of each."""
        client = Client(cls.directory, {cls.kdc.realm: {"kdc": cls.url, "kpasswd_server": cls.url,
                                                        "http_anchors": "FILE:" + cls.authority.certificate}})
        client.kinit("alice", PASSWORDS["alice"])
        client.kvno(cls.service)
        client.kpasswd("alice", PASSWORDS["alice"], NEW_PASSWORD)
        connection = Connection(cls.port, ca=cls.authority.certificate)
        connection.send(post(krb.proxy_message(krb.as_req())))
        assert connection.response()[0] == 200
        connection.close()
        subprocess.run(["curl", "-sSf", "--cacert", cls.authority.certificate, "-o", os.devnull,
                        f"{cls.base}/{cls.kdc.tenant}/.well-known/openid-configuration"], check=True, timeout=20)

    @classmethod
    def prometheus(cls):
        folder = os.path.join(cls.directory, "prometheus")
        os.makedirs(folder)
        with open(folder + "/prometheus.yml", "w") as file:
            json.dump({"global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "rule_files": [os.path.realpath(RULES)],
                       "scrape_configs": [{"job_name": "ferrymand", "static_configs": [{"targets": [f"127.0.0.1:{cls.admin}"]}]}]}, file)
        return Process(["/usr/bin/prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                        f"--web.listen-address=127.0.0.1:{cls.port_of_prometheus}"], folder + "/log")

    @classmethod
    def ask(cls, path, **parameters):
        url = f"http://127.0.0.1:{cls.port_of_prometheus}/api/v1/{path}?" + urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(url, timeout=20) as response:
                return json.load(response)["data"]
        except urllib.error.HTTPError as error:
            if error.code == 503:
                return None
            raise AssertionError(error.read()) from error
        except OSError:
            return None  # it has only begun

    @classmethod
    def found(cls, question):
        data = cls.ask("query", query=question)
        return data and data["result"]

    def page(self, *accept):
        arguments = [part for value in accept for part in ("-H", "Accept: " + value)]
        return subprocess.run(["curl", "-sSi", *arguments, f"http://127.0.0.1:{self.admin}/metrics"], capture_output=True,
                              text=True, timeout=20).stdout.replace("\r", "").split("\n\n", 1)

    def test_it_is_scraped_as_openmetrics(self):
        self.assertEqual([one["value"][1] for one in self.found('up{job="ferrymand"}')], ["1"])
        metadata = self.ask("targets/metadata")
        kinds = {one["metric"]: (one["type"], one["unit"]) for one in metadata}
        self.assertEqual(kinds["ferryman_request_duration_seconds"], ("histogram", "seconds"))
        self.assertEqual(kinds["ferryman_requests"], ("counter", ""), "its family has no _total in OpenMetrics")
        self.assertEqual(kinds["process_cpu_seconds"], ("counter", "seconds"))

    def test_every_metric_that_the_dashboard_and_the_rules_name_is_there(self):
        there = set(self.ask("label/__name__/values"))
        with open(RULES) as file:
            named = set(NAME.findall(re.sub(r"(?m)^\s*#.*$", "", file.read())))
        named |= {name for question in questions() for name in NAME.findall(question)}
        self.assertGreater(len(named), 30)
        self.assertEqual(named - there, set())

    def test_every_metric_is_in_the_documents(self):
        with open(os.path.join(HERE, "../../docs/metrics.md")) as file:
            told = set(NAME.findall(file.read()))
        families = {one["metric"] + ("_total" if one["type"] == "counter" else "") for one in self.ask("targets/metadata")}
        self.assertEqual(told ^ families, set())

    def test_the_dashboards_questions_are_understood(self):
        for question in questions():
            with self.subTest(question):
                self.assertIsNotNone(self.found(question))

    def test_the_dashboard_is_laid_out(self):
        with open(DASHBOARD) as file:
            panels = json.load(file)["panels"]
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
        taken = set()
        for panel in panels:
            at = panel["gridPos"]
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            self.assertLessEqual(at["x"] + at["w"], 24)
            self.assertFalse(cells & taken, panel["title"])
            taken |= cells

    def test_the_rules_are_evaluated(self):
        def evaluated():
            rules = [rule for group in self.ask("rules")["groups"] for rule in group["rules"]]
            return all(rule["health"] != "unknown" for rule in rules) and rules
        rules = wait_for(evaluated, "all rules to be evaluated", 30)
        self.assertEqual({rule["health"] for rule in rules}, {"ok"})
        firing = {rule["name"] for rule in rules if rule["state"] == "firing"}
        self.assertEqual(firing, set(), "nothing is wrong here")
        for rule in rules:
            self.assertEqual(set(rule["annotations"]), {"summary", "description"}, rule["name"])

    def test_the_rules_by_promtool(self):
        for arguments in (["check", "rules", RULES], ["test", "rules", HERE + "/ferryman.rules.test.yml"]):
            result = subprocess.run(["/usr/bin/promtool", *arguments], capture_output=True, text=True, timeout=60)
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_the_page_by_promtool(self):
        head, page = self.page()
        self.assertIn("content-type: text/plain; version=0.0.4", head.lower())
        result = subprocess.run(["/usr/bin/promtool", "check", "metrics"], input=page, capture_output=True, text=True, timeout=60)
        self.assertEqual((result.returncode, result.stdout + result.stderr), (0, ""))

    def test_who_asks_for_openmetrics_gets_it(self):
        head, page = self.page("application/openmetrics-text; version=1.0.0; charset=utf-8, text/plain;q=0.5")
        self.assertIn("content-type: application/openmetrics-text; version=1.0.0", head.lower())
        self.assertTrue(page.endswith("\n# EOF\n"))
        head, page = self.page("text/plain", "application/openmetrics-text;q=0.1")
        self.assertIn("content-type: text/plain", head.lower())
        self.assertNotIn("# EOF", page)


if __name__ == "__main__":
    unittest.main()
