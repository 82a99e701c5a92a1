"""Servers that take Kerberos tickets, each with a keytab and a configuration of its own at 127.0.0.1. Need root."""
import glob
import os
import pwd
import shutil
import subprocess

from .own_etc import OwnEtc
from .proc import Process, free_port, listens, wait_for


def readable(keytab, user):
    """The keytab, where that user alone reads it."""
    copy = keytab + "." + user
    shutil.copy(keytab, copy)
    os.chmod(copy, 0o600)
    os.chown(copy, pwd.getpwnam(user).pw_uid, -1)
    return copy


class Apache:
    """mod_auth_gssapi for everything; the answer names the user, and what libkrb5 reads in the PAC, in its headers."""

    def __init__(self, directory, keytab, krb5_conf):
        self.directory = os.path.join(directory, "apache")
        os.makedirs(os.path.join(self.directory, "htdocs"))
        for path in (directory, self.directory):
            os.chmod(path, 0o755)
        self.port = free_port()
        with open(os.path.join(self.directory, "htdocs", "index.html"), "w") as file:
            file.write("the page\n")
        modules = "".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n" for name in (
            "mpm_event", "authn_core", "authz_core", "authz_user", "dir", "headers", "auth_gssapi"))
        config = os.path.join(self.directory, "apache.conf")
        with open(config, "w") as file:
            file.write(f"""\
ServerRoot {self.directory}
PidFile {self.directory}/pid
DefaultRuntimeDir {self.directory}
ErrorLog {self.directory}/error.log
LogLevel info
Listen 127.0.0.1:{self.port}
ServerName www.cloud.test
{modules}
User nobody
Group nogroup
StartServers 1
DocumentRoot {self.directory}/htdocs
<Location />
 AuthType GSSAPI
 AuthName realm
 GssapiCredStore keytab:{readable(keytab, "nobody")}
 GssapiNameAttributes json
 Require valid-user
 Header always set X-User "expr=%{{REMOTE_USER}}"
 Header always set X-Attributes "%{{GSS_NAME_ATTRS_JSON}}e"
</Location>
""")
        self.process = Process(["/usr/sbin/apache2", "-f", config, "-DFOREGROUND"], os.path.join(self.directory, "out"),
                               {"KRB5_CONFIG": krb5_conf})
        wait_for(lambda: not self.process.alive() or listens("127.0.0.1", self.port), "Apache")
        assert self.process.alive(), self.process.text() + self.log()

    def log(self):
        with open(os.path.join(self.directory, "error.log"), errors="replace") as file:
            return file.read()

    def stop(self):
        self.process.stop()


class SshServer:
    """For the users given, who are told by GSSAPI alone. command: what gives a program the passwd and hosts file with them."""

    def __init__(self, directory, keytab, krb5_conf, host, users=("alice",)):
        self.directory, self.host = os.path.join(directory, "sshd"), host
        os.makedirs(self.directory, mode=0o755)
        self.port = free_port()
        etc = OwnEtc(self.directory)
        etc.write("hosts", f"127.0.0.1 localhost\n127.0.0.1 {host}\n")
        self.command = etc.command
        with open(etc.file("passwd"), "a") as passwd, open(etc.file("shadow"), "a") as shadow:
            for number, user in enumerate(users, 54400):
                home = os.path.join(self.directory, user)
                os.makedirs(home)
                os.chown(home, number, number)
                passwd.write(f"{user}:x:{number}:{number}::{home}:/bin/sh\n")
                shadow.write(f"{user}:*:20000::::::\n")
        key = os.path.join(self.directory, "host_key")
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        with open(key + ".pub") as public:
            self.known_hosts = os.path.join(self.directory, "known_hosts")
            with open(self.known_hosts, "w") as known:
                known.write(f"[{host}]:{self.port} {public.read()}")
        config = os.path.join(self.directory, "sshd_config")
        with open(config, "w") as file:
            file.write(f"""\
Port {self.port}
ListenAddress 127.0.0.1
HostKey {key}
PidFile {self.directory}/pid
AuthenticationMethods gssapi-with-mic
GSSAPIAuthentication yes
GSSAPIStrictAcceptorCheck no
GSSAPICleanupCredentials yes
UsePAM no
StrictModes no
LogLevel DEBUG1
""")
        os.makedirs("/run/sshd", exist_ok=True)  # its chroot: its place is compiled in
        self.process = Process([*self.command, "/usr/sbin/sshd", "-D", "-e", "-f", config], os.path.join(self.directory, "log"),
                               {"KRB5_CONFIG": krb5_conf, "KRB5_KTNAME": keytab})
        wait_for(lambda: not self.process.alive() or listens("127.0.0.1", self.port), "sshd")
        assert self.process.alive(), self.process.text()

    def log(self):
        return self.process.text()

    def ssh(self, client, user, *command, options=()):
        args = [*self.command, "ssh", "-F", "none", "-p", str(self.port), "-o", "UserKnownHostsFile=" + self.known_hosts,
                "-o", "StrictHostKeyChecking=yes", "-o", "PreferredAuthentications=gssapi-with-mic", "-o", "BatchMode=yes",
                "-o", "GSSAPIAuthentication=yes", *options, f"{user}@{self.host}", *command]
        return client.run(*args, check=False)

    def stop(self):
        self.process.stop()


