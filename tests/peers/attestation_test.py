"""Keys whose TPM attests them: swtpm as its maker's tools leave it, with an endorsement key that is certified."""
import json
import os
import unittest

from lib.person import PIN, Person
from lib.proc import wait_for
from lib.sign_in import SignInScenario
from lib.swtpm import Swtpm, TpmMaker


class AttestationTest(SignInScenario):
    """Only attested keys are registered. maker: the one that is trusted."""

    @classmethod
    def sign_in_section(cls):
        cls.maker = TpmMaker(cls.directory)
        return {"attestation_roots": cls.maker.certificate, "allow_software_keys": False}

    def tpm(self, maker=None):
        name = self.id().rsplit(".", 1)[-1]
        return self.running(Swtpm(self.directory, name, maker))

    def person(self, name="alice"):
        directory = os.path.join(self.directory, "at-" + self.id().rsplit(".", 1)[-1])
        os.makedirs(directory)
        return Person(directory, name, self.base, self.authority.certificate)

    def refused(self, *options):
        """What she is told, and the log has."""
        reasons = lambda: [record.get("reason") for record in self.requests() if record["service"] == "register-key"]
        before = len(reasons())
        said = self.person().enroll(self.code("alice"), *options, code=3)
        self.assertEqual(self.registered("alice")["keys"], [])
        return said.stderr, wait_for(lambda: reasons()[before:], "an event of it")

    def test_a_key_in_a_tpm_of_that_maker(self):
        tpm = self.tpm(self.maker)
        person = self.person("bob")
        person.enroll(self.code("bob"), "--tcti", tpm.tcti)
        (key,) = self.registered("bob")["keys"]
        self.assertIs(key["attested"], True)
        self.assertIn("attests", self.kdc.admin("user", "keys", "bob").stdout)
        person.ferryman("logout")
        person.login(PIN)
        self.assertIn("krbtgt/CLOUD.TEST@CLOUD.TEST", person.klist())
        # Nothing of it stays in the TPM.
        self.assertEqual(tpm.run("tpm2_getcap", "handles-transient").stdout.strip(), "")

    def test_a_software_key_is_refused(self):
        said, reasons = self.refused("--key", "software")
        self.assertIn("Only keys that a TPM attests are registered here", said)
        self.assertIn("the key is in no TPM", said)
        self.assertEqual(reasons[-1], "key without attestation")

    def test_a_tpm_without_a_certificate(self):
        said, reasons = self.refused("--tcti", self.tpm().tcti)
        self.assertIn("the TPM has no certificate of its maker", said)
        self.assertEqual(reasons[-1], "key without attestation")

    def test_a_tpm_of_another_maker(self):
        said, reasons = self.refused("--tcti", self.tpm(TpmMaker(self.directory, "other")).tcti)
        self.assertIn("the server does not believe this TPM", said)
        self.assertEqual(reasons[-2:], ["TPM: endorsement certificate of another root", "key without attestation"])


if __name__ == "__main__":
    unittest.main()
