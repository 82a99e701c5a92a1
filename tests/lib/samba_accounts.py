"""Accounts of a realm of ours in place of those that Samba's own tests of KDCs (samba.tests.krb5) make by LDAP at a domain
controller: `ferryman realm` makes them. What a realm of ours cannot have raises Unmade: such a test was not tried."""
import json
import os
import secrets
import subprocess
import unittest

import ldb
import samba
from samba.dcerpc import security

from . import keytab

REFUSED = 3  # exit code of `ferryman realm`
ETYPES = {security.KERB_ENCTYPE_AES256_CTS_HMAC_SHA1_96: "aes256-cts-hmac-sha1-96",
          security.KERB_ENCTYPE_AES128_CTS_HMAC_SHA1_96: "aes128-cts-hmac-sha1-96",
          security.KERB_ENCTYPE_RC4_HMAC_MD5: "rc4-hmac"}
ALL_ETYPES = sum(ETYPES)


class Unmade(unittest.SkipTest):
    """What is missing is its text."""


class Accounts(samba.Ldb):
    """In place of Samba's connection to the directory. DNs are CN=name,CN=user, service or group.

    settings: of the realm, its `realm`, `tenant`, `tool` and `config`; a `directory` for keytabs."""

    def __init__(self, settings):
        super().__init__()
        self.realm, self.tool, self.config, self.directory = (settings[key] for key in ("realm", "tool", "config", "directory"))
        self.sid = self.command("tenant", "show", settings["tenant"])["domain_sid"]

    def command(self, kind, action, *args, stdin="", check=True):
        """`ferryman realm KIND ACTION`. Without check: None where the service refuses."""
        run = subprocess.run([self.tool, "realm", kind, action, *args, "-c", self.config, "--json"], input=stdin, text=True,
                             capture_output=True, timeout=60)
        if run.returncode == REFUSED and not check:
            return None
        if run.returncode != 0:
            raise AssertionError(f"realm {kind} {action} {args}: {run.stdout}{run.stderr}")
        return json.loads(run.stdout) if run.stdout.startswith("{") else {}

    def dn(self, kind, name):
        return ldb.Dn(self, f"CN={name},CN={kind},{self.get_default_basedn()}")

    def kind_and_name(self, dn):
        dn = dn if isinstance(dn, ldb.Dn) else ldb.Dn(self, str(dn))
        if len(dn) < 2:
            raise Unmade(f"the object {dn}")
        return dn.get_component_value(1), dn.get_component_value(0)

    def show(self, dn):
        kind, name = self.kind_and_name(dn)
        return self.command(kind, "show", name)

    def make(self, kind, name, *args, stdin=""):
        """Anew, where there is one of this name, as several tests make one of the same. What the realm refuses is Unmade."""
        for _ in range(2):
            if self.command(kind, "add", name, *args, stdin=stdin, check=False) is not None:
                return self.dn(kind, name)
            self.command(kind, "remove", name, "--yes", check=False)
        raise Unmade(f"a {kind} {name} with {args}")

    def make_user(self, name, *settings):
        """Her DN and password. RC4 is switched on."""
        password = secrets.token_urlsafe(24)
        return self.make("user", name, "--rc4", *settings, "--password-stdin", stdin=password + "\n"), password

    def make_computer(self, name, spns, bits):
        """bits: of msDS-SupportedEncryptionTypes."""
        etypes = ",".join(etype for bit, etype in ETYPES.items() if bit & bits)
        return self.make("service", name, "--etypes", etypes, *(word for spn in spns for word in ("--spn", spn)))

    def delegate(self, dn, options):
        """AD's lists may have SPNs that no service has."""
        if self.command("service", "set", self.kind_and_name(dn)[1], *options, check=False) is None:
            raise Unmade("delegation to what is not there")

    def keys(self, dn):
        """[(kvno, key)] of a service"""
        name = self.kind_and_name(dn)[1]
        file = os.path.join(self.directory, secrets.token_hex(8) + ".keytab")
        self.command("service", "keytab", name, "-o", file)
        found = [(kvno, key) for entry, _, kvno, key in keytab.entries(file) if entry == name]
        os.remove(file)
        return found

    # What the tests ask of a SamDB.
    def domain_dns_name(self):
        return self.realm.lower()

    def domain_netbios_name(self):
        return self.realm.split(".")[0]

    def host_dns_name(self):
        return "dc1." + self.realm.lower()

    def get_domain_sid(self):
        return self.sid

    def get_default_basedn(self):
        return "DC=" + ",DC=".join(self.realm.lower().split("."))

    def delete(self, dn, controls=None):
        kind, name = self.kind_and_name(dn)
        self.command(kind, "remove", name, "--yes", check=False)

    def modify(self, message, controls=None):
        kind, name = self.kind_and_name(message.dn)
        for attribute in set(message.keys()) - {"dn"}:
            if (kind, attribute) != ("user", "sAMAccountName"):
                raise Unmade("the attribute " + attribute)
            self.command("user", "set", name, "--rename", str(message[attribute][0]))

    def search(self, *args, **kwargs):
        raise Unmade("LDAP")

    def get_minPwdAge(self):
        return 0

    def get_dsheuristics(self):
        return None

    def set_minPwdAge(self, _):
        """Passwords may be changed at any time."""

    def set_dsheuristics(self, _):
        """Of writing passwords by LDAP."""

    def __getattr__(self, name):
        raise Unmade("LDAP: " + name)
