#include "gateway/request_trace.h"

#include <gtest/gtest.h>

namespace ferryman::gateway {
namespace {

using Sent = std::vector<local::HttpResponse::OwnedField>;
constexpr std::string_view guid = "6f9619ff-8b86-4011-b42d-00c04fc964ff";

TEST(RequestTrace, SendsBackWhatTheClientAsksFor) {
  std::vector<local::Field> fields{{"client-request-id", guid}};
  EXPECT_EQ(RequestTrace(fields, "", "0-1").fields(), (Sent{{"x-ms-request-id", "0-1"}}));
  fields.push_back({"return-client-request-id", "true"});
  EXPECT_EQ(RequestTrace(fields, "", "0-1").fields(),
            (Sent{{"x-ms-request-id", "0-1"}, {"client-request-id", std::string(guid)}}));
  fields[0].value = "no GUID";
  EXPECT_EQ(RequestTrace(fields, "", "0-1").fields(), Sent{});
}

TEST(RequestTrace, NamesTheRequestInItsEvent) {
  const std::vector<local::Field> fields{
      {"client-request-id", guid},
      {"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}};
  RequestEvent event;
  const RequestTrace trace(fields, "", "0-1");
  trace.put_into(event);
  EXPECT_EQ(event.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(event.client_request_id, guid);
}

}  // namespace
}  // namespace ferryman::gateway
