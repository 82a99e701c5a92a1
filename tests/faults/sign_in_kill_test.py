"""ferryman-realm killed in the middle of sign-ins and enrolments: what was acknowledged is there, and nothing by halves."""
import http.client
import json
import signal
import sqlite3
import threading
import time

from lib.entra_client import HIMMELBLAU, EntraClient, HelloKey
from lib.proc import wait_for
from lib.sign_in import Enrolled, SignInScenario

ROUNDS, SIGN_INS, ENROLMENTS = 4, 60, 2


class Away(Exception):
    """The gateway's word that there is no answer."""


class Client(EntraClient):
    def request(self, *args, **more):
        reply = super().request(*args, **more)
        if reply.status in (503, 504):
            raise Away
        return reply


class Worker(threading.Thread):
    def __init__(self, stop):
        super().__init__()
        self.stop, self.done, self.wrong = stop, 0, []

    def run(self):
        while not self.stop.is_set() and not self.wrong:
            try:
                self.work()
                self.done += 1
            except (Away, OSError, http.client.HTTPException):
                time.sleep(0.02)
            except Exception as error:
                self.wrong.append(error)


class SignsIn(Worker):
    def __init__(self, stop, enrolled):
        super().__init__(stop)
        self.enrolled = enrolled

    def work(self):
        self.enrolled.log_on()


class Enrols(Worker):
    """With tokens that are good for an hour. devices, keys: what was acknowledged."""

    def __init__(self, stop, client, granted):
        super().__init__(stop)
        self.client, self.granted = client, granted
        self.devices, self.keys = [], []

    def work(self):
        device, _ = self.client.join(self.granted["access_token"])
        self.devices.append(device.id)
        prt = self.client.prt(self.client.prt_by_refresh_token(device, self.granted["refresh_token"]), device)
        hello, token = HelloKey.rsa(), self.client.token_by_prt(prt)["access_token"]
        reply = self.client.register_key(hello, token)
        assert reply.status == 200, reply
        self.keys.append((device, hello))


class KillTest(SignInScenario):
    def test_killed_under_sign_ins_and_enrolments(self):
        client = Client(self.base, self.authority.certificate, self.tenant_id, HIMMELBLAU)
        alice, elsewhere = self.enrolled_by(client), self.enrolled_by(client)
        granted = client.password_grant(self.upn("bob"), self.code("bob")).json
        sign_ins, devices, keys = 0, [], []
        for _ in range(ROUNDS):
            stop = threading.Event()
            signing, enrolling = [SignsIn(stop, alice) for _ in range(4)], Enrols(stop, client, granted)
            workers = signing + [enrolling]
            for worker in workers:
                worker.start()
            wait_for(lambda: any(one.wrong for one in workers) or enrolling.done >= ENROLMENTS
                     and sum(one.done for one in signing) >= SIGN_INS, "work under way", 60)
            given = elsewhere.log_on()
            self.kdc.signal(signal.SIGKILL)
            self.kdc.process.child.wait()
            stop.set()
            for worker in workers:
                worker.join(60)
                self.assertEqual(worker.wrong, [])
            self.kdc.start()
            self.assert_sound()
            wait_for(lambda: self.serves(client), "the gateway to have reached it again")
            sign_ins += sum(one.done for one in signing)
            devices += enrolling.devices
            keys += enrolling.keys
            self.assertTrue(client.renewed(given).text)
        self.assertGreaterEqual(sign_ins, 200)
        self.assert_registered(devices, keys)
        self.assertTrue(alice.log_on().cloud_tgt)
        for device, hello in keys[-2:]:
            self.assertTrue(Enrolled(client, self.upn("bob"), device, hello).log_on().cloud_tgt)

    @staticmethod
    def serves(client):
        """Whichever worker of the gateway is asked: each connects by itself."""
        try:
            return all(client.nonce() for _ in range(16))
        except Away:
            return False

    def assert_registered(self, devices, keys):
        known = {device["id"] for device in json.loads(self.kdc.admin("device", "list", "--json").stdout)["devices"]}
        self.assertLessEqual(set(devices), known)
        registered = {key["device"] for key in self.registered("bob")["keys"]}
        self.assertLessEqual({device.id for device, _ in keys}, registered)

    def assert_sound(self):
        database = sqlite3.connect(f"file:{self.kdc.database}?mode=ro", uri=True)
        try:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            self.assertEqual(database.execute("PRAGMA foreign_key_check").fetchall(), [])
        finally:
            database.close()
