"""A realm that is linked to a Samba domain: who signs in with her key gets a full ticket of the domain, too, and reaches its
domain controllers by HTTPS alone."""
import concurrent.futures
import json
import os
import threading

from impacket.krb5.asn1 import AuthorizationData, EncTicketPart, Ticket
from impacket.krb5.ccache import CCache
from lib.bare import Stream
from lib.cloud_trust import DOMAIN, DomainAdministrator, TrustingDc
from lib.keytab import entries, keys
from lib.odd_client import AES256, OddClient
from lib.partial_tgt import PartialTgt
from lib.person import PIN
from lib.servers import Apache
from peers.sign_in_test import SignInScenario
from pyasn1.codec.der import decoder
from samba.dcerpc import krb5pac
from samba.ndr import ndr_unpack
from samba.tests.krb5 import kcrypto

REALM, SERVICE = TrustingDc.realm, "HTTP/www.ad.example.test"
TICKET_USAGE, IF_RELEVANT, PAC = 2, 1, 128


class CloudTrustTest(SignInScenario):
    @classmethod
    def setUpClass(cls):
        super(SignInScenario, cls).setUpClass()
        cls.dc = cls.started(TrustingDc(cls.directory, cls.authority))
        cls.dc.tool("group", "add", "Staff")
        cls.dc.tool("group", "addmembers", "Staff", "alice")
        for name in ("chief", "many"):
            cls.dc.tool("user", "create", name, "User.Passw0rd1")
        cls.dc.tool("group", "addmembers", "Domain Admins", "chief")
        cls.serve(realms={REALM: {"kdc": [cls.dc.kdc]}})
        cls.kdc.admin("user", "remove", "alice", "--yes")
        cls.kdc.admin("user", "remove", "bob", "--yes")
        cls.kdc.admin("user", "remove", "carol", "--yes")
        cls.administrator = DomainAdministrator(cls.directory, cls.dc, cls.kdc.admin_socket).kinit()
        cls.keytab = os.path.join(cls.directory, "krbtgt.keytab")
        cls.ad("link", check=1)
        cls.bring_key("link")
        cls.sync()

    @classmethod
    def ad(cls, verb, *args, check=0):
        return cls.administrator.run(verb, *args, check=check)

    @classmethod
    def sync(cls):
        return cls.ad("sync", "--state", os.path.join(cls.directory, "sync.json"))

    @classmethod
    def bring_key(cls, verb):
        if os.path.exists(cls.keytab):
            os.unlink(cls.keytab)
        cls.dc.export(cls.keytab)
        return cls.ad(verb, "--key-from", "keytab:" + cls.keytab)

    def enrolled(self, name):
        person = self.person(name)
        person.enroll(self.code(name), "--key", "software")
        return person

    def groups_of(self, person):
        """By their RIDs, in a ticket for the web server, which she gets by HTTPS."""
        person.run("kswitch", "-p", f"{person.name}@{REALM}")
        cache = os.path.join(person.home, "web.ccache")
        person.kerberos("kvno", "--out-cache", "FILE:" + cache, "-k", self.dc.keytab, "-S", *SERVICE.split("/"))
        ticket = decoder.decode(CCache.loadFile(cache).credentials[-1].ticket["data"], asn1Spec=Ticket())[0]
        sealed = ticket["enc-part"]
        key = keys(self.dc.keytab)[(SERVICE.lower(), int(sealed["kvno"]), int(sealed["etype"]))]
        plain = kcrypto.decrypt(key, TICKET_USAGE, bytes(sealed["cipher"]))
        part = decoder.decode(plain, asn1Spec=EncTicketPart())[0]
        outer = decoder.decode(bytes(part["authorization-data"][0]["ad-data"]), asn1Spec=AuthorizationData())[0]
        self.assertEqual((int(part["authorization-data"][0]["ad-type"]), int(outer[0]["ad-type"])), (IF_RELEVANT, PAC))
        for buffer in ndr_unpack(krb5pac.PAC_DATA, bytes(outer[0]["ad-data"])).buffers:
            if buffer.type == krb5pac.PAC_TYPE_LOGON_INFO:
                return {group.rid for group in buffer.info.info.info3.base.groups.rids}
        raise AssertionError("no LOGON_INFO")

    def rid_of(self, group):
        sid = self.dc.tool("group", "show", group, "--attributes=objectSid")
        return int(sid.split("objectSid: ")[1].split()[0].rsplit("-", 1)[1])

    def new_key(self):
        """At the domain alone."""
        self.dc.tool("user", "setpassword", f"krbtgt_{self.dc.number()}", "--newpassword=Made.Up-4711!")

    def account(self, person):
        return person.status()[0]

    def test_a_sign_in_with_the_key_brings_a_full_ticket_of_the_domain(self):
        person = self.enrolled("alice")
        cached = person.klist()
        self.assertIn(f"krbtgt/{REALM}@{REALM}", cached)
        self.assertIn("krbtgt/CLOUD.TEST@CLOUD.TEST", cached)
        account = self.account(person)
        self.assertEqual((account["cloud_tgt"], account["on_premises_tgt"], account["last_error"]), (1, 1, None), account)
        self.assertEqual(account["on_premises_principal"], f"alice@{REALM}")
        groups = self.groups_of(person)
        self.assertIn(self.rid_of("Staff"), groups)
        person.ferryman("logout")
        self.assert_nothing_is_left(person)
        self.assertNotIn(REALM, person.klist())

        event = self.gateway.wait_event("exchange", realm=REALM, tgt=f"partial TGT of krbtgt_{self.dc.number()}")[0]
        self.assertEqual((event["result"], event["sname"]), ("TGS-REP", f"krbtgt/{REALM}"))
        self.assertIn("PA-PAC-OPTIONS", event["padata"])
        services = self.gateway.wait_event("exchange", realm=REALM, sname=SERVICE)
        self.assertTrue(all("tgt" not in each for each in services), "a partial TGT got a service's ticket")

    def test_a_web_server_of_the_domain_lets_her_in(self):
        conf = os.path.join(self.directory, "server.conf")
        with open(conf, "w") as file:
            file.write(f"[libdefaults]\n default_realm = {REALM}\n dns_lookup_kdc = false\n rdns = false\n")
        apache = self.running(Apache(self.directory, self.dc.keytab, conf))
        person = self.enrolled("alice")
        there = f"www.ad.example.test:{apache.port}"
        out = person.kerberos("curl", "-s", "-i", "--negotiate", "-u", ":", "--noproxy", "*", "--resolve", there + ":127.0.0.1",
                              f"http://{there}/index.html").stdout
        self.assertIn(f"X-User: alice@{REALM}", out, apache.log())

    def test_a_file_has_the_domains_ticket_in_a_file_beside_it(self):
        person = self.person("alice")
        primary = "FILE:" + os.path.join(person.home, "cache")
        person.env["KRB5CCNAME"] = primary
        told = person.enroll(self.code("alice"), "--key", "software").stdout
        beside = f"{primary}.{REALM}"
        self.assertIn(f"in {beside}.", told)
        account = self.account(person)
        self.assertEqual((account["cloud_tgt"], account["on_premises_tgt"]), (1, 1), account)
        self.assertIn("Default principal: alice@CLOUD.TEST", person.run("klist").stdout)
        person.env["KRB5CCNAME"] = beside
        self.assertIn(f"Default principal: alice@{REALM}", person.run("klist").stdout)
        person.kerberos("kvno", "-k", self.dc.keytab, "-S", *SERVICE.split("/"))
        person.env["KRB5CCNAME"] = primary
        person.ferryman("login", "--renew")
        self.assertEqual(self.account(person)["on_premises_tgt"], 1)
        person.ferryman("logout")
        for cache in (primary, beside):
            self.assertEqual(person.run("klist", "-s", cache, check=False).returncode, 1, cache)

    def test_keys_are_asked_for_where_that_is_wanted(self):
        person = self.enrolled("alice")
        shown = person.login(PIN, "--key-list").stdout
        self.assertIn("The domain controller gave no keys", shown)
        self.assertEqual(self.account(person)["on_premises_tgt"], 1)
        self.assertTrue(any("KERB-KEY-LIST-REQ" in each["padata"] for each in self.gateway.events("exchange", realm=REALM)))

    def test_a_change_of_groups_is_seen_at_the_next_exchange(self):
        person = self.enrolled("bob")
        staff = self.rid_of("Staff")
        self.assertNotIn(staff, self.groups_of(person))
        self.dc.tool("group", "addmembers", "Staff", "bob")
        self.addCleanup(self.dc.tool, "group", "removemembers", "Staff", "bob")
        person.ferryman("login", "--renew")
        self.assertIn(staff, self.groups_of(person))

    def test_who_is_never_revealed_has_the_cloud_ticket_alone(self):
        person = self.enrolled("chief")
        account = self.account(person)
        self.assertEqual((account["cloud_tgt"], account["on_premises_tgt"]), (1, 0), account)
        self.assertIn("never revealed", account["no_on_premises_ticket"])
        self.assertIn("never revealed", person.login(PIN).stderr)

    def test_what_a_thief_of_the_key_gets_from_the_domain(self):
        """Nothing but tickets of those who are allowed, each by her own SID."""
        keytab = self.dc.export(os.path.join(self.directory, "stolen.keytab"))
        key, kvno = next((key, kvno) for _, _, kvno, key in entries(keytab) if key.enctype == AES256)
        connection = Stream(self.dc.host, 88)
        self.addCleanup(connection.close)
        odd = OddClient(connection.ask, REALM)
        sid = lambda user: self.dc.tool("user", "show", user, "--attributes=objectSid").split("objectSid: ")[1].split()[0]

        def exchanged(user="alice", **more):
            tgt = PartialTgt(REALM, key, more.pop("kvno", kvno), user, more.pop("sid", sid(user)), **more)
            return str(odd.ask(odd.tgs_request(tgt, tgt.holder, odd.tgs)))

        self.assertEqual(exchanged(), "REP")
        for what, code, answer in (("never revealed", "20", exchanged("chief")), ("no PAC", "20", exchanged(pac=False)),
                                   ("no REQUESTER_SID", "20", exchanged(without=[krb5pac.PAC_TYPE_REQUESTER_SID])),
                                   ("another's SID", "20", exchanged(sid=sid("bob"))), ("no number", "31", exchanged(kvno=kvno & 0xFFFF)),
                                   ("no such version", "44", exchanged(kvno=kvno + 7))):
            self.assertEqual(answer, code, what)
        self.ad("link", "--allow-group", "Staff", "--key-from", "keytab:" + keytab)
        try:
            self.assertEqual((exchanged("alice"), exchanged("many")), ("REP", "20"), "many is not in Staff")
        finally:
            self.ad("link", "--allow-group", "Domain Users", "--key-from", "keytab:" + keytab)
        self.assertEqual(exchanged("many"), "REP")

    def test_the_key_before_serves_until_the_new_one_is_brought(self):
        person = self.enrolled("alice")
        for _ in range(2):
            self.new_key()
            person.ferryman("login", "--renew")
            self.assertEqual(self.account(person)["on_premises_tgt"], 1)
        self.new_key()
        person.run("kdestroy", "-A")
        person.ferryman("login", "--renew")
        account = self.account(person)
        self.assertEqual((account["cloud_tgt"], account["on_premises_tgt"]), (1, 0))
        self.assertIn("key", account["no_on_premises_ticket"])
        self.bring_key("rotate")
        person.ferryman("login", "--renew")
        self.assertEqual(self.account(person)["on_premises_tgt"], 1)

    def test_a_rotation_during_logons_loses_none(self):
        persons = [self.enrolled("many") for _ in range(4)]
        done = threading.Event()

        def renew(person):
            for _ in range(50):
                person.ferryman("login", "--renew")
                account = self.account(person)
                if (account["cloud_tgt"], account["on_premises_tgt"]) != (1, 1):
                    return account["no_on_premises_ticket"]
            return None

        def rotate():
            while not done.is_set():
                self.ad("rotate", check=1)
                self.bring_key("rotate")
                done.wait(1)

        with concurrent.futures.ThreadPoolExecutor(5) as pool:
            rotation = pool.submit(rotate)
            try:
                troubles = list(pool.map(renew, persons))
            finally:
                done.set()
            rotation.result()
        self.assertEqual(troubles, [None] * 4)

    def test_no_domain_controller_answers(self):
        person = self.enrolled("alice")
        self.dc.process.stop()
        try:
            shown = person.ferryman("login", "--renew").stdout
            account = self.account(person)
            self.assertEqual(account["cloud_tgt"], 1)
            self.assertTrue(account["no_on_premises_ticket"], shown)
        finally:
            self.dc.start("single")
        person.ferryman("login", "--renew")
        self.assertEqual(self.account(person)["on_premises_tgt"], 1)
        self.assertIsNone(self.account(person)["no_on_premises_ticket"])

    def test_who_leaves_the_domain_is_let_in_no_more(self):
        self.dc.tool("user", "create", "dora", "User.Passw0rd1")
        self.sync()
        person = self.enrolled("dora")
        self.assertEqual(self.account(person)["on_premises_tgt"], 1)
        self.dc.tool("user", "delete", "dora")
        self.sync()
        person.login(PIN, code=3)

    def test_unlinked_it_gives_none(self):
        person, number = self.enrolled("alice"), self.dc.number()
        self.ad("unlink", "--yes")
        try:
            partial = lambda: len(self.gateway.events("exchange", realm=REALM, tgt=f"partial TGT of krbtgt_{number}"))
            before = partial()
            person.run("kdestroy", "-A")
            person.ferryman("login", "--renew")
            account = self.account(person)
            self.assertEqual((account["cloud_tgt"], account["on_premises_tgt"]), (1, 0), account)
            self.assertEqual(partial(), before, "a partial TGT came with the sign-in")
            shown = json.loads(self.kdc.admin("user", "show", "alice", "--json").stdout)
            self.assertEqual(shown["on_premises"]["domain"], DOMAIN)
        finally:
            self.ad("link", check=1)
            self.bring_key("link")
        person.ferryman("login", "--renew")
        self.assertEqual(self.account(person)["on_premises_tgt"], 1)
