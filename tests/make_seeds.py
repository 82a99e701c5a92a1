#!/usr/bin/python3
"""Writes the fuzzers' seeds: small valid inputs of each kind, and the forms that real clients send."""
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib import fake_ad, krb, local_frames, pcap, samba_pac  # noqa: E402
from lib.https import mit_post, post  # noqa: E402
from lib.seeds import SRC, write  # noqa: E402


def as_request(realm, **options):
    return krb.as_req(realm, nonce=0x0BEBEDAE, **options)


def pieces(data, size=200):
    """As the session fuzzers read it: a length octet before each piece."""
    return b"".join(bytes([len(data[i:i + size])]) + data[i:i + size] for i in range(0, len(data), size))


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def dns(answers, count):
    return struct.pack(">HHHHHH", 1, 0x8180, 0, count, 0, 0) + answers


fast = krb.tlv(0xA0, krb.sequence(
    krb.context(0, krb.sequence(krb.context(0, krb.integer(1)), krb.context(1, krb.tlv(4, b"ap-req")))),
    krb.context(1, krb.sequence(krb.context(0, krb.integer(15)), krb.context(1, krb.tlv(4, b"sum")))),
    krb.context(2, krb.encrypted())))
as_req, kpasswd = as_request("R"), krb.kpasswd_request("R")
write("request_fuzz", "kerberos", {
    "as_req": as_req, "as_req_timestamp": as_request("R", padatas=[krb.padata(2, krb.encrypted())]),
    "as_req_fast": as_request("R", padatas=[krb.padata(136, fast)]), "kpasswd": kpasswd,
    "tgs_req": as_req.replace(b"\x6a", b"\x6c", 1).replace(b"\xa2\x03\x02\x01\x0a", b"\xa2\x03\x02\x01\x0c", 1)})
priv = krb.tlv(0x75, krb.sequence(krb.context(0, krb.integer(5)), krb.context(1, krb.integer(21)),
                                  krb.context(3, krb.encrypted())))
ap_rep = krb.tlv(0x6F, krb.sequence(krb.context(0, krb.integer(5)), krb.context(1, krb.integer(15)),
                                    krb.context(2, krb.encrypted())))
error = krb.krb_error(realm="R")
write("reply_fuzz", "kerberos", {
    "as_rep": krb.kdc_rep(11, "R"), "tgs_rep": krb.kdc_rep(13, "R"), "krb_error": error,
    "kpasswd": struct.pack(">HHH", 6 + len(ap_rep) + len(priv), 1, len(ap_rep)) + ap_rep + priv,
    "kpasswd_error": struct.pack(">HHH", 6 + len(error), 1, 0) + error})
salt, hints = krb.etype_info2((18, "AD.TESTalice")), [krb.padata(number, b"") for number in (16, 15, 147, 2, 136)]
write("salt_fuzz", "kerberos", {
    "samba_required": krb.krb_error(25, "AD.TEST", krb.sequence(*hints, salt)),
    "samba_failed": krb.krb_error(24, "AD.TEST", krb.sequence(salt)), "heimdal_failed": krb.krb_error(24, "HEIM.TEST"),
    "rc4_failed": krb.krb_error(24, "AD.TEST", krb.sequence(krb.etype_info2((23, None)), krb.padata(11, b"\x30\x00"))),
    "windows_required": krb.krb_error(25, "AD.TEST", krb.sequence(krb.etype_info2((23, None), (18, "AD.TESTalice")), *hints)),
    "as_rep": krb.kdc_rep(11, "AD.TEST", [salt]), "as_rep_pw_salt": krb.kdc_rep(11, "AD.TEST", [krb.padata(3, b"AD.TESTalice")]),
    "policy_error": krb.krb_error(12, "AD.TEST", krb.sequence(salt)), "as_req": as_req,
    "as_req_timestamp": as_request("R", padatas=[krb.padata(2, krb.encrypted())])})
write("kpasswd_fuzz", "kerberos", {
    "change": kpasswd, "set": krb.kpasswd_request("R", 0xFF80),
    "reply": struct.pack(">HHH", 6 + len(ap_rep) + len(priv), 1, len(ap_rep)) + ap_rep + priv,
    "reply_error": struct.pack(">HHH", 6 + len(error), 1, 0) + error})
write("der_fuzz", "der", {"as_req": as_req, "reply": krb.kdc_rep(11, "R"), "error": error, "kpasswd": ap_rep + priv})
write("message_fuzz", "kkdcp", {
    "prefixed": krb.proxy_message(as_req, "R"), "bare": krb.proxy_message(as_req, "R", prefix=False),
    "hint": krb.proxy_message(kpasswd, "R", hint=0x40000400), "bare_kpasswd": krb.proxy_message(kpasswd, "R", prefix=False)})
