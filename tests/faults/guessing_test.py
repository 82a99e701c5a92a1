"""Guesses, and KDCs and clients that do not play their part in counting them."""
import os
import unittest

from lib import krb
from lib.fake_kdc import FakeKdc, frame
from lib.gateway import Gateway, configuration
from lib.https import Connection, post
from lib.proc import free_port, wait_for
from lib.scenario import Scenario

SALT = krb.sequence(krb.etype_info2((18, "MIT.TESTalice")))


def is_guess(message):
    """Whether the request has padata."""
    _, content, _ = krb.read_tlv(message)
    _, fields, _ = krb.read_tlv(content)
    while fields:
        tag, _, fields = krb.read_tlv(fields)
        if tag == 0xA3:
            return True
    return False


def telling(on_guess):
    """Tells alice's salt to who does not guess."""
    def behaviour(connection, request):
        if is_guess(request):
            return on_guess(connection)
        connection.sendall(frame(krb.krb_error(25, e_data=SALT)))
    return behaviour


def hold(connection):
    connection.recv(1)
    return "close"


def wrong(connection):
    connection.sendall(frame(krb.krb_error(24)))


class GuessingTest(Scenario):
    def start(self, kdc):
        self.port = free_port()
        realm = {"kdc": [f"tcp://{kdc.address}"], "allow_unarmored_password": True, "deadline": "500ms"}
        return self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{self.port}"}], {"MIT.TEST": realm}, self.tls, policy={"principal_failures": 3},
            process={"workers": 2}), name=self.id()))

    def send(self, name="alice", padatas=None):
        connection = Connection(self.port, ca=self.authority.certificate)
        self.addCleanup(connection.close)
        padatas = [krb.timestamp(os.urandom(56))] if padatas is None else padatas
        connection.send(post(krb.proxy_message(krb.as_req("MIT.TEST", (name,), padatas))))
        return connection

    def guesses(self, kdc):
        return [request for request in kdc.requests if is_guess(request)]

    def test_a_kdc_is_asked_whose_name_it_is_before_it_sees_a_guess(self):
        kdc = self.running(FakeKdc(tcp=telling(wrong)))
        self.start(kdc)
        self.assertEqual(self.send().response()[0], 200)
        self.assertEqual([is_guess(request) for request in kdc.requests], [False, True])
        self.assertEqual(self.send().response()[0], 200)
        self.assertEqual(self.send("wonder", []).response()[0], 200)
        self.assertEqual(self.send("wonder").response()[0], 200)
        self.assertEqual([is_guess(request) for request in kdc.requests], [False, True, True, False, True], "known by then")
        for name in ("alice", "wonder", "another", "alice@mit.test"):
            self.assertEqual(self.send(name).response()[0], 403)
        self.assertEqual(len(self.guesses(kdc)), 3)

    def test_a_guess_waits_for_that_answer(self):
        kdc = self.running(FakeKdc(tcp=lambda connection, request: hold(connection)))
        gateway = self.start(kdc)
        self.assertEqual(self.send().response()[0], 504)
        self.assertEqual(self.guesses(kdc), [])
        gone = self.send()
        wait_for(lambda: len(kdc.requests) == 2, "the question")
        gone.close()
        gateway.wait_event("no_kdc", status=0)

    def test_clients_that_go_are_counted(self):
        kdc = self.running(FakeKdc(tcp=telling(hold)))
        gateway = self.start(kdc)
        for count in range(1, 4):
            connection = self.send()
            wait_for(lambda: len(self.guesses(kdc)) == count, "the guess")
            connection.close()
            gateway.wait_event("no_kdc", count, status=0)
        self.assertEqual(self.send().response()[0], 403)
        self.assertEqual(len(self.guesses(kdc)), 3)

    def test_guesses_that_no_kdc_answers_are_not(self):
        kdc = self.running(FakeKdc(tcp=telling(hold)))
        self.start(kdc)
        for _ in range(5):
            self.assertEqual(self.send().response()[0], 504)

    def test_guesses_at_the_same_time_are_counted(self):
        kdc = self.running(FakeKdc(tcp=telling(hold)))
        gateway = self.start(kdc)
        connections = [self.send(f"name{i}") for i in range(10)]
        statuses = [connection.response()[0] for connection in connections]
        self.assertEqual((statuses.count(403), statuses.count(504)), (7, 3))
        self.assertEqual(len(gateway.wait_event("refused", count=7, reason="principal_failures")), 7)


if __name__ == "__main__":
    unittest.main()
