"""The parts of bench/run: each measures one thing and adds its rows to the report."""
import concurrent.futures
import contextlib
import os
import re
import resource
import signal
import socket
import ssl
import statistics
import subprocess
import time

import peers
from lib import krb
from lib.client import Client
from lib.fake_dns import A, SRV, FakeDns, record, srv
from lib.https import post
from lib.kdcs import MitKdc
from lib.proc import free_port, listens, wait_for
from measure import system_calls

CLIENTS, STREAMS, MOST_STREAMS = 32, 10, 32


def spent(server, load, requests):
    """(microseconds of CPU a request, what load returned)"""
    before = server.cpu()
    returned = load()
    return (server.cpu() - before) * 1e6 / requests, returned


def kept_cost(at, requests, clients=CLIENTS, streams=0, cores=peers.LOAD, loads=None):
    """A cost for turns: of a request on connections that are kept; their handshakes are measured apart and taken off."""
    requests, loads = at.count(requests), loads or at.loads

    def cost(server):
        least = clients * max(1, streams)
        opening, _ = spent(server, lambda: loads.h2load(server.port, least, clients, streams, cores), 1)
        whole, rate = spent(server, lambda: loads.h2load(server.port, requests + least, clients, streams, cores), 1)
        return {"cpu": (whole - opening) / requests, "rate": rate}
    return cost


def client_cost(at, mode, requests, **options):
    requests = at.count(requests)

    def cost(server):
        cpu, report = spent(server, lambda: at.loads.client(mode, server.port, requests, **options), requests)
        assert report["resumed"] == (requests if mode == "resumed" else 0), report
        return {"cpu": cpu, "rate": requests / report["seconds"]}
    return cost


def rates(at, values, names, what=""):
    at.report.compare("rate" + what, "/s", values, "rate", dict.fromkeys(names))


def beside_floor(at, values, figure, of, targets):
    """Our figure beside its targets' peers and beside the floor and the least gateway, then theirs beside the same peers:
    how near to a target it comes that does nothing but what this kernel and OpenSSL ask for, or reads and logs besides."""
    at.report.compare(figure, "us", values, of, {**targets, "floor": None, "least": None})
    at.report.compare(f"{figure}, the floor's", "us", values, of, dict.fromkeys(targets), "floor")
    at.report.compare(f"{figure}, the least gateway's", "us", values, of, dict.fromkeys(targets), "least")


def kept(at):
    """kept connections: HTTP/1.1, TLS 1.3, UDP upstream, beside nginx"""
    servers = {**at.ferrymands(), "proxy_pass": at.nginx("proxy"), "constant": at.nginx("constant"), **at.floors()}
    values = at.turns(servers, kept_cost(at, 4000))
    beside_floor(at, values, "CPU per exchange", "cpu", {"proxy_pass": 0.75, "constant": None})
    rates(at, values, ["proxy_pass", "constant"])


def armored(at):
    """the same with armored AS-REQs (FAST), which are never asked twice, beside others"""
    server = at.ferrymand()
    loads = {"armored": at.loads_of("armored", krb.as_req(peers.REALM, padatas=[krb.fast_padata()])), "others": at.loads}
    values = at.turns(loads, lambda of: kept_cost(at, 4000, loads=of)(server))
    at.report.compare("CPU per exchange", "us", values, "cpu", {"others": None}, "armored")


def h2(at):
    """HTTP/2 with 10 streams a connection, beside nginx"""
    servers = {**at.ferrymands(), "proxy_pass": at.nginx("proxy"), "constant": at.nginx("constant")}
    values = at.turns(servers, kept_cost(at, 4000, 8, STREAMS))
    at.report.compare("CPU per exchange", "us", values, "cpu", {"proxy_pass": 0.75, "constant": None})
    rates(at, values, ["proxy_pass", "constant"])


