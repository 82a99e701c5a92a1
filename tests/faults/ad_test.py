"""Domain controllers as Samba cannot be made to be: sites, Windows' versions, silence, lies."""
import struct
import threading
import time
import unittest

from lib import krb
from lib.fake_ad import (CLOSEST, GOOD_TIMESERV, PDC, WEB_SERVICE, WINDOWS_2008R2, WINDOWS_2012,
                         WINDOWS_2016, WRITABLE, FakeDc, FakeDomain, netlogon, search_entry)
from lib.fake_kdc import silent
from lib.gateway import Gateway, configuration
from lib.https import Connection, post
from lib.proc import free_port, wait_for
from lib.scenario import Scenario

DOMAIN = "_kerberos._tcp.dc._msdcs"
BRANCH, HUB = "_kerberos._tcp.branch._sites.dc._msdcs", "_kerberos._tcp.hub._sites.dc._msdcs"
IP_REQUIRED, KDC_REQUIRED = 0x200, 0x400
PLAIN = IP_REQUIRED | KDC_REQUIRED
A, B, C = "127.0.0.61", "127.0.0.62", "127.0.0.63"


class AdFaultTest(Scenario):
    def dc(self, *args, **kwargs):
        return self.running(FakeDc(*args, **kwargs))

    def domain(self, *args, **kwargs):
        return self.running(FakeDomain(*args, **kwargs))

    def gateway(self, domain, limits=None, **realm):
        port = free_port()
        gateway = self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}", "tls": False}],
            {"AD.TEST": {"discovery": "ad", "deadline": "4s", "dns_allow_networks": ["127.0.0.0/8"], **realm}},
            dns={"servers": [domain.address]}, limits=limits or {}, process={"workers": 1}), name=self.id() + str(port)))
        gateway.port = port
        return gateway

    def ask(self, gateway, hint=None, message=None, realm="AD.TEST"):
        connection = Connection(gateway.port, tls=False)
        try:
            message = message or krb.as_req(realm)
            connection.send(post(krb.proxy_message(message, realm, hint=hint)))
            return connection.response()[0]
        finally:
            connection.close()

    def armored(self, gateway):
        return self.ask(gateway, message=krb.as_req("AD.TEST", padatas=[krb.fast_padata()]))

    def asked_kdc(self, gateway):
        return gateway.events("exchange")[-1]["kdc"]

    def test_the_own_site_goes_before_the_domain(self):
        """No site is configured: the ping tells which it is, and its records are asked then."""
        near, far = self.dc(A, "near", WINDOWS_2016, site="Branch"), self.dc(B, "far", WINDOWS_2016, site="Hub")
        domain = self.domain({DOMAIN: [(0, "far")], BRANCH: [(50, "near")]}, {"near": A, "far": B})
        gateway = self.gateway(domain)
        for _ in range(5):
            self.assertEqual(self.ask(gateway), 200)
        gateway.wait_event("exchange", count=5)
        self.assertEqual((near.requests, far.requests), (5, 0))

    def test_the_next_closest_site_only_when_asked_for(self):
        hub, far = self.dc(B, "hub", site="Hub", next_site="Hub"), self.dc(C, "far", site="Far", next_site="Hub")
        domain = self.domain({DOMAIN: [(0, "far"), (10, "hub")], HUB: [(0, "hub")]}, {"hub": B, "far": C})
        gateway = self.gateway(domain)
        self.assertEqual(self.ask(gateway), 200)
        self.assertEqual((hub.requests, far.requests), (0, 1), "by priority")
        self.assertEqual(self.ask(gateway, PLAIN | 0x40000), 200)
        self.assertEqual((hub.requests, far.requests), (1, 1), "DS_TRY_NEXTCLOSEST_SITE")

    def test_closest_flag_stands_for_the_own_site(self):
        near, far = self.dc(A, "near", WINDOWS_2016 | CLOSEST), self.dc(B, "far", WINDOWS_2016)
        domain = self.domain({DOMAIN: [(0, "far"), (50, "near")]}, {"near": A, "far": B})
        gateway = self.gateway(domain)
        for _ in range(3):
            self.assertEqual(self.ask(gateway), 200)
        self.assertEqual((near.requests, far.requests), (3, 0))
        self.assertEqual(domain.asked(BRANCH), 0, "a domain controller of the site is known already")

    def test_fast_goes_to_those_that_can(self):
        old, new = self.dc(A, "old", WINDOWS_2008R2), self.dc(B, "new", WINDOWS_2012)
        domain = self.domain({DOMAIN: [(0, "old"), (10, "new")]}, {"old": A, "new": B})
        gateway = self.gateway(domain)
        self.assertEqual(self.ask(gateway), 200)
        self.assertEqual((old.requests, new.requests), (1, 0))
        self.assertEqual(self.armored(gateway), 200)
        self.assertEqual((old.requests, new.requests), (1, 1))
        new.stop()
        self.assertEqual(self.armored(gateway), 503, "never to the one that cannot do FAST")
        self.assertEqual(old.requests, 1)
        self.assertEqual(self.ask(gateway), 200)

    def test_fast_goes_to_a_writable_one_first(self):
        near = self.dc(A, "near", (WINDOWS_2016 & ~WRITABLE) | CLOSEST)
        far = self.dc(B, "far", WINDOWS_2016)
        gateway = self.gateway(self.domain({DOMAIN: [(0, "near"), (10, "far")]}, {"near": A, "far": B}))
        self.assertEqual(self.ask(gateway), 200)
        self.assertEqual(self.armored(gateway), 200)
        self.assertEqual((near.requests, far.requests), (1, 1))
        far.stop()
        self.assertEqual(self.armored(gateway), 200, "better than none")
        self.assertEqual((near.requests, far.requests), (2, 1))

    def test_fast_where_no_domain_controller_shows_versions(self):
        """As Samba 4.17: it can do FAST, but its flags do not say so."""
        self.dc(A, "one", WINDOWS_2008R2)
        gateway = self.gateway(self.domain({DOMAIN: [(0, "one")]}, {"one": A}))
        self.assertEqual(self.armored(gateway), 200)
        self.assertEqual(self.ask(gateway, PLAIN | 0x200000), 503, "a client that wants DS_8 itself gets it or nothing")
        self.assertEqual(gateway.wait_event("no_kdc")[0]["reason"], "no_suitable_dc")

    def test_each_flag_chooses(self):
        plain = self.dc(A, "plain", WINDOWS_2008R2 & ~WEB_SERVICE & ~WRITABLE)
        full = self.dc(B, "full", WINDOWS_2016 | PDC | GOOD_TIMESERV)
        all_records = [(0, "plain"), (10, "full")]
        domain = self.domain({DOMAIN: all_records, "_ldap._tcp.dc._msdcs": all_records,
                              "_ldap._tcp.pdc._msdcs": [(0, "full")], "_ldap._tcp.gc._msdcs": [(0, "full")]},
                             {"plain": A, "full": B})
        gateway = self.gateway(domain)
        for flags, chosen in ((None, plain), (PLAIN, plain), (0, plain), (0x10 | PLAIN, plain), (0x20 | PLAIN, plain),
                              (0x100 | PLAIN, plain), (0x4000 | PLAIN, plain), (0x8000 | PLAIN, plain),
                              (0x20000 | PLAIN, plain), (0x40000000 | PLAIN, plain), (0x80000000 | PLAIN, plain),
                              (0x80000 | PLAIN, plain), (0x40, full), (0x80, full), (0x800 | PLAIN, full),
                              (0x1000 | PLAIN, full), (0x2000, full), (0x100000 | PLAIN, full), (0x200000 | PLAIN, full),
                              (0x400000 | PLAIN, full), (0x800000 | PLAIN, full), (0x1000000 | PLAIN, full)):
            with self.subTest(flags=flags and hex(flags)):
                before = chosen.requests
                self.assertEqual(self.ask(gateway, flags), 200)
                self.assertEqual(chosen.requests, before + 1)

    def test_flags_that_exclude_each_other_are_malformed(self):
        self.dc(A, "one", WINDOWS_2016)
        gateway = self.gateway(self.domain({DOMAIN: [(0, "one")]}, {"one": A}))
        for flags in (0x30000, 0xC0000000, 0x40 | 0x400, 0x80 | 0x400, 0x40 | 0x80, 0x10 | 0x80000, 0x80000 | 0x200000,
                      0x2000 | 0x400, 0x2000 | 0x10, 0x2, 0x08000000):
            with self.subTest(hex(flags)):
                self.assertEqual(self.ask(gateway, flags), 400)
        self.assertEqual({e["reason"] for e in gateway.wait_event("malformed", count=11)}, {"invalid_flags"})

    def test_a_netbios_name_that_the_ping_told(self):
        dc = self.dc(A, "one", WINDOWS_2016, netbios="CORP")
        gateway = self.gateway(self.domain({DOMAIN: [(0, "one")]}, {"one": A}))
        wait_for(lambda: gateway.messages("located KDCs"), "the domain to be located")
        self.assertEqual(self.ask(gateway, realm="CORP"), 200)
        self.assertEqual(self.ask(gateway, PLAIN | 0x10000, realm="corp"), 200)
        self.assertEqual(dc.requests, 2)
        self.assertEqual(self.ask(gateway, PLAIN | 0x20000, realm="CORP"), 503, "DS_IS_DNS_NAME")
        self.assertEqual(self.ask(gateway, PLAIN | 0x10000), 503, "DS_IS_FLAT_NAME")
        self.assertEqual(self.ask(gateway, realm="OTHER"), 503)

    def test_a_realm_below_a_wildcard_has_no_netbios_name(self):
        """Whoever can name a realm could take a name for it otherwise."""
        self.dc(A, "one", WINDOWS_2016, netbios="CORP")
        domain = self.domain({DOMAIN: [(0, "one")]}, {"one": A})
        port = free_port()
        gateway = self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}", "tls": False}],
            {"*.TEST": {"discovery": "ad", "dns_allow_networks": ["127.0.0.0/8"]}}, dns={"servers": [domain.address]},
            process={"workers": 1}), name=self.id()))
        gateway.port = port
        self.assertEqual(self.ask(gateway), 200)
        self.assertEqual(self.ask(gateway, realm="CORP"), 503)
        gateway.wait_event("realm_not_served")

    def test_hostile_ping_answers(self):
        right = netlogon(WINDOWS_2016, "one")
        entry = lambda value: lambda message_id, _: [search_entry(message_id, value)]
        cases = {
            "nothing": lambda message_id, value: [],
            "empty": lambda message_id, value: [b""],
            "truncated": lambda message_id, value: [search_entry(message_id, value)[:at] for at in (1, 9, 40, 90, 130)],
            "another question's": lambda message_id, value: [search_entry(b"\x02\x01\x01", value)],
            "a length of 4 GiB": lambda message_id, value: [b"\x30\x84\xff\xff\xff\xff" + message_id],
            "an indefinite length": lambda message_id, value: [b"\x30\x80" + message_id],
            "an empty value": entry(b""),
            "a cut value": entry(right[:40]),
            "a name that points at itself": entry(right[:24] + b"\xc0\x18" + right[26:]),
            "a name that points ahead": entry(right[:24] + b"\xc0\xff" + right[26:]),
            "a name without end": entry(right[:24] + b"\x3f" * 900 + right[-8:]),
            "another opcode": entry(struct.pack("<H", 19) + right[2:]),
            "not its domain": lambda message_id, value: [b"\x30" + bytes([len(message_id) + 9]) + message_id +
                                                          b"\x65\x07\x0a\x01\x00\x04\x00\x04\x00"],
            "another domain's": entry(netlogon(WINDOWS_2016, "one", domain="evil.test")),
            "no KDC": entry(netlogon(8, "one")),
        }
        reasons = {"not its domain": "not_a_dc_of_the_domain", "another domain's": "no_suitable_dc", "no KDC": "no_suitable_dc"}
        domain = self.domain({DOMAIN: [(0, "one")]}, {"one": A})
        for case, answer in cases.items():
            with self.subTest(case):
                dc = FakeDc(A, "one", answer=answer)
                gateway = self.gateway(domain)
                self.assertEqual(self.ask(gateway), 503)
                self.assertEqual(gateway.wait_event("no_kdc")[0]["reason"], reasons.get(case, "no_ping_answer"))
                self.assertEqual(dc.requests, 0)
                self.assertTrue(gateway.process.alive())
                gateway.stop()
                dc.stop()

    def test_the_right_answer_behind_forged_ones(self):
        self.dc(A, "one", answer=lambda message_id, value: [b"junk", search_entry(b"\x02\x01\x07", value), b"\x30\x80",
                                                            search_entry(message_id, value)])
        gateway = self.gateway(self.domain({DOMAIN: [(0, "one")]}, {"one": A}))
        self.assertEqual(self.ask(gateway), 200)

    def test_addresses_that_the_records_bring_along_are_not_asked_for(self):
        self.dc(A, "one")
        domain = self.domain({DOMAIN: [(0, "one")]}, {"one": A}, additional=True)
        gateway = self.gateway(domain)
        self.assertEqual(self.ask(gateway), 200)
        self.assertEqual([q for q in domain.questions if q[0] == "one.ad.test"], [])

    def test_addresses_that_are_brought_along_are_held_to_the_rules(self):
        self.dc(A, "one")
        domain = self.domain({DOMAIN: [(0, "one")]}, {"one": A}, additional=True)
        gateway = self.gateway(domain, dns_allow_networks=[])
        self.assertEqual(self.ask(gateway), 503)
        self.assertEqual(gateway.wait_event("no_kdc")[0]["reason"], "records_refused")

    def test_a_silent_domain_controller_delays_nobody(self):
        self.dc(A, "dead", answer=lambda message_id, value: []), self.dc(B, "alive", WINDOWS_2016 | CLOSEST)
        domain = self.domain({DOMAIN: [(0, "dead"), (0, "alive")]}, {"dead": A, "alive": B})
        gateway = self.gateway(domain)
        self.assertEqual(self.ask(gateway), 200)
        self.assertLess(gateway.wait_event("exchange")[0]["total_us"], 450_000)
        self.assertEqual(self.asked_kdc(gateway), B + ":88")

    def test_an_answer_of_dns_after_the_deadline_serves_the_next(self):
        self.dc(A, "one")
        domain = self.domain({DOMAIN: [(0, "one")]}, {"one": A}, delay=0.6)
        gateway = self.gateway(domain, deadline="300ms")
        self.assertEqual(self.ask(gateway), 504)
        wait_for(lambda: gateway.messages("located KDCs"), "the lookup to go on to its end")
        self.assertEqual(self.ask(gateway), 200)

    def test_one_lookup_for_many_who_ask_at_once(self):
        self.dc(A, "one")
        domain = self.domain({DOMAIN: [(0, "one")]}, {"one": A}, delay=0.3)
        gateway = self.gateway(domain)
        results = []
        threads = [threading.Thread(target=lambda: results.append(self.ask(gateway))) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(results, [200] * 50)
        self.assertEqual(domain.asked(DOMAIN), 1)

    def test_what_does_not_exist_is_remembered_too(self):
        domain = self.domain({}, {})
        gateway = self.gateway(domain)
        for _ in range(10):
            self.assertEqual(self.ask(gateway), 503)
        self.assertEqual(domain.asked(DOMAIN), 1)
        self.assertEqual(gateway.wait_event("no_kdc")[0]["reason"], "no_records")

    def test_what_is_known_is_refreshed_before_it_is_old(self):
        """Every answer stands for 5 s at least. Somebody asks all the time, and nobody waits."""
        self.dc(A, "one")
        domain = self.domain({DOMAIN: [(0, "one")]}, {"one": A}, ttl=1)
        gateway = self.gateway(domain)
        self.assertEqual(self.ask(gateway), 200)
        domain.dns.delay = 0.2  # less than the rest of the time, far more than a request without a lookup
        end = time.monotonic() + 9
        while time.monotonic() < end:
            self.assertEqual(self.ask(gateway), 200)
            time.sleep(0.05)
        self.assertGreaterEqual(domain.asked(DOMAIN), 2)
        waits = [e.get("locate_us", 0) for e in gateway.events("exchange")[1:]]
        self.assertLess(max(waits), 150_000)

    def test_new_domain_controllers_are_found_when_all_known_ones_have_died(self):
        old, new = self.dc(A, "old"), self.dc(B, "new")
        domain = self.domain({DOMAIN: [(0, "old")]}, {"old": A, "new": B}, ttl=3600)
        gateway = self.gateway(domain)
        self.assertEqual(self.ask(gateway), 200)
        domain.records[DOMAIN] = [(0, "new")]
        old.stop()
        time.sleep(5.1)  # a lookup that is younger is not repeated
        self.assertEqual(self.ask(gateway), 200, "by the same request")
        self.assertTrue(gateway.wait_event("exchange", rediscovered=True, kdc=B + ":88"))
        for message, number in (("rediscovering KDCs", "306"), ("rediscovered KDCs", "309")):
            self.assertEqual(wait_for(lambda: gateway.messages(message), message)[0]["event_id"], number)
        self.assertEqual(new.requests, 1)

    def test_force_rediscovery(self):
        self.dc(A, "one")
        domain = self.domain({DOMAIN: [(0, "one")]}, {"one": A}, ttl=3600)
        gateway = self.gateway(domain)
        for _ in range(10):
            self.assertEqual(self.ask(gateway, PLAIN | 1), 200)
        self.assertEqual(domain.asked(DOMAIN), 1, "not again at once, whoever wants it")
        time.sleep(5.1)
        self.assertEqual(self.ask(gateway, PLAIN | 1), 200)
        self.assertEqual(domain.asked(DOMAIN), 2)

    def test_a_black_hole_costs_the_hedge_delay(self):
        hole, good = self.dc(A, "hole"), self.dc(B, "good")
        domain = self.domain({DOMAIN: [(0, "hole"), (10, "good")]}, {"hole": A, "good": B})
        gateway = self.gateway(domain, limits={"hedge_delay": "3s"})
        for _ in range(20):
            self.assertEqual(self.ask(gateway), 200)
        self.assertEqual((hole.requests, good.requests), (20, 0))
        hole.kdc.tcp_behaviour, hole.kdc.udp_behaviour = silent, None
        begun = time.monotonic()
        for _ in range(20):
            self.assertEqual(self.ask(gateway), 200)
        self.assertLess(time.monotonic() - begun, 10, "the delay is learned, and after three the KDC is set aside")
        first = gateway.wait_event("exchange", count=40)[20]
        self.assertTrue(first["hedged"])
        self.assertLess(first["exchange_us"], 3_000_000)
        wait_for(lambda: gateway.messages("KDC set aside"), "that it is said")
        self.assertLessEqual(hole.requests, 20 + 4)

    def test_a_password_change_goes_to_a_writable_one_only(self):
        self.dc(A, "rodc", WINDOWS_2016 & ~WRITABLE)
        domain = self.domain({DOMAIN: [(0, "rodc")]}, {"rodc": A})
        gateway = self.gateway(domain)
        self.assertEqual(self.ask(gateway, message=krb.kpasswd_request("AD.TEST")), 503)
        self.assertEqual(gateway.wait_event("no_kdc")[0]["reason"], "no_suitable_dc")
        located = wait_for(lambda: gateway.messages("no KDC located"), "that it is said")
        self.assertEqual(located[0]["required"], "KDC WRITABLE")


if __name__ == "__main__":
    unittest.main()
