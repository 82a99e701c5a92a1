#include "keys/certificate_request.h"

#include <openssl/sha.h>
#include <openssl/x509.h>

#include <array>

#include "base/owned.h"
#include "jose/ecdsa.h"
#include "pki/library.h"
#include "pki/subject.h"

namespace ferryman::keys {
namespace {

using OwnedRequest = Owned<X509_REQ, X509_REQ_free>;
using OwnedAlgorithm = Owned<X509_ALGOR, X509_ALGOR_free>;
using OwnedBits = Owned<ASN1_BIT_STRING, ASN1_BIT_STRING_free>;

template <auto encode>
Octets der_of(X509_REQ* request) {
  unsigned char* der = nullptr;
  const int size = encode(request, &der);
  if (size <= 0) pki::fail_in_library();
  Octets octets(der, der + size);
  OPENSSL_free(der);
  return octets;
}

void put_signature(X509_REQ* request, bool is_rsa, Bytes signature) {
  const OwnedAlgorithm algorithm(pki::must(X509_ALGOR_new()));
  // RFC 4055 5 wants parameters that are NULL, RFC 5758 3.2 none.
  pki::must(X509_ALGOR_set0(algorithm.get(),
                            OBJ_nid2obj(is_rsa ? NID_sha256WithRSAEncryption : NID_ecdsa_with_SHA256),
                            is_rsa ? V_ASN1_NULL : V_ASN1_UNDEF, nullptr));
  pki::must(X509_REQ_set1_signature_algo(request, algorithm.get()));
  OwnedBits bits(pki::must(ASN1_BIT_STRING_new()));
  pki::must(ASN1_BIT_STRING_set(bits.get(), const_cast<unsigned char*>(signature.data()),
                                static_cast<int>(signature.size())));
  bits->flags |= ASN1_STRING_FLAG_BITS_LEFT;  // no unused bits, although the last ones may be zeros
  X509_REQ_set0_signature(request, bits.release());
}

}  // namespace

Outcome<Octets> certificate_request(KeyStore& store, const NewKey& key, std::string_view common_name) {
  const OwnedRequest request(pki::must(X509_REQ_new()));
  pki::must(X509_REQ_set_version(request.get(), X509_REQ_VERSION_1));
  pki::must(X509_REQ_set_subject_name(request.get(), pki::name_of(common_name).get()));
  pki::must(X509_REQ_set_pubkey(request.get(), key.public_key.openssl()));

  const Octets to_sign = der_of<i2d_re_X509_REQ_tbs>(request.get());
  std::array<std::uint8_t, sha256_size> digest{};
  ::SHA256(to_sign.data(), to_sign.size(), digest.data());
  const auto signature = store.sign(key.kept.bytes(), {}, digest);
  if (!signature) return tl::unexpected(signature.error());
  const bool is_rsa = key.public_key.type() == pki::KeyType::rsa;
  put_signature(request.get(), is_rsa, is_rsa ? *signature : jose::ecdsa_der_of_raw(*signature).value());
  return der_of<i2d_X509_REQ>(request.get());
}

}  // namespace ferryman::keys
