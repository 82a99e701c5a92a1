#!/usr/bin/python3
"""Records what real clients and KDCs say, as seeds for the fuzzers: MIT's kinit (password, FAST, PKINIT), kvno and
kpasswd against MIT's KDC, Heimdal's and Samba's where those peers are installed, by Kerberos itself and by HTTPS."""
import os
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib.client import Client  # noqa: E402
from lib.kdcs import HeimdalKdc, MitKdc  # noqa: E402
from lib.pki import Authority  # noqa: E402
from lib.proc import free_port  # noqa: E402

SRC = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "src")


def split(address):
    host, port = address.rsplit(":", 1)
    return host, int(port)


class Recorder:
    """Takes framed messages over TCP, or KDC-PROXY-MESSAGEs over HTTPS, on behalf of a KDC, and keeps both sides."""

    def __init__(self, kdc, context=None, udp=False):
        self.kdc, self.context, self.udp, self.requests, self.replies, self.bodies, self.posts = kdc, context, udp, [], [], [], []
        self.port = free_port()
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.carry, args=(connection,), daemon=True).start()

    def ask(self, request):
        self.requests.append(request)
        if self.udp:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as kdc:
                kdc.settimeout(10)
                kdc.sendto(request, split(self.kdc))
                self.replies.append(kdc.recv(65536))
                return self.replies[-1]
        with socket.create_connection(split(self.kdc), 10) as kdc:
            kdc.sendall(struct.pack(">I", len(request)) + request)
            size = struct.unpack(">I", kdc.recv(4, socket.MSG_WAITALL))[0]
            self.replies.append(kdc.recv(size, socket.MSG_WAITALL))
            return self.replies[-1]

    def carry(self, connection):
        if self.context is None:
            size = struct.unpack(">I", connection.recv(4, socket.MSG_WAITALL))[0]
            reply = self.ask(connection.recv(size, socket.MSG_WAITALL))
            connection.sendall(struct.pack(">I", len(reply)) + reply)
            connection.close()
            return
        from lib import krb
        connection = self.context.wrap_socket(connection, server_side=True)
        data = b""
        while b"\r\n\r\n" not in data or len(data.split(b"\r\n\r\n", 1)[1]) < int(
                [line for line in data.split(b"\r\n") if line.lower().startswith(b"content-length")][0].split(b":")[1]):
            data += connection.recv(65536)
        body = data.split(b"\r\n\r\n", 1)[1]
        self.posts.append(data)
        self.bodies.append(body)
        reply = self.ask(krb.unwrap_request(body))
        answer = krb.sequence(krb.context(0, krb.tlv(4, struct.pack(">I", len(reply)) + reply)))
        connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)
        connection.unwrap()
        connection.close()


def save(fuzzer, layer, prefix, messages):
    directory = os.path.join(SRC, layer, "testdata", fuzzer)
    seen = set()
    for message in messages:
        kind = (message[:1], len(message) // 64)  # one of each kind and size
        if kind not in seen:
            seen.add(kind)
            with open(os.path.join(directory, f"{prefix}_{len(seen)}"), "wb") as file:
                file.write(message)


def pieces(data, size=200):
    return b"".join(bytes([len(data[i:i + size])]) + data[i:i + size] for i in range(0, len(data), size))


def mit_logons(directory, authority, kdc, kdc_url, kpasswd_url, name):
    relations = {"kdc": kdc_url, "kpasswd_server": kpasswd_url, "http_anchors": "FILE:" + authority.certificate,
                 "pkinit_anchors": "FILE:" + authority.certificate}
    armor = Client(directory, {kdc.realm: relations}, name=name + "-armor", libdefaults={"udp_preference_limit": "1"})
    armor.kinit("alice", "alice-pw")
    armor.kvno("HTTP/www.mit.test")
    client = Client(directory, {kdc.realm: relations}, name=name, libdefaults={"udp_preference_limit": "1"})
    client.kinit("bob", "bob-pw", "-T", armor.env["KRB5CCNAME"])
    client.kinit("alice", "wrong", check=False)
    client.kinit("nobody", "x", check=False)
    certificate, key = authority.client("alice", kdc.realm)
    client.run("kinit", "-X", f"X509_user_identity=FILE:{certificate},{key}", "alice", check=False)
    client.run("kinit", "-n", check=False)
    client.kpasswd("bob", "bob-pw", "bob-pw-2", check=False)
    client.kpasswd("bob", "bob-pw-2", "bob-pw", check=False)


def main():
    directory = tempfile.mkdtemp(prefix="ferryman-")
    authority = Authority(directory)
    certificate, key = authority.server()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    kdc = MitKdc(directory, authority)
    heimdal = HeimdalKdc(directory) if "FERRYMAN_PEERS" in os.environ else None
    try:
        plain, kpasswd = Recorder(kdc.kdc), Recorder(kdc.kpasswd)
        mit_logons(directory, authority, kdc, f"127.0.0.1:{plain.port}", f"127.0.0.1:{kpasswd.port}", "plain")
        proxy, proxy_kpasswd = Recorder(kdc.kdc, context), Recorder(kdc.kpasswd, context)
        url = "https://localhost:%d/KdcProxy"
        mit_logons(directory, authority, kdc, url % proxy.port, url % proxy_kpasswd.port, "proxy")
        save("request_fuzz", "kerberos", "mit", plain.requests + proxy.requests)
        save("reply_fuzz", "kerberos", "mit", plain.replies)
        save("kpasswd_fuzz", "kerberos", "mit", kpasswd.requests + kpasswd.replies)
        save("der_fuzz", "der", "mit", plain.requests + plain.replies)
        save("message_fuzz", "kkdcp", "mit", proxy.bodies + proxy_kpasswd.bodies)
        save("http1_session_fuzz", "http", "mit", [pieces(post) for post in proxy.posts + proxy_kpasswd.posts])
        if heimdal is not None:
            over_tcp = Recorder(heimdal.kdc)
            client = Client(directory, {"HEIM.TEST": {"kdc": f"127.0.0.1:{over_tcp.port}"}}, name="of-heimdal",
                            libdefaults={"udp_preference_limit": "1"})
            client.kinit("alice", "alice-pw")
            kinit = os.path.join(os.environ["FERRYMAN_PEERS"], "heimdal/usr/bin/kinit.heimdal")
            config = os.path.join(directory, "heimdal-client.conf")
            with open(config, "w") as file:
                file.write("[libdefaults]\n default_realm = HEIM.TEST\n[realms]\n HEIM.TEST = {\n"
                           f"  kdc = tcp/127.0.0.1:{over_tcp.port}\n }}\n")
            subprocess.run([kinit, "--password-file=STDIN", "alice"], input="alice-pw\n", text=True, check=True,
                           env={**os.environ, **heimdal.env, "KRB5_CONFIG": config,
                                "KRB5CCNAME": os.path.join(directory, "heimdal.cc")})
            save("request_fuzz", "kerberos", "heimdal", over_tcp.requests)
            save("reply_fuzz", "kerberos", "heimdal", over_tcp.replies)
    finally:
        kdc.stop()
        if heimdal is not None:
            heimdal.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
