#include "signin/nonce.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

namespace ferryman::signin {
namespace {

using namespace std::chrono_literals;

const Nonces::Time noon{1769860800s};
const Octets key(Nonces::key_size, 7);

TEST(Nonces, OneIsTakenUntilItsTimeIsOver) {
  const Nonces nonces(key);
  const std::string nonce = nonces.make("example", noon, 5min);
  EXPECT_EQ(nonce.size(), 56U);
  EXPECT_TRUE(nonces.verify(nonce, "example", noon));
  EXPECT_TRUE(nonces.verify(nonce, "example", noon + 1min))
      << "nothing is kept, so it is taken as often as it comes";
  EXPECT_TRUE(nonces.verify(nonce, "example", noon + 5min));
  EXPECT_FALSE(nonces.verify(nonce, "example", noon + 5min + 1ms));
  EXPECT_FALSE(nonces.verify(nonces.make("example", noon, 1s), "example", noon + 2s));
}

TEST(Nonces, NoTwoAreTheSame) {
  const Nonces nonces(key);
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(nonces.make("example", noon, 5min));
  EXPECT_EQ(seen.size(), 1000U);
}

TEST(Nonces, AChangeOfAnyLetterIsAForgery) {
  const Nonces nonces(key);
  const std::string nonce = nonces.make("example", noon, 5min);
  for (std::size_t at = 0; at < nonce.size(); ++at) {
    for (const char letter : {'A', 'B', '_', '-', '+', '/', ' ', '=', '\n', '\0'}) {
      std::string forged = nonce;
      forged[at] = letter;
      EXPECT_EQ(nonces.verify(forged, "example", noon), forged == nonce) << at << letter;
    }
  }
}

TEST(Nonces, OtherSizesAreNone) {
  const Nonces nonces(key);
  const std::string nonce = nonces.make("example", noon, 5min);
  for (std::size_t size = 0; size < nonce.size(); ++size) {
    EXPECT_FALSE(nonces.verify(nonce.substr(0, size), "example", noon));
  }
  EXPECT_FALSE(nonces.verify(nonce + "A", "example", noon));
  EXPECT_FALSE(nonces.verify(nonce + nonce, "example", noon));
}

TEST(Nonces, AnotherTenantsNonceIsRefused) {
  const Nonces nonces(key);
  const std::string nonce = nonces.make("example", noon, 5min);
  for (const char* tenant : {"other", "", "exampl", "example2", "Example", "common"}) {
    EXPECT_FALSE(nonces.verify(nonce, tenant, noon)) << tenant;
  }
}

TEST(Nonces, OneForEveryTenantServesAny) {
  const Nonces nonces(key);
  const std::string nonce = nonces.make(Nonces::every_tenant, noon, 5min);
  EXPECT_TRUE(nonces.verify(nonce, "example", noon));
  EXPECT_TRUE(nonces.verify(nonce, "other", noon));
}

TEST(Nonces, MachinesWithOneKeyTakeEachOthers) {
  const Octets key(Nonces::key_size, 7);
  const Nonces one(key), other(key);
  EXPECT_TRUE(other.verify(one.make("example", noon, 5min), "example", noon));
  EXPECT_THROW(Nonces(Octets(31)), std::invalid_argument);
}

TEST(Nonces, AnotherKeysNonceIsRefused) {
  const Nonces nonces(key), others(Octets(Nonces::key_size, 8));
  EXPECT_FALSE(others.verify(nonces.make("example", noon, 5min), "example", noon));
}

}  // namespace
}  // namespace ferryman::signin
