#pragma once

#include <openssl/cms.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>

#include "base/bytes.h"
#include "base/owned.h"
#include "pki/library.h"

// OpenSSL's objects with an owner, and their octets.
namespace ferryman::pkinit {

using OwnedBio = Owned<BIO, BIO_free_all>;
using OwnedMessage = Owned<CMS_ContentInfo, CMS_ContentInfo_free>;
using OwnedObject = Owned<ASN1_OBJECT, ASN1_OBJECT_free>;
using OwnedCrl = Owned<X509_CRL, X509_CRL_free>;
using OwnedStoreContext = Owned<X509_STORE_CTX, X509_STORE_CTX_free>;
using OwnedNames = Owned<GENERAL_NAMES, GENERAL_NAMES_free>;
using OwnedPurposes = Owned<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free>;

struct FreeCertificates {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, X509_free); }
};
using OwnedCertificates = std::unique_ptr<STACK_OF(X509), FreeCertificates>;
struct FreeViews {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};
using CertificateViews = std::unique_ptr<STACK_OF(X509), FreeViews>;

// Its DER, as that i2d_... has it.
template <auto i2d, typename T>
Octets der_of(const T* object) {
  unsigned char* der = nullptr;
  const int size = i2d(object, &der);
  if (size <= 0) pki::fail_in_library();
  Octets octets(der, der + size);
  OPENSSL_free(der);
  return octets;
}

inline Bytes view(const ASN1_STRING* string) {
  return {ASN1_STRING_get0_data(string), static_cast<std::size_t>(ASN1_STRING_length(string))};
}

inline bool is_oid(const ASN1_OBJECT* object, Bytes oid) {
  return std::ranges::equal(Bytes(OBJ_get0_data(object), OBJ_length(object)), oid);
}

}  // namespace ferryman::pkinit
