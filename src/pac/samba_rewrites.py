#!/usr/bin/python3
"""samba_rewrites.py PAC: what Samba's NDR code writes for the PAC that it reads from that file."""
import sys

from samba.dcerpc import krb5pac
from samba.ndr import ndr_pack, ndr_unpack

with open(sys.argv[1], "rb") as file:
    sys.stdout.buffer.write(ndr_pack(ndr_unpack(krb5pac.PAC_DATA, file.read())))
