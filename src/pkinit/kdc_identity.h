#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "pki/certificate.h"
#include "pki/private_key.h"

namespace ferryman::pkinit {

// What a KDC signs its replies with (RFC 4556 3.2.4). Never changes, any thread may use it.
struct KdcIdentity {
  pki::PrivateKey key;
  pki::Certificate certificate;
  std::vector<pki::Certificate> others{};  // authorities between the certificate and an anchor of the clients
};

// PEM: the certificate, and behind it those of the authorities that lead to an anchor. Faults: missing_field
// where there is none, wrong_value where one cannot be read, or has a key that pki::PublicKey does not take.
Result<std::vector<pki::Certificate>> read_certificates(Bytes pem);
// PEM without passphrase. Faults as before.
Result<pki::PrivateKey> read_private_key(Bytes pem);

// Whether clients take the certificate for one of a KDC: id-pkinit-KPKdc and digitalSignature.
bool is_for_kdc(const pki::Certificate& certificate);
// Whether its id-pkinit-san is krbtgt/REALM@REALM.
bool names_kdc_of(const pki::Certificate& certificate, std::string_view realm);
// Whether it names the KDC of any realm.
bool names_a_kdc(const pki::Certificate& certificate);

}  // namespace ferryman::pkinit
