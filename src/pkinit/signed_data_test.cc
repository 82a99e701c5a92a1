#include "pkinit/signed_data.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "kerberos/codec.h"
#include "kerberos/error_data.h"
#include "pkinit/test_certificates.h"

namespace ferryman::pkinit {
namespace {

namespace code = kerberos::error_code;

const Octets content{0x30, 3, 2, 1, 5};

X509* rsa_certificate() {
  static const OwnedCertificate kept = TestCertificate{.key = rsa_key().openssl()}.make();
  return kept.get();
}
X509* ec_certificate() {
  static const OwnedCertificate kept = TestCertificate{}.make();
  return kept.get();
}

Octets signed_message(const TestMessage& plan = {}) {
  return plan.of(ec_key().openssl(), ec_certificate(), content);
}

std::int32_t code_of(Bytes cms) {
  const auto opened = open_signed(cms);
  return opened ? code::none : opened.error().code;
}

// Its first occurrence.
Octets replaced(Octets message, const Octets& old, const Octets& by) {
  const auto at = std::search(message.begin(), message.end(), old.begin(), old.end());
  EXPECT_NE(at, message.end());
  std::ranges::copy(by, at);
  return message;
}

// A message with other parts: its digest algorithms and what stands behind its content.
struct Parts {
  Octets type, version, digests, content, rest;

  explicit Parts(Bytes message) {
    der::Status status;
    der::Reader reader(message, status);
    der::Reader info = reader.enter(der::sequence);
    type = taken(info.read_element());
    der::Reader data = info.enter(der::context(0)).enter(der::sequence);
    version = taken(data.read_element());
    digests = taken(data.read(set));
    content = taken(data.read_element());
    rest = taken(data.rest());
    EXPECT_TRUE(status.ok());
  }
  Octets message() const {
    const Octets data = element(der::sequence, joined({version, element(set, digests), content, rest}));
    return element(der::sequence, joined({type, element(der::context(0), data)}));
  }

  static constexpr der::Tag set = 0x31;
  static Octets taken(Bytes view) { return {view.begin(), view.end()}; }
};

// The same with so many digest algorithms more, which nobody uses.
Octets with_digests(Bytes message, std::size_t count) {
  Parts parts(message);
  const Octets another = element(der::sequence, element(der::object_identifier, oids::sha512));
  for (std::size_t i = 0; i < count; ++i)
    parts.digests.insert(parts.digests.end(), another.begin(), another.end());
  return parts.message();
}

TEST(SignedData, AClientsMessageIsOpened) {
  const auto opened = open_signed(signed_message());
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->content, content);
  ASSERT_TRUE(opened->certificate);
  EXPECT_EQ(X509_cmp(opened->certificate->openssl(), ec_certificate()), 0);
  EXPECT_TRUE(opened->others.empty());
}

TEST(SignedData, EveryKindOfSignatureThatIsServed) {
  const OwnedKey p384(must(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384")));
  const OwnedCertificate on_p384 = TestCertificate{.key = p384.get()}.make();
  for (const EVP_MD* digest : {EVP_sha256(), EVP_sha384(), EVP_sha512()}) {
    for (const bool is_pss : {false, true}) {
      const TestMessage plan{.digest = digest, .is_pss = is_pss};
      EXPECT_EQ(code_of(plan.of(rsa_key().openssl(), rsa_certificate(), content)), code::none);
    }
    const TestMessage plan{.digest = digest};
    EXPECT_EQ(code_of(plan.of(ec_key().openssl(), ec_certificate(), content)), code::none);
    EXPECT_EQ(code_of(plan.of(p384.get(), on_p384.get(), content)), code::none);
  }
}

TEST(SignedData, SignersMayBeNamedByTheirKey) {
  TestCertificate plan;
  plan.usages.emplace_back(NID_subject_key_identifier, "hash");
  const OwnedCertificate certificate = plan.make();
  EXPECT_EQ(code_of(TestMessage{.flags = CMS_USE_KEYID}.of(ec_key().openssl(), certificate.get(), content)),
            code::none);
}

TEST(SignedData, IndefiniteLengthsAreRead) {
  const OwnedMessage message(must(CMS_sign(nullptr, nullptr, nullptr, nullptr, CMS_PARTIAL | CMS_STREAM)));
  const OwnedObject type(must(OBJ_txt2obj(content_type::auth_data, 1)));
  must(CMS_set1_eContentType(message.get(), type.get()));
  must(CMS_add1_signer(message.get(), ec_certificate(), ec_key().openssl(), EVP_sha256(), CMS_BINARY));
  const OwnedBio data(must(BIO_new_mem_buf(content.data(), static_cast<int>(content.size()))));
  const OwnedBio out(must(BIO_new(BIO_s_mem())));
  must(i2d_CMS_bio_stream(out.get(), message.get(), data.get(), CMS_STREAM | CMS_BINARY));
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  const Bytes ber = as_bytes({text, static_cast<std::size_t>(size)});
  ASSERT_EQ(ber[1], 0x80);
  const auto opened = open_signed(ber);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->content, content);
}

TEST(SignedData, WeakDigestsAreRefusedAndOthersNamed) {
  for (const EVP_MD* digest : {EVP_sha1(), EVP_md5(), EVP_sha224()}) {
    const auto opened =
        open_signed(TestMessage{.digest = digest}.of(rsa_key().openssl(), rsa_certificate(), content));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, code::digest_in_signed_data_not_accepted);
    auto data = kerberos::parse<kerberos::TypedData>(opened.error().e_data);
    ASSERT_TRUE(data);
    kerberos::TypedDatum datum;
    ASSERT_TRUE(data->next(datum));
    EXPECT_EQ(datum.type, kerberos::typed_data::cms_digest_algorithms);
    EXPECT_EQ(Octets(datum.value.begin(), datum.value.end()),
              element(der::sequence, joined({element(der::sequence, element(6, oids::sha256)),
                                             element(der::sequence, element(6, oids::sha384)),
                                             element(der::sequence, element(6, oids::sha512))})));
  }
}

TEST(SignedData, NoChangedOctetMakesAnotherContentOrSigner) {
  const Octets message = signed_message();
  for (std::size_t at = 0; at < message.size(); ++at) {
    Octets bent = message;
    bent[at] ^= at % 2 == 0 ? 0x01 : 0x20;
    const auto opened = open_signed(bent);
    if (!opened || !opened->certificate) continue;
    EXPECT_EQ(opened->content, content) << at;
    EXPECT_TRUE(opened->certificate->key == ec_key().public_key()) << at;
  }
}

TEST(SignedData, ASignatureOfOtherContentIsNoneOfThis) {
  const Octets other{0x30, 3, 2, 1, 6};
  EXPECT_EQ(code_of(replaced(signed_message(), content, other)), code::invalid_signature);
  Octets bent = signed_message();
  bent.back() ^= 1;
  EXPECT_EQ(code_of(bent), code::invalid_signature);
}

TEST(SignedData, AnothersCertificateIsNotTheSigners) {
  // The same issuer and serial number, another key.
  const pki::PrivateKey other = pki::PrivateKey::generate_p256();
  const OwnedCertificate certificate = TestCertificate{.key = other.openssl()}.make();
  const Octets message = TestMessage{.flags = CMS_NOCERTS, .others = {certificate.get()}}.of(
      ec_key().openssl(), ec_certificate(), content);
  EXPECT_EQ(code_of(message), code::invalid_signature);
}

TEST(SignedData, WhoSignsNothingIsAnonymous) {
  Parts parts(signed_message());
  parts.rest = element(Parts::set, {});
  for (const Octets& digests : {parts.digests, Octets{}}) {
    parts.digests = digests;
    const auto opened = open_signed(parts.message());
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->content, content);
    EXPECT_FALSE(opened->certificate);
  }
}

