#include "telemetry/ecs_fields.h"

#include <gtest/gtest.h>

#include <string>

namespace ferryman::telemetry {
namespace {

template <typename Put>
std::string line(Put put) {
  Line out;
  Record record(Format::ecs, out);
  record.begin();
  put(record);
  record.end();
  return fmt::to_string(out);
}

std::string client(std::string_view text) {
  return line([text](Record& record) { put_ecs_client(record, text); });
}

TEST(EcsFields, TakeAClientsAddressApart) {
  EXPECT_EQ(client("192.0.2.1:50000"),
            R"({"client.address":"192.0.2.1:50000","client.ip":"192.0.2.1","client.port":50000})"
            "\n");
  EXPECT_EQ(client("[2001:db8::1]:88"),
            R"({"client.address":"[2001:db8::1]:88","client.ip":"2001:db8::1","client.port":88})"
            "\n");
  for (const char* other : {"unix", "a:b", "192.0.2.1:70000", "192.0.2.1:"})
    EXPECT_EQ(client(other).find("client.ip"), std::string::npos) << other;
}

TEST(EcsFields, CountInNanosecondsAndWriteCodesAsText) {
  EXPECT_EQ(line([](Record& record) {
              put_ecs_code(record, 4768);
              put_ecs_outcome(record, Outcome::unknown);
              put_ecs_duration(record, 1500);
            }),
            R"({"event.code":"4768","event.outcome":"unknown","event.duration":1500000})"
            "\n");
}

}  // namespace
}  // namespace ferryman::telemetry
