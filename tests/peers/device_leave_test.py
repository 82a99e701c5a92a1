"""A device leaves by its certificate, as TLS client certificate, by curl and Python: at a listener that hands certificates on, and
nowhere else."""
import dataclasses
import os
import socket
import ssl
import subprocess
import unittest

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from lib.entra_client import HIMMELBLAU, Reply, new_rsa
from lib.own_realm import PASSWORDS
from lib.proc import free_port
from lib.sign_in import Refusals

PEM = serialization.Encoding.PEM


def lookalike(device):
    """All that its certificate says, signed by a key of nobody's."""
    key, like = new_rsa(), device.certificate
    builder = x509.CertificateBuilder(like.issuer, like.subject, key.public_key(), like.serial_number, like.not_valid_before,
                                      like.not_valid_after, list(like.extensions))
    return dataclasses.replace(device, certificate=builder.sign(key, hashes.SHA256()), key=key)


class DeviceLeaveTest(Refusals):
    @classmethod
    def serve(cls, **more):
        cls.passing = free_port()
        super().serve(listen=[{"address": f"127.0.0.1:{cls.passing}", "client_certificates": "pass"}], **more)

    def files(self, device):
        """Of the device's certificate and its private key."""
        made = os.path.join(self.directory, device.id + ".pem"), os.path.join(self.directory, device.id + ".key")
        with open(made[0], "wb") as certificate, open(made[1], "wb") as key:
            certificate.write(device.certificate.public_bytes(PEM))
            key.write(device.key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        return made

    def leave(self, device, shown=None, *options, port=None):
        """By curl. shown: whose certificate."""
        self.count()
        if shown:
            certificate, key = self.files(shown)
            options = ("--cert", certificate, "--key", key, *options)
        done = subprocess.run(
            ["curl", "-sS", "--cacert", self.authority.certificate, "-X", "DELETE", "-w", "\n%{http_code}", *options,
             f"https://localhost:{port or self.passing}/EnrollmentServer/device/{device.id}?api-version=2.0"],
            capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 0, done.stderr)
        body, status = done.stdout.rsplit("\n", 1)
        return Reply(int(status), {}, body.encode())

    def is_there(self, device, tenant="example"):
        return self.kdc.admin("device", "show", device.id, "--tenant", tenant, check=False).returncode == 0

    def assert_forbidden(self, reply, reason):
        self.assert_refused(reply, 50155, ("access_denied",), 403)
        self.assertEqual(self.last_request()["reason"], reason)

    def test_by_its_certificate(self):
        for options in (("--tls-max", "1.2", "--http1.1"), ("--tlsv1.3", "--http2")):
            with self.subTest(options):
                enrolled = self.enrolled_by(self.app)
                prt = enrolled.log_on()
                self.assert_serves(prt)
                reply = self.leave(enrolled.device, enrolled.device, *options)
                self.assertEqual(reply.status, 200, reply)
                event = self.last_request()
                self.assertEqual((event["service"], event["tenant"], event["user"]), ("leave", "example", "alice"), event)
                self.assertFalse(self.is_there(enrolled.device))
                self.assertNotIn(enrolled.device.id, [key["device"] for key in self.registered("alice")["keys"]])
                self.assert_ended(prt)
                self.assert_refused(self.app.hello(enrolled.device, enrolled.hello, enrolled.upn))
                self.assert_refused(self.leave(enrolled.device, enrolled.device, *options), 50155, ("not_found",), 404)
                self.assertEqual(self.last_request()["reason"], "device removed")

    def test_without_a_certificate(self):
        for port in (self.port, self.passing):
            self.assert_bearer_refused(self.leave(self.alice.device, port=port))
            self.assertEqual(self.last_request()["reason"], "no access token")
        self.assertTrue(self.is_there(self.alice.device))

    def test_at_a_listener_that_asks_for_none(self):
        self.assert_bearer_refused(self.leave(self.alice.device, self.alice.device, port=self.port))
        self.assertEqual(self.last_request()["reason"], "no access token")
        self.assertTrue(self.is_there(self.alice.device))

    def test_a_header_is_no_certificate(self):
        text = self.alice.device.certificate.public_bytes(PEM).decode().replace("\n", "")
        der = self.alice.device.der
        for header in (f"Client-Cert: :{der}:", f"X-Client-Cert: {text}", f"X-SSL-Client-Cert: {text}", f"X-ARR-ClientCert: {der}",
                       f"client_certificate: {der}"):
            for port in (self.port, self.passing):
                self.assert_bearer_refused(self.leave(self.alice.device, None, "-H", header, port=port))
        self.assertTrue(self.is_there(self.alice.device))

    def test_others_certificates(self):
        bob = self.bob().device
        self.assert_forbidden(self.leave(self.alice.device, bob), "another device")
        self.assertEqual(self.last_request()["user"], "bob")
        self.assert_forbidden(self.leave(self.alice.device, lookalike(self.alice.device)),
                              "no certificate of a device of the tenant")
        self.assertTrue(self.is_there(self.alice.device))
        self.assertTrue(self.is_there(bob))

    def test_any_other_certificate(self):
        """Of a CA that is trusted elsewhere, and with a key that no device has: the handshake takes it, the realm does not."""
        certificate, key = self.authority.client("alice", "MIT.TEST")
        reply = self.leave(self.alice.device, None, "--cert", certificate, "--key", key)
        self.assert_forbidden(reply, "no certificate of a device")
        self.assertTrue(self.is_there(self.alice.device))

    def test_another_tenants_certificate(self):
        self.kdc.admin("tenant", "add", "second", "--domain", "second.test")
        self.kdc.add_user("alice", PASSWORDS["bob"], "--tenant", "second", "--upn", self.upn("alice", "second.test"))
        there = self.entra(HIMMELBLAU, self.kdc.show("tenant", "second")["id"])
        second = self.enrolled_by(there, tenant="second", domain="second.test")
        self.assert_forbidden(self.leave(self.alice.device, second.device), "another device")
        self.assertEqual(self.last_request()["tenant"], "second")
        self.assertTrue(self.is_there(self.alice.device) and self.is_there(second.device, "second"))
        self.assertEqual(self.leave(second.device, second.device).status, 200)

    def test_a_disabled_device(self):
        device = self.enrolled_by(self.app).device
        self.kdc.admin("device", "disable", device.id)
        self.assert_forbidden(self.leave(device, device), "device disabled")
        self.assertTrue(self.is_there(device))

    def test_a_resumed_session_has_its_certificate(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version):
                device = self.enrolled_by(self.app).device
                context = ssl.create_default_context(cafile=self.authority.certificate)
                context.maximum_version = version
                context.load_cert_chain(*self.files(device))
                with self.connected(context) as first:
                    self.assertIn(b" 200 ", self.asked_by(first, "GET / HTTP/1.1\r\n"))
                    session = first.session
                with self.connected(context, session) as again:
                    self.assertTrue(again.session_reused)
                    answer = self.asked_by(again, f"DELETE /EnrollmentServer/device/{device.id}?api-version=2.0 HTTP/1.1\r\n")
                self.assertIn(b" 200 ", answer)
                self.assertFalse(self.is_there(device))

    def connected(self, context, session=None):
        raw = socket.create_connection(("127.0.0.1", self.passing), 20)
        return context.wrap_socket(raw, server_hostname="localhost", session=session)

    def asked_by(self, connection, line):
        self.count()
        connection.sendall(line.encode() + b"Host: localhost\r\n\r\n")
        return connection.recv(65536)

    def test_kerberos_passes_there_as_elsewhere(self):
        """MIT's kinit has no certificate to show when it is asked for one."""
        url = f"https://localhost:{self.passing}/{self.kdc.tenant}/kerberos"
        client = self.client(kdc=url)
        client.kinit("alice", PASSWORDS["alice"])
        self.assertIn("keytab entry valid", client.kvno(self.service, self.kdc.keytab).stdout)


if __name__ == "__main__":
    unittest.main()
