"""SSSD with a configuration, state and PAM service of its own, in a mount namespace. Needs root."""
import os
import shutil
import subprocess

from .kdcs import write
from .proc import Process, wait_for


class Sssd:
    """Logs users of the realm on by Kerberos at the KDC given (ADDRESS:PORT), with its cache. Their names come from a
    passwd file of this namespace."""

    def __init__(self, directory, realm, kdc, users=("alice",), domain="", libdefaults=""):
        self.directory = os.path.join(directory, "sssd")
        path = lambda name: os.path.join(self.directory, name)
        for name in ("etc", "lib/db", "lib/mc", "lib/pipes/private", "lib/pubconf/krb5.include.d", "lib/secrets",
                     "lib/gpo_cache", "lib/deskprofile", "lib/keytabs", "log", "run"):
            os.makedirs(path(name))
        os.chmod(self.directory, 0o755)
        os.chmod(path("run"), 0o1777)  # as /tmp: users' caches are there
        shutil.copytree("/etc/pam.d", path("pam.d"))
        write(path("pam.d/logon"), "auth required pam_sss.so\naccount required pam_permit.so\n")
        with open("/etc/passwd") as file:
            passwd = file.read()
        write(path("passwd"), passwd + "".join(f"{user}:x:{9000 + i}:100::/tmp:/bin/sh\n" for i, user in enumerate(users)))
        write(path("krb5.conf"), f"[libdefaults]\n default_realm = {realm}\n dns_lookup_kdc = false\n rdns = false\n{libdefaults}")
        config = write(path("etc/sssd.conf"), f"""\
[sssd]
services = nss, pam
domains = test
[pam]
offline_failed_login_delay = 0
[domain/test]
id_provider = proxy
proxy_lib_name = files
auth_provider = krb5
access_provider = permit
krb5_realm = {realm}
krb5_server = {kdc}
krb5_ccname_template = FILE:/run/krb5cc_%U_XXXXXX
cache_credentials = true
debug_level = 6
{domain}""")
        os.chmod(config, 0o600)
        mounts = {"etc": "/etc/sssd", "lib": "/var/lib/sss", "log": "/var/log/sssd", "pam.d": "/etc/pam.d",
                  "passwd": "/etc/passwd", "krb5.conf": "/etc/krb5.conf", "run": "/run"}
        script = " && ".join(f"mount --bind {path(name)} {target}" for name, target in mounts.items())
        self.process = Process(["unshare", "-m", "sh", "-c", script + " && exec /usr/sbin/sssd -i --logger=files"],
                               path("sssd.out"), {"KRB5_CONFIG": "/etc/krb5.conf"})
        wait_for(lambda: os.path.exists(path("lib/pipes/pam")) or not self.process.alive(), "SSSD")
        assert self.process.alive(), self.process.text() + self.log("sssd")
        # Its pipe is there before the domain behind it is.
        wait_for(lambda: "cannot retrieve" not in self.logon("nobody-of-that-name", "x")[1], "SSSD's domain")

    def log(self, name="sssd_test"):
        try:
            with open(os.path.join(self.directory, "log", name + ".log"), errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def logon(self, user, password):
        """By PAM; returns (exit code, what was said)."""
        result = subprocess.run(["nsenter", "-t", str(self.process.child.pid), "-m", "pamtester", "-v", "logon", user,
                                 "authenticate"], input=password + "\n", text=True, capture_output=True, timeout=60)
        return result.returncode, result.stdout + result.stderr

    def stop(self):
        self.process.stop()
