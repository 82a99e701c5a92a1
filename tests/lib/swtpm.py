"""A software TPM, and what tpm2-tools do to it."""
import os
import subprocess

from .proc import Process, wait_for


class Swtpm:
    """At a unix socket of its own. It has no resource manager and serves one program after the other."""

    def __init__(self, directory, name="tpm"):
        self.directory = os.path.join(directory, name)
        os.makedirs(self.directory)
        self.socket = os.path.join(self.directory, "sock")
        self.tcti = "swtpm:path=" + self.socket
        self.process = Process(["swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + self.directory, "--server", "type=unixio,path=" + self.socket,
                                "--ctrl", f"type=unixio,path={self.socket}.ctrl", "--flags=not-need-init,startup-clear"],
                               os.path.join(self.directory, "log"))
        wait_for(lambda: os.path.exists(self.socket) and os.path.exists(self.socket + ".ctrl"), "swtpm")

    def run(self, *args, check=True):
        """One of tpm2-tools, or openssl with tpm2's provider."""
        result = subprocess.run(args, capture_output=True, text=True, timeout=60,
                                env={**os.environ, "TPM2TOOLS_TCTI": self.tcti, "TPM2OPENSSL_TCTI": self.tcti, "TSS2_LOG": "all+none"})
        if check and result.returncode != 0:
            raise AssertionError(f"{args} gave {result.returncode}:\n{result.stdout}{result.stderr}")
        return result

    def allow_tries(self, tries, seconds_per_try):
        self.run("tpm2_dictionarylockout", "-s", "-n", str(tries), "-t", str(seconds_per_try), "-l", "86400")

    def forget_tries(self):
        self.run("tpm2_dictionarylockout", "-c")

    def stop(self):
        self.process.stop()
