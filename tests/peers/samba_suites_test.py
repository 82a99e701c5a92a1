"""Samba's own tests of KDCs against a realm of ours at port 88, with accounts that our command line makes. What we do otherwise
stands in samba_differences.py. FERRYMAN_SUITES=all runs the long ones as well."""
import json
import os
import re
import subprocess
import sys
import unittest

from lib.gateway import TOOL
from lib.own_realm import OwnRealmScenario
from peers.samba_differences import DIFFERENCES, LONG

SUITE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib", "samba_suite.py")
ETYPES = ("aes256-cts-hmac-sha1-96", "aes128-cts-hmac-sha1-96", "rc4-hmac")  # those that the suite knows
# What the suite is to expect of a KDC: FAST, the signatures and buffers of PACs of 2022 and later, what Samba itself is held to.
EXPECTATIONS = {"FAST_SUPPORT": "1", "TKT_SIG_SUPPORT": "1", "FULL_SIG_SUPPORT": "1", "EXPECT_PAC": "1",
                "EXPECT_EXTRA_PAC_BUFFERS": "1", "CHECK_CNAME": "1", "CHECK_PADATA": "1", "KADMIN_IS_TGS": "1",
                "STRICT_CHECKING": "0", "CLAIMS_SUPPORT": "0", "COMPOUND_ID_SUPPORT": "0"}


def method(result):
    return result["id"].rsplit(".", 1)[-1]


def mistakes(results, rows):
    """Of results: each {id, outcome, why}, and the rows that they are to agree with."""
    found, used = [], set()
    for result in results:
        name, passed = method(result), result["outcome"] == "passed"
        matching = [row for row in rows if re.fullmatch(row[0], name.split(" ")[0])]
        if passed:
            found += [f"{name} passes, but has the row {row}" for row in matching[:1]]
        elif not matching:
            found.append(f"{name} {result['outcome']}: {result['why']}")
        elif matching[0][1].startswith("differs") and result["outcome"] != "failed":
            found.append(f"{name} could not be tried, but has the row {matching[0]}: {result['why']}")
        else:
            used.add(matching[0])
    return found + [f"no test needs the row {row}" for row in rows if row not in used]


class SambaSuites(OwnRealmScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve(listen=[{"address": f"127.0.0.1:{port}", "protocol": "kerberos"} for port in (88, 464)], kdc={"etypes": ETYPES})
        smb_conf = os.path.join(cls.directory, "smb.conf")
        with open(smb_conf, "w") as out:
            out.write(f"[global]\n realm = {cls.kdc.realm}\n workgroup = CLOUD\n")
        cls.environment = {**os.environ, **EXPECTATIONS, "SMB_CONF_PATH": smb_conf, "SERVER": "127.0.0.1",
                           "DC_SERVER": "127.0.0.1", "FOR_USER": "alice"}
        cls.settings = json.dumps({"realm": cls.kdc.realm, "tenant": cls.kdc.tenant, "tool": TOOL, "config": cls.kdc.config,
                                   "directory": cls.directory, "keytab": cls.kdc.all_keys()})

    def results(self, module):
        run = subprocess.run([sys.executable, SUITE, self.settings, module], env=self.environment, capture_output=True, text=True,
                             timeout=800)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        return [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]

    def agrees(self, module, rows):
        results = self.results(module)
        of = {outcome: sum(result["outcome"] == outcome for result in results) for outcome in ("passed", "failed", "skipped")}
        print(f"{module}: {of['passed']} of {len(results)} passed, {of['failed']} differ, {of['skipped']} could not be tried",
              file=sys.stderr)
        found = mistakes(results, rows)
        if found:
            self.fail("\n".join([f"{len(found)} mistakes", *found]))


def test_of(module, rows):
    return lambda self: self.agrees(module, rows)


for _module, _rows in {**DIFFERENCES, **(LONG if os.environ.get("FERRYMAN_SUITES") == "all" else {})}.items():
    setattr(SambaSuites, "test_" + _module, test_of(_module, _rows))


class Differences(unittest.TestCase):
    rows = [("test_a.*", "differs: a"), ("test_.*", "lacks: b")]

    @staticmethod
    def result(name, outcome):
        return {"id": "module.Class." + name, "outcome": outcome, "why": "why"}

    def found(self, *results):
        return mistakes([self.result("test_a", "failed"), self.result("test_b", "skipped"),
                         *(self.result(*result) for result in results)], self.rows)

    def test_agree(self):
        self.assertEqual(self.found(), [])
        self.assertEqual(self.found(("test_a (checksum=6)", "failed")), [])

    def test_do_not_agree(self):
        for wrong in (("other", "failed"), ("other", "skipped"), ("test_a2", "passed"), ("test_b2", "passed"),
                      ("test_a2", "skipped")):
            self.assertEqual(len(self.found(wrong)), 1, wrong)
        self.assertEqual(mistakes([], self.rows[:1]), ["no test needs the row ('test_a.*', 'differs: a')"])


if __name__ == "__main__":
    unittest.main()
