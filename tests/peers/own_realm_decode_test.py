"""Wireshark and Samba read what a realm of our own writes: every message, ticket and PAC."""
import os
import struct
import subprocess
import unittest

from lib import keytab, krb
from lib.client import Client
from lib.frame_relay import FrameRelay
from lib.odd_client import KRB_ERROR, elements, fields, name, number, octet_string, replaced, seconds
from lib.own_realm import NEW_PASSWORD, PASSWORDS, OwnRealmScenario
from samba.dcerpc import krb5pac
from samba.ndr import ndr_pack, ndr_unpack
from samba.tests.krb5 import kcrypto

LOGON_INFO, SERVER, KDC, CLIENT_INFO, UPN_DNS_INFO, TICKET, ATTRIBUTES, REQUESTER_SID, FULL = 1, 6, 7, 10, 12, 16, 17, 18, 19
CHECKSUM_OF = {17: 15, 18: 16, 19: 19, 20: 20}  # by the key's etype
FILETIME_OF_1970 = 116444736000000000
SHA2 = "HTTP/sha2.cloud.test"


def file_time(at):
    return at * 10_000_000 + FILETIME_OF_1970


class Ticket:
    """One that has been opened."""

    def __init__(self, octets, keys):
        parts = fields(octets)
        sealed = fields(parts[3])
        self.service, self.etype, self.kvno = name(parts[2]), number(sealed[0]), number(sealed[1])
        self.key = keys[(self.service.lower(), self.kvno, self.etype)]
        self.plain = kcrypto.decrypt(self.key, 2, octet_string(sealed[2]))
        self.part = fields(self.plain)
        self.client, self.authtime = name(self.part[3]), seconds(self.part[5])
        first = fields(elements(self.part[10])[0])
        inner = elements(octet_string(first[1]))
        assert (number(first[0]), len(inner), number(fields(inner[0])[0])) == (1, 1, 128), "the PAC stands alone, at the front"
        self.pac = octet_string(fields(inner[0])[1])
        count = struct.unpack("<I", self.pac[:4])[0]
        self.places = {}  # type: (offset, size)
        for i in range(count):
            kind, size, offset = struct.unpack("<IIQ", self.pac[8 + 16 * i:24 + 16 * i])
            self.places[kind] = (offset, size)

    def buffer(self, kind):
        offset, size = self.places[kind]
        return self.pac[offset:offset + size]

    def without(self, *kinds):
        """The PAC with those signatures as zeros."""
        pac = bytearray(self.pac)
        for kind in kinds:
            if kind in self.places:
                offset, size = self.places[kind]
                pac[offset + 4:offset + size] = bytes(size - 4)
        return bytes(pac)

    def verify(self, kind, key, octets):
        signature = self.buffer(kind)
        made_as = struct.unpack("<I", signature[:4])[0]
        assert made_as == CHECKSUM_OF[key.enctype], made_as
        kcrypto.verify_checksum(made_as, key, 17, octets, signature[4:])

    def with_empty_pac(self):
        element = lambda kind, octets: krb.sequence(krb.context(0, krb.integer(kind)), krb.context(1, krb.tlv(4, octets)))
        rest = elements(self.part[10])[1:]
        return replaced(self.plain, [10], krb.sequence(element(1, krb.sequence(element(128, b"\0"))), *rest))


