#include "pki/certificate_request.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include "pki/library.h"
#include "pki/owned.h"
#include "pki/subject.h"

namespace ferryman::pki {
namespace {

using OwnedRequest = Owned<X509_REQ, X509_REQ_free>;

tl::unexpected<Error> fail(Fault fault) {
  ERR_clear_error();
  return tl::unexpected(Error{fault});
}

bool is_signed_with_sha256(const X509_REQ* request) {
  const int algorithm = X509_REQ_get_signature_nid(request);
  return algorithm == NID_sha256WithRSAEncryption || algorithm == NID_ecdsa_with_SHA256;
}

}  // namespace

Result<PublicKey> parse_certificate_request(Bytes der) {
  if (der.size() > max_certificate_request) return fail(Fault::length_too_large);
  const unsigned char* next = der.data();
  const OwnedRequest request(d2i_X509_REQ(nullptr, &next, static_cast<long>(der.size())));
  if (!request) return fail(Fault::wrong_value);
  if (next != der.data() + der.size()) return fail(Fault::trailing_bytes);
  EVP_PKEY* const openssl_key = X509_REQ_get0_pubkey(request.get());
  if (openssl_key == nullptr) return fail(Fault::unsupported);
  auto key = PublicKey::of(openssl_key);
  if (!key) return key;
  if (!is_signed_with_sha256(request.get())) return fail(Fault::unsupported);
  if (X509_REQ_verify(request.get(), openssl_key) != 1) return fail(Fault::bad_integrity);
  return key;
}

Octets make_certificate_request(const PrivateKey& key, std::string_view common_name) {
  const OwnedRequest request(must(X509_REQ_new()));
  must(X509_REQ_set_version(request.get(), X509_REQ_VERSION_1));
  must(X509_REQ_set_subject_name(request.get(), name_of(common_name).get()));
  must(X509_REQ_set_pubkey(request.get(), key.openssl()));
  if (X509_REQ_sign(request.get(), key.openssl(), EVP_sha256()) <= 0) fail_in_library();
  unsigned char* der = nullptr;
  const int size = i2d_X509_REQ(request.get(), &der);
  if (size <= 0) fail_in_library();
  Octets octets(der, der + size);
  OPENSSL_free(der);
  return octets;
}

}  // namespace ferryman::pki
