#include "probe/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ferryman::probe {
namespace {

using pki::Staple;

using testing::HasSubstr;

constexpr std::int64_t now = 1'800'000'000, day = 86400;

Chain good() {
  Chain chain;
  chain.name_matches = true;
  chain.staple = Staple::good;
  chain.sent = {{"CN=kdc", "CN=CA", "EC 256", {"kdc.example.com"}, now - day, now + 90 * day, true, true}};
  return chain;
}

Findings look(const Chain& chain) {
  Target target;
  target.host = "kdc.example.com";
  return certificate_findings(chain, target, now, {});
}

TEST(Certificate, AGoodOneIsGood) {
  EXPECT_EQ(worst(look(good())), Severity::ok);
}

TEST(Certificate, ExpiryHasTwoLimits) {
  Chain chain = good();
  const auto severity = [&](std::int64_t left) {
    chain.sent[0].not_after = now + left;
    return find(look(chain), "certificate_expiry")->severity;
  };
  EXPECT_EQ(severity(15 * day), Severity::ok);
  EXPECT_EQ(severity(14 * day - 1), Severity::warning);
  EXPECT_EQ(severity(3 * day - 1), Severity::critical);
  chain.sent[0].not_after = now;
  const Findings found = look(chain);
  EXPECT_EQ(find(found, "certificate_expiry"), nullptr);
  EXPECT_EQ(find(found, "certificate_expired")->sentence, "the certificate expired on 2027-01-15 08:00 UTC");
}

TEST(Certificate, AnIntermediateOneEndsTooButARootDoesNot) {
  Chain chain = good();
  chain.sent.push_back({"CN=CA", "CN=Root", "RSA 2048", {}, now - day, now - 1, true, false});
  EXPECT_THAT(find(look(chain), "certificate_expired")->sentence,
              HasSubstr("an intermediate certificate expired"));
  chain.sent[1].issuer = chain.sent[1].subject;
  EXPECT_EQ(worst(look(chain)), Severity::ok);
}

TEST(Certificate, NotYetValid) {
  Chain chain = good();
  chain.sent[0].not_before = now + 1;
  EXPECT_THAT(find(look(chain), "certificate_expired")->sentence, HasSubstr("valid only from"));
}

TEST(Certificate, WrongNameSaysWhichItHas) {
  Chain chain = good();
  chain.name_matches = false;
  chain.sent[0].names = {"a.example", "b.example"};
  EXPECT_EQ(find(look(chain), "certificate_name")->sentence,
            "the certificate is for a.example, b.example, not for kdc.example.com");
  chain.sent[0].names = {};
  EXPECT_EQ(find(look(chain), "certificate_san")->severity, Severity::critical);
}

TEST(Certificate, EachFaultOfAChainHasItsWords) {
  Chain chain = good();
  const std::pair<ChainFault, const char*> faults[] = {{ChainFault::self_signed, "self-signed"},
                                                       {ChainFault::incomplete, "only its own certificate"},
                                                       {ChainFault::unknown_root, "is not trusted here"},
                                                       {ChainFault::wrong_purpose, "not one for TLS servers"},
                                                       {ChainFault::other, "cannot be verified: x"}};
  chain.fault_words = "x";
  for (const auto& [fault, words] : faults) {
    chain.fault = fault;
    const Findings found = look(chain);
    EXPECT_EQ(find(found, "certificate_trust")->severity, Severity::critical);
    EXPECT_THAT(find(found, "certificate_trust")->sentence, HasSubstr(words));
  }
}

TEST(Certificate, RevocationMustBePublishedOrStapled) {
  Chain chain = good();
  chain.sent[0].names_crl = chain.sent[0].names_ocsp = false;
  EXPECT_EQ(find(look(chain), "revocation")->severity, Severity::ok);
  chain.staple = Staple::absent;
  EXPECT_EQ(find(look(chain), "revocation")->severity, Severity::warning);
  chain.staple = Staple::revoked;
  EXPECT_EQ(find(look(chain), "stapling")->severity, Severity::critical);
  chain.staple = Staple::out_of_date;
  EXPECT_EQ(find(look(chain), "stapling")->sentence, "the stapled OCSP response is expired");
}

}  // namespace
}  // namespace ferryman::probe