def tcp(at):
    """TCP upstream, kept by the KDC and closed by it, beside nginx"""
    for what, kdc, peer in (("kept", at.kdc(), "proxy"), ("closed", at.kdc("--close"), "closing")):
        servers = {**at.ferrymands([f"tcp://127.0.0.1:{kdc.port}"]), "proxy_pass": at.nginx(peer),
                   **at.floors(kdc=kdc, upstream=what)}
        values = at.turns(servers, kept_cost(at, 3000 if what == "kept" else 1200))
        beside_floor(at, values, f"CPU per exchange, upstream {what}", "cpu", {"proxy_pass": 0.8})
        rates(at, values, ["proxy_pass"], f", upstream {what}")


def fresh(at):
    """a new TLS 1.3 connection (P-256) with one exchange over HTTP/1.0, as MIT's client"""
    servers = {**at.ferrymands(), "constant": at.nginx("constant"), "proxy_pass": at.nginx("proxy"),
               **at.floors()}
    values = at.turns(servers, client_cost(at, "fresh", 300))
    beside_floor(at, values, "CPU per connection", "cpu", {"constant": 0.8, "proxy_pass": None})
    rates(at, values, ["constant"])


def closing(at):
    """the same over HTTP/1.1 with Connection: close, by a client that resets the connection when it has its answer"""
    servers = {**at.ferrymands(), "constant": at.nginx("constant")}
    values = at.turns(servers, client_cost(at, "closing", 300, threads=8))
    at.report.compare("CPU per connection", "us", values, "cpu", {"constant": None})
    rates(at, values, ["constant"])


def telemetry(at):
    """what it costs to be seen: a log and a scrape each second, and a live trace, beside a ferrymand that tells nothing"""
    quiet = {"log": {"level": "error"}}
    port, path = free_port(), os.path.join(at.directory, "admin.sock")
    log = {"destination": "file:" + os.path.join(at.directory, "telemetry.log")}
    servers = {"quiet": at.ferrymand(**quiet), "telemetry": at.ferrymand(log=log, admin={"http": f"127.0.0.1:{port}"}),
               "traced": at.ferrymand(admin={"socket": path}, **quiet)}
    tool = os.path.join(os.path.dirname(os.path.abspath(at.options.binary)), "ferryman")
    for watcher in ([tool, "trace", "--socket", path],
                    ["sh", "-c", f"while sleep 1; do curl -s http://127.0.0.1:{port}/metrics; done"]):
        process = subprocess.Popen(watcher, stdout=subprocess.DEVNULL, start_new_session=True)
        at.part.callback(os.killpg, process.pid, signal.SIGTERM)
    values = at.turns(servers, kept_cost(at, 4000))
    at.report.compare("CPU per exchange", "us", values, "cpu", {"quiet": 1.05}, "telemetry")
    at.report.compare("CPU per exchange", "us", values, "cpu", {"quiet": 1.15}, "traced")


def rsa(at):
    """the same with RSA-2048"""
    servers = {**at.ferrymands(pair=at.rsa), "constant": at.nginx("rsa"), **at.floors(at.rsa)}
    values = at.turns(servers, client_cost(at, "fresh", 300))
    beside_floor(at, values, "CPU per connection", "cpu", {"constant": 0.9})
    rates(at, values, ["constant"])


def resumed(at):
    """a new connection that resumes a TLS 1.3 session"""
    servers = {**at.ferrymands(), "constant": at.nginx("constant"), **at.floors()}
    values = at.turns(servers, client_cost(at, "resumed", 400))
    beside_floor(at, values, "CPU per connection", "cpu", {"constant": 0.8})
    rates(at, values, ["constant"])


