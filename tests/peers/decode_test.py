"""`ferryman decode` reads what MIT's client, KDC and kadmind say to each other, as tshark does."""
import base64
import json
import os
import struct
import subprocess
import unittest

from lib.client import Client
from lib.gateway import BINARY
from lib.kdcs import MitKdc
from lib.recorder import recording
from lib.scenario import Scenario

TOOL = os.path.join(os.path.dirname(BINARY), "ferryman")


def decode(*args, stdin=b""):
    return subprocess.run([TOOL, "decode", *args], input=stdin, capture_output=True, timeout=60)


def find(node, name):
    """Every node of that name or type, in the order of the message."""
    found = [node] if name in (node.get("name"), node.get("type")) else []
    for child in node.get("children", []):
        found += find(child, name)
    return found


def values(node, name):
    return [found.get("value") for found in find(node, name)]


def etypes(message):
    return [field["value"] for name in ("etype", "keytype") for field in find(message, name) if "value" in field]


class DecodeTest(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc = cls.started(MitKdc(cls.directory, cls.authority, kdc_options="disable_encrypted_timestamp = false"))
        cls.keytab = os.path.join(cls.directory, "all.keytab")
        cls.kdc.run("kadmin.local", "-q", f"ktadd -norandkey -k {cls.keytab} HTTP/www.mit.test krbtgt/MIT.TEST "
                    "kadmin/changepw alice bob carol")
        cls.capture = os.path.join(cls.directory, "capture.pcapng")
        cls.ports = ["--port", f"{cls.kdc.port},{cls.kdc.kpasswd_port}"]
        cls.record()
        result = decode("--json", "--keytab", cls.keytab, *cls.ports, cls.capture)
        assert result.returncode == 0, result
        cls.messages = json.loads(result.stdout)["messages"]

    @classmethod
    def record(cls):
        with recording(cls.capture, cls.kdc.port, cls.kdc.kpasswd_port):
            for name, limit in (("udp", "65535"), ("tcp", "1")):
                client = Client(cls.directory, {cls.kdc.realm: {"kdc": cls.kdc.kdc, "kpasswd_server": cls.kdc.kpasswd}},
                                libdefaults={"udp_preference_limit": limit}, name="client-" + name)
                client.kinit("alice", "alice-pw")
                client.kvno("HTTP/www.mit.test")
                client.kpasswd("bob", "bob-pw", "bob-pw")
                client.kinit("nobody", "x", check=False)
                armored = Client(cls.directory, {cls.kdc.realm: {"kdc": cls.kdc.kdc}}, name="armored-" + name)
                armored.kinit("alice", "alice-pw", "-T", client.env["KRB5CCNAME"])

    def of_type(self, kind, transport=None):
        return [m for m in self.messages if m["message"].get("type") == kind and transport in (None, m["transport"])]

    def tshark(self, *fields):
        only = f"kerberos && (udp.port=={self.kdc.port} || tcp.port=={self.kdc.port})"
        args = ["tshark", "-r", self.capture, "-Y", only, "-T", "fields", "-E", "separator=|", "-E", "aggregator=,"]
        for transport in ("udp", "tcp"):
            args += ["-d", f"{transport}.port=={self.kdc.port},kerberos"]
        for field in fields:
            args += ["-e", field]
        out = subprocess.run(args, check=True, capture_output=True, text=True, timeout=120).stdout
        return [line.split("|") for line in out.splitlines()]

    def test_reads_what_tshark_reads(self):
        theirs = self.tshark("kerberos.msg_type", "kerberos.error_code", "kerberos.nonce")
        ours = []
        for message in (m for m in self.messages if f":{self.kdc.port}" in m["source"] + m["destination"]):
            tree = message["message"]
            outer = tree["children"]
            body = next((c["children"] for c in outer if c["name"] == "req-body"), [])
            ours.append((next(c["value"] for c in outer if c["name"] == "msg-type"),
                         next((c["value"] for c in outer if c["name"] == "error-code"), None),
                         next((c["value"] for c in body if c["name"] == "nonce"), None)))
        self.assertGreater(len(ours), 20)
        theirs = [(int(kinds.split(",")[0]), int(code) if code else None, nonce) for kinds, code, nonce in theirs]
        self.assertEqual([one[:2] for one in ours], [one[:2] for one in theirs])
        for (_, _, nonce), (_, _, their_nonce) in zip(ours, theirs):
            self.assertEqual(str(nonce) if nonce is not None else "", their_nonce)

    def test_names_and_etypes_are_tsharks(self):
        theirs = self.tshark("kerberos.CNameString", "kerberos.SNameString", "kerberos.ENCTYPE")
        ours = [m["message"] for m in self.messages if f":{self.kdc.port}" in m["source"] + m["destination"]]
        for message, (cname, sname, offered) in zip(ours, theirs):
            body = [c for c in message["children"] if c["name"] == "req-body"] or [message]
            # tshark shows neither what is encrypted nor the parts of a name together.
            names = [c["value"].replace("/", ",") for c in body[0]["children"] if c["name"] == "cname"]
            self.assertEqual(",".join(names), cname)
            names = [c["value"].replace("/", ",") for c in body[0]["children"] if c["name"] == "sname"]
            for name in names:
                self.assertIn(name, sname)
            if body[0] is not message:
                asked = [c for c in body[0]["children"] if c["name"] == "etype"][0]
                self.assertEqual(",".join(str(c["value"]) for c in asked["children"]), offered)

    def test_both_transports(self):
        for kind in ("AS-REQ", "AS-REP", "TGS-REQ", "TGS-REP", "KRB-ERROR"):
            for transport in ("UDP", "TCP"):
                self.assertTrue(self.of_type(kind, transport), f"{kind} over {transport}")
        self.assertTrue(self.of_type("KPASSWD-REQ") and self.of_type("KPASSWD-REP"))

    def test_everything_opens(self):
        closed = [(m["number"], m["message"]["type"], node["name"]) for m in self.messages
                  for node in find(m["message"], "EncryptedData") if "opened" not in node.get("note", "")]
        # SPAKE's keys are made of the password in ways a keytab does not help with.
        self.assertEqual([one for one in closed if one[2] != "factor"], [])

    def test_service_ticket(self):
        ticket = find(self.of_type("TGS-REP")[0]["message"], "ticket")[0]
        part = find(ticket, "EncTicketPart")[0]
        self.assertEqual(values(part, "cname"), ["alice"])
        self.assertIn("key of HTTP/www.mit.test@MIT.TEST", find(ticket, "enc-part")[0]["note"])
        pac = find(part, "PACTYPE")[0]
        self.assertEqual(values(find(pac, "CLIENT_INFO")[0], "name"), ["alice"])
        notes = self.signatures(part)
        self.assertRegex(notes.pop("SERVER_CHECKSUM"), r"^verified with the key of HTTP/www\.mit\.test@MIT\.TEST, kvno \d+$")
        self.assertEqual(set(notes), {"KDC_CHECKSUM", "TICKET_CHECKSUM"})
        for note in notes.values():
            self.assertRegex(note, r"^verified with the key of krbtgt/MIT\.TEST@MIT\.TEST, kvno \d+$")

    @staticmethod
    def signatures(node):
        return {name: find(found, "signature")[0]["note"]
                for name in ("SERVER_CHECKSUM", "KDC_CHECKSUM", "TICKET_CHECKSUM", "FULL_CHECKSUM") for found in find(node, name)[:1]}

    def signatures_with(self, keytab):
        """Those of the first service ticket, as that keytab shows them."""
        result = decode("--json", "--keytab", keytab, *self.ports, self.capture)
        self.assertEqual(result.returncode, 0, result)
        tickets = [find(m["message"], "ticket")[0] for m in json.loads(result.stdout)["messages"]
                   if m["message"].get("type") == "TGS-REP"]
        return self.signatures(find(tickets[0], "EncTicketPart")[0])

    def test_signatures_without_the_key_of_the_kdc(self):
        keytab = os.path.join(self.directory, "service.keytab")
        self.kdc.run("kadmin.local", "-q", f"ktadd -norandkey -k {keytab} HTTP/www.mit.test")
        notes = self.signatures_with(keytab)
        self.assertIn("verified", notes.pop("SERVER_CHECKSUM"))
        self.assertEqual(set(notes.values()),
                         {"not checked: no key of the krbtgt of MIT.TEST that makes hmac-sha1-96-aes256"})

    def test_signatures_that_the_key_of_the_kdc_did_not_make(self):
        """As a keytab of another krbtgt shows those of a ticket: it cannot be forged without the KDC's key."""
        keytab = os.path.join(self.directory, "service-and-other.keytab")
        self.kdc.run("kadmin.local", "-q", f"ktadd -norandkey -k {keytab} HTTP/www.mit.test")
        principal = struct.pack(">HH8sH6sH8s", 2, 8, b"MIT.TEST", 6, b"krbtgt", 8, b"MIT.TEST")
        entry = principal + struct.pack(">IIBHH", 2, 0, 1, 18, 32) + bytes(32) + struct.pack(">I", 1)
        with open(keytab, "ab") as file:
            file.write(struct.pack(">i", len(entry)) + entry)
        notes = self.signatures_with(keytab)
        self.assertIn("verified", notes.pop("SERVER_CHECKSUM"))
        self.assertEqual(set(notes.values()), {"wrong: not made with the key of krbtgt/MIT.TEST@MIT.TEST, kvno 1"})

    def test_keytabs_that_are_none(self):
        for octets, reason in ((b"", "no keytab (octet 0: truncated)"), (b"\5\1", "no keytab (octet 2: wrong value)"),
                               (b"\5\2", "no key that can be used is in it")):
            path = os.path.join(self.directory, "none.keytab")
            with open(path, "wb") as file:
                file.write(octets)
            self.assert_refused(decode("--keytab", path, stdin=b"x"), f"{path}: {reason}")

    def test_fast(self):
        requests = [m["message"] for m in self.of_type("AS-REQ") if find(m["message"], "KrbFastReq")]
        self.assertTrue(requests)
        names = {name for request in requests for name in values(find(request, "KrbFastReq")[0], "cname")}
        self.assertIn("alice", names)
        replies = [m["message"] for m in self.of_type("AS-REP") if find(m["message"], "KrbFastResponse")]
        self.assertTrue(replies)
        self.assertIn("strengthened", [c for c in replies[0]["children"] if c["name"] == "enc-part"][0]["note"])

    def test_encrypted_challenges_within_fast(self):
        for kind, whose, container in (("AS-REQ", "client's", "KrbFastReq"), ("AS-REP", "KDC's", "KrbFastResponse")):
            inside = [part for m in self.of_type(kind) for part in find(m["message"], container)]
            opened = [node for part in inside for padata in find(part, "padata-value") if find(padata, "PA-ENC-TS-ENC")
                      for node in [padata]]
            self.assertTrue(opened, kind)
            for node in opened:
                self.assertRegex(node["note"], f"^opened with the {whose} challenge key, of the armor key of the subkey of message "
                                 r"\d+ and the key of (alice|bob)@MIT\.TEST, kvno \d+$")
                self.assertTrue(values(node, "patimestamp"))

    def test_error_offers_etypes(self):
        error = next(m["message"] for m in self.of_type("KRB-ERROR") if values(m["message"], "error-code") == [25])
        self.assertEqual(find(error, "error-code")[0]["meaning"], "KDC_ERR_PREAUTH_REQUIRED")
        self.assertEqual(find(error, "e-data")[0]["type"], "METHOD-DATA")
        self.assertEqual(values(find(error, "ETYPE-INFO2")[0], "etype")[0], 18)
        self.assertIn("MIT.TESTalice", values(error, "salt"))

    def test_password_change(self):
        request = self.of_type("KPASSWD-REQ")[0]["message"]
        self.assertEqual(values(request, "new password"), ["6 octets (hidden; --secrets shows them)"])
        reply = self.of_type("KPASSWD-REP")[0]["message"]
        self.assertEqual(find(reply, "result-code")[0]["meaning"], "KRB5_KPASSWD_SUCCESS")

    def test_secrets(self):
        args = ["--keytab", self.keytab, *self.ports, self.capture]
        password = b"bob-pw".hex().encode()
        self.assertNotIn(password, decode(*args).stdout)
        self.assertIn(password, decode("--secrets", *args).stdout)
        keys = [node["value"] for m in self.messages for node in find(m["message"], "EncryptionKey")]
        self.assertTrue(keys)
        self.assertEqual({"hidden" in key for key in keys}, {True})

    def test_without_keytab(self):
        result = decode("--json", *self.ports, self.capture)
        self.assertEqual(result.returncode, 0)
        messages = json.loads(result.stdout)["messages"]
        self.assertEqual(len(messages), len(self.messages))
        self.assertEqual([n for m in messages for n in find(m["message"], "EncTicketPart")], [])

    def test_text(self):
        result = decode(*self.ports, self.capture)
        self.assertIn(b"#1 20", result.stdout)
        self.assertIn(f" -> {self.kdc.kdc} UDP\nAS-REQ\n".encode(), result.stdout)

    def test_capture_cut_short(self):
        with open(self.capture, "rb") as file:
            whole = file.read()
        cut = os.path.join(self.directory, "cut.pcapng")
        with open(cut, "wb") as file:
            file.write(whole[:len(whole) // 2])
        result = decode("--json", *self.ports, cut)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertRegex(result.stderr.decode(), f"^ferryman decode: {cut}: .")
        self.assertGreater(len(json.loads(result.stdout)["messages"]), 5)

    def test_other_ports(self):
        result = decode(self.capture)
        self.assertEqual((result.returncode, result.stdout), (1, b""))
        self.assertIn(b"no Kerberos message is in it", result.stderr)

    def test_forms_of_one_message(self):
        """Hexadecimal and base64, as an argument and as a file, with and without a length before it."""
        error = bytes.fromhex("7e1b3019a003020105a10302011ea403020100a503020100a60302013c")
        first = decode("--json", stdin=error)
        self.assertEqual(first.returncode, 1)
        self.assertIn(b"is missing", first.stdout)
        for args, stdin in (([], error.hex().encode()), ([], base64.b64encode(error) + b"\n"),
                            (["--hex", error.hex(":")], b""), (["--base64", base64.b64encode(error).decode()], b""),
                            (["--format", "raw"], error), (["-"], error)):
            self.assertEqual(decode("--json", *args, stdin=stdin).stdout, first.stdout, args)

    def assert_refused(self, result, reason):
        self.assertEqual((result.returncode, result.stdout), (2, b""))
        self.assertEqual(result.stderr.decode(), f"ferryman decode: {reason}\n")

    def test_wrong_input(self):
        missing = os.path.join(self.directory, "missing")
        self.assert_refused(decode(missing), f"{missing}: No such file or directory")
        self.assert_refused(decode(self.directory), f"{self.directory}: Is a directory")
        self.assert_refused(decode(stdin=b""), "standard input: it is empty")
        self.assert_refused(decode("--hex", "6"), "--hex: an odd number of hexadecimal digits")
        self.assert_refused(decode("--format", "pcap", stdin=b"garbage!"), "standard input: unknown file format")
        keys = decode("--keytab", missing, stdin=b"x")
        self.assertEqual(keys.returncode, 2)
        self.assertRegex(keys.stderr.decode(), f"^ferryman decode: {missing}: No such file or directory\n$")
        garbage = decode(stdin=b"\xff\x1b[31mgarbage")
        self.assertEqual(garbage.returncode, 1)
        self.assertIn(b"no KDC-PROXY-MESSAGE", garbage.stdout)
        self.assertNotIn(b"\x1b", garbage.stdout)
        self.assertEqual(decode("--nonsense").returncode, 2)


if __name__ == "__main__":
    unittest.main()
