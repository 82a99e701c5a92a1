#include "jose/claims.h"

#include <gtest/gtest.h>

namespace ferryman::jose {
namespace {

using json::Json;

constexpr std::int64_t now = 1'800'000'000;

std::string outcome(const Json& claims, const TimeRules& rules = {}) {
  const auto checked = check_times(claims, now, rules);
  return checked ? "good" : std::string(name(checked.error()));
}

Json times(std::int64_t iat, std::int64_t exp) {
  return {{"iat", now + iat}, {"exp", now + exp}};
}

TEST(Claims, TheTimesOfClientsAreGood) {
  EXPECT_EQ(outcome(times(0, 3600)), "good");
  EXPECT_EQ(outcome(times(-3600, 3600)), "good") << "an hour back is what clients send";
  EXPECT_EQ(outcome(times(-3600 - 290, 3600)), "good") << "and with a wrong clock";
  EXPECT_EQ(outcome(times(290, 3600)), "good");
  EXPECT_EQ(outcome(times(-300, -290)), "good");
}

TEST(Claims, OthersAreNot) {
  EXPECT_EQ(outcome(times(-3600, -300)), "expired");
  EXPECT_EQ(outcome(times(-7200, -3600)), "expired");
  EXPECT_EQ(outcome(times(301, 3600)), "not_yet_valid");
  EXPECT_EQ(outcome(times(3600, 7200)), "not_yet_valid");
  EXPECT_EQ(outcome(times(-3901, 3600)), "too_old");
  EXPECT_EQ(outcome(times(-60, -60)), "claim") << "no time at all";
  Json later = times(0, 3600);
  later["nbf"] = now + 301;
  EXPECT_EQ(outcome(later), "not_yet_valid");
}

TEST(Claims, TimesMayBeDemanded) {
  const TimeRules without{.needs_times = false};
  EXPECT_EQ(outcome(Json::object()), "claim");
  EXPECT_EQ(outcome({{"iat", now}}), "claim");
  EXPECT_EQ(outcome({{"exp", now + 60}}), "claim");
  EXPECT_EQ(outcome(Json::object(), without), "good");
  EXPECT_EQ(outcome({{"exp", now - 3600}}, without), "expired") << "what is there counts";
}

TEST(Claims, ATimeIsANumber) {
  for (const Json& time : {Json("1800000000"), Json(nullptr), Json(true), Json(-1), Json(1e300),
                           Json(UINT64_MAX), Json::array({now})}) {
    EXPECT_EQ(outcome({{"iat", time}, {"exp", now + 60}}), "claim") << time;
    EXPECT_EQ(outcome({{"iat", now}, {"exp", time}}), "claim") << time;
    EXPECT_EQ(outcome({{"iat", now}, {"exp", now + 60}, {"nbf", time}}), "claim") << time;
  }
  EXPECT_EQ(outcome({{"iat", static_cast<double>(now) + 0.5}, {"exp", now + 60}}), "good");
}

}  // namespace
}  // namespace ferryman::jose
