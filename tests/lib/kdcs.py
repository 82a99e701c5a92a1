"""Real KDCs, each in a directory and at an address of its own."""
import os
import shutil
import subprocess

from .proc import Process, free_port, has_udp_socket, listens, wait_for

BUILD = os.environ.get("FERRYMAN_PEERS", "/tmp/ferryman-peers")


def write(path, text):
    with open(path, "w") as file:
        file.write(text)
    return path


class MitKdc:
    """krb5kdc and kadmind, with PKINIT and anonymous PKINIT."""

    realm = "MIT.TEST"

    def __init__(self, directory, authority, host="127.0.0.1", realm="MIT.TEST", kdc_options="", port=None):
        self.realm, self.host = realm, host
        self.directory = os.path.join(directory, "kdc-" + realm.lower())
        os.makedirs(self.directory)
        self.port, self.kpasswd_port, admin_port = port or free_port(host), free_port(host), free_port(host)
        at = f"[{host}]" if ":" in host else host
        self.kdc, self.kpasswd = f"{at}:{self.port}", f"{at}:{self.kpasswd_port}"
        certificate, key = authority.kdc(realm)
        path = lambda name: os.path.join(self.directory, name)
        write(path("kdc.conf"), f"""\
[kdcdefaults]
 kdc_listen = {self.kdc}
 kdc_tcp_listen = {self.kdc}
[realms]
 {realm} = {{
  kadmind_listen = {at}:{admin_port}
  kpasswd_listen = {self.kpasswd}
  acl_file = {path("acl")}
  admin_keytab = {path("kadm5.keytab")}
  key_stash_file = {path("stash")}
  supported_enctypes = aes256-cts:normal aes128-cts:normal
  default_principal_flags = +preauth
  pkinit_identity = FILE:{certificate},{key}
  pkinit_anchors = FILE:{authority.certificate}
  {kdc_options}
 }}
""")
        write(path("krb5.conf"), f"""\
[libdefaults]
 default_realm = {realm}
 dns_lookup_kdc = false
[realms]
 {realm} = {{
  kdc = {self.kdc}
  admin_server = {at}:{admin_port}
  kpasswd_server = {self.kpasswd}
 }}
[dbmodules]
 {realm} = {{
  db_library = db2
  database_name = {path("principal")}
 }}
[logging]
 kdc = FILE:{path("kdc.log")}
 admin_server = FILE:{path("kadmin.log")}
""")
        write(path("acl"), f"*/admin@{realm} *\n")
        self.env = {"KRB5_CONFIG": path("krb5.conf"), "KRB5_KDC_PROFILE": path("kdc.conf"),
                    "PATH": os.environ["PATH"] + ":/usr/sbin"}
        self.run("kdb5_util", "create", "-s", "-r", realm, "-P", "master")
        self.keytab = path("service.keytab")
        for command in ("addprinc -pw alice-pw alice", "addprinc -pw bob-pw bob",
                        "addprinc +requires_preauth +needchange -pw old-pw carol", "addprinc -randkey WELLKNOWN/ANONYMOUS",
                        "addprinc -randkey HTTP/www.mit.test",
                        f"ktadd -k {self.keytab} HTTP/www.mit.test",
                        f"ktadd -k {path('kadm5.keytab')} kadmin/admin kadmin/changepw"):
            self.run("kadmin.local", "-q", command)
        self.processes = [Process(["krb5kdc", "-n"], path("kdc.out"), self.env),
                          Process(["kadmind", "-nofork"], path("kadmind.out"), self.env)]
        for port in (self.port, self.kpasswd_port):
            wait_for(lambda: listens(host, port), f"MIT's port {port}")

    def run(self, *args):
        subprocess.run(args, check=True, capture_output=True, env={**os.environ, **self.env})

    def stop(self):
        for process in self.processes:
            process.stop()


