#include "pki/staple.h"

#include <openssl/ocsp.h>

#include "base/owned.h"

namespace ferryman::pki {
namespace {

// Responders choose the digest of the identifier: the one that is in the response is the one to ask by.
bool is_about(OCSP_SINGLERESP* single, X509* certificate, X509* issuer) {
  auto* id = const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(single));
  ASN1_OBJECT* digest = nullptr;
  OCSP_id_get0_info(nullptr, &digest, nullptr, nullptr, id);
  const EVP_MD* known = EVP_get_digestbyobj(digest);
  if (known == nullptr) return false;
  const Owned<OCSP_CERTID, OCSP_CERTID_free> expected(OCSP_cert_to_id(known, certificate, issuer));
  return expected != nullptr && OCSP_id_cmp(expected.get(), id) == 0;
}

}  // namespace

Staple judge_staple(SSL* ssl, STACK_OF(X509) * built, X509_STORE* trust) {
  const unsigned char* octets = nullptr;
  const long size = SSL_get_tlsext_status_ocsp_resp(ssl, &octets);
  if (octets == nullptr || size <= 0) return Staple::absent;
  const Owned<OCSP_RESPONSE, OCSP_RESPONSE_free> response(d2i_OCSP_RESPONSE(nullptr, &octets, size));
  if (!response) return Staple::unverifiable;
  const Owned<OCSP_BASICRESP, OCSP_BASICRESP_free> basic(OCSP_response_get1_basic(response.get()));
  if (!basic || built == nullptr || sk_X509_num(built) < 1) return Staple::unverifiable;
  if (OCSP_basic_verify(basic.get(), built, trust, 0) != 1) return Staple::unverifiable;
  X509* const certificate = sk_X509_value(built, 0);
  X509* const issuer = sk_X509_num(built) > 1 ? sk_X509_value(built, 1) : certificate;
  for (int i = 0; i < OCSP_resp_count(basic.get()); ++i) {
    OCSP_SINGLERESP* single = OCSP_resp_get0(basic.get(), i);
    if (is_about(single, certificate, issuer)) return ocsp::status_of(single);
  }
  return Staple::unverifiable;
}

}  // namespace ferryman::pki
