#include "signin/nonce.h"

#include <gtest/gtest.h>

#include <set>

namespace ferryman::signin {
namespace {

using namespace std::chrono_literals;

const Nonces::Time noon{1769860800s};

TEST(Nonces, OneIsTakenUntilItsTimeIsOver) {
  const Nonces nonces;
  const std::string nonce = nonces.make(noon, 5min);
  EXPECT_EQ(nonce.size(), 56U);
  EXPECT_TRUE(nonces.verify(nonce, noon));
  EXPECT_TRUE(nonces.verify(nonce, noon + 1min)) << "nothing is kept, so it is taken as often as it comes";
  EXPECT_TRUE(nonces.verify(nonce, noon + 5min));
  EXPECT_FALSE(nonces.verify(nonce, noon + 5min + 1ms));
  EXPECT_FALSE(nonces.verify(nonces.make(noon, 1s), noon + 2s));
}

TEST(Nonces, NoTwoAreTheSame) {
  const Nonces nonces;
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(nonces.make(noon, 5min));
  EXPECT_EQ(seen.size(), 1000U);
}

TEST(Nonces, AChangeOfAnyLetterIsAForgery) {
  const Nonces nonces;
  const std::string nonce = nonces.make(noon, 5min);
  for (std::size_t at = 0; at < nonce.size(); ++at) {
    for (const char letter : {'A', 'B', '_', '-', '+', '/', ' ', '=', '\n', '\0'}) {
      std::string forged = nonce;
      forged[at] = letter;
      EXPECT_EQ(nonces.verify(forged, noon), forged == nonce) << at << letter;
    }
  }
}

TEST(Nonces, OtherSizesAreNone) {
  const Nonces nonces;
  const std::string nonce = nonces.make(noon, 5min);
  for (std::size_t size = 0; size < nonce.size(); ++size) {
    EXPECT_FALSE(nonces.verify(nonce.substr(0, size), noon));
  }
  EXPECT_FALSE(nonces.verify(nonce + "A", noon));
  EXPECT_FALSE(nonces.verify(nonce + nonce, noon));
}

TEST(Nonces, AnotherKeysNonceIsRefused) {
  const Nonces nonces, others;
  EXPECT_FALSE(others.verify(nonces.make(noon, 5min), noon));
}

}  // namespace
}  // namespace ferryman::signin
