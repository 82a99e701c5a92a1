#include "pkinit/kdc_anchors.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "pkinit/kdc_identity.h"
#include "pkinit/oids.h"
#include "pkinit/openssl.h"

namespace ferryman::pkinit {
namespace {

using pki::must;
using Opened = tl::expected<Octets, std::string_view>;

constexpr int security_level = 2;  // 112 bits: RSA with 2048, no SHA-1

tl::unexpected<std::string_view> no(std::string_view why) {
  ERR_clear_error();
  return tl::unexpected(why);
}

OwnedMessage parse_message(Bytes cms) {
  const unsigned char* next = cms.data();
  OwnedMessage message(d2i_CMS_ContentInfo(nullptr, &next, static_cast<long>(cms.size())));
  if (!message || OBJ_obj2nid(CMS_get0_type(message.get())) != NID_pkcs7_signed) return nullptr;
  const ASN1_OBJECT* const type = CMS_get0_eContentType(message.get());
  return type != nullptr && is_oid(type, oids::dh_key_data) ? std::move(message) : nullptr;
}

bool is_verified(CMS_ContentInfo* message, X509_STORE* anchors, std::int64_t now) {
  const std::shared_ptr<X509_STORE> store(must(X509_STORE_new()), X509_STORE_free);
  STACK_OF(X509_OBJECT)* const objects = X509_STORE_get0_objects(anchors);
  for (int i = 0; i < sk_X509_OBJECT_num(objects); ++i)
    must(X509_STORE_add_cert(store.get(), X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i))));
  X509_VERIFY_PARAM* const parameters = X509_STORE_get0_param(store.get());
  X509_VERIFY_PARAM_set_auth_level(parameters, security_level);
  X509_VERIFY_PARAM_set_time(parameters, now);
  must(X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN));
  must(X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_ANY));
  return CMS_verify(message, nullptr, store.get(), nullptr, nullptr, CMS_BINARY) == 1;
}

}  // namespace

Result<KdcAnchors> KdcAnchors::parse(Bytes pem) {
  const auto certificates = read_certificates(pem);
  if (!certificates) return tl::unexpected(certificates.error());
  std::shared_ptr<X509_STORE> store(must(X509_STORE_new()), X509_STORE_free);
  for (const pki::Certificate& each : *certificates) must(X509_STORE_add_cert(store.get(), each.openssl()));
  return KdcAnchors(std::move(store));
}

Opened KdcAnchors::open(Bytes cms, std::string_view realm, std::int64_t now) const {
  const OwnedMessage message = parse_message(cms);
  if (!message) return no("it is no SignedData of a key agreement");
  ASN1_OCTET_STRING** const content = CMS_get0_content(message.get());
  if (content == nullptr || *content == nullptr) return no("nothing is in what is signed");
  if (!is_verified(message.get(), store_.get(), now))
    return no("no KDC that the anchors vouch for has signed it");
  const CertificateViews signers(CMS_get0_signers(message.get()));
  if (sk_X509_num(signers.get()) != 1) return no("not one has signed it");
  const auto signer = pki::Certificate::of(sk_X509_value(signers.get(), 0));
  if (!signer || !is_for_kdc(*signer) || !names_kdc_of(*signer, realm))
    return no("who has signed it is not the realm's KDC");
  const Bytes octets = view(*content);
  ERR_clear_error();
  return Octets(octets.begin(), octets.end());
}

}  // namespace ferryman::pkinit
