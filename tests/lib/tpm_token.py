"""tpm2-pkcs11: a PKCS#11 token whose keys are in a TPM."""
import glob
import os

from .person import PIN
from .softhsm import Token

SO_PIN = "12345678"


class TpmToken(Token):
    module = next(iter(glob.glob("/usr/lib/*/libtpm2_pkcs11.so.1")), None)

    def __init__(self, directory, tpm):
        os.makedirs(directory)
        self.env = {"TPM2_PKCS11_STORE": directory, "TPM2_PKCS11_TCTI": tpm.tcti, "TPM2_PKCS11_LOG_LEVEL": "0"}
        start = "pkcs11-tool", "--module", self.module, "--so-pin", SO_PIN
        self.run(*start, "--init-token", "--slot-index", "0", "--label", "card")
        self.run(*start, "--token-label", "card", "--init-pin", "--login", "--login-type", "so", "--new-pin", PIN)
