"""ferryman-realm by its front: answers, peers that are not ferrymand or no longer sane, reload, drain, confinement."""
import base64
import json
import os
import re
import signal
import socket
import struct
import subprocess
import time
import unittest

from lib import krb
from lib import local_frames as lf
from lib.local_frames import Front
from lib.proc import wait_for
from lib.realm import BUILT, FOREIGN_UID, FRONT_USER, USER, Realm
from lib.scenario import Scenario

AS_REQ = krb.as_req("OTHER.TEST")
UNIT = os.path.join(os.path.dirname(BUILT), "..", "ferryman-realm.service")
SANITIZED = "FERRYMAN_SANITIZED" in os.environ


def krb_error_fields(message):
    """The KRB-ERROR's fields by their number."""
    tag, content, rest = krb.read_tlv(message)
    assert (tag, rest) == (0x7E, b""), message
    _, content, _ = krb.read_tlv(content)
    found = {}
    while content:
        tag, value, content = krb.read_tlv(content)
        found[tag & 0x1F] = value
    return found


class RealmScenario(Scenario):
    def connect(self, realm, **more):
        front = Front(realm.front, **more)
        self.addCleanup(front.close)
        return front

    def assert_serves(self, realm):
        self.assertEqual(krb.error_code(self.connect(realm).kerberos(AS_REQ)), 6)


