"""What the parts of bench/run share: certificates, servers that are started once, and turns."""
import contextlib
import os
import resource
import sys

import peers
from lib import krb
from lib.pki import Authority


def allow_descriptors(most=65536):
    """More than the usual limit, where we may."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    for value in (max(hard, most), hard):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (value, value))
            return
        except (ValueError, OSError):
            continue


class Setting:
    def __init__(self, directory, options, report):
        self.directory, self.options, self.report = directory, options, report
        self.rounds, self.tools = options.rounds, options.tools
        os.chmod(directory, 0o755)  # Apache's processes become www-data
        self.authority = Authority(directory)
        self.pair, self.rsa = self.authority.server(), self.authority.server("server-rsa", "rsa")
        self.loads = self.loads_of("as-req", peers.as_req())
        self.running, self.shared = contextlib.ExitStack(), {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.running.close()

    @contextlib.contextmanager
    def scope(self):
        """What is started within ends with it; what is shared stays."""
        with contextlib.ExitStack() as self.part:
            yield

    def start(self, server):
        self.part.callback(server.stop)
        return server

    def share(self, name, make):
        if name not in self.shared:
            self.shared[name] = make()
            self.running.callback(self.shared[name].stop)
        return self.shared[name]

    def loads_of(self, name, message, realm=peers.REALM):
        """Loads that send this Kerberos message."""
        return peers.Loads(self.directory, self.tools,
                           peers.write(self.directory, f"{name}.body", krb.proxy_message(message, realm)),
                           peers.write(self.directory, name, message))

    def count(self, number):
        return max(20, int(number * self.options.scale))

    def say(self, text):
        if self.options.verbose:
            print(text, file=sys.stderr)

    # ---- servers

    def kdc(self, *args):
        return self.share(("kdc", args), lambda: peers.Kdc(self.directory, self.tools, *args))

    def udp(self):
        return [f"udp://127.0.0.1:{self.kdc().port}"]

    def ferrymand(self, kdc=None, pair=None, env=None, name="ferrymand", **options):
        """One that ends with the part."""
        binary = os.path.abspath(self.options.base if name == "base" else self.options.binary)
        preload = {"LD_PRELOAD": self.options.preload} if self.options.preload and name != "base" else {}
        return self.start(peers.Ferrymand(self.directory, binary, pair or self.pair, kdc or self.udp(), name=name,
                                          env={**preload, **(env or {})}, **options))

    def ferrymands(self, *args, **options):
        """By name: ferrymand, and base where there is one."""
        names = ["ferrymand"] + (["base"] if self.options.base else [])
        return {name: self.ferrymand(*args, name=name, **options) for name in names}

    def floors(self, pair=None, kdc=None, upstream="udp"):
        """By name, each one that ends with the part."""
        return {name: self.start(peers.Floor(self.directory, self.options.floor, pair or self.pair, kdc or self.kdc(),
                                             self.loads.message, upstream, name == "least"))
                for name in ("floor", "least")}

    def backend(self):
        # As large as ferrymand's answer: 1384 octets of AS-REP in a KDC-PROXY-MESSAGE.
        return self.share("backend", lambda: peers.Backend(self.directory, 1400))

    def nginx(self, kind):
        """kind: constant, rsa, proxy, closing."""
        made = self.share("nginx", lambda: peers.nginx_peers(self.directory, self.pair, self.rsa, self.backend()))
        return peers.View(made, made.ports[kind])

    # ---- measuring

    def turns(self, subjects, cost, number=None):
        """name to a list of what cost(server) gave, one a turn; the first is another each turn. Four to a round, unless
        there is a number: a shared machine's speed changes within seconds, so short turns that follow each other closely
        are compared better than long ones."""
        names, values = list(subjects), {name: [] for name in subjects}
        for turn in range(number or 4 * self.rounds):
            for i in range(len(names)):
                name = names[(turn + i) % len(names)]
                values[name].append(cost(subjects[name]))
        return values