def kdcproxy(at):
    """python-kdcproxy under Apache mod_wsgi and under uwsgi behind nginx, and the better of the two"""
    servers = {**at.ferrymands(), "apache": at.start(peers.Apache(at.directory, at.pair, at.kdc())),
               "uwsgi": at.start(peers.Uwsgi(at.directory, at.pair, at.kdc())), **at.floors()}
    for name in ("apache", "uwsgi"):
        at.loads.h2load(servers[name].port, 200)  # each process has loaded its modules
    for figure, cost, most in (("kept", {}, 1 / 60), ("new connection", None, 1 / 5)):
        # As much work in a turn as theirs, or nearly: a turn that is much shorter is spent on filling caches again.
        cheap = kept_cost(at, 7500) if cost is not None else client_cost(at, "fresh", 300)
        dear = kept_cost(at, 125) if cost is not None else client_cost(at, "fresh", 75)
        of = lambda server: (dear if server in (servers["apache"], servers["uwsgi"]) else cheap)(server)
        values = at.turns(servers, of)
        values["kdcproxy"] = min(values["apache"], values["uwsgi"], key=lambda of: statistics.median(one["cpu"] for one in of))
        at.report.compare(f"CPU per exchange, {figure}", "us", values, "cpu", {"kdcproxy": most, "apache": None, "uwsgi": None})
        at.report.compare(f"CPU per exchange, {figure}, the floor's", "us", values, "cpu", {"kdcproxy": None}, "floor")
        at.report.compare(f"CPU per exchange, {figure}, the least gateway's", "us", values, "cpu", {"kdcproxy": None}, "least")
        rates(at, values, ["kdcproxy"], f", {figure}")


def latency(at):
    """one client on a kept connection: p50 and p99, beside nginx and the KDC without anything between"""
    requests = at.count(500)
    servers = {**at.ferrymands(), "proxy_pass": at.nginx("proxy"), **at.floors(), "direct": at.kdc()}
    how = lambda server: at.loads.client("direct" if server is servers["direct"] else "kept", server.port, requests)
    values = at.turns(servers, how)
    for part in ("p50", "p99"):
        beside_floor(at, values, f"whole exchange, {part}", part + "_us", {"proxy_pass": 0.8, "direct": None})
    added = [a["p50_us"] - b["p50_us"] for a, b in zip(values["ferrymand"], values["direct"])]
    at.report.add("added to direct, p50", "us", added)


def kinit(at):
    """kinit and kvno by MIT's client through the gateway, and direct"""
    realm = "MIT.TEST"
    kdc = at.start(MitKdc(at.directory, at.authority))
    allowed = {"allow_unarmored_password": True, "kdc": [kdc.kdc]}
    gateway = at.ferrymand(realms={realm: allowed})
    least = at.floors(kdc=kdc)["least"]
    ways = {"direct": {"kdc": kdc.kdc}}
    for name, server in (("gateway", gateway), ("least", least)):
        url = f"https://127.0.0.1:{server.port}/KdcProxy"
        ways[name] = {"kdc": url, "http_anchors": "FILE:" + at.authority.certificate}
    clients = {name: Client(at.directory, {realm: way}, name="mit-" + name) for name, way in ways.items()}

    def timed(name, work):
        begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        work()
        took, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
        own = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return {name: took * 1000, name + " own": own * 1000}

    def cost(client):
        return {**timed("kinit", lambda: client.kinit("alice", "alice-pw")),
                **timed("kvno", lambda: client.kvno("HTTP/www.mit.test"))}
    for client in clients.values():
        cost(client)
    values = at.turns(clients, cost)
    def more(way, figure, messages):
        return [(a[figure] - b[figure]) / messages for a, b in zip(values[way], values["direct"])]
    for command, messages in (("kinit", 2), ("kvno", 1)):
        through, direct = ([one[command] for one in values[way]] for way in ("gateway", "direct"))
        at.report.add(command, "ms", through, "direct", direct)
        at.report.add(f"{command}, more per message", "ms", more("gateway", command, messages), most=3)
        at.report.add(f"{command}, more per message, the least gateway's", "ms", more("least", command, messages))
        at.report.add(f"{command}, of it the client's own CPU", "ms", more("gateway", command + " own", messages))
    # What the client spends once a process, on loading OpenSSL and the trust anchors, is in both and drops out.
    second = [(a["kinit"] - b["kinit"]) - (a["kvno"] - b["kvno"]) for a, b in zip(values["gateway"], values["direct"])]
    at.report.add("a second message of one process, more", "ms", second)
    # A message that waits for a delayed acknowledgement takes 40 ms more than nothing at all could explain.
    usual = {command: statistics.median(one[command] for one in values["direct"]) for command in ("kinit", "kvno")}
    stalls = sum(one[command] > usual[command] + 35 for one in values["gateway"] for command in usual)
    at.report.add("stalls of 40 ms", "", [stalls], most=0)


