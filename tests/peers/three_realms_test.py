"""One gateway serves MIT's, Samba's and Heimdal's realm at once."""
import concurrent.futures
import unittest

from lib.client import Client
from lib.gateway import Gateway, configuration
from lib.kdcs import HeimdalKdc, MitKdc, SambaDc
from lib.proc import free_port
from lib.scenario import Scenario
from peers.logon import gateway_url


class ThreeRealmsTest(Scenario):
    def test_logons_to_all_at_once(self):
        realms = [(self.started(MitKdc(self.directory, self.authority)), "alice-pw", "HTTP/www.mit.test"),
                  (self.started(HeimdalKdc(self.directory)), "alice-pw", "HTTP/www.heim.test"),
                  (self.started(SambaDc(self.directory, self.authority)), "User.Passw0rd1", "HTTP/www.ad.example.test")]
        port = free_port()
        gateway = self.running(Gateway(self.directory, configuration(
            [{"address": f"127.0.0.1:{port}"}],
            {kdc.realm: {"kdc": [kdc.kdc], "kpasswd": [kdc.kpasswd], "allow_unarmored_password": True}
             for kdc, _, _ in realms}, self.tls)))

        def logon(number):
            kdc, password, service = realms[number % 3]
            client = Client(self.directory, {kdc.realm: {"kdc": gateway_url(port), "http_anchors": "FILE:" + self.authority.certificate}},
                            name=f"client-{number}")
            client.kinit("alice", password)
            return client.kvno(service, kdc.keytab).stdout

        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            for out in pool.map(logon, range(18)):
                self.assertIn("keytab entry valid", out)
        self.assertEqual({e["realm"] for e in gateway.events("exchange", result="TGS-REP")},
                         {"MIT.TEST", "HEIM.TEST", "AD.EXAMPLE.TEST"})


if __name__ == "__main__":
    unittest.main()
