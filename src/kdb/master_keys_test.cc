#include "kdb/master_keys.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "crypto/keytab.h"
#include "crypto/string_to_key.h"

namespace ferryman::kdb {
namespace {

std::string file(const std::string& name) {
  std::ifstream stream(std::string(TESTDATA "/") + name);
  return {std::istreambuf_iterator<char>(stream), {}};
}

DumpedPrincipal principal(std::string_view name) {
  std::ifstream stream(TESTDATA "/dump");
  for (std::string line; std::getline(stream, line);)
    if (line.find("\t" + std::string(name) + "@EXAMPLE.COM\t") != line.npos)
      return read_principal(line).value();
  return {};
}

MasterKeys master(const std::string& stash) {
  auto keys = MasterKeys::read(as_bytes(file(stash)));
  EXPECT_TRUE(keys);
  return *std::move(keys);
}

// The key that the password makes.
void expect_key_of(const MasterKeys& master, std::string_view name, std::size_t number,
                   std::string_view password) {
  const DumpedPrincipal dumped = principal(name);
  const SealedKey& sealed = dumped.keys.at(number);
  const auto opened = master.open(sealed, dumped.master_kvno);
  ASSERT_TRUE(opened) << name;
  const auto made =
      crypto::string_to_key(sealed.etype, as_bytes(password), as_bytes(*salt_of(dumped, sealed)));
  ASSERT_TRUE(made);
  EXPECT_TRUE(equal_in_constant_time(opened->octets(), made->octets())) << name << " " << number;
}

TEST(MasterKeys, OpenWhatPasswordsMake) {
  for (const char* stash : {"stash", "old_stash"}) {
    MasterKeys keys = master(stash);
    EXPECT_EQ(keys.realm(), "EXAMPLE.COM");
    ASSERT_TRUE(keys.add(principal("K/M"))) << stash;
    for (std::size_t number : {0, 1, 2}) expect_key_of(keys, "alice", number, "second");
    for (std::size_t number : {3, 4, 5}) expect_key_of(keys, "alice", number, "first");
    expect_key_of(keys, "after", 0, "renamed");
    expect_key_of(keys, "new", 0, "new");
  }
}

TEST(MasterKeys, AreThoseOfTheStashFileWithoutKM) {
  const MasterKeys keys = master("stash");
  EXPECT_TRUE(keys.has(2));
  EXPECT_FALSE(keys.has(1));
  expect_key_of(keys, "new", 0, "new");
  const auto opened = keys.open(principal("alice").keys[0], 1);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().fault, Fault::missing_field);
}

TEST(MasterKeys, OfAnotherDatabaseAreFound) {
  auto entries = crypto::read_keytab(as_bytes(file("stash"))).value();
  entries[0].key = crypto::Key::random(18);
  for (const std::uint32_t kvno : {1U, 2U, 3U}) {
    entries[0].kvno = kvno;
    auto keys = MasterKeys::read(crypto::write_keytab(entries).bytes());
    ASSERT_TRUE(keys);
    EXPECT_FALSE(keys->add(principal("K/M"))) << kvno;
  }
  EXPECT_FALSE(master("stash").add({}));
}

TEST(MasterKeys, OpenNoKeyThatIsDamaged) {
  MasterKeys keys = master("stash");
  const SealedKey whole = principal("new").keys[0];
  for (std::size_t at = 0; at < whole.sealed.size(); ++at) {
    SealedKey damaged = whole;
    damaged.sealed[at] ^= 1;
    EXPECT_FALSE(keys.open(damaged, 2)) << at;
    damaged.sealed.resize(at);
    EXPECT_FALSE(keys.open(damaged, 2)) << at;
  }
}

TEST(MasterKeys, AreNoOtherKeytabs) {
  auto entries = crypto::read_keytab(as_bytes(file("stash"))).value();
  entries[0].components = {"HTTP", "www.example.com"};
  const auto keys = MasterKeys::read(crypto::write_keytab(entries).bytes());
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().fault, Fault::missing_field);
  EXPECT_FALSE(MasterKeys::read(as_bytes("")));
  EXPECT_FALSE(MasterKeys::read(as_bytes(std::string(76, 'x'))));
}

}  // namespace
}  // namespace ferryman::kdb