body = krb.proxy_message(as_req, "R")
write("http1_session_fuzz", "http", {
    "mit": pieces(mit_post(body)), "pipelined": pieces(post(b"a") + post(b"bb") + post(b"ccc")),
    "chunked": pieces(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"),
    "get": pieces(b"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")})
# HPACK: :method POST (indexed 3), :scheme https (7), :path and :authority literal.
headers = b"\x83\x87\x04\x09/KdcProxy\x01\x01x"
preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0)
write("http2_session_fuzz", "http", {
    "post": pieces(preface + frame(1, 4, 1, headers) + frame(0, 1, 1, body)),
    "reset": pieces(preface + frame(1, 5, 1, headers) + frame(3, 0, 1, b"\0\0\0\x08") + frame(6, 0, 0, bytes(8))),
    "two": pieces(preface + frame(1, 5, 1, headers) + frame(1, 5, 3, headers) + frame(7, 0, 0, bytes(8)))})
answer = krb.proxy_message(error, None)
write("http_reply_fuzz", "probe", {
    "length": b"\x07HTTP/1.0 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(answer) + answer,
    "chunked": b"\0HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\n\r\n",
    "interim": b"\xffHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\nx",
    "until_close": b"\x20HTTP/1.1 503 Service Unavailable\n\nNo KDC is available.\n"})
write("gateway_reply_fuzz", "client", {
    "error": answer, "bare": krb.proxy_message(error, None, prefix=False),
    "as_rep": krb.proxy_message(krb.kdc_rep(11, "R"), None), "kpasswd": krb.proxy_message(krb.kpasswd_error(), None)})
uri = struct.pack(">HH", 1, 1) + b"krb5srv:m:kkdcp:https://gw.test/x"
gateway = b"\x02gw\x04test\0"
write("discovery_fuzz", "client", {
    "uri": b"\0" + dns(b"\0" + struct.pack(">HHIH", 256, 1, 60, len(uri)) + uri, 1),
    "srv": b"\0" + dns(b"\0" + struct.pack(">HHIH", 33, 1, 60, 6 + len(gateway)) + struct.pack(">HHH", 0, 1, 443) + gateway, 1),
    "url": b"\1https://[::1]:444/KdcProxy", "policy": b"\1<https gw1.test gw2.test:443:KdcProxy />",
    "toml": b'\2deadline = "8s"\ndns_servers = ["127.0.0.1:53"]\n[gateways]\n"A.TEST" = ["gw1", "<https gw2 />"]\n".b" = "gw3"\n'})
name = b"\x03kdc\x04test\0"
write("dns_records_fuzz", "discovery", {
    "srv": dns(b"\0" + struct.pack(">HHIH", 33, 1, 60, 6 + len(name)) + struct.pack(">HHH", 0, 1, 88) + name, 1),
    "uri": dns(b"\0" + struct.pack(">HHIH", 256, 1, 60, 8) + struct.pack(">HH", 0, 1) + b"krb5", 1),
    "soa": dns(b"\0" + struct.pack(">HHIH", 6, 1, 60, 22) + b"\0\0" + bytes(20), 1)})
write("krb5_conf_fuzz", "discovery", {
    "realm": b"[libdefaults]\n dns_lookup_kdc = no\n[realms]\n R = {\n  kdc = a:88\n  admin_server = b\n }\ninclude /x\n"})
signature = b"\r\n\r\n\0\r\nQUIT\n"
write("proxy_header_fuzz", "net", {
    "v1_tcp4": b"PROXY TCP4 192.0.2.1 192.0.2.2 50000 443\r\nx", "v1_tcp6": b"PROXY TCP6 2001:db8::1 ::1 50000 443\r\n",
    "v1_unknown": b"PROXY UNKNOWN\r\n", "v2_local": signature + b"\x20\0\0\0",
    "v2_tcp4": signature + b"\x21\x11\0\x10" + bytes(16), "v2_tcp6": signature + b"\x21\x21\0\x24" + bytes(36)})
guid, traceparent = b"6f9619ff-8b86-4011-b42d-00c04fc964ff", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
write("trace_context_fuzz", "local", {
    "both": b"traceparent:" + traceparent + b"\nclient-request-id:" + guid + b"\nreturn-client-request-id:true\n",
    "later": b"Traceparent:cc" + traceparent[2:] + b"-more\n", "twice": (b"traceparent:" + traceparent + b"\n") * 2,
    "query": b"a=b&client-request-id=" + guid + b"&return-client-request-id=true", "none": b"host:x\n"})
