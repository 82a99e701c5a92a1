#include "settings/config_tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <system_error>
#include <vector>

#include "base/owned.h"
#include "ocsp/response.h"

namespace ferryman {
namespace {

using File = Owned<std::FILE, std::fclose>;
using Certificate = Owned<X509, X509_free>;
using PrivateKey = Owned<EVP_PKEY, EVP_PKEY_free>;

File open(const std::string& what, const std::string& name, TlsFindings& findings) {
  File file(std::fopen(name.c_str(), "r"));
  if (!file) {
    findings.mistakes.push_back(fmt::format("{} {}: {}", what, name, std::generic_category().message(errno)));
  }
  return file;
}

int no_passphrase(char*, int, int, void*) {
  return -1;
}

Certificate read_certificate(const std::string& name, TlsFindings& findings) {
  const File file = open("certificate", name, findings);
  if (!file) return nullptr;
  Certificate certificate(PEM_read_X509(file.get(), nullptr, no_passphrase, nullptr));
  if (!certificate)
    findings.mistakes.push_back(fmt::format("certificate {}: no PEM certificate in it", name));
  return certificate;
}

PrivateKey read_key(const std::string& name, TlsFindings& findings) {
  const File file = open("private key", name, findings);
  if (!file) return nullptr;
  PrivateKey key(PEM_read_PrivateKey(file.get(), nullptr, no_passphrase, nullptr));
  if (!key) {
    findings.mistakes.push_back(
        fmt::format("private key {}: no PEM private key without passphrase in it", name));
  }
  return key;
}

void check_dates(const X509* certificate, const std::string& name, TlsFindings& findings) {
  if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0) {
    findings.warnings.push_back(fmt::format("certificate {} has expired; clients will refuse it", name));
  } else if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0) {
    findings.warnings.push_back(fmt::format("certificate {} is not yet valid; clients will refuse it", name));
  }
}

// A response that a client has no use for is not stapled.
void check_staple(X509* certificate, const std::string& name, const std::string& response,
                  TlsFindings& findings) {
  std::ifstream file(response, std::ios::binary);
  const std::vector<std::uint8_t> octets{std::istreambuf_iterator<char>(file), {}};
  if (!file) return;  // which check_further_files() tells
  switch (ocsp::read_response(octets, certificate).says) {
    case ocsp::Staple::good:
    case ocsp::Staple::absent:
      return;
    case ocsp::Staple::revoked:
      return findings.warnings.push_back(fmt::format(
          "OCSP response {} says that certificate {} is revoked; clients will refuse it", response, name));
    case ocsp::Staple::unknown:
      return findings.warnings.push_back(fmt::format(
          "OCSP response {} is of a responder that does not know certificate {}", response, name));
    case ocsp::Staple::out_of_date:
      return findings.warnings.push_back(
          fmt::format("OCSP response {} is out of date or not valid yet; it is not stapled", response));
    case ocsp::Staple::unverifiable:
      return findings.warnings.push_back(
          fmt::format("OCSP response {} says nothing of certificate {}; it is not stapled", response, name));
  }
}

// Each certificate with its key.
void check_pairs(const net::TlsOptions& options, TlsFindings& findings) {
  std::map<int, std::string> by_type;
  for (std::size_t i = 0; i < options.certificate.size(); ++i) {
    const Certificate certificate = read_certificate(options.certificate[i], findings);
    const PrivateKey key = read_key(options.private_key[i], findings);
    if (!certificate) continue;
    check_dates(certificate.get(), options.certificate[i], findings);
    if (i < options.ocsp_response.size() && !options.ocsp_response[i].empty())
      check_staple(certificate.get(), options.certificate[i], options.ocsp_response[i], findings);
    if (!key) continue;
    if (X509_check_private_key(certificate.get(), key.get()) != 1) {
      findings.mistakes.push_back(
          fmt::format("private key {} does not belong to certificate {}; the key that the certificate was "
                      "issued for would",
                      options.private_key[i], options.certificate[i]));
    }
    const auto [other, added] = by_type.emplace(EVP_PKEY_get_base_id(key.get()), options.certificate[i]);
    if (!added) {
      findings.mistakes.push_back(fmt::format(
          "certificates {} and {} have the same key type; one of each type can stand side by side",
          other->second, options.certificate[i]));
    }
  }
}

void check_further_files(const net::TlsOptions& options, bool verifies_clients, TlsFindings& findings) {
  if (options.ocsp_response.size() > options.certificate.size()) {
    findings.mistakes.emplace_back("more ocsp_response files than certificates");
  }
  for (const auto& name : options.ocsp_response) {
    if (!name.empty()) open("OCSP response", name, findings);
  }
  if (!verifies_clients) return;
  if (options.client_ca.empty()) {
    findings.mistakes.emplace_back(
        "client_certificates needs client_ca, the CAs that client certificates come from");
  } else {
    open("client_ca", options.client_ca, findings);
  }
}

}  // namespace

TlsFindings check_tls(const net::TlsOptions& options, bool verifies_clients) {
  TlsFindings findings;
  if (options.certificate.size() != options.private_key.size()) {
    findings.mistakes.push_back(fmt::format(
        "{} certificates but {} private keys; each certificate needs its own key, in the same order",
        options.certificate.size(), options.private_key.size()));
    return findings;
  }
  check_pairs(options, findings);
  check_further_files(options, verifies_clients, findings);
  ERR_clear_error();
  return findings;
}

}  // namespace ferryman
