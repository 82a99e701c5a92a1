#include "pki/device_ca.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <optional>
#include <span>

#include "base/text.h"
#include "pki/library.h"
#include "pki/owned.h"

namespace ferryman::pki {
namespace {

using OwnedObject = Owned<ASN1_OBJECT, ASN1_OBJECT_free>;

constexpr std::size_t ca_bits = 3072;
constexpr const char* device_id_oid = "1.2.840.113556.1.5.284.2";
constexpr const char* tenant_id_oid = "1.2.840.113556.1.5.284.5";

std::string ca_name(const Guid& tenant) {
  return "Ferryman device authority " + tenant.text();
}

OwnedObject object_of(const char* oid) {
  return OwnedObject(must(OBJ_txt2obj(oid, 1)));
}

void add_guid(CertificateBuilder& builder, const char* oid, const Guid& guid) {
  const auto packet = guid.packet();
  Octets der{V_ASN1_OCTET_STRING, Guid::size};
  der.insert(der.end(), packet.begin(), packet.end());
  builder.add(oid, der);
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

bool is_signed_by(const Certificate& certificate, const PublicKey& key) {
  const bool is = X509_verify(certificate.openssl(), key.openssl()) == 1;
  ERR_clear_error();
  return is;
}

}  // namespace

DeviceCa DeviceCa::make(const Guid& tenant, const Validity& validity) {
  const PrivateKey key = PrivateKey::generate_rsa(ca_bits);
  CertificateBuilder builder(ca_name(tenant), key.openssl(), validity, nullptr);
  builder.add(NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  builder.add(NID_key_usage, "critical,keyCertSign");
  builder.add(NID_subject_key_identifier, "hash");
  add_guid(builder, tenant_id_oid, tenant);
  return {tenant, key, builder.sign(key)};
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
  CertificateBuilder builder(device.text(), key.openssl(), within, certificate_.openssl());
  builder.add(NID_basic_constraints, "critical,CA:FALSE");
  builder.add(NID_key_usage, "critical,digitalSignature");
  builder.add(NID_ext_key_usage, "clientAuth");
  builder.add(NID_subject_key_identifier, "hash");
  builder.add(NID_authority_key_identifier, "keyid:always");
  add_guid(builder, device_id_oid, device);
  add_guid(builder, tenant_id_oid, tenant_);
  return builder.sign(key_);
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