@contextlib.contextmanager
def silent_kdc():
    """An address that takes requests over UDP and connections over TCP and never says anything."""
    port = free_port()
    with socket.socket(type=socket.SOCK_DGRAM) as udp, socket.create_server(("127.0.0.1", port)):
        udp.bind(("127.0.0.1", port))
        yield f"udp://127.0.0.1:{port}"


def ask_and_wait(at, port, realm, count):
    """That many clients of a realm that wait for its answer; they end when closed."""
    context = ssl.create_default_context(cafile=at.authority.certificate)
    clients = []
    for _ in range(count):
        client = context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="localhost")
        client.sendall(post(krb.proxy_message(krb.as_req(realm), realm)))
        clients.append(client)
    return clients


def dead(at):
    """two KDCs of which the first is dead, once that is known, beside none dead"""
    with silent_kdc() as silent:
        refusing = f"udp://127.0.0.1:{free_port()}"
        servers = {"healthy": at.ferrymand(), "refuses": at.ferrymand([refusing, *at.udp()]),
                   "silent": at.ferrymand([silent, *at.udp()])}
        for server in servers.values():
            at.loads.h2load(server.port, 300)
        values = at.turns(servers, kept_cost(at, 2000))
        for kind in ("refuses", "silent"):
            at.report.compare(f"CPU per exchange, first KDC {kind}", "us", values, "cpu", {"healthy": 1.03}, kind)
            at.report.compare("rate", "/s", values, "rate", {"healthy": None}, kind)
        static = {"allow_unarmored_password": True, "kdc": at.udp()}
        both = at.ferrymand(realms={peers.REALM: static, "DEAD.TEST": {"kdc": [silent]}})

        def cost(waiting):
            clients = ask_and_wait(at, both.port, "DEAD.TEST", waiting)
            try:
                return kept_cost(at, 2000)(both)
            finally:
                for client in clients:
                    client.close()
        values = at.turns({"beside": 40, "alone": 0}, cost)
        at.report.compare("CPU per exchange, another realm beside 40 waiting", "us", values, "cpu", {"alone": 1.03}, "beside")
        at.report.compare("rate", "/s", values, "rate", {"alone": None}, "beside")


