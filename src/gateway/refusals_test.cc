#include "gateway/refusals.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "kerberos/encode.h"

namespace ferryman::gateway {
namespace {

using Time = std::chrono::system_clock::time_point;

RequestEvent refused(std::string_view reason) {
  RequestEvent event;
  event.kind = EventKind::refused;
  event.client = "192.0.2.1:50000";
  event.target_domain = "EXAMPLE.COM";
  event.reason = reason;
  return event;
}

TEST(RefusalsTest, TellsWhoWasRefusedAndWhy) {
  const auto message = kerberos::make_as_req("al\xe2\x80\xaeice", "EXAMPLE.COM", {{18}}, {});
  const auto request = kerberos::parse_request(message);
  ASSERT_TRUE(request);  // no control character may stand in a name
  RequestEvent event = refused("unarmored_password");
  event.request = &*request;
  event.target_domain = "example.com";
  Refusals refusals;
  refusals.note(event, Time(std::chrono::seconds(7)));
  const auto list = refusals.list();
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].time, Time(std::chrono::seconds(7)));
  EXPECT_EQ(list[0].kind, EventKind::refused);
  EXPECT_EQ(list[0].client, "192.0.2.1:50000");
  EXPECT_EQ(list[0].realm, "EXAMPLE.COM");
  EXPECT_EQ(list[0].cname, "al\\u202eice");
  EXPECT_EQ(list[0].sname, "krbtgt/EXAMPLE.COM");
  EXPECT_EQ(list[0].reason, "unarmored_password");
}

TEST(RefusalsTest, CutsWhatClientsChoose) {
  std::string name;
  for (int i = 0; i < 5000; ++i) name += "\xc3\xab\x01";
  RequestEvent event = refused("x");
  event.target_domain = name;
  Refusals refusals;
  refusals.note(event, Time());
  const std::string realm = refusals.list()[0].realm;
  EXPECT_LE(realm.size(), Refusals::max_text + 3);
  EXPECT_TRUE(is_utf8(realm));
  EXPECT_TRUE(realm.ends_with("..."));
}

TEST(RefusalsTest, KeepsTheLast) {
  Refusals refusals;
  EXPECT_TRUE(refusals.list().empty());
  for (std::size_t i = 0; i < Refusals::max_kept + 7; ++i) refusals.note(refused(std::to_string(i)), Time());
  const auto list = refusals.list();
  ASSERT_EQ(list.size(), Refusals::max_kept);
  EXPECT_EQ(list.front().reason, "7");
  EXPECT_EQ(list.back().reason, std::to_string(Refusals::max_kept + 6));
}

TEST(RefusalsTest, AreNotWhatWasAnswered) {
  EXPECT_TRUE(Refusals::is_one(EventKind::no_kdc));
  EXPECT_FALSE(Refusals::is_one(EventKind::exchange));
  EXPECT_FALSE(Refusals::is_one(EventKind::sign_in));
}

}  // namespace
}  // namespace ferryman::gateway
