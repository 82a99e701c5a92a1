#include "pki/key_credential.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "base/base64.h"
#include "base/endian.h"
#include "pki/bcrypt_blob.h"
#include "pki/private_key.h"

namespace ferryman::pki {
namespace {

const PublicKey& rsa_key() {
  static const PublicKey kept = PrivateKey::generate_rsa().public_key();
  return kept;
}

KeyCredential credential() {
  return {.material = key_material(rsa_key()),
          .usage = key_usage::ngc,
          .source = key_source::active_directory,
          .device = guid_of_text("00112233-4455-6677-8899-aabbccddeeff"),
          .custom_information = {1, 0},
          .last_logon = 133'500'000'000'000'000,
          .created = 133'400'000'000'000'000};
}

struct Entry {
  std::uint8_t number;
  Octets value;
};

Octets blob_of(const std::vector<Entry>& entries, std::uint32_t version = 0x200) {
  Octets blob;
  LittleEndianWriter writer(blob);
  writer.u32(version);
  for (const Entry& entry : entries) {
    writer.u16(static_cast<std::uint16_t>(entry.value.size()));
    writer.u8(entry.number);
    writer.octets(entry.value);
  }
  return blob;
}

Fault fault_of(const Octets& blob) {
  const auto parsed = parse_key_credential(blob);
  EXPECT_FALSE(parsed);
  return parsed ? Fault{} : parsed.error().fault;
}

Octets id_of(const Octets& material) {
  const auto id = KeyCredential{.material = material}.id();
  return {id.begin(), id.end()};
}

const Octets material{1, 2, 3};

TEST(KeyCredential, IsReadAsItWasWritten) {
  for (const KeyCredential& one :
       {credential(), KeyCredential{.material = material, .usage = key_usage::fido}}) {
    const Octets blob = key_credential_blob(one);
    EXPECT_EQ(parse_key_credential(blob), one);
  }
}

TEST(KeyCredential, ItsEntriesStandInTheOrderOfTheirNumbers) {
  const Octets blob = key_credential_blob(credential());
  LittleEndianReader reader(blob);
  EXPECT_EQ(reader.u32(), 0x200U);
  for (std::uint8_t number = 1; number <= 9; ++number) {
    const std::uint16_t size = reader.u16();
    EXPECT_EQ(reader.u8(), number);
    reader.octets(size);
  }
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.left(), 0U);
}

TEST(KeyCredential, OneWithTheLeastIsOne) {  // as samba-tool writes it
  const auto parsed = parse_key_credential(blob_of({{1, id_of(material)}, {3, material}, {4, {1}}}));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed, (KeyCredential{.material = material}));
}

TEST(KeyCredential, WhatIsMissingOrTwiceOrOutOfOrderIsRefused) {
  const Entry id{1, id_of(material)}, key{3, material}, usage{4, {1}}, source{5, {0}};
  EXPECT_EQ(fault_of(blob_of({key, usage})), Fault::missing_field);
  EXPECT_EQ(fault_of(blob_of({id, usage})), Fault::missing_field);
  EXPECT_EQ(fault_of(blob_of({id, key})), Fault::missing_field);
  EXPECT_EQ(fault_of(blob_of({id, key, usage, usage})), Fault::wrong_value);
  EXPECT_EQ(fault_of(blob_of({id, key, source, usage})), Fault::wrong_value);
  EXPECT_EQ(fault_of(blob_of({id, key, usage, {10, {1}}})), Fault::unsupported);
  EXPECT_EQ(fault_of(blob_of({{0, {1}}, id, key, usage})), Fault::wrong_value);
  EXPECT_EQ(fault_of(blob_of({id, key, usage}, 0x100)), Fault::unsupported);
  EXPECT_EQ(fault_of({}), Fault::truncated);
}

TEST(KeyCredential, EntriesHaveTheirSizes) {
  const Entry id{1, id_of(material)}, key{3, material}, usage{4, {1}};
  EXPECT_EQ(fault_of(blob_of({{1, Octets(31)}, key, usage})), Fault::wrong_value);
  EXPECT_EQ(fault_of(blob_of({id, {2, Octets(33)}, key, usage})), Fault::wrong_value);
  EXPECT_EQ(fault_of(blob_of({id, {3, {}}, usage})), Fault::wrong_value);
  EXPECT_EQ(fault_of(blob_of({id, key, {4, {}}})), Fault::wrong_value);
  EXPECT_EQ(fault_of(blob_of({id, key, {4, {1, 0}}})), Fault::wrong_value);
  EXPECT_EQ(fault_of(blob_of({id, key, usage, {6, Octets(15)}})), Fault::wrong_value);
  EXPECT_EQ(fault_of(blob_of({id, key, usage, {8, Octets(7)}})), Fault::wrong_value);
  EXPECT_EQ(fault_of(Octets(KeyCredential::max_size + 1)), Fault::length_too_large);
  EXPECT_THROW(key_credential_blob({.material = Octets(KeyCredential::max_size)}), std::length_error);
  EXPECT_THROW(key_credential_blob({.material = Octets(70'000)}), std::length_error);
}

TEST(KeyCredential, AnyChangedOctetIsNoticed) {
  const Octets blob = key_credential_blob(credential());
  for (std::size_t at = 0; at < blob.size(); ++at) {
    Octets bent = blob;
    bent[at] ^= 1;
    EXPECT_FALSE(parse_key_credential(bent)) << at;
  }
  for (std::size_t size = 0; size < blob.size(); ++size)
    EXPECT_FALSE(parse_key_credential(Bytes(blob).first(size)));
}

TEST(KeyCredential, AKeyHasOneMaterialAndIsReadFromOthers) {
  const PublicKey p256 = PrivateKey::generate_p256().public_key();
  for (const Octets& form : {key_material(rsa_key()), rsa_key().subject_public_key_info()}) {
    const auto key = key_of_material(form);
    ASSERT_TRUE(key);
    EXPECT_TRUE(*key == rsa_key());
  }
  EXPECT_EQ(key_material(p256), p256.subject_public_key_info());
  EXPECT_TRUE(*key_of_material(key_material(p256)) == p256);
  EXPECT_FALSE(key_of_material(material));
}

TEST(KeyCredential, ItsIdIsHowAJwtNamesTheKey) {
  EXPECT_EQ(key_id_text(rsa_key()), base64_of(credential().id()));
  EXPECT_EQ(key_id_text(rsa_key()), base64_of(id_of(bcrypt_blob(rsa_key()))));
}

}  // namespace
}  // namespace ferryman::pki
