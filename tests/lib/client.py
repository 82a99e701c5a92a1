"""MIT's command-line clients with a configuration of their own."""
import os
import subprocess


class Client:
    """kinit, kvno, kpasswd, klist against realms that are reached as given.

    realms: name to a dict with kdc and perhaps kpasswd_server (strings or lists), and other krb5.conf relations.
    """

    def __init__(self, directory, realms, default_realm=None, libdefaults=None, name="client"):
        self.directory = os.path.join(directory, name)
        os.makedirs(self.directory)
        self.config = os.path.join(self.directory, "krb5.conf")
        default_realm = default_realm or next(iter(realms))
        settings = {"default_realm": default_realm, "dns_lookup_kdc": "false", "dns_lookup_realm": "false",
                    "rdns": "false", "dns_canonicalize_hostname": "false", **(libdefaults or {})}
        text = "[libdefaults]\n" + "".join(f" {k} = {v}\n" for k, v in settings.items()) + "[realms]\n"
        for realm, relations in realms.items():
            text += f" {realm} = {{\n"
            for key, values in relations.items():
                for value in [values] if isinstance(values, str) else values:
                    text += f"  {key} = {value}\n"
            text += " }\n"
        with open(self.config, "w") as file:
            file.write(text)
        self.env = {**os.environ, "KRB5_CONFIG": self.config, "LC_ALL": "C",
                    "KRB5CCNAME": os.path.join(self.directory, "cc")}

    def run(self, *args, stdin="", check=True, env=None, timeout=60):
        result = subprocess.run(args, input=stdin, text=True, capture_output=True, timeout=timeout,
                                env={**self.env, **(env or {})})
        if check and result.returncode != 0:
            raise AssertionError(f"{args} gave {result.returncode}:\n{result.stdout}{result.stderr}")
        return result

    def kinit(self, principal, password="", *args, check=True, lines=None):
        return self.run("kinit", *args, principal, stdin=(lines or password + "\n"), check=check)

    def kvno(self, service, keytab=None, check=True):
        """With a keytab: the ticket must open with it."""
        return self.run("kvno", *(["-k", keytab] if keytab else []), service, check=check)

    def kpasswd(self, principal, old, new, check=True):
        return self.run("kpasswd", principal, stdin=f"{old}\n{new}\n{new}\n", check=check)

    def klist(self):
        return self.run("klist").stdout
