#include "pkinit/anchors.h"

#include <gtest/gtest.h>

#include <thread>

#include "kerberos/codec.h"
#include "kerberos/error_data.h"
#include "pkinit/e_data.h"
#include "pkinit/test_certificates.h"

namespace ferryman::pkinit {
namespace {

namespace code = kerberos::error_code;
namespace typed = kerberos::typed_data;

// An authority with a key of its own.
struct Authority {
  pki::PrivateKey key = pki::PrivateKey::generate_p256();
  OwnedCertificate certificate;

  explicit Authority(const std::string& name, const Authority* issuer = nullptr,
                     std::vector<std::pair<int, std::string>> more = {}) {
    TestCertificate plan = authority_of(name, key.openssl());
    plan.usages.insert(plan.usages.end(), more.begin(), more.end());
    plan.serial = 100;
    if (issuer != nullptr) issuer->sign(plan);
    certificate = plan.make();
  }
  void sign(TestCertificate& plan) const {
    plan.issuer = certificate.get();
    plan.issuer_key = key.openssl();
  }
  LogonCertificate issue(TestCertificate plan = {}) const {
    sign(plan);
    return logon(plan);
  }
  Octets pem() const { return pem_of<PEM_write_bio_X509>(certificate.get()); }

  // With the serial numbers that it revoked.
  Octets crl(std::initializer_list<std::int64_t> revoked, std::int64_t until = now + day) const {
    const OwnedCrl crl(must(X509_CRL_new()));
    must(X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2));
    must(X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(certificate.get())));
    const Owned<ASN1_TIME, ASN1_TIME_free> from(must(ASN1_TIME_set(nullptr, now - 2 * day)));
    const Owned<ASN1_TIME, ASN1_TIME_free> to(must(ASN1_TIME_set(nullptr, until)));
    must(X509_CRL_set1_lastUpdate(crl.get(), from.get()));
    must(X509_CRL_set1_nextUpdate(crl.get(), to.get()));
    for (const std::int64_t serial : revoked) {
      X509_REVOKED* const entry = must(X509_REVOKED_new());
      const Owned<ASN1_INTEGER, ASN1_INTEGER_free> number(must(ASN1_INTEGER_new()));
      must(ASN1_INTEGER_set_int64(number.get(), serial));
      must(X509_REVOKED_set_serialNumber(entry, number.get()));
      must(X509_REVOKED_set_revocationDate(entry, from.get()));
      must(X509_CRL_add0_revoked(crl.get(), entry));
    }
    if (X509_CRL_sign(crl.get(), key.openssl(), EVP_sha256()) <= 0) pki::fail_in_library();
    return pem_of<PEM_write_bio_X509_CRL>(crl.get());
  }
};

const Authority& root() {
  static const Authority kept("root");
  return kept;
}
const Authority& middle() {
  static const Authority kept("middle", &root());
  return kept;
}

std::vector<OwnedCertificate> others(std::initializer_list<const Authority*> authorities) {
  std::vector<OwnedCertificate> all;
  for (const Authority* each : authorities) all.push_back(copy_of(each->certificate.get()));
  return all;
}

LogonAnchors anchors(const Octets& certificates, const Octets& crls = {}, bool demands_crl = false) {
  const auto lists = crls.empty() ? std::nullopt : std::optional<Bytes>(crls);
  return LogonAnchors::parse(certificates, lists, demands_crl).value();
}

std::int32_t code_of(const Judged<void>& judged) {
  return judged ? code::none : judged.error().code;
}

std::int32_t type_of_data(const Judged<void>& judged) {
  auto data = kerberos::parse<kerberos::TypedData>(judged.error().e_data);
  kerberos::TypedDatum datum;
  return data && data->next(datum) ? datum.type : 0;
}

TEST(LogonAnchors, BelieveWhatTheyIssued) {
  EXPECT_EQ(code_of(anchors(root().pem()).verify(root().issue(), {}, now)), code::none);
}

TEST(LogonAnchors, BelieveAChain) {
  const auto chain = others({&middle()});
  EXPECT_EQ(code_of(anchors(root().pem()).verify(middle().issue(), chain, now)), code::none);
  EXPECT_EQ(code_of(anchors(middle().pem()).verify(middle().issue(), {}, now)), code::none)
      << "one in the middle is as good as its root";
  EXPECT_EQ(code_of(anchors(joined({middle().pem(), root().pem()})).verify(middle().issue(), {}, now)),
            code::none);
}

TEST(LogonAnchors, NobodyElseIsBelieved) {
  const LogonAnchors ours = anchors(root().pem());
  const Authority foreign("foreign");
  const auto chain = others({&foreign});
  for (const auto& judged : {ours.verify(foreign.issue(), {}, now), ours.verify(foreign.issue(), chain, now),
                             ours.verify(logon({}), {}, now), ours.verify(middle().issue(), {}, now)}) {
    ASSERT_EQ(code_of(judged), code::cannot_verify_certificate);
    EXPECT_EQ(type_of_data(judged), typed::trusted_certifiers);
  }
}

