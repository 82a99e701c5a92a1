"""libferryman's kept connections when they die without a word, and when the host sleeps or roams. Each case with the
function that waits and on an event loop of the program's own."""
import json
import os
import subprocess
import time
import unittest

from lib import krb
from lib.fake_gateway import FakeGateway, answering, reply_body, response
from lib.link import Relay
from lib.on_demand import EXAMPLES, OnDemand
from lib.scenario import Scenario

SUCCESS = "SUCCESS"
HOW = ("wait", "loop")
OTP = krb.as_req(padatas=[krb.fast_padata()])


class ConnectionScenario(Scenario):
    def gateway(self, behave=None):
        return self.running(FakeGateway(behave, certificate=self.certificate, key=self.key))

    def relayed(self, gateway):
        relay = self.running(Relay(gateway.port))
        return relay, f"https://localhost:{relay.port}/KdcProxy"

    def program(self, urls, how, deadline="10s", **more):
        self.count = getattr(self, "count", 0) + 1
        options = (f'ca_file = "{self.authority.certificate}"\ndns = false\ndeadline = "{deadline}"\n'
                   f'[gateways]\n"*" = {json.dumps(urls)}\n')
        return self.running(OnDemand(os.path.join(self.directory, f"{self.id()}-{self.count}"), options, how, **more))


class DeadConnections(ConnectionScenario):
    def test_another_connection_is_tried_within_the_same_deadline(self):
        for how in HOW:
            relay, url = self.relayed(self.gateway())
            program = self.program([url], how)
            for dead in range(3):
                self.assertEqual([program.ask(krb.as_req()) for _ in range(3)], [SUCCESS] * 3)
                self.assertEqual(relay.accepted, 1 + dead)
                relay.swallow()

    def test_a_short_deadline_is_kept_as_well(self):
        for how in HOW:
            relay, url = self.relayed(self.gateway())
            program = self.program([url], how, deadline="2s")
            self.assertEqual(program.ask(krb.as_req()), SUCCESS)
            relay.swallow()
            self.assertEqual(program.ask(krb.as_req()), SUCCESS)

    def test_a_slow_answer_over_the_kept_connection_counts(self):
        """The gateway is slow, and takes no new connection."""
        def behave(connection, request):
            if len(gateway.requests) > 1:
                time.sleep(3.5)
            connection.sendall(answer)
        answer = response()
        for how in HOW:
            gateway = self.gateway(behave)
            program = self.program([gateway.url], how)
            self.assertEqual(program.ask(krb.as_req()), SUCCESS)
            gateway.stop()
            self.assertEqual(program.ask(krb.as_req()), SUCCESS)

    def test_a_new_connection_that_stays_silent_is_not_used_again(self):
        """It was never heard at all."""
        for how in HOW:
            relay, url = self.relayed(self.gateway())
            program = self.program([url], how, deadline="2s")
            relay.swallowed.add(1)
            self.assertIn("STATUS_NO_LOGON_SERVERS", program.ask(krb.as_req()))
            self.assertEqual([program.ask(krb.as_req()) for _ in range(2)], [SUCCESS] * 2)
            self.assertEqual(relay.accepted, 2)

    def test_the_next_gateway_is_asked_when_the_first_is_gone(self):
        for how in HOW:
            relay, url = self.relayed(self.gateway())
            other = self.gateway()
            program = self.program([url, other.url], how)
            self.assertEqual(program.ask(krb.as_req()), SUCCESS)
            relay.swallow()
            relay.close_listener()
            self.assertEqual([program.ask(krb.as_req()) for _ in range(2)], [SUCCESS] * 2)
            self.assertEqual(len(other.requests), 2)

    def test_what_may_be_sent_once_is_not_sent_over_another_connection(self):
        """The connection spoke a moment ago, so that nothing was amiss."""
        for message, answer in ((OTP, krb.krb_error()), (krb.kpasswd_request(), krb.kpasswd_error())):
            for how in HOW:
                gateway = self.gateway(answering(body=reply_body(answer)))
                relay, url = self.relayed(gateway)
                program = self.program([url], how, deadline="2s")
                self.assertEqual(program.ask(message), SUCCESS)
                relay.swallow()
                self.assertIn("STATUS_NO_LOGON_SERVERS", program.ask(message))
                self.assertEqual((len(gateway.requests), relay.accepted), (1, 1))
                self.assertEqual([program.ask(message) for _ in range(2)], [SUCCESS] * 2)
                self.assertEqual((len(gateway.requests), relay.accepted), (3, 2))

    def test_what_may_be_sent_once_does_not_trust_a_connection_that_was_silent_for_long(self):
        gateway = self.gateway()
        relay, url = self.relayed(gateway)
        program = self.program([url], "wait")
        self.assertEqual(program.ask(OTP), SUCCESS)
        relay.swallow()
        time.sleep(2.5)  # the time that a connection is trusted for
        self.assertEqual([program.ask(OTP) for _ in range(2)], [SUCCESS] * 2)
        self.assertEqual((len(gateway.requests), relay.accepted), (3, 2))


class Surroundings(ConnectionScenario):
    def changes_its_connection(self, change, **more):
        for how in HOW:
            gateway = self.gateway()
            program = self.program([gateway.url], how, **more)
            self.assertEqual([program.ask(krb.as_req()) for _ in range(2)], [SUCCESS] * 2)
            self.assertEqual(gateway.connections, 1)
            change(how)
            self.assertEqual([program.ask(krb.as_req()) for _ in range(2)], [SUCCESS] * 2)
            self.assertIn(gateway.connections, (2, 3), "an IPv6 address is told of twice: tentative, then usable (RFC 4862 5.4)")

    def ip(self, *args):
        subprocess.run(["ip", *args], check=True)

    def test_a_new_address_and_one_that_goes(self):
        for address in ("10.9.8.7/32", "fd00::7/128"):
            actions = iter(["add", "del"])
            self.changes_its_connection(lambda how: self.ip("addr", next(actions), address, "dev", "lo"))

    def test_a_route(self):
        for route in ("10.77.0.0/16", "fd77::/64"):
            actions = iter(["add", "del"])
            self.changes_its_connection(lambda how: self.ip("route", next(actions), route, "dev", "lo"))

    def test_many_changes_at_once(self):
        """More than the kernel keeps for who does not read them."""
        def change(how):
            for i in range(100):
                self.ip("route", "add" if how == "wait" else "del", f"10.66.{i}.0/24", "dev", "lo")
        self.changes_its_connection(change)

    def test_sleep(self):
        if "FERRYMAN_SANITIZED" in os.environ:
            self.skipTest("a sanitizer wants to be loaded first")
        asleep = os.path.join(self.directory, "asleep")
        with open(asleep, "w") as file:
            file.write("0")

        def sleep(how):
            with open(asleep, "w") as out:
                out.write("100" if how == "wait" else "200")
        self.changes_its_connection(sleep, env={"LD_PRELOAD": os.path.join(EXAMPLES, "host.so"), "HOST_ASLEEP": asleep})


if __name__ == "__main__":
    unittest.main()
