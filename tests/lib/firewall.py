"""A packet filter in this test's own network namespace: drops without a word, as firewalls do, or refuses. Needs root and nft."""
import os
import subprocess
import unittest


def need_own_namespace():
    if "FERRYMAN_ISOLATED" not in os.environ:
        raise unittest.SkipTest("needs a network namespace of its own (tests/isolated, as root)")


class Firewall:
    def __init__(self):
        need_own_namespace()
        self.nft("add table inet test")
        self.nft("add chain inet test input { type filter hook input priority 0; }")

    @staticmethod
    def nft(command):
        subprocess.run(["nft", command], check=True)

    def drop(self, match):
        """match: of nft, such as "udp dport 88"."""
        self.nft(f"add rule inet test input {match} drop")

    def refuse(self, match):
        """As a host does on which nobody listens."""
        self.nft(f"add rule inet test input {match} reject with tcp reset")

    def open(self):
        self.nft("flush chain inet test input")

    def stop(self):
        self.nft("delete table inet test")
