#include "pki/device_ca.h"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "base/text.h"
#include "pki/library.h"
#include "pki/owned.h"
#include "pki/subject.h"

namespace ferryman::pki {
namespace {

using OwnedExtension = Owned<X509_EXTENSION, X509_EXTENSION_free>;
using OwnedObject = Owned<ASN1_OBJECT, ASN1_OBJECT_free>;
using OwnedOctetString = Owned<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>;

constexpr std::size_t ca_bits = 3072, serial_size = 16;
constexpr const char* device_id_oid = "1.2.840.113556.1.5.284.2";
constexpr const char* tenant_id_oid = "1.2.840.113556.1.5.284.5";

std::string ca_name(const Guid& tenant) {
  return "Ferryman device authority " + tenant.text();
}

void set_random_serial(X509* certificate) {
  std::array<std::uint8_t, serial_size> octets{};
  must(RAND_bytes(octets.data(), static_cast<int>(octets.size())));
  octets[0] = static_cast<std::uint8_t>((octets[0] & 0x7f) | 0x40);  // positive, and of one length
  const OwnedNumber number(must(BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr)));
  must(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)));
}

void add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const OwnedExtension extension(must(X509V3_EXT_conf_nid(nullptr, &context, nid, value)));
  must(X509_add_ext(certificate, extension.get(), -1));
}

OwnedObject object_of(const char* oid) {
  return OwnedObject(must(OBJ_txt2obj(oid, 1)));
}

void add_guid(X509* certificate, const char* oid, const Guid& guid) {
  const auto packet = guid.packet();
  Octets der{V_ASN1_OCTET_STRING, Guid::size};
  der.insert(der.end(), packet.begin(), packet.end());
  const OwnedOctetString value(must(ASN1_OCTET_STRING_new()));
  must(ASN1_OCTET_STRING_set(value.get(), der.data(), static_cast<int>(der.size())));
  const OwnedExtension extension(
      must(X509_EXTENSION_create_by_OBJ(nullptr, object_of(oid).get(), 0, value.get())));
  must(X509_add_ext(certificate, extension.get(), -1));
}

std::optional<Guid> guid_in(const X509* certificate, const char* oid) {
  const int at = X509_get_ext_by_OBJ(certificate, object_of(oid).get(), -1);
  if (at < 0) return std::nullopt;
  const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(X509_get_ext(certificate, at));
  const Bytes der(ASN1_STRING_get0_data(value), static_cast<std::size_t>(ASN1_STRING_length(value)));
  if (der.size() != Guid::size + 2 || der[0] != V_ASN1_OCTET_STRING || der[1] != Guid::size)
    return std::nullopt;
  return guid_of_packet(der.last<Guid::size>());
}

// Without issuer, extensions and signature.
OwnedCertificate begin(const std::string& name, EVP_PKEY* key, const Validity& validity) {
  OwnedCertificate certificate(must(X509_new()));
  must(X509_set_version(certificate.get(), X509_VERSION_3));
  set_random_serial(certificate.get());
  must(X509_set_subject_name(certificate.get(), name_of(name).get()));
  must(X509_set_pubkey(certificate.get(), key));
  must(ASN1_TIME_set(X509_getm_notBefore(certificate.get()), validity.not_before));
  must(ASN1_TIME_set(X509_getm_notAfter(certificate.get()), validity.not_after));
  return certificate;
}

Certificate finish(const OwnedCertificate& certificate, const PrivateKey& key) {
  if (X509_sign(certificate.get(), key.openssl(), EVP_sha256()) <= 0) fail_in_library();
  auto checked = Certificate::of(certificate.get());
  if (!checked) fail_in_library();
  return *std::move(checked);
}

bool is_signed_by(const Certificate& certificate, const PublicKey& key) {
  const bool is = X509_verify(certificate.openssl(), key.openssl()) == 1;
  ERR_clear_error();
  return is;
}

}  // namespace

DeviceCa DeviceCa::make(const Guid& tenant, const Validity& validity) {
  const PrivateKey key = PrivateKey::generate_rsa(ca_bits);
  const OwnedCertificate certificate = begin(ca_name(tenant), key.openssl(), validity);
  X509* const raw = certificate.get();
  must(X509_set_issuer_name(raw, X509_get_subject_name(raw)));
  add_extension(raw, raw, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(raw, raw, NID_key_usage, "critical,keyCertSign");
  add_extension(raw, raw, NID_subject_key_identifier, "hash");
  add_guid(raw, tenant_id_oid, tenant);
  return {tenant, key, finish(certificate, key)};
}

Result<DeviceCa> DeviceCa::load(const Guid& tenant, PrivateKey key, Certificate certificate) {
  X509* const raw = certificate.openssl();
  if (!(certificate.key() == key.public_key()) || !is_signed_by(certificate, key.public_key()) ||
      X509_check_ca(raw) != 1 || guid_in(raw, tenant_id_oid) != tenant)
    return tl::unexpected(Error{Fault::wrong_value});
  return DeviceCa(tenant, std::move(key), std::move(certificate));
}

Certificate DeviceCa::issue(const PublicKey& key, const Guid& device, const Validity& validity) const {
  const Validity within{validity.not_before, std::min(validity.not_after, certificate_.not_after())};
  const OwnedCertificate certificate = begin(device.text(), key.openssl(), within);
  X509 *const raw = certificate.get(), *const issuer = certificate_.openssl();
  must(X509_set_issuer_name(raw, X509_get_subject_name(issuer)));
  add_extension(raw, issuer, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(raw, issuer, NID_key_usage, "critical,digitalSignature");
  add_extension(raw, issuer, NID_ext_key_usage, "clientAuth");
  add_extension(raw, issuer, NID_subject_key_identifier, "hash");
  add_extension(raw, issuer, NID_authority_key_identifier, "keyid:always");
  add_guid(raw, device_id_oid, device);
  add_guid(raw, tenant_id_oid, tenant_);
  return finish(certificate, key_);
}

Result<Guid> DeviceCa::verify(const Certificate& certificate, std::int64_t now) const {
  X509* const raw = certificate.openssl();
  if (X509_NAME_cmp(X509_get_issuer_name(raw), X509_get_subject_name(certificate_.openssl())) != 0 ||
      !is_signed_by(certificate, certificate_.key()))
    return tl::unexpected(Error{Fault::bad_integrity});
  if (now < certificate.not_before() || now > certificate.not_after())
    return tl::unexpected(Error{Fault::bad_time});
  const auto device = guid_in(raw, device_id_oid);
  if (!device || certificate.common_name() != device->text() || guid_in(raw, tenant_id_oid) != tenant_ ||
      X509_check_ca(raw) != 0)
    return tl::unexpected(Error{Fault::wrong_value});
  return *device;
}

std::optional<Guid> DeviceCa::tenant_of(const Certificate& certificate) {
  return guid_in(certificate.openssl(), tenant_id_oid);
}

}  // namespace ferryman::pki
