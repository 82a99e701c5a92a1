"""A software TPM, and what tpm2-tools do to it."""
import os
import subprocess

from .proc import Process, wait_for


class TpmMaker:
    """Who certifies the endorsement keys of TPMs: swtpm's own tools, with a CA in a directory."""

    def __init__(self, directory, name="maker"):
        self.directory = os.path.join(directory, name)
        os.makedirs(self.directory)
        self.certificate = self.path("issuercert.pem")
        authority = {"statedir": self.directory, "signingkey": self.path("signkey.pem"), "issuercert": self.certificate,
                     "certserial": self.path("certserial")}
        self.write("localca.conf", authority)
        self.write("setup.conf", {"create_certs_tool": "/usr/bin/swtpm_localca", "create_certs_tool_config": self.path("localca.conf"),
                                  "create_certs_tool_options": "/etc/swtpm-localca.options"})
        spare = self.path("first-tpm")  # the CA is made with the first one
        os.makedirs(spare)
        self.endorse(spare)

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, values):
        with open(self.path(name), "w") as file:
            file.writelines(f"{key} = {value}\n" for key, value in values.items())

    def endorse(self, state):
        """A new TPM, whose state is in that directory."""
        subprocess.run(["swtpm_setup", "--tpm2", "--tpmstate", state, "--create-ek-cert", "--config", self.path("setup.conf")],
                       check=True, capture_output=True, timeout=60)


class Swtpm:
    """At a unix socket of its own. It has no resource manager and serves one program after the other. maker: who has certified its
    endorsement key."""

    def __init__(self, directory, name="tpm", maker=None):
        self.directory = os.path.join(directory, name)
        os.makedirs(self.directory)
        if maker:
            maker.endorse(self.directory)
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
