"""A realm of our own answers plain and odd requests, each with its code. MIT, Heimdal and Samba disagree on many of them; what is
expected here is what docs/kdc.md says."""
import struct
import time
import unittest

from lib import krb
from lib.odd_client import (CANONICALIZE, FORWARDABLE, PROXIABLE, RENEWABLE, TGS_REP, Answer, encrypted, fields, name, number,
                            octet_string, replaced, sealed, seconds, text)
from lib.own_realm import NEW_PASSWORD, PASSWORDS, WRONG_PASSWORD, OwnRealmScenario

WANTED = "25 136 19[18] 16 2"  # pre-authentication
WRONG = "24 19[18]"
GARBAGE = b"\x30\x03\x01"
HOUR, MINUTE = 3600, 60
VALIDATE, RENEW, ENC_TKT_IN_SKEY, RENEWABLE_OK = 1, 2, 8, 0x10
CNAME_IN_ADDL_TKT, REQUEST_ANONYMOUS = 0x20000, 0x8000
POSTDATED, ALLOW_POSTDATE, PROXY, FORWARDED = 0x02000000, 0x04000000, 0x08000000, 0x20000000


class ProbeScenario(OwnRealmScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve()
        cls.odd = cls.odd_client()
        cls.alice_key = cls.odd.key("alice", PASSWORDS["alice"])
        cls.wrong_key = cls.odd.key("alice", WRONG_PASSWORD)
        cls.www = krb.principal(*cls.service.split("/"), name_type=3)

    def check(self, cases):
        """cases: name to (message, what the answer must be)."""
        for case, (message, expected) in cases.items():
            with self.subTest(case):
                self.assertEqual(str(self.odd.ask(message)), expected)


class AsTest(ProbeScenario):
    def request(self, padata=None, user="alice", **body):
        return self.odd.as_request(user, padata, **body)

    def proven(self, *padata, **body):
        return self.request([self.odd.timestamp(self.alice_key), *padata], **body)

    def test_encryption_types(self):
        self.check({
            "the client's first that alice has a key of": (self.request(etypes=(17, 18)), "25 136 19[17] 16 2"),
            "AES-SHA2 first": (self.request(etypes=(20, 19, 18, 17)), "25 136 19[20] 16 2"),
            "RC4 alone": (self.request(etypes=(23,)), "14"),
            "RC4 first": (self.request(etypes=(23, 18)), WANTED),
            "DES": (self.request(etypes=(3, 1)), "14"),
            "none": (self.request(etypes=()), "14"),
            "unknown ones": (self.request(etypes=(9999, -77, 18)), WANTED)})

    def test_names(self):
        enterprise = lambda name: krb.principal(name, name_type=10)
        realm = self.kdc.realm
        self.check({
            "unknown client": (self.request(user="nobody"), "6"),
            "unknown service": (self.request(sname=krb.principal("host", "no.such.host", name_type=3)), "7"),
            "no cname": (self.request(cname=None), "6"),
            "no sname": (self.request(sname=None), "7"),
            "another realm": (self.request(realm="OTHER.TEST"), "6"),
            "the realm in lower case": (self.request(
                realm=realm.lower(), sname=krb.principal("krbtgt", realm.lower(), name_type=2)), "68"),
            "another case": (self.request(user="ALICE"), WANTED),
            "enterprise name": (self.request(user=enterprise("alice@" + realm)), WANTED),
            "enterprise name, canonicalize": (self.request(user=enterprise("alice@" + realm), options=CANONICALIZE), WANTED),
            "enterprise name of another realm": (self.request(user=enterprise("alice@other.test"), options=CANONICALIZE), "6"),
            "name of type 0": (self.request(user=krb.principal("alice", name_type=0)), WANTED),
            "name of two parts": (self.request(user=krb.principal("alice", "x")), "6"),
            "krbtgt as a client": (self.request(user=krb.principal("krbtgt", realm)), "6"),
            "no dollar is added": (self.request(user="www.cloud.test"), "6")})

    def test_versions(self):
        self.check({"pvno 4": (self.request(version=4), "3"),
                    "msg-type of another message": (self.request(inner_kind=12), "40"),
                    "no Kerberos": (b"\x30\x03\x02\x01\x05", "60"),
                    "trailing octets": (self.request() + b"\0", "60"),
                    "cut": (self.request()[:-1], "60")})

    def test_pre_authentication(self):
        stamp = lambda key, offset=0: self.request([self.odd.timestamp(key, offset)])
        pa = krb.padata
        self.check({
            "no padata": (self.request(), WANTED),
            "an empty list": (self.request([]), WANTED),
            "PA-REQ-ENC-PA-REP, PA-AS-FRESHNESS": (self.request([pa(149, b""), pa(150, b"")]), WANTED + " 150"),
            "wrong key": (stamp(self.wrong_key), WRONG),
            "wrong key and clock": (stamp(self.wrong_key, -HOUR), WRONG),
            "right key, wrong clock": (stamp(self.alice_key, -HOUR), "37"),
            "right key, a clock ahead": (stamp(self.alice_key, HOUR), "37"),
            "right key, 4 minutes late": (stamp(self.alice_key, -4 * MINUTE), "REP"),
            "PA-ENC-TIMESTAMP that is garbage": (self.request([pa(2, GARBAGE)]), WRONG),
            "one too short": (self.request([pa(2, encrypted(18, bytes(8)))]), WRONG),
            "one of RC4": (self.request([pa(2, encrypted(23, bytes(52)))]), WRONG),
            "sealed, but no PA-ENC-TS-ENC": (self.request([pa(2, sealed(self.alice_key, 1, b"\x30\0"))]), WRONG),
            "PA-ENCRYPTED-CHALLENGE outside FAST": (self.request([pa(138, encrypted(18, bytes(60)))]), WANTED),
            "PA-PK-AS-REQ": (self.request([pa(16, GARBAGE)]), "24"),
            "PA-FX-FAST that is garbage": (self.request([pa(136, GARBAGE)]), "24"),
            "PA-FX-FAST that is empty": (self.request([pa(136, b"")]), "24"),
            "unknown padata": (self.request([pa(9999, b"x")]), WANTED),
            "SPAKE": (self.request([pa(151, b"\xa0\x09\x30\x07\xa0\x05\x30\x03\x02\x01\x01")]), WANTED),
            "a foreign cookie": (self.request([pa(133, b"MIT1" + bytes(60))]), WANTED),
            "two proofs, the second right": (self.request([self.odd.timestamp(self.wrong_key),
                                                           self.odd.timestamp(self.alice_key)]), WRONG)})

    def test_times(self):
        now = time.time()
        self.check({"till in the past": (self.proven(till=now - HOUR), "11"),
                    "till 1970": (self.proven(till=0), "REP"),
                    "till in a minute": (self.proven(till=now + 60), "REP"),
                    "from in the future": (self.proven(start=now + HOUR), "10")})

    def test_options(self):
        self.check({
            "validate": (self.proven(options=VALIDATE), "13"), "renew": (self.proven(options=RENEW), "13"),
            "forwarded": (self.proven(options=FORWARDED), "13"), "proxy": (self.proven(options=PROXY), "13"),
            "enc-tkt-in-skey": (self.proven(options=ENC_TKT_IN_SKEY), "13"),
            "cname-in-addl-tkt": (self.proven(options=CNAME_IN_ADDL_TKT), "13"),
            "postdated": (self.proven(options=POSTDATED, start=time.time() + HOUR), "10"),
            "allow-postdate": (self.proven(options=ALLOW_POSTDATE), "10"),
            "proxiable": (self.proven(options=PROXIABLE), "REP"),
            "anonymous, with a client's name": (self.proven(options=REQUEST_ANONYMOUS), "13")})

    def test_replies(self):
        address = krb.sequence(krb.sequence(krb.context(0, krb.integer(2)), krb.context(1, krb.tlv(4, b"\x0a\1\1\1"))))
        without_pac = krb.padata(128, krb.sequence(krb.context(0, b"\1\1\0")))
        changepw = krb.principal("kadmin", "changepw", name_type=2)
        for case, message, life in (
                ("plain", self.proven(), 36000), ("nonce of 32 bits", self.proven(nonce=0xFFFFFFFF), 36000),
                ("negative nonce", self.proven(nonce=-1), 36000), ("foreign address", self.proven(addresses=address), 36000),
                ("no PAC wanted", self.proven(without_pac), 36000),
                ("kadmin/changepw", self.proven(sname=changepw, options=RENEWABLE), 300),
                ("renewable", self.proven(options=RENEWABLE, rtime=time.time() + 86400), 36000)):
            with self.subTest(case):
                answer = self.odd.ask(message)
                answer.open(self.alice_key, 3)
                self.assertEqual(answer.tag, 25)
                self.assertEqual(answer.part[2], fields(fields(message)[4])[7])  # the nonce, octet for octet
                self.assertNotIn(11, answer.part)  # caddr
                start, end = seconds(answer.part[6]), seconds(answer.part[7])
                self.assertAlmostEqual(end - start, life, delta=2)
                self.assertEqual(8 in answer.part, case == "renewable")
                self.assertEqual([text(answer.part[9]), text(answer.fields[3])], [self.kdc.realm] * 2)
                self.assertEqual([number(fields(octet)[1]) for octet in [krb.read_tlv(answer.fields[2])[1]]], [19])

    def test_what_is_asked_for_by_flags_is_answered(self):
        """RFC 6806 11, [MS-KILE] 2.2.8."""
        answer = self.odd.log_on("alice", self.alice_key)
        self.assertTrue(answer.flags() & 0x00010000)  # enc-pa-rep
        content, found = krb.read_tlv(answer.part[12])[1], {}
        while content:
            _, element, rest = krb.read_tlv(content)
            parts = fields(content[:len(content) - len(rest)])
            found[number(parts[1])] = octet_string(parts[2])
            content = rest
        self.assertLessEqual({149, 136, 165}, set(found))
        self.assertTrue(struct.unpack("<I", found[165])[0] & 0x18)  # AES, both

    def test_services_that_give_no_initial_tickets(self):
        self.check({"a web server": (self.proven(sname=self.www), "12"),
                    "a user": (self.proven(sname=krb.principal("bob")), "7")})

    def states(self, user, *expected):
        own = self.odd.key(user, PASSWORDS["alice"])
        wrong, changepw = self.odd.key(user, WRONG_PASSWORD), krb.principal("kadmin", "changepw", name_type=2)
        stamp = self.odd.timestamp
        self.check(dict(zip((f"{user}: no padata", f"{user}: wrong password", f"{user}: right password",
                             f"{user}: right, for kadmin/changepw"), zip(
            (self.request(user=user), self.request([stamp(wrong)], user), self.request([stamp(own)], user),
             self.request([stamp(own)], user, sname=changepw)), expected))))

    def test_a_disabled_account(self):
        self.new_user("dis")
        self.kdc.admin("user", "disable", "dis")
        self.states("dis", WANTED, WRONG, "18 nt:c0000072", "18 nt:c0000072")

    def test_an_expired_account(self):
        self.new_user("exp", "--expires", "2020-01-01")
        self.states("exp", WANTED, WRONG, "18 nt:c0000193", "18 nt:c0000193")

    def test_a_password_to_be_changed(self):
        self.new_user("must", "--must-change")
        self.states("must", WANTED, WRONG, "23 nt:c0000224", "REP")

    def test_a_locked_account(self):
        self.new_user("lock")
        wrong = self.odd.key("lock", WRONG_PASSWORD)
        answers = [str(self.odd.ask(self.request([self.odd.timestamp(wrong)], "lock"))) for _ in range(12)]
        self.assertEqual(answers, [WRONG] * 10 + ["18 nt:c0000234"] * 2)
        self.states("lock", WANTED, *["18 nt:c0000234"] * 3)

    def test_an_account_without_password(self):
        self.new_user("keyed")
        key = self.odd.key("keyed", PASSWORDS["alice"])
        self.kdc.admin("user", "set", "keyed", "--key-required")
        self.check({"no padata": (self.request(user="keyed"), WANTED),
                    "the password of before": (self.request([self.odd.timestamp(key)], "keyed"), "12")})

    def test_a_former_password_is_not_counted(self):
        old = self.new_user("former")
        former = self.odd.key("former", old)
        self.kdc.admin("user", "password", "former", "--password-stdin", stdin=PASSWORDS["bob"] + "\n")
        for _ in range(15):
            self.assertEqual(str(self.odd.ask(self.request([self.odd.timestamp(former)], "former"))), WRONG)
        self.assertEqual(self.kdc.show("user", "former")["failures"], 0)


class TgsTest(ProbeScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tgt = cls.odd.log_on("alice", cls.alice_key)
        cls.kdc.add_service("FILES$", "HOST/files.cloud.test")

    def request(self, sname=None, **more):
        return self.odd.tgs_request(more.pop("tgt", self.tgt), "alice", sname or self.www, **more)

    def bent(self, path, value):
        return replaced(self.tgt.ticket, path, value)

    def test_the_tickets_holder(self):
        cipher = bytearray(octet_string(fields(fields(self.tgt.ticket)[3])[2]))
        cipher[-3] ^= 1
        restricted = lambda kind: krb.sequence(krb.sequence(krb.context(0, krb.integer(kind)), krb.context(1, krb.tlv(4, b""))))
        self.check({
            "no padata": (self.odd.request(12, None, self.odd.body(sname=self.www)), "16"),
            "no PA-TGS-REQ": (self.odd.request(12, [krb.padata(9999, b"")], self.odd.body(sname=self.www)), "16"),
            "PA-TGS-REQ that is garbage": (self.odd.request(12, [krb.padata(1, GARBAGE)], self.odd.body(sname=self.www)), "60"),
            "another name": (self.request(name=krb.principal("bob")), "36"),
            "another realm": (self.request(crealm="OTHER.TEST"), "36"),
            "an hour late": (self.request(offset=-HOUR), "37"), "an hour early": (self.request(offset=HOUR), "37"),
            "usage 11": (self.request(usage=11), "31"),
            "use-session-key": (self.request(ap_options=0x40000000), "12"),
            "mutual-required": (self.request(ap_options=0x20000000), "12"),
            "restricted to FAST (AD-fx-fast-armor)": (self.request(restrictions=restricted(71)), "12"),
            "FAST taken away (AD-fx-fast-used)": (self.request(restrictions=restricted(72)), "41"),
            "ticket flipped": (self.request(ticket=self.bent([3, 2], krb.tlv(4, bytes(cipher)))), "31"),
            "unknown kvno": (self.request(ticket=self.bent([3, 1], krb.integer(77))), "44"),
            "another kvno of the high half": (self.request(ticket=self.bent([3, 1], krb.integer(0x10001))), "44"),
            "unknown etype": (self.request(ticket=self.bent([3, 0], krb.integer(23))), "44"),
            "krbtgt of another realm": (self.request(
                ticket=self.bent([2], krb.principal("krbtgt", "OTHER.TEST", name_type=2))), "12"),
            "ticket of another realm": (self.request(ticket=self.bent([1], krb.general_string("OTHER.TEST"))), "12")})

    def test_checksums(self):
        self.check({"rsa-md5": (self.request(), "REP"), "sha1": (self.request(checksum=14), "REP"),
                    "hmac-sha1-aes256": (self.request(checksum=16), "REP"),
                    "crc32": (self.request(checksum=1), "15"), "md4": (self.request(checksum=2), "50"),
                    "of Microsoft, of another key's type": (self.request(checksum=-138), "50"),
                    "none": (self.request(checksum=None), "50"),
                    "of another body": (self.request(over=b"x"), "31"),
                    "keyed, of another body": (self.request(checksum=16, over=b"x"), "31")})

    def test_replies(self):
        subkey = self.odd.new_subkey()
        for case, key, usage, message in (("no subkey", self.tgt.session_key, 8, self.request()),
                                          ("subkey", subkey, 9, self.request(subkey=subkey))):
            with self.subTest(case):
                for _ in range(2):  # the same octets again are answered
                    answer = self.odd.ask(message)
                    self.assertEqual(answer.kind, TGS_REP)
                    answer.open(key, usage)
                    self.assertEqual(answer.tag, 26)
                    self.assertEqual(answer.part[5], self.tgt.part[5])  # authtime
                    self.assertLessEqual(seconds(answer.part[7]), seconds(self.tgt.part[7]))
                    self.assertFalse(answer.flags() & 0x00400000)  # initial
                    self.assertTrue(answer.flags() & 0x00200000)  # pre-authent

    def test_services(self):
        pn = krb.principal
        realm = self.kdc.realm
        self.check({
            "unknown service": (self.request(pn("host", "no.such.host", name_type=2)), "7"),
            "a user without SPN": (self.request(pn("alice")), "7"),
            "a service by its account's name": (self.request(pn("FILES$")), "REP"),
            "by an alias of HOST": (self.request(pn("cifs", "files.cloud.test", name_type=2)), "REP"),
            "of three parts": (self.request(pn("HTTP", "www.cloud.test", "cloud.test", name_type=2)), "7"),
            "krbtgt of another realm": (self.request(pn("krbtgt", "OTHER.TEST", name_type=2)), "7"),
            "another realm": (self.request(realm="OTHER.TEST"), "68"),
            "a second TGT": (self.request(pn("krbtgt", realm, name_type=2)), "REP"),
            "kadmin/changepw": (self.request(pn("kadmin", "changepw", name_type=2)), "12"),
            "no sname": (self.odd.tgs_request(self.tgt, "alice", None), "7")})

    def test_encryption_types(self):
        self.check({"RC4": (self.request(etypes=(23,)), "14"), "DES": (self.request(etypes=(3,)), "14"),
                    "none": (self.request(etypes=()), "14"), "AES-SHA2": (self.request(etypes=(20,)), "REP")})

    def test_options(self):
        tgs, now, own = self.odd.tgs, time.time(), krb.principal("alice")
        self.check({
            "forwarded": (self.request(tgs, options=FORWARDED), "REP"),
            "proxy, not proxiable": (self.request(options=PROXY), "13"),
            "renew": (self.request(tgs, options=RENEW), "REP"),
            "renew another ticket": (self.request(options=RENEW), "26"),
            "forwarded, of another": (self.request(options=FORWARDED), "26"),
            "validate": (self.request(tgs, options=VALIDATE), "13"),
            "user-to-user, no ticket": (self.request(options=ENC_TKT_IN_SKEY), "13"),
            "user-to-user": (self.request(own, options=ENC_TKT_IN_SKEY, tickets=(self.tgt.ticket,)), "REP"),
            "user-to-user, another's ticket": (self.request(options=ENC_TKT_IN_SKEY, tickets=(self.tgt.ticket,)), "36"),
            "cname-in-addl-tkt": (self.request(options=CNAME_IN_ADDL_TKT), "13"),
            "cname-in-addl-tkt with a ticket": (self.request(options=CNAME_IN_ADDL_TKT, tickets=(self.tgt.ticket,)), "13"),
            "anonymous": (self.request(options=REQUEST_ANONYMOUS), "13"),
            "postdated": (self.request(options=POSTDATED, start=now + HOUR), "13"),
            "from in the future": (self.request(start=now + HOUR), "10"),
            "till in the past": (self.request(till=now - MINUTE), "11"),
            "renewable-ok": (self.request(options=RENEWABLE_OK), "REP"),
            "proxiable, of a TGT that is not": (self.request(options=PROXIABLE), "REP")})

    def test_other_elements(self):
        pa = krb.padata
        self.check({
            "enc-authorization-data that is garbage": (self.request(authorization=encrypted(18, bytes(60))), "31"),
            "PA-FOR-USER": (self.request(padata=[pa(129, GARBAGE)]), "60"),
            "PA-S4U-X509-USER": (self.request(padata=[pa(130, GARBAGE)]), "60"),
            "PA-PAC-OPTIONS": (self.request(padata=[pa(167, GARBAGE)]), "REP"),
            "PA-FX-FAST that is garbage": (self.request(padata=[pa(136, GARBAGE)]), "24")})

    def test_authorization_data_of_the_client(self):
        """AD-MANDATORY-FOR-KDC is refused; what is for the service goes on."""
        element = lambda kind, value: krb.sequence(krb.sequence(krb.context(0, krb.integer(kind)),
                                                                krb.context(1, krb.tlv(4, value))))
        sealed_data = lambda kind, value: sealed(self.tgt.session_key, 4, element(kind, value))
        self.check({"AD-MANDATORY-FOR-KDC": (self.request(authorization=sealed_data(8, element(1, b""))), "12"),
                    "in AD-IF-RELEVANT": (self.request(authorization=sealed_data(1, element(141, b"x"))), "REP"),
                    "a PAC": (self.request(authorization=sealed_data(1, element(128, bytes(64)))), "REP"),
                    "cut": (self.request(authorization=sealed(self.tgt.session_key, 4, GARBAGE)), "31")})

    def test_a_service_ticket_is_no_tgt(self):
        answer = self.odd.ask(self.request())
        answer.open(self.tgt.session_key, 8)
        self.check({"for a service": (self.request(tgt=answer), "12"),
                    "for krbtgt": (self.request(self.odd.tgs, tgt=answer), "12"),
                    "as krbtgt's": (self.request(tgt=answer, ticket=replaced(answer.ticket, [2], self.odd.tgs)), "31")})

    def test_flags_are_left_out_in_silence(self):
        answer = self.odd.ask(self.request(options=PROXIABLE | FORWARDABLE))
        answer.open(self.tgt.session_key, 8)
        self.assertEqual(answer.flags() & (PROXIABLE | FORWARDABLE), FORWARDABLE)


class FastTest(ProbeScenario):
    """RFC 6113."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.armor = cls.odd.log_on("alice", cls.alice_key)
        cls.bob_key = cls.odd.key("bob", PASSWORDS["bob"])

    def ask(self, user="bob", proof=None, offset=0, **more):
        """(the answer, what is in its KrbFastResponse, its padata). proof: the key of a challenge."""
        subkey = self.odd.new_subkey()
        self.odd.new_subkey = lambda: subkey  # the armor key must be known before the request is made
        try:
            _, armor_key = self.odd.fast(self.armor, user, **more)
            padata = [self.odd.challenge(armor_key, proof, offset)] if proof else []
            request, armor_key = self.odd.fast(self.armor, user, **{"inner_padata": padata, **more})
        finally:
            del self.odd.new_subkey
        answer = self.odd.ask(request)
        return (answer, *self.odd.fast_answer(answer, armor_key))

    def test_pre_authentication(self):
        answer, _, hints = self.ask()
        self.assertEqual((str(answer), {136, 138, 19, 137} - set(hints), 2 in hints), ("25 136", set(), False))
        for case, key, offset, code in (("right", self.bob_key, 0, 0), ("wrong", self.wrong_key, 0, 24),
                                        ("late", self.bob_key, -HOUR, 37)):
            with self.subTest(case):
                answer, response, padata = self.ask(proof=key, offset=offset)
                self.assertEqual(answer.code, code)
                self.assertEqual({1, 2} <= set(response), not code)  # strengthen-key and finished
                self.assertEqual(138 in padata, not code)  # the KDC's own challenge
                if code:
                    self.assertEqual(number(fields(padata[137])[6]), code)
        self.assertEqual(self.ask(inner_padata=[self.odd.timestamp(self.bob_key)])[0].code, 25)

    def test_the_inside_counts(self):
        self.assertEqual(self.ask(outer_user=krb.principal("nobody"), proof=self.bob_key)[0].code, 0)
        self.assertEqual(self.ask(user="nobody", outer_user=krb.principal("bob"))[0].code, 6)
        self.assertEqual(self.ask(outer_padata=[self.odd.timestamp(self.bob_key)])[0].code, 25)
        self.assertEqual(self.ask(cname=None, outer_user=krb.principal("bob"))[0].code, 6)
        self.assertEqual(self.ask(sname=None)[0].code, 7)

    def test_refusals(self):
        service = self.odd.ask(self.odd.tgs_request(self.armor, "alice", self.www))
        service.open(self.armor.session_key, 8)
        service.holder = "alice"
        armor = self.armor
        self.check({
            "armor of another type": (self.odd.fast(armor, "bob", armor_type=2)[0], "24"),
            "no subkey": (self.odd.fast(armor, "bob", subkey=False)[0], "24"),
            "armor for a service": (self.odd.fast(service, "bob")[0], "26"),
            "a checksum without key": (self.odd.fast(armor, "bob", checksum=7)[0], "50"),
            "a checksum of something else": (self.odd.fast(armor, "bob", over=b"x")[0], "41")})

    def test_options(self):
        self.check({"critical and unknown": (self.odd.fast(self.armor, "bob", options=0x20000000)[0], "93")})
        self.assertEqual(self.ask(options=0x00000001)[0].code, 25)
        for proof in (None, self.bob_key):
            answer, response, _ = self.ask(options=0x40000000, proof=proof)  # hide-client-names
            self.assertNotIn(b"bob", answer.octets)
            if proof:
                self.assertEqual((name(answer.fields[4]), text(answer.fields[3])), ("WELLKNOWN/ANONYMOUS", "WELLKNOWN:ANONYMOUS"))
                self.assertEqual(name(fields(response[2])[3]), "bob")


class KpasswdTest(ProbeScenario):
    """RFC 3244. Results: 1 malformed, 3 not authenticated, 4 refused by policy, 5 not allowed."""

    CHANGEPW = krb.principal("kadmin", "changepw", name_type=2)

    def setUp(self):
        self.user = "user-" + self.id()[-6:]
        self.new_user(self.user)
        self.key = self.odd.key(self.user, PASSWORDS["alice"])
        self.ticket = self.odd.log_on(self.user, self.key, sname=self.CHANGEPW)

    def result(self, request, subkey=None):
        return self.odd.password_result(self.odd.ask_octets(request), subkey)[0]

    def change(self, new=NEW_PASSWORD, ticket=None, user=None, **more):
        return self.result(*self.odd.change_password(ticket or self.ticket, user or self.user, new, **more))

    @staticmethod
    def data(new, name=None, realm=None):
        """ChangePasswdData"""
        return krb.sequence(krb.context(0, krb.tlv(4, new.encode())), krb.context(1, name) if name else b"",
                            krb.context(2, krb.general_string(realm)) if realm else b"")

    def logs_on_with(self, password):
        return str(self.odd.ask(self.odd.as_request(self.user, [self.odd.timestamp(self.odd.key(self.user, password))]))) == "REP"

    def test_change(self):
        self.assertEqual(self.change(), 0)
        self.assertTrue(self.logs_on_with(NEW_PASSWORD))
        self.assertFalse(self.logs_on_with(PASSWORDS["alice"]))

    def test_set_ones_own(self):
        self.assertEqual(self.change(self.data(NEW_PASSWORD), version=0xFF80), 0)
        ticket = self.odd.log_on(self.user, self.odd.key(self.user, NEW_PASSWORD), sname=self.CHANGEPW)
        data = self.data(PASSWORDS["bob"], krb.principal(self.user), self.kdc.realm)
        self.assertEqual(self.change(data, version=0xFF80, ticket=ticket), 0)
        self.assertTrue(self.logs_on_with(PASSWORDS["bob"]))

    def test_refusals(self):
        alice = krb.principal("alice")
        for case, expected, more in (
                ("another's password", 5, {"new": self.data(NEW_PASSWORD, alice, self.kdc.realm), "version": 0xFF80}),
                ("a target without realm", 1, {"new": self.data(NEW_PASSWORD, alice), "version": 0xFF80}),
                ("no ChangePasswdData", 1, {"new": GARBAGE, "version": 0xFF80}),
                ("too short", 4, {"new": "Ab1!"}), ("empty", 4, {"new": ""}), ("no UTF-8", 4, {"new": b"\xff\xfe" * 10}),
                ("far too long", 4, {"new": "Zeppelin-4711." * 100}),
                ("sequence", 3, {"sequence": 8}), ("another key", 3, {"key": self.odd.new_subkey()}),
                ("another client", 3, {"user": "alice"})):
            with self.subTest(case):
                self.assertEqual(self.change(**more), expected)
        self.assertTrue(self.logs_on_with(PASSWORDS["alice"]))

    def test_a_tgt_does_not_do(self):
        tgt = self.odd.log_on(self.user, self.key)
        self.assertEqual(self.change(ticket=tgt), 3)
        tgt.ticket = replaced(tgt.ticket, [2], self.CHANGEPW)
        self.assertEqual(self.change(ticket=tgt), 3)

    def test_lengths(self):
        request, _ = self.odd.change_password(self.ticket, self.user, NEW_PASSWORD)
        for at in (0, 4):
            for by in (-8, -2, -1, 1, 2, 8):
                with self.subTest(at=at, by=by):
                    size = struct.unpack(">H", request[at:at + 2])[0] + by
                    self.assertIn(self.outcome(request[:at] + struct.pack(">H", size) + request[at + 2:]), (1, 3, 60))
        for size in (0, 5, 6, 7, 20, len(request) - 1):
            self.outcome(request[:size])
        self.assertTrue(self.logs_on_with(PASSWORDS["alice"]))

    def outcome(self, request):
        """kpasswd's result, or a bare KRB-ERROR's code."""
        reply = self.odd.ask_octets(request)
        return self.odd.password_result(reply, None)[0] if reply[:2] == struct.pack(">H", len(reply)) else Answer(reply).code

    def test_a_disabled_account(self):
        self.kdc.admin("user", "disable", self.user)
        self.assertEqual(self.change(), 5)


if __name__ == "__main__":
    unittest.main()
