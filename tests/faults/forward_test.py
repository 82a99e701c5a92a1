"""`ferryman forward` against clients and gateways that do what they should not."""
import os
import signal
import socket
import struct
import subprocess
import threading
import time
import unittest

from lib import krb
from lib.fake_gateway import FakeGateway, answering, closing, reply_body, response, silent
from lib.forwarder import TOOL, Forwarder
from lib.proc import Process, free_port, has_udp_socket, listens, wait_for
from lib.scenario import Scenario

WRONG_REALM, POLICY, GENERIC, TOO_BIG, UNAVAILABLE = 68, 12, 60, 52, 29


def frame(message):
    return struct.pack(">I", len(message)) + message


def error_text(message):
    """e-text of a KRB-ERROR."""
    _, content, _ = krb.read_tlv(message)
    _, content, _ = krb.read_tlv(content)
    while content:
        tag, value, content = krb.read_tlv(content)
        if tag == 0xAB:
            return krb.read_tlv(value)[1].decode()
    return ""


class ForwardScenario(Scenario):
    def gateway(self, behave=None, **more):
        return self.running(FakeGateway(behave, certificate=self.certificate, key=self.key, **more))

    def forwarder(self, gateway, *args, **more):
        self.count = getattr(self, "count", 0) + 1
        return self.running(Forwarder(self.directory, "--gateway", getattr(gateway, "url", gateway), "--ca-file",
                                      self.authority.certificate, "--no-dns", "--deadline", "3s", *args,
                                      name=f"{self.id()}-{self.count}", **more))

    def udp(self, forwarder, message, seconds=10, port=None):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(seconds)
            client.connect(("127.0.0.1", port or forwarder.port))
            client.send(message)
            return client.recv(65536)

    def tcp(self, forwarder, message, port=None):
        with socket.create_connection(("127.0.0.1", port or forwarder.port), 10) as client:
            client.sendall(frame(message))
            return self.receive(client)

    def receive(self, client):
        head = client.recv(4, socket.MSG_WAITALL)
        if len(head) < 4:
            return None
        return client.recv(struct.unpack(">I", head)[0], socket.MSG_WAITALL)


class Answers(ForwardScenario):
    def test_udp_and_tcp(self):
        forwarder = self.forwarder(self.gateway())
        self.assertEqual(self.udp(forwarder, krb.as_req()), krb.krb_error())
        self.assertEqual(self.tcp(forwarder, krb.as_req()), krb.krb_error())

    def test_several_messages_on_one_connection(self):
        forwarder = self.forwarder(self.gateway())
        with socket.create_connection(("127.0.0.1", forwarder.port), 10) as client:
            client.sendall(frame(krb.as_req()) + frame(krb.as_req()))
            self.assertEqual([self.receive(client), self.receive(client)], [krb.krb_error()] * 2)

    def test_octet_by_octet(self):
        forwarder = self.forwarder(self.gateway())
        with socket.create_connection(("127.0.0.1", forwarder.port), 10) as client:
            for octet in frame(krb.as_req()):
                client.sendall(bytes([octet]))
            self.assertEqual(self.receive(client), krb.krb_error())

    def test_either_port_serves_either_message(self):
        forwarder = self.forwarder(self.gateway(answering(body=reply_body(krb.kpasswd_error()))))
        for port in (forwarder.port, forwarder.kpasswd_port):
            self.assertEqual(self.udp(forwarder, krb.kpasswd_request(), port=port), krb.kpasswd_error())

    def test_a_large_answer_comes_by_tcp_and_the_kdc_is_asked_once(self):
        large = krb.krb_error(e_data=bytes(5000))
        gateway = self.gateway(answering(body=reply_body(large)))
        forwarder = self.forwarder(gateway)
        request = krb.as_req(padatas=[krb.fast_padata()])
        self.assertEqual(krb.error_code(self.udp(forwarder, request)), TOO_BIG)
        self.assertEqual(self.tcp(forwarder, request), large)
        self.assertEqual(len(gateway.requests), 1)

    def test_an_answer_that_just_fits(self):
        size = 4096 - len(krb.krb_error(e_data=bytes(3000))) + 3000
        for more, code in ((0, 25), (1, TOO_BIG)):
            forwarder = self.forwarder(self.gateway(answering(body=reply_body(krb.krb_error(e_data=bytes(size + more))))))
            self.assertEqual(krb.error_code(self.udp(forwarder, krb.as_req())), code)

    def test_a_repeated_datagram_is_the_same_request(self):
        def late(connection, request):
            time.sleep(1)
            connection.sendall(response())
        gateway = self.gateway(late)
        forwarder = self.forwarder(gateway)
        request = krb.as_req()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(10)
            client.connect(("127.0.0.1", forwarder.port))
            for _ in range(5):
                client.send(request)
            self.assertEqual([client.recv(65536) for _ in range(5)], [krb.krb_error()] * 5)
        self.assertEqual(len(gateway.requests), 1)

    def test_the_realm_is_chosen_by_the_message(self):
        one, two = self.gateway(), self.gateway()
        forwarder = self.forwarder("ONE.TEST=" + one.url, "--gateway", ".TWO.TEST=" + two.url)
        self.udp(forwarder, krb.as_req("ONE.TEST"))
        self.udp(forwarder, krb.as_req("A.TWO.TEST"))
        self.udp(forwarder, krb.kpasswd_request("B.TWO.TEST"))
        self.assertEqual((len(one.requests), len(two.requests)), (1, 2))
        self.assertEqual(krb.error_code(self.udp(forwarder, krb.as_req("THREE.TEST"))), TOO_BIG)
        self.assertTrue(forwarder.wait_line("no gateway is known"))


