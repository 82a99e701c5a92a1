"""The KDCs that bench/kdc measures, each pinned to the server's core, and the load for them."""
import json
import os
import shutil
import subprocess

from lib.kdcs import BUILD
from lib.pki import openssl
from lib.proc import free_port
from lib.realm import USER, Realm
from measure import cpu_seconds, memory
from peers import LOAD, SERVER, Ferrymand, Server, write

USER_NAME, PASSWORD, SERVICE = "alice", "Turmoil-Viaduct-91x", "HTTP/www.bench.test"


def run(*args, env=None, stdin=""):
    done = subprocess.run(args, input=stdin, text=True, capture_output=True, env={**os.environ, **(env or {})})
    assert done.returncode == 0, f"{args}: {done.stdout}{done.stderr}"


def signing(certificate, key):
    """Options of the load: what signs for the user."""
    openssl("x509", "-in", certificate, "-outform", "DER", "-out", certificate + ".der")
    openssl("pkcs8", "-topk8", "-nocrypt", "-in", key, "-outform", "DER", "-out", key + ".der")
    return ["--certificate", certificate + ".der", "--key", key + ".der"]


class OwnRealm(Realm):
    """ferryman-realm as it is installed, with the log of every request. build: of the programs; numbered: how many of
    bench_fill_realm's users it has besides; authority: whose certificates log on."""

    tenant, mode = "example", "front"

    def __init__(self, directory, build, numbered=0, cores=SERVER, name="realm", authority=None):
        self.tools, self.numbered = os.path.join(build, "bench"), numbered
        self.built = os.path.join(build, "src/ferryman-realm")
        more = {"pkinit": {"anchors": authority.certificate}} if authority else {}
        super().__init__(directory, name=name, setpriv=("--", "taskset", "-c", cores), log={"format": "json", "level": "info"}, **more)
        self.admin("user", "add", USER_NAME, "--password-stdin", stdin=PASSWORD + "\n")
        self.admin("service", "add", SERVICE)
        self.signing = signing(*authority.logon("of-realm", json.loads(self.admin("user", "show", USER_NAME, "--json").stdout)["sid"])) if authority else []
        if numbered:
            self.add_numbered()

    def add_numbered(self):
        self.process.stop()
        run(*self.as_user(), self.tool("bench_fill_realm"), self.database, "file:" + self.master_key, self.tenant, "1",
            str(self.numbered))
        self.start()

    def tool(self, name):
        """Where the realm's user can read it."""
        return shutil.copy(os.path.join(self.tools, name), self.directory)

    def inside(self):
        """A command that answers by ferryman-realm's code in its own process, while the realm is stopped."""
        return [*self.as_user(), self.tool("bench_kdc_load")], ["--inside", self.database, "--master-key",
                                                                 "file:" + self.master_key, *self.way()[2:]]

    @property
    def pid(self):
        return self.process.child.pid

    def cpu(self):
        return cpu_seconds(self.pid)

    def memory(self):
        return memory(self.pid)

    def way(self):
        who = ["--users", str(self.numbered)] if self.numbered else ["--user", USER_NAME, "--password", PASSWORD]
        return ["--front", self.front, "--tenant", self.tenant, *who, *self.signing]


class KrbServer(Server):
    signing = []

    def way(self):
        return ["--udp", f"127.0.0.1:{self.port}", "--user", USER_NAME, "--password", PASSWORD, *self.signing]


