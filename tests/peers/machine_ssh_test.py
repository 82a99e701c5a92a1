"""They log on by sshd, and have sudo by a group of the realm."""
import unittest

from lib.machine import LOCAL_PASSWORD, LOCAL_USER, write
from lib.machine_scenario import PIN, WRONG_PIN, MachineScenario


class SshTest(MachineScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sshd = cls.started(cls.machine.start_sshd())

    def ssh(self, command, user="alice", **answers):
        return self.machine.ssh(user, command, answers)

    def test_ssh_by_code_then_by_pin(self):
        self.machine.ferryman("machine", "forget", "alice")
        result = self.ssh("klist && id -Gn && pwd", Code=self.code(), New=PIN)
        self.assertEqual(result.returncode, 0, result.stderr + self.sshd.text())
        self.assertIn("krbtgt/CLOUD.TEST@CLOUD.TEST", result.stdout)
        self.assertIn("sudo", result.stdout)
        self.assertIn("/home/alice", result.stdout)
        result = self.ssh("kvno HTTP/www.cloud.test@CLOUD.TEST && whoami", PIN=PIN)
        self.assertEqual((result.returncode, result.stdout.split()[-1]), (0, "alice"), result.stderr + self.sshd.text())
        self.assertIn("PIN of alice", self.machine.asked())
        self.assertNotEqual(self.ssh("true", PIN=WRONG_PIN).returncode, 0)
        local = self.ssh("whoami", user=LOCAL_USER, Password=LOCAL_PASSWORD)
        self.assertEqual((local.returncode, local.stdout), (0, LOCAL_USER + "\n"), local.stderr)

    def test_sudo_by_a_group_of_the_realm(self):
        write(self.machine.etc("sudoers.d/group"), "%sudo ALL=(ALL) NOPASSWD: ALL\n", 0o440)
        self.assertEqual(self.machine.run("setpriv", "--reuid", "alice", "--regid", "Domain Users", "--init-groups", "sudo", "-n",
                                          "whoami").stdout, "root\n")

    def test_roots_command_is_not_led_to_her_tickets(self):
        write(self.machine.etc("sudoers.d/group"), "%sudo ALL=(ALL) ALL\n", 0o440)
        self.enrolled()
        shown = self.machine.run("setpriv", "--reuid", "alice", "--regid", "Domain Users", "--init-groups", "sudo", "-S", "-k", "env",
                                 stdin=PIN + "\n").stdout
        self.assertIn("SUDO_USER=alice", shown)
        self.assertNotIn("KRB5CCNAME", shown)


if __name__ == "__main__":
    unittest.main()
