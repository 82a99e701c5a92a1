"""Certificates for the tests, made by the openssl command."""
import os
import subprocess
import textwrap


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, capture_output=True)


class Authority:
    """A CA in a directory, and what it issues."""

    def __init__(self, directory, name="Ferryman test CA"):
        self.directory = directory
        self.certificate = os.path.join(directory, "ca.pem")
        self.key = os.path.join(directory, "ca.key")
        # RSA: Samba's PKINIT cannot verify ECDSA signatures.
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", self.key, "-out", self.certificate, "-subj", f"/CN={name}",
                "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def issue(self, name, extensions, kind="ec", days=2, key=None, public_key=None):
        """Returns the files (certificate, key). extensions: an OpenSSL extension section [ext] and others. key: the
        file of one that is there. public_key: the file of one whose private key is elsewhere."""
        base = os.path.join(self.directory, name)
        algorithm = ["-newkey", "rsa:2048"] if kind == "rsa" else [
            "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        made = ["-key", key] if key else [*algorithm, "-nodes", "-keyout", base + ".key"]
        openssl("req", "-new", *made, "-out", base + ".csr", "-subj", f"/CN={name}")
        with open(base + ".ext", "w") as file:
            file.write(textwrap.dedent(extensions))
        openssl("x509", "-req", "-in", base + ".csr", "-CA", self.certificate, "-CAkey", self.key,
                "-CAcreateserial", "-days", str(days), "-out", base + ".pem", "-extfile", base + ".ext",
                "-extensions", "ext", *(["-force_pubkey", public_key] if public_key else []))
        return base + ".pem", key or base + ".key"

    def server(self, name="server", kind="ec", names="DNS:localhost,IP:127.0.0.1,IP:::1", days=2):
        return self.issue(name, f"""\
            [ext]
            basicConstraints=CA:FALSE
            extendedKeyUsage=serverAuth
            subjectAltName={names}
            """, kind, days)

    def kdc(self, realm, dns=None):
        """A KDC's certificate for PKINIT (RFC 4556 3.2.4)."""
        names = f"DNS:{dns}," if dns else ""
        return self.issue("kdc-" + realm.lower(), f"""\
            [ext]
            basicConstraints=CA:FALSE
            keyUsage=nonRepudiation,digitalSignature,keyEncipherment,keyAgreement
            extendedKeyUsage=1.3.6.1.5.2.3.5,serverAuth
            subjectAltName={names}otherName:1.3.6.1.5.2.2;SEQUENCE:kdc
            [kdc]
            realm=EXP:0,GeneralString:{realm}
            principal=EXP:1,SEQUENCE:name
            [name]
            type=EXP:0,INTEGER:2
            string=EXP:1,SEQUENCE:strings
            [strings]
            first=GeneralString:krbtgt
            second=GeneralString:{realm}
            """, "rsa")

    def logon(self, name, sid=None, upn=None, usage="1.3.6.1.4.1.311.20.2.2", kind="rsa", days=2):
        """A user's certificate as Active Directory's CAs issue them: with her UPN and her SID."""
        names = f"subjectAltName=otherName:1.3.6.1.4.1.311.20.2.3;UTF8:{upn}" if upn else ""
        security = "1.3.6.1.4.1.311.25.2=ASN1:SEQUENCE:security" if sid else ""
        return self.issue(name, f"""\
            [ext]
            basicConstraints=CA:FALSE
            keyUsage=digitalSignature
            extendedKeyUsage={usage}
            {names}
            {security}
            [security]
            name=IMP:0,SEQUENCE:sid
            [sid]
            type=OID:1.3.6.1.4.1.311.25.2.1
            value=EXP:0,OCT:{sid}
            """, kind, days)

    def revoke(self, certificate):
        """A list of revoked certificates that has this one."""
        base = os.path.join(self.directory, "crl")
        for file, text in ((".index", ""), (".number", "01\n")):
            with open(base + file, "w") as out:
                out.write(text)
        with open(base + ".conf", "w") as out:
            out.write(f"[ca]\ndefault_ca=ca\n[ca]\ndatabase={base}.index\ncrlnumber={base}.number\ndefault_md=sha256\ndefault_crl_days=2\n")
        ca = ["ca", "-config", base + ".conf", "-cert", self.certificate, "-keyfile", self.key]
        openssl(*ca, "-revoke", certificate)
        openssl(*ca, "-gencrl", "-out", base + ".pem")
        return base + ".pem"

    def client(self, principal, realm, upn=None):
        """A user's certificate for PKINIT: the principal's name, or a UPN as Windows has it."""
        if upn:
            san = f"otherName:1.3.6.1.4.1.311.20.2.3;UTF8:{upn}"
        else:
            san = "otherName:1.3.6.1.5.2.2;SEQUENCE:user"
        return self.issue("user-" + principal, f"""\
            [ext]
            basicConstraints=CA:FALSE
            keyUsage=digitalSignature,keyEncipherment
            extendedKeyUsage=clientAuth,1.3.6.1.5.2.3.4,1.3.6.1.4.1.311.20.2.2
            subjectAltName={san}
            [user]
            realm=EXP:0,GeneralString:{realm}
            principal=EXP:1,SEQUENCE:name
            [name]
            type=EXP:0,INTEGER:1
            string=EXP:1,SEQUENCE:strings
            [strings]
            first=GeneralString:{principal}
            """, "rsa")
