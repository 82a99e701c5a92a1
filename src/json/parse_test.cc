#include "json/parse.h"

#include <gtest/gtest.h>

namespace ferryman::json {
namespace {

std::string nested(std::size_t depth) {
  std::string text = "1";
  for (std::size_t i = 0; i < depth; ++i)
    text = (i % 2 == 0 ? "{\"a\":" : "{\"a\":[") + text + (i % 2 == 0 ? "}" : "]}");
  return text;
}

TEST(ParseObject, TakesAnObject) {
  const auto object = parse_object(R"({"a":[1,{"b":null}],"c":"\u00e9","d":1.5,"e":true})", 3);
  ASSERT_TRUE(object);
  EXPECT_EQ(*object, Json::parse(R"({"a":[1,{"b":null}],"c":"é","d":1.5,"e":true})"));
}

TEST(ParseObject, TakesNothingElse) {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {""sv, "1"sv, "[]"sv, "null"sv, "{"sv, "{}}"sv, "{} {}"sv, " {}"sv, "\xef\xbb\xbf{}"sv, "{}\0"sv,
        "{\"a\":\"\xff\"}"sv, "{\"a\":\"\\ud800\"}"sv, "{\"a\":1,}"sv, "{a:1}"sv, "{\"a\":NaN}"sv,
        "{\"a\":1e999}"sv, "{/**/}"sv}) {
    EXPECT_FALSE(parse_object(text, 8)) << text;
  }
}

TEST(ParseObject, SaysNoMemberTwice) {
  EXPECT_FALSE(parse_object(R"({"a":1,"a":1})", 8));
  EXPECT_FALSE(parse_object(R"({"a":1,"\u0061":2})", 8)) << "written otherwise it is the same";
  EXPECT_FALSE(parse_object(R"({"b":[{"a":1,"a":1}]})", 8));
  EXPECT_TRUE(parse_object(R"({"a":{"a":1}})", 8));
}

TEST(ParseObject, BoundsTheDepth) {
  EXPECT_TRUE(parse_object(nested(4), 6));
  EXPECT_FALSE(parse_object(nested(4), 5));
  EXPECT_FALSE(parse_object(nested(2000), 8));
}

TEST(Member, IsOfTheTypeThatIsAskedFor) {
  const Json object{{"a", "text"}, {"b", 1}};
  ASSERT_NE(text_member(object, "a"), nullptr);
  EXPECT_EQ(*text_member(object, "a"), "text");
  EXPECT_EQ(text_member(object, "b"), nullptr);
  EXPECT_EQ(text_member(object, "c"), nullptr);
  EXPECT_NE(member(object, "b", Json::value_t::number_integer), nullptr);
}

TEST(WipeTexts, OverwritesEveryOne) {
  Json value{{"a", "secret"}, {"b", {"secret", {{"c", "secret"}}}}};
  wipe_texts(value);
  EXPECT_EQ(value["a"], std::string(6, '\0'));
  EXPECT_EQ(value["b"][0], std::string(6, '\0'));
  EXPECT_EQ(value["b"][1]["c"], std::string(6, '\0'));
}

}  // namespace
}  // namespace ferryman::json