write("forwarded_fuzz", "net", {
    "plain": b"198.51.100.1, 192.0.2.1, 10.0.0.1", "ports": b"[2001:db8::1]:5, 192.0.2.1:80,, 2001:db8::1",
    "pairs": b'for=192.0.2.60;proto=http;by="[2001:db8::1]:1", For="10.0.0.1:80"', "open": b'for="x\\", for=unknown'})


def alone(*messages):
    return b"".join(struct.pack(">I", len(message)) + message for message in messages)


write("message_session_fuzz", "net", {
    "as_req": pieces(alone(as_req)), "kept": pieces(alone(b"a", b"bb", b"ccc")), "cut": pieces(alone(b"abcdef"), 3),
    "reserved_bit": pieces(b"\x80\0\0\4abcd"), "too_long": pieces(b"\0\0\4\1abcd"), "empty": pieces(alone(b"", b"a"))})
write("config_fuzz", "settings", {
    "whole": b"""[[listen]]
address = "127.0.0.1:8080"
tls = false
proxy_protocol = true
trusted_proxies = ["10.0.0.0/8", "::1"]
[realms."A.TEST"]
kdc = ["tcp://[::1]:88", "k.test"]
allow = ["as-req"]
deadline = "3s"
[realms."*.B.TEST"]
discovery = "dns"
dns_allow_networks = ["127.0.0.0/8"]
dns_allow_ports = [8800]
[policy]
allow_unarmored_password = true
on_malformed = "drop"
[limits]
max_body = "64KiB"
client_exempt = []
[dns]
servers = ["127.0.0.1:5353"]
[log]
format = "json"
destination = "file:/x"
[process]
workers = 2
""", "least": b"[[listen]]\naddress='[::1]:1'\ntls=false\n[realms.A]\n", "wrong": b"[a]\nb=1\n[[listen]]\nx=[{}]\n"})
registry = "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\KPSSVC\\Settings]\r\n" \
    "\"HttpsClientAuth\"=dword:00000001\r\n\"HttpsUrlGroup\"=hex(7):2b,00,3a,00,\\\r\n  34,00,00,00\r\n\"Other\"=\"x\"\r\n"
write("import_fuzz", "settings", {
    "kdcproxy": b"\0[global]\nconfigs = mit\nuse_dns: no\ndns_realm_discovery = 1\n[A.TEST]\nkerberos = kerberos+tcp://a:88\n"
                b" kerberos+udp://b kerberos://[::1]\nkpasswd = kpasswd://%(use_dns)s%%\n[*B.TEST]\nsilence_port_warn = on\n",
    "kdcproxy_default": b"\0; comment\n[DEFAULT]\nuse_dns=yes\n[A.TEST]\nkerberos=kerberos://a\n",
    "kpssvc_utf16": b"\1\xff\xfe" + registry.encode("utf-16-le"), "kpssvc": b"\1" + registry.encode()})

one = b"\x02\x01\x01"
ex = fake_ad.netlogon(fake_ad.WINDOWS_2016, "dc1", next_site="Hub")
compressed = (ex[:24] + fake_ad.name("ad.test") + b"\xc0\x18" + b"\x03dc1\xc0\x18" + b"\x02AD\0" + b"\x03DC1\0" + b"\0" +
              b"\x06Branch\0" + b"\xc0\x32" + ex[-8:])
write("netlogon_fuzz", "discovery", {
    "answer": fake_ad.search_entry(one, ex), "compressed": fake_ad.search_entry(one, compressed),
    "no_next_site": fake_ad.search_entry(one, ex[:-13] + struct.pack("<IHH", 5, 0xFFFF, 0xFFFF)),
    "with_address": fake_ad.search_entry(one, ex[:-13] + b"\x10" + bytes(16) + struct.pack("<IHH", 13, 0xFFFF, 0xFFFF)),
    "not_mine": b"\x30\x0c" + one + b"\x65\x07\x0a\x01\x00\x04\x00\x04\x00"})

method_data = krb.sequence(krb.padata(19, krb.sequence(krb.sequence(krb.context(0, krb.integer(18)), krb.context(1, krb.general_string("salt"))))),
                           krb.padata(133, b"cookie"))
write("decode_fuzz", "decode", {
    "as_req": as_req, "as_req_fast": as_request("R", padatas=[krb.padata(136, fast)]), "prefixed": struct.pack(">I", len(as_req)) + as_req,
    "two": error + as_req, "kpasswd": kpasswd, "proxy": krb.proxy_message(kpasswd, "R", hint=0x40000400), "as_rep": krb.kdc_rep(11, "R"),
    "error": krb.krb_error(realm="R", e_data=method_data), "hex": error.hex(" ").encode(), "base64": b"fhswGaADAgEF"})
