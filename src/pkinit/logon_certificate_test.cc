#include "pkinit/logon_certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pkinit/test_certificates.h"

namespace ferryman::pkinit {
namespace {

namespace code = kerberos::error_code;
using testing::ElementsAre;
using testing::IsEmpty;

TestCertificate with(TestExtension extension) {
  TestCertificate plan;
  plan.extensions.push_back(std::move(extension));
  return plan;
}

// KRB5PrincipalName.
Octets principal(std::string_view realm, std::initializer_list<std::string_view> components) {
  Octets names;
  for (const std::string_view component : components)
    names = joined({names, element(der::general_string, as_bytes(component))});
  const Octets type = element(der::context(0), element(der::integer, Octets{1}));
  const Octets strings = element(der::context(1), element(der::sequence, names));
  return element(der::sequence,
                 joined({element(der::context(0), element(der::general_string, as_bytes(realm))),
                         element(der::context(1), element(der::sequence, joined({type, strings})))}));
}

Octets kerberos_name(std::string_view realm, std::initializer_list<std::string_view> components) {
  return other_name(oids::pkinit_san, principal(realm, components));
}

bool is_refused(const TestCertificate& plan) {
  const auto read = LogonCertificate::of(plan.make().get());
  return !read && read.error().code == code::invalid_certificate;
}

TEST(LogonCertificate, SaysNothingOfItself) {
  const LogonCertificate read = logon({});
  EXPECT_THAT(read.kerberos_names, IsEmpty());
  EXPECT_THAT(read.upns, IsEmpty());
  EXPECT_FALSE(read.sid);
}

TEST(LogonCertificate, HasNamesOfKerberos) {
  const LogonCertificate read = logon(with(
      names_of({kerberos_name("EXAMPLE.COM", {"alice"}), kerberos_name("EXAMPLE.COM", {"alice", "admin"})})));
  ASSERT_EQ(read.kerberos_names.size(), 2U);
  EXPECT_EQ(read.kerberos_names[0].realm, "EXAMPLE.COM");
  EXPECT_EQ(read.kerberos_names[0].name.view().name_type, kerberos::name_type::principal);
  EXPECT_TRUE(read.kerberos_names[0].name.view().is({"alice"}));
  EXPECT_TRUE(read.kerberos_names[1].name.view().is({"alice", "admin"}));
}

TEST(LogonCertificate, HasUpns) {
  EXPECT_THAT(
      logon(with(names_of({upn_name("alice@example.com"), upn_name("m\u00fcller@example.com")}))).upns,
      ElementsAre("alice@example.com", "m\u00fcller@example.com"));
}

TEST(LogonCertificate, OtherNamesAreNotLookedAt) {
  const Octets mail = element(0x81, as_bytes("alice@example.com"));
  const Octets foreign = other_name(Octets{0x2a, 3}, Octets{5, 0});
  const LogonCertificate read = logon(with(names_of({mail, foreign, upn_name("alice@example.com")})));
  EXPECT_THAT(read.upns, ElementsAre("alice@example.com"));
}

TEST(LogonCertificate, ANameThatCannotBeReadIsNotPassedOver) {
  const Octets two_names = joined({principal("A", {"b"}), principal("A", {"b"})});
  for (const Octets& name :
       {upn_name(""), upn_name("a\nb"), upn_name("\xff"), upn_name(std::string(2000, 'a')),
        other_name(oids::upn, element(der::ia5_string, as_bytes("alice"))),
        other_name(oids::upn, principal("A", {"b"})), other_name(oids::pkinit_san, Octets{5, 0}),
        kerberos_name("", {"alice"}), kerberos_name("A", {}), kerberos_name(std::string(256, 'A'), {"b"}),
        kerberos_name("A", {"1", "2", "3", "4", "5", "6", "7", "8", "9"}), kerberos_name("A", {"a\nb"})}) {
    EXPECT_TRUE(is_refused(with(names_of({name})))) << testing::PrintToString(name);
  }
  EXPECT_TRUE(is_refused(with({"2.5.29.17", {0x30, 5, 0x80}})));
}

TEST(LogonCertificate, HasAnObjectsSid) {
  EXPECT_EQ(logon(with(sid_of("S-1-5-21-1-2-3-1104"))).sid, "S-1-5-21-1-2-3-1104");
  for (const std::string_view text :
       {"", "S-1-", "S-1-5-", "S-1-5--21", "S-1-5-21-x", "s-1-5-21", "S-2-5-21", "S-1-5-21 ", "S-1--5"})
    EXPECT_TRUE(is_refused(with(sid_of(text)))) << text;
  EXPECT_TRUE(is_refused(with(sid_of("S-1-5-" + std::string(200, '1')))));
}

TEST(LogonCertificate, ASidStandsThereOnce) {
  TestCertificate twice = with(sid_of("S-1-5-21-1"));
  twice.extensions.push_back(sid_of("S-1-5-21-2"));
  EXPECT_TRUE(is_refused(twice));
  TestExtension both = sid_of("S-1-5-21-1");
  const Octets name = other_name(oids::sid, element(der::octet_string, as_bytes("S-1-5-21-1")));
  both.value = element(der::sequence, joined({name, name}));
  EXPECT_TRUE(is_refused(with(both)));
  both.value = element(der::sequence, upn_name("S-1-5-21-1"));
  EXPECT_TRUE(is_refused(with(both)));
}

TEST(LogonCertificate, NamesAreNotInTwoExtensions) {
  TestCertificate twice = with(names_of({upn_name("a@example.com")}));
  twice.extensions.push_back(names_of({upn_name("b@example.com")}));
  EXPECT_TRUE(is_refused(twice));
}

TEST(LogonCertificate, NamesAreNotMany) {
  std::vector<Octets> names(LogonCertificate::max_names, upn_name("a"));
  const auto extension = [&] {
    Octets all;
    for (const Octets& name : names) all = joined({all, name});
    return TestExtension{"2.5.29.17", element(der::sequence, all)};
  };
  EXPECT_EQ(logon(with(extension())).upns.size(), LogonCertificate::max_names);
  names.push_back(upn_name("a"));
  EXPECT_TRUE(is_refused(with(extension())));
}

TEST(LogonCertificate, SaysWhatItIsFor) {
  const auto purpose_of = [](std::vector<std::pair<int, std::string>> usages) {
    const auto checked = check_purpose(logon({.usages = std::move(usages)}));
    return checked ? code::none : checked.error().code;
  };
  constexpr int eku = NID_ext_key_usage, ku = NID_key_usage;
  constexpr auto wrong = code::inconsistent_key_purpose;
  EXPECT_EQ(purpose_of({{eku, "pkInitClientAuth"}, {ku, "digitalSignature"}}), code::none);
  EXPECT_EQ(purpose_of({{eku, "clientAuth,msSmartcardLogin"}, {ku, "digitalSignature,keyEncipherment"}}),
            code::none);
  EXPECT_EQ(purpose_of({{eku, "clientAuth,serverAuth"}, {ku, "digitalSignature"}}), wrong);
  EXPECT_EQ(purpose_of({{eku, "anyExtendedKeyUsage"}, {ku, "digitalSignature"}}), wrong);
  EXPECT_EQ(purpose_of({{eku, "pkInitKDC"}, {ku, "digitalSignature"}}), wrong);
  EXPECT_EQ(purpose_of({{eku, "pkInitClientAuth"}, {ku, "keyEncipherment"}}), wrong);
  EXPECT_EQ(purpose_of({{eku, "pkInitClientAuth"}}), wrong);
  EXPECT_EQ(purpose_of({{ku, "digitalSignature"}}), wrong);
  EXPECT_EQ(purpose_of({}), wrong);
}

TEST(LogonCertificate, UsagesThatCannotBeReadAreNotPassedOver) {
  EXPECT_TRUE(is_refused({.usages = {}, .extensions = {{"2.5.29.37", {0x30, 2, 6}}}}));
  EXPECT_TRUE(is_refused({.usages = {}, .extensions = {{"2.5.29.15", {0x30, 0}}}}));
  TestCertificate twice;
  twice.usages.emplace_back(NID_ext_key_usage, "serverAuth");
  EXPECT_TRUE(is_refused(twice));
}

TEST(LogonCertificate, SaysWhoseKeyItHasAndWhetherItIssuedItself) {
  const OwnedCertificate ca = authority_of("ca", rsa_key().openssl()).make();
  const LogonCertificate read = logon({.issuer = ca.get(), .issuer_key = rsa_key().openssl()});
  EXPECT_FALSE(read.is_self_issued);
  EXPECT_TRUE(read.key == ec_key().public_key());
  EXPECT_TRUE(logon({}).is_self_issued);
}

TEST(LogonCertificate, KeysAreGoodEnough) {
  const auto key = [](const char* type, auto parameter) {
    return OwnedKey(must(EVP_PKEY_Q_keygen(nullptr, nullptr, type, parameter)));
  };
  for (const char* curve : {"P-256", "P-384", "P-521"})
    EXPECT_FALSE(is_refused({.key = key("EC", curve).get()})) << curve;
  for (const char* curve : {"P-224", "secp256k1", "brainpoolP384r1"})
    EXPECT_TRUE(is_refused({.key = key("EC", curve).get()})) << curve;
  EXPECT_FALSE(is_refused({.key = rsa_key().openssl()}));
  EXPECT_TRUE(is_refused({.key = key("RSA", std::size_t{1024}).get()}));
  EXPECT_TRUE(is_refused(
      {.key = OwnedKey(must(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"))).get(), .digest = nullptr}));
}

TEST(LogonCertificate, CurvesAreNamed) {
  const OwnedKey key(must(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384")));
  must(EVP_PKEY_set_utf8_string_param(key.get(), "encoding", "explicit"));
  EXPECT_TRUE(is_refused({.key = key.get()}));
}

TEST(LogonCertificate, IsBounded) {
  TestCertificate large;
  large.extensions.push_back({"1.2.3", Octets(LogonCertificate::max_size)});
  EXPECT_TRUE(is_refused(large));
}

}  // namespace
}  // namespace ferryman::pkinit
