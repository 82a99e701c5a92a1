"""What the logs say and how: --events and docs/events.md against the sources, ECS, journald, logrotate, and what a client
calls its requests. Logons are MIT's kinit's."""
import json
import os
import re
import shutil
import subprocess
import unittest
import uuid

from lib import krb
from lib.client import Client
from lib.fake_journal import FakeJournal
from lib.fake_kdc import FakeKdc, answering
from lib.gateway import BINARY, Gateway, configuration
from lib.https import Connection, post
from lib.own_realm import PASSWORDS, OwnRealmScenario
from lib.proc import free_port, wait_for
from lib.realm import BUILT
from lib.scenario import Scenario

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
FOLDERS = {BINARY: ("gateway", "front", "ferrymand", "telemetry"), BUILT: ("realm", "telemetry")}


def printed(binary, form=""):
    return subprocess.run([binary, "--events", *([form] if form else [])], capture_output=True, text=True, check=True).stdout


def sources(folder):
    directory = os.path.join(ROOT, "src", folder)
    for name in sorted(os.listdir(directory)):
        if name.endswith((".cc", ".h")) and not name.endswith(("_test.cc", "_fuzz.cc", "event_table.cc", "_tools.h")):
            with open(os.path.join(directory, name)) as file:
                yield name, file.read()


def arguments(text):
    """The texts among a call's arguments, without those of its fields, which are in braces."""
    depth = 0
    for token in re.finditer(r'(?P<text>(?:"(?:[^"\\]|\\.)*"\s*)+)|[({\[]|[)}\]]', text):
        if token["text"]:
            if depth == 0:
                yield re.sub(r'"\s*"', "", token["text"].strip())[1:-1]
        elif token[0] in "({[":
            depth += 1
        else:
            depth -= 1
            if depth < 0:
                return


def sentences(text):
    """Those that are written to a log."""
    for call in re.finditer(r"log_?(?:\.|->)write\(|\btell\((?=around\.log|log)", text):
        yield from arguments(text[call.end():])
    yield from re.findall(r'remarks\.push_back\(\{"([^"]*)"', text)
    yield from re.findall(r'text\("message", "([^"]*)"\)', text)


class TableTest(unittest.TestCase):
    def test_every_sentence_and_id_of_the_sources_is_in_the_table(self):
        for binary, folders in FOLDERS.items():
            rows = [json.loads(line) for line in printed(binary, "json").splitlines()]
            names, ids = {row["name"] for row in rows}, {row["event_id"] for row in rows if "event_id" in row}
            said, numbers = set(), set()
            for folder in folders:
                for name, text in sources(folder):
                    said.update(sentences(text))
                    if folder != "telemetry":
                        numbers.update(int(n) for n in re.findall(r'\bevent_\w+ = "?(\d{3,})"?', text))
                        for ids_there in re.findall(r"namespace event_id \{(.*?)\n\}", text, re.S):
                            numbers.update(int(n) for n in re.findall(r"= (\d+)", ids_there))
            self.assertGreater(len(said), 20)
            self.assertEqual(said - names, set(), f"{binary} --events has not what the sources say")
            kinds = {"exchange", "request", "administration"} | set(
                re.findall(r"^  (\w+),", next(t for n, t in sources("gateway") if n == "event.h"), re.M))
            self.assertEqual(names - said - kinds, set(), f"{binary} --events has what nothing says")
            numbers.discard(0)
            if binary == BINARY:
                numbers |= {403, 404}  # of policy::event_id()
            self.assertEqual(numbers, ids)

    def test_forms(self):
        for binary, first in ((BINARY, "exchange  [info]\n"), (BUILT, "request  [info]\n")):
            self.assertTrue(printed(binary).startswith(first))
            self.assertEqual(printed(binary, "text"), printed(binary))
            wrong = subprocess.run([binary, "--events", "xml"], capture_output=True, text=True)
            self.assertEqual((wrong.returncode, wrong.stdout), (2, ""))

    def test_documentation_has_both(self):
        with open(os.path.join(ROOT, "docs", "events.md")) as file:
            text = file.read()
        for binary in FOLDERS:
            self.assertIn(printed(binary, "markdown"), text,
                          f"docs/events.md has another table than `{os.path.basename(binary)} --events markdown`")


