"""Nothing is lost on reload and on SIGTERM; certificates are read again; bad files change nothing."""
import asyncio
import os
import shutil
import signal
import ssl
import unittest

from lib import krb
from lib.fake_kdc import HoldingKdc
from lib.gateway import Gateway, configuration
from lib.https import Connection, post
from lib.proc import free_port, wait_for
from lib.scenario import Scenario

BODY = krb.proxy_message(krb.as_req())


async def ask_http1(port, context):
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="localhost",
                                                   ssl_handshake_timeout=60)
    writer.write(post(BODY))
    await writer.drain()
    head = await reader.readuntil(b"\r\n\r\n")
    size = int(next(line.split(b": ")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")))
    body = await reader.readexactly(size)
    writer.close()
    return int(head.split()[1]), body


async def ask_http2(port, directory, count):
    """h2load, 20 requests at once on each connection; returns how many were answered with 200."""
    path = os.path.join(directory, "body")
    with open(path, "wb") as file:
        file.write(BODY)
    process = await asyncio.create_subprocess_exec(
        "h2load", "-n", str(count), "-c", str(count // 20), "-m", "20", "-d", path,
        f"https://127.0.0.1:{port}/KdcProxy", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    out, _ = await process.communicate()
    status = next(line for line in out.decode().split("\n") if line.startswith("status codes:"))
    return int(status.split()[2])


class ReloadDrainTest(Scenario):
    def setUp(self):
        self.kdc = self.running(HoldingKdc())
        self.port = free_port()
        self.realms = {"MIT.TEST": {"kdc": [f"udp://{self.kdc.address}"], "deadline": "60s"}}
        self.copy = {"certificate": os.path.join(self.directory, self.id() + ".pem"),
                     "private_key": os.path.join(self.directory, self.id() + ".key")}
        self.install(self.certificate, self.key)
        self.gateway = self.running(Gateway(self.directory, self.text(), name=self.id()))

    def install(self, certificate, key):
        """As a certificate is renewed: each file replaced in one step."""
        for source, target in ((key, self.copy["private_key"]), (certificate, self.copy["certificate"])):
            shutil.copy(source, target + ".new")
            os.replace(target + ".new", target)

    def text(self, realms=None):
        return configuration([{"address": f"127.0.0.1:{self.port}"}], realms or self.realms, self.copy,
                             limits={"hedge_delay": "60s", "drain_timeout": "60s"})

    def in_flight(self, count, act):
        """Sends count requests over HTTP/1.1 and HTTP/2, acts when all wait at the KDC, returns the answers."""
        async def run():
            context = ssl.create_default_context(cafile=self.authority.certificate)
            context.set_alpn_protocols(["http/1.1"])
            http1 = [asyncio.create_task(ask_http1(self.port, context)) for _ in range(count // 2)]
            http2 = asyncio.create_task(ask_http2(self.port, self.directory, count // 2))
            while len(self.kdc.requests) < count:
                await asyncio.sleep(0.02)
                for task in http1:
                    if task.done():
                        task.result()
            await asyncio.get_running_loop().run_in_executor(None, act)
            self.kdc.release()
            answers = await asyncio.gather(*http1, http2, return_exceptions=True)
            for failure in answers:
                if isinstance(failure, BaseException):
                    raise failure
            return answers[:-1], answers[-1]
        return asyncio.run(asyncio.wait_for(run(), 120))

    def check_answers(self, answers, count):
        http1, http2 = answers
        self.assertEqual((len(http1), http2), (count // 2, count // 2))
        for status, body in http1:
            self.assertEqual((status, krb.error_code(krb.unwrap(body))), (200, 25))

    def test_sighup_loses_none_of_1000_requests(self):
        self.check_answers(self.in_flight(1000, self.gateway.reload), 1000)
        self.assertEqual(len(self.kdc.requests), 1000, "none was sent twice")

    def test_sigterm_loses_none_of_1000_requests(self):
        def terminate():
            self.gateway.process.child.send_signal(signal.SIGTERM)
            wait_for(lambda: self.gateway.messages("draining"), "the drain to begin")
        self.check_answers(self.in_flight(1000, terminate), 1000)
        self.assertEqual(self.gateway.process.child.wait(30), 0)
        self.assertEqual(len(self.gateway.events("exchange")), 1000)

    def test_second_sigterm_ends_at_once(self):
        def terminate_twice():
            self.gateway.process.child.send_signal(signal.SIGTERM)
            wait_for(lambda: self.gateway.messages("draining"), "the drain to begin")
            self.assertEqual(self.gateway.terminate(), 1)
        with self.assertRaises((asyncio.IncompleteReadError, ConnectionError)):
            self.in_flight(40, terminate_twice)

    def test_reload_changes_realms(self):
        self.kdc.release()
        self.gateway.write(self.text({"OTHER.TEST": self.realms["MIT.TEST"]}))
        self.gateway.reload()
        connection = Connection(self.port, ca=self.authority.certificate)
        self.addCleanup(connection.close)
        connection.send(post(BODY))
        self.assertEqual(connection.response()[0], 503)
        connection.send(post(krb.proxy_message(krb.as_req("OTHER.TEST"), "OTHER.TEST")))
        self.assertEqual(connection.response()[0], 200)

    def test_a_bad_file_changes_nothing_and_says_why(self):
        self.kdc.release()
        for bad in ("not toml [", self.text() + "colour = 1\n", "",
                    self.text().replace(self.copy["private_key"], "/nonexistent.key")):
            self.gateway.write(bad)
            self.gateway.reload("reload refused, the configuration in force stays")
        mistakes = [m["mistake"] for m in self.gateway.messages("configuration mistake")]
        self.assertTrue(any("colour" in m for m in mistakes) and any("nonexistent" in m for m in mistakes), mistakes)
        connection = Connection(self.port, ca=self.authority.certificate)
        self.addCleanup(connection.close)
        connection.send(post(BODY))
        self.assertEqual(connection.response()[0], 200)

    def serial(self):
        connection = Connection(self.port, ca=self.authority.certificate)
        self.addCleanup(connection.close)
        return connection.socket.getpeercert()["serialNumber"]

    def test_certificates_are_read_again_when_they_change(self):
        old_connection = Connection(self.port, ca=self.authority.certificate)
        self.addCleanup(old_connection.close)
        old = self.serial()
        self.install(*self.authority.server("renewed"))
        wait_for(lambda: self.serial() != old, "the new certificate")
        self.kdc.release()
        old_connection.send(post(BODY))
        self.assertEqual(old_connection.response()[0], 200, "connections from before go on")

    def test_a_certificate_that_cannot_be_used_leaves_the_old_one_in_force(self):
        old = self.serial()
        with open(self.copy["certificate"], "w") as file:
            file.write("half a certificate")
        wait_for(lambda: self.gateway.messages("certificates changed but cannot be used, those in force stay"),
                 "the complaint")
        self.assertEqual(self.serial(), old)


if __name__ == "__main__":
    unittest.main()