def waiting(at):
    """10,000 exchanges that wait a second for a slow KDC, all at once"""
    number = at.count(10000)
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    kdc = at.start(peers.Kdc(at.directory, at.tools, "--delay-ms", "1000"))

    @contextlib.contextmanager
    def slow(make):
        server = make()
        try:
            yield server
        finally:
            server.stop()

    gateway = lambda: at.ferrymand([f"udp://127.0.0.1:{kdc.port}"])
    makers = {"ferrymand": gateway, "least": lambda: at.floors(kdc=kdc)["least"]}

    def over_http1(make):
        kdc.process.child.send_signal(signal.SIGUSR1)  # at once, while each connection makes its first exchange
        with slow(make) as server, contextlib.closing(at.loads.burst(server.port, connections, connections)) as burst:
            kdc.process.child.send_signal(signal.SIGUSR1)
            time.sleep(0.3)
            idle, before = server.memory(), server.cpu()
            burst.fire()
            time.sleep(0.9)
            busy = server.memory()
            report = burst.report()
            return {**report, "kib": (busy - idle) / connections, "cpu": (server.cpu() - before) * 1e6 / connections}

    def over_http2(_):
        with slow(gateway) as server:
            return at.loads.h2load_times(server.port, number, -(-number // MOST_STREAMS), MOST_STREAMS)

    rounds, spare = max(1, at.rounds // 3), 200
    connections = min(number, (allowed - spare) // 2)
    if connections < number:
        at.report.remark(f"{allowed} descriptors are allowed here, and may not be raised. Over HTTP/1.1 an exchange needs two, "
                         f"so {connections} wait at once; over HTTP/2 all {number}.")
    both = at.turns(makers, over_http1, rounds)
    values, least = both["ferrymand"], both["least"]
    pick = lambda name, by=1: [one[name] / by for one in values]
    at.report.add(f"of {connections} not answered", "", [connections - one["answered"] for one in values], most=0)
    at.report.add("time to the last answer", "ms", pick("max_us", 1000), most=1200)
    at.report.add("time to the last answer, the least gateway's", "ms", [one["max_us"] / 1000 for one in least])
    at.report.add("p50", "ms", pick("p50_us", 1000))
    at.report.add("p99", "ms", pick("p99_us", 1000))
    at.report.add("resident each, beyond an idle connection", "KiB", pick("kib"), most=16)
    at.report.compare("CPU per exchange", "us", both, "cpu", {"least": None})
    values = at.turns({"ferrymand": None}, over_http2, rounds)["ferrymand"]
    at.report.add(f"of {number} over HTTP/2 not answered", "", [number - one["answered"] for one in values], most=0)
    at.report.add("time to the last answer, HTTP/2", "ms", pick("max_ms"), most=1200)


def settled(server, patience=5):
    """Resident KiB once that has stopped to change: who listens may not have set up everything yet."""
    deadline, last = time.monotonic() + patience, None
    while (now := server.memory()) != last and time.monotonic() < deadline:
        last = now
        time.sleep(0.1)
    return now


def idle(at):
    """resident memory of a TLS connection that has been idle for two seconds, beside nginx"""
    number, few = at.count(2000), 100

    # nginx has the table of all its connections from the start, so that what it had before them is seen in one for few.
    def nginx():
        made = [peers.nginx_peers(at.directory, at.pair, at.rsa, at.backend(), connections=many) for many in (few, few + number)]
        before = settled(made[0])
        made[0].stop()
        return peers.View(made[1], made[1].ports["proxy"]), before, made[1].stop

    def gateway(name):
        made = at.ferrymand(name=name)
        return made, settled(made), made.stop
    makers = {"ferrymand": lambda: gateway("ferrymand"), "nginx": nginx}
    if at.options.base:
        makers["base"] = lambda: gateway("base")
    for warm, figure in ((1, "resident each, after an exchange"), (0, "resident each, before the first exchange")):
        def cost(make):
            server, before, stop = make()
            try:
                burst = at.loads.burst(server.port, number, 0, warm)
                try:
                    time.sleep(2)
                    return {"kib": (settled(server) - before) / number}
                finally:
                    burst.close()
            finally:
                stop()
        values = at.turns(makers, cost, max(1, at.rounds // 2))
        at.report.compare(figure, "KiB", values, "kib", {"nginx": 0.5})


def start(at):
    """resident memory at start, with a worker for each core"""
    def cost(name):
        gateway = at.ferrymand(name=name, workers=0, cores=peers.BOTH)
        try:
            time.sleep(0.2)
            return {"rss": gateway.memory() / 1024}
        finally:
            gateway.stop()
    values = at.turns({name: name for name in (["ferrymand", "base"] if at.options.base else ["ferrymand"])}, cost, at.rounds)
    at.report.add("resident", "MiB", [one["rss"] for one in values["ferrymand"]], most=12)
    at.report.compare("resident", "MiB", values, "rss", {})


def cores(at):
    """two workers on two cores with twice the clients beside one on one: CPU per exchange"""
    def nginx(**options):
        made = at.start(peers.nginx_peers(at.directory, at.pair, at.rsa, at.backend(), **options))
        return peers.View(made, made.ports["proxy"])

    one, two, nginx_one = at.ferrymand(), at.ferrymand(workers=2, cores=peers.BOTH), nginx()
    nginx_two, other = nginx(workers=2, cores=peers.BOTH), at.ferrymand(cores=peers.LOAD)
    # What serves, one for each load. Two processes share nothing: they show what the machine's second core adds by itself,
    # on which the load and the KDC run, too.
    subjects = {"two": [two, two], "processes": [one, other], "one": [one], "nginx, two": [nginx_two, nginx_two],
                "nginx, one": [nginx_one]}
    requests = at.count(4000)

    def cost(serving):
        def spent_on(number):
            load = lambda server: at.loads.h2load(server.port, number // len(serving), CLIENTS, cores=peers.BOTH)
            cpu = lambda: sum(server.cpu() for server in set(serving))
            before = cpu()
            with concurrent.futures.ThreadPoolExecutor() as pool:
                rate = sum(pool.map(load, serving))
            return cpu() - before, rate
        least = CLIENTS * len(serving)
        (opening, _), (whole, rate) = spent_on(least), spent_on(requests + least)
        return {"cpu": (whole - opening) * 1e6 / requests, "rate": rate}
    values = at.turns(subjects, cost)
    at.report.compare("CPU per exchange, two workers beside one", "us", values, "cpu", {"one": 2 / 1.85}, "two")
    at.report.compare("CPU per exchange, two processes beside one", "us", values, "cpu", {"one": None}, "processes")
    at.report.compare("CPU per exchange, two workers beside processes", "us", values, "cpu", {"processes": None}, "two")
    at.report.compare("CPU per exchange, nginx with two", "us", values, "cpu", {"nginx, one": None}, "nginx, two")
    at.report.compare("rate, load on the same cores", "/s", values, "rate", {"one": None}, "two")


def object_counts(server, file):
    """What libcount_malloc.so has counted so far: (by object, by site)"""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(file)
    os.kill(server.pid, signal.SIGUSR2)
    wait_for(lambda: os.path.exists(file), "libcount_malloc.so to write")
    with open(file) as lines:
        rows = [line.split() for line in lines]
    return ({row[1]: int(row[2]) for row in rows if row[0] == "object"},
            {row[1]: int(row[2]) for row in rows if row[0] == "site"})


def more(after, before):
    return {name: number - before.get(name, 0) for name, number in after.items()}


def tell_sites(at, sites, exchanges):
    for site, number in sorted(sites.items(), key=lambda one: -one[1]):
        if number * 20 < exchanges:
            return
        where = subprocess.run(["addr2line", "-Cfpsi", "-e", at.options.binary, site.split("+")[1]], capture_output=True,
                               text=True).stdout.replace(" (inlined by) ", "").splitlines()
        ours = [line for line in where if not re.match(r"(void\* |auto )?(std|boost|__gnu_cxx)::|operator new", line)]
        at.say(f"{number / exchanges:8.2f} {' < '.join(line[:100] for line in (ours or where)[:2])}")


def three_by_dns(at):
    """Options of a ferrymand whose realm has three KDCs of one priority in the DNS."""
    ports = [at.kdc().port, *(at.start(peers.Kdc(at.directory, at.tools)).port for _ in range(2))]
    answers = {("_kerberos._udp." + peers.REALM.lower(), SRV): [record(SRV, srv("kdc.bench", port)) for port in ports],
               ("kdc.bench", A): [record(A, socket.inet_aton("127.0.0.1"))]}
    dns = at.start(FakeDns(lambda *question: answers.get(question, [])))
    realm = {"allow_unarmored_password": True, "discovery": "dns", "dns_allow_networks": ["127.0.0.0/8"],
             "dns_allow_ports": ports}
    return {"realms": {peers.REALM: realm}, "dns": {"servers": [dns.address]}}


def allocations(at):
    """allocations per exchange on a kept connection, by whose code makes them"""
    file = os.path.join(at.directory, "allocations")
    exchanges = at.count(1000)
    env = {"LD_PRELOAD": os.path.join(at.tools, "libcount_malloc.so"), "COUNT_MALLOC_FILE": file}
    one = lambda server, number: at.loads.client("kept", server.port, number)
    streams = lambda server, number: at.loads.h2load(server.port, number, 1, STREAMS)
    for what, how, load in (("HTTP/1.1, UDP", {}, one), ("HTTP/1.1, UDP, three KDCs by DNS", three_by_dns(at), one),
                            ("HTTP/1.1, TCP", {"kdc": [f"tcp://127.0.0.1:{at.kdc().port}"]}, one), ("HTTP/2, UDP", {}, streams)):
        gateway = at.ferrymand(env=env, **how)
        for _ in range(3):
            load(gateway, exchanges)  # warms

        def count(number):
            before = object_counts(gateway, file)
            load(gateway, number)
            return [more(*pair) for pair in zip(object_counts(gateway, file), before)]

        turns = []
        for _ in range(3):  # in one of them another socket may be needed than ever before
            opening, whole = count(200), count(200 + exchanges)
            turns.append([more(*pair) for pair in zip(whole, opening)])
        each = lambda name: [max(0, round(of.get(name, 0) / exchanges, 2)) for of, _ in turns]
        at.report.add(f"in our code, {what}", "", each("program"), most=0)
        for name in sorted(turns[0][0]):
            if name != "program" and statistics.median(each(name)) > 0.05:
                at.report.add(f"in {name.split('.so')[0]}, {what}", "", each(name))
        at.say(f"allocations, {what}:")
        tell_sites(at, turns[-1][1], exchanges)
        gateway.stop()


def syscalls(at):
    """system calls per exchange, by strace"""
    kept_number, fresh_number = at.count(2000), at.count(100)
    once = lambda server: system_calls(server.pid, lambda: at.loads.h2load(server.port, CLIENTS, CLIENTS))
    many = lambda server: system_calls(server.pid, lambda: at.loads.h2load(server.port, CLIENTS + kept_number, CLIENTS))
    new = lambda server: system_calls(server.pid, lambda: at.loads.client("fresh", server.port, fresh_number))
    servers = {"ferrymand": at.ferrymand(), "proxy_pass": at.nginx("proxy")}
    kept_calls = {name: more(many(server), once(server)) for name, server in servers.items()}
    fresh_calls = {name: new(server) for name, server in servers.items()}
    for figure, calls, number in (("per exchange, kept", kept_calls, kept_number), ("per new connection", fresh_calls, fresh_number)):
        totals = {name: [sum(of.values()) / number] for name, of in calls.items()}
        at.report.add(figure, "", totals["ferrymand"], "proxy_pass", totals["proxy_pass"])
        for name, of in calls.items():
            shown = sorted(of.items(), key=lambda one: -one[1])
            at.say(f"calls {figure}, {name}: " + ", ".join(f"{call} {n / number:.2f}" for call, n in shown if n > number / 50))


def instructions(at):
    """instructions per exchange outside the kernel, by valgrind's callgrind"""
    few, number = 100, at.count(500)
    # Under valgrind it depends on the host whether ferrymand waits awake for its KDC; for this one it never does.
    slow = at.kdc("--delay-ms", "1")
    out = os.path.join(at.directory, "callgrind.out")
    wrap = ["valgrind", "--tool=callgrind", "--callgrind-out-file=" + out]

    def total(make, mode, requests):
        server, port = make()
        at.loads.client(mode, port, requests)
        server.process.child.send_signal(signal.SIGTERM)
        listens("127.0.0.1", port)  # under valgrind nginx sleeps on otherwise
        server.process.child.wait(20)
        server.stop()
        return int(re.search(r"Collected : (\d+)", server.process.text())[1])

    def gateway():
        made = at.ferrymand([f"udp://127.0.0.1:{slow.port}"], wrap=wrap)
        return made, made.port

    def nginx():
        port = free_port()
        backend = at.backend()
        proxied = 'proxy_pass http://kept; proxy_http_version 1.1; proxy_set_header Connection "";'
        upstream = f" upstream kept {{ server 127.0.0.1:{backend.port}; keepalive 64; keepalive_requests {peers.MANY}; }}\n"
        made = at.start(peers.Nginx(at.directory, upstream + peers.tls_server(port, at.pair, proxied), wrap=wrap, master=False,
                                    ports=(port,)))
        return made, port
    for mode, figure in (("kept", "per exchange, kept"), ("fresh", "per new connection")):
        per = {}
        for name, make in (("ferrymand", gateway), ("proxy_pass", nginx)):
            low = total(make, mode, few)
            per[name] = (total(make, mode, few + number) - low) / number / 1000
        at.report.add(figure, "thousand", [per["ferrymand"]], "proxy_pass", [per["proxy_pass"]])


ALL = {part.__name__: part for part in (kept, armored, h2, tcp, fresh, closing, telemetry, rsa, resumed, kdcproxy, latency, kinit,
                                        dead, waiting, idle, start, cores, allocations, syscalls, instructions)}
