"""python-kdcproxy over TLS: PORT CERTIFICATE KEY. Its configuration is $KDCPROXY_CONFIG."""
import socketserver
import ssl
import sys
from wsgiref.simple_server import WSGIServer, make_server

import kdcproxy


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


server = make_server("127.0.0.1", int(sys.argv[1]), kdcproxy.Application(), server_class=Server)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
