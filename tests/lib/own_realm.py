"""A realm of our own: ferryman-realm with accounts, administered by `ferryman realm`, and ferrymand in front of it."""
import json
import os
import shutil
import subprocess

from .client import Client
from .forwarder import TOOL, Forwarder
from .gateway import Gateway, configuration
from .local_frames import KERBEROS, KERBEROS_REPLY, TCP, Front, frame, kerberos_request, take_string
from .odd_client import OddClient
from .proc import free_port, wait_for
from .realm import USER, Realm
from .scenario import Scenario

PASSWORDS = {"alice": "Turmoil-Viaduct-91x", "bob": "Quarry!Mandolin_77w", "carol": "Ember*Halyard-5533"}
NEW_PASSWORD, WRONG_PASSWORD = "Fresh-Zeppelin.4418", "Lattice+Obelisk-2096"


class OwnRealm(Realm):
    """With what its administrator does."""

    def add_user(self, name, password=None, *settings):
        """settings: options of `user add`."""
        self.admin("user", "add", name, *settings, "--password-stdin", stdin=(password or PASSWORDS[name]) + "\n")

    def add_service(self, name, *spns, etypes=(), keytab=None):
        """Its keytab. name: an SPN, or a computer's name with its "$"."""
        settings = [word for spn in spns for word in ("--spn", spn)] + (["--etypes", ",".join(etypes)] if etypes else [])
        self.admin("service", "add", name, *settings)
        return self.write_keytab(name, keytab)

    def write_keytab(self, name, keytab=None):
        keytab = keytab or os.path.join(self.directory, name.replace("/", "-") + ".keytab")
        self.admin("service", "keytab", name, "-o", keytab)
        return keytab

    def add_group(self, name, *members):
        self.admin("group", "add", name)
        for member in members:
            self.admin("group", "join", name, member)

    def all_keys(self, *accounts):
        """A keytab with what no command gives out: the keys of krbtgt and kadmin/changepw, and of the accounts named."""
        keytab = os.path.join(self.directory, "all.keytab")
        tool = shutil.copy(os.path.join(os.path.dirname(TOOL), "..", "examples", "realm_keytab"), self.directory)
        arguments = [self.database, "file:" + self.master_key, self.tenant, keytab, *accounts]
        subprocess.run([*self.as_user(), tool, *arguments], check=True)
        return keytab

    def show(self, kind, name):
        return json.loads(self.admin(kind, "show", name, "--json").stdout)


def answers(front, messages):
    """Those to all of them, asked at once."""
    first = front.number + 1
    front.number += len(messages)
    requests = [kerberos_request(message, TCP) for message in messages]
    front.send(b"".join(frame(KERBEROS, number, request) for number, request in enumerate(requests, first)))
    found = {}
    while len(found) < len(messages):
        kind, number, payload = front.frame()
        if kind == KERBEROS_REPLY:
            found[number] = take_string(payload)[0]
        assert kind < 33 or kind == KERBEROS_REPLY, (kind, payload)
    return [found[number] for number in range(first, first + len(messages))]


class OwnRealmScenario(Scenario):
    """With the users of PASSWORDS, of whom carol must change hers, and the web server."""

    service = "HTTP/www.cloud.test"

    @classmethod
    def serve(cls, policy=None, realms=None, listen=(), gateway=None, **sections):
        """policy: of the realm at the gateway; realms, listen: further ones there; gateway: further sections of its
        configuration. sections: of realm.toml."""
        cls.port = free_port()
        cls.base = f"https://localhost:{cls.port}"
        cls.kdc = cls.started(OwnRealm(cls.directory, url=cls.base, **sections))
        realm = {"discovery": "local", **({"allow_unarmored_password": True} if policy is None else policy)}
        cls.gateway = cls.started(Gateway(cls.directory, configuration(
            [{"address": f"127.0.0.1:{cls.port}"}, *listen], {cls.kdc.realm: realm, **(realms or {})}, cls.tls,
            local={"socket": cls.kdc.front, "user": USER.pw_name}, **(gateway or {}))))
        cls.url = cls.base + "/" + cls.kdc.tenant + "/kerberos"
        for name in ("alice", "bob"):
            cls.kdc.add_user(name)
        cls.kdc.add_user("carol", None, "--must-change")
        cls.kdc.keytab = cls.kdc.add_service(cls.service)

    @classmethod
    def forward(cls, **more):
        """`ferryman forward` to the gateway. Its krb5.conf is kept for krb5_conf()."""
        cls.snippet = os.path.join(cls.directory, "snippet.conf")
        cls.forwarder = cls.started(Forwarder(
            cls.directory, "--realm", cls.kdc.realm, "--gateway", cls.base + "/KdcProxy", "--ca-file", cls.authority.certificate,
            "--krb5-conf", cls.snippet, **more))
        wait_for(lambda: os.path.exists(cls.snippet), "the forwarder's krb5.conf")

    @classmethod
    def krb5_conf(cls, libdefaults="", name="krb5"):
        """For programs that know no KDC proxies: made of the forwarder's own lines."""
        file = os.path.join(cls.directory, name + ".conf")
        with open(cls.snippet) as snippet, open(file, "w") as out:
            out.write(f"[libdefaults]\n default_realm = {cls.kdc.realm}\n dns_lookup_kdc = false\n dns_lookup_realm = false\n"
                      f" rdns = false\n dns_canonicalize_hostname = false\n{libdefaults}" + snippet.read())
        return file

    def client(self, libdefaults=None, **relations):
        """MIT's tools, by way of the gateway."""
        self.clients = getattr(self, "clients", 0) + 1
        realm = {"kdc": self.url, "kpasswd_server": self.url, "http_anchors": "FILE:" + self.authority.certificate, **relations}
        return Client(self.directory, {self.kdc.realm: realm}, libdefaults=libdefaults,
                      name=f"client-{self.id().rsplit('.', 1)[-1]}-{self.clients}")

    @classmethod
    def odd_client(cls):
        """At the front socket of the realm."""
        front = Front(cls.kdc.front)
        cls.addClassCleanup(front.close)
        return OddClient(lambda message: front.kerberos(message, transport=TCP), cls.kdc.realm)

    def new_user(self, name, *settings, password=PASSWORDS["alice"]):
        self.kdc.add_user(name, password, *settings)
        return password
