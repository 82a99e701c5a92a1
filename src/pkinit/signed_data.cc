#include "pkinit/signed_data.h"

#include <openssl/err.h>

#include "pki/library.h"
#include "pkinit/e_data.h"
#include "pkinit/oids.h"
#include "pkinit/openssl.h"

namespace ferryman::pkinit {
namespace {

using pki::must;
namespace code = kerberos::error_code;

tl::unexpected<Refusal> refuse_message(std::string_view reason) {
  return refuse(code::preauth_failed, reason);
}
tl::unexpected<Refusal> refuse_signature(std::string_view reason) {
  return refuse(code::invalid_signature, reason);
}

// Null where there is none that is wanted here.
OwnedMessage parse(Bytes cms) {
  const unsigned char* next = cms.data();
  OwnedMessage message(d2i_CMS_ContentInfo(nullptr, &next, static_cast<long>(cms.size())));
  if (!message || next != cms.data() + cms.size() ||
      OBJ_obj2nid(CMS_get0_type(message.get())) != NID_pkcs7_signed)
    return nullptr;
  const ASN1_OBJECT* const type = CMS_get0_eContentType(message.get());
  if (type == nullptr || !is_oid(type, oids::auth_data)) return nullptr;
  ASN1_OCTET_STRING** const content = CMS_get0_content(message.get());
  return content != nullptr && *content != nullptr ? std::move(message) : nullptr;
}

bool is_accepted_digest(int nid) {
  return nid == NID_sha256 || nid == NID_sha384 || nid == NID_sha512;
}

// The digest that a signer used; what he signed with must go with it.
Judged<const EVP_MD*> judge_algorithms(CMS_SignerInfo* signer) {
  X509_ALGOR *digest_algorithm = nullptr, *signature_algorithm = nullptr;
  CMS_SignerInfo_get0_algs(signer, nullptr, nullptr, &digest_algorithm, &signature_algorithm);
  const int digest = OBJ_obj2nid(digest_algorithm->algorithm);
  const int signature = OBJ_obj2nid(signature_algorithm->algorithm);
  int its_digest = digest, its_key = signature;
  const bool is_bare = signature == NID_rsaEncryption || signature == NID_rsassaPss;
  if (!is_bare && OBJ_find_sigid_algs(signature, &its_digest, &its_key) != 1)
    return refuse_signature("a signature algorithm that is not served");
  if (!is_accepted_digest(digest) || !is_accepted_digest(its_digest))
    return refuse(code::digest_in_signed_data_not_accepted, "a digest that is not served",
                  accepted_signed_data_digests());
  if (its_digest != digest) return refuse_signature("two digests for one signature");
  if (!is_bare && its_key != NID_rsaEncryption && its_key != NID_X9_62_id_ecPublicKey)
    return refuse_signature("a signature algorithm that is not served");
  return EVP_get_digestbynid(digest);
}

// RFC 5652 5.4 and 5.6. The content is digested once, however many digest algorithms a message names, as
// CMS_verify() would not do.
bool is_signed(CMS_SignerInfo* signer, const EVP_MD* digest, Bytes content) {
  constexpr int only_one = -3;  // attribute with only one value
  const auto* const type = static_cast<const ASN1_OBJECT*>(
      CMS_signed_get0_data_by_OBJ(signer, OBJ_nid2obj(NID_pkcs9_contentType), only_one, V_ASN1_OBJECT));
  if (type == nullptr || !is_oid(type, oids::auth_data)) return false;
  OwnedBio hash(must(BIO_new(BIO_f_md())));
  must(static_cast<int>(BIO_set_md(hash.get(), digest)));
  BIO_push(hash.get(), must(BIO_new(BIO_s_null())));
  const int size = static_cast<int>(content.size());
  if (size > 0 && BIO_write(hash.get(), content.data(), size) != size) pki::fail_in_library();
  return CMS_SignerInfo_verify_content(signer, hash.get()) == 1 && CMS_SignerInfo_verify(signer) == 1;
}

// Takes the certificate that a signer's identifier names out of those that came.
pki::OwnedCertificate take_certificate_of(CMS_SignerInfo* signer, STACK_OF(X509) * certificates) {
  for (int i = 0; i < sk_X509_num(certificates); ++i) {
    if (CMS_SignerInfo_cert_cmp(signer, sk_X509_value(certificates, i)) == 0)
      return pki::OwnedCertificate(sk_X509_delete(certificates, i));
  }
  return nullptr;
}

Judged<LogonCertificate> judge_signer(CMS_SignerInfo* signer, STACK_OF(X509) * certificates, Bytes content) {
  const pki::OwnedCertificate own = take_certificate_of(signer, certificates);
  if (!own) return refuse_message("a signer without a certificate");
  auto certificate = LogonCertificate::of(own.get());
  if (!certificate) return certificate;
  const auto digest = judge_algorithms(signer);
  if (!digest) return tl::unexpected(digest.error());
  CMS_SignerInfo_set1_signer_cert(signer, own.get());
  if (!is_signed(signer, *digest, content))
    return refuse_signature("a signature that is not of this content");
  return certificate;
}

Judged<SignedRequest> open_message(Bytes cms) {
  if (cms.size() > max_signed_data) return refuse_message("a SignedData that is too large");
  const OwnedMessage message = parse(cms);
  if (!message) return refuse_message("no SignedData of id-pkinit-authData");
  const OwnedCertificates certificates(CMS_get1_certs(message.get()));
  STACK_OF(CMS_SignerInfo)* const signers = CMS_get0_SignerInfos(message.get());
  if (sk_CMS_SignerInfo_num(signers) > 1) return refuse_message("more than one signer");
  if (sk_X509_num(certificates.get()) > static_cast<int>(max_certificates))
    return refuse_message("too many certificates");
  const Bytes content = view(*CMS_get0_content(message.get()));
  SignedRequest request{{content.begin(), content.end()}, std::nullopt, {}};
  if (sk_CMS_SignerInfo_num(signers) == 1) {
    auto certificate = judge_signer(sk_CMS_SignerInfo_value(signers, 0), certificates.get(), content);
    if (!certificate) return tl::unexpected(std::move(certificate.error()));
    request.certificate = *std::move(certificate);
  }
  while (sk_X509_num(certificates.get()) > 0) request.others.emplace_back(sk_X509_shift(certificates.get()));
  return request;
}

}  // namespace

Judged<SignedRequest> open_signed(Bytes cms) {
  auto request = open_message(cms);
  ERR_clear_error();
  return request;
}

Octets sign(const KdcIdentity& signer, Bytes content, const char* content_type) {
  const OwnedObject type(must(OBJ_txt2obj(content_type, 1)));
  const OwnedBio data(must(
      BIO_new_mem_buf(content.empty() ? "" : as_text(content).data(), static_cast<int>(content.size()))));
  const OwnedMessage message(must(CMS_sign(nullptr, nullptr, nullptr, nullptr, CMS_PARTIAL | CMS_BINARY)));
  must(CMS_set1_eContentType(message.get(), type.get()));
  must(CMS_add1_signer(message.get(), signer.certificate.openssl(), signer.key.openssl(), EVP_sha256(),
                       CMS_BINARY | CMS_NOSMIMECAP));
  for (const pki::Certificate& other : signer.others) must(CMS_add1_cert(message.get(), other.openssl()));
  must(CMS_final(message.get(), data.get(), nullptr, CMS_BINARY));
  return der_of<i2d_CMS_ContentInfo>(message.get());
}

}  // namespace ferryman::pkinit
