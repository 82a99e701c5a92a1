"""What `cmake --install` lays down, used as its users would: pkg-config, CMake, man pages, units, the library's ABI."""
import glob
import os
import re
import subprocess
import unittest

from lib import krb
from lib.fake_gateway import FakeGateway
from lib.gateway import BINARY
from lib.scenario import Scenario

BUILD = os.path.join(os.path.dirname(BINARY), "..")
SOURCE = os.path.join(os.path.dirname(__file__), "..", "..")
FLAGS = ["-fsanitize=" + os.environ["FERRYMAN_SANITIZED"]] if "FERRYMAN_SANITIZED" in os.environ else []


def run(*args, **more):
    result = subprocess.run(args, capture_output=True, text=True, timeout=120, **more)
    if result.returncode != 0:
        raise AssertionError(f"{args} gave {result.returncode}:\n{result.stdout}{result.stderr}")
    return result.stdout


class InstallTest(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = os.path.join(cls.directory, "root")
        run("cmake", "--install", BUILD, "--prefix", cls.root)
        cls.libdir = os.path.dirname(glob.glob(cls.root + "/lib/**/libferryman.so", recursive=True)[0])
        cls.env = {**os.environ, "PKG_CONFIG_PATH": os.path.join(cls.libdir, "pkgconfig"),
                   "LD_LIBRARY_PATH": cls.libdir, "HOME": cls.directory, "KRB5_CONFIG": "/nonexistent"}
        for name in ("HTTPS_PROXY", "https_proxy"):
            cls.env.pop(name, None)
        examples = os.path.join(cls.root, "share/doc/ferryman/examples")
        cls.c, cls.cc = (os.path.join(examples, name) for name in ("proxy_message.c", "on_an_event_loop.cc"))

    @unittest.skipIf("FERRYMAN_SANITIZED" in os.environ, "a sanitizer brings an allocator of its own")
    def test_ferrymand_allocates_by_mimalloc(self):
        bindings = subprocess.run([os.path.join(self.root, "sbin/ferrymand"), "--version"], capture_output=True, text=True,
                                  env={**self.env, "LD_DEBUG": "bindings"}, timeout=60).stderr
        self.assertRegex(bindings, r"libcrypto\S+ \[0\] to \S*libmimalloc\S+ \[0\]: normal symbol `malloc'")

    def use(self, program, third):
        gateway = self.running(FakeGateway(certificate=self.certificate, key=self.key))
        request = os.path.join(self.directory, "request")
        with open(request, "wb") as file:
            file.write(krb.as_req())
        output = run(program, "MIT.TEST", request, third, gateway.url, self.authority.certificate, env=self.env)
        self.assertGreater(len(gateway.requests), 0)
        return output

    def pkg_config(self):
        flags = run("pkg-config", "--cflags", "--libs", "libferryman", env=self.env).split()
        # The .pc names the prefix that was configured; this installation is elsewhere.
        self.assertIn("-lferryman", flags)
        return ["-I" + os.path.join(self.root, "include"), "-L" + self.libdir, "-lferryman"]

    def test_a_c_program_by_pkg_config(self):
        program = os.path.join(self.directory, "by-pkg-config")
        run("gcc", "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", self.c, *self.pkg_config(), *FLAGS, "-o", program)
        answer = os.path.join(self.directory, "answer")
        self.assertRegex(self.use(program, answer), r"^\d+ octets from https://localhost")
        with open(answer, "rb") as file:
            self.assertEqual(file.read(), krb.krb_error())

    def test_a_cxx17_program_by_cmake(self):
        project = os.path.join(self.directory, "project")
        os.makedirs(project)
        with open(os.path.join(project, "CMakeLists.txt"), "w") as file:
            file.write(f"""\
cmake_minimum_required(VERSION 3.20)
project(user CXX)
set(CMAKE_CXX_STANDARD 17)
find_package(ferryman 0.1 REQUIRED)
add_executable(user {self.cc})
target_compile_options(user PRIVATE -Wall -Wextra -Werror {" ".join(FLAGS)})
target_link_libraries(user PRIVATE ferryman::ferryman {" ".join(FLAGS)})
""")
        build = os.path.join(project, "build")
        run("cmake", "-S", project, "-B", build, "-DCMAKE_PREFIX_PATH=" + self.root)
        run("cmake", "--build", build)
        self.assertEqual(self.use(os.path.join(build, "user"), "7"), "7 answered\n")

    def test_the_abi_is_what_the_map_and_the_header_say(self):
        with open(os.path.join(SOURCE, "src/libferryman/libferryman.map")) as file:
            listed = set(re.findall(r"^    (ferryman_\w+);", file.read(), re.M))
        with open(os.path.join(self.root, "include/ferryman/ferryman.h")) as file:
            declared = set(re.findall(r"^FERRYMAN_API [^;(]*?(ferryman_\w+)\(", file.read(), re.M))
        symbols = run("nm", "-D", "--defined-only", os.path.join(self.libdir, "libferryman.so"))
        exported = {line.split()[2] for line in symbols.splitlines()} - {"FERRYMAN_0.1"}
        self.assertEqual(exported, {name + "@@FERRYMAN_0.1" for name in listed})
        self.assertEqual(declared, listed)
        self.assertEqual(len(listed), 20)
        self.assertIn("SONAME", run("readelf", "-d", os.path.join(self.libdir, "libferryman.so")))

    def test_the_soname_is_linked(self):
        names = {os.path.basename(path) for path in glob.glob(self.libdir + "/libferryman.so*")}
        self.assertEqual(names, {"libferryman.so", "libferryman.so.0", "libferryman.so.0.1.0"})

    def test_every_function_has_its_place_in_the_manual(self):
        page = run("man", "-P", "cat", os.path.join(self.root, "share/man/man3/libferryman.3"), env={**self.env, "MANWIDTH": "200"})
        with open(os.path.join(SOURCE, "src/libferryman/libferryman.map")) as file:
            for name in re.findall(r"(ferryman_\w+);", file.read()):
                self.assertIn(name, page)

    def test_every_option_has_its_place_in_the_manual(self):
        page = run("man", "-P", "cat", os.path.join(self.root, "share/man/man1/ferryman.1"), env={**self.env, "MANWIDTH": "200"})
        tool = os.path.join(self.root, "bin/ferryman")
        for command in ("forward", "probe", "decode", "locate"):
            for option in re.findall(r"^  (?:-\w,)?(--[\w-]+)", run(tool, command, "--help", env=self.env), re.M):
                if option != "--help":
                    self.assertIn(option, page, command)

    def test_every_command_of_the_machine_has_its_place_in_the_manual(self):
        page = run("man", "-P", "cat", os.path.join(self.root, "share/man/man8/ferryman-machine.8"), env={**self.env, "MANWIDTH": "200"})
        shown = run(os.path.join(self.root, "bin/ferryman"), "machine", "--help", env=self.env)
        commands = re.findall(r"^  ([a-z]+) ", shown.split("Subcommands:")[1], re.M)
        self.assertIn("check", commands)
        for command in commands:
            self.assertIn("ferryman machine " + command, page)

    def test_the_pam_module_needs_nothing_of_ours(self):
        module = glob.glob(self.root + "/lib/*/security/pam_ferryman.so")[0]
        needed = re.findall(r"NEEDED +(\S+)", run("objdump", "-p", module))
        self.assertEqual({name.split(".so")[0] for name in needed}, {"libpam", "libc"})
        shown = re.findall(r" T (\w+)", run("nm", "-D", "--defined-only", module))
        self.assertEqual({name for name in shown if not name.startswith("_")},
                         {f"pam_sm_{step}" for step in ("authenticate", "setcred", "acct_mgmt", "open_session", "close_session")})
        with open(os.path.join(self.root, "share/pam-configs/ferryman")) as file:
            self.assertIn("pam_ferryman.so", file.read())

    def test_every_option_of_the_realm_has_its_place_in_the_manual(self):
        page = run("man", "-P", "cat", os.path.join(self.root, "share/man/man8/ferryman-realm.8"), env={**self.env, "MANWIDTH": "200"})
        program = os.path.join(self.root, "sbin/ferryman-realm")
        for option in re.findall(r"^  (?:-\w,)?(--[\w-]+)", run(program, "--help", env=self.env), re.M):
            self.assertIn(option, page)

    def test_the_realms_example_has_no_mistakes(self):
        example = os.path.join(self.root, "share/doc/ferryman/examples/realm.toml")
        shown = run(os.path.join(self.root, "sbin/ferryman-realm"), "--show-config", "-c", self.with_root_in_front(example))
        keys = re.findall(r"^(\w+) =", shown, re.M)
        page = run("man", "-P", "cat", os.path.join(self.root, "share/man/man5/realm.toml.5"), env={**self.env, "MANWIDTH": "200"})
        for key in keys:
            self.assertIn(key, page)

    def with_root_in_front(self, example):
        """The example on a system that has no user for ferrymand."""
        path = os.path.join(self.directory, "realm.toml")
        with open(example) as source, open(path, "w") as file:
            file.write(source.read() + '[service]\nfront_user = "root"\n')
        return path

    def test_the_documents_that_others_point_to_are_there(self):
        folder = os.path.join(self.root, "share/doc/ferryman")
        pages = glob.glob(folder + "/**/*.md", recursive=True)
        self.assertIn(os.path.join(folder, "docs/security.md"), pages)
        for page in pages:
            with open(page) as file:
                for link in re.findall(r"\]\(((?!https?:)[^)#]+)", file.read()):
                    if link != "CONTRIBUTING.md":  # for those who have the source
                        self.assertTrue(os.path.exists(os.path.join(os.path.dirname(page), link)), f"{page}: {link}")

    def test_the_dashboard_and_the_rules(self):
        folder = os.path.join(self.root, "share/ferryman/monitoring")
        self.assertEqual(sorted(os.listdir(folder)), ["ferryman.json", "ferryman.rules.yml"])

    def test_the_units(self):
        units = glob.glob(self.root + "/lib/systemd/user/ferryman-forward.*")
        self.assertEqual(len(units), 2)
        units += glob.glob(self.root + "/lib/systemd/system/ferryman-realm.service")
        self.assertEqual(len(units), 3)
        units += glob.glob(self.root + "/lib/systemd/system/ferryman-ad-sync@.*")
        self.assertEqual(len(units), 5)
        units += glob.glob(self.root + "/lib/systemd/system/ferryman-forward.*")
        self.assertEqual(len(units), 7)
        with open(self.root + "/lib/sysusers.d/ferryman-forward.conf") as file:
            self.assertIn("u ferryman-forward ", file.read())
        for unit in units:
            with open(unit) as file:
                self.assertNotIn("@CMAKE", file.read())


if __name__ == "__main__":
    unittest.main()
