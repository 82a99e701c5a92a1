#include "crypto/keytab.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "crypto/test_tools.h"

namespace ferryman::crypto {
namespace {

class File {
 public:
  File() { ::close(::mkstemp(path_.data())); }
  ~File() { ::unlink(path_.c_str()); }
  const std::string& path() const { return path_; }
  void write(Bytes octets) { std::ofstream(path_, std::ios::binary) << as_text(octets); }
  Octets read() {
    std::ifstream stream(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

 private:
  std::string path_ = testing::TempDir() + "keytabXXXXXX";
};

KeytabEntry entry(std::int32_t etype, std::uint32_t kvno, std::vector<std::string> components) {
  return {"R.TEST", std::move(components), 3, 1'700'000'000, kvno, Key::random(etype)};
}

void expect_equal(const KeytabEntry& a, const KeytabEntry& b) {
  EXPECT_EQ(a.principal(), b.principal());
  EXPECT_EQ(a.name_type, b.name_type);
  EXPECT_EQ(a.timestamp, b.timestamp);
  EXPECT_EQ(a.kvno, b.kvno);
  EXPECT_EQ(a.key.etype(), b.key.etype());
  EXPECT_EQ(to_hex(a.key.octets()), to_hex(b.key.octets()));
}

std::vector<KeytabEntry> some() {
  std::vector<KeytabEntry> entries;
  entries.push_back(entry(18, 1, {"HTTP", "www"}));
  entries.push_back(entry(23, 300, {"alice"}));
  entries.push_back(entry(20, (12345U << 16) + 7, {"krbtgt", "R.TEST"}));
  entries.push_back(entry(17, 0xffff0001, {"a/b@c\\d\n", "x"}));
  return entries;
}

TEST(Keytab, IsReadByLibkrb5) {
  const auto entries = some();
  File file;
  file.write(write_keytab(entries).bytes());
  krb5_context context = nullptr;
  krb5_keytab keytab = nullptr;
  krb5_kt_cursor cursor{};
  ASSERT_EQ(krb5_init_secure_context(&context), 0);
  ASSERT_EQ(krb5_kt_resolve(context, ("FILE:" + file.path()).c_str(), &keytab), 0);
  ASSERT_EQ(krb5_kt_start_seq_get(context, keytab, &cursor), 0);
  for (const auto& expected : entries) {
    krb5_keytab_entry read{};
    ASSERT_EQ(krb5_kt_next_entry(context, keytab, &read, &cursor), 0);
    char* name = nullptr;
    ASSERT_EQ(krb5_unparse_name(context, read.principal, &name), 0);
    EXPECT_EQ(name, expected.principal());
    EXPECT_EQ(read.vno, expected.kvno);
    EXPECT_EQ(read.key.enctype, expected.key.etype());
    EXPECT_EQ(to_hex({read.key.contents, read.key.length}), to_hex(expected.key.octets()));
    krb5_free_unparsed_name(context, name);
    krb5_free_keytab_entry_contents(context, &read);
  }
  krb5_keytab_entry none{};
  EXPECT_EQ(krb5_kt_next_entry(context, keytab, &none, &cursor), KRB5_KT_END);
  krb5_kt_end_seq_get(context, keytab, &cursor);
  krb5_kt_close(context, keytab);
  krb5_free_context(context);
}

TEST(Keytab, OfLibkrb5IsReadWithWhatItRemoved) {
  const auto entries = some();
  File file;
  ::unlink(file.path().c_str());
  krb5_context context = nullptr;
  krb5_keytab keytab = nullptr;
  ASSERT_EQ(krb5_init_secure_context(&context), 0);
  ASSERT_EQ(krb5_kt_resolve(context, ("WRFILE:" + file.path()).c_str(), &keytab), 0);
  for (const auto& written : entries) {
    krb5_keytab_entry made{};
    ASSERT_EQ(krb5_parse_name(context, written.principal().c_str(), &made.principal), 0);
    made.timestamp = static_cast<krb5_timestamp>(written.timestamp);
    made.vno = written.kvno;
    made.key = keyblock_of(written.key);
    ASSERT_EQ(krb5_kt_add_entry(context, keytab, &made), 0);
    if (&written == &entries[1]) {
      EXPECT_EQ(krb5_kt_remove_entry(context, keytab, &made), 0);
    }
    krb5_free_principal(context, made.principal);
  }
  krb5_kt_close(context, keytab);
  krb5_free_context(context);
  const auto read = read_keytab(file.read());
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), entries.size() - 1);
  for (std::size_t i = 0; i < read->size(); ++i) {
    const auto& expected = entries[i == 0 ? 0 : i + 1];
    EXPECT_EQ((*read)[i].principal(), expected.principal());
    EXPECT_EQ((*read)[i].kvno, expected.kvno);
    EXPECT_EQ(to_hex((*read)[i].key.octets()), to_hex(expected.key.octets()));
  }
}

TEST(Keytab, ReadsWhatItWrote) {
  const auto entries = some();
  const auto read = read_keytab(write_keytab(entries).bytes());
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) expect_equal((*read)[i], entries[i]);
  EXPECT_TRUE(read_keytab(write_keytab({}).bytes())->empty());
}

TEST(Keytab, PassesOverEtypesThatAreNotServed) {
  std::vector<KeytabEntry> entries = some();
  Secret file = write_keytab(entries);
  // The first entry's etype stands behind its fixed parts and names.
  constexpr std::size_t etype_at = 2 + 4 + 2 + 2 + 6 + 2 + 4 + 2 + 3 + 4 + 4 + 1;
  ASSERT_EQ(file.bytes()[etype_at + 1], 18);
  file.writable()[etype_at + 1] = 1;
  EXPECT_EQ(read_keytab(file.bytes())->size(), entries.size() - 1);
  file.writable()[etype_at + 1] = 17;
  EXPECT_EQ(read_keytab(file.bytes()).error().fault, Fault::wrong_value) << "its key has another length";
}

TEST(Keytab, AnotherFormatAndTruncationsAreTold) {
  EXPECT_EQ(read_keytab(as_bytes("\x05\x01")).error().fault, Fault::wrong_value);
  EXPECT_FALSE(read_keytab({}));
  std::vector<KeytabEntry> entries;
  entries.push_back(entry(18, 1, {"alice"}));
  const Secret file = write_keytab(entries);
  for (std::size_t size = 3; size < file.size(); ++size)
    EXPECT_EQ(read_keytab(file.bytes().first(size)).error().fault, Fault::truncated) << size;
}

}  // namespace
}  // namespace ferryman::crypto
