"""SoftHSM: a PKCS#11 token in files."""
import os
import subprocess

from .person import PIN

MODULE = next((path for path in ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
               if os.path.exists(path)), None)


class Token:
    """An empty one."""
    module = MODULE

    def __init__(self, directory):
        os.makedirs(os.path.join(directory, "tokens"))
        config = os.path.join(directory, "softhsm2.conf")
        with open(config, "w") as file:
            file.write(f"directories.tokendir = {directory}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
        # p11-kit asks tpm2-pkcs11 as well, which would look for a TPM, by TCP too.
        self.env = {"SOFTHSM2_CONF": config, "TPM2_PKCS11_TCTI": "device:/dev/null", "TPM2_PKCS11_LOG_LEVEL": "0", "TSS2_LOG": "all+none"}
        self.run("softhsm2-util", "--init-token", "--free", "--label", "card", "--pin", PIN, "--so-pin", "12345678")

    def run(self, *args):
        subprocess.run(args, check=True, capture_output=True, env={**os.environ, **self.env})

    def tool(self, *args):
        self.run("pkcs11-tool", "--module", self.module, "--token-label", "card", "--login", "--pin", PIN, *args)

    def make(self, kind, label, id_):
        self.tool("--keypairgen", "--key-type", kind, "--label", label, "--id", id_)
