#include "pkinit/kdc_identity.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>

#include "pki/owned.h"
#include "pkinit/logon_certificate.h"
#include "pkinit/openssl.h"
#include "pkinit/purposes.h"

namespace ferryman::pkinit {
namespace {

tl::unexpected<Error> fault(Fault what) {
  ERR_clear_error();
  return tl::unexpected(Error{what});
}

OwnedBio reader_of(Bytes pem) {
  return OwnedBio(pki::must(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))));
}

// Nobody is there who could be asked.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

std::vector<std::string> realms_of(const pki::Certificate& certificate) {
  std::vector<std::string> realms;
  const auto read = LogonCertificate::of(certificate.openssl());
  if (!read) return realms;
  for (const KerberosName& each : read->kerberos_names)
    if (each.name.view().is({"krbtgt", each.realm})) realms.push_back(each.realm);
  return realms;
}

}  // namespace

Result<std::vector<pki::Certificate>> read_certificates(Bytes pem) {
  std::vector<pki::Certificate> certificates;
  if (pem.empty()) return fault(Fault::missing_field);
  const OwnedBio input = reader_of(pem);
  while (const pki::OwnedCertificate each{PEM_read_bio_X509(input.get(), nullptr, nullptr, nullptr)}) {
    auto certificate = pki::Certificate::of(each.get());
    if (!certificate) return fault(Fault::wrong_value);
    certificates.push_back(*std::move(certificate));
  }
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) return fault(Fault::wrong_value);
  ERR_clear_error();
  if (certificates.empty()) return fault(Fault::missing_field);
  return certificates;
}

Result<pki::PrivateKey> read_private_key(Bytes pem) {
  if (pem.empty()) return fault(Fault::missing_field);
  const OwnedBio input = reader_of(pem);
  const pki::OwnedKey pair(PEM_read_bio_PrivateKey(input.get(), nullptr, no_passphrase, nullptr));
  if (!pair) return fault(Fault::wrong_value);
  const Owned<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free> info(pki::must(EVP_PKEY2PKCS8(pair.get())));
  unsigned char* der = nullptr;
  const int size = i2d_PKCS8_PRIV_KEY_INFO(info.get(), &der);
  if (size <= 0) return fault(Fault::wrong_value);
  const Secret octets(Bytes(der, static_cast<std::size_t>(size)));
  OPENSSL_clear_free(der, static_cast<std::size_t>(size));
  auto key = pki::PrivateKey::of_pkcs8(octets.bytes());
  if (!key) return fault(Fault::wrong_value);
  return key;
}

bool is_for_kdc(const pki::Certificate& certificate) {
  const auto read = LogonCertificate::of(certificate.openssl());
  const auto purposes = read_purposes(certificate.openssl());
  return read && read->signs && purposes && purposes->kdc;
}

bool names_kdc_of(const pki::Certificate& certificate, std::string_view realm) {
  const auto realms = realms_of(certificate);
  return std::find(realms.begin(), realms.end(), realm) != realms.end();
}

bool names_a_kdc(const pki::Certificate& certificate) {
  return !realms_of(certificate).empty();
}

}  // namespace ferryman::pkinit
