#include "webauthn/attestation.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "pki/library.h"
#include "pki/owned.h"
#include "pki/public_key.h"
#include "webauthn/cbor_reader.h"

namespace ferryman::webauthn {
namespace {

using Statement = AttestationObject::Statement;

constexpr std::size_t max_members = 8, max_certificate = 8192;
constexpr char aaguid_oid[] = "1.3.6.1.4.1.45724.1.1.4";  // id-fido-gen-ce-aaguid
constexpr char packed_unit[] = "Authenticator Attestation";

bool read_certificates(CborReader& reader, std::vector<Bytes>& certificates) {
  const auto count = reader.array();
  if (!count || *count == 0 || *count > AttestationObject::max_certificates || !certificates.empty())
    return false;
  for (std::size_t i = 0; i < *count; ++i) {
    const auto each = reader.octets();
    if (!each || each->size() > max_certificate) return false;
    certificates.push_back(*each);
  }
  return true;
}

bool read_statement(CborReader& reader, Statement& statement) {
  const auto size = reader.map();
  if (!size || *size > max_members) return false;
  for (std::size_t i = 0; i < *size; ++i) {
    const auto name = reader.text();
    if (!name) return false;
    bool good = true;
    if (*name == "alg" && !statement.algorithm) {
      good = (statement.algorithm = reader.integer()).has_value();
    } else if (*name == "sig" && !statement.signature) {
      good = (statement.signature = reader.octets()).has_value();
    } else if (*name == "x5c") {
      good = read_certificates(reader, statement.certificates);
    } else {
      statement.has_others = true;
      good = reader.item().has_value();
    }
    if (!good) return false;
  }
  return true;
}

// A chain as the statement has it; empty where one of it is no certificate.
std::vector<pki::OwnedCertificate> certificates_of(const Statement& statement) {
  std::vector<pki::OwnedCertificate> all;
  for (const Bytes der : statement.certificates) {
    const std::uint8_t* at = der.data();
    pki::OwnedCertificate each(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
    if (!each || at != der.data() + der.size()) {
      ERR_clear_error();
      return {};
    }
    all.push_back(std::move(each));
  }
  return all;
}

bool leads_to_root(const std::vector<pki::OwnedCertificate>& certificates, const pki::AttestationRoots& roots,
                   std::int64_t now) {
  std::vector<X509*> views;
  views.reserve(certificates.size());
  for (const auto& each : certificates) views.push_back(each.get());
  return roots.trust(views, now);
}

// Once, and of that many characters or more.
bool has_name(const X509_NAME* subject, int nid, std::string_view value = {}) {
  const int at = X509_NAME_get_index_by_NID(subject, nid, -1);
  if (at < 0 || X509_NAME_get_index_by_NID(subject, nid, at) >= 0) return false;
  const ASN1_STRING* text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
  const Bytes octets(ASN1_STRING_get0_data(text), static_cast<std::size_t>(ASN1_STRING_length(text)));
  return !octets.empty() && (value.empty() || as_text(octets) == value);
}

// Where the certificate tells it at all.
bool has_aaguid(const X509* certificate, const Guid& aaguid) {
  const Owned<ASN1_OBJECT, ASN1_OBJECT_free> oid(pki::must(OBJ_txt2obj(aaguid_oid, 1)));
  const int at = X509_get_ext_by_OBJ(certificate, oid.get(), -1);
  if (at < 0) return true;
  X509_EXTENSION* extension = X509_get_ext(certificate, at);
  const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(extension);
  const Bytes der(ASN1_STRING_get0_data(value), static_cast<std::size_t>(ASN1_STRING_length(value)));
  return X509_EXTENSION_get_critical(extension) == 0 && der.size() == Guid::size + 2 &&
         der[0] == V_ASN1_OCTET_STRING && der[1] == Guid::size &&
         std::ranges::equal(der.last(Guid::size), aaguid.octets);
}

// WebAuthn Level 2, 8.2.1.
bool is_packed_certificate(X509* certificate, const Guid& aaguid) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  return X509_get_version(certificate) == X509_VERSION_3 && has_name(subject, NID_countryName) &&
         has_name(subject, NID_organizationName) &&
         has_name(subject, NID_organizationalUnitName, packed_unit) && has_name(subject, NID_commonName) &&
         X509_check_ca(certificate) == 0 && has_aaguid(certificate, aaguid);
}

Octets joined(std::initializer_list<Bytes> parts) {
  Octets all;
  for (const Bytes part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

// Where a statement is of the maker's key: that key signed, and its certificate is of a root.
Outcome<Attested> by_maker(const std::vector<pki::OwnedCertificate>& certificates, Algorithm algorithm,
                           Bytes message, Bytes signature, const pki::AttestationRoots* roots,
                           std::int64_t now) {
  EVP_PKEY* key = X509_get0_pubkey(certificates.front().get());
  if (key == nullptr) {
    ERR_clear_error();
    return fail(Fault::attestation);
  }
  if (!verify(key, algorithm, message, signature)) return fail(Fault::signature);
  if (roots != nullptr && !leads_to_root(certificates, *roots, now)) return fail(Fault::attestation_root);
  return Attested::by_maker;
}

Outcome<Attested> verify_packed(const AttestationObject& object, const AuthenticatorData& data,
                                const CoseKey& key, Bytes client_data_hash,
                                const pki::AttestationRoots* roots, std::int64_t now) {
  const Statement& statement = object.statement;
  if (!statement.algorithm || !statement.signature || statement.has_others) return fail(Fault::attestation);
  const auto algorithm = algorithm_of(*statement.algorithm);
  if (!algorithm) return fail(algorithm.error());
  const Octets message = joined({object.authenticator_data, client_data_hash});
  if (statement.certificates.empty()) {
    if (*algorithm != key.algorithm()) return fail(Fault::algorithm);
    if (!key.verify(message, *statement.signature)) return fail(Fault::signature);
    return Attested::by_itself;
  }
  const auto certificates = certificates_of(statement);
  if (certificates.empty() || !is_packed_certificate(certificates.front().get(), data.credential->aaguid))
    return fail(Fault::attestation);
  return by_maker(certificates, *algorithm, message, *statement.signature, roots, now);
}

// The point as U2F has it: 4, x and y.
Octets u2f_point(const CoseKey& key) {
  unsigned char* encoded = nullptr;
  const std::size_t size = EVP_PKEY_get1_encoded_public_key(key.openssl(), &encoded);
  Octets point(encoded, encoded + size);
  OPENSSL_free(encoded);
  return point;
}

Outcome<Attested> verify_u2f(const AttestationObject& object, const AuthenticatorData& data,
                             const CoseKey& key, Bytes client_data_hash, const pki::AttestationRoots* roots,
                             std::int64_t now) {
  const Statement& statement = object.statement;
  if (statement.algorithm || !statement.signature || statement.certificates.size() != 1 ||
      statement.has_others || key.algorithm() != Algorithm::es256)
    return fail(Fault::attestation);
  const auto certificates = certificates_of(statement);
  if (certificates.empty()) return fail(Fault::attestation);
  const EVP_PKEY* signer = X509_get0_pubkey(certificates.front().get());
  if (const auto is_p256 = pki::PublicKey::of(const_cast<EVP_PKEY*>(signer));
      signer == nullptr || !is_p256 || is_p256->type() != pki::KeyType::p256)
    return fail(Fault::attestation);
  const std::uint8_t reserved = 0;
  const Octets message =
      joined({{&reserved, 1}, data.rp_id_hash, client_data_hash, data.credential->id, u2f_point(key)});
  return by_maker(certificates, Algorithm::es256, message, *statement.signature, roots, now);
}

}  // namespace

Outcome<AttestationObject> AttestationObject::parse(Bytes cbor) {
  CborReader reader(cbor);
  const auto size = reader.map();
  if (!size || *size > max_members) return fail(Fault::malformed);
  AttestationObject object;
  bool has_statement = false;
  for (std::size_t i = 0; i < *size; ++i) {
    const auto name = reader.text();
    bool good = name.has_value();
    if (good && *name == "fmt" && object.format.empty()) {
      const auto format = reader.text();
      good = format && !format->empty();
      if (good) object.format = *format;
    } else if (good && *name == "attStmt" && !has_statement) {
      good = has_statement = read_statement(reader, object.statement);
    } else if (good && *name == "authData" && object.authenticator_data.empty()) {
      const auto data = reader.octets();
      good = data && !data->empty();
      if (good) object.authenticator_data = *data;
    } else {
      good = good && *name != "fmt" && *name != "attStmt" && *name != "authData" && reader.item();
    }
    if (!good) return fail(Fault::malformed);
  }
  if (!reader.rest().empty() || object.format.empty() || !has_statement || object.authenticator_data.empty())
    return fail(Fault::malformed);
  return object;
}

Outcome<Attested> verify_statement(const AttestationObject& object, const AuthenticatorData& data,
                                   const CoseKey& key, Bytes client_data_hash,
                                   const pki::AttestationRoots* roots, std::int64_t now) {
  const Statement& statement = object.statement;
  if (object.format == "packed") return verify_packed(object, data, key, client_data_hash, roots, now);
  if (object.format == "fido-u2f") return verify_u2f(object, data, key, client_data_hash, roots, now);
  if (object.format != "none") return fail(Fault::attestation_format);
  if (statement.algorithm || statement.signature || !statement.certificates.empty() || statement.has_others)
    return fail(Fault::attestation);
  return Attested::by_nobody;
}

}  // namespace ferryman::webauthn
