#include "local/trace_context.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ferryman::local {
namespace {

const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736", parent = "00f067aa0ba902b7";
const std::string guid = "6F9619FF-8B86-4011-b42d-00c04fc964ff";

TEST(TraceIdOf, IsThatOfAWellFormedTraceparent) {
  EXPECT_EQ(trace_id_of("00-" + trace + "-" + parent + "-01"), trace);
  EXPECT_EQ(trace_id_of("cc-" + trace + "-" + parent + "-00"), trace);
  EXPECT_EQ(trace_id_of("cc-" + trace + "-" + parent + "-00-what-comes-then"), trace);
}

TEST(TraceIdOf, IsNoneOfAnythingElse) {
  const std::string zeros(32, '0'), upper = "4BF92F3577B34DA6A3CE929D0E0E4736";
  const std::string valid = "00-" + trace + "-" + parent + "-01";
  for (const std::string& wrong :
       {std::string(), valid + "-", valid + "x", "cc" + valid.substr(2) + "x", "ff" + valid.substr(2),
        "0x" + valid.substr(2), "00-" + zeros + "-" + parent + "-01", "00-" + upper + "-" + parent + "-01",
        "00-" + trace + "-" + zeros.substr(16) + "-01", "00-" + trace + "-" + parent + "-0g",
        "00_" + valid.substr(3), " " + valid, "00-" + trace + parent + "-01"})
    EXPECT_EQ(trace_id_of(wrong), "") << wrong;
  for (std::size_t size = 0; size < valid.size(); ++size)
    EXPECT_EQ(trace_id_of(std::string_view(valid).substr(0, size)), "");
}

TEST(FindTraceContext, ReadsFieldsInAnyCase) {
  const std::string traceparent = "00-" + trace + "-" + parent + "-01";
  const std::vector<Field> fields{
      {"Traceparent", traceparent}, {"client-request-id", guid}, {"Return-Client-Request-Id", "True"}};
  const TraceContext context = find_trace_context(fields, "");
  EXPECT_EQ(context.trace_id, trace);
  EXPECT_EQ(context.client_request_id, guid);
  EXPECT_TRUE(context.return_client_request_id);
}

TEST(FindTraceContext, TakesNothingThatIsThereTwiceOrNotInItsForm) {
  const std::string traceparent = "00-" + trace + "-" + parent + "-01";
  const std::vector<Field> twice{{"traceparent", traceparent},
                                 {"traceparent", traceparent},
                                 {"client-request-id", guid},
                                 {"client-request-id", guid}};
  EXPECT_EQ(find_trace_context(twice, "").trace_id, "");
  EXPECT_EQ(find_trace_context(twice, "").client_request_id, "");
  for (const std::string& wrong :
       {std::string("1"), "{" + guid + "}", guid + " ", guid + "\r\nX: y", std::string(36, '-')}) {
    const std::vector<Field> fields{{"client-request-id", wrong}, {"return-client-request-id", "true"}};
    EXPECT_EQ(find_trace_context(fields, "").client_request_id, "") << wrong;
    EXPECT_FALSE(find_trace_context(fields, "").return_client_request_id);
  }
}

TEST(FindTraceContext, PrefersTheQuery) {
  const std::string other = "00000000-8b86-4011-b42d-00c04fc964ff";
  const std::vector<Field> fields{{"client-request-id", other}};
  const auto context =
      find_trace_context(fields, "a=b&client-request-id=" + guid + "&return-client-request-id=true");
  EXPECT_EQ(context.client_request_id, guid);
  EXPECT_TRUE(context.return_client_request_id);
  EXPECT_EQ(find_trace_context(fields, "client-request-id&x").client_request_id, other);
}

}  // namespace
}  // namespace ferryman::local
