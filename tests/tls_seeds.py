#!/usr/bin/python3
"""Records what OpenSSL's two ends say to each other in TLS, with their key log, as seeds for the fuzzers of `ferryman decode`
and as captures for its unit tests: each version and cipher suite that it opens, and what happens on the way."""
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib import h2, https, krb, pcap  # noqa: E402
from lib.proc import free_port, wait_for  # noqa: E402

TESTDATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "src", "decode", "testdata")
BODY = krb.proxy_message(krb.as_req("R"), "R")
REPLY = krb.proxy_message(krb.krb_error(realm="R"))
REQUEST = https.post(BODY)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(REPLY) + REPLY
CLIENT, SERVER = 0, 1


def certificate(directory):
    path = os.path.join(directory, "server.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=x",
                    "-keyout", path, "-out", path + ".crt"], check=True, capture_output=True)
    with open(path, "a") as file, open(path + ".crt") as other:
        file.write(other.read())
    return path


def contexts(path, key_log, version, ciphers=None, curve=None):
    client, server = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    server.load_cert_chain(path)
    server.num_tickets = 1
    client.keylog_filename = key_log
    for context in (client, server):
        context.minimum_version = context.maximum_version = version
        if ciphers:
            context.set_ciphers(ciphers)
    if curve:
        server.set_ecdh_curve(curve)
    return client, server


def converse(client, server, request, answer):
    """What both ends send: (who, octets)."""
    incoming, outgoing = [ssl.MemoryBIO(), ssl.MemoryBIO()], [ssl.MemoryBIO(), ssl.MemoryBIO()]
    ends = [client.wrap_bio(incoming[CLIENT], outgoing[CLIENT]),
            server.wrap_bio(incoming[SERVER], outgoing[SERVER], server_side=True)]
    said = []

    def step(who, action):
        try:
            result = action()
        except ssl.SSLWantReadError:
            result = None
        sent = outgoing[who].read()
        if sent:
            said.append((who, sent))
            incoming[1 - who].write(sent)
        return result

    for _ in range(3):
        for who in (CLIENT, SERVER):
            step(who, ends[who].do_handshake)
    step(CLIENT, lambda: ends[CLIENT].write(request))
    assert ends[SERVER].read(65536) == request
    step(SERVER, lambda: ends[SERVER].write(answer))
    assert ends[CLIENT].read(65536) == answer
    return said


class Relay:
    """Between a client and a server of TCP; keeps what they say."""

    def __init__(self, server_port):
        self.said, self.server_port = [], server_port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        client, _ = self.listener.accept()
        server = socket.create_connection(("127.0.0.1", self.server_port))
        threading.Thread(target=self.carry, args=(SERVER, server, client), daemon=True).start()
        self.carry(CLIENT, client, server)

    def carry(self, who, source, sink):
        while data := source.recv(65536):
            self.said.append((who, data))
            sink.sendall(data)


def with_key_updates(path, key_log, suite):
    """The client takes new keys, and has the server do so, before it posts."""
    port = free_port()
    server = subprocess.Popen(["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", path, "-key", path, "-tls1_3", "-quiet",
                               "-num_tickets", "0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with open("/proc/net/tcp") as table:
        wait_for(lambda: table.seek(0) or f":{port:04X} 00000000:0000 0A" in table.read(), "s_server")
    relay = Relay(port)
    client = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{relay.port}", "-tls1_3", "-ciphersuites", suite,
                               "-keylogfile", key_log], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    wait_for(lambda: b"Verify return code" in client.stdout.readline(), "the handshake")
    for line in (b"K\n", b"k\n", REQUEST):
        count = len(relay.said)
        client.stdin.write(line)
        client.stdin.flush()
        wait_for(lambda: len(relay.said) > count, "the client's words")
    assert server.stdout.read(len(REQUEST)) == REQUEST
    count = len(relay.said)
    server.stdin.write(ANSWER)
    server.stdin.flush()
    wait_for(lambda: len(relay.said) > count, "the server's words")
    for process in (client, server):
        process.kill()
        process.wait()
    return relay.said


def packets(said):
    at = [1, 1]
    out = [pcap.tcp(50000, 443, 0, b"", pcap.SYN), pcap.tcp(443, 50000, 0, b"", pcap.SYN | pcap.ACK, back=True)]
    for who, data in said:
        out.append(pcap.tcp(*((50000, 443) if who == CLIENT else (443, 50000)), at[who], data, back=who == SERVER))
        at[who] += len(data)
    return out


def pieces(said):
    return b"".join(bytes([who, len(data[i:i + 255])]) + data[i:i + 255] for who, data in said for i in range(0, len(data), 255))


def write(fuzzer, name, data):
    assert len(data) <= 8192, (name, len(data))  # what the fuzzers take
    os.makedirs(os.path.join(TESTDATA, fuzzer), exist_ok=True)
    with open(os.path.join(TESTDATA, fuzzer, name), "wb") as file:
        file.write(data)


def main():
    tls12, tls13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
    frames = (h2.PREFACE + h2.frame(h2.SETTINGS) + h2.post(1, BODY), h2.frame(h2.SETTINGS) + h2.headers(1, b"\x88")
              + h2.frame(h2.DATA, h2.END_STREAM, 1, REPLY))
    kinds = {"tls13": dict(version=tls13), "tls13_retry": dict(version=tls13, curve="secp384r1"), "tls13_http2": dict(version=tls13),
             "tls12_aes128": dict(version=tls12, ciphers="ECDHE-ECDSA-AES128-GCM-SHA256"),
             "tls12_aes256": dict(version=tls12, ciphers="ECDHE-ECDSA-AES256-GCM-SHA384"),
             "tls12_chacha20": dict(version=tls12, ciphers="ECDHE-ECDSA-CHACHA20-POLY1305"),
             "tls12_cbc": dict(version=tls12, ciphers="ECDHE-ECDSA-AES128-SHA256"), "tls13_aes128_updates": "TLS_AES_128_GCM_SHA256",
             "tls13_chacha20_updates": "TLS_CHACHA20_POLY1305_SHA256"}
    with tempfile.TemporaryDirectory() as directory:
        path = certificate(directory)
        for name, options in kinds.items():
            key_log = os.path.join(directory, name)
            if isinstance(options, str):
                said = with_key_updates(path, key_log, options)
            else:
                said = converse(*contexts(path, key_log, **options), *(frames if "http2" in name else (REQUEST, ANSWER)))
            with open(key_log, "rb") as file:
                secrets = file.read()
            write("capture_fuzz", name, pcap.pcapng(packets(said), secrets))
            write("tls_connection_fuzz", name, secrets + b"\0" + pieces(said))
            write("tls_key_log_fuzz", name, secrets)
            if name == "tls13":
                write("capture_fuzz", "tls13_without_keys", pcap.pcapng(packets(said)))
                write("tls_key_log_fuzz", "embedded", pcap.pcapng([], secrets))
    for name, stream in {"http2_client": frames[0], "http2_server": frames[1], "http1": REQUEST + REQUEST, "http1_answer": ANSWER,
                         "upgrade": b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + frames[1],
                         "padded": h2.PREFACE + h2.headers(1) + h2.frame(h2.DATA, 8, 1, b"\3" + BODY[:9] + bytes(3)) + h2.post(3, BODY)
                         + h2.frame(h2.DATA, 0, 1, BODY[9:]) + h2.headers(1, b"", h2.END_STREAM | h2.END_HEADERS)}.items():
        write("http_messages_fuzz", name, stream)


if __name__ == "__main__":
    main()
