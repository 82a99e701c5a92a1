"""Runs modules of Samba's own tests of KDCs (samba.tests.krb5) against a realm of ours:
  samba_suite.py SETTINGS MODULE...
A line of JSON for each test: its `id`, as `outcome` "passed", "failed", or "skipped" where it could not be tried, and `why`.
SETTINGS: JSON, of Accounts, and `keytab`, with krbtgt's and kadmin's keys. The environment is as Samba's tests want it."""
import json
import os
import secrets
import sys
import unittest

import samba.samdb
from samba.dcerpc import netlogon, samr, security
from samba.dcerpc.misc import SEC_CHAN_BDC, SEC_CHAN_NULL, SEC_CHAN_WKSTA
from samba.dsdb import UF_NO_AUTH_DATA_REQUIRED, UF_NOT_DELEGATED, UF_TRUSTED_TO_AUTHENTICATE_FOR_DELEGATION
from samba.param import LoadParm
from samba.tests.krb5.kdc_base_test import KDCBaseTest
from samba.tests.krb5.raw_testcase import KerberosCredentials, RawKerberosTest
from samba.tests.krb5.rfc4120_constants import KU_TICKET
import samba.tests.krb5.rfc4120_pyasn1 as krb5_asn1

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import keytab  # noqa: E402
from lib.samba_accounts import ALL_ETYPES, Accounts, Unmade  # noqa: E402

USER, SERVER = KDCBaseTest.AccountType.USER, KDCBaseTest.AccountType.SERVER
AES = ALL_ETYPES & ~security.KERB_ENCTYPE_RC4_HMAC_MD5
SESSION_KEY_BIT = security.KERB_ENCTYPE_AES256_CTS_HMAC_SHA1_96_SK
OF_RODCS = ("allowed_replication", "allowed_replication_mock", "denied_replication", "denied_replication_mock",
            "revealed_to_rodc", "revealed_to_mock_rodc")
accounts, settings = None, None


def credentials(test, name, kvno, bits):
    creds = KerberosCredentials()
    creds.guess(test.get_lp())
    creds.set_realm(accounts.realm)
    creds.set_domain(accounts.domain_netbios_name())
    creds.set_username(name)
    creds.set_kvno(kvno)
    creds.set_as_supported_enctypes(bits)
    creds.set_tgs_supported_enctypes(bits)
    creds.set_ap_supported_enctypes(bits)
    return creds


def with_keys(creds, keys):
    """Which are random, and therefore without a salt."""
    creds.set_forced_salt(b"")
    for key in keys:
        creds.set_forced_key(key.enctype, key.contents.hex())
    return creds


def kdc_credentials(test, name):
    """name: krbtgt or kadmin."""
    found = [(kvno, key) for entry, _, kvno, key in keytab.entries(settings["keytab"]) if entry.startswith(name + "/")]
    creds = credentials(test, name, found[0][0], AES | security.KERB_ENCTYPE_FAST_SUPPORTED)
    return with_keys(creds, [key for _, key in found])


def computers_etypes(details, account_type):
    """As the details ask for them. AD's accounts have keys of all etypes whatever they say; so have ours where only the session
    key's etypes are said, and those of domain controllers."""
    asked = int(details.pop("msDS-SupportedEncryptionTypes", 0))
    etypes = asked & ALL_ETYPES
    return ALL_ETYPES if not etypes or asked & SESSION_KEY_BIT or account_type is SERVER else etypes