class Errors(ForwardScenario):
    def test_a_realm_that_is_not_served(self):
        gateway = self.gateway()
        forwarder = self.forwarder(gateway, "--realm", "mit.test")
        self.assertEqual(self.udp(forwarder, krb.as_req("MIT.TEST")), krb.krb_error())
        self.assertEqual(krb.error_code(self.udp(forwarder, krb.as_req("OTHER.TEST"))), WRONG_REALM)
        self.assertEqual(len(gateway.requests), 1)

    def sees_no_kdc(self, forwarder, message, port=None):
        """Over UDP the client is sent to TCP, where its connection ends without an answer."""
        reply = self.udp(forwarder, message, port=port)
        self.assertEqual(krb.error_code(reply[6:] if port == forwarder.kpasswd_port else reply), TOO_BIG)
        self.assertIsNone(self.tcp(forwarder, message, port))

    def test_no_gateway_answers(self):
        for bad, words in ((f"https://localhost:{free_port()}/", "refused|connect"), (self.gateway(silent), "deadline|timed out"),
                           (self.gateway(closing()), "."), (self.gateway(answering(body=b"junk")), "KDC-PROXY-MESSAGE"),
                           (self.gateway(answering(status="503 No", body=b"")), "HTTP 503")):
            forwarder = self.forwarder(bad)
            for request in (krb.as_req(), krb.as_req(padatas=[krb.fast_padata()])):
                self.sees_no_kdc(forwarder, request)
                lines = forwarder.wait_line("AS-REQ for MIT.TEST: ")
                self.assertRegex(lines[-1], words)
                self.assertEqual(lines[-1].count("https://"), 1)

    def test_no_gateway_is_known(self):
        forwarder = self.forwarder("OTHER.TEST=https://localhost/")
        self.sees_no_kdc(forwarder, krb.as_req())
        self.sees_no_kdc(forwarder, krb.kpasswd_request(), forwarder.kpasswd_port)

    def test_a_password_change_that_cannot_have_been_passed_on(self):
        for bad in (f"https://localhost:{free_port()}/", self.gateway(handshake=False),
                    self.gateway(answering(status="429 Slow", body=b""))):
            forwarder = self.forwarder(bad)
            self.sees_no_kdc(forwarder, krb.kpasswd_request(), forwarder.kpasswd_port)

    def test_a_kdc_that_is_not_available_is_no_answer(self):
        unavailable = krb.krb_error(code=UNAVAILABLE)
        for request in (krb.as_req(), krb.tgs_req()):
            first, second = (self.gateway(answering(body=reply_body(unavailable))) for _ in range(2))
            good = self.gateway()
            for ask in (self.udp, self.tcp):
                self.assertEqual(ask(self.forwarder(first, "--gateway", good.url), request), krb.krb_error())
            self.assertEqual((len(first.requests), len(good.requests)), (2, 2))
            forwarder = self.forwarder(first, "--gateway", second.url)
            self.sees_no_kdc(forwarder, request)
            self.assertEqual((len(first.requests), len(second.requests)), (3, 1))
            forwarder.wait_line("KDC_ERR_SVC_UNAVAILABLE")

    def test_what_may_be_sent_once_is_not_sent_again_for_a_kdc_that_is_not_available(self):
        unavailable, good = krb.krb_error(code=UNAVAILABLE), self.gateway()
        gateway = self.gateway(answering(body=reply_body(unavailable)))
        self.sees_no_kdc(self.forwarder(gateway, "--gateway", good.url), krb.as_req(padatas=[krb.fast_padata()]))
        for answer in (unavailable, krb.kpasswd_error(code=UNAVAILABLE)):
            gateway = self.gateway(answering(body=reply_body(answer)))
            forwarder = self.forwarder(gateway, "--gateway", good.url)
            reply = self.tcp(forwarder, krb.kpasswd_request(), forwarder.kpasswd_port)
            self.assertEqual(krb.error_code(reply[6:]), GENERIC)
            self.assertIn("KDC_ERR_SVC_UNAVAILABLE", error_text(reply[6:]))
            self.assertEqual(len(gateway.requests), 1)
        self.assertEqual(good.requests, [])

    def test_a_policy_refused(self):
        forwarder = self.forwarder(self.gateway(answering(status="403 No", body=b"")))
        reply = self.udp(forwarder, krb.as_req())
        self.assertEqual(krb.error_code(reply), POLICY)
        self.assertIn("refused by its policy", error_text(reply))

    def test_kpasswd_gets_its_own_form_of_error(self):
        forwarder = self.forwarder(self.gateway(answering(status="503 No", body=b"")))
        reply = self.tcp(forwarder, krb.kpasswd_request(), forwarder.kpasswd_port)
        self.assertEqual(struct.unpack(">HHH", reply[:6]), (len(reply), 1, 0))
        self.assertEqual(krb.error_code(reply[6:]), GENERIC)

    def test_a_password_change_is_sent_once(self):
        bad, good = self.gateway(closing()), self.gateway()
        forwarder = self.forwarder(bad, "--gateway", good.url)
        request = krb.kpasswd_request()
        for _ in range(3):
            self.assertEqual(krb.error_code(self.udp(forwarder, request)[6:]), GENERIC)
        self.assertEqual((len(bad.requests), len(good.requests)), (1, 0))

    def test_terminal_escapes_in_a_realm_do_not_reach_the_log(self):
        forwarder = self.forwarder("https://localhost:1/", "--gateway", "https://localhost:2/")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.connect(("127.0.0.1", forwarder.port))
            client.send(krb.as_req("A\u202eB.TEST"))
        forwarder.wait_line("AS-REQ for A\\u202eB.TEST")


