"""What goes over the wire: each row of the table of answers, by status, headers, body, connection and event."""
import json
import struct
import subprocess
import time
import unittest

from lib import krb
from lib.fake_kdc import FakeKdc, answering, silent
from lib.gateway import Gateway, configuration
from lib.https import Connection, mit_post, post
from lib.kdcs import MitKdc
from lib.proc import free_port, wait_for
from lib.scenario import Scenario


class WireTest(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc = cls.started(MitKdc(cls.directory, cls.authority))
        cls.mute = cls.started(FakeKdc(tcp=silent))
        cls.port, cls.plain_port, cls.drop_port = free_port(), free_port(), free_port()
        cls.socket = cls.directory + "/http.sock"
        realms = {"MIT.TEST": {"kdc": [cls.kdc.kdc], "kpasswd": [cls.kdc.kpasswd]},
                  "MUTE.TEST": {"kdc": [cls.mute.address], "deadline": "700ms"},
                  "DEAD.TEST": {"kdc": [f"tcp://127.0.0.1:{free_port()}"]},
                  "NOKPASSWD.TEST": {"kdc": [cls.kdc.kdc], "allow": ["as-req"]}}
        limits = {"header_timeout": "500ms", "body_timeout": "500ms", "idle_timeout": "1s", "max_body": 65536}
        cls.gateway = cls.started(Gateway(cls.directory, configuration(
            [{"address": f"127.0.0.1:{cls.port}"}, {"address": f"127.0.0.1:{cls.plain_port}", "tls": False},
             {"address": "unix:" + cls.socket, "tls": False}], realms, cls.tls, limits=limits)))
        cls.dropping = cls.started(Gateway(cls.directory, configuration(
            [{"address": f"127.0.0.1:{cls.drop_port}"}], realms, cls.tls, policy={"on_malformed": "drop"}), name="drop"))

    def connect(self, **options):
        connection = Connection(options.pop("port", self.port), ca=self.authority.certificate, **options)
        self.addCleanup(connection.close)
        return connection

    def ask(self, data, expected, kind=None, closed=False, connection=None, **fields):
        """Sends data; checks status, the fixed form of the answer, the connection's state and the event."""
        before = len(self.gateway.events(kind, **fields))
        connection = connection or self.connect()
        connection.send(data)
        got, headers, body = connection.response()
        self.assertEqual(got, expected, body)
        self.assertEqual(headers["content-length"], str(len(body)))
        if expected in (200, 403):
            self.assertEqual(headers["content-type"], "application/kerberos")
        else:
            self.assertEqual(headers["content-type"], "text/plain")
            self.assertLess(len(body), 64)
        if closed:
            self.assertEqual(headers["connection"], "close")
            self.assertTrue(connection.closed())
        else:
            self.assertNotIn("connection", headers)
            connection.send(post(krb.proxy_message(krb.as_req())))
            self.assertEqual(connection.response()[0], 200, "the connection goes on")
        if kind:
            self.gateway.wait_event(kind, before + 1, **fields)
        return headers, body

    def test_answered_krb_error_included(self):
        _, body = self.ask(post(krb.proxy_message(krb.as_req())), 200, "exchange", type="AS-REQ", status=200)
        self.assertEqual(krb.error_code(krb.unwrap(body)), 25)

    def test_the_end_of_a_handshake_is_acknowledged_at_once(self):
        """MIT's client has no TCP_NODELAY: its request waits until its last octets before it are acknowledged, which
        the kernel puts off for 40 ms when there is nothing to send, each time. Once in ten is proof enough."""
        def delay():
            connection = Connection(self.port, ca=self.authority.certificate)
            begun = time.monotonic()
            unacknowledged = lambda: struct.unpack_from("I", connection.raw_info(), 24)[0]
            while unacknowledged():
                time.sleep(0.001)
            connection.close()
            return time.monotonic() - begun
        self.assertLess(min(delay() for _ in range(10)), 0.03)

    def test_mit_form_is_closed_after_the_answer(self):
        for host in ("localhost:443", "::1:26423"):
            headers, body = self.ask(mit_post(krb.proxy_message(krb.as_req()), host), 200, "exchange", closed=True,
                                     http="HTTP/1.0")
            self.assertNotIn("transfer-encoding", headers)
            self.assertEqual(krb.error_code(krb.unwrap(body)), 25)

    def test_not_post(self):
        headers, _ = self.ask(b"GET /KdcProxy HTTP/1.1\r\nHost: x\r\n\r\n", 405, "http_violation", status=405)
        self.assertEqual(headers["allow"], "POST")

    def test_other_path(self):
        self.ask(post(b"", "/other"), 404, "http_violation", status=404)

    def test_paths_without_case_and_query(self):
        for path in ("/KDCPROXY", "/kdcproxy", "/kkdcp", "/KdcProxy?a=b", "https://localhost/KdcProxy"):
            self.ask(post(krb.proxy_message(krb.as_req()), path), 200)

    def test_body_too_large(self):
        self.ask(post(b"x" * 65537), 413, "http_violation", closed=True, status=413)
        largest = krb.proxy_message(krb.as_req(padding=65000))
        self.assertLess(len(largest), 65537)
        connection = self.connect()
        connection.send(post(largest))
        self.assertEqual(connection.response()[0], 200)

    def test_slow_header_and_body(self):
        self.ask(b"POST /KdcProxy HT", 408, "http_violation", closed=True, reason="header_timeout")
        self.ask(post(b"x" * 10)[:-5], 408, "http_violation", closed=True, reason="body_timeout")

    def test_idle_connection_is_closed(self):
        connection = self.connect()
        self.assertTrue(connection.closed())

    def test_malformed(self):
        good = krb.as_req()
        cases = [(b"", "missing_field"), (b"garbage", "wrong_tag"), (b"\x30\x80\x00\x00", "indefinite_length"),
                 (krb.proxy_message(good) + b"x", "trailing_bytes"),
                 (krb.proxy_message(b""), "truncated"), (krb.proxy_message(b"ab"), "unknown_message"),
                 (krb.proxy_message(good[:-1]), "truncated"), (krb.proxy_message(good, None), "no_target_domain"),
                 (krb.proxy_message(good, "OTHER.TEST"), "realm_mismatch"),
                 (krb.proxy_message(krb.krb_error()), "unknown_message")]
        for body, reason in cases:
            with self.subTest(reason=reason, body=body[:8]):
                _, text = self.ask(post(body), 400, "malformed", status=400, reason=reason)
                self.assertEqual(text, b"Not a well-formed KDC proxy message.\n")

    def test_nothing_of_the_request_is_reflected(self):
        realm = "EVIL\x7f.TEST\r\nX: y"
        for hostile in (realm, "<script>.TEST"):
            _, body = self.ask(post(krb.proxy_message(krb.as_req(hostile), hostile)), 503 if "<" in hostile else 400)
            self.assertNotIn(b"TEST", body)

    def test_what_a_client_says_of_itself_has_no_say(self):
        request = post(krb.proxy_message(krb.as_req()), "/KdcProxy?token=s3cret-in-url", headers=[
            "X-Forwarded-For: 203.0.113.7", "Forwarded: for=203.0.113.8", "X-Real-IP: 203.0.113.9", "Authorization: Bearer s3cret"])
        self.ask(request, 200, "exchange")
        text = self.gateway.process.text()
        for word in ("203.0.113", "s3cret"):
            self.assertNotIn(word, text)

    def test_realm_not_served(self):
        for realm in ("global", "UNKNOWN.TEST"):
            self.ask(post(krb.proxy_message(krb.as_req(realm), realm)), 503, "realm_not_served", status=503,
                     target_domain=realm)

    def test_target_domain_is_compared_without_case(self):
        self.ask(post(krb.proxy_message(krb.as_req(), "mit.Test")), 200)

    def test_an_alias_is_the_realm(self):
        """Its KDC answers with tickets of its own realm."""
        kdc = self.running(FakeKdc(tcp=answering(message=krb.kdc_rep(11, "AD.TEST"))))
        port = free_port()
        gateway = self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}], {"AD.TEST": {"kdc": ["tcp://" + kdc.address], "aliases": ["corp.test", "contoso.test"]},
                                                 "OTHER.TEST": {"kdc": ["tcp://" + kdc.address]}}, self.tls), name="alias"))
        connection = self.connect(port=port)
        for envelope, inside, status in (("CORP.TEST", "corp.test", 200), ("Contoso.Test", "CORP.TEST", 200),
                                         ("AD.TEST", "CORP.TEST", 200), ("corp.test", "AD.TEST", 200),
                                         ("CORP.TEST", "OTHER.TEST", 400), ("OTHER.TEST", "CORP.TEST", 400),
                                         ("OTHER.TEST", "OTHER.TEST", 503)):
            with self.subTest(envelope=envelope, inside=inside):
                connection.send(post(krb.proxy_message(krb.as_req(inside), envelope)))
                self.assertEqual(connection.response()[0], status)
        self.assertIn(b"corp.test", kdc.requests[0], "as it came")
        gateway.wait_event("malformed", 2, reason="realm_mismatch")

    def test_refused_by_policy(self):
        stamped = krb.as_req(padatas=[krb.padata(2, krb.encrypted())])
        _, body = self.ask(post(krb.proxy_message(stamped)), 403, "refused", status=403, event_id=404, cname="alice")
        error = krb.unwrap(body)
        self.assertEqual(krb.error_code(error), 12)
        for part in (krb.context(9, krb.general_string("MIT.TEST")),
                     krb.context(10, krb.principal("krbtgt", "MIT.TEST", name_type=2))):
            self.assertIn(part, error)
        self.assertNotIn(b"alice", error)
        _, body = self.ask(post(krb.proxy_message(krb.kpasswd_request("NOKPASSWD.TEST"), "NOKPASSWD.TEST")), 403,
                           "refused", reason="message_type")
        self.assertIn(b"refused by the policy of this service", krb.unwrap(body))

    def test_no_kdc(self):
        self.ask(post(krb.proxy_message(krb.as_req("DEAD.TEST"), "DEAD.TEST")), 503, "no_kdc", status=503,
                 event_id=103)

    def test_deadline(self):
        self.ask(post(krb.proxy_message(krb.as_req("MUTE.TEST"), "MUTE.TEST")), 504, "no_kdc", status=504,
                 reason="deadline")

    def test_overload(self):
        port = free_port()
        gateway = self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}], {"MUTE.TEST": {"kdc": [self.mute.address], "deadline": "3s"}}, self.tls,
            limits={"max_in_flight": 1}), name="overload"))
        first, second = self.connect(port=port), self.connect(port=port)
        requests = len(self.mute.requests)
        first.send(post(krb.proxy_message(krb.as_req("MUTE.TEST"), "MUTE.TEST")))
        while len(self.mute.requests) == requests:
            time.sleep(0.01)
        second.send(post(krb.proxy_message(krb.as_req("MUTE.TEST"), "MUTE.TEST")))
        status, headers, _ = second.response()
        self.assertEqual((status, headers["retry-after"]), (503, "1"))
        gateway.wait_event("overload", status=503)
        self.assertEqual(first.response()[0], 504)

    def test_on_malformed_drop(self):
        for body in (b"garbage", krb.proxy_message(krb.as_req("UNKNOWN.TEST"), "UNKNOWN.TEST")):
            connection = self.connect(port=self.drop_port)
            connection.send(post(body))
            self.assertTrue(connection.closed())
        self.dropping.wait_event("malformed", status=0)
        self.dropping.wait_event("realm_not_served", status=0)

    def test_apple_form_without_prefix(self):
        request = post(krb.proxy_message(krb.as_req(), prefix=False), "/kkdcp",
                       headers=["Content-Type: application/octet-stream", "X-Kerberos-Client: Heimdal"])
        _, body = self.ask(request, 200)
        self.assertEqual(krb.error_code(krb.unwrap(body, prefix=False)), 25)

    def test_hint_and_unknown_padata_pass(self):
        message = krb.as_req(padatas=[krb.padata(150, b""), krb.padata(99999, b"x")])
        self.ask(post(krb.proxy_message(message, hint=0x40000400)), 200)

    def test_kpasswd_reaches_the_kpasswd_service(self):
        for version in (1, 0xFF80):
            _, body = self.ask(post(krb.proxy_message(krb.kpasswd_request(version=version))), 200, "exchange",
                               type="KPASSWD", kdc=self.kdc.kpasswd)

    def test_pipelined_requests_are_answered_in_order(self):
        connection = self.connect()
        connection.send(post(krb.proxy_message(krb.as_req())) + post(b"", "/other") +
                        post(krb.proxy_message(krb.as_req(cname=("nobody",)))))
        answers = [connection.response() for _ in range(3)]
        self.assertEqual([a[0] for a in answers], [200, 404, 200])
        self.assertEqual([krb.error_code(krb.unwrap(answers[i][2])) for i in (0, 2)], [25, 6])

    def test_chunked_body_and_expect(self):
        body = krb.proxy_message(krb.as_req())
        connection = self.connect()
        connection.send(b"POST /KdcProxy HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n")
        self.assertEqual(connection.response()[0], 100)
        for octet in body:
            connection.send(b"1\r\n" + bytes([octet]) + b"\r\n")
        connection.send(b"0\r\n\r\n")
        self.assertEqual(connection.response()[0], 200)

    def test_half_closed_plain_client_is_answered(self):
        connection = self.connect(port=self.plain_port, tls=False)
        connection.send(post(krb.proxy_message(krb.as_req())))
        connection.raw.shutdown(1)
        self.assertEqual(connection.response()[0], 200)
        self.assertTrue(connection.closed())

    def curl(self, *args):
        with open(self.directory + "/body", "wb") as file:
            file.write(krb.proxy_message(krb.as_req()))
        out = self.directory + "/answer"
        result = subprocess.run(["curl", "-sS", "--cacert", self.authority.certificate, "--data-binary",
                                 "@" + self.directory + "/body", "-o", out, "-w",
                                 '{"status":%{http_code},"version":"%{http_version}","type":"%{content_type}"}', *args],
                                capture_output=True, text=True, timeout=30)
        self.assertEqual(result.returncode, 0, result.stderr)
        with open(out, "rb") as file:
            return json.loads(result.stdout), file.read()

    def test_curl(self):
        url = f"https://localhost:{self.port}/KdcProxy"
        forms = [(["--http1.1", url], "1.1"), (["--http2", url], "2"), (["--http1.0", url], "1.1"),
                 (["--http2", "-H", "Content-Type:", url], "2"), (["--http1.1", "-H", "Content-Type:", url], "1.1"),
                 (["--tls-max", "1.2", url], "2"),
                 (["--http2-prior-knowledge", f"http://127.0.0.1:{self.plain_port}/KdcProxy"], "2"),
                 (["--unix-socket", self.socket, "http://localhost/KdcProxy"], "1.1")]
        for args, version in forms:
            with self.subTest(args=args):
                written, body = self.curl(*args)
                self.assertEqual((written["status"], written["version"], written["type"]),
                                 (200, version, "application/kerberos"))
                self.assertEqual(krb.error_code(krb.unwrap(body)), 25)

    def test_http2_refusals(self):
        for args, status in ((["-X", "GET"], 405), ([], 404)):
            written, _ = self.curl("--http2", *args, f"https://localhost:{self.port}/{'KdcProxy' if args else 'other'}")
            self.assertEqual((written["status"], written["version"]), (status, "2"))

    def test_nghttp_and_h2load(self):
        with open(self.directory + "/body", "wb") as file:
            file.write(krb.proxy_message(krb.as_req()))
        url = f"https://localhost:{self.port}/KdcProxy"
        result = subprocess.run(["nghttp", "-v", "-d", self.directory + "/body", "-n", url], capture_output=True,
                                text=True, timeout=30)
        self.assertIn(":status: 200", result.stdout)
        for protocol in ("h2", "http/1.1"):
            result = subprocess.run(["h2load", "-n", "600", "-c", "4", "-m", "5" if protocol == "h2" else "1",
                                     f"--npn-list={protocol}", "-d", self.directory + "/body", url],
                                    capture_output=True, text=True, timeout=120)
            self.assertIn("600 succeeded, 0 failed, 0 errored", result.stdout)

    def test_tls_versions(self):
        for option, ok in (("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)):
            result = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", option,
                                     "-CAfile", self.authority.certificate, "-verify_return_error", "-cipher", "ALL:@SECLEVEL=0"],
                                    input=b"", capture_output=True, timeout=30)
            self.assertEqual(result.returncode == 0, ok, option)

    def test_both_key_types_and_resumption(self):
        rsa_certificate, rsa_key = self.authority.server("rsa", kind="rsa")
        port = free_port()
        self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}], {"MIT.TEST": {"kdc": [self.kdc.kdc]}},
            {"certificate": [self.certificate, rsa_certificate], "private_key": [self.key, rsa_key]}), name="both"))
        base = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", self.authority.certificate, "-tls1_2"]
        for cipher, kind in (("ECDHE-ECDSA-AES256-GCM-SHA384", "ECDSA"), ("ECDHE-RSA-AES256-GCM-SHA384", "RSA")):
            result = subprocess.run([*base, "-cipher", cipher], input=b"", capture_output=True, timeout=30)
            self.assertIn(kind.encode(), result.stdout)
            self.assertEqual(result.returncode, 0)
        again = subprocess.run([*base, "-reconnect"], input=b"", capture_output=True, timeout=30)
        self.assertIn(b"Reused, TLSv1.2", again.stdout)

    def test_stapled_ocsp_response(self):
        serial = subprocess.run(["openssl", "x509", "-in", self.certificate, "-noout", "-serial"], capture_output=True,
                                text=True, check=True).stdout.strip().split("=")[1]
        index, response = self.directory + "/index.txt", self.directory + "/ocsp.der"
        with open(index, "w") as file:
            file.write(f"V\t400101000000Z\t\t{serial}\tunknown\t/CN=server\n")
        subprocess.run(["openssl", "ocsp", "-index", index, "-CA", self.authority.certificate, "-rsigner",
                        self.authority.certificate, "-rkey", self.authority.key, "-issuer", self.authority.certificate,
                        "-cert", self.certificate, "-respout", response, "-ndays", "1"], capture_output=True, check=True)
        port = free_port()
        self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}], {"MIT.TEST": {"kdc": [self.kdc.kdc]}},
            {**self.tls, "ocsp_response": response}), name="staple"))
        result = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-status", "-CAfile",
                                 self.authority.certificate], input=b"", capture_output=True, timeout=30)
        self.assertIn(b"OCSP Response Status: successful", result.stdout)
        self.assertIn(b"Cert Status: good", result.stdout)

        certificate, key = self.authority.server("renewed")
        port = free_port()
        other = self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}], {"MIT.TEST": {"kdc": [self.kdc.kdc]}},
            {"certificate": certificate, "private_key": key, "ocsp_response": response}), name="other-staple"))
        result = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-status", "-CAfile",
                                 self.authority.certificate], input=b"", capture_output=True, timeout=30)
        self.assertIn(b"OCSP response: no response sent", result.stdout)
        words = f"OCSP response {response} says nothing of certificate {certificate}; it is not stapled"
        self.assertEqual(other.process.text().count(words), 1)
        other.reload()
        wait_for(lambda: other.process.text().count(words) == 2, "the same after a reload")


class ClientCertificateTest(Scenario):
    def test_required(self):
        kdc = self.running(FakeKdc(tcp=answering()))
        port = free_port()
        gateway = self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}], {"MIT.TEST": {"kdc": [f"tcp://{kdc.address}"]}},
            {**self.tls, "client_certificates": "required", "client_ca": self.authority.certificate})))
        certificate, key = self.authority.client("alice", "MIT.TEST")
        with open(self.directory + "/body", "wb") as file:
            file.write(krb.proxy_message(krb.as_req()))
        base = ["curl", "-sS", "--cacert", self.authority.certificate, "--data-binary", "@" + self.directory + "/body",
                "-o", "/dev/null", "-w", "%{http_code}", f"https://localhost:{port}/KdcProxy"]
        good = subprocess.run([*base, "--cert", certificate, "--key", key], capture_output=True, text=True, timeout=30)
        self.assertEqual(good.stdout, "200", good.stderr)
        self.assertNotEqual(subprocess.run(base, capture_output=True, timeout=30).returncode, 0)
        wait_for(lambda: gateway.messages("client certificate refused"), "the refusal in the log")
        self.assertEqual(gateway.messages("client certificate refused")[0]["event_id"], "401")


if __name__ == "__main__":
    unittest.main()
