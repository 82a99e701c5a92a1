"""Somebody who signs in at her computer: `ferryman enroll`, `login` and the others, and MIT's tools after them."""
import json
import os
import subprocess

from .gateway import TOOL

PIN, WRONG_PIN = "a PIN 4711", "a PIN 4712"


class Person:
    """With a home and credential caches of her own. prefix: what runs her programs."""

    def __init__(self, directory, name, url, ca, tenant="example", prefix=()):
        self.name, self.url, self.ca, self.tenant, self.prefix = name, url, ca, tenant, list(prefix)
        self.home = os.path.join(directory, "home-" + name)
        os.makedirs(self.home, mode=0o700)
        self.state = os.path.join(self.home, ".local/state/ferryman")
        self.system_conf = os.path.join(self.home, "system.conf")
        self.env = {"PATH": os.environ["PATH"], "HOME": self.home, "LC_ALL": "C", "TZ": "UTC", "KRB5CCNAME": f"DIR:{self.home}/caches"}

    def run(self, *args, lines=(), check=True, env=None):
        result = subprocess.run([*self.prefix, *args], input="".join(line + "\n" for line in lines), text=True, capture_output=True,
                                timeout=120, env={**self.env, **(env or {})})
        if check and result.returncode != 0:
            raise AssertionError(f"{args} gave {result.returncode}:\n{result.stdout}{result.stderr}")
        return result

    def ferryman(self, *args, lines=(), code=0):
        result = self.run(TOOL, *args, lines=lines, check=False)
        if result.returncode != code:
            raise AssertionError(f"ferryman {args} gave {result.returncode}, not {code}:\n{result.stdout}{result.stderr}")
        return result

    def enroll(self, enrolment_code, *options, pin=PIN, code=0, user=None):
        return self.ferryman("enroll", "--url", self.url, "--tenant", self.tenant, "--user", user or self.name, "--ca", self.ca,
                             "--code-stdin", "--pin-stdin", *options, lines=(enrolment_code, pin), code=code)

    def login(self, pin=PIN, *options, code=0):
        return self.ferryman("login", "--pin-stdin", *options, lines=(pin,), code=code)

    def status(self):
        return json.loads(self.ferryman("status", "--json").stdout)["accounts"]

    def forwarder(self):
        """What the forwarder says of itself; None where none runs."""
        return json.loads(self.ferryman("status", "--json").stdout)["forwarder"]

    def forwarder_env(self):
        """What leads programs that know no KDC proxies."""
        return json.loads(self.ferryman("env", "--forwarder", "--json").stdout)

    def kerberos(self, *args, check=True):
        """A program that `ferryman env` has led to the realm."""
        config = json.loads(self.ferryman("env", "--json").stdout)["KRB5_CONFIG"]
        return self.run(*args, check=check, env={"KRB5_CONFIG": config})

    def klist(self):
        return self.run("klist", "-A", check=False).stdout

    def files(self):
        """What is in the state directory, by name, but for the forwarder's socket."""
        found = {}
        for folder, _, names in os.walk(self.state):
            for name in names:
                if name == "forward.sock":
                    continue
                with open(os.path.join(folder, name), "rb") as file:
                    found[name] = file.read()
        return found