class EcsTest(OwnRealmScenario):
    ECS = {"@timestamp", "message"}
    PREFIXES = ("log.", "ecs.", "service.", "event.", "client.", "tls.", "http.", "url.", "user.", "server.", "trace.",
                "error.", "kerberos.", "ferryman.")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve(listen=[{"address": f"127.0.0.1:{free_port()}", "tls": False}],
                  gateway={"log": {"format": "ecs"}}, log={"format": "ecs"})

    def records(self, log, **fields):
        return [r for r in log.records() if all(r.get(k.replace("__", ".")) == v for k, v in fields.items())]

    def wait(self, log, **fields):
        return wait_for(lambda: self.records(log, **fields), f"a line with {fields}")

    def test_a_logon(self):
        client = Client(self.directory, {self.kdc.realm: {"kdc": self.url, "http_anchors": "FILE:" + self.authority.certificate}},
                        name="ecs")
        client.kinit("alice", PASSWORDS["alice"])
        granted = self.wait(self.gateway, kerberos__result="AS-REP")[0]
        self.assertEqual(granted["event.action"], "exchange")
        self.assertEqual(granted["event.outcome"], "success")
        self.assertEqual((granted["user.name"], granted["user.domain"]), ("alice", self.kdc.realm))
        self.assertEqual((granted["client.ip"], granted["http.version"]), ("127.0.0.1", "1.0"))
        self.assertEqual(granted["client.address"], f"127.0.0.1:{granted['client.port']}")
        self.assertGreater(granted["event.duration"], 1000)
        self.assertEqual(granted["service.name"], "ferrymand")
        there = self.wait(self.kdc, ferryman__id=granted["ferryman.id"])[0]
        self.assertEqual((there["event.code"], there["event.outcome"], there["service.name"]), ("4768", "success", "ferryman-realm"))
        asked = self.wait(self.gateway, kerberos__result="KDC_ERR_PREAUTH_REQUIRED")[0]
        self.assertEqual(asked["event.outcome"], "unknown")
        for log in (self.gateway, self.kdc):
            for record in log.records():
                self.assertEqual([k for k in record if k not in self.ECS and not k.startswith(self.PREFIXES)], [])
                self.assertEqual((record["ecs.version"], record["log.level"] in ("debug", "info", "warning", "error")), ("8.11.0", True))
                self.assertIsInstance(record.get("event.code", ""), str)

    def curl(self, *options, url=None):
        result = subprocess.run(["curl", "-sSi", "--cacert", self.authority.certificate, *options,
                                 url or f"{self.base}/{self.kdc.tenant}/.well-known/openid-configuration"],
                                capture_output=True, text=True, check=True, timeout=20)
        return dict(line.lower().split(": ", 1) for line in result.stdout.split("\n\n")[0].splitlines() if ": " in line)

    def test_a_client_names_its_request(self):
        guid = str(uuid.uuid4())
        for version in ("--http1.1", "--http2"):
            headers = self.curl(version, "-H", "client-request-id: " + guid, "-H", "return-client-request-id: true",
                                "-H", "traceparent: " + TRACEPARENT)
            self.assertEqual(headers["client-request-id"], guid)
            here = self.wait(self.gateway, ferryman__id=headers["x-ms-request-id"])[0]
            there = self.wait(self.kdc, ferryman__id=headers["x-ms-request-id"])[0]
            for record in (here, there):
                self.assertEqual((record["http.request.id"], record["trace.id"]), (guid, TRACE))
        self.assertNotIn("client-request-id", self.curl("-H", "client-request-id: " + guid))
        headers = self.curl("-H", "client-request-id: <b>" + guid, "-H", "return-client-request-id: true",
                            "-H", "traceparent: 00-zz")
        self.assertFalse({"client-request-id", "x-ms-request-id"} & set(headers))


class JournalGateway(Gateway):
    def messages(self, message):
        return self.journal.found(FERRYMAN_MESSAGE=message, SYSLOG_IDENTIFIER="ferrymand")

    def __init__(self, journal, *args):
        self.journal = journal
        super().__init__(*args)