class SmbServer:
    """smbd with winbindd, and no domain controller: what it knows of a user is in her PAC. domain: the PAC's LogonDomainName;
    first_id: the uid of RID 0."""

    def __init__(self, directory, keytab, krb5_conf, host, domain, realm, domain_sid, first_id, users=()):
        self.directory, self.host = os.path.join(directory, "smbd"), host
        self.port = free_port()
        path = lambda *names: os.path.join(self.directory, *names)
        for name in ("private", "lock", "state", "cache", "run/samba", "ncalrpc", "log", "share"):
            os.makedirs(path(name), mode=0o755)
        os.chmod(path("share"), 0o777)
        self.conf = path("smb.conf")
        with open(self.conf, "w") as file:
            file.write(f"""\
[global]
 workgroup = {domain}
 realm = {realm}
 netbios name = {host.split('.')[0].upper()}
 security = ads
 kerberos method = dedicated keytab
 dedicated keytab file = {keytab}
 idmap config * : backend = tdb
 idmap config * : range = 100000-199999
 idmap config {domain} : backend = rid
 idmap config {domain} : range = {first_id}-{first_id + 99999}
 private dir = {path("private")}
 lock directory = {path("lock")}
 state directory = {path("state")}
 cache directory = {path("cache")}
 pid directory = {path("run/samba")}
 ncalrpc dir = {path("ncalrpc")}
 log file = {path("log")}/%m.log
 smb ports = {self.port}
 interfaces = lo
 bind interfaces only = yes
 disable netbios = yes
 load printers = no
 printcap name = /dev/null
 max log size = 0
 log level = 3 auth:10
[share]
 path = {path("share")}
 read only = no
""")
        etc = OwnEtc(self.directory)
        etc.write("hosts", f"127.0.0.1 localhost\n127.0.0.1 {host}\n")
        with open(etc.file("passwd"), "a") as passwd:
            for user, uid in users:
                passwd.write(f"{domain}\\{user}:x:{uid}:{uid}::/nonexistent:/bin/false\n")
        # Where winbindd's socket is, its clients have compiled in.
        self.command = [*etc.command, "sh", "-c", 'mount --bind "$1" /run && shift && exec "$@"', "sh", path("run")]
        env = {"KRB5_CONFIG": krb5_conf}
        subprocess.run([*self.command, "net", "-s", self.conf, "setdomainsid", domain_sid], check=True, capture_output=True,
                       env={**os.environ, **env})
        self.winbindd = Process([*self.command, "/usr/sbin/winbindd", "-F", "--no-process-group", "-s", self.conf],
                                path("winbindd.out"), env)
        wait_for(lambda: os.path.exists(path("run/samba/winbindd/pipe")), "winbindd")
        self.process = Process([*self.command, "/usr/sbin/smbd", "-F", "--no-process-group", "-s", self.conf],
                               path("smbd.out"), env)
        wait_for(lambda: not self.process.alive() or listens("127.0.0.1", self.port), "smbd")
        assert self.process.alive(), self.process.text() + self.log()

    def log(self):
        text = ""
        for name in glob.glob(os.path.join(self.directory, "log", "*.log")):
            with open(name, errors="replace") as file:
                text += file.read()
        return text

    def smbclient(self, client, command):
        options = ["--use-kerberos=required", "--use-krb5-ccache=" + client.env["KRB5CCNAME"], "--configfile=" + self.conf]
        return client.run(*self.command, "smbclient", f"//{self.host}/share", "-p", str(self.port), *options, "-c", command,
                          check=False)

    def stop(self):
        self.process.stop()
        self.winbindd.stop()
