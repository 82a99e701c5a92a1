#include "ferryman/gateway_status.h"

#include <gmock/gmock.h>

namespace ferryman {
namespace {

using json::Json;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Json whole() {
  return {
      {"version", "1.0"},
      {"state", "ready"},
      {"uptime_seconds", 90u},
      {"workers", 2u},
      {"connections", 3u},
      {"in_flight", 0u},
      {"wrong", Json::array()},
      {"realms", {{{"name", "A.TEST"}, {"state", "served"}, {"served", true}, {"kdcs", {"192.0.2.1:88"}}}}},
      {"kdcs",
       {{{"address", "192.0.2.1:88"},
         {"name", "dc1"},
         {"transports",
          {{{"transport", "udp"},
            {"requests", 5u},
            {"answers", 4u},
            {"failures", 1u},
            {"set_aside_by", 1u},
            {"mean_us", 2100u},
            {"p95_us", 0u}}}}}}},
      {"history", {{"seconds", 10u}, {"answered", {1u, 2u}}, {"refused", {0u, 0u}}, {"failed", {0u, 4u}}}},
      {"refusals",
       {{{"time", "T"},
         {"event", "refused"},
         {"reason", "r"},
         {"client", "c"},
         {"realm", "A\x1b[2J"},
         {"cname", "alice"},
         {"sname", ""}}}},
      {"ferryman_realm", nullptr},
      {"certificates", {{{"subject", "CN=x"}, {"expires", "2030-01-01T00:00:00Z"}}}}};
}

TEST(GatewayStatusTest, SaysFirstWhatIsWrong) {
  Json object = whole();
  EXPECT_THAT(to_text(*read_gateway_status(object)), StartsWith("Nothing is wrong.\n"));
  object["wrong"] = {{{"severity", "error"}, {"text", "KDC dc1 does not answer."}},
                     {{"severity", "warning"}, {"text", "Soon."}}};
  EXPECT_THAT(to_text(*read_gateway_status(object)),
              StartsWith("ERROR    KDC dc1 does not answer.\nWARNING  Soon.\n"));
}

TEST(GatewayStatusTest, ShowsItsParts) {
  const std::string text = to_text(*read_gateway_status(whole()));
  EXPECT_THAT(text, HasSubstr("ferrymand 1.0: ready, up for 90 s, 2 workers"));
  EXPECT_THAT(text, HasSubstr("in the last 20 s: 3 requests answered, 0 refused, 4 failed"));
  EXPECT_THAT(
      text,
      HasSubstr("192.0.2.1:88  dc1   udp   set aside by 1 of 2 workers  5         1         2.1 ms  -"));
}

TEST(GatewayStatusTest, SaysOfNoKdcThatItAnswersBeforeItHas) {
  GatewayStatus status = *read_gateway_status(whole());
  auto& transport = status.kdcs[0].transports[0];
  transport.set_aside_by = 0;
  EXPECT_THAT(to_text(status), HasSubstr("udp   answers "));
  transport.answers = 0;
  EXPECT_THAT(to_text(status), HasSubstr("udp   no answer yet "));
}

TEST(GatewayStatusTest, SaysNothingThatATerminalObeys) {
  EXPECT_THAT(to_text(*read_gateway_status(whole())), Not(HasSubstr("\x1b")));
}

TEST(GatewayStatusTest, TakesNothingElse) {
  const Json all = whole();
  for (const auto& [name, value] : all.items()) {
    Json object = whole();
    object.erase(name);
    EXPECT_FALSE(read_gateway_status(object)) << name;
    object[name] = -1;
    EXPECT_FALSE(read_gateway_status(object)) << name;
  }
  EXPECT_FALSE(parse_gateway_json("[]"));
  EXPECT_FALSE(parse_gateway_json(R"({"a":1,"a":2})"));
  EXPECT_FALSE(parse_gateway_json(std::string(max_status + 1, ' ')));
}

}  // namespace
}  // namespace ferryman
