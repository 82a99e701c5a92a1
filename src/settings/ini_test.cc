#include "settings/ini.h"

#include <gtest/gtest.h>

namespace ferryman {
namespace {

std::string get(const Ini& ini, std::string_view section, std::string_view key) {
  const auto* found = ini.find(section);
  if (found == nullptr) return "no section";
  const auto value = ini.get(*found, key);
  if (!value) return "line " + std::to_string(value.error().line) + ": " + value.error().text;
  return value->line == 0 ? "absent" : value->text;
}

TEST(Ini, ReadsWhatConfigparserReads) {
  Ini ini;
  ASSERT_TRUE(ini.read(
      "# comment\n[A]\nKey = one\n  two\n\n  ; no value\n  three\nother: x=y\nempty =\n[B]\r\nkey=b\r\n"));
  EXPECT_EQ(get(ini, "A", "key"), "one\ntwo\nthree");
  EXPECT_EQ(get(ini, "A", "other"), "x=y");
  EXPECT_EQ(get(ini, "A", "empty"), "");
  EXPECT_EQ(get(ini, "B", "key"), "b");
  EXPECT_EQ(get(ini, "B", "other"), "absent");
  EXPECT_EQ(get(ini, "b", "key"), "no section");
}

TEST(Ini, PutsReferencesAndDefaultsIn) {
  Ini ini;
  ASSERT_TRUE(
      ini.read("[DEFAULT]\nhost = kdc\n[A]\nurl = %(host)s.%(domain)s:100%%\ndomain = test\nbad = 5%\n"
               "loop = %(loop)s\nnone = %(nothing)s\n"));
  EXPECT_EQ(get(ini, "A", "url"), "kdc.test:100%");
  EXPECT_EQ(get(ini, "A", "host"), "kdc");
  EXPECT_EQ(get(ini, "A", "bad"), "line 6: \"%\" must be followed by \"%\" or \"(key)s\"");
  EXPECT_EQ(get(ini, "A", "loop"), "line 7: references are nested too deep");
  EXPECT_EQ(get(ini, "A", "none"), "line 8: %(nothing)s refers to no key");
}

TEST(Ini, ALaterTextGoesBeforeAnEarlier) {
  Ini ini;
  ASSERT_TRUE(ini.read("[A]\nx = 1\ny = 1\n"));
  ASSERT_TRUE(ini.read("[A]\nx = 2\n[B]\nz = 2\n"));
  EXPECT_EQ(get(ini, "A", "x") + get(ini, "A", "y") + get(ini, "B", "z"), "212");
}

TEST(Ini, SaysWhereItIsWrong) {
  const auto line = [](std::string_view text) {
    Ini ini;
    const auto read = ini.read(text);
    return read ? 0U : read.error().line;
  };
  EXPECT_EQ(line("x = 1\n"), 1U);
  EXPECT_EQ(line("[A]\n\nnonsense\n"), 3U);
  EXPECT_EQ(line("[A]\nx=1\nX=2\n"), 3U);
  EXPECT_EQ(line("[A]\n[B]\n[A]\n"), 3U);
  EXPECT_EQ(line("[A]\nx=1\n"), 0U);
}

}  // namespace
}  // namespace ferryman
