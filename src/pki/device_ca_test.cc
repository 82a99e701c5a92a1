#include "pki/device_ca.h"

#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include "pki/certificate_request.h"
#include "pki/library.h"
#include "pki/owned.h"
#include "pki/subject.h"

namespace ferryman::pki {
namespace {

constexpr std::int64_t now = 1'800'000'000, day = 86400;
constexpr Validity ten_years{now, now + 3650 * day};
const Guid tenant = *guid_of_text("6f9619ff-8b86-4011-b42d-00c04fc964ff"),
           device = *guid_of_text("00112233-4455-6677-8899-aabbccddeeff");

const PrivateKey& device_key() {
  static const PrivateKey kept = PrivateKey::generate_rsa();
  return kept;
}

const DeviceCa& authority() {
  static const DeviceCa kept = DeviceCa::make(tenant, ten_years);
  return kept;
}

Certificate issued() {
  return authority().issue(device_key().public_key(), device, {now, now + day});
}

// The certificate after a change, signed by the authority again.
template <typename Change>
Certificate changed(Change change) {
  const OwnedCertificate copy(must(X509_dup(issued().openssl())));
  change(copy.get());
  EXPECT_GT(X509_sign(copy.get(), authority().key().openssl(), EVP_sha256()), 0);
  return *Certificate::of(copy.get());
}

std::string extension_text(const Certificate& certificate, int nid) {
  const int at = X509_get_ext_by_NID(certificate.openssl(), nid, -1);
  if (at < 0) return {};
  const Owned<BIO, BIO_free> out(must(BIO_new(BIO_s_mem())));
  must(X509V3_EXT_print(out.get(), X509_get_ext(certificate.openssl(), at), 0, 0));
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

TEST(DeviceCa, ACertificateSaysWhichDeviceItIsOf) {
  const Certificate certificate = issued();
  EXPECT_EQ(certificate.common_name(), device.text());
  EXPECT_TRUE(certificate.key() == device_key().public_key());
  EXPECT_EQ(certificate.not_before(), now);
  EXPECT_EQ(certificate.not_after(), now + day);
  EXPECT_EQ(extension_text(certificate, NID_basic_constraints), "CA:FALSE");
  EXPECT_EQ(extension_text(certificate, NID_key_usage), "Digital Signature");
  EXPECT_EQ(extension_text(certificate, NID_ext_key_usage), "TLS Web Client Authentication");
  EXPECT_EQ(authority().verify(certificate, now), device);
}

TEST(DeviceCa, ACertificateIsReadAsItWasWritten) {
  const Certificate certificate = issued();
  const auto read = Certificate::parse(certificate.der());
  ASSERT_TRUE(read);
  EXPECT_TRUE(*read == certificate);
  EXPECT_EQ(read->thumbprint(), certificate.thumbprint());
  EXPECT_EQ(read->thumbprint().size(), 40U);
  EXPECT_FALSE(*read == issued()) << "each has a serial number of its own";
}

TEST(DeviceCa, ADeviceMayHaveAKeyOnP256) {
  const PublicKey key = PrivateKey::generate_p256().public_key();
  EXPECT_EQ(authority().verify(authority().issue(key, device, {now, now + day}), now), device);
}

TEST(DeviceCa, ACertificateIsValidForItsTime) {
  const Certificate certificate = issued();
  EXPECT_EQ(authority().verify(certificate, now - 1).error().fault, Fault::bad_time);
  EXPECT_EQ(authority().verify(certificate, now + day), device);
  EXPECT_EQ(authority().verify(certificate, now + day + 1).error().fault, Fault::bad_time);
}

TEST(DeviceCa, NoCertificateOutlivesIt) {
  const Certificate certificate =
      authority().issue(device_key().public_key(), device, {now, ten_years.not_after + day});
  EXPECT_EQ(certificate.not_after(), ten_years.not_after);
}

TEST(DeviceCa, OthersCertificatesAreNone) {
  const DeviceCa namesake = DeviceCa::make(tenant, ten_years);  // of the same name, with another key
  const DeviceCa other = DeviceCa::make(*guid_of_text("11111111-8b86-4011-b42d-00c04fc964ff"), ten_years);
  for (const DeviceCa* foreign : {&namesake, &other}) {
    const Certificate certificate = foreign->issue(device_key().public_key(), device, {now, now + day});
    EXPECT_EQ(authority().verify(certificate, now).error().fault, Fault::bad_integrity);
  }
  EXPECT_EQ(authority().verify(authority().certificate(), now).error().fault, Fault::wrong_value)
      << "it is no device itself";
}

TEST(DeviceCa, OfAnotherTenantWithTheSameKeyItIsAnotherToo) {
  const Guid other = *guid_of_text("11111111-8b86-4011-b42d-00c04fc964ff");
  EXPECT_EQ(DeviceCa::load(other, authority().key(), authority().certificate()).error().fault,
            Fault::wrong_value);
}

TEST(DeviceCa, AnyChangedOctetIsNoticed) {
  const Octets der = issued().der();
  for (std::size_t at = 0; at < der.size(); ++at) {
    Octets bent = der;
    bent[at] ^= 0x10;
    const auto certificate = Certificate::parse(bent);
    if (!certificate) continue;
    EXPECT_FALSE(authority().verify(*certificate, now)) << at;
  }
}

TEST(DeviceCa, WhatItSignedMustBeADevicesAllTheSame) {
  const auto without_extension = [](const char* oid) {
    return [oid](X509* certificate) {
      const Owned<ASN1_OBJECT, ASN1_OBJECT_free> object(must(OBJ_txt2obj(oid, 1)));
      const int at = X509_get_ext_by_OBJ(certificate, object.get(), -1);
      X509_EXTENSION_free(X509_delete_ext(certificate, at));
    };
  };
  const auto renamed = [](X509* certificate) {
    must(X509_set_subject_name(certificate, name_of("11111111-4455-6677-8899-aabbccddeeff").get()));
  };
  for (const Certificate& certificate :
       {changed(without_extension("1.2.840.113556.1.5.284.2")),
        changed(without_extension("1.2.840.113556.1.5.284.5")), changed(renamed)}) {
    EXPECT_EQ(authority().verify(certificate, now).error().fault, Fault::wrong_value);
  }
}

TEST(DeviceCa, IsLoadedAsItWasMade) {
  const Secret key = authority().key().pkcs8();
  const auto read_key = PrivateKey::of_pkcs8(key.bytes());
  const auto read_certificate = Certificate::parse(authority().certificate().der());
  ASSERT_TRUE(read_key && read_certificate);
  const auto loaded = DeviceCa::load(tenant, *read_key, *read_certificate);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->verify(issued(), now), device);
  EXPECT_EQ(DeviceCa::load(tenant, device_key(), *read_certificate).error().fault, Fault::wrong_value);
  EXPECT_EQ(DeviceCa::load(tenant, device_key(), issued()).error().fault, Fault::wrong_value);
}

TEST(Certificate, IsBounded) {
  Octets der = issued().der();
  der.push_back(0);
  EXPECT_EQ(Certificate::parse(der).error().fault, Fault::trailing_bytes);
  EXPECT_EQ(Certificate::parse(Octets(Certificate::max_size + 1)).error().fault, Fault::length_too_large);
  for (std::size_t size = 0; size + 1 < der.size(); ++size)
    EXPECT_EQ(Certificate::parse(Bytes(der).first(size)).error().fault, Fault::wrong_value);
}

TEST(CertificateRequest, IsForTheKeyThatSignedIt) {
  for (const PrivateKey& key : {device_key(), PrivateKey::generate_p256()}) {
    const Octets der = make_certificate_request(key, "7E980AD9-B86D-4306-9425-9AC066FB014A");
    const auto requested = parse_certificate_request(der);
    ASSERT_TRUE(requested);
    EXPECT_TRUE(*requested == key.public_key());
  }
}

TEST(CertificateRequest, NoChangeMakesItOneForAnotherKey) {
  const Octets der = make_certificate_request(device_key(), "x");
  std::size_t refused = 0;
  for (std::size_t at = 0; at < der.size(); ++at) {
    Octets bent = der;
    bent[at] ^= 0x10;
    const auto requested = parse_certificate_request(bent);
    if (!requested) {
      ++refused;
    } else {
      EXPECT_TRUE(*requested == device_key().public_key()) << at;
    }
  }
  EXPECT_GT(refused, der.size() - 4) << "the parameters of the algorithm are not signed, and say nothing";
}

TEST(CertificateRequest, IsBounded) {
  Octets der = make_certificate_request(device_key(), "x");
  for (std::size_t size = 0; size < der.size(); ++size)
    EXPECT_EQ(parse_certificate_request(Bytes(der).first(size)).error().fault, Fault::wrong_value);
  der.push_back(0);
  EXPECT_EQ(parse_certificate_request(der).error().fault, Fault::trailing_bytes);
  EXPECT_EQ(parse_certificate_request(Octets(max_certificate_request + 1)).error().fault,
            Fault::length_too_large);
}

TEST(CertificateRequest, WeakOnesAreRefused) {
  const auto request = [](const char* type, auto parameter, const EVP_MD* digest) {
    const OwnedKey key(must(EVP_PKEY_Q_keygen(nullptr, nullptr, type, parameter)));
    const Owned<X509_REQ, X509_REQ_free> made(must(X509_REQ_new()));
    must(X509_REQ_set_pubkey(made.get(), key.get()));
    EXPECT_GT(X509_REQ_sign(made.get(), key.get(), digest), 0);
    unsigned char* der = nullptr;
    const int size = i2d_X509_REQ(made.get(), &der);
    Octets octets(der, der + size);
    OPENSSL_free(der);
    return octets;
  };
  EXPECT_TRUE(parse_certificate_request(request("RSA", std::size_t{2048}, EVP_sha256())));
  EXPECT_EQ(parse_certificate_request(request("RSA", std::size_t{1024}, EVP_sha256())).error().fault,
            Fault::unsupported);
  EXPECT_EQ(parse_certificate_request(request("RSA", std::size_t{2048}, EVP_sha1())).error().fault,
            Fault::unsupported);
  EXPECT_EQ(parse_certificate_request(request("EC", "P-384", EVP_sha256())).error().fault,
            Fault::unsupported);
}

}  // namespace
}  // namespace ferryman::pki
