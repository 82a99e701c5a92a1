"""The units, looked at by systemd, and whether what the manual suggests can be done in them."""
import os
import re
import shutil
import stat
import subprocess
import unittest

from lib.gateway import BINARY, configuration
from lib.proc import Process, wait_for
from lib.scenario import Scenario

BUILD = os.path.join(os.path.dirname(BINARY), "..")
SOURCE = os.path.join(os.path.dirname(__file__), "..", "..")
MOST_EXPOSURE = {"ferrymand": 1.5, "ferryman-users": 1.5, "ferryman-refresh": 1.7, "ferryman-ad-sync@": 1.5}  # of 10
SERVICES = ("ferrymand.service", "ferryman-forward.service", "ferryman-renew.service", "ferryman-signed-in.service",
            "ferryman-users.service", "ferryman-refresh.service", "ferryman-ad-sync@.service")


class UnitsTest(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.units, cls.system = os.path.join(cls.directory, "units"), os.path.join(cls.directory, "system")
        os.makedirs(cls.units)
        os.makedirs(cls.system)
        for folder, names in ((BUILD, SERVICES),
                              (os.path.join(SOURCE, "packaging/systemd"),
                               ("ferrymand.socket", "ferryman-forward.socket", "ferryman-renew.timer", "ferryman-users.socket",
                                "ferryman-refresh.timer", "ferryman-ad-sync@.timer"))):
            for name in names:
                shutil.copy(os.path.join(folder, name), cls.units)
        # Its name is a user's unit's as well.
        shutil.copy(os.path.join(BUILD, "system/ferryman-forward.service"), cls.system)
        shutil.copy(os.path.join(SOURCE, "packaging/systemd/ferryman-forward.system.socket"),
                    os.path.join(cls.system, "ferryman-forward.socket"))
        for path in [os.path.join(cls.units, name) for name in SERVICES] + [os.path.join(cls.system, "ferryman-forward.service")]:
            with open(path) as file:
                text = file.read()
            assert "@CMAKE" not in text
            with open(path, "w") as file:  # verify wants programs that are there
                file.write(re.sub(r"(?m)^(Exec\w+=)\S+/(ferrymand|ferryman-users|ferryman)\b",
                                  lambda found: found[1] + os.path.join(os.path.dirname(BINARY), found[2]), text))
        with open(os.path.join(cls.units, "ferrymand.service")) as file:
            cls.service = dict(re.findall(r"^(\w+)=(.*)$", file.read(), re.M))

    def analyze(self, *args, units=None):
        runtime = os.path.join(self.directory, "runtime")
        os.makedirs(runtime, exist_ok=True)
        return subprocess.run(["systemd-analyze", "--no-pager", *args], cwd=units or self.units, capture_output=True, text=True, timeout=60,
                              env={**os.environ, "XDG_RUNTIME_DIR": runtime})

    def test_they_are_valid(self):
        for scope, name, other in (("--system", "ferrymand", "socket"), ("--user", "ferryman-forward", "socket"),
                                   ("--user", "ferryman-renew", "timer"), ("--system", "ferryman-users", "socket"),
                                   ("--system", "ferryman-refresh", "timer"), ("--system", "ferryman-ad-sync@", "timer")):
            result = self.analyze(scope, "verify", "--man=no", f"./{name}.service", f"./{name}.{other}")
            self.assertEqual((result.returncode, result.stdout + result.stderr), (0, ""))
        result = self.analyze("--user", "verify", "--man=no", "./ferryman-signed-in.service")
        self.assertEqual((result.returncode, result.stdout + result.stderr), (0, ""))

    def test_the_service_is_locked_up(self):
        for name, most in MOST_EXPOSURE.items():
            result = self.analyze("security", "--offline=yes", f"--threshold={int(most * 10)}", f"./{name}.service")
            shown = name.replace("@", "@i")  # the instance that it makes up
            exposure = re.search(rf"Overall exposure level for {shown}.service: ([\d.]+)", result.stdout)
            self.assertIsNotNone(exposure, result.stdout + result.stderr)
            self.assertLessEqual(float(exposure[1]), most, result.stdout)

    def test_the_forwarder_of_the_whole_computer(self):
        """It comes before SSSD, from sockets that systemd has opened, and has no right of its own."""
        result = self.analyze("--system", "verify", "--man=no", "./ferryman-forward.service", "./ferryman-forward.socket",
                              units=self.system)
        self.assertEqual((result.returncode, result.stdout + result.stderr), (0, ""))
        result = self.analyze("security", "--offline=yes", "--threshold=15", "./ferryman-forward.service", units=self.system)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        with open(os.path.join(self.system, "ferryman-forward.service")) as file:
            text = file.read()
        for line in ("User=ferryman-forward", "CapabilityBoundingSet=", "Requires=ferryman-forward.socket"):
            self.assertIn(f"\n{line}\n", text)
        self.assertRegex(text, r"\nBefore=sssd\.service ")

    def test_what_the_manual_names_may_be_written(self):
        """With ProtectSystem=strict nothing else may."""
        self.assertEqual(self.service["ProtectSystem"], "strict")
        writable = {"/run/" + self.service["RuntimeDirectory"], "/var/log/" + self.service["LogsDirectory"]}
        named = set()
        for name in ("ferryman.toml.5.scd", "ferrymand.8.scd"):
            with open(os.path.join(SOURCE, "packaging/man", name)) as file:
                named |= {os.path.dirname(path) for path in re.findall(r"(/run/\w+/[\w.]+|/var/log/\w+/[\w.]+)", file.read())}
        self.assertEqual(named - {"/run/systemd"}, writable)  # the journal's socket is connected to

    def test_a_unix_socket_is_for_the_group_and_so_is_a_log_file(self):
        socket, log = os.path.join(self.directory, "http.sock"), os.path.join(self.directory, "ferrymand.log")
        config = os.path.join(self.directory, "ferryman.toml")
        with open(config, "w") as file:
            file.write(configuration([{"address": "unix:" + socket, "tls": False}], {"A.TEST": {"kdc": ["127.0.0.1:1"]}},
                                     log={"destination": "file:" + log}))
        self.running(Process(["sh", "-c", f'umask {self.service["UMask"]} && exec "$@"', "sh", BINARY, "-c", config],
                             os.path.join(self.directory, "output")))
        wait_for(lambda: os.path.exists(log) and os.path.exists(socket), "the socket and the log")
        for path, mode in ((socket, 0o770), (log, 0o640)):
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), mode, path)


if __name__ == "__main__":
    unittest.main()
