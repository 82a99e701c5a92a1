#include "pkinit/e_data.h"

#include <algorithm>

#include "kerberos/error_data.h"
#include "pkinit/encoding.h"
#include "pkinit/group.h"
#include "pkinit/oids.h"
#include "pkinit/openssl.h"

namespace ferryman::pkinit {
namespace {

namespace typed_data = kerberos::typed_data;

Octets typed_datum(std::int32_t type, Bytes value) {
  kerberos::Made<kerberos::TypedData> made;
  made.add({type, value});
  return kerberos::encode(made.list());
}

// IMPLICIT OCTET STRING.
constexpr der::Tag implicit(unsigned number) {
  return static_cast<der::Tag>(0x80 | number);
}

Octets issuer_and_serial(const X509* certificate) {
  const Octets issuer = der_of<i2d_X509_NAME>(X509_get_issuer_name(certificate));
  const Octets serial = der_of<i2d_ASN1_INTEGER>(X509_get0_serialNumber(certificate));
  return encoded([&](der::Writer& writer) {
    writer.bytes(serial);
    writer.bytes(issuer);
    writer.close(der::sequence, 0);
  });
}

// ExternalPrincipalIdentifier (RFC 4556 3.2.1).
void write_identifier(der::Writer& writer, X509* certificate) {
  const std::size_t mark = writer.size();
  if (const ASN1_OCTET_STRING* id = X509_get0_subject_key_id(certificate))
    writer.primitive(implicit(2), view(id));
  writer.primitive(implicit(1), issuer_and_serial(certificate));
  writer.primitive(implicit(0), der_of<i2d_X509_NAME>(X509_get_subject_name(certificate)));
  writer.close(der::sequence, mark);
}

Octets identifiers(std::span<X509* const> certificates) {
  return encoded([=](der::Writer& writer) {
    for (std::size_t i = certificates.size(); i-- > 0;) write_identifier(writer, certificates[i]);
    writer.close(der::sequence, 0);
  });
}

// The content of a SEQUENCE OF AlgorithmIdentifier, without parameters (RFC 5754 2).
void write_digests(der::Writer& writer) {
  for (const Bytes digest : {Bytes(oids::sha512), Bytes(oids::sha384), Bytes(oids::sha256)}) {
    const std::size_t mark = writer.size();
    writer.primitive(der::object_identifier, digest);
    writer.close(der::sequence, mark);
  }
  writer.close(der::sequence, 0);
}

}  // namespace

const Octets& accepted_groups() {
  static const Octets kept =
      typed_datum(typed_data::dh_parameters, encoded([](der::Writer& writer) {
                    for (auto group = groups().rbegin(); group != groups().rend(); ++group)
                      writer.bytes(group->algorithm);
                    writer.close(der::sequence, 0);
                  }));
  return kept;
}

Octets trusted_certifiers(std::span<X509* const> certificates) {
  return typed_datum(typed_data::trusted_certifiers,
                     identifiers(certificates.first(std::min(certificates.size(), max_certifiers))));
}

Octets invalid_certificate(X509* certificate) {
  return typed_datum(typed_data::invalid_certificates, identifiers({&certificate, 1}));
}

const Octets& accepted_signed_data_digests() {
  static const Octets kept = typed_datum(typed_data::cms_digest_algorithms, encoded(write_digests));
  return kept;
}

const Octets& accepted_certificate_digests() {
  static const Octets kept = typed_datum(typed_data::cert_digest_algorithms, encoded([](der::Writer& writer) {
                                           write_digests(writer);
                                           writer.close(der::context(0), 0);
                                           writer.close(der::sequence, 0);
                                         }));
  return kept;
}

}  // namespace ferryman::pkinit
