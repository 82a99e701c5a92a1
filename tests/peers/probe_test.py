"""`ferryman probe` before proxies that are right, and before some that are wrong in one way each."""
import json
import os
import socket
import ssl
import subprocess
import threading
import time
import unittest

from lib import krb
from lib.gateway import BINARY, Gateway, configuration
from lib.kdcs import MitKdc
from lib.pki import Authority, openssl
from lib.proc import Process, free_port, listens, wait_for
from lib.scenario import Scenario

TOOL = os.path.join(os.path.dirname(BINARY), "ferryman")

KDCPROXY = """
import ssl, sys, kdcproxy
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer, make_server
class Server(ThreadingMixIn, WSGIServer): daemon_threads = True
server = make_server("127.0.0.1", int(sys.argv[1]), kdcproxy.Application(), server_class=Server)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""


def kdc_answer(request):
    """What a proxy before a KDC of MIT.TEST says: an error of the KDC's, framed as the request was; None where it
    refuses."""
    now = time.strftime("%Y%m%d%H%M%SZ", time.gmtime()).encode()
    error = krb.krb_error(6).replace(b"20260101000000Z", now)
    body = request.split(b"\r\n\r\n", 1)[1]
    inner = krb.general_string("MIT.TEST")
    if not request.startswith(b"POST /KdcProxy ") or body.count(inner) < 3 or len(body) > 128 * 1024:
        return None
    bare = krb.read_tlv(krb.read_tlv(krb.read_tlv(body)[1])[1])[1][:1] == b"\x6a"
    return krb.proxy_message(error, None, prefix=not bare)


class Misbehaving:
    """A TLS server. behave(connection, request, answer) writes the answer (None: a refusal) its own way; "keep"
    means that the connection goes on."""

    def __init__(self, certificate, key, behave, setup=None):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        if setup:
            setup(self.context)
        self.behave = behave
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                raw, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve_one, args=(raw,), daemon=True).start()

    def serve_one(self, raw):
        try:
            raw.settimeout(30)
            with self.context.wrap_socket(raw, server_side=True) as connection:
                request = self.read(connection)
                while request and self.behave(connection, request, kdc_answer(request)) == "keep":
                    request = self.read(connection)
                if request:
                    connection.unwrap()
        except (OSError, ValueError, AssertionError, IndexError):
            raw.close()

    def read(self, connection):
        data = b""
        while True:
            more = connection.recv(65536)
            data += more
            head, end, body = data.partition(b"\r\n\r\n")
            sizes = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            if not more or end and (not sizes or len(body) >= int(sizes[0].split(b":")[1])):
                return data

    def stop(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()


def head(body, status="200 OK", more=""):
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode()


def plain(connection, request, answer):
    if answer is None:
        connection.sendall(head(b"no", "400 Bad Request", "Connection: close\r\n") + b"no")
        return None
    old = b" HTTP/1.0\r\n" in request
    connection.sendall(head(answer, more="Connection: close\r\n" if old else "") + answer)
    return None if old else "keep"


class ProbeTest(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc = cls.started(MitKdc(cls.directory, cls.authority))
        cls.kdc.run("kadmin.local", "-q", "addprinc -requires_preauth -pw dave-pw dave")
        cls.published = cls.authority.issue("published", """\
            [ext]
            basicConstraints=CA:FALSE
            extendedKeyUsage=serverAuth
            subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1
            crlDistributionPoints=URI:http://crl.example/ca.crl
            """, days=60)

    def gateway(self, certificate=None, name="gateway", **realm):
        port = free_port()
        certificate, key = certificate or self.published
        self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}], {"MIT.TEST": {"kdc": [self.kdc.kdc], **realm}},
            {"certificate": certificate, "private_key": key}), name=f"{name}-{self.id()}"))
        return port

    def run_probe(self, url, *args, ca=True):
        trust = ["--cacert", self.authority.certificate] if ca else []
        if "--realm" not in args:
            args = ("--realm", "MIT.TEST", *args)
        return subprocess.run([TOOL, "probe", str(url), *trust, *args], capture_output=True, timeout=60)

    def probe(self, port, *args, host="localhost", ca=True):
        result = self.run_probe(f"https://{host}:{port}/KdcProxy", "--json", *args, ca=ca)
        report = json.loads(result.stdout)
        self.assertEqual(report["exit_code"], result.returncode)
        report["by_id"] = {one["id"]: one for one in report["findings"]}
        return report

    def check(self, report, **expected):
        """Each finding's severity and words; nothing else is worse than ok."""
        for key, (severity, words) in expected.items():
            self.assertEqual(report["by_id"][key]["severity"], severity, report["by_id"][key])
            self.assertIn(words, report["by_id"][key]["sentence"])
            self.assertEqual(report["by_id"][key]["advice"] == "", severity == "ok")
        bad = {one["id"]: one for one in report["findings"] if one["severity"] != "ok"}
        self.assertEqual(set(bad), {key for key, (severity, _) in expected.items() if severity != "ok"}, bad)

    def verdicts(self, report):
        return {key: one["verdict"] for key, one in report["clients"].items()}

    # Real proxies

    def test_ferrymand(self):
        report = self.probe(self.gateway())
        self.check(report, kdc_answer=("ok", "KDC_ERR_C_PRINCIPAL_UNKNOWN"), realm_name=("ok", "MIT.TEST"), clock=("ok", "clock"),
                   unarmored_password=("ok", "not let in"), http_1_0=("ok", "as MIT's client needs it, and closed"),
                   http_1_1=("ok", "are kept"), http_2=("ok", "HTTP 200"), get_refused=("ok", "405"), path_refused=("ok", "404"),
                   size_refused=("ok", "413"), garbage_refused=("ok", "400"), no_domain_refused=("ok", "400"),
                   mismatch_refused=("ok", "400"), other_realm_refused=("ok", "503"), no_prefix=("ok", "answered alike"),
                   tls_1_0=("ok", "not let in"), tls_resumption=("ok", "are resumed"), revocation=("ok", "(CRL)"))
        self.assertEqual((report["state"], report["exit_code"]), ("OK", 0))
        self.assertEqual(set(report["times_us"]), {"dns", "connect", "tls", "first", "kept", "total"})
        self.assertEqual(set(self.verdicts(report).values()), {"works with remarks"})
        self.assertEqual(report["chain"]["certificates"][0]["names"], ["localhost", "127.0.0.1", "::1"])

    def test_ferrymand_that_lets_passwords_in(self):
        report = self.probe(self.gateway(allow_unarmored_password=True))
        self.check(report, unarmored_password=("warning", "let in (KDC_ERR_C_PRINCIPAL_UNKNOWN)"))
        self.assertEqual(report["exit_code"], 1)
        self.assertEqual(set(self.verdicts(report).values()), {"works"})

    def test_users(self):
        port = self.gateway()
        self.check(self.probe(port, "--user", "alice"), kdc_answer=("ok", "PREAUTH_REQUIRED"), preauthentication=("ok", "alice must"))
        self.check(self.probe(port, "--user", "dave"), preauthentication=("warning", "dave gets a ticket without"))
        self.check(self.probe(port, "--user", "erna"), kdc_answer=("warning", "knows no user erna"))

    def test_a_wrong_password_only_at_ones_own_risk(self):
        port = self.gateway(allow_unarmored_password=True)
        self.probe(port, "--user", "bob")
        with open(os.path.join(self.kdc.directory, "kdc.log")) as log:
            self.assertNotIn("PREAUTH_FAILED", log.read())
        self.check(self.probe(port, "--user", "bob", "--risk-lockout"), unarmored_password=("warning", "let in (KDC_ERR_PREAUTH_FAILED)"))
        self.assertEqual(self.run_probe(f"localhost:{port}", "--risk-lockout").returncode, 3)

    def test_another_realm_than_the_proxy_serves(self):
        report = self.probe(self.gateway(), "--realm", "OTHER.TEST")
        self.check(report, kdc_answer=("critical", "no KDC answers, or the realm is not declared"))
        self.assertEqual(set(self.verdicts(report).values()), {"does not work"})

    def test_the_kdc_does_not_run(self):
        report = self.probe(self.gateway(kdc=[f"127.0.0.1:{free_port()}"]))
        self.check(report, kdc_answer=("critical", "HTTP 503"))

    def test_python_kdcproxy(self):
        port = free_port()
        config = os.path.join(self.directory, "kdcproxy.conf")
        with open(config, "w") as file:
            file.write(f"[global]\nuse_dns = false\n[MIT.TEST]\nkerberos = kerberos+tcp://{self.kdc.kdc}\n")
        self.running(Process(["/usr/bin/python3", "-c", KDCPROXY, str(port), *self.published],
                             os.path.join(self.directory, "kdcproxy.log"), {"KDCPROXY_CONFIG": config}))
        wait_for(lambda: listens("127.0.0.1", port), "python-kdcproxy")
        report = self.probe(port)
        self.check(report, kdc_answer=("ok", "KDC_ERR_C_PRINCIPAL_UNKNOWN"), unarmored_password=("warning", "let in"),
                   mismatch_refused=("warning", "two realms differ is taken"), path_refused=("warning", "another path is taken"),
                   no_prefix=("warning", "is refused (HTTP 400)"), http_1_0=("ok", "without close_notify"), http_1_1=("ok", "not kept"),
                   get_refused=("ok", "405"), other_realm_refused=("ok", "503"))
        self.assertEqual(self.verdicts(report)["apple"], "works with remarks")

    def test_plain_http_behind_a_front(self):
        port = free_port()
        self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}", "tls": False}], {"MIT.TEST": {"kdc": [self.kdc.kdc]}}), name=self.id()))
        result = self.run_probe(f"http://127.0.0.1:{port}", "--json")
        report = json.loads(result.stdout)
        self.assertEqual(result.returncode, 1)
        self.assertEqual([one["id"] for one in report["findings"] if one["severity"] != "ok"], ["plain_http"])

    def test_stapled_responses(self):
        certificate, key = self.published
        serial = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-serial"], capture_output=True, text=True,
                                check=True).stdout.strip().partition("=")[2]
        for state, severity, words in (("V\t400101000000Z\t\t", "ok", "stapled and good"),
                                       ("R\t400101000000Z\t260101000000Z\t", "critical", "is revoked")):
            index, response = self.directory + "/index.txt", self.directory + "/ocsp.der"
            with open(index, "w") as file:
                file.write(f"{state}{serial}\tunknown\t/CN=published\n")
            subprocess.run(["openssl", "ocsp", "-index", index, "-CA", self.authority.certificate, "-rsigner", self.authority.certificate,
                            "-rkey", self.authority.key, "-issuer", self.authority.certificate, "-cert", certificate, "-ndays", "1",
                            "-respout", response], check=True, capture_output=True)
            port = free_port()
            self.running(Gateway(self.directory, configuration(
                [{"address": f"127.0.0.1:{port}"}], {"MIT.TEST": {"kdc": [self.kdc.kdc]}},
                {"certificate": certificate, "private_key": key, "ocsp_response": response}), name=f"{self.id()}-{severity}"))
            self.check(self.probe(port), stapling=(severity, words))

    # Proxies that are wrong

    def server(self, behave=plain, certificate=None, setup=None):
        return self.running(Misbehaving(*(certificate or self.published), behave, setup)).port

    unarmored = {"unarmored_password": ("warning", "let in")}

    def test_the_server_of_these_tests_is_right_otherwise(self):
        self.check(self.probe(self.server()), **self.unarmored)

    def test_stays_open(self):
        def behave(connection, request, answer):
            plain(connection, request, answer)
            return "keep"
        report = self.probe(self.server(behave))
        self.check(report, http_1_0=("critical", "hangs"), **self.unarmored)
        self.assertEqual((self.verdicts(report)["mit"], self.verdicts(report)["windows"]), ("does not work", "works"))

    def test_chunks_to_http_1_0(self):
        def behave(connection, request, answer):
            if answer is None or b" HTTP/1.1\r\n" in request:
                return plain(connection, request, answer)
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(answer) + answer + b"\r\n0\r\n\r\n")
        report = self.probe(self.server(behave))
        self.check(report, http_1_0=("critical", "in chunks"), **self.unarmored)
        self.assertEqual(self.verdicts(report)["mit"], "does not work")

    def test_100_continue_first(self):
        def behave(connection, request, answer):
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            return plain(connection, request, answer)
        self.check(self.probe(self.server(behave)), http_1_0=("critical", "answered with 100 first"), **self.unarmored)

    def test_closes_without_close_notify(self):
        def behave(connection, request, answer):
            if plain(connection, request, answer) == "keep":
                return "keep"
            connection.close()
            raise OSError
        self.check(self.probe(self.server(behave)), http_1_0=("ok", "without close_notify"), **self.unarmored)

    def test_redirect(self):
        def behave(connection, request, answer):
            connection.sendall(head(b"", "302 Found", "Location: https://else\x1b[31mwhere/\r\nConnection: close\r\n"))
        report = self.probe(self.server(behave))
        self.check(report, redirect=("critical", "redirects to https://else\\x1b[31mwhere/"), kdc_answer=("critical", "HTTP 302"))

    def test_serves_every_realm_and_everything(self):
        def behave(connection, request, answer):
            now = time.strftime("%Y%m%d%H%M%SZ", time.gmtime() if answer else time.gmtime(0)).encode()
            return plain(connection, request, answer or krb.proxy_message(krb.krb_error(68).replace(b"20260101000000Z", now), None))
        report = self.probe(self.server(behave))
        taken = {key: ("warning", "is taken (KDC_ERR_WRONG_REALM)") for key in (
            "get_refused", "path_refused", "size_refused", "garbage_refused", "no_domain_refused", "mismatch_refused")}
        self.check(report, other_realm_refused=("critical", "nobody has declared is taken (KDC_ERR_WRONG_REALM)"), **taken, **self.unarmored)

    def test_clock_and_realm_of_the_kdc(self):
        def behave(connection, request, answer):
            return plain(connection, request, answer and krb.proxy_message(krb.krb_error(6, "ELSE.TEST"), None))
        report = self.probe(self.server(behave))
        self.check(report, clock=("critical", "behind this one"), realm_name=("critical", "it is the realm ELSE.TEST, not MIT.TEST"),
                   no_prefix=("warning", "is answered with one"), **self.unarmored)

    def test_no_proxy_at_all(self):
        def behave(connection, request, answer):
            connection.sendall(head(b"<html>") + b"<html>")
        report = self.probe(self.server(behave))
        self.assertIn("no KDC proxy (HTTP 200)", report["by_id"]["kdc_answer"]["sentence"])
        self.assertEqual(report["exit_code"], 2)

    def test_no_http_at_all(self):
        report = self.probe(self.server(lambda connection, request, answer: connection.sendall(b"\x1b[2JSSH-2.0\r\n" * 9)))
        self.check(report, http_1_0=("critical", "no HTTP answer"), http_1_1=("critical", "no HTTP answer"),
                   kdc_answer=("critical", "no answer: no HTTP answer"))

    def test_http_2_that_is_none(self):
        def behave(connection, request, answer):
            if not request.startswith(b"PRI "):
                return plain(connection, request, answer)
            connection.sendall(bytes(range(256)) * 100)
        self.check(self.probe(self.server(behave, setup=lambda context: context.set_alpn_protocols(["h2", "http/1.1"]))),
                   http_2=("warning", "HTTP/2 is offered but fails"), **self.unarmored)

    def test_endless_answers(self):
        def behave(connection, request, answer):
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while True:
                connection.sendall(b"X: y\r\n" * 1000 if b"HTTP/1.0" in request else b"\r\n" + bytes(10000))
        report = self.probe(self.server(behave))
        self.assertIn("a head over 64 KiB", report["by_id"]["http_1_0"]["sentence"])
        self.assertIn("a body over 1 MiB", report["by_id"]["http_1_1"]["sentence"])

    def test_trickle_ends_with_the_deadline(self):
        def behave(connection, request, answer):
            for octet in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1000:
                connection.sendall(bytes([octet]))
                time.sleep(0.1)
        begun = time.monotonic()
        report = self.probe(self.server(behave), "--timeout", "2")
        self.assertLess(time.monotonic() - begun, 4)
        self.check(report, http_1_0=("critical", "timed out"), kdc_answer=("critical", "timed out"), time=("unknown", "time was up"))

    # Certificates

    def self_signed(self, name, *args):
        base = os.path.join(self.directory, name)
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", base + ".key",
                "-out", base + ".pem", "-subj", "/CN=localhost", "-days", "60", *args)
        return base + ".pem", base + ".key"

    def test_expired(self):
        certificate = self.authority.issue("expired", "[ext]\nbasicConstraints=CA:FALSE\nsubjectAltName=DNS:localhost\n"
                                           "crlDistributionPoints=URI:http://crl.example/ca.crl\n", days=-1)
        report = self.probe(self.server(certificate=certificate))
        self.check(report, certificate_expired=("critical", "the certificate expired on "), **self.unarmored)
        self.assertEqual(set(self.verdicts(report).values()), {"does not work"})

    def test_expires_soon(self):
        port = self.server()
        self.check(self.probe(port, "--warn-days", "90"), certificate_expiry=("warning", "expires in 59 days"), **self.unarmored)
        self.check(self.probe(port, "--crit-days", "61"), certificate_expiry=("critical", "expires in 59 days"), **self.unarmored)

    def test_wrong_name(self):
        certificate = self.authority.server("wrong", names="DNS:a.example,DNS:b.example", days=60)
        report = self.probe(self.server(certificate=certificate))
        self.check(report, certificate_name=("critical", "is for a.example, b.example, not for localhost"),
                   revocation=("warning", "neither CRL nor OCSP"), **self.unarmored)

    def test_self_signed(self):
        certificate = self.self_signed("own", "-addext", "subjectAltName=DNS:localhost")
        port = self.server(certificate=certificate)
        self.check(self.probe(port), certificate_trust=("critical", "self-signed"), revocation=("warning", ""), **self.unarmored)
        result = self.run_probe(f"localhost:{port}", "--cacert", certificate[0], "--brief", ca=False)
        self.assertEqual(result.returncode, 1)

    def test_no_subject_alternative_name(self):
        certificate = self.authority.issue("localhost", "[ext]\nbasicConstraints=CA:FALSE\ncrlDistributionPoints=URI:http://crl.example/x\n", days=60)
        report = self.probe(self.server(certificate=certificate))
        self.check(report, certificate_san=("critical", "no subjectAltName"), **self.unarmored)
        self.assertEqual((self.verdicts(report)["apple"], self.verdicts(report)["mit"]), ("does not work", "works with remarks"))

    def test_unknown_issuer(self):
        directory = os.path.join(self.directory, "other-ca")
        os.makedirs(directory, exist_ok=True)
        certificate = Authority(directory, "Other\tCA").server(days=60)
        report = self.probe(self.server(certificate=certificate))
        self.check(report, certificate_trust=("critical", "CN=Other"), revocation=("warning", ""), **self.unarmored)
        self.assertNotIn("\t", json.dumps(report["findings"], ensure_ascii=False))

    def test_obsolete_tls(self):
        def setup(context):
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.set_ciphers("ALL:@SECLEVEL=0")
        self.check(self.probe(self.server(setup=setup)), tls_1_0=("warning", "TLS 1.0 is still let in"),
                   tls_1_1=("warning", "TLS 1.1 is still let in"), **self.unarmored)

        def only_old(context):
            setup(context)
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        report = self.probe(self.server(setup=only_old))
        self.assertIn("only TLSv1.1", report["by_id"]["tls_handshake"]["sentence"])
        self.assertEqual(report["by_id"]["tls_1_2"]["severity"], "warning")

    def test_only_tls_1_3(self):
        def setup(context):
            context.minimum_version = ssl.TLSVersion.TLSv1_3
        self.check(self.probe(self.server(setup=setup)), tls_1_2=("warning", "not served"), **self.unarmored)

    def test_client_certificate(self):
        def setup(context):
            context.load_verify_locations(self.authority.certificate)
            context.verify_mode = ssl.CERT_REQUIRED
        port = self.server(setup=setup)
        report = self.probe(port)
        self.assertIn("asks for a client certificate", report["by_id"]["kdc_answer"]["sentence"])
        certificate, key = self.authority.client("alice", "MIT.TEST")
        self.check(self.probe(port, "--cert", certificate, "--key", key), **self.unarmored)

    # Where there is nothing, and usage

    def test_nothing_listens(self):
        report = self.probe(free_port())
        self.check(report, connect=("critical", "refused"))
        self.assertEqual(set(self.verdicts(report).values()), {"does not work"})

    def test_no_such_name(self):
        self.check(self.probe(443, host="probe.invalid"), resolve=("critical", "probe.invalid has no address"))

    def test_silent(self):
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        begun = time.monotonic()
        report = self.probe(silent.getsockname()[1], "--timeout", "1")
        self.assertLess(time.monotonic() - begun, 3)
        self.check(report, tls_handshake=("critical", "timed out"))

    def test_no_tls_there(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                    connection.recv(4096)
        threading.Thread(target=serve, daemon=True).start()
        self.check(self.probe(listener.getsockname()[1]), tls_handshake=("critical", "the port does not speak TLS"))

    def test_connect_elsewhere(self):
        port = self.gateway()
        report = self.probe(443, "--connect", f"127.0.0.1:{port}")
        self.check(report, kdc_answer=("ok", "answers"))
        self.assertEqual(report["address"], f"127.0.0.1:{port}")
        self.check(self.probe(443, "--connect", f"127.0.0.1:{port}", host="kdc.example.com"),
                   certificate_name=("critical", "not for kdc.example.com"))

    def test_the_lines_that_people_and_nagios_read(self):
        port = self.gateway()
        brief = self.run_probe(f"localhost:{port}", "--brief")
        self.assertEqual(brief.returncode, 0)
        line = r"FERRYMAN OK - MIT\.TEST: a KDC answers \(KDC_ERR_C_PRINCIPAL_UNKNOWN\) \| total=\d+\.\dms;;; dns=.*cert_days=59;14:;3:\n"
        self.assertRegex(brief.stdout.decode(), "^" + line + "$")
        text = self.run_probe(f"localhost:{port}").stdout.decode()
        self.assertRegex(text, "^" + line)
        self.assertIn("\nClients\n  Windows   works with remarks\n", text)

    def test_wrong_usage_is_unknown_to_monitoring(self):
        for args in ((), ("https://x", "--nonsense"), ("ftp://x", "--realm", "R"), ("x", "--realm", "R", "--cacert", "/nowhere"),
                     ("x", "--realm", "R", "--connect", "[::1"), ("x", "--realm", "")):
            result = subprocess.run([TOOL, "probe", *args], capture_output=True, timeout=30)
            self.assertEqual((result.returncode, result.stdout), (3, b""), args)
            self.assertNotEqual(result.stderr, b"")


if __name__ == "__main__":
    unittest.main()