class OurAccounts:
    """What KDCBaseTest does by LDAP."""

    def get_lp(self):
        lp = LoadParm()
        lp.load(os.environ["SMB_CONF_PATH"])
        return lp

    def get_samdb(self):
        return accounts

    def get_domain_functional_level(self, ldb=None):
        return 7  # of Windows Server 2016

    def get_objectSid(self, samdb, dn):
        return accounts.show(dn)["sid"]

    def get_security_descriptor(self, dn):
        """What it is asked for says who may act for users at a service: that account's DN."""
        return str(dn)

    def get_rodc(self, *_, **__):
        raise Unmade("RODC")

    get_rodc_samdb = get_mock_rodc_ctx = get_rodc_krbtgt_creds = get_mock_rodc_krbtgt_creds = get_rodc

    def create_account(self, samdb, name, account_type=USER, spn=None, upn=None, additional_details=None, ou=None,
                       account_control=0, add_dollar=True, expired_password=False, force_nt4_hash=False):
        details = dict(additional_details or {})
        for missing, asked in (("tickets without PAC", account_control & UF_NO_AUTH_DATA_REQUIRED),
                               ("passwords set by their hash", force_nt4_hash)):
            if asked:
                raise Unmade(missing)
        if account_type is USER:
            upn = upn and (upn if "@" in upn else f"{upn}@{accounts.realm}")
            make, more = self.create_user, (upn, account_control & UF_NOT_DELEGATED, expired_password)
        else:
            name, make, more = name + "$" * add_dollar, self.create_computer, (spn, upn, account_type, expired_password)
        delegations = self.delegations(details, account_control)
        creds = make(name, details, *more)
        if delegations:
            accounts.delegate(creds.get_dn(), delegations)
        if details:
            raise Unmade("the attributes " + ", ".join(details))
        creds.set_upn(upn)
        return creds, str(creds.get_dn())

    @staticmethod
    def delegations(details, account_control):
        """Options of `service set`."""
        to, source = details.pop("msDS-AllowedToDelegateTo", ()), details.pop("msDS-AllowedToActOnBehalfOfOtherIdentity", None)
        options = [word for spn in ([to] if isinstance(to, str) else to) for word in ("--delegate-to", spn)]
        if source:
            options += ["--allow-delegation-from", accounts.kind_and_name(source)[1]]
        return options + ["--trusted-to-auth"] * bool(account_control & UF_TRUSTED_TO_AUTHENTICATE_FOR_DELEGATION)

    def create_user(self, name, details, upn, sensitive, expired_password):
        details.pop("msDS-SupportedEncryptionTypes", None)
        dn, password = accounts.make_user(name, *["--upn", upn] * bool(upn), *["--sensitive"] * bool(sensitive),
                                          *["--must-change"] * expired_password)
        creds = credentials(self, name, accounts.show(dn)["kvno"], ALL_ETYPES)
        creds.set_password(password)
        creds.set_forced_salt((accounts.realm + name).encode())
        creds.set_workstation("")
        creds.set_secure_channel_type(SEC_CHAN_NULL)
        creds.set_dn(dn)
        return creds

    def create_computer(self, name, details, spn, upn, account_type, expired_password):
        """Without those SPNs that no service has here, which have an instance or a port."""
        if upn or expired_password:
            raise Unmade("computers with " + ("a UPN" if upn else "a password"))
        spns = [spn] if isinstance(spn, str) else spn or []
        spns = [one.format(account=name) for one in spns]
        bits = computers_etypes(details, account_type)
        dn = accounts.make_computer(name, spns, bits)
        keys = accounts.keys(dn)
        creds = with_keys(credentials(self, name, keys[0][0], bits), [key for _, key in keys])
        creds.set_workstation(name.removesuffix("$"))
        creds.set_secure_channel_type(SEC_CHAN_BDC if account_type is SERVER else SEC_CHAN_WKSTA)
        creds.set_spn(spns[0] if isinstance(spn, str) else spns)
        creds.set_dn(dn)
        return creds

    def get_keys(self, samdb, dn, expected_etypes=None):
        """Of users none: theirs are made of the password."""
        if accounts.kind_and_name(dn)[0] != "service":
            return {}
        return {key.enctype: key.contents.hex() for _, key in accounts.keys(dn)}

    def creds_set_enctypes(self, creds, extra_bits=None, remove_bits=None):
        """They are what they were made with."""

    def create_group(self, samdb, name, ou=None):
        return str(accounts.make("group", name))

    def add_to_group(self, account_dn, group_dn, group_attr, expect_attr=True):
        kind, group = accounts.kind_and_name(group_dn)
        if (kind, group_attr) != ("group", "member"):
            raise Unmade("the group " + str(group_dn))
        accounts.command("group", "join", group, accounts.kind_and_name(account_dn)[1])

    def _get_krb5_creds(self, prefix, fallback_creds_fn=None, **_):
        if prefix not in self.creds_dict:
            if not fallback_creds_fn:
                raise Unmade(f"the credentials {prefix}")
            self.creds_dict[prefix] = fallback_creds_fn()
        return self.creds_dict[prefix]

    def get_user_creds(self, **_):
        return self.create_account(accounts, "user-" + secrets.token_hex(4))[0]

    def get_krbtgt_creds(self, **_):
        return kdc_credentials(self, "krbtgt")

    def get_dc_creds(self, **_):
        if "DC" not in self.creds_dict:
            host = accounts.host_dns_name()
            self.creds_dict["DC"] = self.create_account(accounts, "DC1", SERVER, spn=[f"host/{host}", f"ldap/{host}"])[0]
        return self.creds_dict["DC"]

    def decode_service_ticket(self, creds, ticket):
        encrypted = ticket["enc-part"]
        part = self.TicketDecryptionKey_from_creds(creds, encrypted["etype"]).decrypt(KU_TICKET, encrypted["cipher"])
        return self.der_decode(part, asn1Spec=krb5_asn1.EncTicketPart())


