"""impacket's getTGT.py, with the arguments given. impacket 0.10 cannot write a ticket into a credential cache whose
KDC leaves starttime out, as RFC 4120 5.4.2 allows where it equals authtime: it is filled in."""
import runpy
import sys

from impacket.krb5 import ccache
from impacket.krb5.asn1 import EncASRepPart

decode = ccache.decoder.decode


def decode_with_starttime(octets, asn1Spec=None, **more):
    value, rest = decode(octets, asn1Spec=asn1Spec, **more)
    if isinstance(asn1Spec, EncASRepPart) and not value["starttime"].hasValue():
        value["starttime"] = str(value["authtime"])
    return value, rest


class Decoder:
    decode = staticmethod(decode_with_starttime)


ccache.decoder = Decoder
script = "/usr/share/doc/python3-impacket/examples/getTGT.py"
sys.argv[0] = script
runpy.run_path(script, run_name="__main__")