class AnswersTest(RealmScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.realm = cls.started(Realm(cls.directory))

    def setUp(self):
        self.front = self.connect(self.realm, uid=FRONT_USER.pw_uid)

    def test_no_client_is_known(self):
        error = krb_error_fields(self.front.kerberos(AS_REQ, id="gateway-17"))
        self.assertEqual(sorted(error), [0, 1, 4, 5, 6, 9, 10])
        self.assertEqual(error[6], krb.integer(6))
        self.assertEqual(error[9], krb.general_string("CLOUD.TEST"))
        self.assertEqual(error[10], krb.principal("krbtgt", "OTHER.TEST", name_type=2))
        event = self.realm.wait_message("request", id="gateway-17")[0]
        self.assertEqual((event["type"], event["result"], event["cname"], event["client"], event["transport"]),
                         ("AS-REQ", "KDC_ERR_C_PRINCIPAL_UNKNOWN", "alice", "192.0.2.1:50000", "kkdcp"))
        self.assertEqual((event["event_id"], event["reason"]), (4768, "another realm"))
        self.assertIsInstance(event["total_us"], int)

    def test_no_ticket_is_one_of_ours(self):
        self.assertEqual(krb.error_code(self.front.kerberos(krb.tgs_req("CLOUD.TEST"))), 31)
        without_ticket = krb.kdc_req(12, "CLOUD.TEST", None, ("host", "x"), [krb.padata(2, b"x")])
        self.assertEqual(krb.error_code(self.front.kerberos(without_ticket)), 16)

    def test_no_password_can_be_changed(self):
        for version in (1, 0xFF80):
            reply = self.front.kerberos(krb.kpasswd_request("CLOUD.TEST", version), tenant="", realm="CLOUD.TEST")
            self.assertEqual(struct.unpack(">HHH", reply[:6]), (len(reply), 1, 0))
            error = krb_error_fields(reply[6:])
            self.assertEqual(error[6], krb.integer(31))
            self.assertEqual(error[10], krb.principal("kadmin", "changepw", name_type=2))

    def test_what_is_not_kerberos(self):
        self.assertEqual(krb.error_code(self.front.kerberos(b"nonsense", transport=lf.TCP)), 60)
        self.assertEqual(self.front.kerberos(b"nonsense", transport=lf.UDP), b"")

    def test_openid_configuration(self):
        for path in ("/example", "/EXAMPLE"):
            status, headers, body = self.front.http("GET", path + "/.well-known/openid-configuration")
            self.assertEqual((status, headers["content-type"]), (200, "application/json; charset=utf-8"))
            self.assertEqual(json.loads(body)["kerberos_endpoint"], "https://gateway.test/example/kerberos")
        body = self.front.http("GET", "/common/v2.0/.well-known/openid-configuration")[2]
        self.assertEqual(json.loads(body)["token_endpoint"], "https://gateway.test/common/oauth2/v2.0/token")

    def test_nonce(self):
        nonces = set()
        for tenant in ("example", "common"):
            status, headers, body = self.front.http("POST", f"/{tenant}/oauth2/token", b"grant_type=srv_challenge")
            self.assertEqual((status, headers["cache-control"]), (200, "no-store"))
            self.assertEqual(list(json.loads(body)), ["Nonce"])
            nonces.add(base64.urlsafe_b64decode(json.loads(body)["Nonce"]))
        self.assertEqual(len(nonces), 2)

    def test_refusals(self):
        cases = [("POST", "/example/oauth2/token", b"", 400, "invalid_request"),
                 ("POST", "/example/oauth2/token", b"grant_type=password", 400, "invalid_request"),
                 ("POST", "/example/oauth2/token", b"grant_type=implicit", 400, "unsupported_grant_type"),
                 ("POST", "/other/oauth2/token", b"grant_type=srv_challenge", 400, "invalid_tenant"),
                 ("GET", "/other/.well-known/openid-configuration", b"", 400, "invalid_tenant"),
                 ("GET", "/example/nothing", b"", 404, "not_found"),
                 ("GET", "/example/oauth2/token", b"", 405, "invalid_request")]
        for method, path, body, status, error in cases:
            with self.subTest(path=path, method=method):
                answer = self.front.http(method, path, body)
                self.assertEqual((answer[0], json.loads(answer[2])["error"]), (status, error))
        self.assertEqual(self.front.http("DELETE", "/")[:1], (405,))
        self.assertEqual(self.front.http("GET", "/")[0], 200)

    def test_the_path_and_the_body_are_not_logged(self):
        self.front.http("POST", "/secret-path/oauth2/token", b"secret-body=1", query="secret-query", id="quiet",
                        headers=[("X", "secret-header")], certificate=b"secret-certificate")
        self.realm.wait_message("request", id="quiet")
        self.assertNotIn("secret", self.realm.process.text())

    def test_many_at_once(self):
        count = lf.MAX_IN_FLIGHT
        request = lf.http_request("GET", "/example/.well-known/openid-configuration")
        self.front.send(b"".join(lf.frame(lf.HTTP, 1000 + i, request) for i in range(count)))
        self.front.expect_hello()
        self.assertEqual({self.front.frame()[1] for _ in range(count)}, set(range(1000, 1000 + count)))


class PeersTest(RealmScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.realm = cls.started(Realm(cls.directory, service={"max_connections": 8}))

    def test_a_foreign_user_is_refused_before_a_word(self):
        before = len(self.realm.messages("connection refused", socket="front"))
        front = self.connect(self.realm, uid=FOREIGN_UID, greet=False)
        self.assertEqual(front.frames(), [])
        wait_for(lambda: len(self.realm.messages("connection refused", socket="front")) > before, "the refusal to be logged")
        refusal = self.realm.messages("connection refused", socket="front")[-1]
        self.assertEqual((refusal["uid"], refusal["pid"]), (str(FOREIGN_UID), str(os.getpid())))
        self.assertGreaterEqual(int(refusal["so_far"]), 1)
        for uid in (0, USER.pw_uid, FRONT_USER.pw_uid):
            self.assertEqual(krb.error_code(self.connect(self.realm, uid=uid).kerberos(AS_REQ)), 6)

    def test_foreign_users_take_no_room(self):
        for _ in range(100):
            self.assertEqual(self.connect(self.realm, uid=FOREIGN_UID, greet=False).frames(), [])
        self.assert_serves(self.realm)

    def broken(self, octets, greet=True):
        """Why a connection that sends them is closed; None: in order."""
        front = self.connect(self.realm, greet=greet)
        try:
            front.send(octets)
            front.end()
        except (BrokenPipeError, ConnectionResetError):
            pass  # it is closed before the rest
        return lf.error_reason(front.frames())

    def test_a_stream_that_is_cut_anywhere(self):
        whole = self.connect(self.realm)
        requests = [lf.frame(lf.KERBEROS, 1, lf.kerberos_request(AS_REQ)),
                    lf.frame(lf.HTTP, 2, lf.http_request("GET", "/", headers=[("Host", "x")]))]
        greeting = lf.hello()
        stream = greeting + b"".join(requests)
        boundaries = {0, len(greeting), len(greeting + requests[0]), len(stream)}
        for size in range(len(stream) + 1):
            reason = self.broken(stream[:size], greet=False)
            self.assertEqual(reason, None if size in boundaries else "truncated", size)
        self.assertEqual(krb.error_code(whole.kerberos(AS_REQ)), 6)

    def test_a_stream_that_comes_in_two_pieces(self):
        request = lf.frame(lf.KERBEROS, 1, lf.kerberos_request(AS_REQ))
        for size in range(1, len(request)):
            front = self.connect(self.realm)
            front.expect_hello()
            front.send(request[:size])
            front.send(request[size:])
            self.assertEqual(front.frame()[:2], (lf.KERBEROS_REPLY, 1))
            front.close()

    def test_lies_about_every_length(self):
        whole = self.connect(self.realm)
        reasons = set()
        for kind, payload in ((lf.KERBEROS, lf.kerberos_request(AS_REQ)),
                              (lf.HTTP, lf.http_request("GET", "/", b"body", headers=[("A", "b"), ("C", "d")]))):
            request = lf.frame(kind, 1, payload)
            places = [i for i in range(len(request) - 3) if i != 5]  # the id may be any
            for place in places:
                for lie in (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\0\x04\xff\xff", b"\0\0\xff\xff"):
                    bent = request[:place] + lie + request[place + 4:]
                    reasons.add(self.broken(bent))
        self.assertLessEqual({"truncated", "trailing_bytes", "length_too_large", "too_many", "wrong_value",
                              "unknown_message", "bad_string"}, reasons)
        self.assertEqual(krb.error_code(whole.kerberos(AS_REQ)), 6)

    def test_breaches(self):
        request = lf.frame(lf.HTTP, 7, lf.http_request("GET", "/"))
        large = lf.kerberos_request(bytes(128 * 1024 + 1))
        cases = {"another version": (lf.hello(1), False, "wrong_value"),
                 "no greeting": (request, False, "unknown_message"),
                 "two greetings": (lf.hello(), True, "unknown_message"),
                 "an answer": (lf.frame(lf.HTTP_RESPONSE, 1), True, "unknown_message"),
                 "no such type": (lf.frame(99, 1), True, "unknown_message"),
                 "id 0": (lf.frame(lf.HTTP, 0, lf.http_request("GET", "/")), True, "wrong_value"),
                 "a frame too large": (struct.pack(">I", lf.MAX_FRAME + 1), True, "length_too_large"),
                 "a message too large": (lf.frame(lf.KERBEROS, 1, large), True, "length_too_large"),
                 "a request for nobody": (lf.frame(lf.KERBEROS, 1, lf.kerberos_request(AS_REQ, tenant="")), True,
                                          "missing_field"),
                 "a header that ends its line": (
                     lf.frame(lf.HTTP, 1, lf.http_request("GET", "/", headers=[("A", "b\r\nC: d")])), True, "bad_string")}
        before = len(self.realm.messages("front connection broken"))
        for name, (octets, greet, reason) in cases.items():
            with self.subTest(name):
                self.assertEqual(self.broken(octets, greet), reason)
        wait_for(lambda: len(self.realm.messages("front connection broken")) >= before + len(cases), "the log")
        self.assert_serves(self.realm)

    def test_the_peers_error_is_logged(self):
        front = self.connect(self.realm)
        front.send(lf.frame(lf.ERROR, 0, lf.string("you\nlie")))
        front.frames()
        self.realm.wait_message("front connection broken", reason="told: you\nlie")

    def deaf(self, name):
        """A connection that has asked as much as it may, and reads none of the answers, which fill its buffer."""
        front = self.connect(self.realm)
        request = lf.http_request("GET", "/example/.well-known/openid-configuration", id=name)
        front.send(b"".join(lf.frame(lf.HTTP, i + 1, request) for i in range(lf.MAX_IN_FLIGHT)))
        served, before = 0, -1
        while served == 0 or served != before:  # it is read no further while it takes no answers
            time.sleep(0.2)
            served, before = len(self.realm.messages("request", id=name)), served
        return front

    def test_one_that_reads_nothing_holds_up_no_other(self):
        deaf = self.deaf("deaf")
        self.assert_serves(self.realm)
        # Once it reads, nothing has been lost.
        deaf.expect_hello()
        self.assertEqual({deaf.frame()[1] for _ in range(lf.MAX_IN_FLIGHT)}, set(range(1, lf.MAX_IN_FLIGHT + 1)))

    def test_those_that_go_with_answers_unread_leave_their_place(self):
        for i in range(9):
            self.deaf(f"deaf-{i}").close()
        self.assert_serves(self.realm)

    def test_connections_that_die_under_their_requests(self):
        request = lf.kerberos_request(AS_REQ)
        for _ in range(50):
            front = self.connect(self.realm)
            front.send(b"".join(lf.frame(lf.KERBEROS, i + 1, request) for i in range(100)))
            front.close()
        self.assert_serves(self.realm)

    def test_more_connections_than_may_be_wait(self):
        fronts = [self.connect(self.realm) for _ in range(8)]
        for front in fronts:
            front.kerberos(AS_REQ)
        late = self.connect(self.realm)
        late.send(lf.frame(lf.KERBEROS, 1, lf.kerberos_request(AS_REQ)))
        fronts[0].close()
        late.expect_hello()
        self.assertEqual(late.frame()[:2], (lf.KERBEROS_REPLY, 1))


class LifeTest(RealmScenario):
    def setUp(self):
        self.realm = self.running(Realm(self.directory, name=self.id().rsplit(".", 1)[-1][:40]))

    def other(self):
        """The exit code and text of a second instance."""
        result = subprocess.run(self.realm.command(), capture_output=True, text=True, timeout=30)
        return result.returncode, result.stderr

    def test_killed_and_started_again(self):
        self.realm.signal(signal.SIGKILL)
        self.realm.process.child.wait()
        self.assertTrue(os.path.exists(self.realm.front))
        self.realm.start()
        self.assert_serves(self.realm)

    def test_a_running_ones_socket_is_left_alone(self):
        status, text = self.other()
        self.assertEqual(status, 2, text)
        self.assertIn("another ferryman-realm", text)
        self.assert_serves(self.realm)

    def test_more_requests_than_may_wait_are_refused_as_busy(self):
        self.realm.terminate()
        self.realm.service = {"threads": 1, "max_queue": 1}
        self.realm.write(self.realm.text())
        self.realm.start()
        front = self.connect(self.realm)
        request = lf.kerberos_request(AS_REQ)
        front.send(b"".join(lf.frame(lf.KERBEROS, i + 1, request) for i in range(lf.MAX_IN_FLIGHT)))
        front.expect_hello()
        answers = [front.frame() for _ in range(lf.MAX_IN_FLIGHT)]
        self.assertEqual({number for _, number, _ in answers}, set(range(1, lf.MAX_IN_FLIGHT + 1)))
        busy = [payload for kind, _, payload in answers if kind == lf.REFUSAL]
        self.assertEqual(set(busy), {b"\1"})
        front.close()
        self.assertEqual(self.realm.terminate(), 0)
        self.assertEqual(self.realm.messages("front closed")[0]["busy"], str(len(busy)))

    def test_what_is_no_socket_is_left_alone(self):
        self.assertEqual(self.realm.terminate(), 0)
        self.assertFalse(os.path.exists(self.realm.front))
        with open(self.realm.front, "w") as file:
            file.write("something else")
        status, text = self.other()
        self.assertEqual((status, "is no socket" in text), (2, True), text)
        with open(self.realm.front) as file:
            self.assertEqual(file.read(), "something else")

    def test_reload(self):
        front = self.connect(self.realm)
        kept = self.realm.text()
        self.realm.write(kept.replace("https://gateway.test", "https://new.test"))
        self.realm.reload()
        self.assertIn("https://new.test/", front.http("GET", "/example/.well-known/openid-configuration")[2].decode())
        for bad in ("", "not toml [", kept + "colour = 1\n", kept.replace("CLOUD.TEST", "A/B"), kept.replace("CLOUD.TEST", "NEW.TEST"),
                    kept.replace('"example"', '"another"')):
            self.realm.write(bad)
            self.realm.reload("reload refused, the configuration in force stays")
        for word in ("colour", "the realm of the tenant example is CLOUD.TEST", "there is no tenant another"):
            self.assertTrue(any(word in m["mistake"] for m in self.realm.messages("configuration mistake")), word)
        self.assertIn("https://new.test/", front.http("GET", "/example/.well-known/openid-configuration")[2].decode())
        # The system's users cannot be looked up any more, and need not be.
        self.realm.write(kept.replace(FRONT_USER.pw_name, "no-such-user"))
        self.realm.reload()
        self.realm.wait_message("a change of [service], database, master_key or spn_aliases takes effect with the next start")

    def test_sigterm_under_load_loses_nothing(self):
        request = lf.kerberos_request(AS_REQ)
        fronts = [self.connect(self.realm) for _ in range(8)]
        for front in fronts:
            front.send(b"".join(lf.frame(lf.KERBEROS, i + 1, request) for i in range(100)))
        self.realm.signal(signal.SIGTERM)
        for front in fronts:
            seen, told = set(), False
            front.expect_hello()
            while len(seen) < 100 or not told:
                kind, number, _ = front.frame()
                self.assertIn(kind, (lf.KERBEROS_REPLY, lf.CLOSING))
                seen.add(number) if kind == lf.KERBEROS_REPLY else None
                if kind == lf.CLOSING:
                    told = True
                    # What crosses with it is answered as well.
                    front.send(lf.frame(lf.KERBEROS, 777, request) + lf.frame(lf.CLOSING, 0))
            self.assertTrue(777 in seen or (lf.KERBEROS_REPLY, 777) in [f[:2] for f in front.frames()])
        self.assertEqual(self.realm.process.child.wait(20), 0)
        self.assertFalse(os.path.exists(self.realm.front))
        self.assertEqual(self.realm.messages("front closed")[0]["requests"], str(8 * 101))

    def test_a_peer_that_does_not_go_is_waited_for_no_longer_than_drain_timeout(self):
        self.realm.write(self.realm.text().replace("front_user", 'drain_timeout = "100ms"\nfront_user'))
        self.realm.reload()
        self.connect(self.realm).kerberos(AS_REQ)
        self.assertEqual(self.realm.terminate(), 1)

    def test_a_second_sigterm_ends_at_once(self):
        self.connect(self.realm).kerberos(AS_REQ)
        self.realm.signal(signal.SIGTERM)
        self.realm.wait_message("draining")
        self.assertEqual(self.realm.terminate(), 1)


class ConfinementTest(RealmScenario):
    def status(self, realm):
        with open(f"/proc/{realm.process.child.pid}/status") as file:
            return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)

    @unittest.skipIf(SANITIZED, "a sanitizer maps more than can be locked")
    def test_memory_is_locked_and_kept_private(self):
        ipc_lock = ["--inh-caps=+ipc_lock", "--ambient-caps=+ipc_lock", "--"]
        realm = self.running(Realm(self.directory, "locked", setpriv=ipc_lock))
        self.assertEqual(realm.messages("memory is not locked"), [])
        self.assertGreater(int(self.status(realm)["VmLck"].split()[0]), 0)
        # What belongs to a process that may not be dumped belongs to root.
        self.assertEqual(os.stat(f"/proc/{realm.process.child.pid}/environ").st_uid, 0)
        with open(f"/proc/{realm.process.child.pid}/limits") as file:
            self.assertRegex(file.read(), r"Max core file size +0 +0 ")

    def test_a_low_limit_of_locked_memory_is_said(self):
        realm = self.running(Realm(self.directory, "unlocked", setpriv=["--", "prlimit", "--memlock=65536", "--"]))
        self.assertEqual(len(realm.wait_message("memory is not locked")), 1)
        self.assert_serves(realm)

    def test_every_thread_is_filtered(self):
        realm = self.running(Realm(self.directory, "filtered"))
        self.assert_serves(realm)
        threads = os.listdir(f"/proc/{realm.process.child.pid}/task")
        self.assertGreater(len(threads), 8)
        for thread in threads:
            with open(f"/proc/{realm.process.child.pid}/task/{thread}/status") as file:
                text = file.read()
            self.assertRegex(text, r"Seccomp:\s2\n")
            self.assertRegex(text, r"NoNewPrivs:\s1\n")

    @unittest.skipIf(SANITIZED, "a sanitizer's code keeps what nothing uses")
    def test_it_links_nothing_that_knows_a_network(self):
        linked = subprocess.run(["ldd", BUILT], capture_output=True, text=True, check=True).stdout
        for library in ("libnghttp2", "libcares", "libcurl", "libssl", "libsystemd", "libprometheus"):
            self.assertNotIn(library, linked)
        symbols = subprocess.run(["nm", "-C", BUILT], capture_output=True, text=True, check=True).stdout
        self.assertNotIn("boost::asio", symbols)

    def test_the_service_manager_is_told(self):
        path = os.path.join(self.directory, "notify.sock")
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(manager.close)
        manager.bind(path)
        manager.settimeout(20)
        os.chmod(path, 0o666)
        realm = self.running(Realm(self.directory, "notifying", env={"NOTIFY_SOCKET": path}))
        self.assertEqual(manager.recv(100), b"READY=1")
        realm.reload()
        self.assertEqual((manager.recv(100), manager.recv(100)), (b"RELOADING=1", b"READY=1"))
        self.assertEqual(realm.terminate(), 0)
        self.assertEqual(manager.recv(100), b"STOPPING=1")

    def test_the_unit_exposes_little(self):
        with open(UNIT) as file:
            unit = file.read()
        self.assertNotRegex(unit, r"@CMAKE|(?m:^PrivateUsers)")
        # systemd-analyze looks for the program.
        unit = re.sub(r"(?m)^(Exec\w+=)/\S*ferryman-realm\b", r"\1" + BUILT, unit)
        path = os.path.join(self.directory, "ferryman-realm.service")
        with open(path, "w") as file:
            file.write(unit)
        result = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=12", path],
                                capture_output=True, text=True, timeout=60)
        exposure = re.search(r"Overall exposure level for \S+: ([0-9.]+)", result.stdout)
        self.assertIsNotNone(exposure, result.stdout + result.stderr)
        self.assertLess(float(exposure[1]), 1.2, result.stdout)
        self.assertEqual(result.returncode, 0, result.stderr)


class CommandLineTest(RealmScenario):
    def run_with(self, text, *args):
        path = os.path.join(self.directory, "realm.toml")
        with open(path, "w") as file:
            file.write(text)
        return subprocess.run([BUILT, "-c", path, *args], capture_output=True, text=True, timeout=30)

    def good(self):
        return ('[realm]\nname = "CLOUD.TEST"\nurl = "https://gateway.test"\ndefault_tenant = "example"\n'
                f'[service]\nfront = "{self.directory}/front.sock"\nfront_user = "root"\n')

    def test_check(self):
        result = self.run_with(self.good(), "--check")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        result = self.run_with(self.good() + "admins = 1\n[x]\n", "--check")
        self.assertEqual(result.returncode, 2)
        self.assertEqual([line.split(":")[1] for line in result.stderr.splitlines()], ["8", "9"])
        result = subprocess.run([BUILT, "-c", "/nonexistent", "--check"], capture_output=True, text=True)
        self.assertEqual(result.returncode, 2)

    def test_show_config_is_read_again_as_the_same(self):
        shown = self.run_with(self.good(), "--show-config").stdout
        self.assertIn('nonce_lifetime = "300s"', shown)
        self.assertEqual(self.run_with(shown, "--show-config").stdout, shown)

    def test_usage(self):
        self.assertEqual(self.run_with("", "--no-such-option").returncode, 2)
        for option in ("--help", "--version"):
            self.assertEqual(self.run_with("", option).returncode, 0)

    def test_what_is_not_there(self):
        realm = self.running(Realm(self.directory, "lacking"))
        kept = realm.text()
        for old, new, said in ((realm.front, self.directory + "/no/front.sock", "cannot open"),
                               (realm.database, realm.directory + "/no.db", "`ferryman realm init` makes one"),
                               (realm.master_key, realm.directory + "/no.key", "no.key cannot be read")):
            realm.write(kept.replace(old, new))
            result = subprocess.run(realm.command(), capture_output=True, text=True, timeout=30)
            self.assertEqual(result.returncode, 2)
            self.assertIn(said, result.stderr)


if __name__ == "__main__":
    unittest.main()
