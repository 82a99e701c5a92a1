#include "pki/certificate.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <array>
#include <ctime>

#include "pki/library.h"
#include "pki/owned.h"
#include "pki/subject.h"

namespace ferryman::pki {
namespace {

tl::unexpected<Error> fail(Fault fault) {
  ERR_clear_error();
  return tl::unexpected(Error{fault});
}

// parse() lets no other times in than those that have a tm.
std::int64_t seconds_of(const ASN1_TIME* time) {
  std::tm parts{};
  must(ASN1_TIME_to_tm(time, &parts));
  return ::timegm(&parts);
}

bool is_time(const ASN1_TIME* time) {
  std::tm parts{};
  return time != nullptr && ASN1_TIME_to_tm(time, &parts) == 1;
}

}  // namespace

Result<Certificate> Certificate::parse(Bytes der) {
  if (der.size() > max_size) return fail(Fault::length_too_large);
  const unsigned char* next = der.data();
  const OwnedCertificate certificate(d2i_X509(nullptr, &next, static_cast<long>(der.size())));
  if (!certificate) return fail(Fault::wrong_value);
  if (next != der.data() + der.size()) return fail(Fault::trailing_bytes);
  return of(certificate.get());
}

Result<Certificate> Certificate::of(X509* certificate) {
  if (!is_time(X509_get0_notBefore(certificate)) || !is_time(X509_get0_notAfter(certificate)))
    return fail(Fault::bad_time);
  EVP_PKEY* const openssl_key = X509_get0_pubkey(certificate);
  if (openssl_key == nullptr) return fail(Fault::unsupported);
  auto key = PublicKey::of(openssl_key);
  if (!key) return tl::unexpected(key.error());
  must(X509_up_ref(certificate));
  return Certificate(std::shared_ptr<X509>(certificate, X509_free), *std::move(key));
}

std::string Certificate::common_name() const {
  return only_common_name(X509_get_subject_name(certificate_.get()));
}

std::int64_t Certificate::not_before() const {
  return seconds_of(X509_get0_notBefore(certificate_.get()));
}

std::int64_t Certificate::not_after() const {
  return seconds_of(X509_get0_notAfter(certificate_.get()));
}

Octets Certificate::der() const {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate_.get(), &der);
  if (size <= 0) fail_in_library();
  Octets octets(der, der + size);
  OPENSSL_free(der);
  return octets;
}

std::string Certificate::thumbprint() const {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned size = 0;
  must(X509_digest(certificate_.get(), EVP_sha1(), hash.data(), &size));
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text += digits[hash[i] >> 4];
    text += digits[hash[i] & 0xf];
  }
  return text;
}

bool operator==(const Certificate& a, const Certificate& b) {
  return X509_cmp(a.certificate_.get(), b.certificate_.get()) == 0;
}

}  // namespace ferryman::pki
