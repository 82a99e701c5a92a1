"""The servers under measurement and what stands behind them, each pinned to a core."""
import json
import os
import re
import signal
import subprocess
import time

from lib import krb
from lib.gateway import configuration
from lib.proc import Process, free_port, listens, wait_for
from measure import cpu_seconds, memory, session

SERVER, LOAD, BOTH = "0", "1", "0,1"
REALM = "BENCH.TEST"
MANY = 10_000_000  # requests on one connection
READY = re.compile(r'message"?[:=]"?ready')  # in either format of the log


class Server:
    """A process group on given cores whose output goes to a file. Stopping it ends all of its session."""

    def __init__(self, directory, name, args, cores=SERVER, env=None, port=None):
        self.name, self.port = name, port
        self.log = os.path.join(directory, f"{name}-{time.monotonic_ns()}.log")
        self.process = Process(["taskset", "-c", cores, *args], self.log, env)
        self.pid = self.process.child.pid
        try:
            if port:
                self.wait(lambda: listens("127.0.0.1", port))
        except BaseException:
            self.stop()
            raise

    def wait(self, condition, seconds=20):
        wait_for(lambda: condition() or not self.process.alive(), f"{self.name} to be ready", seconds)
        assert self.process.alive(), f"{self.name}: {self.process.text()[-2000:]}"

    def cpu(self):
        return cpu_seconds(self.pid)

    def memory(self):
        return memory(self.pid)

    def stop(self):
        try:
            self.process.stop()
        finally:
            for pid in session(self.pid):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass


def write(directory, name, text):
    path = os.path.join(directory, name)
    with open(path, "wb" if isinstance(text, bytes) else "w") as file:
        file.write(text)
    return path


def as_req():
    """With PA-ENC-TIMESTAMP, as most that come: 280 octets or so."""
    encrypted = krb.sequence(krb.context(0, krb.integer(18)), krb.context(2, krb.tlv(4, bytes(56))))
    return krb.as_req(REALM, padatas=[krb.padata(2, encrypted), krb.padata(149, b"")])


class Kdc(Server):
    def __init__(self, directory, tools, *args, port=None):
        port = port or free_port()
        super().__init__(directory, "bench_kdc", [os.path.join(tools, "bench_kdc"), str(port), *args], LOAD, port=port)


class Ferrymand(Server):
    """kdc: the realm's list. wrap: a command before it."""

    def __init__(self, directory, binary, pair, kdc, name="ferrymand", workers=1, cores=SERVER, wrap=(), env=None,
                 realms=None, **sections):
        port = free_port()
        static = {"allow_unarmored_password": True, "kdc": kdc}
        process, log = {"workers": workers} if workers else {}, sections.pop("log", {})
        text = configuration([{"address": f"127.0.0.1:{port}"}], realms or {REALM: static},
                             {"certificate": pair[0], "private_key": pair[1]}, process=process,
                             log={"format": "json", "level": "info", **log},
                             limits={"max_requests": MANY, **sections.pop("limits", {})}, **sections)
        config = write(directory, f"{name}-{port}.toml", text)
        super().__init__(directory, name, [*wrap, binary, "-c", config], cores, env)
        self.port = port
        try:
            said = log.keys().isdisjoint({"level", "destination"})
            self.wait(lambda: READY.search(self.process.text()) if said else listens("127.0.0.1", port), 60)
        except BaseException:
            self.stop()
            raise


class Floor(Server):
    """The least that a server with OpenSSL can do for an exchange, or a gateway: one that reads the messages and writes a
    log. upstream: udp, or kept or closed for TCP."""

    def __init__(self, directory, binary, pair, kdc, message, upstream, gateway):
        port = free_port()
        how = [] if upstream == "udp" else ["--tcp", upstream]
        how += ["--log", os.path.join(directory, f"floor-{port}.log")] if gateway else []
        super().__init__(directory, "bench_floor", [binary, str(port), "--cert", pair[0], "--key", pair[1], "--kdc", str(kdc.port),
                                                    "--message", message, *how], port=port)


