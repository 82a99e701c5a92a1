#pragma once

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "pki/owned.h"
#include "pki/subject.h"
#include "pkinit/encoding.h"
#include "pkinit/logon_certificate.h"
#include "pkinit/oids.h"
#include "pkinit/openssl.h"
#include "pkinit/signed_data.h"

// Certificates, CRLs and messages of which a test can choose everything.
namespace ferryman::pkinit {

using pki::must;
using pki::OwnedCertificate;
using pki::OwnedKey;

inline constexpr std::int64_t now = 1'800'000'000, day = 86400;

// One of each for all tests: making them takes long.
inline const pki::PrivateKey& rsa_key() {
  static const pki::PrivateKey kept = pki::PrivateKey::generate_rsa();
  return kept;
}
inline const pki::PrivateKey& ec_key() {
  static const pki::PrivateKey kept = pki::PrivateKey::generate_p256();
  return kept;
}

struct TestExtension {
  std::string oid;  // as text
  Octets value;
  bool critical = false;
};

struct TestCertificate {
  std::string subject = "user";
  EVP_PKEY* key = ec_key().openssl();
  X509* issuer = nullptr;  // null: itself
  EVP_PKEY* issuer_key = nullptr;
  // As of a configuration of OpenSSL, and as they are.
  std::vector<std::pair<int, std::string>> usages{{NID_key_usage, "critical,digitalSignature"},
                                                  {NID_ext_key_usage, "pkInitClientAuth"}};
  std::vector<TestExtension> extensions{};
  std::int64_t not_before = now - day, not_after = now + day;
  const EVP_MD* digest = EVP_sha256();
  std::int64_t serial = 1;

  OwnedCertificate make() const {
    OwnedCertificate made(must(X509_new()));
    X509* const raw = made.get();
    must(X509_set_version(raw, X509_VERSION_3));
    must(ASN1_INTEGER_set_int64(X509_get_serialNumber(raw), serial));
    must(X509_set_subject_name(raw, pki::name_of(subject).get()));
    must(X509_set_issuer_name(raw, X509_get_subject_name(issuer != nullptr ? issuer : raw)));
    must(X509_set_pubkey(raw, key));
    must(ASN1_TIME_set(X509_getm_notBefore(raw), not_before));
    must(ASN1_TIME_set(X509_getm_notAfter(raw), not_after));
    X509V3_CTX context{};
    X509V3_set_ctx(&context, issuer != nullptr ? issuer : raw, raw, nullptr, nullptr, 0);
    for (const auto& [nid, value] : usages) {
      const Owned<X509_EXTENSION, X509_EXTENSION_free> extension(
          must(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str())));
      must(X509_add_ext(raw, extension.get(), -1));
    }
    for (const TestExtension& each : extensions) add(raw, each);
    if (X509_sign(raw, issuer_key != nullptr ? issuer_key : key, digest) <= 0) pki::fail_in_library();
    // As it comes from elsewhere: what OpenSSL keeps of one that it makes is not all that it says.
    const Octets der = der_of<i2d_X509>(raw);
    const unsigned char* next = der.data();
    return OwnedCertificate(must(d2i_X509(nullptr, &next, static_cast<long>(der.size()))));
  }

 private:
  static void add(X509* certificate, const TestExtension& extension) {
    const OwnedObject type(must(OBJ_txt2obj(extension.oid.c_str(), 1)));
    const Owned<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free> value(must(ASN1_OCTET_STRING_new()));
    must(
        ASN1_OCTET_STRING_set(value.get(), extension.value.data(), static_cast<int>(extension.value.size())));
    const Owned<X509_EXTENSION, X509_EXTENSION_free> made(
        must(X509_EXTENSION_create_by_OBJ(nullptr, type.get(), extension.critical ? 1 : 0, value.get())));
    must(X509_add_ext(certificate, made.get(), -1));
  }
};

inline OwnedCertificate copy_of(X509* certificate) {
  must(X509_up_ref(certificate));
  return OwnedCertificate(certificate);
}

// An authority's.
inline TestCertificate authority_of(const std::string& name, EVP_PKEY* key) {
  TestCertificate plan;
  plan.subject = name;
  plan.key = key;
  plan.usages = {{NID_basic_constraints, "critical,CA:TRUE"},
                 {NID_key_usage, "critical,keyCertSign,cRLSign"}};
  return plan;
}

// [0] of a GeneralName: an otherName with a value in DER.
inline Octets other_name(Bytes type, Bytes value) {
  return encoded([=](der::Writer& writer) {
    writer.bytes(value);
    writer.close(der::context(0), 0);
    writer.primitive(der::object_identifier, type);
    writer.close(der::context(0), 0);
  });
}

