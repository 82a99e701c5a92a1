"""A PAC as Samba's own NDR code writes it."""
from samba.dcerpc import krb5pac, lsa, netlogon, samr, security
from samba.ndr import ndr_pack, ndr_unpack


def text(value):
    string = lsa.String()
    string.string = value
    return string


def groups(rids):
    array = samr.RidWithAttributeArray()
    members = []
    for rid in rids:
        member = samr.RidWithAttribute()
        member.rid, member.attributes = rid, 7
        members.append(member)
    array.rids, array.count = members, len(members)
    return array


def logon_info():
    info = krb5pac.PAC_LOGON_INFO()
    base = info.info3.base
    base.logon_time, base.kickoff_time = 134_000_000_000_000_000, 0x7FFFFFFFFFFFFFFF
    for field, value in (("account_name", "alice"), ("full_name", "Älice Example"), ("logon_script", ""), ("profile_path", ""),
                         ("home_directory", ""), ("home_drive", "")):
        setattr(base, field, text(value))
    base.rid, base.primary_gid, base.logon_count = 1104, 513, 3
    base.groups = groups([513, 512])
    for field, value in (("logon_server", "DC1"), ("logon_domain", "AD")):
        string = lsa.StringLarge()
        string.string = value
        setattr(base, field, string)
    base.domain_sid = security.dom_sid("S-1-5-21-1-2-3")
    extra = netlogon.netr_SidAttr()
    extra.sid, extra.attributes = security.dom_sid("S-1-18-1"), 7
    info.info3.sids, info.info3.sidcount = [extra], 1
    info.resource_groups.domain_sid = security.dom_sid("S-1-5-21-4-5-6")
    info.resource_groups.groups = groups([1200])
    return info


def buffer(kind, info):
    made = krb5pac.PAC_BUFFER()
    made.type, made.info = kind, info
    return made


def pac(only_logon_info=False):
    wrapped = krb5pac.PAC_LOGON_INFO_CTR()
    wrapped.info = logon_info()
    buffers = [buffer(krb5pac.PAC_TYPE_LOGON_INFO, wrapped)]
    if not only_logon_info:
        name = krb5pac.PAC_LOGON_NAME()
        name.logon_time, name.account_name = 134_000_000_000_000_000, "alice"
        upn = krb5pac.PAC_UPN_DNS_INFO()
        upn.upn_name, upn.dns_domain_name, upn.flags = "alice@ad.example", "AD.EXAMPLE", 2
        upn.ex.samaccountname, upn.ex.objectsid = "alice", security.dom_sid("S-1-5-21-1-2-3-1104")
        attributes = krb5pac.PAC_ATTRIBUTES_INFO()
        attributes.flags_length, attributes.flags = 2, 1
        requestor = krb5pac.PAC_REQUESTER_SID()
        requestor.sid = security.dom_sid("S-1-5-21-1-2-3-1104")
        signature = krb5pac.PAC_SIGNATURE_DATA()
        signature.type, signature.signature = 16, bytes(range(12))
        buffers += [buffer(krb5pac.PAC_TYPE_LOGON_NAME, name), buffer(krb5pac.PAC_TYPE_UPN_DNS_INFO, upn),
                    buffer(krb5pac.PAC_TYPE_ATTRIBUTES_INFO, attributes), buffer(krb5pac.PAC_TYPE_REQUESTER_SID, requestor),
                    buffer(krb5pac.PAC_TYPE_SRV_CHECKSUM, signature), buffer(krb5pac.PAC_TYPE_KDC_CHECKSUM, signature)]
    data = krb5pac.PAC_DATA()
    data.num_buffers, data.version, data.buffers = len(buffers), 0, buffers
    packed = ndr_pack(data)
    ndr_unpack(krb5pac.PAC_DATA, packed)
    return packed


def one_buffer(kind, info):
    """The octets of a PAC's only buffer."""
    data = krb5pac.PAC_DATA()
    data.num_buffers, data.version, data.buffers = 1, 0, [buffer(kind, info)]
    packed = ndr_pack(data)
    size, offset = int.from_bytes(packed[12:16], "little"), int.from_bytes(packed[16:24], "little")
    return packed[offset:offset + size]


def logon_info_buffer():
    wrapped = krb5pac.PAC_LOGON_INFO_CTR()
    wrapped.info = logon_info()
    return one_buffer(krb5pac.PAC_TYPE_LOGON_INFO, wrapped)


def delegation_buffer():
    info = krb5pac.PAC_CONSTRAINED_DELEGATION()
    info.proxy_target = text("cifs/files.example")
    info.transited_services, info.num_transited_services = [text("HTTP/a@R"), text("HTTP/b@R")], 2
    wrapped = krb5pac.PAC_CONSTRAINED_DELEGATION_CTR()
    wrapped.info = info
    return one_buffer(krb5pac.PAC_TYPE_CONSTRAINED_DELEGATION, wrapped)
