#include "realm/kdc_certificate.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <utility>

#include "base/secret.h"
#include "base/text.h"
#include "config/mistake.h"

namespace ferryman::realm {
namespace {

using Read = tl::expected<std::shared_ptr<const pkinit::KdcIdentity>, KdcCertificateMistake>;

template <typename... Arguments>
tl::unexpected<KdcCertificateMistake> mistake(const char* key_name, fmt::format_string<Arguments...> format,
                                              Arguments&&... arguments) {
  return tl::unexpected(
      KdcCertificateMistake{key_name, fmt::format(format, std::forward<Arguments>(arguments)...)});
}

tl::expected<pki::PrivateKey, KdcCertificateMistake> read_key(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & S_IRWXO) != 0)
    return mistake("key", "key: everybody may open {}, which has mode {:04o}: chmod 640 it", printable(path),
                   status.st_mode & 07777U);
  auto text = read_config_file(path);
  if (!text) return mistake("key", "{}", text.error().to_string());
  auto key = pkinit::read_private_key(as_bytes(*text));
  wipe({reinterpret_cast<std::uint8_t*>(text->data()), text->size()});
  if (!key)
    return mistake(
        "key",
        "key: {} has to be a private key in PEM, without passphrase, of RSA with 2048 bits or more "
        "or on a NIST curve",
        printable(path));
  return *std::move(key);
}

}  // namespace

Read read_kdc_certificate(const KdcCertificateFiles& files) {
  if (files.certificate.empty() && files.key.empty()) return nullptr;
  if (files.certificate.empty()) return mistake("key", "key takes certificate: the one that is for it");
  if (files.key.empty()) return mistake("certificate", "certificate takes key: its private key");
  const auto text = read_config_file(files.certificate);
  if (!text) return mistake("certificate", "{}", text.error().to_string());
  auto certificates = pkinit::read_certificates(as_bytes(*text));
  const std::string shown = printable(files.certificate);
  if (!certificates)
    return mistake("certificate",
                   "certificate: {} has to be the KDC's certificate in PEM, with those of the authorities "
                   "between it and the clients' anchor behind it",
                   shown);
  auto key = read_key(files.key);
  if (!key) return tl::unexpected(std::move(key.error()));
  const pki::Certificate own = certificates->front();
  if (!(own.key() == key->public_key()))
    return mistake("key", "key: {} is not the key of the first certificate in {}", printable(files.key),
                   shown);
  if (!pkinit::is_for_kdc(own) || !pkinit::names_a_kdc(own))
    return mistake(
        "certificate",
        "certificate: no client takes {} for a KDC's: it needs the key usage digitalSignature, the "
        "extended one id-pkinit-KPKdc, and an id-pkinit-san krbtgt/REALM@REALM (RFC 4556 3.2.4)",
        shown);
  certificates->erase(certificates->begin());
  return std::make_shared<const pkinit::KdcIdentity>(
      pkinit::KdcIdentity{*std::move(key), own, *std::move(certificates)});
}

}  // namespace ferryman::realm