TEST(LogonAnchors, ANamesakeIsNot) {
  const Authority namesake("root");
  const auto judged = anchors(root().pem()).verify(namesake.issue(), {}, now);
  EXPECT_EQ(code_of(judged), code::invalid_certificate);
  EXPECT_EQ(type_of_data(judged), typed::invalid_certificates);
}

TEST(LogonAnchors, AreNamedToWhomTheyDoNotBelieve) {
  const auto judged = anchors(root().pem()).verify(logon({}), {}, now);
  auto data = kerberos::parse<kerberos::TypedData>(judged.error().e_data);
  kerberos::TypedDatum datum;
  ASSERT_TRUE(data && data->next(datum));
  der::Status status;
  der::Reader reader(datum.value, status);
  der::Reader first = reader.enter(der::sequence).enter(der::sequence);
  const Octets name = der_of<i2d_X509_NAME>(X509_get_subject_name(root().certificate.get()));
  EXPECT_TRUE(std::ranges::equal(first.read(0x80), name));
  der::Status inner;
  der::Reader issuer_and_serial(first.read(0x81), inner);
  der::Reader fields = issuer_and_serial.enter(der::sequence);
  EXPECT_TRUE(std::ranges::equal(fields.read_element(), name));
  EXPECT_EQ(fields.read_int32(), 100);
  EXPECT_TRUE(status.ok() && inner.ok());
}

TEST(LogonAnchors, WhatIsNamedIsBounded) {
  Octets many;
  for (std::size_t i = 0; i < 3 * max_certifiers; ++i)
    many = joined({many, Authority(std::to_string(i)).pem()});
  const auto judged = anchors(many).verify(logon({}), {}, now);
  EXPECT_LT(judged.error().e_data.size(), 100 * max_certifiers);
}

TEST(LogonAnchors, ACertificateIsValidForItsTime) {
  const LogonAnchors ours = anchors(root().pem());
  const LogonCertificate certificate = root().issue();
  EXPECT_EQ(code_of(ours.verify(certificate, {}, now + day - 1)), code::none);
  for (const std::int64_t time : {now - day - 1, now + day + 1}) {
    const auto judged = ours.verify(certificate, {}, time);
    EXPECT_EQ(code_of(judged), code::invalid_certificate);
    EXPECT_EQ(type_of_data(judged), typed::invalid_certificates);
  }
}

TEST(LogonAnchors, WeakSignaturesAreRefused) {
  const auto judged = anchors(root().pem()).verify(root().issue({.digest = EVP_sha1()}), {}, now);
  EXPECT_EQ(code_of(judged), code::digest_in_certificate_not_accepted);
  EXPECT_EQ(type_of_data(judged), typed::cert_digest_algorithms);
}

TEST(LogonAnchors, AUserIsNoAuthority) {
  const pki::PrivateKey key = pki::PrivateKey::generate_p256();
  TestCertificate plan{.subject = "mallory", .key = key.openssl()};
  root().sign(plan);
  std::vector<OwnedCertificate> chain;
  chain.push_back(plan.make());
  const TestCertificate forged{.issuer = chain[0].get(), .issuer_key = key.openssl()};
  EXPECT_EQ(code_of(anchors(root().pem()).verify(logon(forged), chain, now)), code::invalid_certificate);
}

TEST(LogonAnchors, AnAuthorityForOtherPurposesIsNoneForThis) {
  const LogonAnchors ours = anchors(root().pem());
  const Authority servers("servers", &root(), {{NID_ext_key_usage, "serverAuth"}}),
      cards("cards", &root(), {{NID_ext_key_usage, "clientAuth,msSmartcardLogin"}});
  EXPECT_EQ(code_of(ours.verify(servers.issue(), others({&servers}), now)), code::inconsistent_key_purpose);
  EXPECT_EQ(code_of(ours.verify(cards.issue(), others({&cards}), now)), code::none);
  EXPECT_EQ(code_of(anchors(servers.pem()).verify(servers.issue(), {}, now)), code::none)
      << "an administrator said so";
}

TEST(LogonAnchors, RevokedOnesAreRefused) {
  const LogonAnchors ours = anchors(root().pem(), root().crl({7}));
  EXPECT_EQ(code_of(ours.verify(root().issue({.serial = 8}), {}, now)), code::none);
  const auto judged = ours.verify(root().issue({.serial = 7}), {}, now);
  EXPECT_EQ(code_of(judged), code::revoked_certificate);
  EXPECT_EQ(type_of_data(judged), typed::invalid_certificates);
}