def get_tgt(self, creds, *args, of_suite=KDCBaseTest.get_tgt, **more):
    """No ticket for kadmin/changepw from before the password was changed: it is good for no further change."""
    if more.get("sname") and self.is_kadmin(more["sname"]):
        more["fresh"] = True
    return of_suite(self, creds, *args, **more)


def account_opts(self, *, of_suite=KDCBaseTest.create_account_opts, **opts):
    """Where nothing comes from a read-only domain controller, it does not matter what it may have of an account."""
    return of_suite(self, **{**opts, **dict.fromkeys(OF_RODCS, False)})


def unmade(what):
    def refuse(*_, **__):
        raise Unmade(what)
    return refuse


def password_key(self, creds, etype, kvno=None, salt=None, params=None, of_password=RawKerberosTest.PasswordKey_from_etype):
    """Computers have random keys."""
    forced = creds.get_forced_key(etype) if isinstance(creds, KerberosCredentials) else None
    return forced or of_password(self, creds, etype, kvno=kvno, salt=salt, params=params)


def as_exchange(self, cname, realm, sname, *args, of_suite=RawKerberosTest._test_as_exchange, **more):
    """kadmin/changepw has a key of its own."""
    if more.get("ticket_decryption_key") and self.is_kadmin(sname):
        more["ticket_decryption_key"] = self.TicketDecryptionKey_from_creds(kdc_credentials(self, "kadmin"))
    return of_suite(self, cname, realm, sname, *args, **more)


class Lines(unittest.TestResult):
    def tell(self, test, outcome, why=""):
        print(json.dumps({"id": test.id().removeprefix("samba.tests.krb5."), "outcome": outcome, "why": why}), flush=True)

    def addSuccess(self, test):
        self.tell(test, "passed")

    def addSkip(self, test, reason):
        self.tell(test, "skipped", reason)

    def addFailure(self, test, error):
        self.tell(test, "failed", self._exc_info_to_string(error, test))

    addError = addFailure

    def addSubTest(self, test, subtest, error):
        if error:
            self.addFailure(subtest, error)


def main():
    global accounts, settings
    settings = json.loads(sys.argv[1])
    accounts = Accounts(settings)
    for name, value in vars(OurAccounts).items():
        if not name.startswith("__"):
            setattr(KDCBaseTest, name, value)
            setattr(RawKerberosTest, name, value)
    samba.samdb.SamDB, samr.samr, netlogon.netlogon = unmade("LDAP"), unmade("SAMR"), unmade("NETLOGON")
    KDCBaseTest.get_tgt, KDCBaseTest.create_account_opts = get_tgt, account_opts
    RawKerberosTest.PasswordKey_from_etype = password_key
    RawKerberosTest._test_as_exchange = as_exchange
    suite = unittest.defaultTestLoader.loadTestsFromNames(["samba.tests.krb5." + name for name in sys.argv[2:]])
    suite.run(Lines())


if __name__ == "__main__":
    main()
