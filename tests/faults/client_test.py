"""libferryman against gateways that do everything wrong: the outcome, the words, the time, and how often a message
was sent. The client is the library's own example, a C program."""
import json
import os
import socket
import ssl
import subprocess
import threading
import time
import unittest

from lib import krb
from lib.fake_dns import SRV, URI, FakeDns, record, srv
from lib.fake_gateway import FakeGateway, answering, closing, reply_body, resetting, response, silent
from lib.gateway import BINARY, Gateway, configuration, toml
from lib.kdcs import private_names
from lib.pki import Authority, openssl
from lib.proc import Process, free_port, listens, wait_for
from lib.scenario import Scenario

EXAMPLES = os.path.join(os.path.dirname(BINARY), "..", "examples")
KPASSWD = krb.kpasswd_request()
OTP = krb.as_req(padatas=[krb.fast_padata()])


class ClientScenario(Scenario):
    def client(self, gateways=(), message=None, realm="MIT.TEST", example="proxy_message", count=None, env=None,
               seconds=20, prefix=(), **options):
        """Runs the example with a client.toml of these options. Returns (exit code, output, seconds, answer)."""
        self.runs = getattr(self, "runs", 0) + 1
        home = os.path.join(self.directory, f"{self.id()}-{self.runs}")
        os.makedirs(os.path.join(home, "ferryman"))
        options = {"ca_file": self.authority.certificate, "deadline": "2s", "connect_timeout": "1s", "dns": False,
                   **options}
        text = "".join(f"{k} = {toml(v)}\n" for k, v in options.items() if v is not None)
        if gateways:
            text += f"[gateways]\n{json.dumps(realm)} = {toml([getattr(g, 'url', g) for g in gateways])}\n"
        with open(os.path.join(home, "ferryman", "client.toml"), "w") as file:
            file.write(text)
        request, answer = os.path.join(home, "request"), os.path.join(home, "answer")
        with open(request, "wb") as file:
            file.write(krb.as_req() if message is None else message)
        clean = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        begun = time.monotonic()
        result = subprocess.run([*prefix, os.path.join(EXAMPLES, example), realm, request, str(count) if count else answer],
                                capture_output=True, text=True, timeout=seconds,
                                env={**clean, "XDG_CONFIG_HOME": home, "KRB5_CONFIG": "/nonexistent", **(env or {})})
        took = time.monotonic() - begun
        for report in ("Sanitizer", "runtime error:"):
            self.assertNotIn(report, result.stderr)
        reply = b""
        if os.path.exists(answer):
            with open(answer, "rb") as file:
                reply = file.read()
        return result.returncode, result.stdout + result.stderr, took, reply

    def gateway(self, behave=None, tls=True, **more):
        if tls:
            more.setdefault("certificate", self.certificate)
            more.setdefault("key", self.key)
        return self.running(FakeGateway(behave, **more))

    def succeeds(self, gateways, **more):
        code, output, took, reply = self.client(gateways, **more)
        self.assertEqual(code, 0, output)
        return output, took, reply

    def fails(self, gateways, words, status="STATUS_NO_LOGON_SERVERS", within=8, **more):
        code, output, took, reply = self.client(gateways, **more)
        self.assertNotEqual(code, 0, output)
        self.assertTrue(output.startswith(status + ":"), output)
        self.assertRegex(output, words)
        self.assertLess(took, within, output)
        self.assertEqual(reply, b"")
        return output


