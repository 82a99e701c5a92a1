"""What scripts and tests run comes with the packages that scripts/packages names for them."""
import functools
import os
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Who runs what, and the purposes whose packages are there then.
USERS = [(["build", "test", "fuzz"], ["test", "tests", "scripts"]), (["build", "run"], ["run"]),
         (["build", "test", "fuzz", "check"], [".ci/run"]), (["build", "test", "bench"], ["bench"])]
INDIRECTLY = {"make": "cmake, where no generator is named"}
PYTHON = re.compile(r"""(?:run|Popen|Process|check_output|command=|child)\(?\[?["']([\w.+/-]+)["']""")
SHELL = re.compile(r"(?m)(?:^|[|;&(`]|\b(?:do|then|else|exec|if|while|nice|sudo)\b|!)[ \t]*([a-z][\w.+-]*)(?=[ \t)\n])")


def output(*args):
    return subprocess.run(args, capture_output=True, text=True, timeout=120).stdout


def files(place):
    if os.path.isfile(place):
        yield place
    for folder, _, names in os.walk(place):
        yield from (os.path.join(folder, name) for name in names)


def programs(place):
    """The programs that stand in its scripts, as (name, file)."""
    for file in files(place):
        with open(file, errors="replace") as script:
            text = script.read(200_000)
        first = text.split("\n", 1)[0]
        if file.endswith(".py") or "python" in first:
            words = PYTHON.findall(text)
        elif first.startswith("#!"):
            words = SHELL.findall(re.sub(r"(?m)^\s*#.*$|<<EOF[^\0]*?^EOF", "", text))
        else:
            continue
        yield from ((word, os.path.relpath(file, ROOT)) for word in sorted(set(words)))


class PackagesTest(unittest.TestCase):
    def named(self, purposes):
        with open(os.path.join(ROOT, "scripts/packages")) as file:
            lines = [line.split() for line in file if not line.startswith("#")]
        return [package for purpose, *packages in lines if purpose in purposes for package in packages]

    def installed_by(self, purposes):
        """Of a system that has nothing but what Debian calls essential, and apt."""
        essential = [line.split()[1] for line in output("dpkg-query", "-W", "-f", "${Essential} ${Package}\n").splitlines()
                     if line.startswith("yes")]
        with tempfile.NamedTemporaryFile() as nothing:
            plan = output("apt-get", "-s", "-o", f"Dir::State::status={nothing.name}", "install", "--no-install-recommends",
                          *essential, "apt", *self.named(purposes))
        return {line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")}

    @staticmethod
    @functools.cache
    def package_of(program):
        path = shutil.which(program, path=PATH)
        if not path:
            return None
        real = os.path.realpath(path)
        for candidate in (real, real.removeprefix("/usr"), path):
            owner = output("dpkg", "-S", candidate)
            if owner:
                return owner.split(":")[0]
        return None

    @unittest.skipUnless(shutil.which("apt-get") and shutil.which("dpkg"), "not a Debian system")
    def test_every_program_is_in_a_named_package(self):
        for purposes, places in USERS:
            have = self.installed_by(purposes)
            if not have:
                self.skipTest("apt-get knows no packages")
            wanted = [pair for place in places for pair in programs(os.path.join(ROOT, place))]
            if "test" in purposes:
                wanted += INDIRECTLY.items()
            for program, user in wanted:
                package = self.package_of(program)
                if package is not None:
                    self.assertTrue(package in have, f"no named package brings {package} for {program}, run by {user}")


if __name__ == "__main__":
    unittest.main()
