"""ferryman-realm under test, as a user of its own."""
import grp
import json
import os
import pwd
import shutil
import signal
import subprocess
import time

from .gateway import BINARY as GATEWAY
from .gateway import TOOL, table
from .proc import Process, wait_for

BUILT = os.path.join(os.path.dirname(GATEWAY), "ferryman-realm")
USER, FRONT_USER = pwd.getpwnam("daemon"), pwd.getpwnam("nobody")
FOREIGN_UID = 54321


class Realm:
    """A running ferryman-realm with a directory of its own: the tenant `example` of CLOUD.TEST, without users.

    setpriv: more options of setpriv(1), and what it runs first; with its "--". database: a URL, instead of SQLite's file.
    like: another one, of whose database and master key this is a second service."""

    realm, tenant, built = "CLOUD.TEST", "example", BUILT

    def __init__(self, directory, name="realm", setpriv=("--",), env=None, service=None, url="https://gateway.test", database=None,
                 like=None, **sections):
        self.directory = os.path.join(directory, name)
        if not os.path.isdir(self.directory):
            os.makedirs(self.directory)
            os.chmod(directory, 0o755)
            os.chown(self.directory, USER.pw_uid, USER.pw_gid)
            shutil.copy(self.built, self.directory)  # where the user can read it
        self.binary = os.path.join(self.directory, "ferryman-realm")
        self.front = os.path.join(self.directory, "front.sock")
        self.config = os.path.join(self.directory, "realm.toml")
        self.admin_socket = os.path.join(self.directory, "admin.sock")
        self.database, self.master_key = (os.path.join(self.directory, part) for part in ("state/realm.db", "master.key"))
        self.database = like.database if like else database or self.database
        if like:
            shutil.copy2(like.master_key, self.master_key)
            os.chown(self.master_key, USER.pw_uid, USER.pw_gid)
        self.service, self.url = service or {}, url
        self.write(self.text(**sections))
        self.setpriv, self.env, self.starts, self.process = list(setpriv), env or {}, 0, None
        self.start()

    def text(self, **sections):
        sections = {"realm": {"name": self.realm, "url": self.url, "default_tenant": self.tenant, "database": self.database,
                              "master_key": "file:" + self.master_key},
                    "service": {"front": self.front, "front_user": FRONT_USER.pw_name, "admin": self.admin_socket,
                                "admin_group": grp.getgrgid(0).gr_name, **self.service},
                    "log": {"format": "json", "level": "debug"}, **sections}
        return "".join(f"[{name}]\n" + table(values) for name, values in sections.items())

    def write(self, text):
        with open(self.config, "w") as file:
            file.write(text)

    @staticmethod
    def as_user():
        """setpriv(1) before a command; options may follow, then "--"."""
        return ["setpriv", f"--reuid={USER.pw_uid}", f"--regid={USER.pw_gid}", "--clear-groups"]

    def command(self, *args):
        return [*self.as_user(), *self.setpriv, self.binary, "-c", self.config, *args]

    def admin(self, *args, stdin="", check=True):
        """ferryman realm ARGS"""
        result = subprocess.run([TOOL, "realm", *args, "-c", self.config], input=stdin, text=True, capture_output=True, timeout=60)
        if check and result.returncode != 0:
            raise AssertionError(f"realm {args} gave {result.returncode}:\n{result.stdout}{result.stderr}")
        return result

    def start(self):
        if self.process:
            self.process.stop_and_check()
        if not self.starts:
            self.admin("init", "--name", self.realm, "--tenant", self.tenant, "--url", self.url, "--user", USER.pw_name)
        self.starts += 1
        # It may not be looked into, by a leak sanitizer either.
        env = {"ASAN_OPTIONS": "detect_leaks=0", "NOTIFY_SOCKET": "", **self.env}
        self.process = Process(self.command(), os.path.join(self.directory, f"log.{self.starts}"), env=env)
        wait_for(lambda: self.seen("ready") or not self.process.alive(), "ferryman-realm to be ready")
        assert self.process.alive(), self.process.text()

    def records(self):
        lines = self.process.text().split("\n")
        return [json.loads(line) for line in lines[:-1] if line.startswith("{")]

    def messages(self, message, **fields):
        """All that there are: the log's writer lets lines gather for 50 ms."""
        time.sleep(0.2)
        return self.seen(message, **fields)

    def seen(self, message, **fields):
        """Those that have been written by now."""
        return [r for r in self.records() if r.get("message") == message
                and all(r.get(k) == v for k, v in fields.items())]

    def wait_message(self, message, **fields):
        return wait_for(lambda: self.seen(message, **fields), f"the message {message!r} {fields}")

    def signal(self, number):
        self.process.child.send_signal(number)

    def reload(self, message="reloaded"):
        before = len(self.messages(message))
        self.signal(signal.SIGHUP)
        wait_for(lambda: len(self.seen(message)) > before, f"the message {message!r}")

    def terminate(self, seconds=30):
        self.signal(signal.SIGTERM)
        return self.process.child.wait(seconds)

    def stop(self):
        self.process.stop_and_check()