pacs = {"whole": samba_pac.pac(), "logon_info": samba_pac.pac(only_logon_info=True)}
write("pac_view_fuzz", "decode", pacs)
write("pac_fuzz", "pac", pacs)
write("ndr_fuzz", "pac", {"logon_info": samba_pac.logon_info_buffer(), "delegation": samba_pac.delegation_buffer()})
ad_data = krb.sequence(krb.context(0, krb.integer(128)), krb.context(1, krb.tlv(4, bytes(130))))
authorization_data = krb.sequence(krb.sequence(krb.context(0, krb.integer(1)), krb.context(1, krb.tlv(4, krb.sequence(ad_data)))))
enc_ticket_part = krb.tlv(0x63, krb.sequence(krb.context(0, b"\3\2\0\1"), krb.context(10, authorization_data)))
write("pac_ticket_fuzz", "pac", {"ticket": bytes([enc_ticket_part.index(bytes(130)), 130]) + enc_ticket_part})
aes_entry = struct.pack(">HH1sH5sIIBHH", 1, 1, b"R", 5, b"alice", 1, 1700000000, 44, 18, 32) + bytes(32) + struct.pack(">I", 300)
des_entry = struct.pack(">HH1sH1sIIBHH", 1, 1, b"R", 1, b"b", 1, 0, 1, 3, 8) + bytes(8)
write("keytab_fuzz", "crypto", {"three": b"\5\2" + b"".join(
    struct.pack(">i", size) + entry for size, entry in
    ((len(aes_entry), aes_entry), (-9, bytes(9)), (len(des_entry), des_entry), (len(aes_entry), aes_entry)))})
with open(os.path.join(SRC, "kdb", "testdata", "dump"), "rb") as file:
    dump = {line.split(b"\t")[6].split(b"@")[0].replace(b"/", b"_").decode(): line
            for line in file.read().split(b"\n") if line.startswith(b"princ")}
write("mit_dump_fuzz", "kdb", {name: dump[name] for name in ("K_M", "alice", "bare")})
write("csv_fuzz", "ferryman", {
    "users": b"name,display_name,upn,groups,must_change,expires,uid\r\nalice,\"Alice, \"\"L\"\"\",a@x.org;b@x.org,Staff,yes,2027-01-31,5000\r\n",
    "mistakes": b"\xef\xbb\xbfname,uid\n\nalice,x\n\"bo\nb\",1,2\n\"c"})