class Krb5kdc(KrbServer):
    """MIT's, without its writes at each logon, which are for the last success and for the lock-out. authority: whose
    certificates log on."""

    realm = "MIT.TEST"

    def __init__(self, directory, wrap=(), authority=None):
        home, port = os.path.join(directory, "krb5kdc"), free_port()
        os.makedirs(home, exist_ok=True)
        public_keys = ""
        if authority:
            certificate, key = authority.kdc(self.realm)
            public_keys = f"  pkinit_identity = FILE:{certificate},{key}\n  pkinit_anchors = FILE:{authority.certificate}\n"
            self.signing = signing(*authority.client(USER_NAME, self.realm))
        env = {"KRB5_CONFIG": write(home, "krb5.conf", f"""\
[libdefaults]
 default_realm = {self.realm}
 dns_lookup_kdc = false
[dbmodules]
 {self.realm} = {{
  db_library = db2
  database_name = {home}/principal
  disable_last_success = true
  disable_lockout = true
 }}
[logging]
 kdc = FILE:{home}/kdc.log
"""), "KRB5_KDC_PROFILE": write(home, "kdc.conf", f"""\
[realms]
 {self.realm} = {{
  kdc_listen = 127.0.0.1:{port}
  kdc_tcp_listen = 127.0.0.1:{port}
  key_stash_file = {home}/stash
  supported_enctypes = aes256-cts:normal aes128-cts:normal
  default_principal_flags = +preauth
{public_keys} }}
"""), "PATH": os.environ["PATH"] + ":/usr/sbin"}
        if not os.path.exists(os.path.join(home, "stash")):
            run("/usr/sbin/kdb5_util", "create", "-s", "-r", self.realm, "-P", "master", env=env)
            run("/usr/sbin/kadmin.local", env=env, stdin=f"addprinc -pw {PASSWORD} {USER_NAME}\naddprinc -randkey {SERVICE}\n")
        super().__init__(directory, "krb5kdc", [*wrap, "/usr/sbin/krb5kdc", "-n"], env=env, port=port)


class Heimdal(KrbServer):
    """Heimdal's kdc, one process. It makes no PACs by itself."""

    realm = "HEIM.TEST"

    def __init__(self, directory):
        root, home, port = os.path.join(BUILD, "heimdal"), os.path.join(directory, "heimdal"), free_port()
        os.makedirs(home)
        config = write(home, "krb5.conf", f"""\
[libdefaults]
 default_realm = {self.realm}
[kdc]
 database = {{
  dbname = sqlite:{home}/hdb.sqlite
  realm = {self.realm}
  mkey_file = {home}/m-key
  acl_file = {write(home, "acl", "")}
  log_file = {home}/log
 }}
 num-kdc-processes = 1
 enable-pkinit = no
[logging]
 kdc = FILE:{home}/kdc.log
""")
        env = {"KRB5_CONFIG": config, "LD_LIBRARY_PATH": os.path.join(root, "usr/lib", os.uname().machine + "-linux-gnu")}
        for command in (["init", "--realm-max-ticket-life=1d", "--realm-max-renewable-life=7d", self.realm],
                        ["add", "--use-defaults", "--attributes=requires-pre-auth", "-p", PASSWORD, USER_NAME],
                        ["add", "--use-defaults", "-r", SERVICE]):
            run(os.path.join(root, "usr/bin/kadmin.heimdal"), "-l", *command, env=env)
        super().__init__(directory, "heimdal", [os.path.join(root, "usr/lib/heimdal-servers/kdc"), "--config-file=" + config,
                                                "--addresses=127.0.0.1", f"--ports={port}/udp {port}/tcp"], env=env, port=port)


class KdcLoad:
    """One leg's requests, made; fire() sends them, close() is for one that was not fired."""

    def __init__(self, tools, leg, server, *options):
        self.child = subprocess.Popen(["taskset", "-c", LOAD, os.path.join(tools, "bench_kdc_load"), leg, "--realm", server.realm,
                                       "--service", SERVICE, *server.way(), *map(str, options)], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.child.stdout.readline()
        assert line == "ready\n" or "--write" in options, f"{leg} at {server.realm}: {self.child.communicate()[1]}"

    def fire(self):
        out, error = self.child.communicate("\n", timeout=300)
        assert self.child.returncode == 0, error
        return json.loads(out)

    def close(self):
        self.child.communicate()


class Gateway(Ferrymand):
    """ferrymand in front of ferryman-realm, on the same core."""

    def __init__(self, directory, binary, pair, realm):
        super().__init__(directory, binary, pair, [], local={"socket": realm.front, "user": USER.pw_name},
                         realms={realm.realm: {"discovery": "local", "allow_unarmored_password": True}})
