"""Tickets of a realm of our own are used: at a web server, at an SSH server and at a file server, each with its keytab."""
import os
import re
import unittest

from lib.own_realm import PASSWORDS, OwnRealmScenario
from lib.servers import Apache, SmbServer, SshServer


class ServiceScenario(OwnRealmScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve()
        cls.forward()
        cls.server_conf = cls.krb5_conf(name="server")

    def logged_on(self, user, *options, password=None):
        client = self.client(kdc=self.forwarder.kdc)
        client.kinit(user, password or PASSWORDS[user], *options)
        return client


class WebServerTest(ServiceScenario):
    """curl --negotiate, Apache with mod_auth_gssapi."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc.add_group("staff", "alice")
        cls.apache = cls.started(Apache(cls.directory, cls.kdc.keytab, cls.server_conf))

    def get(self, client, host="www.cloud.test"):
        """(status, {lower-case header: value}, body)"""
        there = f"{host}:{self.apache.port}"
        out = client.run("curl", "-s", "-i", "--negotiate", "-u", ":", "--noproxy", "*", "--resolve", there + ":127.0.0.1",
                         f"http://{there}/index.html", check=False).stdout
        head, _, body = out.rpartition("\n\n")
        last = head.rpartition("HTTP/1.1 ")[2].splitlines()  # 401 is what comes first
        return int(last[0].split()[0]), dict(line.lower().split(": ", 1) for line in last[1:] if ": " in line), body

    def test_single_sign_on(self):
        for user in ("alice", "bob"):
            status, headers, body = self.get(self.logged_on(user))
            self.assertEqual((status, body, headers["x-user"]), (200, "the page\n", f"{user}@cloud.test"), self.apache.log())
            self.assertIn("negotiate ", headers["www-authenticate"])  # the server has proven its key, too

    def test_without_a_ticket(self):
        self.assertEqual(self.get(self.client())[0], 401)

    def test_a_ticket_for_another_name(self):
        """Of a service whose key Apache has not."""
        self.kdc.add_service("HTTP/other.cloud.test")
        client = self.logged_on("alice")
        self.assertEqual(self.get(client, "other.cloud.test")[0], 401)
        self.assertIn("HTTP/other.cloud.test", client.klist())  # the ticket was there

    def test_the_pac_is_taken(self):
        """libkrb5 verifies the server's signature and gives the PAC's parts by RFC 6680."""
        headers = self.get(self.logged_on("alice"))[1]
        attributes = headers["x-attributes"]
        self.assertIn("urn:mspac:logon-info", attributes)
        self.assertIn("urn:mspac:upn-dns-info", attributes)
        self.assertIn("urn:mspac:client-info", attributes)


class SshTest(ServiceScenario):
    """ssh and sshd with GSSAPI."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        keytab = cls.kdc.add_service("LOGIN$", "host/login.cloud.test")
        cls.sshd = cls.started(SshServer(cls.directory, keytab, cls.server_conf, "login.cloud.test", ("alice", "bob", "dora")))
        cls.kdc.add_user("dora", PASSWORDS["alice"], "--sensitive")

    def test_single_sign_on(self):
        for user in ("alice", "bob"):
            result = self.sshd.ssh(self.logged_on(user), user, "id", "-un")
            self.assertEqual((result.returncode, result.stdout), (0, user + "\n"), result.stderr + self.sshd.log())

    def test_not_as_another_user(self):
        result = self.sshd.ssh(self.logged_on("alice"), "bob", "id", "-un")
        self.assertIn("Permission denied", result.stderr)

    def test_without_a_ticket(self):
        self.assertIn("Permission denied", self.sshd.ssh(self.client(), "alice", "id").stderr)

    def test_delegation(self):
        """The TGT goes along, forwarded, and is good for more tickets on the other side."""
        client = self.logged_on("alice", "-f")
        command = f"KRB5_CONFIG={self.server_conf} sh -c 'klist -f && kvno {self.service}'"
        result = self.sshd.ssh(client, "alice", command, options=["-o", "GSSAPIDelegateCredentials=yes"])
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("Default principal: alice@CLOUD.TEST", result.stdout)
        self.assertIn("f", re.search(r"Flags: (\w+)", result.stdout)[1])
        self.assertIn("kvno = 1", result.stdout)

    def test_no_delegation_of_a_sensitive_user(self):
        client = self.logged_on("dora", "-f", password=PASSWORDS["alice"])
        result = self.sshd.ssh(client, "dora", "id -un; klist", options=["-o", "GSSAPIDelegateCredentials=yes"])
        self.assertEqual((result.returncode, result.stdout), (1, "dora\n"), result.stderr)
        self.assertIn("No credentials cache found", result.stderr)


class FileServerTest(ServiceScenario):
    """smbclient, whose Heimdal reaches the realm through the forwarder, and Samba's smbd, which asks no domain controller."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc.add_group("staff", "alice")
        cls.kdc.add_group("editors", "alice", "bob")
        keytab = cls.kdc.add_service("FILES$", "HOST/files.cloud.test", "cifs/files.cloud.test")
        cls.users = {name: cls.kdc.show("user", name) for name in ("alice", "bob")}
        domain_sid = cls.users["alice"]["sid"].rpartition("-")[0]
        cls.smbd = cls.started(SmbServer(cls.directory, keytab, cls.server_conf, "files.cloud.test", "EXAMPLE", cls.kdc.realm,
                                         domain_sid, 0x70000000, [(name, user["uid"]) for name, user in cls.users.items()]))

    def sids(self, user):
        """Those of the last session's token that smbd has logged for the user."""
        found = re.findall(r"Security token SIDs \(\d+\):\n((?:\s+SID\[ *\d+\]: \S+\n)+)", self.smbd.log())
        lists = [re.findall(r"S-[\d-]+", one) for one in found]
        return next((one for one in reversed(lists) if self.users[user]["sid"] in one), [])

    def test_files_go_and_come(self):
        for user in ("alice", "bob"):
            local = os.path.join(self.directory, "local-" + user)
            with open(local, "w") as file:
                file.write(user * 1000)
            client = self.logged_on(user)
            result = self.smbd.smbclient(client, f"put {local} {user}.txt; get {user}.txt {local}.back; ls")
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr + self.smbd.log()[-3000:])
            with open(local + ".back") as file:
                self.assertEqual(file.read(), user * 1000)
            self.assertEqual(os.stat(os.path.join(self.smbd.directory, "share", user + ".txt")).st_uid, self.users[user]["uid"])

    def test_the_pacs_sids_are_the_users(self):
        groups = {name: self.kdc.show("group", name)["sid"] for name in ("staff", "editors")}
        domain = self.users["alice"]["sid"].rpartition("-")[0]
        for user, of in (("alice", ("staff", "editors")), ("bob", ("editors",))):
            result = self.smbd.smbclient(self.logged_on(user), "ls")
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
            seen = self.sids(user)
            self.assertEqual(seen[0], self.users[user]["sid"])
            self.assertLessEqual({domain + "-513", "S-1-18-1", *(groups[one] for one in of)}, set(seen))
            self.assertEqual({groups[one] for one in groups} & set(seen), {groups[one] for one in of})

    def test_without_a_ticket(self):
        self.assertNotEqual(self.smbd.smbclient(self.client(), "ls").returncode, 0)


if __name__ == "__main__":
    unittest.main()