class Hostile(ForwardScenario):
    def test_what_is_no_request_gets_no_answer(self):
        gateway = self.gateway()
        forwarder = self.forwarder(gateway)
        for junk in (b"", b"\0", b"GET / HTTP/1.0\r\n\r\n", os.urandom(1000), krb.krb_error(), krb.as_req()[:-1]):
            with self.assertRaises(TimeoutError):
                self.udp(forwarder, junk, 0.3)
            if junk:
                self.assertIsNone(self.tcp(forwarder, junk))
        self.assertEqual(gateway.requests, [])
        self.assertEqual(self.udp(forwarder, krb.as_req()), krb.krb_error())

    def test_wrong_lengths_over_tcp(self):
        forwarder = self.forwarder(self.gateway())
        for head in (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x80\0\0\1", b"\0\2\0\1"):
            with socket.create_connection(("127.0.0.1", forwarder.port), 10) as client:
                client.sendall(head)
                self.assertEqual(client.recv(1), b"")

    def test_clients_that_go_away(self):
        def late(connection, request):
            time.sleep(0.5)
            connection.sendall(response())
        forwarder = self.forwarder(self.gateway(late))
        for _ in range(50):
            with socket.create_connection(("127.0.0.1", forwarder.port), 10) as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.sendall(frame(krb.as_req()))
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.sendto(krb.as_req(), ("127.0.0.1", forwarder.port))
        time.sleep(1)
        self.assertEqual(self.udp(forwarder, krb.as_req()), krb.krb_error())

    def test_more_connections_than_there_may_be(self):
        forwarder = self.forwarder(self.gateway())
        idle = [socket.create_connection(("127.0.0.1", forwarder.port), 10) for _ in range(300)]
        time.sleep(0.3)
        self.assertEqual(self.udp(forwarder, krb.as_req()), krb.krb_error())
        for one in idle:
            one.close()
        wait_for(lambda: self.tcp(forwarder, krb.as_req()) == krb.krb_error(), "a connection to be taken again")

    def test_many_at_once(self):
        forwarder = self.forwarder(self.gateway())
        failed = []

        def ask():
            for _ in range(20):
                if self.udp(forwarder, krb.as_req(), 15) != krb.krb_error():
                    failed.append(1)
        threads = [threading.Thread(target=ask) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failed, [])


class Running(ForwardScenario):
    def test_sigterm_answers_what_is_under_way(self):
        def late(connection, request):
            time.sleep(1.5)
            connection.sendall(response())
        gateway = self.gateway(late)
        forwarder = self.forwarder(gateway)
        answers = []
        threads = [threading.Thread(target=lambda ask=ask: answers.append(ask(forwarder, krb.as_req())))
                   for ask in (self.udp, self.tcp)]
        for thread in threads:
            thread.start()
        wait_for(lambda: len(gateway.requests) == 2, "both requests to be under way")
        self.assertEqual(forwarder.terminate(), 0)
        for thread in threads:
            thread.join()
        self.assertEqual(answers, [krb.krb_error()] * 2)
        self.assertFalse(listens("127.0.0.1", forwarder.port))

    def test_sighup_reads_client_toml_again(self):
        one, two = self.gateway(), self.gateway()
        file = os.path.join(self.directory, "reload.toml")

        def write(text):
            with open(file, "w") as out:
                out.write(f'ca_file = "{self.authority.certificate}"\ndns = false\n{text}')
        write(f'[gateways]\n"*" = "{one.url}"\n')
        forwarder = self.running(Forwarder(self.directory, "--config", file, name="reload"))
        self.udp(forwarder, krb.as_req())
        write(f'[gateways]\n"*" = "{two.url}"\n')
        forwarder.reload()
        self.udp(forwarder, krb.as_req())
        self.assertEqual((len(one.requests), len(two.requests)), (1, 1))
        write("junk")
        forwarder.reload()
        forwarder.wait_line("not reloaded: " + file)
        self.udp(forwarder, krb.as_req())
        self.assertEqual((len(one.requests), len(two.requests)), (1, 2))

    def test_socket_activation(self):
        gateway = self.gateway()
        port = free_port()
        process = self.running(Process(
            ["systemd-socket-activate", "-l", f"127.0.0.1:{port}", TOOL, "forward", "--gateway", gateway.url,
             "--ca-file", self.authority.certificate, "--no-dns"], os.path.join(self.directory, "activate.log"),
            {"HOME": self.directory, "KRB5_CONFIG": "/nonexistent"}))
        wait_for(lambda: listens("127.0.0.1", port), "systemd-socket-activate")
        wait_for(lambda: self.tcp(None, krb.as_req(), port) == krb.krb_error() or not process.alive(), "an answer")
        datagrams = self.running(Process(
            ["systemd-socket-activate", "--datagram", "-l", f"127.0.0.1:{free_port()}", TOOL, "forward", "--gateway",
             gateway.url, "--ca-file", self.authority.certificate, "--no-dns"],
            os.path.join(self.directory, "activate-udp.log"), {"HOME": self.directory, "KRB5_CONFIG": "/nonexistent"}))
        udp_port = int(datagrams.args[3].split(":")[1])
        wait_for(lambda: has_udp_socket(udp_port), "the UDP socket")
        self.assertEqual(self.udp(None, krb.as_req(), port=udp_port), krb.krb_error())

    def wrong(self, *args, code=2, port=None):
        result = subprocess.run([TOOL, "forward", "--port", str(port or free_port()), "--kpasswd-port", "0",
                                 "--listen", "127.0.0.1", *args], capture_output=True, text=True, timeout=20,
                                env={**os.environ, "HOME": self.directory, "KRB5_CONFIG": "/nonexistent"})
        self.assertEqual(result.returncode, code, result.stderr)
        return result.stderr

    def test_wrong_usage(self):
        self.assertIn("not a loopback address", self.wrong("--listen", "0.0.0.0"))
        self.assertIn("not an IP address", self.wrong("--listen", "localhost"))
        self.assertIn('the gateway "ftp://x" has the scheme', self.wrong("--gateway", "ftp://x"))
        self.assertIn("https", self.wrong("--gateway", "http://gw.example.com/"))
        self.assertIn("--krb5-conf needs --realm", self.wrong("--krb5-conf", "-"))
        self.assertIn("No such file", self.wrong("--ca-file", "/nonexistent"))
        self.assertIn("No such file", self.wrong("--config", "/nonexistent"))
        self.assertIn("deadline must be a time", self.wrong("--deadline", "soon"))
        self.assertIn("not a realm's name", self.wrong("--realm", "A B"))
        self.assertIn("not a network", self.wrong("--allow-network", "x"))
        self.assertIn("No such file", self.wrong("--realm", "A", "--krb5-conf", "/nonexistent/file"))
        self.assertIn("--nonsense", self.wrong("--nonsense"))
        taken = self.gateway()
        self.assertIn("Address already in use", self.wrong(code=1, port=taken.port))

    def test_the_snippet_on_standard_output(self):
        port = free_port()
        process = self.running(Process([TOOL, "forward", "--listen", "127.0.0.1", "--port", str(port), "--kpasswd-port",
                                        "0", "--realm", "A.TEST", "--krb5-conf", "-"],
                                       os.path.join(self.directory, "snippet.log"), {"HOME": self.directory}))
        wait_for(lambda: f"kdc = 127.0.0.1:{port}" in process.text(), "the snippet")
        process.child.send_signal(signal.SIGINT)
        self.assertEqual(process.child.wait(10), 0)


if __name__ == "__main__":
    unittest.main()
