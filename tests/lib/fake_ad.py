"""A domain of domain controllers that are what a test wants them to be: CLDAP at port 389, a KDC at port 88, both
at loopback addresses, and the DNS that names them. Needs root."""
import socket
import struct
import threading
import time

from . import krb
from .fake_dns import A, SRV, FakeDns, record, srv
from .fake_kdc import FakeKdc, answering

PDC, GC, LDAP, DS, KDC, TIMESERV, CLOSEST, WRITABLE, GOOD_TIMESERV = 1, 4, 8, 0x10, 0x20, 0x40, 0x80, 0x100, 0x200
SELECT_SECRET, FULL_SECRET, WEB_SERVICE, DS_8, DS_9, DS_10 = 0x800, 0x1000, 0x2000, 0x4000, 0x8000, 0x10000
KEY_LIST = 0x20000
WINDOWS_2008R2 = GC | LDAP | DS | KDC | WRITABLE | FULL_SECRET | WEB_SERVICE
WINDOWS_2012 = WINDOWS_2008R2 | TIMESERV | DS_8
WINDOWS_2016 = WINDOWS_2012 | DS_9 | DS_10 | KEY_LIST


def tlv(tag, content):
    """BER with four octets of length, as Active Directory writes it."""
    return bytes([tag]) + b"\x84" + struct.pack(">I", len(content)) + content


def name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".") if label) + b"\0"


def netlogon(flags, host, domain="ad.test", netbios="AD", site="Branch", client_site="Branch", next_site=""):
    """NETLOGON_SAM_LOGON_RESPONSE_EX (MS-ADTS 6.3.1.9)."""
    return (struct.pack("<HHI", 23, 0, flags) + bytes(16) + name(domain) + name(domain) + name(f"{host}.{domain}") +
            name(netbios) + name(host.upper()) + name("") + name(site) + name(client_site) + name(next_site) +
            struct.pack("<IHH", 0x15, 0xFFFF, 0xFFFF))


def search_entry(message_id, value):
    attributes = tlv(0x30, tlv(0x30, tlv(4, b"Netlogon") + tlv(0x31, tlv(4, value))))
    done = tlv(0x30, message_id + b"\x65\x07\x0a\x01\x00\x04\x00\x04\x00")
    return tlv(0x30, message_id + tlv(0x64, tlv(4, b"") + attributes)) + done


class FakeDc:
    """answer(message_id, value) gives the datagrams that answer a ping, after delay seconds; message_id is the
    encoded INTEGER. has_kdc: False where a real KDC listens there."""

    def __init__(self, host, name, flags=WINDOWS_2016, tcp=None, answer=None, realm="AD.TEST", delay=0, has_kdc=True, **reply):
        self.host, self.name, self.pings, self.delay = host, name, 0, delay
        self.flags, self.reply = flags, reply
        self.answer = answer or (lambda message_id, value: [search_entry(message_id, value)])
        error = krb.krb_error(realm=realm)
        self.kdc = has_kdc and FakeKdc(tcp=tcp or answering(message=error), udp=lambda request: error, host=host, port=88)
        self.cldap = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.cldap.bind((host, 389))
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    @property
    def requests(self):
        return len(self.kdc.requests)

    def serve(self):
        while True:
            try:
                request, sender = self.cldap.recvfrom(4096)
            except OSError:
                return
            if sender is None:
                return
            self.pings += 1
            at = 2 if request[1] < 0x80 else 2 + (request[1] & 0x7F)  # behind LDAPMessage's header
            message_id = request[at:at + 2 + request[at + 1]]
            time.sleep(self.delay)
            for datagram in self.answer(message_id, netlogon(self.flags, self.name, **self.reply)):
                self.cldap.sendto(datagram, sender)

    def stop(self):
        try:
            self.cldap.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.cldap.close()
        self.thread.join()  # until then the port is not closed
        if self.kdc:
            self.kdc.stop()


class FakeDomain:
    """The DNS of ad.test. records: of "_kerberos._tcp.dc._msdcs" and the like, lists of (priority, name of a DC);
    hosts: name to address. additional: SRV answers bring the addresses along, as Windows' and BIND's do."""

    def __init__(self, records, hosts, ttl=60, delay=0, additional=False):
        self.records, self.hosts, self.ttl, self.additional = records, hosts, ttl, additional
        self.dns = FakeDns(self.answer, delay)
        self.address, self.questions = self.dns.address, self.dns.questions

    def answer(self, asked, kind):
        below = asked.removesuffix(".ad.test")
        if kind == SRV:
            named = self.records.get(below, [])
            answers = [record(SRV, srv(f"{dc}.ad.test", 88, priority), ttl=self.ttl) for priority, dc in named]
            along = [record(A, socket.inet_aton(self.hosts[dc]), name(f"{dc}.ad.test"), self.ttl)
                     for _, dc in named if self.additional]
            return answers, along
        if kind == A and below in self.hosts:
            return [record(A, socket.inet_aton(self.hosts[below]), ttl=self.ttl)]
        return []

    def asked(self, below):
        return len([q for q in self.questions if q == (below + ".ad.test", SRV)])

    def stop(self):
        self.dns.stop()
