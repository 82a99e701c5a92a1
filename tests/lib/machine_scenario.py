"""A realm, and a computer that its users log on to: alice may, by the group engineers; bob may not."""
import re

from .firewall import Firewall
from .machine import Machine
from .own_realm import OwnRealmScenario

PIN, WRONG_PIN, NEW_PIN = "a PIN 4711", "a PIN 4712", "another PIN 4713"
ALLOW = '[allow]\ngroups = ["engineers"]\n[local_groups]\n"Server Admins" = "sudo"\n'


class MachineScenario(OwnRealmScenario):
    more = ALLOW + '[logon]\noffline = "1d"\n'
    key_place = 'key = "software"'

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve()
        cls.kdc.add_group("Directory Readers")
        cls.kdc.add_group("engineers", "alice")
        cls.kdc.add_group("Server Admins", "alice")
        cls.machine = cls.started(Machine(cls.directory))
        cls.set_up()

    @classmethod
    def set_up(cls):
        cls.kdc.add_user("machine-1", "Turmoil-Viaduct-92x")
        cls.kdc.admin("group", "join", "Directory Readers", "machine-1")
        cls.configure()
        cls.machine.ferryman("machine", "join", "--user", "machine-1", "--code-stdin", stdin=cls.code("machine-1") + "\n")
        cls.machine.ferryman("machine", "refresh")
        cls.machine.start_users()
        cls.machine.enable_pam("ferryman", "mkhomedir")

    @classmethod
    def configure(cls, more=None):
        cls.machine.configure(cls.base, cls.authority.certificate, cls.more if more is None else more, cls.key_place)

    @classmethod
    def code(cls, name="alice"):
        return re.search(r"\b[A-Z0-9]{4}(-[A-Z0-9]{4}){3}\b", cls.kdc.admin("user", "code", name).stdout)[0]

    def enrolled(self, name="alice"):
        """Her key, with PIN, and no memory of what was before."""
        self.machine.ferryman("machine", "forget", name)
        self.assert_logs_on(name, self.code(name), PIN, PIN)

    def authenticate(self, *answers, user="alice"):
        return self.machine.pam(user, "authenticate", "acct_mgmt", answers=answers)

    def assert_logs_on(self, user, *answers):
        code, said = self.authenticate(*answers, user=user)
        self.assertEqual(code, 0, said)
        return said

    def assert_is_refused(self, user, *answers):
        code, said = self.authenticate(*answers, user=user)
        self.assertNotEqual(code, 0, said)
        return said

    def without_gateway(self):
        """Until the test's end, or open() of what it gives."""
        firewall = self.running(Firewall())
        firewall.refuse(f"tcp dport {self.port}")
        return firewall

    def cache(self, user="alice"):
        return "/tmp/krb5cc_" + self.machine.run("id", "-u", user).stdout.strip()
