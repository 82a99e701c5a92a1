"""python3 without_ipv6.py PROGRAM ARGUMENTS: runs it as on a kernel without IPv6, where socket(AF_INET6, ...) fails."""
import ctypes
import os
import platform
import struct
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, FAIL = 0x7FFF0000, 0x00050000
EAFNOSUPPORT, AF_INET6 = 97, 10
SOCKET = {"x86_64": 41, "aarch64": 198}


def forbid():
    number_at, first_argument_at = 0, 16  # struct seccomp_data
    program = [(LOAD, 0, 0, number_at), (JUMP_IF_EQUAL, 0, 3, SOCKET[platform.machine()]), (LOAD, 0, 0, first_argument_at),
               (JUMP_IF_EQUAL, 0, 1, AF_INET6), (RETURN, 0, 0, FAIL | EAFNOSUPPORT), (RETURN, 0, 0, ALLOW)]
    octets = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in program))
    filters = struct.pack("HxxxxxxP", len(program), ctypes.addressof(octets))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filters, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    forbid()
    os.execvp(sys.argv[1], sys.argv[1:])
