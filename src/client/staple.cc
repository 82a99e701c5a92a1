#include "client/staple.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>

#include <memory>
#include <string_view>
#include <utility>

namespace ferryman::client {
namespace {

constexpr long clock_skew = 300;  // seconds

template <auto free>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    free(object);
  }
};
using Response = std::unique_ptr<OCSP_RESPONSE, Free<OCSP_RESPONSE_free>>;
using Basic = std::unique_ptr<OCSP_BASICRESP, Free<OCSP_BASICRESP_free>>;
using CertificateId = std::unique_ptr<OCSP_CERTID, Free<OCSP_CERTID_free>>;

struct Check {
  Revocation revocation;
  std::shared_ptr<std::string> cause;
};

X509* issuer_of(X509* certificate, STACK_OF(X509) * chain) {
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    X509* candidate = sk_X509_value(chain, i);
    if (X509_check_issued(candidate, certificate) == X509_V_OK) return candidate;
  }
  return nullptr;
}

// Empty when the response says that the peer's certificate is good.
std::string_view verdict(SSL* ssl, const unsigned char* bytes, long size) {
  const Response response(d2i_OCSP_RESPONSE(nullptr, &bytes, size));
  if (!response) return "the stapled OCSP response cannot be read";
  if (OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
    return "the stapled OCSP response is an error";
  const Basic basic(OCSP_response_get1_basic(response.get()));
  STACK_OF(X509)* chain = SSL_get0_verified_chain(ssl);
  if (!basic || chain == nullptr) return "the stapled OCSP response cannot be verified";
  if (OCSP_basic_verify(basic.get(), chain, SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl)), 0) != 1)
    return "the stapled OCSP response is not signed by the certificate's issuer";
  X509* certificate = sk_X509_value(chain, 0);
  X509* issuer = issuer_of(certificate, chain);
  if (issuer == nullptr) return "the stapled OCSP response cannot be verified";

  // Responders choose the digest of the identifier: the one that is in the response is the one to ask by.
  for (int i = 0; i < OCSP_resp_count(basic.get()); ++i) {
    OCSP_SINGLERESP* single = OCSP_resp_get0(basic.get(), i);
    ASN1_OBJECT* digest = nullptr;
    const OCSP_CERTID* id = OCSP_SINGLERESP_get0_id(single);
    OCSP_id_get0_info(nullptr, &digest, nullptr, nullptr, const_cast<OCSP_CERTID*>(id));
    const EVP_MD* md = EVP_get_digestbyobj(digest);
    if (md == nullptr) continue;
    const CertificateId own(OCSP_cert_to_id(md, certificate, issuer));
    if (!own || OCSP_id_cmp(own.get(), id) != 0) continue;
    int reason = 0;
    ASN1_GENERALIZEDTIME *revoked = nullptr, *this_update = nullptr, *next_update = nullptr;
    const int status = OCSP_single_get0_status(single, &reason, &revoked, &this_update, &next_update);
    if (OCSP_check_validity(this_update, next_update, clock_skew, -1) != 1)
      return "the stapled OCSP response is out of date";
    if (status == V_OCSP_CERTSTATUS_REVOKED)
      return "the gateway's certificate is revoked (stapled OCSP response)";
    if (status != V_OCSP_CERTSTATUS_GOOD) return "the stapled OCSP response does not know the certificate";
    return {};
  }
  return "the stapled OCSP response is about another certificate";
}

int on_status(SSL* ssl, void* data) {
  const auto& check = *static_cast<const Check*>(data);
  if (SSL_session_reused(ssl) == 1) return 1;  // it was looked at when the session began
  const unsigned char* bytes = nullptr;
  const long size = SSL_get_tlsext_status_ocsp_resp(ssl, &bytes);
  std::string_view trouble;
  if (bytes != nullptr && size > 0) {
    trouble = verdict(ssl, bytes, size);
    ERR_clear_error();
  } else if (check.revocation == Revocation::required) {
    trouble = "the gateway staples no OCSP response, and one is required";
  }
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