TEST(LogonAnchors, SoAreThoseOfARevokedAuthority) {
  const auto chain = others({&middle()});
  const LogonAnchors ours = anchors(root().pem(), root().crl({100}));
  EXPECT_EQ(code_of(ours.verify(middle().issue(), chain, now)), code::revoked_certificate);
}

TEST(LogonAnchors, ACrlMayBeMissingWhereItIsNotDemanded) {
  const auto chain = others({&middle()});
  const LogonAnchors ours = anchors(root().pem(), root().crl({}));
  EXPECT_EQ(code_of(ours.verify(middle().issue(), chain, now)), code::none);
  const LogonAnchors strict = anchors(root().pem(), root().crl({}), true);
  const auto judged = strict.verify(middle().issue(), chain, now);
  EXPECT_EQ(code_of(judged), code::revocation_status_unknown);
  EXPECT_EQ(type_of_data(judged), typed::invalid_certificates);
  const LogonAnchors whole = anchors(root().pem(), joined({root().crl({}), middle().crl({})}), true);
  EXPECT_EQ(code_of(whole.verify(middle().issue(), chain, now)), code::none);
}

TEST(LogonAnchors, ADemandedCrlIsThere) {
  EXPECT_EQ(code_of(anchors(root().pem(), {}, true).verify(root().issue(), {}, now)),
            code::revocation_status_unknown);
  EXPECT_EQ(code_of(anchors(root().pem(), root().crl({}), true).verify(root().issue(), {}, now)), code::none);
}

TEST(LogonAnchors, AnAnchorInTheMiddleNeedsNoCrlOfItsOwn) {
  const LogonAnchors ours = anchors(middle().pem(), middle().crl({7}), true);
  EXPECT_EQ(code_of(ours.verify(middle().issue(), {}, now)), code::none);
  EXPECT_EQ(code_of(ours.verify(middle().issue({.serial = 7}), {}, now)), code::revoked_certificate);
  const LogonAnchors with_roots_crl =
      anchors(middle().pem(), joined({middle().crl({}), root().crl({})}), true);
  EXPECT_EQ(code_of(with_roots_crl.verify(middle().issue(), {}, now)), code::none);
}

TEST(LogonAnchors, ACrlThatIsOutOfDateSaysWhatItSaid) {
  const LogonCertificate good = root().issue({.serial = 8}), revoked = root().issue({.serial = 7});
  const Octets old = root().crl({7}, now - day);
  EXPECT_EQ(code_of(anchors(root().pem(), old).verify(good, {}, now)), code::none);
  EXPECT_EQ(code_of(anchors(root().pem(), old).verify(revoked, {}, now)), code::revoked_certificate);
  EXPECT_EQ(code_of(anchors(root().pem(), old, true).verify(good, {}, now)), code::revocation_status_unknown);
}

TEST(LogonAnchors, ANamesakesCrlIsNone) {
  const Authority namesake("root");
  for (const bool demands : {false, true}) {
    EXPECT_EQ(code_of(anchors(root().pem(), namesake.crl({}), demands).verify(root().issue(), {}, now)),
              code::revocation_status_unknown);
  }
}

TEST(LogonAnchors, AreRead) {
  EXPECT_EQ(LogonAnchors::parse({}, {}, false).error().fault, Fault::missing_field);
  EXPECT_EQ(LogonAnchors::parse(as_bytes("nothing"), {}, false).error().fault, Fault::missing_field);
  Octets bent = root().pem();
  bent[60] = '!';
  EXPECT_EQ(LogonAnchors::parse(bent, {}, false).error().fault, Fault::wrong_value);
  Octets bent_crl = root().crl({});
  bent_crl[60] = '!';
  EXPECT_EQ(LogonAnchors::parse(root().pem(), bent_crl, false).error().fault, Fault::wrong_value);
  for (const std::string_view none : {"", "nothing"})
    EXPECT_EQ(LogonAnchors::parse(root().pem(), as_bytes(none), false).error().fault, Fault::wrong_value)
        << "revocation must not be off for want of PEM";
  const OwnedCertificate user = TestCertificate{}.make();
  EXPECT_EQ(LogonAnchors::parse(pem_of<PEM_write_bio_X509>(user.get()), {}, false).error().fault,
            Fault::wrong_value)
      << "no authority";
}

TEST(LogonAnchors, ServeManyThreads) {
  const LogonAnchors ours = anchors(root().pem(), root().crl({7}));
  const LogonCertificate good = root().issue({.serial = 8}), revoked = root().issue({.serial = 7});
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 20; ++j) {
        EXPECT_EQ(code_of(ours.verify(good, {}, now)), code::none);
        EXPECT_EQ(code_of(ours.verify(revoked, {}, now)), code::revoked_certificate);
      }
    });
  }
}

}  // namespace
}  // namespace ferryman::pkinit