class Outcomes(ClientScenario):
    def test_the_answer_comes_back(self):
        gateway = self.gateway()
        _, _, reply = self.succeeds([gateway])
        self.assertEqual(reply, krb.krb_error())
        self.assertEqual(krb.unwrap_request(gateway.requests[0])[:1], b"\x6a")
        self.assertIn("POST /KdcProxy HTTP/1.1", gateway.heads[0])
        self.assertIn("Content-Type: application/kerberos", gateway.heads[0])

    def test_with_and_without_the_length_in_front(self):
        gateway = self.gateway()
        message = krb.as_req()
        self.succeeds([gateway], message=message)
        self.succeeds([gateway], message=len(message).to_bytes(4, "big") + message)
        self.assertEqual(gateway.requests[0], gateway.requests[1])

    def test_what_is_no_request_is_not_sent(self):
        gateway = self.gateway()
        for message in (b"", b"\x6a", b"GET / HTTP/1.0\r\n\r\n", krb.krb_error(), os.urandom(3000)):
            self.fails([gateway], "no AS-REQ, TGS-REQ or kpasswd", status="ERROR_BAD_FORMAT", message=message)
        self.assertEqual(gateway.requests, [])

    def test_403_is_a_firewalls_refusal_and_final(self):
        other = self.gateway()
        self.fails([self.gateway(answering(status="403 Forbidden", body=b"")), other], "refused by its policy",
                   status="STATUS_AUTHENTICATION_FIREWALL_FAILED")
        self.assertEqual(other.requests, [])

    def test_other_statuses_are_no_logon_servers(self):
        for status, words in (("400 Bad Request", "malformed"), ("404 Not Found", "nothing at this path"),
                              ("405 No", "no KDC proxy"), ("413 Large", "too large"), ("429 Slow", "too often"),
                              ("500 Error", "HTTP 500"), ("503 No", "no KDC that answers"), ("504 No", "in time"),
                              ("204 None", "HTTP 204")):
            self.fails([self.gateway(answering(status=status, body=b""))], words)

    def test_a_redirect_is_not_followed(self):
        target = self.gateway()
        self.fails([self.gateway(answering(status="302 Found", headers=[f"Location: {target.url}"], body=b""))],
                   "points elsewhere")
        self.assertEqual(target.requests, [])

    def test_no_gateway_is_known(self):
        self.fails([], "no gateway is known for the realm MIT.TEST")


class Misbehaviour(ClientScenario):
    def test_no_close(self):
        """A server that keeps the connection costs nothing."""
        self.succeeds([self.gateway()])

    def test_an_end_without_content_length(self):
        head = b"HTTP/1.0 200 OK\r\n\r\n"
        self.succeeds([self.gateway(closing(head + reply_body()))])

    def test_chunked(self):
        body = reply_body()
        chunks = b"".join(b"1\r\n" + body[i:i + 1] + b"\r\n" for i in range(len(body))) + b"0\r\n\r\n"
        self.succeeds([self.gateway(answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks))])

    def test_interim_responses(self):
        self.succeeds([self.gateway(answering(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + response()))])

    def test_an_answer_without_the_length_in_front(self):
        self.succeeds([self.gateway(answering(body=reply_body(prefix=False)))])

    def test_an_empty_message(self):
        self.fails([self.gateway(answering(body=reply_body(b"")))], "no KDC-PROXY-MESSAGE")

    def test_a_wrong_length_in_front(self):
        message = krb.krb_error()
        wrong = krb.sequence(krb.context(0, krb.tlv(4, b"\0\0\0\5" + message)))
        self.fails([self.gateway(answering(body=wrong))], "no KDC-PROXY-MESSAGE")

    def test_what_is_no_answer(self):
        for body in (b"", b"<html>", os.urandom(2000), reply_body(krb.as_req()), reply_body(krb.kdc_rep(13, "MIT.TEST"))):
            self.fails([self.gateway(answering(body=body))], "sent no (KDC-PROXY-MESSAGE|answer to AS-REQ)")

    def test_a_huge_body(self):
        self.fails([self.gateway(answering(body=b"x" * (1 << 20)))], "larger than any Kerberos message")

    def test_a_body_without_end(self):
        def endless(connection, request):
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                connection.sendall(b"x" * 65536)
        self.fails([self.gateway(endless)], "larger than any Kerberos message")

    def test_headers_without_end_and_lines_of_any_length(self):
        def endless(connection, request):
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            for number in range(1 << 20):
                connection.sendall(b"X-%d: y\r\n" % number * 100)
        self.fails([self.gateway(endless)], "the gateway's reply header is too long")
        for size in (70 * 1024, 110 * 1024, 400 * 1024):
            self.fails([self.gateway(answering(headers=["X-Long: " + "y" * size]))], "the gateway's reply header is too long")

    def test_octet_by_octet_past_the_deadline(self):
        def slow(connection, request):
            for octet in response():
                connection.sendall(bytes([octet]))
                time.sleep(0.2)
        self.fails([self.gateway(slow)], "deadline|timed out")

    def test_silence(self):
        self.fails([self.gateway(silent)], "deadline|timed out")

    def test_silence_in_the_handshake(self):
        self.fails([self.gateway(handshake=False)], "deadline|timed out|timeout")

    def test_closed_at_once(self):
        self.fails([self.gateway(closing())], "Empty reply|closed")

    def test_reset(self):
        self.fails([self.gateway(resetting)], "reset|Recv failure|SSL_read|Empty reply|EOF")

    def test_nobody_listens(self):
        self.fails([f"https://localhost:{free_port()}/"], "refused|connect")

    def test_an_unknown_name(self):
        self.fails(["https://gateway.invalid/"], "resolve")