class LogTest(Scenario):
    def gateway(self, log, make=Gateway, **listen):
        self.kdc = self.running(FakeKdc(tcp=answering(), udp=lambda request: krb.krb_error()))
        self.port = free_port()
        realm = {"kdc": ["udp://" + self.kdc.address]}
        return self.running(make(self.directory, configuration(
            [{"address": f"127.0.0.1:{self.port}", "tls": False, **listen}],
            {"MIT.TEST": realm, "SHUT.TEST": {**realm, "allow": ["tgs-req"]}}, log=log), self.id()))

    def ask(self, body=None, headers=()):
        connection = Connection(self.port, tls=False)
        self.addCleanup(connection.close)
        connection.send(post(body or krb.proxy_message(krb.as_req()), headers=headers))
        return connection.response()

    def test_the_journal_gets_each_field(self):
        path = os.path.join(self.directory, "journal")
        journal = FakeJournal(path)
        gateway = self.gateway({"destination": "journal:" + path}, lambda *args: JournalGateway(journal, *args))
        self.assertEqual(self.ask()[0], 200)
        event = wait_for(lambda: journal.found(FERRYMAN_EVENT="exchange", FERRYMAN_REALM="MIT.TEST"), "the event")[0]
        self.assertEqual((event["PRIORITY"], event["FERRYMAN_STATUS"]), ("6", "200"))
        self.assertTrue(event["MESSAGE"].startswith("event=exchange id=" + event["FERRYMAN_ID"]), event)
        self.assertEqual(self.ask(krb.proxy_message(krb.as_req(realm="A B\"\nX=Y"), realm="A B\"\nX=Y"))[0] // 100, 4)
        wait_for(lambda: journal.found(FERRYMAN_EVENT="malformed"), "the event")
        journal.stop()
        self.assertEqual(self.ask()[0], 200)
        wait_for(lambda: "log lines are being lost" in gateway.process.text(), "the loss to be told")
        back = FakeJournal(path)
        self.addCleanup(back.stop)
        gateway.journal = back
        self.assertEqual(self.ask()[0], 200)
        wait_for(lambda: back.found(FERRYMAN_MESSAGE="log lines dropped"), "the lines to be counted")

    def test_a_file_survives_logrotate(self):
        logs = os.path.join(self.directory, "logs")
        os.mkdir(logs)
        file = os.path.join(logs, "ferrymand.log")
        gateway = self.gateway({"format": "json", "destination": "file:" + file}, lambda d, text, name: FileGateway(d, text, name, file))
        self.assertEqual(self.ask()[0], 200)
        gateway.wait_event("exchange")
        with open(os.path.join(ROOT, "packaging", "logrotate.d", "ferryman")) as installed:
            text = installed.read()
        text = text.replace("/var/log/ferryman/", logs + "/").replace("su ferryman ferryman", "")
        script = re.search(r"postrotate\n\s*(.*)\n", text)[1]
        for way in ("nocreate", "create", "copytruncate"):
            with self.subTest(way):
                with open(gateway.config, "a") as broken:  # a reload that is refused opens the file all the same
                    broken.write("\n[nonsense]\n")
                config, before = os.path.join(self.directory, way), len(gateway.rotated())
                with open(config, "w") as out:
                    out.write(text.replace("nocreate", way).replace("delaycompress", "").replace(script, f"kill -HUP {gateway.process.child.pid}"))
                os.chmod(config, 0o644)
                subprocess.run([shutil.which("logrotate") or "/usr/sbin/logrotate", "-f", "-s", config + ".state", config], check=True)
                wait_for(lambda: gateway.messages("reload refused, the configuration in force stays"), "the reload")
                self.assertEqual(self.ask()[0], 200)
                gateway.wait_event("exchange")
                self.assertEqual(len(gateway.rotated()), before + 1)

    def test_offsets_count_in_the_body(self):
        gateway = self.gateway({"format": "json"})
        message = krb.as_req(nonce=1)
        body = krb.proxy_message(message)
        begin = body.index(message)
        self.assertEqual(self.ask(body[:begin] + b"\x01" + body[begin + 1:])[0], 400)
        event = gateway.wait_event("malformed")[0]
        self.assertEqual((event["offset"], event["offset_in"]), (begin, "request"))

    def test_trace_headers_of_a_listener(self):
        guid = str(uuid.uuid4())
        named = ["client-request-id: " + guid, "return-client-request-id: true", "traceparent: " + TRACEPARENT]
        gateway = self.gateway({"format": "json"}, trace_headers=True)
        status, headers, _ = self.ask(headers=named)
        self.assertEqual((status, headers["client-request-id"]), (200, guid))
        event = gateway.wait_event("exchange", id=headers["x-ms-request-id"])[0]
        self.assertEqual((event["trace_id"], event["client_request_id"]), (TRACE, guid))
        status, headers, _ = self.ask(b"nonsense", named)
        self.assertEqual((status, headers["client-request-id"]), (400, guid))
        status, headers, _ = self.ask(krb.proxy_message(krb.as_req("SHUT.TEST"), "SHUT.TEST"), named)
        self.assertEqual((status, headers["client-request-id"]), (403, guid))
        self.assertNotIn("x-ms-request-id", self.ask()[1])

    def test_without_trace_headers_they_are_passed_over(self):
        gateway = self.gateway({"format": "json"})
        headers = self.ask(headers=["client-request-id: " + str(uuid.uuid4()), "traceparent: " + TRACEPARENT])[1]
        self.assertNotIn("x-ms-request-id", headers)
        self.assertNotIn("trace_id", gateway.wait_event("exchange")[0])


class FileGateway(Gateway):
    def __init__(self, directory, text, name, file):
        self.file = file
        super().__init__(directory, text, name)

    def records(self):
        if not os.path.exists(self.file):
            return []
        with open(self.file) as file:
            return [json.loads(line) for line in file.read().split("\n")[:-1] if line.startswith("{")]

    def rotated(self):
        return [name for name in os.listdir(os.path.dirname(self.file)) if name.startswith("ferrymand.log.")]


if __name__ == "__main__":
    unittest.main()