class HeimdalKdc:
    """Heimdal's kdc and kpasswdd (UDP only), from packages that are unpacked, not installed."""

    realm = "HEIM.TEST"

    def __init__(self, directory, host="127.0.0.40"):
        root = os.path.join(BUILD, "heimdal")
        self.directory, self.host = os.path.join(directory, "heimdal"), host
        os.makedirs(self.directory)
        self.port, self.kpasswd_port = free_port(host), free_port(host)
        self.kdc, self.kpasswd = f"{host}:{self.port}", f"{host}:{self.kpasswd_port}"
        path = lambda name: os.path.join(self.directory, name)
        write(path("acl"), "")
        write(path("krb5.conf"), f"""\
[libdefaults]
 default_realm = {self.realm}
 dns_lookup_kdc = no
[realms]
 {self.realm} = {{
  kdc = {self.kdc}
  kpasswd_server = {self.kpasswd}
 }}
[kdc]
 database = {{
  dbname = sqlite:{path("hdb.sqlite")}
  realm = {self.realm}
  mkey_file = {path("m-key")}
  acl_file = {path("acl")}
  log_file = {path("log")}
 }}
 enable-pkinit = no
[logging]
 kdc = FILE:{path("kdc.log")}
 kpasswdd = FILE:{path("kpasswdd.log")}
""")
        libraries = os.path.join(root, "usr/lib", os.uname().machine + "-linux-gnu")
        self.env = {"KRB5_CONFIG": path("krb5.conf"), "LD_LIBRARY_PATH": libraries}
        self.kadmin = os.path.join(root, "usr/bin/kadmin.heimdal")
        self.keytab = path("service.keytab")
        for command in (["init", "--realm-max-ticket-life=1d", "--realm-max-renewable-life=7d", self.realm],
                        ["add", "--use-defaults", "-p", "alice-pw", "alice"],
                        ["add", "--use-defaults", "-p", "bob-pw", "bob"],
                        ["add", "--use-defaults", "--attributes=requires-pw-change", "-p", "old-pw", "carol"],
                        ["add", "--use-defaults", "-r", "HTTP/www.heim.test"],
                        ["ext_keytab", "-k", self.keytab, "HTTP/www.heim.test"]):
            self.admin(*command)
        servers = os.path.join(root, "usr/lib/heimdal-servers")
        self.processes = [
            Process([servers + "/kdc", "--config-file=" + path("krb5.conf"), "--addresses=" + host,
                     f"--ports={self.port}/udp {self.port}/tcp"], path("kdc.out"), self.env),
            Process([servers + "/kpasswdd", "--addresses=" + host, "-p", str(self.kpasswd_port)],
                    path("kpasswdd.out"), self.env)]
        wait_for(lambda: listens(host, self.port), "Heimdal's kdc")
        wait_for(lambda: has_udp_socket(self.kpasswd_port), "Heimdal's kpasswdd")

    def admin(self, *command):
        subprocess.run([self.kadmin, "-l", *command], check=True, capture_output=True, env={**os.environ, **self.env})

    def stop(self):
        for process in self.processes:
            process.stop()


