#include "net/certificate_dates.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <ctime>

#include "base/owned.h"

namespace ferryman::net {
namespace {

using File = Owned<BIO, BIO_free_all>;  // or what is written to memory
using Certificate = Owned<X509, X509_free>;
using Response = Owned<OCSP_RESPONSE, OCSP_RESPONSE_free>;
using BasicResponse = Owned<OCSP_BASICRESP, OCSP_BASICRESP_free>;

std::optional<std::int64_t> unix_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return ::timegm(&parts);
}

Certificate read_certificate(const std::string& file) {
  const File opened(BIO_new_file(file.c_str(), "r"));
  return Certificate(opened ? PEM_read_bio_X509_AUX(opened.get(), nullptr, nullptr, nullptr) : nullptr);
}

std::string subject_of(X509* certificate) {
  const File out(BIO_new(BIO_s_mem()));
  if (!out || X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) < 0)
    return {};
  char* text = nullptr;
  const long length = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

// The earliest of those that it has.
std::optional<std::int64_t> next_update(const std::string& file) {
  const File opened(BIO_new_file(file.c_str(), "rb"));
  const Response response(opened ? d2i_OCSP_RESPONSE_bio(opened.get(), nullptr) : nullptr);
  const BasicResponse basic(response ? OCSP_response_get1_basic(response.get()) : nullptr);
  std::optional<std::int64_t> earliest;
  for (int i = 0; basic && i < OCSP_resp_count(basic.get()); ++i) {
    ASN1_GENERALIZEDTIME* next = nullptr;
    OCSP_single_get0_status(OCSP_resp_get0(basic.get(), i), nullptr, nullptr, nullptr, &next);
    if (const auto time = unix_time(next)) earliest = std::min(*time, earliest.value_or(*time));
  }
  return earliest;
}

}  // namespace

std::vector<CertificateDates> certificate_dates(const TlsOptions& options) {
  std::vector<CertificateDates> all;
  for (std::size_t i = 0; i < options.certificate.size(); ++i) {
    const Certificate certificate = read_certificate(options.certificate[i]);
    const auto end = certificate ? unix_time(X509_get0_notAfter(certificate.get())) : std::nullopt;
    if (!end) continue;
    const bool stapled = i < options.ocsp_response.size() && !options.ocsp_response[i].empty();
    const auto begin = unix_time(X509_get0_notBefore(certificate.get()));
    all.push_back({options.certificate[i], subject_of(certificate.get()), begin.value_or(0), *end,
                   stapled ? next_update(options.ocsp_response[i]) : std::nullopt});
  }
  ERR_clear_error();
  return all;
}

}  // namespace ferryman::net
