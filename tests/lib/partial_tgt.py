"""TGTs of a read-only domain controller, minted of nothing but its key: RFC 4120, and a PAC as Samba's NDR code writes it."""
import os
import time

from samba.dcerpc import krb5pac, netlogon, security
from samba.ndr import ndr_pack, ndr_unpack
from samba.tests.krb5 import kcrypto

from . import krb, odd_client, samba_pac
from .cloud_tgt import TICKET, CloudTgt, ascii_text, content, fields, principal

ENC_TGS_REP_PART = 0x7A
FORWARDABLE, RENEWABLE, PRE_AUTHENT, ENC_PA_REP = 0x40000000, 0x00800000, 0x00200000, 0x00010000
IF_RELEVANT, WIN2K_PAC, RESTRICTION = 1, 128, 141
FILETIME_1970 = 116_444_736_000_000_000


def logon_info(user, sid, groups):
    wrapped = krb5pac.PAC_LOGON_INFO_CTR()
    wrapped.info = samba_pac.logon_info()
    base = wrapped.info.info3.base
    domain, _, rid = sid.rpartition("-")
    base.account_name, base.rid, base.primary_gid = samba_pac.text(user), int(rid), groups[0]
    base.groups, base.domain_sid = samba_pac.groups(groups), security.dom_sid(domain)
    admins = netlogon.netr_SidAttr()
    admins.sid, admins.attributes = security.dom_sid("S-1-5-32-544"), 7
    wrapped.info.info3.sids, wrapped.info.info3.sidcount = [admins], 1
    return wrapped


class Pac:
    """Signed by the key, with the number behind the KDC's signature. without: types of buffers that are left out."""

    def __init__(self, user, sid, authtime, groups, without=()):
        name = krb5pac.PAC_LOGON_NAME()
        name.logon_time, name.account_name = authtime * 10_000_000 + FILETIME_1970, user
        attributes = krb5pac.PAC_ATTRIBUTES_INFO()
        attributes.flags_length, attributes.flags = 2, 1
        self.buffers = [samba_pac.buffer(krb5pac.PAC_TYPE_LOGON_INFO, logon_info(user, sid, groups)),
                        samba_pac.buffer(krb5pac.PAC_TYPE_LOGON_NAME, name),
                        samba_pac.buffer(krb5pac.PAC_TYPE_ATTRIBUTES_INFO, attributes)]
        requester = krb5pac.PAC_REQUESTER_SID()
        requester.sid = security.dom_sid(sid)
        self.buffers.append(samba_pac.buffer(krb5pac.PAC_TYPE_REQUESTER_SID, requester))
        self.buffers = [one for one in self.buffers if one.type not in without]

    def packed(self, server, kdc):
        signatures = []
        for kind, octets in ((krb5pac.PAC_TYPE_SRV_CHECKSUM, server), (krb5pac.PAC_TYPE_KDC_CHECKSUM, kdc)):
            signature = krb5pac.PAC_SIGNATURE_DATA()
            signature.type, signature.signature = 16, octets
            signatures.append(samba_pac.buffer(kind, signature))
        data, buffers = krb5pac.PAC_DATA(), self.buffers + signatures
        data.num_buffers, data.version, data.buffers = len(buffers), 0, buffers
        return ndr_pack(data)

    def signed(self, key, number):
        identifier = number.to_bytes(2, "little")
        server = kcrypto.make_checksum(16, key, 17, self.packed(bytes(12), bytes(12 + len(identifier))))
        return self.packed(server, kcrypto.make_checksum(16, key, 17, server) + identifier)


