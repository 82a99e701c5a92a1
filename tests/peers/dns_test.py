"""MIT's KDC found by DNS (dnsmasq) and by libkrb5's krb5.conf."""
import os
import struct
import unittest

from lib import krb
from lib.client import Client
from lib.gateway import Gateway, configuration
from lib.https import Connection, post
from lib.kdcs import MitKdc
from lib.proc import Process, free_port, listens, wait_for
from lib.scenario import Scenario
from peers.logon import gateway_url


class Dnsmasq:
    def __init__(self, directory, lines, host="127.0.0.50"):
        self.host, self.port = host, free_port(host)
        self.address = f"{host}:{self.port}"
        config = os.path.join(directory, f"dnsmasq-{self.port}.conf")
        with open(config, "w") as file:
            file.write("\n".join(["no-daemon", "no-resolv", "no-hosts", "no-poll", f"port={self.port}",
                                  f"listen-address={host}", "bind-interfaces", "user=root", "pid-file",
                                  "log-queries", "local=/test/", "local-ttl=60", *lines]) + "\n")
        self.process = Process(["/usr/sbin/dnsmasq", "-C", config], config + ".log")
        wait_for(lambda: listens(host, self.port), "dnsmasq")

    def questions(self):
        return [line.split("query[")[1].split(" from")[0] for line in self.process.text().split("\n") if "query[" in line]

    def stop(self):
        self.process.stop()


def uri_record(name, priority, weight, target):
    return f"dns-rr={name},256,{(struct.pack('>HH', priority, weight) + target.encode()).hex()}"


class DnsTest(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc = cls.started(MitKdc(cls.directory, cls.authority))

    def start(self, lines, **realm):
        dns = self.running(Dnsmasq(self.directory, lines))
        port = free_port()
        settings = {"discovery": "dns", "dns_allow_networks": ["127.0.0.0/8"], "allow_unarmored_password": True,
                    "dns_allow_ports": [self.kdc.port, self.kdc.kpasswd_port], **realm}
        gateway = self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}], {"MIT.TEST": settings}, self.tls, dns={"servers": [dns.address]},
            process={"workers": 1}), name=self.id()))
        return dns, gateway, port

    def logon(self, port):
        url = gateway_url(port)
        client = Client(self.directory, {"MIT.TEST": {"kdc": url, "kpasswd_server": url, "http_anchors": "FILE:" + self.authority.certificate}},
                        name="client-" + self.id())
        client.kinit("alice", "alice-pw")
        self.assertIn("keytab entry valid", client.kvno("HTTP/www.mit.test", self.kdc.keytab).stdout)
        return client

    def test_srv_with_the_first_priority_dead(self):
        dead = free_port()
        dns, gateway, port = self.start([
            f"srv-host=_kerberos._udp.mit.test,dead.mit.test,{dead},0,100",
            f"srv-host=_kerberos._tcp.mit.test,dead.mit.test,{dead},0,100",
            f"srv-host=_kerberos._udp.mit.test,kdc.mit.test,{self.kdc.port},10,100",
            f"srv-host=_kerberos._tcp.mit.test,kdc.mit.test,{self.kdc.port},10,100",
            f"srv-host=_kpasswd._tcp.mit.test,kdc.mit.test,{self.kdc.kpasswd_port},0,0",
            "host-record=kdc.mit.test,127.0.0.1", "host-record=dead.mit.test,127.0.0.1"],
            dns_allow_ports=[self.kdc.port, self.kdc.kpasswd_port, dead])
        client = self.logon(port)
        client.kpasswd("bob", "bob-pw", "other-pw")
        gateway.wait_event("exchange", type="KPASSWD", kdc=self.kdc.kpasswd)
        questions = [q for q in dns.questions() if "_k" in q]
        self.assertIn("SRV] _kerberos._udp.mit.test", questions)
        self.assertEqual(len(questions), len(set(questions)), "each asked once, then kept for its TTL")

    def test_uri_records_go_before_srv(self):
        dns, gateway, port = self.start([
            uri_record("_kerberos.mit.test", 0, 0, "krb5srv:m:kkdcp:https://proxy.mit.test/KdcProxy"),
            uri_record("_kerberos.mit.test", 10, 0, f"krb5srv:m:udp:kdc.mit.test:{self.kdc.port}"),
            f"srv-host=_kerberos._tcp.mit.test,other.mit.test,{self.kdc.port},0,0",
            "host-record=kdc.mit.test,127.0.0.1"])
        self.logon(port)
        self.assertEqual({e["transport"] for e in gateway.wait_event("exchange")}, {"udp"})
        self.assertNotIn("SRV] _kerberos._tcp.mit.test", dns.questions())

    def ask(self, port):
        connection = Connection(port, ca=self.authority.certificate)
        self.addCleanup(connection.close)
        connection.send(post(krb.proxy_message(krb.as_req())))
        return connection.response()[0]

    def test_records_that_lead_where_they_must_not_are_refused(self):
        cases = {"loopback": ("127.0.0.1", 88), "link_local": ("169.254.169.254", 88), "this_network": ("0.0.0.1", 88),
                 "multicast": ("224.0.0.1", 88), "ssh": ("10.255.255.1", 22), "redis": ("10.255.255.1", 6379)}
        for name, (address, target_port) in cases.items():
            with self.subTest(name):
                _, gateway, port = self.start([f"srv-host=_kerberos._tcp.mit.test,x.mit.test,{target_port},0,0",
                                               f"host-record=x.mit.test,{address}"],
                                              dns_allow_networks=[], dns_allow_ports=[])
                self.assertEqual(self.ask(port), 503)
                event = gateway.wait_event("no_kdc")[0]
                self.assertEqual((event["reason"], event.get("tries", 0)), ("records_refused", 0))
                gateway.stop()

    def test_a_realm_without_records_is_remembered(self):
        dns, gateway, port = self.start([])
        for _ in range(3):
            self.assertEqual(self.ask(port), 503)
        gateway.wait_event("no_kdc", 3, reason="no_records")
        questions = dns.questions()
        self.assertEqual(len(questions), len(set(questions)))

    def test_a_wildcard_serves_the_realms_below_it(self):
        dns = self.running(Dnsmasq(self.directory, [
            f"srv-host=_kerberos._tcp.mit.test,kdc.mit.test,{self.kdc.port},0,0", "host-record=kdc.mit.test,127.0.0.1"]))
        port = free_port()
        self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}],
            {"*.TEST": {"discovery": "dns", "dns_allow_networks": ["127.0.0.0/8"], "allow_unarmored_password": True,
                        "dns_allow_ports": [self.kdc.port]}},
            self.tls, dns={"servers": [dns.address]}), name=self.id()))
        self.logon(port)

    def test_krb5_conf(self):
        config = os.path.join(self.directory, "gateway-krb5.conf")
        with open(config, "w") as file:
            file.write(f"[realms]\n MIT.TEST = {{\n  kdc = https://localhost:{free_port()}/KdcProxy\n"
                       f"  kdc = {self.kdc.kdc}\n  kpasswd_server = {self.kdc.kpasswd}\n }}\n")
        port = free_port()
        gateway = self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}],
            {"MIT.TEST": {"discovery": "krb5", "krb5_conf": config, "allow_unarmored_password": True}}, self.tls),
            name=self.id()))
        self.logon(port)
        self.assertEqual({e["kdc"] for e in gateway.wait_event("exchange")}, {self.kdc.kdc})


if __name__ == "__main__":
    unittest.main()