inline Octets element(der::Tag tag, Bytes content) {
  return encoded([=](der::Writer& writer) { writer.primitive(tag, content); });
}

inline Octets joined(std::initializer_list<Octets> parts) {
  Octets whole;
  for (const Octets& part : parts) whole.insert(whole.end(), part.begin(), part.end());
  return whole;
}

inline TestExtension names_of(std::initializer_list<Octets> names) {
  return {"2.5.29.17", element(der::sequence, joined(names))};
}

inline Octets upn_name(std::string_view upn) {
  return other_name(oids::upn, element(der::utf8_string, as_bytes(upn)));
}

inline TestExtension sid_of(std::string_view text) {
  const Octets name = other_name(oids::sid, element(der::octet_string, as_bytes(text)));
  return {"1.3.6.1.4.1.311.25.2", element(der::sequence, name)};
}

inline LogonCertificate logon(const TestCertificate& plan) {
  return LogonCertificate::of(plan.make().get()).value();
}

template <auto write, typename T>
Octets pem_of(T* object) {
  const OwnedBio out(must(BIO_new(BIO_s_mem())));
  must(write(out.get(), object));
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  const Bytes octets = as_bytes({text, static_cast<std::size_t>(size)});
  return {octets.begin(), octets.end()};
}

// A message as a client might make it.
struct TestMessage {
  const char* type = content_type::auth_data;
  const EVP_MD* digest = EVP_sha256();
  unsigned flags = 0;  // of CMS_add1_signer()
  bool is_pss = false;
  std::vector<X509*> others{};

  Octets of(EVP_PKEY* key, X509* certificate, Bytes content) const {
    const OwnedMessage message = begin();
    add_signer(message, key, certificate);
    return finish(message, content);
  }
  OwnedMessage begin() const {
    OwnedMessage message(must(CMS_sign(nullptr, nullptr, nullptr, nullptr, CMS_PARTIAL | CMS_BINARY)));
    must(CMS_set1_eContentType(message.get(), OwnedObject(must(OBJ_txt2obj(type, 1))).get()));
    return message;
  }
  void add_signer(const OwnedMessage& message, EVP_PKEY* key, X509* certificate) const {
    CMS_SignerInfo* const signer =
        must(CMS_add1_signer(message.get(), certificate, key, digest,
                             CMS_BINARY | CMS_NOSMIMECAP | flags | (is_pss ? CMS_KEY_PARAM : 0)));
    if (is_pss)
      must(EVP_PKEY_CTX_set_rsa_padding(CMS_SignerInfo_get0_pkey_ctx(signer), RSA_PKCS1_PSS_PADDING));
  }
  Octets finish(const OwnedMessage& message, Bytes content) const {
    for (X509* other : others) must(CMS_add1_cert(message.get(), other));
    const OwnedBio data(must(BIO_new_mem_buf(as_text(content).data(), static_cast<int>(content.size()))));
    must(CMS_final(message.get(), data.get(), nullptr, CMS_BINARY));
    return der_of<i2d_CMS_ContentInfo>(message.get());
  }
};

// Without a signer (RFC 8062 4.1), as MIT's client writes it.
inline Octets unsigned_message(Bytes content) {
  const OwnedMessage message(must(CMS_ContentInfo_new()));
  const OwnedObject type(must(OBJ_txt2obj(content_type::auth_data, 1)));
  must(CMS_SignedData_init(message.get()));
  must(CMS_set1_eContentType(message.get(), type.get()));
  must(CMS_set_detached(message.get(), 0));
  must(ASN1_OCTET_STRING_set(*CMS_get0_content(message.get()), content.data(),
                             static_cast<int>(content.size())));
  return der_of<i2d_CMS_ContentInfo>(message.get());
}

// What OpenSSL's own function says of a message; its content where it is good.
inline std::optional<Octets> verified_by_library(Bytes cms) {
  const unsigned char* next = cms.data();
  const OwnedMessage message(d2i_CMS_ContentInfo(nullptr, &next, static_cast<long>(cms.size())));
  const OwnedBio out(must(BIO_new(BIO_s_mem())));
  const bool is_good = message && CMS_verify(message.get(), nullptr, nullptr, nullptr, out.get(),
                                             CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY) == 1;
  ERR_clear_error();
  if (!is_good) return std::nullopt;
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  const Bytes octets = as_bytes({text, static_cast<std::size_t>(size)});
  return Octets(octets.begin(), octets.end());
}

}  // namespace ferryman::pkinit
