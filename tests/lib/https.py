"""HTTP by hand over TLS, to look at what comes back octet by octet."""
import socket
import ssl


class Connection:
    def __init__(self, port, host="127.0.0.1", ca=None, alpn=None, tls=True, raw=None):
        raw = raw or socket.create_connection((host, port), 20)
        raw.settimeout(20)
        self.raw = raw
        if tls:
            context = ssl.create_default_context(cafile=ca)
            if alpn:
                context.set_alpn_protocols(alpn)
            self.socket = context.wrap_socket(raw, server_hostname="localhost", suppress_ragged_eofs=False)
        else:
            self.socket = raw
        self.buffer = b""

    def raw_info(self):
        """struct tcp_info of this end."""
        return self.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        """More octets; b"" after the peer's orderly end (close_notify on TLS)."""
        data = self.socket.recv(65536)
        self.buffer += data
        return data

    def response(self, head_only=False):
        """(status, headers in lower case, body) of one answer."""
        while b"\r\n\r\n" not in self.buffer:
            if not self.receive():
                raise ConnectionError("closed before an answer")
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        headers = {}
        for line in lines[1:]:
            key, value = line.split(": ", 1)
            assert key.lower() not in headers, line
            headers[key.lower()] = value
        status = int(lines[0].split()[1])
        size = 0 if head_only or status == 100 else int(headers["content-length"])
        while len(self.buffer) < size:
            if not self.receive():
                raise ConnectionError("closed inside a body")
        body, self.buffer = self.buffer[:size], self.buffer[size:]
        return status, headers, body

    def closed(self):
        """The peer ends the connection in order, with nothing more before."""
        assert self.buffer == b"", self.buffer
        return self.receive() == b""

    def close(self):
        self.socket.close()


def post(body, path="/KdcProxy", version="1.1", headers=()):
    lines = [f"POST {path} HTTP/{version}", "Host: localhost", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def mit_post(body, host="localhost:443"):
    """The form of MIT krb5 1.20's client."""
    return (f"POST /KdcProxy HTTP/1.0\r\nHost: {host}\r\nCache-Control: no-cache\r\nPragma: no-cache\r\n"
            f"User-Agent: kerberos/1.0\r\nContent-type: application/kerberos\r\nContent-Length: {len(body)}\r\n\r\n"
            ).encode() + body
