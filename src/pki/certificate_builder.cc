#include "pki/certificate_builder.h"

#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>

#include "pki/library.h"
#include "pki/subject.h"

namespace ferryman::pki {
namespace {

using OwnedExtension = Owned<X509_EXTENSION, X509_EXTENSION_free>;
using OwnedObject = Owned<ASN1_OBJECT, ASN1_OBJECT_free>;
using OwnedOctetString = Owned<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>;

constexpr std::size_t serial_size = 16;

void set_random_serial(X509* certificate) {
  std::array<std::uint8_t, serial_size> octets{};
  must(RAND_bytes(octets.data(), static_cast<int>(octets.size())));
  octets[0] = static_cast<std::uint8_t>((octets[0] & 0x7f) | 0x40);  // positive, and of one length
  const OwnedNumber number(must(BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr)));
  must(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)));
}

}  // namespace

CertificateBuilder::CertificateBuilder(const std::string& name, EVP_PKEY* key, const Validity& validity,
                                       X509* issuer)
    : certificate_(must(X509_new())), issuer_(issuer) {
  X509* const raw = certificate_.get();
  must(X509_set_version(raw, X509_VERSION_3));
  set_random_serial(raw);
  must(X509_set_subject_name(raw, name_of(name).get()));
  must(X509_set_pubkey(raw, key));
  must(ASN1_TIME_set(X509_getm_notBefore(raw), validity.not_before));
  must(ASN1_TIME_set(X509_getm_notAfter(raw), validity.not_after));
  must(X509_set_issuer_name(raw, X509_get_subject_name(this->issuer())));
}

void CertificateBuilder::add(int nid, const char* value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer(), certificate_.get(), nullptr, nullptr, 0);
  const OwnedExtension extension(must(X509V3_EXT_conf_nid(nullptr, &context, nid, value)));
  must(X509_add_ext(certificate_.get(), extension.get(), -1));
}

void CertificateBuilder::add(const char* oid, Bytes value) {
  const OwnedObject object(must(OBJ_txt2obj(oid, 1)));
  const OwnedOctetString octets(must(ASN1_OCTET_STRING_new()));
  must(ASN1_OCTET_STRING_set(octets.get(), value.data(), static_cast<int>(value.size())));
  const OwnedExtension extension(must(X509_EXTENSION_create_by_OBJ(nullptr, object.get(), 0, octets.get())));
  must(X509_add_ext(certificate_.get(), extension.get(), -1));
}

Certificate CertificateBuilder::sign(const PrivateKey& key) {
  if (X509_sign(certificate_.get(), key.openssl(), EVP_sha256()) <= 0) fail_in_library();
  auto checked = Certificate::of(certificate_.get());
  if (!checked) fail_in_library();
  return *std::move(checked);
}

}  // namespace ferryman::pki
