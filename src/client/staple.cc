#include "client/staple.h"

#include <openssl/err.h>

#include <memory>
#include <string_view>
#include <utility>

#include "pki/staple.h"

namespace ferryman::client {
namespace {

struct Check {
  Revocation revocation;
  std::shared_ptr<std::string> cause;
};

// Empty when the certificate may be used.
std::string_view trouble_of(pki::Staple staple, Revocation revocation) {
  switch (staple) {
    case pki::Staple::good:
      return {};
    case pki::Staple::absent:
      if (revocation != Revocation::required) return {};
      return "the gateway staples no OCSP response, and one is required";
    case pki::Staple::revoked:
      return "the gateway's certificate is revoked (stapled OCSP response)";
    case pki::Staple::unknown:
      return "the stapled OCSP response does not know the certificate";
    case pki::Staple::out_of_date:
      return "the stapled OCSP response is out of date";
    case pki::Staple::unverifiable:
      return "the stapled OCSP response is not signed by the certificate's issuer, or not about this "
             "certificate";
  }
  return {};
}

int on_status(SSL* ssl, void* data) {
  const auto& check = *static_cast<const Check*>(data);
  if (SSL_session_reused(ssl) == 1) return 1;  // it was looked at when the session began
  X509_STORE* trust = SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl));
  const auto trouble =
      trouble_of(pki::judge_staple(ssl, SSL_get0_verified_chain(ssl), trust), check.revocation);
  ERR_clear_error();
  if (trouble.empty()) return 1;
  *check.cause = trouble;
  return 0;
}

void free_check(void*, void* check, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<Check*>(check);
}

}  // namespace

void check_staples(SSL_CTX* context, Revocation revocation, std::shared_ptr<std::string> cause) {
  if (revocation == Revocation::off) return;
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_check);
  auto* check = new Check{revocation, std::move(cause)};
  SSL_CTX_set_ex_data(context, index, check);
  SSL_CTX_set_tlsext_status_type(context, TLSEXT_STATUSTYPE_ocsp);
  SSL_CTX_set_tlsext_status_cb(context, on_status);
  SSL_CTX_set_tlsext_status_arg(context, check);
}

}  // namespace ferryman::client