TEST(SignedData, ThereIsOneSignerAtMost) {
  TestMessage plan;
  const OwnedMessage message = plan.begin();
  plan.add_signer(message, ec_key().openssl(), ec_certificate());
  plan.add_signer(message, rsa_key().openssl(), rsa_certificate());
  EXPECT_EQ(code_of(plan.finish(message, content)), code::preauth_failed);
}

TEST(SignedData, OtherCertificatesComeWithIt) {
  const OwnedCertificate a = TestCertificate{.subject = "a"}.make(),
                         b = TestCertificate{.subject = "b"}.make();
  const auto opened = open_signed(signed_message({.others = {a.get(), b.get()}}));
  ASSERT_TRUE(opened);
  EXPECT_EQ(X509_cmp(opened->certificate->openssl(), ec_certificate()), 0);
  EXPECT_EQ(opened->others.size(), 2U);
}

TEST(SignedData, ItIsBounded) {
  std::vector<OwnedCertificate> many;
  TestMessage plan;
  while (many.size() < max_certificates) {
    many.push_back(TestCertificate{.subject = std::to_string(many.size())}.make());
    if (many.size() < max_certificates) plan.others.push_back(many.back().get());
  }
  EXPECT_EQ(code_of(signed_message(plan)), code::none);
  plan.others.push_back(many.back().get());
  EXPECT_EQ(code_of(signed_message(plan)), code::preauth_failed);
  const TestMessage large;
  const Octets much(max_signed_data);
  EXPECT_EQ(code_of(large.of(ec_key().openssl(), ec_certificate(), much)), code::preauth_failed);
}

TEST(SignedData, WhatIsNoneIsRefused) {
  EXPECT_EQ(code_of({}), code::preauth_failed);
  EXPECT_EQ(code_of(content), code::preauth_failed);
  EXPECT_EQ(code_of(signed_message({.type = content_type::dh_key_data})), code::preauth_failed);
  EXPECT_EQ(code_of(signed_message({.type = "1.2.840.113549.1.7.1"})), code::preauth_failed);
  EXPECT_EQ(code_of(signed_message({.flags = CMS_NOCERTS})), code::preauth_failed);
  Octets message = signed_message();
  message.push_back(0);
  EXPECT_EQ(code_of(message), code::preauth_failed);
  for (std::size_t size = 0; size + 1 < message.size(); ++size)
    EXPECT_EQ(code_of(Bytes(message).first(size)), code::preauth_failed) << size;
}

