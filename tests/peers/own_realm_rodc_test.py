"""A read-only domain controller vouches for users of a realm of our own: its partial TGTs, minted by Python with the keytab that
`ferryman realm ad rodc` gives, are exchanged for full ones, by which MIT's tools get tickets."""
import json
import os
import stat
import unittest

from impacket.examples.secretsdump import KeyListSecrets
from pyasn1.codec.der.decoder import decode
from pyasn1.codec.der.encoder import encode
from samba.dcerpc import krb5pac
from samba.tests.krb5 import kcrypto
from samba.tests.krb5 import rfc4120_pyasn1 as asn1

from lib import keytab, krb
from lib.own_realm import PASSWORDS, OwnRealmScenario
from lib.partial_tgt import FullTgt, PartialTgt, pac_in
from lib.proc import wait_for

NUMBER = 40_000  # whose kvno is negative
KEY_LIST_REQ, KEY_LIST_REP = 161, 162
CANONICALIZE, FORWARDABLE, RENEWABLE, RENEW = 0x00010000, 0x40000000, 0x00800000, 0x00000002


def key_list(*etypes):
    request = asn1.KERB_KEY_LIST_REQ()
    request.extend(etypes)
    return krb.padata(KEY_LIST_REQ, encode(request))


class RodcScenario(OwnRealmScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve(kdc={"etypes": ["aes256-cts-hmac-sha1-96", "aes128-cts-hmac-sha1-96", "rc4-hmac"]})
        cls.kdc.add_group("remote", "alice")
        cls.kdc.add_group("administrators")
        cls.keytab = os.path.join(cls.directory, "rodc.keytab")
        cls.kdc.admin("ad", "rodc", "add", str(NUMBER), "--allow", "remote", "--deny", "administrators", "-o", cls.keytab)
        cls.key = cls.key_in(cls.keytab)
        cls.odd = cls.odd_client()

    @staticmethod
    def key_in(file):
        """(key, kvno)"""
        (name, realm, kvno, key), = keytab.entries(file)
        assert (name, realm, kvno >> 16) == ("krbtgt/CLOUD.TEST", "CLOUD.TEST", NUMBER), (name, realm, kvno)
        return key, kvno

    def sid(self, user):
        return self.kdc.show("user", user)["sid"]

    def minted(self, user="alice", key=None, sid=None, **more):
        key, kvno = key or self.key
        return PartialTgt(self.kdc.realm, key, kvno, user, sid or self.sid(user), **more)

    def exchanged(self, tgt, padata=(), **more):
        """The answer to its TGS-REQ for krbtgt."""
        options = {"options": FORWARDABLE | RENEWABLE | CANONICALIZE, **more}
        return self.odd.ask(self.odd.tgs_request(tgt, tgt.holder, self.odd.tgs, padata=padata, **options))

    def full(self, tgt, padata=()):
        answer = self.exchanged(tgt, padata)
        self.assertEqual(str(answer), "REP")
        return FullTgt(answer, tgt.session_key)

    def allow(self, user):
        self.new_user(user)
        self.kdc.admin("group", "join", "remote", user)


class ExchangeTest(RodcScenario):
    def test_the_keytab_is_its_makers_alone(self):
        self.assertEqual(stat.S_IMODE(os.stat(self.keytab).st_mode), 0o600)
        again = self.kdc.admin("ad", "rodc", "add", "7", "-o", self.keytab, check=False)
        self.assertEqual((again.returncode, "is there already" in again.stderr), (1, True), again.stderr)
        self.assertNotIn("krbtgt_7", self.kdc.admin("ad", "rodc", "list").stdout)
        self.assertIn("-1673527295", self.kdc.admin("ad", "rodc", "show", str(NUMBER)).stdout)

    def test_mit_uses_the_full_tgt(self):
        full = self.full(self.minted())
        self.assertEqual((full.ticket_kvno, full.cname, full.srealm), (1, ["alice"], self.kdc.realm))
        client = self.client()
        full.write_ccache(client.env["KRB5CCNAME"])
        self.assertIn("kvno = 1", client.kvno(self.service, self.kdc.keytab).stdout)
        self.assertIn("Default principal: alice@CLOUD.TEST", client.klist())

    def test_mit_uses_the_partial_tgt_itself(self):
        """By FAST, as its clients do it wherever a TGT came from."""
        client = self.client()
        self.minted().write_ccache(client.env["KRB5CCNAME"])
        self.assertIn("kvno = 1", client.kvno(self.service, self.kdc.keytab).stdout)

    def test_the_pac_is_the_directorys(self):
        """The minted one says Domain Admins, and BUILTIN\\Administrators."""
        self.kdc.add_group("staff", "alice")
        tickets = self.full(self.minted())
        client_keys = keytab.keys(self.kdc.all_keys())
        pac = pac_in(tickets.ticket, client_keys["krbtgt/cloud.test", 1, 18])
        info3 = pac[krb5pac.PAC_TYPE_LOGON_INFO].info.info3
        groups = {self.kdc.show("group", name)["sid"].rpartition("-")[2] for name in ("remote", "staff")}
        self.assertEqual({str(group.rid) for group in info3.base.groups.rids}, {"513", *groups})
        self.assertEqual([str(one.sid) for one in info3.sids], ["S-1-18-1"])
        self.assertEqual(str(pac[krb5pac.PAC_TYPE_REQUESTER_SID].sid), self.sid("alice"))

    def test_forgeries(self):
        key, kvno = self.key
        other = kcrypto.Key(18, os.urandom(32))
        self.kdc.admin("ad", "rodc", "add", "7", "-o", os.path.join(self.directory, "7.keytab"))
        self.addCleanup(self.kdc.admin, "ad", "rodc", "remove", "7", "--yes")
        for what, code, tgt in (("another key", "31", self.minted(key=(other, kvno))),
                                ("a version that is not there", "44", self.minted(key=(key, kvno + 1))),
                                ("no version", "44", self.minted(key=(key, kvno & ~0xFFFF))),
                                ("a number that is not there", "44", self.minted(key=(key, 8 << 16 | 1))),
                                ("another one's number", "31", self.minted(key=(key, 7 << 16 | 1))),
                                ("the realm's own", "31", self.minted(key=(key, 1))),
                                ("another one's signature", "41", self.minted(number=7)),
                                ("no PAC", "20", self.minted(pac=False)),
                                ("another's SID", "20", self.minted(sid=self.sid("bob"))),
                                ("expired", "32", self.minted(life=30))):
            self.assertEqual(str(self.exchanged(tgt)), code, what)

    def test_who_may_not(self):
        self.assertEqual(str(self.exchanged(self.minted("bob"))), "20")
        self.allow("dora")
        tgt = self.minted("dora")
        self.assertEqual(str(self.exchanged(tgt)), "REP")
        self.kdc.admin("group", "join", "administrators", "dora")
        self.assertEqual(str(self.exchanged(tgt)), "20")
        self.kdc.admin("group", "leave", "administrators", "dora")
        self.kdc.admin("user", "set", "dora", "--sensitive")
        self.assertEqual(str(self.exchanged(tgt)), "20")
        self.kdc.admin("user", "set", "dora", "--no-sensitive")
        self.kdc.admin("user", "disable", "dora")
        self.assertEqual(self.exchanged(tgt).code, 18)
        lines = lambda: self.kdc.messages("request", cname="dora", partial_tgt=f"krbtgt_{NUMBER}")
        wait_for(lambda: len(lines()) == 4, "the lines of the log")
        self.assertEqual([one["result"] == "success" for one in lines()], [True, False, False, False])

    def test_it_is_not_renewed(self):
        self.assertEqual(str(self.exchanged(self.minted(), options=RENEW)), "13")


class RotationTest(RodcScenario):
    def test_rotation(self):
        file, older = os.path.join(self.directory, "rotated.keytab"), self.minted()
        self.kdc.admin("ad", "rodc", "rotate", str(NUMBER), "-o", file)
        rotated = self.key_in(file)
        self.assertEqual(rotated[1], self.key[1] + 1)
        for tgt in (older, self.minted(key=rotated)):
            self.assertEqual(str(self.exchanged(tgt)), "REP")
        self.kdc.admin("ad", "rodc", "rotate", str(NUMBER), "--forget-former", "--yes", "-o", file + ".2")
        type(self).key = self.key_in(file + ".2")
        self.assertEqual(str(self.exchanged(older)), "44")
        self.assertEqual(str(self.exchanged(self.minted())), "REP")
        self.kdc.admin("ad", "rodc", "set", str(NUMBER), "--remove-allow", "remote")
        self.assertEqual(str(self.exchanged(self.minted())), "20")
        self.kdc.admin("ad", "rodc", "set", str(NUMBER), "--allow", "remote")
        self.assertEqual(str(self.exchanged(self.minted())), "REP")


class KeyListTest(RodcScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc.add_user("erin", PASSWORDS["alice"], "--rc4", "--key-list")
        cls.kdc.admin("group", "join", "remote", "erin")

    def keys(self, user, *etypes):
        """As Samba's ASN.1 has them; None: there is no list."""
        tgt = self.minted(user)
        padata = dict(self.full(tgt, [key_list(*etypes)]).encrypted_padata)
        if KEY_LIST_REP not in padata:
            return None
        decoded, rest = decode(padata[KEY_LIST_REP], asn1Spec=asn1.KERB_KEY_LIST_REP())
        self.assertEqual(rest, b"")
        return {int(one["keytype"]): bytes(one["keyvalue"]) for one in decoded}

    def test_keys_of_who_is_marked(self):
        password, salt = PASSWORDS["alice"].encode(), (self.kdc.realm + "erin").encode()
        right = {etype: kcrypto.string_to_key(etype, password, salt).contents for etype in (18, 17, 23)}
        self.assertEqual(self.keys("erin", 23, 18, 17), right)
        self.assertEqual(self.keys("erin", 17), {17: right[17]})
        self.assertIsNone(self.keys("erin", 20))
        self.assertIsNone(self.keys("alice", 18, 23))  # who is not marked
        line = self.kdc.wait_message("request", cname="erin", keys_given=3)[0]
        self.assertEqual(line["partial_tgt"], f"krbtgt_{NUMBER}")
        for octets in right.values():
            self.assertNotIn(octets.hex(), self.kdc.process.text())

    def test_impacket_reads_it(self):
        tgt = self.minted("erin")
        answer = self.exchanged(tgt, [key_list(23)])
        nt_hash = KeyListSecrets.getKey(answer.octets, tgt.session_key.contents)
        self.assertEqual(nt_hash, "0x" + kcrypto.string_to_key(23, PASSWORDS["alice"].encode(), b"").contents.hex())

    def test_a_mark_that_is_taken_back(self):
        self.allow("frank")
        self.kdc.admin("user", "set", "frank", "--key-list")
        self.assertTrue(self.kdc.show("user", "frank")["key_list"])
        self.assertEqual(set(self.keys("frank", 18)), {18})
        self.kdc.admin("user", "set", "frank", "--no-key-list")
        self.assertIsNone(self.keys("frank", 18))

    def test_it_is_for_partial_tgts_alone(self):
        own = self.odd.log_on("erin", self.odd.key("erin", PASSWORDS["alice"]))
        answer = self.exchanged(own, [key_list(18)])
        self.assertNotIn(KEY_LIST_REP, dict(FullTgt(answer, own.session_key).encrypted_padata))

    def test_events(self):
        actions = [json.loads(line) for line in self.kdc.admin("events", "--json").stdout.splitlines()]
        added = [one for one in actions if one.get("action") == "rodc.add"]
        self.assertEqual([(one["object"], one["changed"], one["result"]) for one in added], [(f"krbtgt_{NUMBER}", "allow,deny", "success")])


if __name__ == "__main__":
    unittest.main()
