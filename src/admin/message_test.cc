#include "admin/message.h"

#include <gtest/gtest.h>

namespace ferryman::admin {
namespace {

std::string refused(std::string_view line) {
  const auto request = parse_request(line);
  return request ? "taken" : request.error().reason;
}

std::string_view without_line_feed(const std::string& line) {
  EXPECT_TRUE(line.ends_with('\n'));
  return std::string_view(line).substr(0, line.size() - 1);
}

TEST(Request, IsReadAsItWasPrinted) {
  const Request request{"user.add", "example", {{"name", "b\u00f6b\n"}, {"uid", nullptr}, {"upns", {"a@b"}}}};
  const auto line = print(request);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->find('\n'), line->size() - 1);
  EXPECT_EQ(parse_request(without_line_feed(*line)).value(), request);
}

TEST(Request, NeedsNeitherTenantNorArguments) {
  const auto request = parse_request(R"({"version":1,"command":"status"})");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->tenant, "");
  EXPECT_EQ(request->arguments, Json::object());
}

TEST(Request, ThatIsNoJsonObjectIsNotUnderstood) {
  for (const std::string_view line :
       {"", "{", "[]", "1", "null", R"("x")", R"({"version":1,"command":"status"} x)",
        R"({"version":1,"command":"status"}{})", R"({"version":1,"command":"status",})",
        R"({"version":1,"command":"status" /* x */})", "\xef\xbb\xbf{\"version\":1,\"command\":\"status\"}",
        R"({'version':1,"command":"status"})", "{\"version\":1,\"command\":\"st\tatus\"}"})
    EXPECT_EQ(refused(line), reason::not_understood) << line;
}

TEST(Request, EndsWhereItsLineDoes) {
  EXPECT_EQ(refused({"{\"version\":1,\"command\":\"status\"}\0x", 34}), reason::not_understood);
  EXPECT_EQ(refused({"{\"version\":1,\"command\":\"status\"}\0", 33}), reason::not_understood);
}

TEST(Request, IsUtf8) {
  EXPECT_EQ(refused("{\"version\":1,\"command\":\"\xff\"}"), reason::not_understood);
  EXPECT_EQ(refused("{\"version\":1,\"command\":\"\xc0\xaf\"}"), reason::not_understood);
  EXPECT_EQ(refused(R"({"version":1,"command":"\ud800"})"), reason::not_understood);
  EXPECT_EQ(print(Request{"user.show", "", {{"name", "\xff"}}}).error().reason, reason::invalid);
}

TEST(Request, SaysNoMemberTwice) {
  EXPECT_EQ(refused(R"({"version":1,"command":"a","command":"a"})"), reason::not_understood);
  EXPECT_EQ(refused(R"({"version":1,"command":"a","arguments":{"x":{"name":"a","n\u0061me":"b"}}})"),
            reason::not_understood);
}

TEST(Request, IsNotDeeperThanTheLimit) {
  const auto nested = [](std::size_t depth) {  // of lists, within two objects
    return R"({"version":1,"command":"a","arguments":{"x":)" + std::string(depth, '[') +
           std::string(depth, ']') + "}}";
  };
  EXPECT_EQ(refused(nested(max_depth - 2)), "taken");
  EXPECT_EQ(refused(nested(max_depth - 1)), reason::not_understood);
  EXPECT_EQ(refused(nested(max_line / 2 - 100)), reason::not_understood);
}

TEST(Request, IsNotLongerThanALine) {
  const std::string head = R"({"version":1,"command":")", tail = "\"}";
  const auto long_by = [&](std::size_t more) {
    return head + std::string(max_line - head.size() - tail.size() + more, 'x') + tail;
  };
  EXPECT_EQ(refused(long_by(0)), "taken");
  EXPECT_EQ(refused(long_by(1)), reason::not_understood);
  EXPECT_EQ(print(Request{std::string(max_line, 'x')}).error().reason, reason::invalid);
}

TEST(Request, OfAnotherVersionIsRefusedBeforeItsMembers) {
  EXPECT_EQ(refused(R"({"version":2,"command":7,"new":1})"), reason::wrong_version);
  EXPECT_EQ(refused(R"({"version":18446744073709551615,"command":"a"})"), reason::wrong_version);
  EXPECT_EQ(refused(R"({"command":"status"})"), reason::not_understood);
  EXPECT_EQ(refused(R"({"version":"1","command":"status"})"), reason::not_understood);
  EXPECT_EQ(refused(R"({"version":1.0,"command":"status"})"), reason::not_understood);
}

TEST(Request, WithAMemberThatIsNotKnownIsInvalidAndNamesIt) {
  const auto request = parse_request(R"({"version":1,"command":"status","tennant":"x"})");
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().reason, reason::invalid);
  EXPECT_NE(request.error().text.find("tennant"), std::string::npos);
}

TEST(Request, WithMembersOfAnotherTypeIsNotUnderstood) {
  EXPECT_EQ(refused(R"({"version":1})"), reason::not_understood);
  EXPECT_EQ(refused(R"({"version":1,"command":7})"), reason::not_understood);
  EXPECT_EQ(refused(R"({"version":1,"command":"a","tenant":null})"), reason::not_understood);
  EXPECT_EQ(refused(R"({"version":1,"command":"a","arguments":[]})"), reason::not_understood);
}

TEST(Reply, IsReadAsItWasPrinted) {
  const Reply result(Json{{"users", Json::array()}, {"next", ""}});
  EXPECT_EQ(parse_reply(without_line_feed(print(result))).value(), result);
  const Reply error(tl::unexpected(Failure{"not_found", "There is no user bob."}));
  EXPECT_EQ(parse_reply(without_line_feed(print(error))).value(), error);
}

TEST(Reply, MayHaveMoreMembers) {
  const auto reply = parse_reply(R"({"version":1,"ok":true,"result":{},"new":1})");
  ASSERT_TRUE(reply);
  EXPECT_TRUE(*reply);
}

TEST(Reply, ThatSaysNothingIsNoAnswer) {
  for (const std::string_view line :
       {"x", R"({"version":1})", R"({"version":1,"ok":true})", R"({"version":1,"ok":true,"result":[]})",
        R"({"version":1,"ok":false})", R"({"version":1,"ok":false,"error":{"reason":"x"}})",
        R"({"version":1,"ok":1,"result":{}})", R"({"ok":true,"result":{}})"})
    EXPECT_EQ(parse_reply(line).error().reason, reason::no_answer) << line;
  EXPECT_EQ(parse_reply(R"({"version":2,"ok":true,"result":{}})").error().reason, reason::wrong_version);
}

TEST(Reply, ThatIsTooLongSaysSo) {
  const std::string line = print(Reply(Json{{"x", std::string(max_line, 'x')}}));
  const auto reply = parse_reply(without_line_feed(line));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->error().reason, reason::invalid);
}

TEST(Reply, WithOctetsThatAreNoUtf8IsPrintedAllTheSame) {
  EXPECT_TRUE(parse_reply(without_line_feed(print(Reply(Json{{"x", "\xff"}})))));
}

TEST(Texts, AreWiped) {
  Json json{{"password", "secret"}, {"list", {"a", 1, {{"b", "c"}}}}};
  wipe_texts(json);
  EXPECT_EQ(json["password"], std::string(6, '\0'));
  EXPECT_EQ(json["list"][2]["b"], std::string(1, '\0'));
}

}  // namespace
}  // namespace ferryman::admin