class Nginx(Server):
    """servers: the text of server blocks. A worker sets up its table of `connections` at start."""

    def __init__(self, directory, servers, cores=SERVER, name="nginx", access_log=True, more="", wrap=(),
                 master=True, ports=(), connections=16000, workers=1):
        prefix = os.path.join(directory, f"{name}-{time.monotonic_ns()}")
        os.makedirs(prefix)
        temp = "".join(f" {kind}_temp_path {prefix}/{kind};\n"
                       for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config = write(prefix, "nginx.conf", f"""\
user root;
daemon off;
master_process {"on" if master else "off"};
worker_processes {workers};
worker_rlimit_nofile 40000;
pid {prefix}/pid;
error_log {prefix}/error.log;
events {{ worker_connections {connections}; }}
http {{
 default_type application/kerberos;
 access_log {prefix + "/access.log" if access_log else "off"};
 keepalive_requests {MANY};
{temp}{more}{servers}}}
""")
        nginx = "/usr/sbin/nginx"
        super().__init__(directory, name, [*wrap, nginx, "-p", prefix, "-c", config], cores)
        try:
            for port in ports:
                self.wait(lambda port=port: listens("127.0.0.1", port), 60)
        except BaseException:
            self.stop()
            raise


def tls_server(port, pair, location):
    return f""" server {{
  listen 127.0.0.1:{port} ssl http2 backlog=4096 reuseport;
  ssl_certificate {pair[0]};
  ssl_certificate_key {pair[1]};
  ssl_protocols TLSv1.2 TLSv1.3;
  location / {{ {location} }}
 }}
"""


class Backend(Nginx):
    """Plain HTTP on the load's core that returns a constant as large as the gateway's answer: at `port` over connections
    that stay open, at `closing` over one a request."""

    def __init__(self, directory, size):
        self.body = "x" * size
        port, self.closing = free_port(), free_port()
        blocks = "".join(f' server {{ listen 127.0.0.1:{at} backlog=4096; {more} location / {{ return 200 "{self.body}"; }} }}\n'
                         for at, more in ((port, ""), (self.closing, "keepalive_timeout 0;")))
        super().__init__(directory, blocks, LOAD, "backend", access_log=False, ports=(port, self.closing))
        self.port = port


def nginx_peers(directory, pair, rsa, backend, **options):
    """One nginx: constant (P-256, RSA), proxy_pass with upstream connections that are kept and that are not. Its ports
    are attributes."""
    at = {kind: free_port() for kind in ("constant", "rsa", "proxy", "closing")}
    constant = f'return 200 "{backend.body}";'
    keep = 'proxy_pass http://kept; proxy_http_version 1.1; proxy_set_header Connection "";'
    blocks = (f" upstream kept {{ server 127.0.0.1:{backend.port}; keepalive 64; keepalive_requests {MANY}; }}\n"
              + tls_server(at["constant"], pair, constant) + tls_server(at["rsa"], rsa, constant)
              + tls_server(at["proxy"], pair, keep)
              + tls_server(at["closing"], pair, f"proxy_pass http://127.0.0.1:{backend.closing};"))
    made = Nginx(directory, blocks, ports=at.values(), **options)
    made.ports = at
    return made


class View:
    """A server by another of its ports."""

    def __init__(self, server, port):
        self.server, self.port = server, port
        self.cpu, self.memory, self.pid = server.cpu, server.memory, server.pid


# ---- python-kdcproxy

PYTHON = "/usr/bin/python3"  # Debian's, which has kdcproxy


def kdcproxy_environment(directory, kdc):
    config = write(directory, "kdcproxy.conf",
                   f"[global]\nuse_dns = false\n[{REALM}]\nkerberos = kerberos+udp://127.0.0.1:{kdc.port}\n")
    wsgi = write(directory, "kdcproxy.wsgi", "import kdcproxy\napplication = kdcproxy.Application()\n")
    return wsgi, {"KDCPROXY_CONFIG": config}


class Apache(Server):
    """mod_wsgi in daemon mode with FreeIPA's numbers: 2 processes of 15 threads."""

    def __init__(self, directory, pair, kdc):
        wsgi, env = kdcproxy_environment(directory, kdc)
        home = os.path.join(directory, "apache")
        os.makedirs(home)
        port, modules = free_port(), "/usr/lib/apache2/modules"
        loads = "".join(f"LoadModule {name}_module {modules}/mod_{name}.so\n"
                        for name in ("mpm_event", "authz_core", "socache_shmcb", "ssl", "wsgi"))
        config = write(home, "apache.conf", f"""\
ServerRoot {home}
ServerName localhost
PidFile {home}/pid
Mutex file:{home}
DefaultRuntimeDir {home}
Listen 127.0.0.1:{port}
{loads}User www-data
Group www-data
ErrorLog {home}/error.log
LogFormat "%h %l %u %t \\"%r\\" %>s %b" common
CustomLog {home}/access.log common
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 30
SSLEngine on
SSLCertificateFile {pair[0]}
SSLCertificateKeyFile {pair[1]}
SSLSessionCache shmcb:{home}/sessions(512000)
WSGISocketPrefix {home}/wsgi
WSGIDaemonProcess kdcproxy processes=2 threads=15 display-name=%{{GROUP}} home=/
WSGIProcessGroup kdcproxy
WSGIApplicationGroup %{{GLOBAL}}
WSGIScriptAlias /KdcProxy {wsgi}
<Directory {directory}>
 Require all granted
</Directory>
""")
        super().__init__(directory, "apache", ["/usr/sbin/apache2", "-DFOREGROUND", "-f", config], env=env, port=port)


class Uwsgi(Server):
    """4 processes behind nginx, which does TLS."""

    def __init__(self, directory, pair, kdc):
        wsgi, env = kdcproxy_environment(directory, kdc)
        socket = free_port()
        super().__init__(directory, "uwsgi", [
            "uwsgi", "--plugin", "python3", "--master", "--die-on-term", "--processes", "4", "--disable-logging",
            "--listen", "1024", "--socket", f"127.0.0.1:{socket}", "--wsgi-file", wsgi, "--need-app"], env=env, port=socket)
        self.port = free_port()
        try:
            self.front = Nginx(directory, tls_server(
                self.port, pair, f"include /etc/nginx/uwsgi_params; uwsgi_pass 127.0.0.1:{socket};"), name="uwsgi-front",
                ports=(self.port,))
        except BaseException:
            super().stop()
            raise

    def cpu(self):
        return super().cpu() + self.front.cpu()

    def stop(self):
        self.front.stop()
        super().stop()


# ---- loads, on the load's core

class Loads:
    def __init__(self, directory, tools, body, message):
        self.load, self.body, self.message = os.path.join(tools, "bench_load"), body, message

    def run(self, *args, cores=LOAD, timeout=300):
        result = subprocess.run(["taskset", "-c", cores, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                timeout=timeout)
        assert result.returncode == 0, f"{args}: {result.stdout}{result.stderr}"
        return result.stdout

    def h2load(self, port, requests, clients=32, streams=0, cores=LOAD):
        """Requests a second. streams: over HTTP/2; 0: HTTP/1.1."""
        how = ["-m", str(streams)] if streams else ["--h1"]
        out = self.run("h2load", *how, "-n", str(requests), "-c", str(clients), "-d", self.body, "-H",
                       "content-type: application/kerberos", f"https://127.0.0.1:{port}/KdcProxy", cores=cores)
        assert f" {requests} 2xx" in out, out
        assert "TLSv1.3" in out, out
        return float(re.search(r"([\d.]+) req/s", out)[1])

    def h2load_times(self, port, requests, clients, streams):
        """What came back, all asked at once over HTTP/2, and how long the longest took."""
        out = self.run("h2load", "-m", str(streams), "-n", str(requests), "-c", str(clients), "-d", self.body, "-H",
                       "content-type: application/kerberos", f"https://127.0.0.1:{port}/KdcProxy")
        longest, unit = re.search(r"time for request:\s+\S+\s+([\d.]+)(us|ms|s)\s", out).groups()
        return {"answered": int(re.search(r" (\d+) 2xx", out)[1]),
                "max_ms": float(longest) * {"us": 0.001, "ms": 1, "s": 1000}[unit]}

    def client(self, mode, port, requests, **options):
        """bench_load's report."""
        more = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        body = self.message if mode == "direct" else self.body
        out = self.run(self.load, mode, str(port), "--body", body, "--requests", str(requests), *more)
        report = json_of(out)
        assert report["failed"] == 0, report
        return report

    def burst(self, port, connections, requests, warm=1):
        """A process that has `connections` open; see Burst."""
        return Burst([self.load, "burst", str(port), "--body", self.body, "--requests", str(requests), "--connections",
                      str(connections), "--warm", str(warm)])


class Burst:
    """Kept connections. fire() sends one request on each; report() gives what came back; close() ends them."""

    def __init__(self, args):
        self.child = subprocess.Popen(["taskset", "-c", LOAD, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      text=True, start_new_session=True)
        if self.child.stdout.readline() != "ready\n":
            self.close()
            raise AssertionError("bench_load's connections were not all served")

    def fire(self):
        self.child.stdin.write("\n")
        self.child.stdin.flush()

    def report(self):
        return json_of(self.child.communicate(timeout=60)[0])

    def close(self):
        if self.child.poll() is None:
            self.child.kill()
        self.child.communicate()


def json_of(text):
    return json.loads(text.strip().splitlines()[-1])
