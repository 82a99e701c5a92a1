#include "ad/sync_state.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace ferryman::ad {
namespace {

const SyncState state{"dc1.ad.example.test",
                      "6f9619ff-8b86-4011-b42d-00c04fc964ff",
                      4711,
                      1'900'000'000,
                      1'899'990'000,
                      "example",
                      {"S-1-5-21-1-2-3-1200"},
                      {"S-1-5-21-1-2-3-1104", "S-1-5-21-1-2-3-1105"}};

class SyncStateFile : public testing::Test {
 protected:
  SyncStateFile() { std::filesystem::create_directory(folder_); }
  ~SyncStateFile() override { std::filesystem::remove_all(folder_); }

  const std::string folder_ = testing::TempDir() + "sync-state-" + std::to_string(::getpid()),
                    file_ = folder_ + "/ad.example.test.json";
};

TEST(SyncState, IsReadAsItWasWritten) {
  EXPECT_EQ(parse_state(print(state)), state);
  SyncState none;
  EXPECT_EQ(parse_state(print(none)), none);
}

TEST(SyncState, RemembersKeysThatWereWritten) {
  SyncState with = state;
  KeyId first{}, second{};
  first.fill(1);
  second.fill(0xff);
  with.keys = {{"S-1-5-21-1-2-3-1104", {first, second}}, {"S-1-5-21-1-2-3-1105", {first}}};
  const std::string text = print(with);
  EXPECT_EQ(parse_state(text), with);
  EXPECT_EQ(print(state).find("\"keys\""), std::string::npos);
  for (const char* wrong : {"[]", "{\"S\": 1}", "{\"S\": [1]}", "{\"S\": [\"AQ\"]}", "{\"S\": [[]]}"}) {
    std::string other = print(state);
    other.replace(other.find('{'), 1, std::string("{\"keys\": ") + wrong + ",");
    EXPECT_FALSE(parse_state(other)) << wrong;
  }
}

TEST(SyncState, OfAnotherFormIsNone) {
  for (const char* text : {"", "x", "[]", "{}", "{\"version\": 2}", "{\"version\": 1}"})
    EXPECT_FALSE(parse_state(text)) << text;
  const auto with = [](std::string_view from, std::string_view to) {
    std::string text = print(state);
    text.replace(text.find(from), from.size(), to);
    return parse_state(text);
  };
  EXPECT_FALSE(with("4711", "\"4711\""));
  EXPECT_FALSE(with("4711", "-1"));
  EXPECT_FALSE(with("\"S-1-5-21-1-2-3-1104\"", "1104"));
  EXPECT_FALSE(with("\"version\": 1", "\"version\": 2"));
  EXPECT_FALSE(with("\"tenant\"", "\"tenants\""));
  EXPECT_FALSE(with("\n}", ""));
  EXPECT_TRUE(with("4711", "4712"));
}

TEST_F(SyncStateFile, IsKeptForItsOwnUserAlone) {
  EXPECT_EQ(load_state(file_).value(), std::nullopt);
  EXPECT_FALSE(store_state(file_, SyncState()));
  EXPECT_FALSE(store_state(file_, state)) << "in place of the former one";
  EXPECT_EQ(load_state(file_).value(), state);
  struct stat found {};
  ASSERT_EQ(::stat(file_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777, 0600U);
}

TEST_F(SyncStateFile, ThatIsDamagedIsToldFromNone) {
  const std::string whole = print(state);
  for (const std::string& text : {std::string(), whole.substr(0, 100), std::string(2 << 20, ' ')}) {
    std::ofstream(file_) << text;
    EXPECT_EQ(load_state(file_).error(), std::errc::bad_message);
  }
}

TEST_F(SyncStateFile, ThatIsDamagedIsSetAside) {
  EXPECT_EQ(set_aside(file_).error(), std::errc::no_such_file_or_directory);
  for (const char* text : {"once", "twice"}) {
    std::ofstream(file_) << text;
    EXPECT_EQ(set_aside(file_).value(), file_ + ".unread");
    EXPECT_EQ(load_state(file_).value(), std::nullopt);
    std::string kept;
    std::ifstream(file_ + ".unread") >> kept;
    EXPECT_EQ(kept, text);
  }
}

TEST_F(SyncStateFile, ThatCannotBeReadOrWrittenIsAFailure) {
  EXPECT_EQ(load_state(folder_).error(), std::errc::is_a_directory);
  EXPECT_EQ(store_state(folder_ + "/none/x.json", state), std::errc::no_such_file_or_directory);
}

}  // namespace
}  // namespace ferryman::ad
