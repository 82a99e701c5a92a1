"""SSSD behind `ferryman forward`: logs on through a gateway, and from its cache when no KDC answers."""
import os
import re
import shutil
import time
import unittest

from lib import krb
from lib.fake_gateway import FakeGateway, answering, reply_body, silent
from lib.forwarder import Forwarder
from lib.gateway import BINARY, TOOL, Gateway, configuration
from lib.kdcs import MitKdc
from lib.passed_sockets import with_sockets
from lib.proc import Process, free_port, listens, wait_for
from lib.scenario import Scenario
from lib.sssd import Sssd
from peers.logon import gateway_url

REALM, BUILD = "MIT.TEST", os.path.join(os.path.dirname(BINARY), "..")


class SssdLogons(Scenario):
    def setUp(self):
        self.where = os.path.join(self.directory, self.id())
        os.makedirs(self.where)
        os.chmod(self.directory, 0o755)
        self.kdc = self.running(MitKdc(self.where, self.authority))
        port = free_port()
        self.gateway = self.running(Gateway(self.where, configuration([{"address": f"127.0.0.1:{port}"}], {
            REALM: {"kdc": [self.kdc.kdc], "allow_unarmored_password": True}}, self.tls)))
        self.url = gateway_url(port)
        self.forwarder = self.running(Forwarder(self.where, "--gateway", self.url, "--ca-file",
                                                self.authority.certificate, "--no-dns"))
        self.sssd = self.running(Sssd(self.where, REALM, self.forwarder.kdc))

    def logs_on(self):
        code, said = self.sssd.logon("alice", "alice-pw")
        self.assertEqual(code, 0, said + self.sssd.log()[-6000:])

    def logs_on_from_the_cache(self, within=3):
        begun = time.monotonic()
        self.logs_on()
        self.assertLess(time.monotonic() - begun, within)
        code, said = self.sssd.logon("alice", "wrong-pw")
        self.assertNotEqual(code, 0)
        self.assertNotIn("System error", said)

    def test_from_the_cache_when_no_gateway_is_reached(self):
        self.logs_on()
        self.gateway.wait_event("exchange", cname="alice", result="AS-REP")
        self.gateway.terminate()
        self.logs_on_from_the_cache()
        self.forwarder.wait_line("AS-REQ for MIT.TEST: https://")

    def test_by_the_forwarder_of_the_whole_computer(self):
        """As its units start it: by somebody without any right, with sockets that are open already."""
        self.logs_on()
        self.forwarder.stop()
        program = os.path.join(self.where, "ferryman")
        shutil.copy(TOOL, program)
        os.chmod(self.where, 0o755)
        with open(os.path.join(BUILD, "system/ferryman-forward.service")) as file:
            words = re.search(r"^ExecStart=\S+/ferryman (.*) \$OPTIONS$", file.read(), re.M)[1].split()
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", "--no-new-privs"]
        sockets = f"udp:{self.forwarder.port},tcp:{self.forwarder.port}"
        log = os.path.join(self.where, "unit.log")
        process = self.running(Process(with_sockets(sockets, [
            *nobody, program, *words, "--gateway", self.url, "--ca-file", self.authority.certificate, "--no-dns"]), log,
            {"HOME": "/", "KRB5_CONFIG": "/nonexistent"}))
        wait_for(lambda: listens("127.0.0.1", self.forwarder.port) or not process.alive(), "the forwarder")
        before = len(self.gateway.events("exchange", cname="alice", result="AS-REP"))
        self.logs_on()
        self.gateway.wait_event("exchange", count=before + 1, cname="alice", result="AS-REP")
        self.gateway.terminate()
        self.logs_on_from_the_cache()

    def another_gateway(self, behave):
        gateway = self.running(FakeGateway(behave, certificate=self.certificate, key=self.key))
        self.forwarder.stop()
        self.running(Forwarder(self.where, "--gateway", gateway.url, "--ca-file", self.authority.certificate, "--no-dns",
                               name="another", port=self.forwarder.port, kpasswd_port=self.forwarder.kpasswd_port))
        return gateway

    def test_from_the_cache_when_no_kdc_is_available(self):
        self.logs_on()
        gateway = self.another_gateway(answering(body=reply_body(krb.krb_error(code=29))))
        self.logs_on_from_the_cache()
        self.assertTrue(gateway.requests)

    def test_from_the_cache_when_a_gateway_is_silent(self):
        """SSSD itself waits no more than six seconds."""
        self.logs_on()
        self.another_gateway(silent)
        self.logs_on_from_the_cache(within=9)


if __name__ == "__main__":
    unittest.main()