class Certificates(ClientScenario):
    def served(self, certificate, key, **more):
        return self.gateway(certificate=certificate, key=key, **more)

    def test_another_authority(self):
        directory = os.path.join(self.directory, "other")
        os.makedirs(directory, exist_ok=True)
        other = Authority(directory, "Another CA")
        self.fails([self.served(*other.server())], "certificate")

    def test_expired(self):
        base = os.path.join(self.directory, "expired")
        certificate, key = self.authority.server("expired")
        openssl("x509", "-req", "-in", base + ".csr", "-CA", self.authority.certificate, "-CAkey", self.authority.key,
                "-days", "-1", "-out", certificate, "-extfile", base + ".ext", "-extensions", "ext")
        self.fails([self.served(certificate, key)], "expired")

    def test_a_wrong_name(self):
        gateway = self.served(*self.authority.server("elsewhere", names="DNS:gw.example.com"))
        self.fails([gateway], "no alternative certificate subject name|does not match")

    def test_self_signed(self):
        certificate, key = (os.path.join(self.directory, "self." + end) for end in ("pem", "key"))
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", certificate,
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
        self.fails([self.served(certificate, key)], "self.signed certificate")

    def test_old_tls(self):
        def old(context):
            context.maximum_version = ssl.TLSVersion.TLSv1_1
            context.set_ciphers("ALL:@SECLEVEL=0")
        self.fails([self.gateway(configure=old)], "protocol|version|handshake|alert")

    def test_tls_1_2_and_its_refusal(self):
        def one_two(context):
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        gateway = self.gateway(configure=one_two)
        self.succeeds([gateway])
        self.fails([gateway], "protocol|version|alert", minimum_tls="1.3")

    def test_a_client_certificate(self):
        certificate, key = self.authority.client("alice", "MIT.TEST")

        def wanted(context):
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.authority.certificate)
        gateway = self.gateway(configure=wanted)
        self.succeeds([gateway], client_certificate=certificate, client_key=key)
        self.fails([gateway], "certificate|alert|reset|Empty reply|EOF|SSL_read|Recv failure|Broken|dropped")

    def test_a_client_certificate_in_a_token(self):
        """A PKCS#11 URI; the key never leaves the token."""
        module = next(path for path in ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
                      if os.path.exists(path))
        base = os.path.join(self.directory, "token")
        os.makedirs(base)
        config = os.path.join(base, "softhsm.conf")
        with open(config, "w") as file:
            file.write(f"directories.tokendir = {base}\nobjectstore.backend = file\n")
        certificate, key = self.authority.client("bob", "MIT.TEST")
        env = {**os.environ, "SOFTHSM2_CONF": config}

        def do(*args):
            subprocess.run(args, check=True, capture_output=True, env=env)
        do("softhsm2-util", "--init-token", "--free", "--label", "ferryman", "--pin", "1234", "--so-pin", "1234")
        der = os.path.join(base, "key.p8")
        openssl("pkcs8", "-topk8", "-nocrypt", "-in", key, "-out", der)
        do("softhsm2-util", "--import", der, "--token", "ferryman", "--label", "bob", "--id", "01", "--pin", "1234")
        do("p11tool", "--provider", module, "--login", "--set-pin", "1234", "--write", "--load-certificate", certificate,
           "--label", "bob", "--id", "01", "pkcs11:token=ferryman")

        def wanted(context):
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.authority.certificate)
        uri = "pkcs11:token=ferryman;object=bob;pin-value=1234"
        self.succeeds([self.gateway(configure=wanted)], client_certificate=uri,
                      env={"SOFTHSM2_CONF": config, "PKCS11_MODULE_PATH": module})

    def test_a_session_is_resumed(self):
        """By TLS 1.2 and 1.3, when connections are not kept. haproxy says what it saw."""
        backend = self.gateway(tls=False)
        combined = os.path.join(self.directory, "combined.pem")
        with open(combined, "w") as out:
            for name in (self.certificate, self.key):
                with open(name) as file:
                    out.write(file.read())
        for version in ("TLSv1.2", "TLSv1.3"):
            port = free_port()
            config = os.path.join(self.directory, version + ".cfg")
            with open(config, "w") as file:
                file.write(f"""\
defaults
 mode http
 option httpclose
 timeout connect 5s
 timeout client 20s
 timeout server 20s
frontend front
 bind 127.0.0.1:{port} ssl crt {combined} ssl-min-ver {version} ssl-max-ver {version}
 log stdout format raw local0
 log-format "resumed=%[ssl_fc_is_resumed] %sslv"
 default_backend back
backend back
 server gateway 127.0.0.1:{backend.port}
""")
            haproxy = self.running(Process(["haproxy", "-f", config, "-db"], os.path.join(self.directory, version + ".log")))
            wait_for(lambda: listens("127.0.0.1", port), "haproxy")
            code, output, _, _ = self.client([f"https://localhost:{port}/"], example="in_turn", count=3)
            self.assertEqual(code, 0, output)
            wait_for(lambda: haproxy.text().count("resumed=") == 3, "haproxy's log")
            self.assertEqual(haproxy.text().count(f"resumed=1 {version}"), 2, haproxy.text())

