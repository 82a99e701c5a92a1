#!/usr/bin/python3
"""Records src/webauthn/testdata/chromium.json: what Chromium, with its virtual authenticators, says in registrations and assertions.

Needs Debian's chromium, chromium-driver and python3-selenium; the vectors are recorded once, and read by webauthn_test.
"""
import http.server
import json
import os
import sys
import threading

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.virtual_authenticator import VirtualAuthenticatorOptions

PAGE = r"""<!doctype html><title>vectors</title><script>
const octets = text => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt(0));
const text = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
async function both(algorithm, attestation, verification) {
  const challenge = () => octets('bm9uY2U');
  const made = await navigator.credentials.create({publicKey: {challenge: challenge(), rp: {id: 'localhost', name: 'vectors'},
    user: {id: octets('QUFB'), name: 'alice', displayName: 'Alice'}, pubKeyCredParams: [{type: 'public-key', alg: algorithm}],
    authenticatorSelection: {residentKey: 'discouraged', userVerification: verification}, attestation}});
  const got = await navigator.credentials.get({publicKey: {challenge: challenge(), rpId: 'localhost', userVerification: verification,
    allowCredentials: [{type: 'public-key', id: made.rawId}]}});
  return {id: made.id, attestationObject: text(made.response.attestationObject), creationClientDataJSON: text(made.response.clientDataJSON),
    authenticatorData: text(got.response.authenticatorData), signature: text(got.response.signature),
    clientDataJSON: text(got.response.clientDataJSON)};
}
</script>
"""
PORT = 18555
CASES = [("es256 packed", "ctap2", -7, "direct", "required"), ("rs256 packed", "ctap2", -257, "direct", "required"),
         ("eddsa packed", "ctap2", -8, "direct", "required"), ("es256 none", "ctap2", -7, "none", "required"),
         ("u2f", "ctap1/u2f", -7, "direct", "discouraged")]


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = PAGE.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def record(protocol, algorithm, attestation, verification):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
    try:
        driver.set_script_timeout(20)
        authenticator = VirtualAuthenticatorOptions()
        authenticator.protocol, authenticator.transport = protocol, "usb"
        authenticator.has_user_verification = authenticator.is_user_verified = protocol == "ctap2"
        driver.add_virtual_authenticator(authenticator)
        driver.get(f"http://localhost:{PORT}/")
        return driver.execute_async_script(
            "const done = arguments[3]; both(arguments[0], arguments[1], arguments[2]).then(done, e => done({error: String(e)}))",
            algorithm, attestation, verification)
    finally:
        driver.quit()


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    vectors = {name: record(*how) for name, *how in CASES}
    for name, vector in vectors.items():
        if "error" in vector:
            sys.exit(f"{name}: {vector['error']}")
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "src", "webauthn", "testdata", "chromium.json")
    with open(path, "w") as file:
        json.dump(vectors, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
