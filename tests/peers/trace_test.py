"""`ferryman trace` of MIT's clients at a gateway: its captures are to tshark what a capture on the wire is."""
import base64
import json
import os
import re
import socket
import subprocess
import threading
import unittest

from lib import krb
from lib.client import Client
from lib.forwarder import Forwarder
from lib.gateway import TOOL, Gateway, configuration
from lib.https import Connection
from lib.kdcs import MitKdc
from lib.own_realm import PASSWORDS, OwnRealmScenario
from lib.partial_tgt import PartialTgt
from lib.proc import free_port, wait_for
from lib.recorder import Recorder
from lib.scenario import Scenario
from lib.sign_in import SignInScenario
from lib.tracer import Tracer, begun, messages, rows
from lib import keytab as keytabs
from peers.logon import gateway_url

COMMENT, CHAT, NOTE, GOOD = 0x100000, 0x200000, 0x400000, "1"
CLOSING = r"This frame (initiates|undergoes) the connection closing"  # an orderly end is worth a note to tshark 4.0
SERVICE = "HTTP/www.mit.test"


def connected(path):
    client = socket.socket(socket.AF_UNIX)
    client.connect(path)
    client.settimeout(20)
    return client


class TraceScenario(Scenario):
    more_of_tls = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc = cls.started(MitKdc(cls.directory, cls.authority, kdc_options="disable_encrypted_timestamp = false"))
        cls.port, cls.socket = free_port(), os.path.join(cls.directory, "admin.sock")
        realm = {"kdc": [cls.kdc.kdc], "kpasswd": [cls.kdc.kpasswd], "allow_unarmored_password": True}
        cls.gateway = cls.started(Gateway(cls.directory, configuration(
            [{"address": f"127.0.0.1:{cls.port}"}], {cls.kdc.realm: realm, "SHUT.TEST": {"kdc": [cls.kdc.kdc], "allow": ["tgs-req"]}},
            {**cls.tls, **{key: os.path.join(cls.directory, name) for key, name in cls.more_of_tls.items()}},
            admin={"socket": cls.socket})))
        cls.url = gateway_url(cls.port)
        cls.keytab = os.path.join(cls.directory, "all.keytab")
        cls.kdc.run("kadmin.local", "-q", f"ktadd -norandkey -k {cls.keytab} {SERVICE} krbtgt/MIT.TEST kadmin/changepw alice bob")

    @classmethod
    def watching(cls, *args, name="trace"):
        tracer = Tracer(cls.directory, cls.socket, *args, name=name)
        cls.addClassCleanup(tracer.stop)
        tracer.wait_begun(cls.gateway)
        return tracer

    @classmethod
    def record(cls, file, *ports):
        recorder = Recorder(file, *ports)
        cls.addClassCleanup(recorder.stop)
        return recorder

    @classmethod
    def client(cls, name, **relations):
        realm = {"kdc": cls.url, "kpasswd_server": cls.url, "http_anchors": "FILE:" + cls.authority.certificate, **relations}
        return Client(cls.directory, {cls.kdc.realm: realm}, name=name)

    @classmethod
    def post(cls, connection, message, realm="MIT.TEST"):
        body = krb.proxy_message(message, realm)
        connection.send(b"POST /KdcProxy HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        return connection.response()[0]


class WiresharkTest(TraceScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.capture, cls.wire = (os.path.join(cls.directory, name) for name in ("trace.pcapng", "wire.pcapng"))
        recorder = cls.record(cls.wire, cls.kdc.port, cls.kdc.kpasswd_port)
        tracer = cls.watching("--pcapng", cls.capture)
        cls.talk("http10", kdc=cls.url, kpasswd_server=cls.url)
        forwarder = cls.started(Forwarder(cls.directory, "--realm", cls.kdc.realm, "--gateway", cls.url,
                                          "--ca-file", cls.authority.certificate))
        cls.talk("http2", kdc=forwarder.kdc, kpasswd_server=forwarder.kpasswd)
        cls.gateway.wait_event("exchange", count=2, result="AS-REP", armored=True)  # the last of each
        cls.events = cls.gateway.events("exchange")
        tracer.wait_lines(len(cls.events))
        cls.code, cls.lines = tracer.end(), tracer.lines()
        recorder.end()
        ports = (("kerberos", cls.kdc.port), ("kpasswd", cls.kdc.kpasswd_port))
        cls.as_kerberos = [word for name, port in ports for kind in ("tcp", "udp") for word in ("-d", f"{kind}.port=={port},{name}")]

    @classmethod
    def talk(cls, name, **relations):
        client = cls.client(name, **relations)
        client.kinit("alice", "alice-pw")
        client.kvno(SERVICE)
        client.kpasswd("bob", "bob-pw", "bob-pw")
        client.kinit("nobody", "x", check=False)
        armored = cls.client(name + "-armored", **relations)
        armored.kinit("alice", "alice-pw", "-T", client.env["KRB5CCNAME"])

    def test_ends_in_order(self):
        self.assertEqual(self.code, 0)

    def test_both_ways_were_taken(self):
        self.assertEqual({event["http"] for event in self.events}, {"HTTP/1.0", "HTTP/2"})

    def test_no_complaint(self):
        found = rows(self.capture, "frame.protocols", "_ws.malformed", "_ws.expert.severity", "_ws.expert.message",
                     "tcp.checksum.status", "udp.checksum.status", "ip.checksum.status")
        self.assertGreater(len(found), 4 * len(self.events))
        for row, (protocols, malformed, severities, texts, *sums) in enumerate(found, 1):
            with self.subTest(frame=row):
                self.assertEqual(malformed, "")
                found_in = {int(one) for one in severities.split(",") if one}
                self.assertLessEqual(found_in, {COMMENT, CHAT, NOTE}, texts)
                if NOTE in found_in:
                    self.assertRegex(texts, CLOSING)
                self.assertNotRegex(texts, "(?i)retransmission|reused|out-of-order|window")
                self.assertEqual({one for one in sums if one}, {GOOD}, protocols)

    def test_every_field_is_that_of_the_wire(self):
        """Twice: from the client, and at the KDC."""
        for keytab in (None, self.keytab):
            with self.subTest(keytab=keytab):
                wire = messages(self.wire, *self.as_kerberos, keytab=keytab)
                # A KDC that is slow is asked again: on the wire that stands twice.
                closed = [one.fields for one in messages(self.wire, *self.as_kerberos)]
                wire = sorted(one.fields for number, one in enumerate(wire) if closed[number] not in closed[:number])
                traced = messages(self.capture, keytab=keytab)
                sides = [sorted(one.fields for one in traced if side in one.comment) for side in ("of the client", "at the KDC")]
                self.assertEqual(len(wire), 2 * len(self.events))
                for side in sides:
                    for one, other in zip(side, wire):
                        self.assertEqual(one, other)
                    self.assertEqual(len(side), len(wire))

    def test_tickets_open(self):
        opened = [one for one in messages(self.capture, keytab=self.keytab)
                  if any(name == "kerberos.encTicketPart_element" for name, _ in one.fields)]
        self.assertGreater(len(opened), 8)

    def test_comments_have_the_ids(self):
        comments = " ".join(comment for comment, in rows(self.capture, "frame.comment"))
        for event in self.events:
            self.assertIn(f"exchange {event['id']}, ", comments)

    def test_addresses_are_the_real_ones(self):
        sources = {f"{source}:{port}" for source, port, where in rows(self.capture, "ip.src", "tcp.srcport", "tcp.dstport")
                   if where in ("88", "464")}
        self.assertLessEqual({event["client"] for event in self.events}, sources)

    def test_the_flow(self):
        """A logon, a service's ticket, a password change, an unknown user, and a logon by FAST; twice."""
        flow = [re.sub(r"^\S+ 127\.0\.0\.1:\d+ (.*) [\d.]+ ms 127\.0\.0\.1:\d+ (udp|tcp)$", r"\1", line) for line in self.lines]
        short = [re.sub(r" (padata|etypes) [-\d,]+", "", line) for line in flow]
        logon = ["AS-REQ alice@MIT.TEST → KRB-ERROR PREAUTH_REQUIRED",
                 "AS-REQ alice@MIT.TEST → AS-REP ticket for krbtgt/MIT.TEST@MIT.TEST etype 18 key 18"]
        self.assertEqual(short[:2], logon)
        half = len(short) // 2
        self.assertEqual(short[half:], short[:half])
        tgs = f"TGS-REQ {SERVICE}@MIT.TEST (FAST) → TGS-REP ticket of alice@MIT.TEST etype 18 key 18"
        self.assertEqual(short[2], tgs)
        self.assertIn("KPASSWD → KPASSWD-REP", short)
        self.assertIn("AS-REQ nobody@MIT.TEST → KRB-ERROR C_PRINCIPAL_UNKNOWN", short)
        self.assertEqual(short[half - 2:half],
                         ["AS-REQ WELLKNOWN/ANONYMOUS@MIT.TEST" if "WELLKNOWN" in short[half - 2] else
                          "AS-REQ alice@MIT.TEST (FAST) → KRB-ERROR PREAUTH_REQUIRED",
                          "AS-REQ alice@MIT.TEST (FAST) → AS-REP ticket for krbtgt/MIT.TEST@MIT.TEST etype 18 key 18"])
        self.assertRegex(flow[0], r"^AS-REQ alice@MIT\.TEST padata [\d,]+ etypes 18,17,20,19\S* → ")


class FormsTest(TraceScenario):
    def test_ends_when_its_reader_has_gone(self):
        trace = subprocess.Popen([TOOL, "trace", "--socket", self.socket], stdout=subprocess.PIPE)
        self.addCleanup(trace.kill)
        wait_for(lambda: begun(self.gateway, trace.pid), "the trace")
        trace.stdout.close()
        self.assertEqual(trace.wait(20), 0)

    def test_into_tshark(self):
        """As people use it: dissected while it goes on."""
        client = self.client("pipe")
        out = os.path.join(self.directory, "tshark.out")
        with open(out, "w") as file:
            trace = subprocess.Popen([TOOL, "trace", "--socket", self.socket, "--pcapng", "-", "--count", "3"], stdout=subprocess.PIPE)
            shark = subprocess.Popen(["tshark", "-l", "-i", "-", "-Y", "kerberos"], stdin=trace.stdout, stdout=file,
                                     stderr=subprocess.DEVNULL)
            trace.stdout.close()
            for process in (trace, shark):
                self.addCleanup(process.kill)
            wait_for(lambda: begun(self.gateway, trace.pid), "the trace")
            client.kinit("alice", "alice-pw")
            wait_for(lambda: self.shown(out).count("AS-REP") == 2, "tshark to show the logon")
            client.kvno(SERVICE)
            self.assertEqual(trace.wait(20), 0)
            self.assertEqual(shark.wait(60), 0)
        self.assertEqual(self.shown(out).count("TGS-REP"), 2)

    @staticmethod
    def shown(file):
        with open(file) as opened:
            return opened.read()

    def test_json_and_filters(self):
        by_user = self.watching("--json", "--user", "alice", "--client", "127.0.0.0/8", "--realm", "mit.test", name="user")
        by_result = self.watching("--json", "--result", "preauth_required", name="result")
        nobody = self.watching("--client", "192.0.2.1", name="nobody")
        client = self.client("filters")
        client.kinit("nobody", "x", check=False)
        client.kinit("alice", "alice-pw")
        client.kvno(SERVICE)
        first, second = map(json.loads, by_user.wait_lines(2))
        self.assertEqual((first["cname"], first["result"], second["result"]), ("alice", "KDC_ERR_PREAUTH_REQUIRED", "AS-REP"))
        self.assertRegex(first["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
        self.assertEqual(json.loads(by_result.wait_lines(1)[0])["id"], first["id"])
        for tracer, count in ((by_user, 2), (by_result, 1), (nobody, 0)):
            self.assertEqual((tracer.end(), len(tracer.lines())), (0, count))

    def test_trees(self):
        tracer, objects = self.watching("-v", "--count", "1", name="trees"), self.watching("-v", "--json", "--count", "1", name="objects")
        self.client("trees").kinit("nobody", "x", check=False)
        self.assertEqual((tracer.process.child.wait(20), objects.process.child.wait(20)), (0, 0))
        self.assertIn("error-code: 6 (KDC_ERR_C_PRINCIPAL_UNKNOWN)", tracer.text())
        self.assertEqual(json.loads(objects.text())["reply_message"]["type"], "KRB-ERROR")

    def test_a_refusal_of_the_gateways_own(self):
        tracer = self.watching("--result", "refused", name="refused")
        connection = Connection(self.port, ca=self.authority.certificate)
        self.addCleanup(connection.close)
        self.assertEqual(self.post(connection, krb.as_req("SHUT.TEST"), "SHUT.TEST"), 403)
        self.assertRegex(tracer.wait_lines(1)[0], "AS-REQ alice@SHUT.TEST .*→ KRB-ERROR POLICY of the gateway's own: refused message_type HTTP 403")
        self.assertEqual(tracer.end(), 0)

    def test_who_may(self):
        result = subprocess.run([TOOL, "trace", "--socket", "/nonexistent/admin.sock"], capture_output=True, text=True, timeout=20)
        self.assertEqual((result.returncode, len(result.stderr.splitlines())), (5, 1), result.stderr)
        self.assertIn("No ferrymand listens", result.stderr)
        self.assertEqual(os.stat(self.socket).st_mode & 0o777, 0o600)

    def test_what_is_no_request(self):
        client = connected(self.socket)
        self.addCleanup(client.close)
        for line, reason in ((b"{}", "not_understood"), (b'{"version":1,"command":"x"}', "not_understood"),
                             (b'{"version":1,"command":"trace","arguments":{"client":"x"}}', "invalid"),
                             (b'{"version":2,"command":"trace"}', "wrong_version")):
            client.sendall(line + b"\n")
            self.assertEqual(json.loads(client.recv(65536))["error"]["reason"], reason)

    def test_no_more_than_eight(self):
        clients = []
        for number in range(9):
            clients.append(connected(self.socket))
            self.addCleanup(clients[-1].close)
            clients[-1].sendall(b'{"version":1,"command":"trace"}\n')
            answer = json.loads(clients[-1].recv(65536))
            self.assertEqual(answer["ok"], number < 8)
        self.assertEqual(answer["error"]["reason"], "busy")
        for client in clients:
            client.close()
        wait_for(lambda: self.ask_once()["ok"], "room for another trace")

    def ask_once(self):
        client = connected(self.socket)
        client.sendall(b'{"version":1,"command":"trace"}\n')
        answer = json.loads(client.recv(65536))
        client.close()
        return answer


    def test_no_key_log_is_written(self):
        result = subprocess.run([TOOL, "trace", "--socket", self.socket, "--keys", "--pcapng", os.path.join(self.directory, "no.pcapng")],
                                capture_output=True, text=True, timeout=20)
        self.assertEqual((result.returncode, "[tls] key_log" in result.stderr), (3, True), result.stderr)


class KeysTest(TraceScenario):
    more_of_tls = {"key_log": "keys"}

    def test_https_opens_in_wireshark(self):
        keys, capture, wire, both = (os.path.join(self.directory, name) for name in ("keys", "trace.pcapng", "https.pcapng", "both.pcapng"))
        self.assertIn("secrets of all TLS connections", self.gateway.process.text())
        recorder = self.record(wire, self.port)
        tracer = self.watching("--keys", "--pcapng", capture)
        self.client("https").kinit("alice", "alice-pw")
        tracer.wait_lines(2)
        self.assertEqual((tracer.end(), os.stat(keys).st_mode & 0o777), (0, 0o600))
        recorder.end()
        subprocess.run(["mergecap", "-a", "-w", both, capture, wire], check=True, timeout=60)
        found = rows(both, "http.request.method", args=("-Y", "http.request", "-d", f"tcp.port=={self.port},tls"))
        self.assertEqual(found, [["POST"]] * 2)


class LoadTest(TraceScenario):
    def test_who_reads_nothing_loses_records_alone(self):
        slow = connected(self.socket)
        self.addCleanup(slow.close)
        slow.sendall(b'{"version":1,"command":"trace","arguments":{"packets":true}}\n')
        self.assertTrue(json.loads(slow.recv(4096))["ok"])
        connection = Connection(self.port, ca=self.authority.certificate)
        self.addCleanup(connection.close)
        sent = 120
        for _ in range(sent):  # 10 MiB of records
            self.assertEqual(self.post(connection, krb.as_req("SHUT.TEST", padding=60_000), "SHUT.TEST"), 403)
        got, lost, buffer = 0, 0, b""
        while got + lost < sent:
            buffer += slow.recv(1 << 20)
            *lines, buffer = buffer.split(b"\n")
            for line in map(json.loads, lines):
                got, lost = (got, lost + line["lost"]) if "lost" in line else (got + 1, lost)
                if "lost" not in line:
                    self.assertGreater(len(base64.b64decode(line["request"])), 60_000)
        self.assertGreater(lost, 0)
        self.assertEqual(got + lost, sent)

    def test_traces_that_come_and_go_cost_no_request(self):
        stop, answers = threading.Event(), []

        def ask():
            while not stop.is_set():
                connection = Connection(self.port, ca=self.authority.certificate)
                for _ in range(500):  # half of what a connection is good for
                    answers.append(self.post(connection, krb.as_req("SHUT.TEST"), "SHUT.TEST"))
                    if stop.is_set():
                        break
                connection.close()

        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        for _ in range(40):
            client = connected(self.socket)
            client.sendall(b'{"version":1,"command":"trace","arguments":{"packets":true}}\n')
            self.assertIn(b'"ok":true', client.recv(200))
            client.recv(200)
            client.close()
        stop.set()
        for thread in threads:
            thread.join(20)
        self.assertEqual(set(answers), {403})
        self.assertGreater(len(answers), 40)


class PartialTgtTest(OwnRealmScenario):
    """A read-only domain controller's TGT is exchanged, by MIT's kvno through the gateway."""

    NUMBER = 7

    def test_in_words_and_to_wireshark(self):
        admin = os.path.join(self.directory, "admin.sock")
        self.serve(gateway={"admin": {"socket": admin}})
        self.kdc.add_group("remote", "alice")
        keytab = os.path.join(self.directory, "rodc.keytab")
        self.kdc.admin("ad", "rodc", "add", str(self.NUMBER), "--allow", "remote", "-o", keytab)
        (_, _, kvno, key), = keytabs.entries(keytab)
        client = self.client()
        PartialTgt(self.kdc.realm, key, kvno, "alice", self.kdc.show("user", "alice")["sid"]).write_ccache(client.env["KRB5CCNAME"])
        capture = os.path.join(self.directory, "partial.pcapng")
        tracer = self.running(Tracer(self.directory, admin, "--pcapng", capture))
        tracer.wait_begun(self.gateway)
        client.kvno(self.service)
        count = len(self.gateway.wait_event("exchange"))
        self.assertRegex(tracer.wait_lines(count)[0], rf"TGS-REQ {self.service}@CLOUD.TEST .*\(FAST, partial TGT of krbtgt_7\) → TGS-REP")
        self.assertEqual(tracer.end(), 0)
        for malformed, severities, texts in rows(capture, "_ws.malformed", "_ws.expert.severity", "_ws.expert.message"):
            self.assertEqual(malformed, "")
            self.assertLessEqual({int(one) for one in severities.split(",") if one}, {COMMENT, CHAT}, texts)
        found = messages(capture, keytab=keytab)
        self.assertEqual(len(found), 2 * count)
        self.assertTrue(any(name == "kerberos.encTicketPart_element" for name, _ in found[0].fields))


class SignInTest(SignInScenario):
    """Its steps are shown, and none of its secrets."""

    @classmethod
    def serve(cls, **sections):
        cls.admin = os.path.join(cls.directory, "admin.sock")
        super().serve(gateway={"admin": {"socket": cls.admin}}, **sections)

    def test_a_logon_with_a_key(self):
        enrolled = self.enrolled_by(self.entra())
        tracer = self.running(Tracer(self.directory, self.admin, "-v"))
        tracer.wait_begun(self.gateway)
        prt = enrolled.log_on()
        lines = tracer.wait_lines(3)  # a nonce for what the key signs, and one for the device
        self.assertEqual(tracer.end(), 0)
        steps = [re.sub(r"^\S+ 127\.0\.0\.1:\d+ (.*) [\d.]+ ms$", r"\1", line) for line in lines]
        at = f"sign-in at {self.tenant_id}"
        self.assertEqual(steps, [f"{at} nonce → sign_in HTTP 200"] * 2 + [f"{at} PRT-and-TGT → sign_in HTTP 200"])
        self.assertNotIn(prt.text[:20], tracer.text())


if __name__ == "__main__":
    unittest.main()