class Revocation(ClientScenario):
    """Stapled OCSP responses, served by openssl s_server."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        path = lambda name: os.path.join(cls.directory, name)
        serial = subprocess.run(["openssl", "x509", "-in", cls.certificate, "-noout", "-serial"], capture_output=True,
                                text=True, check=True).stdout.strip().split("=")[1]
        for name, line in (("good", f"V\t301231235959Z\t\t{serial}\tunknown\t/CN=server\n"),
                           ("revoked", f"R\t301231235959Z\t250101000000Z\t{serial}\tunknown\t/CN=server\n"),
                           ("unknown", "")):
            with open(path(name + ".index"), "w") as file:
                file.write(line)
            openssl("ocsp", "-issuer", cls.authority.certificate, "-cert", cls.certificate, "-reqout", path("request.ocsp"))
            openssl("ocsp", "-index", path(name + ".index"), "-CA", cls.authority.certificate, "-rsigner",
                    cls.authority.certificate, "-rkey", cls.authority.key, "-reqin", path("request.ocsp"), "-respout",
                    path(name + ".ocsp"), "-ndays", "1")
        with open(path("garbage.ocsp"), "wb") as file:
            file.write(b"\x30\x03\x0a\x01\x00")
        other = os.path.join(cls.directory, "other-ca")
        os.makedirs(other)
        other = Authority(other, "Another CA")
        openssl("ocsp", "-index", path("good.index"), "-CA", cls.authority.certificate, "-rsigner", other.certificate,
                "-rkey", other.key, "-reqin", path("request.ocsp"), "-respout", path("forged.ocsp"), "-ndays", "1")

    def stapling(self, name=None):
        """ferrymand is the gateway: it staples what it is given. Nobody answers behind it, so that 503 is success."""
        port = free_port()
        tls = dict(self.tls)
        if name:
            tls["ocsp_response"] = os.path.join(self.directory, name + ".ocsp")
        self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}], {"OTHER.TEST": {"kdc": ["127.0.0.1:9"]}}, tls), name=f"stapling-{self.id()}-{name}"))
        return f"https://localhost:{port}/KdcProxy"

    def test_good(self):
        url = self.stapling("good")
        for revocation in ("stapled", "required"):
            self.fails([url], "HTTP 503", revocation=revocation)

    def test_revoked(self):
        url = self.stapling("revoked")
        self.fails([url], "revoked")
        self.fails([url], "HTTP 503", revocation="off")

    def test_none(self):
        url = self.stapling()
        self.fails([url], "HTTP 503")
        self.fails([url], "staples no OCSP response", revocation="required")

    def test_unknown(self):
        self.fails([self.stapling("unknown")], "does not know the certificate")

    def test_forged(self):
        self.fails([self.stapling("forged")], "not signed by the certificate's issuer")


class Failover(ClientScenario):
    def unavailable(self):
        return self.gateway(answering(body=reply_body(krb.krb_error(code=29))))

    def test_a_kdc_that_is_not_available_at_each_gateway(self):
        first, second = self.unavailable(), self.unavailable()
        self.fails([first, second], "its KDC is not available .KDC_ERR_SVC_UNAVAILABLE.; .*not available")
        self.assertEqual((len(first.requests), len(second.requests)), (1, 1))

    def test_the_next_gateway_is_asked(self):
        good = self.gateway()
        for bad in (f"https://localhost:{free_port()}/", self.gateway(closing()), self.gateway(answering(status="503 No", body=b"")),
                    self.gateway(answering(body=b"junk")), self.gateway(silent), self.unavailable()):
            _, _, reply = self.succeeds([bad, good])
            self.assertEqual(reply, krb.krb_error())

    def test_a_black_hole_leaves_time_for_the_next(self):
        """A listener whose queue is full takes no connection."""
        hole = FakeGateway(None, certificate=self.certificate, key=self.key, accepts=False)
        self.running(hole)
        hole.listener.listen(0)
        fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", hole.port))
            fillers.append(filler)
        _, took, _ = self.succeeds([hole, self.gateway()])
        self.assertGreater(took, 0.5)
        for filler in fillers:
            filler.close()

    def test_one_that_failed_comes_last_for_a_while(self):
        bad, good = self.gateway(answering(status="503 No", body=b"")), self.gateway()
        code, output, _, _ = self.client([bad, good], example="in_turn", count=5)
        self.assertEqual(code, 0, output)
        self.assertEqual((len(bad.requests), len(good.requests)), (1, 5))

    def test_it_is_asked_again_when_the_others_fail(self):
        bad = self.gateway(answering(status="503 No", body=b""))
        code, output, _, _ = self.client([bad], example="in_turn", count=3)
        self.assertNotEqual(code, 0, output)
        self.assertEqual(len(bad.requests), 3)

    def test_what_may_be_sent_once_is(self):
        for message, name in ((KPASSWD, "kpasswd"), (OTP, "OTP")):
            good = self.gateway(answering(body=reply_body(krb.krb_error())))
            for behave in (closing(), resetting, silent, answering(status="503 No", body=b""), answering(body=b"junk"),
                           answering(status="504 No", body=b""), answering(status="500 No", body=b""),
                           answering(body=reply_body(krb.krb_error(code=29)))):
                bad = self.gateway(behave)
                self.fails([bad, good], "must not be sent twice|deadline|timed out", message=message)
                self.assertEqual((len(bad.requests), len(good.requests)), (1, 0), name)

    def test_what_may_be_sent_once_goes_on_when_it_was_not_sent(self):
        for message in (KPASSWD, OTP):
            good = self.gateway(answering(body=reply_body(krb.kpasswd_error() if message is KPASSWD else krb.krb_error())))
            for bad in (f"https://localhost:{free_port()}/", self.gateway(handshake=False),
                        self.gateway(answering(status="429 Slow", body=b"")), self.gateway(answering(status="404 No", body=b"")),
                        self.gateway(certificate=self.authority.server("else", names="DNS:x")[0],
                                     key=os.path.join(self.directory, "else.key"))):
                self.succeeds([bad, good], message=message, deadline="4s")
            self.assertEqual(len(good.requests), 5)

    def test_a_kept_connection_that_died(self):
        """The second message finds the first one's connection closed by the server as it is written."""
        def once(connection, request):
            if len(gateway.requests) % 2 == 0:
                return "close"  # without an answer: the connection died under the request
            connection.sendall(response(body=reply_body(krb.kpasswd_error()) if request == first[0] else None))
        first = [None]
        gateway = self.gateway(once)
        code, output, _, _ = self.client([gateway], example="in_turn", count=2)
        self.assertEqual(code, 0, output)
        self.assertEqual(len(gateway.requests), 3)

        def once_kpasswd(connection, request):
            if len(other.requests) % 2 == 0:
                return "close"
            connection.sendall(response(body=reply_body(krb.kpasswd_error())))
        other = self.gateway(once_kpasswd)
        code, output, _, _ = self.client([other], example="in_turn", count=2, message=KPASSWD)
        self.assertNotEqual(code, 0, output)
        self.assertIn("must not be sent twice", output)
        self.assertEqual(len(other.requests), 2)