class SambaDc:
    """A Samba Active Directory domain controller at 127.0.0.10, ports 88, 464, 389, 53. Needs root. model: one process
    ("single"), in which one task that waits keeps all others waiting, or one for each task ("standard")."""

    realm = "AD.EXAMPLE.TEST"
    host, name = "127.0.0.10", "DC1"
    password = "Passw0rd.Admin1"
    services = "ldap, cldap, kdc, dns, rpc"

    def __init__(self, directory, authority, model="single"):
        self.directory = os.path.join(directory, "samba")
        self.kdc, self.kpasswd = f"{self.host}:88", f"{self.host}:464"
        self.provision()
        self.configure(authority)
        self.start(model)
        for user in ("alice", "bob", "web"):
            self.tool("user", "create", user, "User.Passw0rd1")
        self.tool("user", "create", "carol", "User.Passw0rd1", "--must-change-at-next-login")
        self.tool("spn", "add", "HTTP/www.ad.example.test", "web")
        self.tool("domain", "passwordsettings", "set", "--min-pwd-age=0")
        self.keytab = os.path.join(self.directory, "service.keytab")
        self.tool("domain", "exportkeytab", self.keytab, "--principal=HTTP/www.ad.example.test")

    def start(self, model, prefix=()):
        self.process = Process([*prefix, "/usr/sbin/samba", "-F", "--no-process-group", "-M", model, "--debug-stdout",
                                "-s", self.smb_conf], os.path.join(self.directory, "samba.out"),
                               {"KRB5_CONFIG": os.path.join(self.directory, "krb5.conf")})
        for port in (88, 464, 389):
            wait_for(lambda: listens(self.host, port) or not self.process.alive(), f"Samba's port {port}", 60)
        assert self.process.alive(), self.process.text()[-2000:]

    def provision(self):
        subprocess.run(
            ["samba-tool", "domain", "provision", "--targetdir=" + self.directory, "--realm=" + self.realm,
             "--domain=AD", "--server-role=dc", "--dns-backend=SAMBA_INTERNAL", "--adminpass=" + self.password,
             "--host-name=dc1", "--host-ip=" + self.host, f"--option=interfaces={self.host}/8",
             "--option=bind interfaces only=yes"], check=True, capture_output=True)

    def configure(self, authority):
        path = lambda name: os.path.join(self.directory, name)
        for name in ("run", "ncalrpc"):
            os.makedirs(path(name), exist_ok=True)
        certificate, key = authority.kdc(self.realm, "dc1.ad.example.test")
        self.smb_conf = write(path("etc/smb.conf"), f"""\
[global]
 netbios name = {self.name}
 workgroup = AD
 realm = {self.realm}
 server role = active directory domain controller
 interfaces = {self.host}/8
 bind interfaces only = Yes
 private dir = {path("private")}
 lock directory = {self.directory}
 state directory = {path("state")}
 cache directory = {path("cache")}
 binddns dir = {path("bind-dns")}
 pid directory = {path("run")}
 ncalrpc dir = {path("ncalrpc")}
 nsupdate command = /bin/true
 dns update command = /bin/true
 spn update command = /bin/true
 server services = {self.services}
 allow dns updates = disabled
[sysvol]
 path = {path("state/sysvol")}
 read only = No
[netlogon]
 path = {path("state/sysvol/ad.example.test/scripts")}
 read only = No
""")
        write(path("krb5.conf"), f"""\
[libdefaults]
 default_realm = {self.realm}
 dns_lookup_kdc = false
[realms]
 {self.realm} = {{
  kdc = {self.host}
 }}
[kdc]
 enable-pkinit = yes
 pkinit_identity = FILE:{certificate},{key}
 pkinit_anchors = FILE:{authority.certificate}
 pkinit_principal_in_certificate = yes
 pkinit_win2k = no
""")

    def tool(self, *args, prefix=()):
        result = subprocess.run([*prefix, "samba-tool", *args, "-s", self.smb_conf], capture_output=True, text=True)
        assert result.returncode == 0, f"samba-tool {args}: {result.stdout}{result.stderr}"
        return result.stdout

    def record(self, action, name, kind, data):
        """action: add or delete. name is below the domain; what ends in _msdcs has a zone of its own."""
        zone = "ad.example.test"
        if name.endswith("._msdcs"):
            name, zone = name.removesuffix("._msdcs"), "_msdcs." + zone
        self.tool("dns", action, self.host, zone, name, kind, data, "-U", "AD\\Administrator%" + self.password,
                  "--use-kerberos=off")

    def stop(self):
        self.process.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


class SambaRodc(SambaDc):
    """A read-only domain controller at 127.0.0.11, joined to a running SambaDc. Its secrets are those of `cached`."""

    host, name = "127.0.0.11", "RODC1"
    services = "ldap, cldap, kdc, drepl, rpc"

    def __init__(self, directory, authority, dc, cached=("alice",)):
        self.dc = dc
        self.directory = os.path.join(directory, "samba-rodc")
        self.private = private_names(directory, dc.host, {dc.host: "dc1.ad.example.test dc1 ad.example.test",
                                                          self.host: "rodc1.ad.example.test rodc1"})
        base = write(os.path.join(directory, "rodc-base.conf"), f"""\
[global]
 interfaces = {self.host}/8
 bind interfaces only = yes
 netbios name = {self.name}
""")
        admin = ["-U", "AD\\Administrator%" + self.password]
        result = subprocess.run(
            [*self.private, "samba-tool", "domain", "join", "ad.example.test", "RODC", *admin,
             "--server=dc1.ad.example.test", "--targetdir=" + self.directory, "-s", base, "--use-kerberos=off"],
            capture_output=True, text=True, env={**os.environ, "KRB5_CONFIG": os.path.join(dc.directory, "krb5.conf")})
        assert result.returncode == 0, result.stdout + result.stderr
        self.configure(authority)
        self.start("standard", self.private)
        for user in cached:
            dc.tool("group", "addmembers", "Allowed RODC Password Replication Group", user)
            self.tool("rodc", "preload", user, "--server=dc1.ad.example.test", *admin, prefix=self.private)
        dc.record("add", "rodc1", "A", self.host)


def private_names(directory, dns, hosts):
    """A command's beginning that gives it a resolv.conf and a hosts file of its own."""
    lines = "".join(f"{address} {names}\n" for address, names in hosts.items())
    hosts_file = write(os.path.join(directory, "hosts"), "127.0.0.1 localhost\n" + lines)
    resolv = write(os.path.join(directory, "resolv.conf"), f"nameserver {dns}\n")
    script = f'mount --bind {hosts_file} /etc/hosts && mount --bind {resolv} /etc/resolv.conf && exec "$@"'
    return ["unshare", "-m", "sh", "-c", script, "sh"]
