"""A Samba domain that a realm of ours may be linked to, and its administrator."""
import os
import subprocess

import ldb
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

from .client import Client
from .fake_admin import FakeAdmin
from .gateway import TOOL
from .kdcs import SambaDc, private_names

DOMAIN, SERVER = "ad.example.test", "dc1.ad.example.test"
COMPUTER = "CN=FerrymanKerberos,OU=Domain Controllers,DC=ad,DC=example,DC=test"
KRBTGT = "CN=krbtgt_FerrymanKerberos,CN=Users,DC=ad,DC=example,DC=test"
RODC_PROMOTION = "rodc_join:1:1"


class TrustingDc(SambaDc):
    """With the name that LDAP's clients ask a ticket for, which the domain controller's own update would add."""

    def __init__(self, directory, authority, **more):
        super().__init__(directory, authority, **more)
        self.tool("spn", "add", "ldap/" + SERVER, self.name + "$")
        self.ca = os.path.join(self.directory, "private/tls/ca.pem")

    def samdb(self):
        """Its database, as the system writes it."""
        lp = LoadParm(filename_for_non_global_lp=self.smb_conf)
        return SamDB(url=os.path.join(self.directory, "private/sam.ldb"), lp=lp, session_info=system_session(lp))

    def partition(self):
        """The domain's part of it, without the checks that a domain controller makes."""
        return ldb.Ldb(os.path.join(self.directory, "private/sam.ldb.d/DC=AD,DC=EXAMPLE,DC=TEST.ldb"), options=["modules:"])

    def entry(self, dn, *attributes):
        found = self.samdb().search("DC=ad,DC=example,DC=test", expression=f"(distinguishedName={dn})", attrs=list(attributes))
        return found[0] if len(found) else None

    def number(self):
        entry = self.entry(KRBTGT, "msDS-SecondaryKrbTgtNumber")
        return int(str(entry["msDS-SecondaryKrbTgtNumber"]))

    def version(self):
        return int(str(self.entry(KRBTGT, "msDS-KeyVersionNumber")["msDS-KeyVersionNumber"]))

    def export(self, keytab):
        self.tool("domain", "exportkeytab", keytab, f"--principal=krbtgt_{self.number()}")
        return keytab


class FakeLinks(FakeAdmin):
    """What a ferryman-realm answers to ad.show, ad.link and ad.unlink."""

    def __init__(self, path):
        super().__init__(path, {"ad.show": self.show, "ad.link": self.link, "ad.unlink": self.unlink})
        self.links, self.keys = {}, {}

    def show(self, _):
        return {"links": list(self.links.values())}

    def link(self, arguments):
        self.keys[arguments["domain"]] = arguments["key"]
        self.links[arguments["domain"]] = {
            **{name: arguments[name] for name in ("domain", "realm", "netbios_name", "domain_sid", "number", "etype")},
            "key_version": arguments["version"], "linked": 1796052480, "changed": 1796052480}
        return self.links[arguments["domain"]]

    def unlink(self, arguments):
        if self.links.pop(arguments["domain"], None) is None:
            return ("error", "not_found", f"There is no link to {arguments['domain']}.")
        return {"domain": arguments["domain"]}

    def asked(self, command):
        return [request["arguments"] for request in self.requests if request["command"] == command]


class DomainAdministrator:
    """`ferryman realm ad` on a machine whose DNS is the domain's."""

    def __init__(self, directory, dc, socket, name="administrator"):
        self.client = Client(directory, {dc.realm: {"kdc": dc.host}}, name=name)
        self.private = private_names(self.client.directory, dc.host, {dc.host: f"{SERVER} {DOMAIN}"})
        self.dc, self.socket = dc, socket

    def kinit(self, user="Administrator", password=SambaDc.password):
        self.client.kinit(user, password)
        return self

    def run(self, verb, *args, domain=DOMAIN, stdin="", env=None, check=None):
        """check: the exit code that it must have."""
        result = subprocess.run([*self.private, TOOL, "realm", "ad", verb, domain, "--socket", self.socket, *args], input=stdin,
                                text=True, capture_output=True, timeout=600, cwd=self.client.directory,
                                env={**self.client.env, **(env or {})})
        if check is not None and result.returncode != check:
            raise AssertionError(f"realm ad {verb} {args} gave {result.returncode}:\n{result.stdout}{result.stderr}")
        return result