class Connections(ClientScenario):
    def test_one_connection_serves_many_messages(self):
        gateway = self.gateway()
        code, output, _, _ = self.client([gateway], example="in_turn", count=20)
        self.assertEqual((code, gateway.connections), (0, 1), output)

    def test_many_at_once_on_the_callers_loop(self):
        gateway = self.gateway()
        code, output, _, _ = self.client([gateway], example="on_an_event_loop", count=50)
        self.assertEqual((code, len(gateway.requests)), (0, 50), output)

    def test_at_once_each_has_an_outcome(self):
        code, output, took, _ = self.client([self.gateway(silent)], example="on_an_event_loop", count=20)
        self.assertNotEqual(code, 0)
        self.assertEqual(output.count("STATUS_NO_LOGON_SERVERS"), 20)
        self.assertLess(took, 8)

    def test_a_proxy_is_gone_through(self):
        """By CONNECT; no packaged forward proxy is needed for these few lines."""
        asked = []

        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        self.addCleanup(listener.close)

        def serve():
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                head = b""
                while b"\r\n\r\n" not in head:
                    head += client.recv(4096)
                asked.append(head.decode())
                host, _, target = head.split()[1].decode().rpartition(":")
                upstream = socket.create_connection((host, int(target)))
                client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")

                def copy(a, b):
                    with a:
                        try:
                            while data := a.recv(65536):
                                b.sendall(data)
                        except OSError:
                            pass
                threading.Thread(target=copy, args=(client, upstream), daemon=True).start()
                threading.Thread(target=copy, args=(upstream, client), daemon=True).start()
        threading.Thread(target=serve, daemon=True).start()
        gateway = self.gateway()
        proxy = f"http://127.0.0.1:{port}"
        self.succeeds([gateway], env={"HTTPS_PROXY": proxy})
        self.assertIn(f"CONNECT localhost:{gateway.port}", asked[0])
        self.succeeds([gateway], env={"HTTPS_PROXY": proxy, "NO_PROXY": "localhost"})
        self.succeeds([gateway], env={"HTTPS_PROXY": proxy}, proxy="none")
        self.assertEqual(len(asked), 1)
        self.succeeds([gateway], proxy=proxy)
        self.assertEqual(len(asked), 2)

    def ipv6_listener(self, port=0):
        listener = socket.create_server(("::1", port), family=socket.AF_INET6)
        self.addCleanup(listener.close)
        return listener

    def test_ipv6(self):
        gateway = self.gateway()
        gateway.listener.close()
        gateway.listener = self.ipv6_listener()
        threading.Thread(target=gateway.accept, daemon=True).start()
        self.succeeds([f"https://[::1]:{gateway.listener.getsockname()[1]}/KdcProxy"])

    def test_happy_eyeballs(self):
        """The name has two addresses; the one that is tried first swallows connections (RFC 8305)."""
        gateway = self.gateway(certificate=self.authority.server("dual", names="DNS:gw.test")[0],
                               key=os.path.join(self.directory, "dual.key"))
        hole = self.ipv6_listener(gateway.port)
        hole.listen(0)
        for _ in range(4):
            filler = socket.socket(socket.AF_INET6)
            filler.setblocking(False)
            filler.connect_ex(("::1", gateway.port))
            self.addCleanup(filler.close)
        prefix = private_names(self.directory, "127.0.0.1", {"::1": "gw.test", "127.0.0.1": "gw.test"})
        self.succeeds([f"https://gw.test:{gateway.port}/"], prefix=prefix, connect_timeout="1500ms")

