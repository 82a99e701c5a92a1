"""lint_layers finds what it is there to find, in trees made for it."""
import pathlib
import subprocess
import tempfile
import unittest

LINT = pathlib.Path(__file__).resolve().parent / "lint_layers"


class LintLayers(unittest.TestCase):
    def lint(self, table, files):
        with tempfile.TemporaryDirectory() as directory:
            root = pathlib.Path(directory)
            (root / "CMakeLists.txt").write_text("\n".join(f"ferryman_layer({row})" for row in table))
            for name, includes in files.items():
                (root / name).parent.mkdir(exist_ok=True)
                (root / name).write_text("".join(f"#include {i}\n" for i in includes))
            done = subprocess.run([LINT, root], stderr=subprocess.PIPE, text=True, check=False)
            self.assertEqual(done.returncode, 1 if done.stderr else 0)
            return done.stderr.splitlines()

    def test_is_content_with_what_the_table_names(self):
        self.assertEqual(self.lint(["base", "der USES base LINKS x"],
                                   {"base/a.h": [], "der/b.cc": ['"base/a.h"', "<vector>", '"der/c.h"'], "der/c.h": []}), [])

    def test_finds_an_include_of_a_layer_that_is_not_named(self):
        self.assertEqual(self.lint(["base", "net", "der USES base"],
                                   {"base/a.h": [], "net/n.h": [], "der/b.cc": ['"base/a.h"', '"net/n.h"']}),
                         ["der/b.cc: der may not use net/n.h"])

    def test_finds_an_include_by_way_of_others(self):
        self.assertEqual(self.lint(["net", "locate USES net", "decode USES locate"],
                                   {"net/n.h": [], "locate/l.h": ['"net/n.h"'], "decode/d.cc": ['"locate/l.h"']}),
                         ["decode/d.cc: decode may not use net/n.h (by locate/l.h)"])

    def test_lets_only_tests_use_what_tests_may(self):
        table = ["base", "net", "der USES base TEST_USES net"]
        files = {"base/a.h": [], "net/n.h": [], "der/b_test.cc": ['"net/n.h"', '"base/a.h"']}
        self.assertEqual(self.lint(table, files), [])
        self.assertEqual(self.lint(table, {**files, "der/b.cc": ['"net/n.h"']}), ["der/b.cc: der may not use net/n.h"])

    def test_finds_a_name_that_nothing_is_used_of(self):
        self.assertEqual(self.lint(["base", "der USES base"], {"base/a.h": [], "der/b.cc": []}),
                         ["CMakeLists.txt: der names base and includes nothing of it"])

    def test_finds_a_layer_that_stands_below_its_user(self):
        self.assertEqual(self.lint(["der USES base", "base"], {"base/a.h": [], "der/b.cc": ['"base/a.h"']}),
                         ["CMakeLists.txt: der uses base, which does not stand above it"])

    def test_finds_a_folder_that_the_table_does_not_name(self):
        self.assertEqual(self.lint(["base"], {"base/a.h": [], "new/b.cc": []}),
                         ["new/b.cc: CMakeLists.txt names no layer new"])

    def test_keeps_the_realm_and_the_network_apart_through_any_number_of_layers(self):
        found = self.lint(["net", "log USES net", "realm USES log"],
                          {"net/n.h": [], "log/l.cc": ['"net/n.h"'], "log/l.h": [], "realm/r.cc": ['"log/l.h"'],
                           "ferryman-realm/main.cc": ['"realm/r.h"'], "realm/r.h": []})
        self.assertEqual(found, [f"CMakeLists.txt: {name} must never use net, neither directly nor by others"
                                 for name in ("ferryman-realm", "realm")])

    def test_keeps_keys_out_of_the_gateway(self):
        found = self.lint(["crypto", "policy USES crypto", "gateway USES policy"],
                          {"crypto/k.h": [], "policy/p.cc": ['"crypto/k.h"'], "policy/p.h": [], "gateway/g.cc": ['"policy/p.h"']})
        self.assertEqual(found, ["CMakeLists.txt: gateway must never use crypto, neither directly nor by others"])

    def test_keeps_kdc_and_signin_apart_both_ways(self):
        files = {"kdc/k.h": [], "signin/s.h": []}
        self.assertEqual(self.lint(["kdc", "signin USES kdc"], {**files, "signin/s.cc": ['"kdc/k.h"']}),
                         ["CMakeLists.txt: signin must never use kdc, neither directly nor by others"])
        self.assertEqual(self.lint(["signin", "kdc USES signin"], {**files, "kdc/k.cc": ['"signin/s.h"']}),
                         ["CMakeLists.txt: kdc must never use signin, neither directly nor by others"])

    def test_finds_asio_below_the_realm(self):
        self.assertEqual(self.lint(["base", "realm USES base"],
                                   {"base/a.h": ["<boost/asio/buffer.hpp>"], "realm/r.cc": ['"base/a.h"']}),
                         ["base/a.h: realm uses this folder, and must know no Asio"])


if __name__ == "__main__":
    unittest.main()
