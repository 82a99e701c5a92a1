"""A FIDO2 security key: CTAP 2.0 with a PIN, in messages of CTAPHID at a unix socket, where tests/tools/security_keys.c lets libfido2
find it."""
import copy
import hashlib
import hmac
import os
import socket
import struct
import threading

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from fido2 import cbor

from .gateway import TOOL

PRELOADED = os.path.join(os.path.dirname(TOOL), "..", "examples", "security_keys.so")
HEAD = struct.Struct(">BI")  # of a message: its command and size
INIT, CBOR_MESSAGE = 0x06, 0x10
CAN_CBOR, NO_MESSAGES = 4, 8
OK, EXCLUDED, NO_CREDENTIALS, PIN_INVALID, PIN_BLOCKED, PIN_AUTH_INVALID, PIN_AUTH_BLOCKED, PIN_REQUIRED = \
    0, 0x19, 0x2e, 0x31, 0x32, 0x33, 0x34, 0x36
USER_PRESENT, USER_VERIFIED, HAS_CREDENTIAL = 1, 4, 0x40


def numbers_of(public_key, algorithm):
    """A COSE_Key of P-256."""
    numbers = public_key.public_numbers()
    return {1: 2, 3: algorithm, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}


def aes(key, octets, encrypt):
    cipher = Cipher(algorithms.AES(key), modes.CBC(bytes(16)))
    work = cipher.encryptor() if encrypt else cipher.decryptor()
    return work.update(octets) + work.finalize()


class Refusal(Exception):
    pass


class State:
    """What a copy of a key has as well."""

    def __init__(self, pin):
        self.pin, self.retries, self.in_a_row = pin, 8, 0
        self.credentials = {}  # (relying party, id): private key as PEM, user handle
        self.count = 0


class SecurityKey:
    """maker: (private key, chain of certificates in DER) that it attests with; else the credential does. flags: what it says of its
    user's gesture."""

    def __init__(self, path, pin, maker=None):
        self.path, self.state, self.maker = path, State(pin), maker
        self.flags = USER_PRESENT | USER_VERIFIED
        self.aaguid = bytes(range(16))
        self.agreement, self.token = ec.generate_private_key(ec.SECP256R1()), os.urandom(32)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(path)
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def copied_to(self, path):
        """Somebody has got at what is inside."""
        other = SecurityKey(path, self.state.pin, self.maker)
        other.state = copy.deepcopy(self.state)
        return other

    def close(self):
        self.listener.close()
        os.unlink(self.path)

    # CTAPHID.

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as stream:
                self.state.in_a_row = 0  # plugged in anew
                self.answer_all(stream)

    def answer_all(self, stream):
        while len(head := stream.read(HEAD.size)) == HEAD.size:
            command, size = HEAD.unpack(head)
            body = stream.read(size)
            if command == INIT:
                answer = body + b"\1\2\3\4" + bytes([2, 0, 0, 0, CAN_CBOR | NO_MESSAGES])
            elif command == CBOR_MESSAGE:
                answer = self.ctap(body[0], body[1:])
            else:
                continue
            stream.write(HEAD.pack(command, len(answer)) + answer)
            stream.flush()

    # CTAP.

    def ctap(self, command, body):
        commands = {1: self.make_credential, 2: self.get_assertion, 4: self.get_info, 6: self.client_pin}
        if command not in commands:
            return b"\1"
        try:
            answer = commands[command](cbor.decode(body) if body else {})
        except Refusal as refusal:
            return bytes([refusal.args[0]])
        return b"\0" + (cbor.encode(answer) if answer else b"")

    def get_info(self, _):
        return {1: ["FIDO_2_0"], 3: self.aaguid, 4: {"rk": True, "up": True, "clientPin": True}, 5: 1200, 6: [1]}

    def client_pin(self, wanted):
        if wanted[2] == 1:
            return {3: self.state.retries}
        if wanted[2] == 2:
            return {1: numbers_of(self.agreement.public_key(), -25)}
        return {2: self.pin_token(wanted)}

    def pin_token(self, wanted):
        if self.state.retries == 0:
            raise Refusal(PIN_BLOCKED)
        if self.state.in_a_row == 3:
            raise Refusal(PIN_AUTH_BLOCKED)
        theirs = ec.EllipticCurvePublicNumbers(int.from_bytes(wanted[3][-2], "big"), int.from_bytes(wanted[3][-3], "big"),
                                               ec.SECP256R1()).public_key()
        shared = hashlib.sha256(self.agreement.exchange(ec.ECDH(), theirs)).digest()
        self.agreement = ec.generate_private_key(ec.SECP256R1())
        if aes(shared, wanted[6], False) != hashlib.sha256(self.state.pin.encode()).digest()[:16]:
            self.state.retries, self.state.in_a_row = self.state.retries - 1, self.state.in_a_row + 1
            raise Refusal(PIN_BLOCKED if self.state.retries == 0 else PIN_AUTH_BLOCKED if self.state.in_a_row == 3 else PIN_INVALID)
        self.state.retries, self.state.in_a_row = 8, 0
        return aes(shared, self.token, True)

    def check_pin(self, client_data_hash, shown):
        if shown is None:
            raise Refusal(PIN_REQUIRED)
        if hmac.new(self.token, client_data_hash, hashlib.sha256).digest()[:16] != shown:
            raise Refusal(PIN_AUTH_INVALID)

    def authenticator_data(self, rp_id, flags, credential=b""):
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + struct.pack(">I", self.state.count) + credential

    def make_credential(self, wanted):
        self.check_pin(wanted[1], wanted.get(8))
        rp_id = wanted[2]["id"]
        if any((rp_id, each["id"]) in self.state.credentials for each in wanted.get(5, [])):
            raise Refusal(EXCLUDED)
        key, id_ = ec.generate_private_key(ec.SECP256R1()), os.urandom(48)
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self.state.credentials[rp_id, id_] = pem, wanted[3]["id"]
        self.state.count += 1
        data = self.authenticator_data(rp_id, self.flags | HAS_CREDENTIAL, self.aaguid + struct.pack(">H", len(id_)) + id_ +
                                       cbor.encode(numbers_of(key.public_key(), -7)))
        statement = {"alg": -7, "sig": (self.maker[0] if self.maker else key).sign(data + wanted[1], ec.ECDSA(hashes.SHA256()))}
        if self.maker:
            statement["x5c"] = self.maker[1]
        return {1: "packed", 2: data, 3: statement}

    def get_assertion(self, wanted):
        rp_id, touched = wanted[1], wanted.get(5, {}).get("up", True)
        found = [each["id"] for each in wanted.get(3, []) if (rp_id, each["id"]) in self.state.credentials]
        if not found:
            raise Refusal(NO_CREDENTIALS)
        if touched:
            self.check_pin(wanted[2], wanted.get(6))
            self.state.count += 1
        pem, handle = self.state.credentials[rp_id, found[0]]
        data = self.authenticator_data(rp_id, self.flags if touched else 0)
        signature = serialization.load_pem_private_key(pem, None).sign(data + wanted[2], ec.ECDSA(hashes.SHA256()))
        return {1: {"id": found[0], "type": "public-key"}, 2: data, 3: signature, 4: {"id": handle}}
