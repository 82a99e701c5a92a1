"""A computer that users of a realm log on to: its own /etc, /var/lib, /run and /home in a mount namespace, with what an
administrator does there. Needs root."""
import os
import shutil
import socket
import subprocess

from .gateway import BINARY
from .proc import Process, free_port, listens, wait_for

BUILD = os.path.dirname(BINARY)
ACTIVATED, SOCKET = "/run/ferryman-users/socket", "/run/systemd/userdb/io.ferryman.Users"
LOCAL_USER, LOCAL_PASSWORD = "locally", "a local pass-phrase 9"
IDS = {"ferryman-users": 61, "ferryman-logon": 62, LOCAL_USER: 1700}
PROFILES = ("unix", "mkhomedir")
# What ssh asks by: each prompt gets what stands behind a word of it.
ASKPASS = """#!/bin/sh
echo "$1" >> "$ANSWERS.asked"
while IFS=: read -r word answer; do
  case "$1" in *"$word"*) printf '%s\\n' "$answer"; exit 0;; esac
done < "$ANSWERS"
exit 1
"""


def write(path, text, mode=0o644):
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)
    return path


class Machine:
    def __init__(self, directory, name="machine"):
        self.directory = os.path.join(directory, name)
        os.makedirs(self.directory, mode=0o755)
        os.chmod(directory, 0o755)
        self.program_directory = self.path("bin")
        os.makedirs(self.program_directory)
        for program in ("ferryman", "ferryman-users", "ferryman-logon", "pam_ferryman.so"):
            shutil.copy(os.path.join(BUILD, program), self.program_directory)
        self.make_etc()
        self.mount()
        self.users = None

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def etc(self, name):
        return self.path("etc", name)

    def make_etc(self):
        shutil.copytree("/etc", self.path("etc"), symlinks=True)
        for name in ("resolv.conf", "hosts"):
            if os.path.lexists(self.etc(name)):
                os.unlink(self.etc(name))
        write(self.etc("hosts"), "127.0.0.1 localhost\n")
        write(self.etc("resolv.conf"), "")
        write(self.etc("nsswitch.conf"), "passwd: files systemd\ngroup: files systemd\nshadow: files systemd\nhosts: files\n")
        with open(self.etc("passwd"), "a") as passwd, open(self.etc("group"), "a") as group:
            for name, number in IDS.items():
                passwd.write(f"{name}:x:{number}:{number}::/home/{name}:/bin/sh\n")
                group.write(f"{name}:x:{number}:\n")
        crypted = subprocess.run(["openssl", "passwd", "-6", "-stdin"], input=LOCAL_PASSWORD + "\n", text=True, capture_output=True,
                                 check=True).stdout.strip()
        with open(self.etc("shadow"), "a") as shadow:
            shadow.write(f"{LOCAL_USER}:{crypted}:20000::::::\n")
        os.makedirs(self.etc("ferryman"), exist_ok=True)
        write(self.etc("krb5.conf"), "[libdefaults]\n dns_lookup_kdc = false\n dns_lookup_realm = false\n")
        service = "".join(f"@include common-{part}\n" for part in ("auth", "account", "session"))
        for name in ("logon", "sshd"):
            write(self.etc("pam.d/" + name), service)
        profiles = self.path("pam-configs")
        os.makedirs(profiles)
        for name in PROFILES:
            shutil.copy(os.path.join("/usr/share/pam-configs", name), profiles)
        with open(os.path.join(BUILD, "..", "pam-configs", "ferryman")) as file:
            profile = "\n".join(line.rsplit("\t", 1)[0] + "\t" + self.module if "pam_ferryman.so" in line else line
                                for line in file.read().split("\n"))
        write(os.path.join(profiles, "ferryman"), profile)

    @property
    def module(self):
        return f"{self.program_directory}/pam_ferryman.so helper={self.program_directory}/ferryman-logon"

    def mount(self):
        for name in ("home", "lib", "cache"):
            os.makedirs(self.path(name))
        shutil.copytree("/var/lib/pam", self.path("lib/pam"))
        shutil.copytree("/var/cache/debconf", self.path("cache/debconf"), symlinks=True)
        state = self.path("lib/ferryman-logon")
        os.makedirs(state)
        os.chown(state, IDS["ferryman-logon"], IDS["ferryman-logon"])
        mounts = {"etc": "/etc", "home": "/home", "lib": "/var/lib", "cache": "/var/cache", "pam-configs": "/usr/share/pam-configs"}
        script = " && ".join(f"mount --bind {self.path(name)} {target}" for name, target in mounts.items())
        script += (" && mount -t tmpfs none /run && mkdir -p /run/systemd/userdb /run/ferryman-users /run/sshd && touch /run/mounted"
                   " && exec sleep infinity")
        self.namespace = Process(["unshare", "--mount", "sh", "-c", script], self.path("namespace.log"))
        wait_for(lambda: not self.namespace.alive() or self.run("test", "-e", "/run/mounted", check=False).returncode == 0,
                 "the namespace")
        assert self.namespace.alive(), self.namespace.text()

    def command(self, *args):
        return ["nsenter", "-t", str(self.namespace.child.pid), "--mount", *args]

    def run(self, *args, stdin="", check=True, env=None):
        result = subprocess.run(self.command(*args), input=stdin, text=True, capture_output=True, timeout=90,
                                env={"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive",
                                     **(env or {})})
        if check and result.returncode != 0:
            raise AssertionError(f"{args} gave {result.returncode}:\n{result.stdout}{result.stderr}")
        return result

    def ferryman(self, *args, stdin="", check=True):
        return self.run(os.path.join(self.program_directory, "ferryman"), *args, stdin=stdin, check=check)

    def configure(self, url, ca, more="", key='key = "software"'):
        shutil.copy(ca, self.etc("ferryman/ca.pem"))
        os.chmod(self.etc("ferryman/ca.pem"), 0o644)
        write(self.etc("ferryman/machine.toml"),
              f'url = "{url}"\ntenant = "example"\nca_file = "/etc/ferryman/ca.pem"\n{key}\n{more}')

    def start_users(self):
        """ferryman-users by its socket, which gets its name in systemd's directory when it is answered, as the unit does it."""
        self.users = Process(self.command("systemd-socket-activate", "-l", ACTIVATED, "setpriv", "--reuid=61", "--regid=61", "--clear-groups",
                                          os.path.join(self.program_directory, "ferryman-users")), self.path("users.log"))
        wait_for(lambda: self.run("test", "-S", ACTIVATED, check=False).returncode == 0, "the userdb socket")
        self.run("chmod", "0666", ACTIVATED)
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(30)
            link.connect(self.root + ACTIVATED)
            link.sendall(b'{"method":"org.varlink.service.GetInfo"}\0')
            assert b"MethodNotFound" in link.recv(4096), self.users.text()
        self.run("ln", "-s", ACTIVATED, SOCKET)

    @property
    def root(self):
        """What is above its paths, seen from here."""
        return f"/proc/{self.namespace.child.pid}/root"

    def enable_pam(self, *profiles):
        self.run("pam-auth-update", "--force", "--enable", *profiles)

    def pam(self, user, *steps, answers=(), service="logon", prefix=()):
        """pamtester's exit code and what was said. prefix: what calls it."""
        result = self.run(*prefix, "pamtester", "-v", service, user, *steps, stdin="".join(answer + "\n" for answer in answers), check=False)
        return result.returncode, result.stdout + result.stderr

    def waiting_pam(self, user, prompt, service="logon"):
        """pamtester that authenticates, once it asks; communicate() of it answers."""
        asked = self.path("asked")
        with open(asked, "w") as file:
            child = subprocess.Popen(self.command("pamtester", "-v", service, user, "authenticate"), stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, stderr=file, text=True, env={"PATH": os.environ["PATH"], "LC_ALL": "C"})

        def is_asking():
            with open(asked) as file:
                return prompt in file.read()
        wait_for(is_asking, "its prompt")
        return child

    def start_sshd(self):
        self.port = free_port()
        key = self.path("host_key")
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        with open(key + ".pub") as public:
            write(self.path("known_hosts"), f"[localhost]:{self.port} {public.read()}")
        config = write(self.path("sshd_config"), f"""\
Port {self.port}
ListenAddress 127.0.0.1
HostKey {key}
PidFile {self.path("sshd.pid")}
UsePAM yes
PasswordAuthentication no
KbdInteractiveAuthentication yes
AuthenticationMethods keyboard-interactive
LogLevel DEBUG1
""")
        write(self.path("askpass"), ASKPASS, 0o755)
        sshd = Process(self.command("/usr/sbin/sshd", "-D", "-e", "-f", config), self.path("sshd.log"))
        wait_for(lambda: not sshd.alive() or listens("127.0.0.1", self.port), "sshd")
        assert sshd.alive(), sshd.text()
        return sshd

    def ssh(self, user, command, answers):
        """answers: by a word of the prompt."""
        file = write(self.path("answers"), "".join(f"{word}:{answer}\n" for word, answer in answers.items()))
        return subprocess.run(["ssh", "-F", "none", "-p", str(self.port), "-o", "UserKnownHostsFile=" + self.path("known_hosts"),
                               "-o", "StrictHostKeyChecking=yes", "-o", "PreferredAuthentications=keyboard-interactive",
                               "-o", "NumberOfPasswordPrompts=1", f"{user}@localhost", command],
                              stdin=subprocess.DEVNULL, text=True, capture_output=True, timeout=90,
                              env={"PATH": os.environ["PATH"], "HOME": "/root", "ANSWERS": file, "SSH_ASKPASS": self.path("askpass"),
                                   "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": "none"})

    def asked(self):
        with open(self.path("answers.asked")) as file:
            return file.read()

    def stop(self):
        if self.users:
            self.users.stop_and_check()
        self.namespace.stop()