as_rep = krb.kdc_rep(11, "R")
framed = struct.pack(">I", len(as_rep)) + as_rep
write("capture_fuzz", "decode", {
    "udp": pcap.file([pcap.udp(50000, 88, as_req), pcap.udp(88, 50000, error)]),
    "tcp": pcap.file([pcap.tcp(88, 50000, 9, b"", pcap.SYN), pcap.tcp(88, 50000, 30, framed[20:]), pcap.tcp(88, 50000, 10, framed[:20])]),
    "gap": pcap.file([pcap.tcp(88, 50000, 9, b"", pcap.SYN), pcap.tcp(88, 50000, 30, framed)]),
    "http": pcap.file([pcap.tcp(50000, 80, 1, mit_post(body)), pcap.tcp(80, 50000, 1, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                       b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n")]),
    "ipv6": pcap.file([pcap.udp(50000, 464, kpasswd, ipv6=True)], link=101)})
http = local_frames.http_request("POST", "/t/oauth2/token", b"grant_type=srv_challenge", query="a=b", headers=[("Host", "x")])
kerberos = local_frames.kerberos_request(as_req, realm="R")
write("local_fuzz", "local", {
    "http_request": http, "kerberos_request": kerberos, "kerberos_reply": local_frames.string(error), "refusal": b"\1",
    "http_response": struct.pack(">H", 200) + local_frames.fields([("Content-Type", "application/json")]) + local_frames.string("{}"),
    "status": local_frames.status([(1, 0, 5), (2, 7, 1), (3, 4, 2)], (1, 2, 3, 4, 5), (6, 7, 8)),
    "status_request": local_frames.hello() + local_frames.frame(18, 1),
    "to_realm": local_frames.hello() + local_frames.frame(16, 1, http) + local_frames.frame(17, 2, kerberos) + local_frames.frame(3, 0),
    "to_ferrymand": local_frames.hello() + local_frames.frame(33, 1, local_frames.string(error)) + local_frames.frame(3, 0),
    "error": local_frames.hello() + local_frames.frame(2, 0, local_frames.string("truncated"))})
with open(os.path.join(SRC, "pki", "testdata", "key_credential_fuzz", "certificate"), "rb") as file:
    certificate = file.read()
write("sign_in_fuzz", "signin", {
    "home": b"GET /\0", "configuration": b"GET /example/.well-known/openid-configuration\0",
    "common": b"GET /common/v2.0/.well-known/openid-configuration\0",
    "user_realm": b"GET /common/UserRealm/alice@example.com\0", "registration_nonce": b"GET /EnrollmentServer/nonce/example/\0",
    "nonce": b"POST /example/oauth2/token\0a=%41+%&grant_type=srv_challenge",
    "leave": b"DELETE /EnrollmentServer/device/be31c781-5f9c-4a39-8ca4-9db444c788b8\0" + certificate,
    "twice": b"POST /example/oauth2/v2.0/token\0grant_type=a&grant_type=b"})
authorize = (b"client_id=%s&response_type=code&redirect_uri=%s&state=a%%26b&nonce=n&scope=openid&login_hint=%%3Cb%%3E&"
             b"code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256")
broker = authorize % (b"29d9ed98-a469-4536-ade2-f981bc1d605e", b"msauth://Microsoft.AAD.BrokerPlugin")
write("pages_fuzz", "pages", {
    name: b"\0".join((request, query, body)) for name, (request, query, body) in {
        "me": (b"sGET /example/me", b"", b""), "remove": (b"sGET /example/me", b"remove=everything", b""),
        "removed": (b"sPOST /example/me", b"", b"do=remove&id=everything"),
        "sign_out": (b"sPOST /example/me", b"", b"do=sign-out"),
        "sign_in": (b"vPOST /common/device/", b"a=b", b"do=sign-in&username=alice%40example&secret=%3Cx"),
        "device": (b"sGET /example/device", b"", b""), "code": (b"sPOST /example/device", b"", b"do=find&code=bcdf-ghjk"),
        "allow": (b"sPOST /example/device", b"", b"do=allow&code=BCDFGHJK"),
        "stranger": (b"vGET /example/oauth2/authorize", broker, b""),
        "ask": (b"sGET /example/oauth2/authorize", authorize % (b"wiki", b"http://localhost:99/cb"), b""),
        "give": (b"sPOST /example/oauth2/v2.0/authorize", broker, b"do=allow"),
        "deny": (b"sPOST /example/oauth2/authorize", authorize % (b"wiki", b"app.wiki:/cb"), b"do=deny"),
        "wrong": (b"sGET /example/oauth2/authorize", broker.replace(b"=code", b"=token"), b""),
        "evil": (b"sGET /%3Cb%3E/me", b"x", b"")}.items()})
write("realm_config_fuzz", "realm", {
    "whole": b"""[realm]
name = "A.TEST"
url = "https://[::1]:8443/"
default_tenant = "a"
[service]
front = "/x"
front_user = "u"
threads = 1
max_connections = 2
max_queue = 3
drain_timeout = "1m"
[sign_in]
nonce_lifetime = "90s"
[log]
format = "json"
level = "debug"
""", "least": b"[realm]\nname='A'\nurl='https://a'\ndefault_tenant='a'\n", "wrong": b"realm = 1\n[service]\nfront = 'x'\n[y]\n"})
# Which request, which of its parts is bent, and three octets for each change.
write("signed_requests_fuzz", "signin", {
    f"{name}_{part}": bytes([number, part, part, 40 * part % 256, 7 * part + number])
    for number, (name, parts) in enumerate({"by_key": 12, "by_refresh_token": 9, "tokens_by_refresh_token": 4, "token_kdf_1": 9,
                                            "token_kdf_2": 9, "renewal_kdf_1": 9, "renewal_kdf_2": 9, "join": 11, "register_jwk": 10,
                                            "register_der": 9, "register_blob": 9, "leave": 7}.items()) for part in range(parts)})
write("signed_requests_fuzz", "signin", {f"good_{number}": bytes([number, 255]) for number in range(12)})
# Which part of a request is bent, and one octet for each change.
write("kdc_fuzz", "kdc", {name: bytes([part, 1, 5 + part, 60]) for part, name in enumerate(
    ["as_message", "timestamp", "ticket_part", "authenticator", "tgs_body", "authorization", "pac_buffer", "fast_inside",
     "challenge", "priv_part", "kpasswd_message", "key_list", "for_user", "for_x509_user"])})
