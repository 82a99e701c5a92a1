"""ferrymand in front of ferryman-realm: Kerberos and sign-in through it, and a ferryman-realm that is away, silent or hostile."""
import json
import os
import socket
import struct
import subprocess
import threading

from lib import krb
from lib import local_frames as lf
from lib.client import Client
from lib.gateway import BINARY, Gateway, configuration
from lib.https import Connection, post
from lib.proc import free_port, wait_for
from lib.realm import FOREIGN_UID, USER, Realm
from lib.scenario import Scenario

REALM = "CLOUD.TEST"
BODY = krb.proxy_message(krb.as_req(REALM), REALM)
TENANT, PROXY = "/example/kerberos", "/KdcProxy"


class LocalScenario(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        os.chmod(cls.directory, 0o755)
        cls.port = free_port()
        cls.socket = cls.front_socket()
        cls.gateway = cls.started(Gateway(cls.directory, cls.text()))

    @classmethod
    def text(cls, **realm):
        return configuration(
            [{"address": f"127.0.0.1:{cls.port}"}], {REALM: {"discovery": "local", "deadline": "2s", **realm},
                                                    "OTHER.TEST": {"kdc": ["127.0.0.1:1"]}},
            cls.tls, local={"socket": cls.socket, "user": USER.pw_name}, process={"workers": 1},
            limits={"max_body": 300000})

    def ask(self, path=PROXY, body=BODY, version="1.1", method="POST"):
        connection = Connection(self.port, ca=self.authority.certificate)
        self.addCleanup(connection.close)
        text = post(body, path, version) if method == "POST" else f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        connection.send(text)
        return connection.response()

    def assert_serves(self):
        def serves():
            status, _, body = self.ask()
            return status == 200 and krb.error_code(krb.unwrap(body)) == 6
        wait_for(serves, "an answer of ferryman-realm")

    def wait_cause(self, text):
        return wait_for(lambda: [m for m in self.gateway.messages("ferryman-realm does not answer")
                                 if text in m["cause"]], f"the cause {text!r}")


class TogetherTest(LocalScenario):
    @classmethod
    def front_socket(cls):
        cls.realm = cls.started(Realm(cls.directory))
        return cls.realm.front

    def test_kerberos_by_every_way(self):
        for path in (TENANT, "/EXAMPLE/Kerberos", PROXY):
            for version in ("1.0", "1.1"):
                with self.subTest(path=path, version=version):
                    status, headers, body = self.ask(path, version=version)
                    self.assertEqual((status, headers["content-type"]), (200, "application/kerberos"))
                    self.assertEqual(krb.error_code(krb.unwrap(body)), 6)

    def curl(self, path, *more):
        return subprocess.run(["curl", "-s", "--cacert", self.authority.certificate, "-w", "\n%{http_code} %{http_version}",
                               f"https://localhost:{self.port}{path}", *more], capture_output=True, timeout=30).stdout

    def test_http2(self):
        out = os.path.join(self.directory, "body")
        with open(out, "wb") as file:
            file.write(BODY)
        for path in (TENANT, PROXY):
            body, status = self.curl(path, "--http2", "--data-binary", "@" + out).rsplit(b"\n", 1)
            self.assertEqual((status, krb.error_code(krb.unwrap(body))), (b"200 2", 6))

    def test_sign_in(self):
        for version in ("--http1.1", "--http2"):
            body, status = self.curl("/example/.well-known/openid-configuration", version).rsplit(b"\n", 1)
            self.assertEqual(status.split()[0], b"200")
            self.assertIn("kerberos_endpoint", json.loads(body))
            body, _ = self.curl("/common/oauth2/token", version, "-d", "grant_type=srv_challenge").rsplit(b"\n", 1)
            self.assertTrue(json.loads(body)["Nonce"])
        self.assertEqual(self.ask("/", method="GET")[0], 200)
        self.assertEqual(self.ask("/example/nothing", method="GET")[0], 404)

    def test_kinit(self):
        url = f"https://localhost:{self.port}{TENANT}"
        client = Client(self.directory, {REALM: {"kdc": url, "http_anchors": "FILE:" + self.authority.certificate}})
        result = client.kinit("alice", "secret", check=False)
        self.assertIn("Client 'alice@CLOUD.TEST' not found in Kerberos database", result.stderr)

    def test_both_events_have_one_id(self):
        for path, method, kind, service in ((TENANT, "POST", "exchange", "kerberos"),
                                            ("/example/.well-known/openid-configuration", "GET", "sign_in", "openid-configuration")):
            self.ask(path, method=method)
            wait_for(lambda: (events := self.gateway.seen(kind, tenant="example")) and
                     self.realm.messages("request", id=events[-1]["id"], service=service, client=events[-1]["client"]),
                     "both events")

    def test_only_local_realms_at_a_tenants_path(self):
        body = krb.proxy_message(krb.as_req("OTHER.TEST"), "OTHER.TEST")
        self.assertEqual(self.ask(TENANT, body)[0], 503)
        self.gateway.wait_event("realm_not_served", tenant="example")

    def test_policy_holds_at_a_tenants_path(self):
        body = krb.proxy_message(krb.as_req(REALM, padatas=(krb.timestamp(krb.encrypted()),)), REALM)
        self.assertEqual(self.ask(TENANT, body)[0], 403)

    def test_what_is_too_large(self):
        body = krb.proxy_message(krb.as_req(REALM, padding=140000), REALM)
        self.assertEqual(self.ask(TENANT, body)[0], 413)
        self.assertEqual(self.ask("/example/oauth2/token", b"x" * 140000)[0], 413)
        self.assertEqual(self.ask("/example/oauth2/token?" + "q" * 20000, b"")[0], 400)
        self.assertEqual(self.ask(PROXY + "?" + "q" * 20000, b"")[0], 431)

    def test_killed_and_started_again(self):
        self.assert_serves()
        self.realm.process.child.kill()
        self.realm.process.child.wait()
        self.assertEqual(self.ask()[0], 503)
        self.assertEqual(self.ask("/", method="GET")[0], 503)
        self.gateway.wait_event("no_kdc", reason="realm_not_running")
        self.wait_cause("no connection")
        self.realm.start()
        self.assert_serves()
        self.assertEqual(self.ask("/", method="GET")[0], 200)
        wait_for(lambda: self.gateway.messages("ferryman-realm answers again"), "the message")

    def test_stopped(self):
        self.assert_serves()
        self.realm.process.suspend()
        try:
            self.assertEqual(self.ask()[0], 504)
            self.assertEqual(self.ask("/", method="GET")[0], 504)
        finally:
            self.realm.process.resume()
        self.gateway.wait_event("no_kdc", reason="deadline")
        self.assert_serves()

    def test_restarted_in_order_under_load(self):
        self.assert_serves()
        statuses, stop = [], threading.Event()

        def load():
            while not stop.is_set():
                statuses.append(self.ask()[0])
        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(3):
                self.assertEqual(self.realm.terminate(), 0)
                self.realm.start()
                before = statuses.count(200)
                wait_for(lambda: statuses.count(200) > before + 5, "answers again")
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assertLessEqual(set(statuses), {200, 503})
        self.assertEqual(self.gateway.seen("no_kdc", reason="realm_lost"), [])

    def test_reload_moves_it(self):
        self.gateway.write(self.text().replace(self.socket, self.directory + "/elsewhere"))
        self.gateway.reload()
        self.assertEqual(self.ask()[0], 503)
        self.assertEqual(self.wait_cause("No such file")[-1]["socket"], self.directory + "/elsewhere")
        self.gateway.write(self.text())
        self.gateway.reload()
        self.assert_serves()

    def test_a_tenant_that_there_is_none_of_is_told_once(self):
        told = lambda: self.gateway.messages("ferryman-realm does not serve the realm")
        for path, realm in ((TENANT, "cloud.test"), ("/none/kerberos", REALM), (PROXY, REALM)):
            self.ask(path, krb.proxy_message(krb.as_req(realm), realm))
        self.assertEqual(told(), [], "clients have done that")
        self.gateway.write(self.text(tenant="nosuch"))
        self.gateway.reload()
        for _ in range(3):
            self.assertEqual(krb.error_code(krb.unwrap(self.ask()[2])), 68)
        wait_for(told, "the warning")
        self.assertEqual([(line["realm"], line["tenant"], line["level"]) for line in told()], [(REALM, "nosuch", "warning")])
        self.gateway.write(self.text())
        self.gateway.reload()
        self.assert_serves()


class FakeRealm:
    """Answers each connection by serve(connection), in a thread."""

    def __init__(self, path, serve):
        self.path, self.serve = path, serve
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        os.chmod(path, 0o666)
        self.listener.listen(64)
        self.connections, self.open = 0, []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            self.open.append(connection)
            threading.Thread(target=self.one, args=(connection,), daemon=True).start()

    def one(self, connection):
        with connection:
            try:
                self.serve(connection)
            except (OSError, EOFError):
                pass

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self.open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it is over
        os.unlink(self.path)


def receive(connection, count):
    octets = b""
    while len(octets) < count:
        more = connection.recv(count - len(octets))
        if not more:
            raise EOFError
        octets += more
    return octets


def request_of(connection):
    """The id of the next request."""
    while True:
        size, kind, number = struct.unpack(">IBI", receive(connection, 9))
        receive(connection, size - 5)
        if kind in (lf.HTTP, lf.KERBEROS):
            return number


REPLY = lf.string(krb.krb_error(6, REALM))


class HostileTest(LocalScenario):
    @classmethod
    def front_socket(cls):
        return cls.directory + "/fake.sock"

    def setUp(self):
        self.answer = None
        self.piece = None
        self.serve_now = None

    def serve(self, connection):
        if self.serve_now:
            return self.serve_now(connection)
        greeting = lf.hello()
        while True:
            number = request_of(connection)
            answer, self.answer = self.answer, None
            octets = greeting + (answer(number) if answer else lf.frame(lf.KERBEROS_REPLY, number, REPLY))
            greeting, piece = b"", self.piece or len(octets)
            for at in range(0, len(octets), piece):
                connection.sendall(octets[at:at + piece])

    def fake(self):
        self.realm = self.running(FakeRealm(self.socket, self.serve))

    def recovers(self):
        self.serve_now = None
        wait_for(lambda: self.ask()[0] == 200, "recovery")

    def status_by_a_new_connection(self):
        """Between two connections that fail there is a pause."""
        before, found = self.realm.connections, []

        def asked():
            found.append(self.ask()[0])
            return self.realm.connections > before
        wait_for(asked, "a connection")
        return found[-1]

    def test_not_yet_started(self):
        self.assertEqual(self.ask()[0], 503)
        self.wait_cause("No such file")
        self.fake()
        self.recovers()

    def test_a_reply_octet_by_octet(self):
        self.fake()
        self.piece = 1
        self.recovers()

    def test_cut_at_every_octet(self):
        self.fake()
        for cut in range(len(lf.hello() + lf.frame(lf.KERBEROS_REPLY, 1, REPLY))):
            def cut_off(connection, cut=cut):
                number = request_of(connection)
                connection.sendall((lf.hello() + lf.frame(lf.KERBEROS_REPLY, number, REPLY))[:cut])
            self.serve_now = cut_off
            self.assertEqual(self.status_by_a_new_connection(), 503, cut)
        self.wait_cause("it closed the connection")
        self.recovers()

    def test_lies(self):
        lies = {
            "too long": lambda n: lf.hello() + struct.pack(">IBI", lf.MAX_FRAME + 1, lf.KERBEROS_REPLY, n),
            "too short": lambda n: lf.hello() + struct.pack(">IBI", 4, lf.KERBEROS_REPLY, n),
            "string beyond the frame": lambda n: lf.hello() + lf.frame(lf.KERBEROS_REPLY, n, struct.pack(">I", 2**32 - 1) + b"x"),
            "string short of the frame": lambda n: lf.hello() + lf.frame(lf.KERBEROS_REPLY, n, struct.pack(">I", 1) + b"xyz"),
            "another id": lambda n: lf.hello() + lf.frame(lf.KERBEROS_REPLY, n + 1, REPLY),
            "no hello": lambda n: lf.frame(lf.KERBEROS_REPLY, n, REPLY),
            "another version": lambda n: lf.hello(1),
            "another kind": lambda n: lf.hello() + lf.frame(lf.HTTP_RESPONSE, n, REPLY),
            "a request": lambda n: lf.hello() + lf.frame(lf.KERBEROS, n, REPLY),
            "an error": lambda n: lf.frame(lf.ERROR, 0, lf.string("bad_string")),
        }
        self.fake()
        for name, lie in lies.items():
            with self.subTest(name):
                self.serve_now = lambda connection, lie=lie: (connection.sendall(lie(request_of(connection))), receive(connection, 1000))
                self.assertEqual(self.status_by_a_new_connection(), 503)
        self.wait_cause("protocol: length_too_large")
        self.wait_cause("protocol: told: bad_string")
        self.recovers()

    def test_no_kerberos_in_the_reply(self):
        self.fake()
        self.recovers()
        self.answer = lambda n: lf.frame(lf.KERBEROS_REPLY, n, lf.string(b"nonsense"))
        self.assertEqual(self.ask()[0], 503)
        self.answer = lambda n: lf.frame(lf.KERBEROS_REPLY, n, lf.string(b""))
        self.assertEqual(self.ask()[0], 503)
        self.answer = lambda n: lf.frame(lf.REFUSAL, n, b"\1")
        self.assertEqual(self.ask()[0], 503)
        self.gateway.wait_event("no_kdc", reason="realm_silent")
        self.gateway.wait_event("no_kdc", reason="realm_busy")
        self.assertEqual(self.ask()[0], 200)

    def test_fields_that_frame_are_left_out(self):
        self.fake()
        self.recovers()
        fields = (("Content-Length", "7"), ("Transfer-Encoding", "chunked"), ("Connection", "close"), ("X-Own", "kept"))
        self.answer = lambda n: lf.frame(lf.HTTP_RESPONSE, n, struct.pack(">H", 200) + lf.fields(fields) + lf.string(b"body"))
        status, headers, body = self.ask("/", method="GET")
        self.assertEqual((status, headers["content-length"], headers["x-own"], body), (200, "4", "kept", b"body"))
        self.assertNotIn("transfer-encoding", headers)

    def test_another_users_socket(self):
        ready = os.path.join(self.directory, "ready")
        path = self.socket
        os.chmod(self.directory, 0o777)
        child = subprocess.Popen(["setpriv", f"--reuid={FOREIGN_UID}", "--clear-groups", "/usr/bin/python3", "-c",
                                  "import socket,sys,time\ns=socket.socket(socket.AF_UNIX)\ns.bind(sys.argv[1])\ns.listen(9)\n"
                                  "open(sys.argv[2],'w').close()\ntime.sleep(600)", path, ready])
        self.addCleanup(os.chmod, self.directory, 0o755)
        self.addCleanup(os.unlink, path)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        wait_for(lambda: os.path.exists(ready), "the other user's socket")
        self.assertEqual(self.ask()[0], 503)
        wait_for(lambda: self.ask()[0] == 503 and any(f"uid {FOREIGN_UID}" in m["cause"] for m in
                 self.gateway.messages("ferryman-realm does not answer")), "the cause")


class ConfigurationTest(Scenario):
    def check(self, text):
        path = os.path.join(self.directory, "check.toml")
        with open(path, "w") as file:
            file.write('[[listen]]\naddress = "127.0.0.1:1"\ntls = false\n' + text)
        result = subprocess.run([BINARY, "--check", "-c", path], capture_output=True, text=True)
        shown = subprocess.run([BINARY, "--show-config", "-c", path], capture_output=True, text=True)
        return result.stdout + result.stderr, shown.stdout

    def test_mistakes(self):
        local = '[local]\nuser = "root"\n'
        realm = '[realms."A.TEST"]\ndiscovery = "local"\n'
        for text, words in ((realm, "there is no [local]"), (local.replace("root", "no-such-user") + realm, "does not exist"),
                            (local + 'sockt = "/x"\n' + realm, "socket"), (local + 'socket = "x"\n' + realm, "no absolute path"),
                            (local + realm + 'kdc = ["192.0.2.1"]\n', "one of them goes"),
                            (local + '[realms."A.TEST"]\nkdc = ["192.0.2.1"]\ntenant = "x"\n', "only discovery")):
            with self.subTest(text):
                self.assertIn(words, self.check(text)[0])
        said, shown = self.check(local + realm + 'tenant = "x"\n')
        for line in ('[local]', 'user = "root"', 'discovery = "local"', 'tenant = "x"'):
            self.assertIn(line, shown)