class Discovery(ClientScenario):
    def dns(self, records):
        def answer(name, kind):
            return [r for (n, k), found in records.items() if (n, k) == (name, kind) for r in found]
        return self.running(FakeDns(answer))

    def uri(self, url, priority=1, flags="m"):
        target = f"krb5srv:{flags}:kkdcp:{url}".encode()
        return record(URI, priority.to_bytes(2, "big") + b"\0\1" + target)

    def test_uri_records(self):
        gateway, other = self.gateway(), self.gateway()
        dns = self.dns({("_kerberos.mit.test", URI): [
            self.uri(other.url, 2), self.uri(gateway.url, 1), record(URI, b"\0\0\0\1krb5srv:m:udp:kdc.mit.test")]})
        self.succeeds([], dns=True, dns_servers=[dns.address])
        self.assertEqual((len(gateway.requests), len(other.requests)), (1, 0))

    def test_kpasswd_has_records_of_its_own(self):
        gateway = self.gateway(answering(body=reply_body(krb.kpasswd_error())))
        dns = self.dns({("_kpasswd.mit.test", URI): [self.uri(gateway.url)]})
        self.succeeds([], dns=True, dns_servers=[dns.address], message=KPASSWD)

    def test_apples_srv_record(self):
        gateway = self.gateway()
        dns = self.dns({("_kerberos._kkdcp.mit.test", SRV): [record(SRV, srv("localhost", gateway.port))]})
        self.succeeds([], dns=True, dns_servers=[dns.address])
        self.assertIn("POST /kkdcp ", gateway.heads[0])

    def test_dns_is_asked_once_in_its_time(self):
        gateway = self.gateway()
        dns = self.dns({("_kerberos.mit.test", URI): [self.uri(gateway.url)]})
        code, output, _, _ = self.client([], dns=True, dns_servers=[dns.address], example="in_turn", count=4)
        self.assertEqual((code, len(dns.questions)), (0, 1), output)

    def test_no_records_and_no_dns(self):
        self.fails([], "DNS names none", dns=True, dns_servers=[self.dns({}).address])
        self.fails([], "DNS does not answer|deadline", dns=True, dns_servers=[f"127.0.0.1:{free_port()}"])

    def test_records_that_name_no_gateway(self):
        dns = self.dns({("_kerberos.mit.test", URI): [self.uri("http://gw.example.com/"), self.uri("ftp://x/"),
                                                     record(URI, b"\0\0"), record(URI, b"\0\0\0\1" + os.urandom(200))]})
        self.fails([], "DNS names none", dns=True, dns_servers=[dns.address])

    def test_krb5_conf(self):
        gateway = self.gateway()
        file = os.path.join(self.directory, "krb5.conf")
        with open(file, "w") as out:
            out.write(f"[realms]\n MIT.TEST = {{\n  kdc = {gateway.url}\n }}\n")
        self.succeeds([], env={"KRB5_CONFIG": file})
        self.assertEqual(len(gateway.requests), 1)

    def test_a_mistake_in_client_toml(self):
        code, output, _, _ = self.client([], deadlin="3s")
        self.assertNotEqual(code, 0)
        self.assertRegex(output, r'client.toml:\d+:\d+: unknown key "deadlin" in the file; did you mean "deadline"')


if __name__ == "__main__":
    unittest.main()
