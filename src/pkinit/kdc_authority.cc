#include "pkinit/kdc_authority.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

#include "der/writer.h"
#include "kerberos/codec.h"
#include "kerberos/numbers.h"
#include "kerberos/pkinit.h"
#include "kerberos/principal_name.h"
#include "pkinit/oids.h"

namespace ferryman::pkinit {
namespace {

constexpr std::size_t authority_bits = 3072;
constexpr const char* subject_alt_name = "2.5.29.17";
constexpr const char* kdc_usage = "1.3.6.1.5.2.3.5";  // id-pkinit-KPKdc

// GeneralNames of one otherName: krbtgt/REALM.
struct KrbtgtName {
  std::string_view realm;
};

void write(der::Writer& writer, const KrbtgtName& name) {
  const kerberos::Name krbtgt(kerberos::name_type::srv_inst, {"krbtgt", name.realm});
  const std::size_t mark = writer.size();
  kerberos::write(writer, kerberos::Krb5PrincipalName{name.realm, krbtgt.view()});
  writer.close(der::context(0), mark);
  writer.primitive(der::object_identifier, oids::pkinit_san);
  writer.close(der::context(0), mark);  // IMPLICIT: OtherName
  writer.close(der::sequence, mark);
}

}  // namespace

KdcAuthority KdcAuthority::make(std::string_view realm, const pki::Validity& validity) {
  auto key = pki::PrivateKey::generate_rsa(authority_bits);
  const std::string name = "Kerberos authority of " + std::string(realm);
  pki::CertificateBuilder builder(name.substr(0, ub_common_name), key.openssl(), validity, nullptr);
  builder.add(NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  builder.add(NID_key_usage, "critical,keyCertSign");
  builder.add(NID_subject_key_identifier, "hash");
  auto certificate = builder.sign(key);
  return {std::move(key), std::move(certificate)};
}

Result<KdcAuthority> KdcAuthority::load(pki::PrivateKey key, pki::Certificate certificate) {
  if (!(certificate.key() == key.public_key()) || X509_check_ca(certificate.openssl()) != 1)
    return tl::unexpected(Error{Fault::wrong_value});
  return KdcAuthority(std::move(key), std::move(certificate));
}

KdcIdentity KdcAuthority::issue(std::string_view realm, const pki::Validity& validity) const {
  const pki::Validity within{validity.not_before, std::min(validity.not_after, certificate_.not_after())};
  auto key = pki::PrivateKey::generate_rsa();
  pki::CertificateBuilder builder("Kerberos KDC", key.openssl(), within, certificate_.openssl());
  builder.add(NID_basic_constraints, "critical,CA:FALSE");
  builder.add(NID_key_usage, "critical,digitalSignature");
  builder.add(NID_ext_key_usage, kdc_usage);
  builder.add(NID_subject_key_identifier, "hash");
  builder.add(NID_authority_key_identifier, "keyid:always");
  builder.add(subject_alt_name, kerberos::encode(KrbtgtName{realm}));
  auto certificate = builder.sign(key_);
  return {std::move(key), std::move(certificate)};
}

}  // namespace ferryman::pkinit
