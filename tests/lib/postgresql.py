"""PostgreSQL's server of Debian, at a socket in a directory of its own."""
import glob
import os
import signal
import subprocess

from .proc import Process, wait_for
from .realm import FRONT_USER, USER

ADMIN = "test"


class Postgresql:
    """A running server whose administrator `test` whoever asks may be; others are told by their user, as Debian's are.

    standby_of: another one, whose copy this is, and stays."""

    def __init__(self, directory, name="postgresql", standby_of=None):
        self.directory = os.path.join(directory, name)
        os.makedirs(self.directory)
        os.chmod(directory, 0o755)
        os.chown(self.directory, FRONT_USER.pw_uid, FRONT_USER.pw_gid)
        self.starts, self.process = 0, None
        if standby_of:
            self.run("pg_basebackup", "-h", standby_of.directory, "-U", ADMIN, "-D", "data", "-R", "-X", "stream", "-c", "fast")
        else:
            self.run("initdb", "-D", "data", "-U", ADMIN, "-A", "peer", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
            with open(os.path.join(self.directory, "data/pg_hba.conf"), "w") as file:
                file.write(f"local all,replication {ADMIN} trust\nlocal all all peer\n")
        self.start()

    def command(self, program, *args):
        as_user = ["setpriv", f"--reuid={FRONT_USER.pw_uid}", f"--regid={FRONT_USER.pw_gid}", "--clear-groups"]
        return [*as_user, next(iter(sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{program}"), reverse=True))), *args]

    def run(self, program, *args):
        result = subprocess.run(self.command(program, *args), cwd=self.directory, text=True, capture_output=True, timeout=120)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def start(self):
        self.starts += 1
        data = os.path.join(self.directory, "data")
        settings = ("listen_addresses=", f"unix_socket_directories={self.directory}", "max_connections=200", "fsync=off")
        self.process = Process(self.command("postgres", "-D", data, *(word for one in settings for word in ("-c", one))),
                               os.path.join(self.directory, f"log.{self.starts}"))
        wait_for(lambda: self.is_ready() or not self.process.alive(), "PostgreSQL's server", 60)
        assert self.process.alive(), self.process.text()

    def is_ready(self):
        return subprocess.run(["pg_isready", "-q", "-h", self.directory], check=False).returncode == 0

    def end(self, how=signal.SIGINT):
        """SIGINT: sessions are ended; SIGQUIT: as in a crash."""
        self.process.child.send_signal(how)
        self.process.child.wait(60)
        self.process.file.close()

    def stop(self):
        if self.process.alive():
            self.end(signal.SIGQUIT)

    def sql(self, text, database="postgres"):
        """The rows, each as its columns' texts with "|" between."""
        words = ["psql", "-h", self.directory, "-U", ADMIN, "-d", database, "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", text]
        result = subprocess.run(words, text=True, capture_output=True, timeout=60)
        assert result.returncode == 0, result.stderr
        return result.stdout.split("\n")[:-1]

    def create_database(self, name, owner=USER.pw_name):
        """As docs/realm.md says it. Its URL."""
        if not self.sql(f"SELECT 1 FROM pg_roles WHERE rolname = '{owner}'"):
            self.sql(f'CREATE USER "{owner}"')
        self.sql(f'CREATE DATABASE {name} OWNER "{owner}" ENCODING UTF8 TEMPLATE template0')
        return self.url(name)

    def url(self, name):
        return f"postgresql:///{name}?host={self.directory}"
