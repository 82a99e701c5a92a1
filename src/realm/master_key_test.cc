#include "realm/master_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "realm/file_access.h"

namespace ferryman::realm {
namespace {

class MasterKeyFile : public testing::Test {
 protected:
  MasterKeyFile() {
    std::string name = testing::TempDir() + "master_key.XXXXXX";
    directory_ = ::mkdtemp(name.data());
  }
  ~MasterKeyFile() override { std::filesystem::remove_all(directory_); }

  std::string path() const { return directory_ + "/master.key"; }
  std::string source() const { return "file:" + path(); }
  void write(const std::string& text, mode_t mode = 0600) const {
    std::ofstream(path()) << text;
    ::chmod(path().c_str(), mode);
  }
  // What is said of it, or "read".
  std::string outcome() const {
    const auto key = read_master_key(source());
    return key ? "read" : key.error();
  }

  std::string directory_;
};

const std::string text = std::string(32, 'a') + std::string(32, 'B') + "\n";

TEST_F(MasterKeyFile, WhatIsMadeIsReadAgain) {
  const auto made = create_master_key(source());
  ASSERT_TRUE(made.has_value()) << made.error();
  const auto key = read_master_key(source()), again = read_master_key(source());
  ASSERT_TRUE(key.has_value()) << key.error();
  ASSERT_TRUE(again.has_value()) << again.error();
  EXPECT_EQ(key->id(), again->id());
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
  EXPECT_EQ(status.st_size, 65);
}

TEST_F(MasterKeyFile, IsReadInEitherCaseOfTheDigits) {
  write(text);
  const Octets octets = [] {
    Octets half(16, 0xaa);
    half.insert(half.end(), 16, 0xbb);
    return half;
  }();
  const auto key = read_master_key(source());
  ASSERT_TRUE(key.has_value()) << key.error();
  EXPECT_EQ(key->id(), directory::MasterKey::make(octets)->id());
}

TEST_F(MasterKeyFile, IsMadeAnewEachTime) {
  ASSERT_TRUE(create_master_key(source()).has_value());
  const auto first = read_master_key(source());
  std::filesystem::remove(path());
  ASSERT_TRUE(create_master_key(source()).has_value());
  EXPECT_NE(first->id(), read_master_key(source())->id());
}

TEST_F(MasterKeyFile, IsNeverMadeOverAnother) {
  write(text);
  const auto made = create_master_key(source());
  ASSERT_FALSE(made.has_value());
  EXPECT_NE(made.error().find("File exists"), std::string::npos) << made.error();
  EXPECT_EQ(outcome(), "read");
}

TEST_F(MasterKeyFile, MustBeAloneItsOwners) {
  for (const mode_t mode : {0640U, 0620U, 0604U, 0602U, 0610U, 0666U}) {
    write(text, mode);
    EXPECT_NE(outcome().find("chmod 600"), std::string::npos) << mode;
  }
  write(text, 0400);
  EXPECT_EQ(outcome(), "read");
  if (::geteuid() != 0) GTEST_SKIP() << "the rest needs root";
  ASSERT_EQ(::chown(path().c_str(), 1, 0), 0);
  EXPECT_NE(outcome().find("start ferryman-realm as " + user_name(1)), std::string::npos);
}

TEST_F(MasterKeyFile, MustBeJustAKey) {
  const std::string hex = text.substr(0, 64);
  for (const std::string& wrong : {std::string(), hex, text + "\n", hex + " ", "g" + text.substr(1),
                                   " " + hex, std::string(65, '\0'), text.substr(1)}) {
    write(wrong);
    EXPECT_NE(outcome().find("64 hexadecimal digits"), std::string::npos) << outcome();
  }
}

TEST_F(MasterKeyFile, MustBeARegularFile) {
  EXPECT_NE(outcome().find("No such file"), std::string::npos);
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  EXPECT_NE(outcome().find("no regular file"), std::string::npos);
  std::filesystem::remove(path());
  std::filesystem::create_directory(path());
  EXPECT_NE(outcome().find("no regular file"), std::string::npos);
}

// A change that ends while they are looked at.
TEST_F(MasterKeyFile, IsFoundWhereTheNextOneTakesItsPlaceMeanwhile) {
  ASSERT_TRUE(create_master_key(source()));
  ASSERT_TRUE(create_master_key(next_master_key(source())));
  const std::uint32_t present = read_master_key(source())->id(),
                      next = read_master_key(next_master_key(source()))->id();
  std::vector<std::uint32_t> seen;
  each_master_key(source(), [&](const directory::MasterKey& key, MasterKeyPlace place) {
    EXPECT_EQ(place, MasterKeyPlace::present);
    if (seen.empty()) std::filesystem::rename(path() + ".new", path());
    seen.push_back(key.id());
    return key.id() == next;
  });
  EXPECT_EQ(seen, (std::vector{present, next}));
}

TEST(MasterKeySource, IsAFileWithAnAbsolutePath) {
  EXPECT_EQ(master_key_file("file:/a/b").value(), "/a/b");
  for (const char* wrong : {"", "/a/b", "file:", "file:a", "file:/", "file:/a/", "File:/a", "http://a"})
    EXPECT_FALSE(master_key_file(wrong).has_value()) << wrong;
}

}  // namespace
}  // namespace ferryman::realm