class DecodeScenario(OwnRealmScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve()
        cls.kdc.add_user("dora", PASSWORDS["alice"], "--upn", "dora.example@cloud.test")
        for group in ("staff", "editors"):
            cls.kdc.add_group(group, "alice")
        cls.kdc.add_service(SHA2, etypes=("aes256-cts-hmac-sha384-192", "aes128-cts-hmac-sha256-128"))
        cls.kdc.add_service("FILES$", "HOST/files.cloud.test")
        cls.relay = cls.started(FrameRelay(cls.kdc.front))
        cls.keytab = cls.kdc.all_keys("alice", "bob", "dora", "FILES$", cls.service, SHA2)
        cls.talk()

    @classmethod
    def mit(cls, name, libdefaults=None):
        return Client(cls.directory, {cls.kdc.realm: {"kdc": cls.relay.kdc, "kpasswd_server": cls.relay.kdc}}, name=name,
                      libdefaults=libdefaults)

    @classmethod
    def talk(cls):
        client = cls.mit("alice")
        client.kinit("alice", PASSWORDS["alice"], "-r", "2d", "-f")
        for service in (cls.service, SHA2, "host/files.cloud.test"):
            client.kvno(service)
        client.run("kinit", "-R")
        client.kinit("nobody", "x", check=False)
        armored = cls.mit("armored")
        armored.kinit("dora.example@cloud.test", PASSWORDS["alice"], "-E", "-C", "-T", client.env["KRB5CCNAME"])
        armored.kvno(cls.service)
        sha2 = cls.mit("sha2", {"default_tkt_enctypes": "aes256-sha2", "default_tgs_enctypes": "aes256-sha2"})
        sha2.kinit("alice", PASSWORDS["alice"])
        sha2.kvno(cls.service)
        other = cls.mit("bob")
        other.kpasswd("bob", PASSWORDS["bob"], NEW_PASSWORD)
        cls.plain = cls.mit("plain")
        cls.plain.run("kinit", "-k", "-t", cls.kdc.keytab, cls.service)


class WiresharkTest(DecodeScenario):
    """tshark opens with the keys what can be opened, and complains of nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.capture = os.path.join(cls.directory, "all.pcap")
        with open(cls.capture, "wb") as file:
            file.write(cls.relay.capture())

    def tshark(self, *names):
        args = ["tshark", "-r", self.capture, "-o", "kerberos.decrypt:TRUE", "-o", "kerberos.file:" + self.keytab, "-T", "fields",
                "-E", "separator=|"]
        for one in names:
            args += ["-e", one]
        out = subprocess.run(args, check=True, capture_output=True, text=True, timeout=120).stdout
        return [line.split("|") for line in out.splitlines()]

    def test_no_complaint(self):
        rows = self.tshark("frame.protocols", "_ws.malformed", "_ws.expert.severity", "_ws.expert.message")
        self.assertEqual(len(rows), 2 * len(self.relay.messages))
        chat = 0x200000
        for row, (protocols, malformed, severities, messages) in enumerate(rows, 1):
            with self.subTest(frame=row):
                self.assertRegex(protocols, ":(kerberos|kpasswd)")
                self.assertEqual(malformed, "")
                self.assertLessEqual({int(one) for one in severities.split(",") if one}, {chat}, messages)
                self.assertNotRegex(messages, "(?i)missing|unverified|mismatch")

    def test_everything_opens(self):
        rows = self.tshark("kerberos.msg_type", "kerberos.cipher", "_ws.expert.message")
        seen = {}
        for kinds, ciphers, messages in rows:
            # A PA-ENC-TIMESTAMP's and a challenge's cipher, too.
            opened = messages.count("Decrypted keytype")
            self.assertGreaterEqual(opened, len([one for one in ciphers.split(",") if one]), (kinds, messages))
            for kind in kinds.split(","):
                seen[kind] = seen.get(kind, 0) + 1
        self.assertLessEqual({"10", "11", "12", "13", "14", "15", "21", "30"}, set(seen))  # with AP-REQ, AP-REP, KRB-PRIV

    def test_every_pac_is_verified(self):
        """tshark 4.0 knows the server's, the KDC's and the ticket's signature."""
        count = 0
        for kinds, services, messages in self.tshark("kerberos.msg_type", "kerberos.SNameString", "_ws.expert.message"):
            if kinds.split(",")[0] not in ("11", "13"):
                continue
            count += 1
            signatures = {word for word in ("Server", "KDC", "Ticket") if f"Verified {word} checksum" in messages}
            of_krbtgt = services.split(",")[0] == "krbtgt" or services.startswith("kadmin")
            self.assertEqual(signatures, {"Server", "KDC"} if of_krbtgt else {"Server", "KDC", "Ticket"}, (services, messages))
        self.assertGreater(count, 10)


class SambaTest(DecodeScenario):
    """Samba's NDR code, which is its own, reads and writes the PACs as we do. Its Python has no AES-SHA2."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keys = keytab.keys(cls.keytab)
        for spn, account in (("host/files.cloud.test", "files$"),):
            cls.keys.update({(spn, *rest): key for (owner, *rest), key in list(cls.keys.items()) if owner == account})
        replies = [reply for _, reply in cls.relay.messages if reply[0] in (0x6B, 0x6D)]
        cls.tickets = [Ticket(ticket, cls.keys) for ticket in (fields(reply)[5] for reply in replies)
                       if number(fields(fields(ticket)[3])[0]) == 18]

    def of(self, client, service):
        return [one for one in self.tickets if (one.client, one.service) == (client, service)]

    def test_all_tickets_are_there(self):
        self.assertEqual({(one.client, one.service) for one in self.tickets},
                         {("alice", "krbtgt/CLOUD.TEST"), ("alice", self.service), ("alice", "host/files.cloud.test"),
                          ("dora", "krbtgt/CLOUD.TEST"), ("dora", self.service), ("bob", "kadmin/changepw"),
                          (self.service, "krbtgt/CLOUD.TEST")})

    def test_written_again_they_are_the_same(self):
        for ticket in self.tickets:
            self.assertEqual(ndr_pack(ndr_unpack(krb5pac.PAC_DATA, ticket.pac)), ticket.pac)

    def test_buffers(self):
        for ticket in self.tickets:
            tgt = ticket.service.startswith("krbtgt/")
            expected = [LOGON_INFO, CLIENT_INFO, UPN_DNS_INFO]
            if tgt:
                expected += [ATTRIBUTES, REQUESTER_SID]
            expected += [SERVER, KDC]
            if not tgt and ticket.service != "kadmin/changepw":
                expected += [TICKET, FULL]
            self.assertEqual(sorted(ticket.places), sorted(expected), ticket.service)
            self.assertTrue(all(offset % 8 == 0 for offset, _ in ticket.places.values()))

    def test_signatures(self):
        krbtgt = next(key for (owner, _, etype), key in self.keys.items() if owner.startswith("krbtgt/") and etype == 18)
        for ticket in self.tickets:
            with self.subTest(client=ticket.client, service=ticket.service):
                ticket.verify(SERVER, ticket.key, ticket.without(SERVER, KDC))
                ticket.verify(KDC, krbtgt, ticket.buffer(SERVER)[4:])
                if FULL in ticket.places:
                    ticket.verify(FULL, krbtgt, ticket.without(SERVER, KDC, FULL))
                    ticket.verify(TICKET, krbtgt, ticket.with_empty_pac())

    def read(self, ticket):
        """{type: what Samba reads in the buffer}"""
        return {one.type: one.info for one in ndr_unpack(krb5pac.PAC_DATA, ticket.pac).buffers}

    def test_a_persons_identity(self):
        alice = self.kdc.show("user", "alice")
        domain, _, rid = alice["sid"].rpartition("-")
        groups = sorted(int(self.kdc.show("group", one)["sid"].rpartition("-")[2]) for one in ("staff", "editors"))
        for ticket in [one for one in self.tickets if one.client == "alice"]:
            with self.subTest(service=ticket.service):
                info = self.read(ticket)
                logon = info[LOGON_INFO].info.info3
                base = logon.base
                self.assertEqual((base.account_name.string, base.rid, base.primary_gid, str(base.domain_sid)),
                                 ("alice", int(rid), 513, domain))
                self.assertEqual([one.rid for one in base.groups.rids], [513, *groups])
                self.assertEqual({one.attributes for one in base.groups.rids}, {7})
                self.assertEqual([str(one.sid) for one in logon.sids], ["S-1-18-1"])
                self.assertEqual((base.logon_domain.string, base.user_flags & 0x20, base.acct_flags), ("EXAMPLE", 0x20, 0x10))
                self.assertEqual(bytes(base.key.key), bytes(16))
                self.assertEqual(base.logon_time, file_time(ticket.authtime))
                self.assertEqual((info[CLIENT_INFO].account_name, info[CLIENT_INFO].logon_time),
                                 ("alice", file_time(ticket.authtime)))
                upn = info[UPN_DNS_INFO]
                self.assertEqual((upn.upn_name, upn.dns_domain_name, upn.flags), ("alice@cloud.test", "CLOUD.TEST", 3))
                self.assertEqual((upn.ex.samaccountname, str(upn.ex.objectsid)), ("alice", alice["sid"]))

    def test_marks_of_a_tgt(self):
        for ticket in self.of("alice", "krbtgt/CLOUD.TEST"):
            info = self.read(ticket)
            self.assertEqual((info[ATTRIBUTES].flags_length, info[ATTRIBUTES].flags), (2, 2))
            self.assertEqual(str(info[REQUESTER_SID].sid), self.kdc.show("user", "alice")["sid"])

    def test_upn(self):
        upn = self.read(self.of("dora", self.service)[0])[UPN_DNS_INFO]
        self.assertEqual((upn.upn_name, upn.flags, upn.ex.samaccountname), ("dora.example@cloud.test", 2, "dora"))

    def test_a_service_that_logs_on(self):
        info = self.read(self.of(self.service, "krbtgt/CLOUD.TEST")[0])
        self.assertEqual(info[CLIENT_INFO].account_name, self.service)
        self.assertEqual(info[LOGON_INFO].info.info3.base.account_name.string, self.service)

    def test_errors_hold_nothing_of_the_clients(self):
        """As Windows' do: no times and names of the client's, no text."""
        errors = [fields(reply) for _, reply in self.relay.messages if reply[0] == KRB_ERROR]
        self.assertGreater(len(errors), 3)
        for error in errors:
            self.assertLessEqual(set(error), {0, 1, 4, 5, 6, 9, 10, 12})


if __name__ == "__main__":
    unittest.main()