class PartialTgt:
    """As OddClient.tgs_request() takes a TGT: `ticket`, `session_key`, `holder`. key, kvno: of a keytab of krbtgt/REALM. groups: what
    its PAC says, which is nobody's business. pac: None where there is to be none."""

    def __init__(self, realm, key, kvno, user, sid, groups=(513, 512), pac=True, number=None, life=3600, without=()):
        self.holder, self.realm, self.session_key = user, realm, kcrypto.Key(18, os.urandom(32))
        self.authtime = int(time.time()) - 60
        self.endtime, self.renew_till = self.authtime + life, self.authtime + 2 * life
        self.flags = FORWARDABLE | RENEWABLE | PRE_AUTHENT | ENC_PA_REP
        octets = Pac(user, sid, self.authtime, list(groups), without).signed(key, kvno >> 16 if number is None else number) if pac else None
        part = self.part(octets)
        signed_kvno = kvno - (1 << 32) if kvno >> 31 else kvno
        self.ticket = krb.tlv(TICKET, krb.sequence(
            krb.context(0, krb.integer(5)), krb.context(1, krb.general_string(realm)),
            krb.context(2, krb.principal("krbtgt", realm, name_type=2)),
            krb.context(3, odd_client.encrypted(18, kcrypto.encrypt(key, 2, part, None), signed_kvno))))

    @staticmethod
    def element(kind, octets):
        return krb.sequence(krb.context(0, krb.integer(kind)), krb.context(1, krb.tlv(4, octets)))

    def part(self, pac):
        transited = krb.sequence(krb.context(0, krb.integer(0)), krb.context(1, krb.tlv(4)))
        authorization = b"" if pac is None else krb.context(10, krb.sequence(self.element(
            IF_RELEVANT, krb.sequence(self.element(WIN2K_PAC, pac)))))
        times = (self.authtime, self.authtime, self.endtime, self.renew_till)
        return krb.tlv(0x63, krb.sequence(
            krb.context(0, odd_client.bits(self.flags)), odd_client.OddClient.encryption_key(1, self.session_key),
            krb.context(2, krb.general_string(self.realm)), krb.context(3, krb.principal(self.holder)), krb.context(4, transited),
            *(krb.context(tag, odd_client.kerberos_time(at)) for tag, at in zip((5, 6, 7, 8), times)), authorization))

    def write_ccache(self, file):
        """For MIT's tools."""
        tgt = CloudTgt.__new__(CloudTgt)
        tgt.crealm, tgt.cname_type, tgt.cname = self.realm, 1, [self.holder]
        tgt.srealm, tgt.sname_type, tgt.part_sname = self.realm, 2, ["krbtgt", self.realm]
        tgt.key_type, tgt.key, tgt.ticket = 18, self.session_key.contents, self.ticket
        tgt.authtime = tgt.starttime = self.authtime
        tgt.endtime, tgt.renew_till, tgt.flags = self.endtime, self.renew_till, self.flags
        tgt.write_ccache(file)


class FullTgt(CloudTgt):
    """What it is exchanged for: the answer to a TGS-REQ, opened by the key."""

    def __init__(self, answer, key, usage=8):
        reply = fields(content(odd_client.TGS_REP, answer.octets))
        self.crealm, (self.cname_type, self.cname) = ascii_text(reply[3]), principal(reply[4])
        self.ticket = reply[5]
        self.read_ticket(fields(content(TICKET, self.ticket)))
        plain = kcrypto.decrypt(key, usage, odd_client.octet_string(odd_client.fields(reply[6])[2]))
        part = fields(content(ENC_TGS_REP_PART, plain))
        self.read_part(part)
        self.session_key, self.holder = kcrypto.Key(self.key_type, self.key), self.cname[0]
        self.encrypted_padata = [(odd_client.number(one[1]), odd_client.octet_string(one[2]))
                                 for one in map(odd_client.fields, odd_client.elements(part[12]) if 12 in part else [])]


def pac_in(ticket, key):
    """{type: what Samba reads} of the PAC in a ticket that the key opens."""
    encrypted = odd_client.fields(odd_client.fields(ticket)[3])
    part = odd_client.fields(kcrypto.decrypt(key, 2, odd_client.octet_string(encrypted[2])))
    first = odd_client.fields(odd_client.elements(part[10])[0])
    inner = odd_client.fields(odd_client.elements(odd_client.octet_string(first[1]))[0])
    assert odd_client.number(inner[0]) == WIN2K_PAC
    pac = ndr_unpack(krb5pac.PAC_DATA, odd_client.octet_string(inner[1]))
    return {buffer.type: buffer.info for buffer in pac.buffers}