TEST(SignedData, TheContentIsInside) {
  const OwnedMessage message = TestMessage{}.begin();
  must(CMS_set_detached(message.get(), 1));
  const TestMessage plan;
  plan.add_signer(message, ec_key().openssl(), ec_certificate());
  EXPECT_EQ(code_of(plan.finish(message, content)), code::preauth_failed);
}

TEST(SignedData, OtherMessagesOfCmsAreNone) {
  const OwnedBio data(must(BIO_new_mem_buf(content.data(), static_cast<int>(content.size()))));
  const OwnedMessage message(must(CMS_data_create(data.get(), CMS_BINARY)));
  EXPECT_EQ(code_of(der_of<i2d_CMS_ContentInfo>(message.get())), code::preauth_failed);
}

TEST(SignedData, AttributesAreSigned) {
  const Octets message = signed_message({.flags = CMS_NOATTR});
  EXPECT_TRUE(verified_by_library(message)) << "as RFC 5652 allows for other content";
  EXPECT_EQ(code_of(message), code::invalid_signature);
}

TEST(SignedData, WhatWasSignedAsSomethingElseIsNoRequest) {
  // A KDC's own answer, renamed: its attribute still says what it was.
  const Octets reply = signed_message({.type = content_type::dh_key_data});
  EXPECT_EQ(code_of(replaced(reply, {0x2b, 6, 1, 5, 2, 3, 2}, {0x2b, 6, 1, 5, 2, 3, 1})),
            code::invalid_signature);
}

TEST(SignedData, OneDigestIsForAll) {
  // ecdsa-with-SHA256 becomes ecdsa-with-SHA384. The certificate is signed with the same, before the signer.
  const Octets sha256{0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2}, sha384{0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3};
  Octets message = signed_message();
  const auto last = std::find_end(message.begin(), message.end(), sha256.begin(), sha256.end());
  ASSERT_NE(last, message.end());
  std::ranges::copy(sha384, last);
  EXPECT_EQ(code_of(message), code::invalid_signature);
}

TEST(SignedData, WeakKeysAreRefused) {
  const OwnedKey weak(must(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{1024})));
  const OwnedCertificate certificate = TestCertificate{.key = weak.get()}.make();
  EXPECT_EQ(code_of(TestMessage{}.of(weak.get(), certificate.get(), content)), code::invalid_certificate);
}

TEST(SignedData, ThereMayBeAnyNumberOfDigestAlgorithms) {
  const Octets message = with_digests(signed_message(), 3000);
  EXPECT_EQ(code_of(message), code::none);
}

TEST(SignedData, IsOpenedWhereTheLibraryVerifiesIt) {
  for (const Octets& message :
       {signed_message(), signed_message({.digest = EVP_sha512()}), with_digests(signed_message(), 3),
        replaced(signed_message(), content, {0x30, 3, 2, 1, 6})}) {
    const auto opened = open_signed(message);
    const auto verified = verified_by_library(message);
    ASSERT_EQ(opened.has_value(), verified.has_value());
    EXPECT_TRUE(!opened || opened->content == *verified);
  }
}

TEST(SignedData, WhatIsSignedHereIsVerifiedElsewhere) {
  for (const auto* key : {&rsa_key(), &ec_key()}) {
    X509* const raw = key == &rsa_key() ? rsa_certificate() : ec_certificate();
    const pki::Certificate certificate = *pki::Certificate::of(raw);
    const Octets reply = sign({*key, certificate}, content);
    EXPECT_EQ(verified_by_library(reply), content);
    const Octets request = sign({*key, certificate}, content, content_type::auth_data);
    EXPECT_EQ(open_signed(request).value().content, content);
  }
}

// Every element below has a definite length.
bool is_definite(Bytes octets) {
  der::Status status;
  der::Reader reader(octets, status);
  while (!reader.empty()) {
    const Bytes element = reader.read_element();
    if (!status.ok()) return false;
    der::Status inner;
    if ((element[0] & 0x20) != 0 && !is_definite(der::Reader(element, inner).read(element[0]))) return false;
  }
  return status.ok();
}

bool holds(const Octets& octets, const Octets& part) {
  return std::search(octets.begin(), octets.end(), part.begin(), part.end()) != octets.end();
}

TEST(SignedData, AReplyIsInDer) {
  const Octets reply =
      sign({ec_key(), *pki::Certificate::of(ec_certificate()), {*pki::Certificate::of(rsa_certificate())}},
           content);
  EXPECT_TRUE(is_definite(reply));
  const Octets der = der_of<i2d_X509>(ec_certificate());
  EXPECT_TRUE(holds(reply, der)) << "with the certificate";
  const Octets other = der_of<i2d_X509>(rsa_certificate());
  EXPECT_TRUE(holds(reply, other)) << "and with what leads to an anchor";
}

TEST(SignedData, AnothersCertificateIsNotPutIntoIt) {
  EXPECT_THROW(sign({ec_key(), *pki::Certificate::of(rsa_certificate())}, content), std::runtime_error);
}

}  // namespace
}  // namespace ferryman::pkinit
