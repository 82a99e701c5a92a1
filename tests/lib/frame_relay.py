"""A KDC's ports, TCP and UDP, behind which is ferryman-realm's front socket: what passes is kept in the clear."""
import socket
import socketserver
import struct
import threading

from . import pcap
from .local_frames import TCP, UDP, Front


class FrameRelay:
    """kdc: where it listens at 127.0.0.1, for kpasswd as well. messages: (request, reply), in their order."""

    def __init__(self, front):
        self.front, self.messages, self.lock = front, [], threading.Lock()
        relay = self

        class Tcp(socketserver.BaseRequestHandler):
            def handle(self):
                while (size := self.request.recv(4, socket.MSG_WAITALL)):
                    reply = relay.ask(self.request.recv(struct.unpack(">I", size)[0], socket.MSG_WAITALL), TCP)
                    self.request.sendall(struct.pack(">I", len(reply)) + reply)

        class Udp(socketserver.BaseRequestHandler):
            def handle(self):
                reply = relay.ask(self.request[0], UDP)
                if reply:
                    self.request[1].sendto(reply, self.client_address)

        socketserver.ThreadingTCPServer.daemon_threads = socketserver.ThreadingUDPServer.daemon_threads = True
        tcp = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tcp)
        self.port = tcp.server_address[1]
        self.servers = [tcp, socketserver.ThreadingUDPServer(("127.0.0.1", self.port), Udp)]
        for server in self.servers:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        self.kdc = f"127.0.0.1:{self.port}"

    def ask(self, message, transport=TCP):
        front = Front(self.front)
        try:
            reply = front.kerberos(message, transport=transport)
        finally:
            front.close()
        with self.lock:
            self.messages.append((message, reply))
        return reply

    def capture(self):
        """What has passed, as datagrams of port 88, or 464 where it is kpasswd."""
        packets = []
        for number, (request, reply) in enumerate(self.messages):
            port, client = 464 if request[:2] == struct.pack(">H", len(request)) else 88, 20000 + number
            packets += [pcap.udp(client, port, request), pcap.udp(port, client, reply)]
        return pcap.file(packets)

    def stop(self):
        for server in self.servers:
            server.shutdown()
            server.server_close()
