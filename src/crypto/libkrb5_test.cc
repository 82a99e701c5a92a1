// Octet for octet as libkrb5 has it, both ways.
#include "crypto/libkrb5.h"

#include <gtest/gtest.h>

#include "base/endian.h"
#include "crypto/checksum.h"
#include "crypto/encryption.h"
#include "crypto/prf.h"
#include "crypto/string_to_key.h"
#include "crypto/test_tools.h"

namespace ferryman::crypto {
namespace {

constexpr std::size_t longest = 2000;

class AsLibkrb5 : public testing::TestWithParam<std::int32_t> {
 protected:
  Key key() { return Key::random(GetParam()); }
  Random random_{static_cast<unsigned>(GetParam())};
};
INSTANTIATE_TEST_SUITE_P(Etypes, AsLibkrb5, testing::ValuesIn(tested_etypes),
                         testing::PrintToStringParamName());

Octets encrypt_there(const Key& key, std::int32_t usage, Bytes plain) {
  const krb5_keyblock block = keyblock_of(key);
  const krb5_data input = data_of(plain);
  std::size_t size = 0;
  EXPECT_EQ(krb5_c_encrypt_length(nullptr, key.etype(), plain.size(), &size), 0);
  Octets cipher(size);
  krb5_enc_data output{};
  output.ciphertext = data_of(cipher);
  EXPECT_EQ(krb5_c_encrypt(nullptr, &block, usage, nullptr, &input, &output), 0);
  return cipher;
}

Octets decrypt_there(const Key& key, std::int32_t usage, Bytes cipher) {
  const krb5_keyblock block = keyblock_of(key);
  krb5_enc_data input{};
  input.enctype = key.etype();
  input.ciphertext = data_of(cipher);
  Octets plain(cipher.size());
  krb5_data output = data_of(plain);
  EXPECT_EQ(krb5_c_decrypt(nullptr, &block, usage, nullptr, &input, &output), 0);
  plain.resize(output.length);
  return plain;
}

Octets checksum_there(const Key& key, std::int32_t type, std::int32_t usage, Bytes data) {
  const krb5_keyblock block = keyblock_of(key);
  const krb5_data input = data_of(data);
  krb5_checksum made{};
  EXPECT_EQ(krb5_c_make_checksum(nullptr, type, &block, usage, &input, &made), 0);
  Octets octets(made.contents, made.contents + made.length);
  krb5_free_checksum_contents(nullptr, &made);
  return octets;
}

TEST_P(AsLibkrb5, DecryptsWhatTheOtherEncrypted) {
  for (int i = 0; i < 6000; ++i) {
    const Key key = this->key();
    const Octets plain = random_.octets(random_.below(longest + 1));
    const std::int32_t usage = random_.usage();
    Octets theirs = decrypt_there(key, usage, encrypt(key, usage, plain));
    const Octets cipher = encrypt_there(key, usage, plain);
    const auto ours = decrypt(key, usage, cipher);
    ASSERT_TRUE(ours) << plain.size();
    Octets read(ours->bytes().begin(), ours->bytes().end());
    if (key.etype() == etype::des3_cbc_sha1_kd) {  // padded
      theirs.resize(plain.size());
      read.resize(plain.size());
    }
    ASSERT_EQ(to_hex(theirs), to_hex(plain));
    ASSERT_EQ(to_hex(read), to_hex(plain));
  }
}

TEST_P(AsLibkrb5, KeptDerivedKeysAreTheSame) {
  Key key = this->key();
  key.keep_derived({2, 17});
  for (const std::int32_t usage : {2, 17, 3}) {
    const Octets plain = random_.octets(100);
    const auto ours = decrypt(key, usage, encrypt_there(key, usage, plain));
    ASSERT_TRUE(ours);
    EXPECT_EQ(to_hex(ours->bytes().first(plain.size())), to_hex(plain));
    EXPECT_EQ(to_hex(make_checksum(key, usage, plain)),
              to_hex(checksum_there(key, key.type().checksum, usage, plain)));
  }
}

TEST_P(AsLibkrb5, MakesTheSameChecksums) {
  for (int i = 0; i < 3000; ++i) {
    const Key key = this->key();
    const Octets data = random_.octets(random_.below(longest + 1));
    const std::int32_t usage = random_.usage();
    const Octets theirs = checksum_there(key, key.type().checksum, usage, data);
    ASSERT_EQ(to_hex(make_checksum(key, usage, data)), to_hex(theirs));
    ASSERT_TRUE(verify_checksum(key, usage, key.type().checksum, data, theirs));
  }
}

TEST_P(AsLibkrb5, MakesTheSameHmacMd5WithAnyKey) {
  for (std::int32_t usage = 0; usage < 1000; ++usage) {
    const Key key = this->key();
    const Octets data = random_.octets(random_.below(200));
    const Octets theirs = checksum_there(key, CKSUMTYPE_HMAC_MD5_ARCFOUR, usage, data);
    ASSERT_EQ(to_hex(make_hmac_md5(key, usage, data)), to_hex(theirs)) << usage;
    ASSERT_TRUE(verify_hmac_md5(key, usage, CKSUMTYPE_HMAC_MD5_ARCFOUR, data, theirs));
  }
}

TEST_P(AsLibkrb5, HasTheSamePrfAndPrfPlus) {
  for (int i = 0; i < 2000; ++i) {
    const Key key = this->key();
    krb5_keyblock block = keyblock_of(key);
    const Octets input = random_.octets(random_.below(300));
    krb5_data in = data_of(input);
    std::size_t size = 0;
    ASSERT_EQ(krb5_c_prf_length(nullptr, key.etype(), &size), 0);
    Octets theirs(size);
    krb5_data out = data_of(theirs);
    ASSERT_EQ(krb5_c_prf(nullptr, &block, &in, &out), 0);
    ASSERT_EQ(to_hex(prf(key, input).bytes()), to_hex(theirs));
    Octets longer(1 + random_.below(200));
    out = data_of(longer);
    ASSERT_EQ(krb5_c_prfplus(nullptr, &block, &in, &out), 0);
    ASSERT_EQ(to_hex(prf_plus(key, input, longer.size()).bytes()), to_hex(longer));
  }
}

TEST_P(AsLibkrb5, CombinesAndDerivesTheSameKeys) {
  for (int i = 0; i < 500; ++i) {
    const Key first = this->key(),
              second = Key::random(tested_etypes[random_.below(std::size(tested_etypes))]);
    krb5_keyblock a = keyblock_of(first), b = keyblock_of(second), *both = nullptr;
    ASSERT_EQ(krb5_c_fx_cf2_simple(nullptr, &a, "subkeyarmor", &b, "ticketarmor", &both), 0);
    const Key ours = combine(first, second, "subkeyarmor", "ticketarmor");
    ASSERT_EQ(ours.etype(), both->enctype);
    ASSERT_EQ(to_hex(ours.octets()), to_hex({both->contents, both->length}));
    krb5_free_keyblock(nullptr, both);
    const Octets input = random_.octets(20);
    const krb5_data in = data_of(input);
    krb5_keyblock* derived = nullptr;
    ASSERT_EQ(krb5_c_derive_prfplus(nullptr, &a, &in, second.etype(), &derived), 0);
    ASSERT_EQ(to_hex(derive(first, input, second.type()).octets()),
              to_hex({derived->contents, derived->length}));
    krb5_free_keyblock(nullptr, derived);
  }
}

TEST_P(AsLibkrb5, MakesTheSameKeysOfPasswords) {
  const bool counts = GetParam() != 16 && GetParam() != 23;
  const auto default_count = GetParam() == 17 || GetParam() == 18 ? 4096U : 32768U;
  const int times = counts && default_count > 4096 ? 2 : 20;
  for (int i = 0; i < times; ++i) {
    Octets password = random_.octets(random_.below(100)), salt = random_.octets(random_.below(60));
    for (auto& octet : password) octet &= 0x7f;
    Octets parameters(counts ? 4 : 0);
    if (counts)
      store_be(std::span(parameters), default_count + static_cast<std::uint32_t>(random_.below(300)));
    const krb5_data text = data_of(password), salting = data_of(salt), params = data_of(parameters);
    krb5_keyblock theirs{};
    ASSERT_EQ(krb5_c_string_to_key_with_params(nullptr, GetParam(), &text, &salting,
                                               counts ? &params : nullptr, &theirs),
              0);
    const auto ours = string_to_key(GetParam(), password, salt, parameters);
    ASSERT_TRUE(ours);
    ASSERT_EQ(to_hex(ours->octets()), to_hex({theirs.contents, theirs.length}));
    krb5_free_keyblock_contents(nullptr, &theirs);
  }
}

TEST_P(AsLibkrb5, AnyChangedOctetIsSeen) {
  const Key key = this->key();
  for (const std::size_t size : {0, 1, 15, 16, 17, 100}) {
    const Octets plain = random_.octets(size), cipher = encrypt(key, 5, plain);
    const Octets checksum = make_checksum(key, 5, plain);
    for (std::size_t i = 0; i < cipher.size(); ++i) {
      Octets changed = cipher;
      changed[i] ^= static_cast<std::uint8_t>(1 << i % 8);
      ASSERT_FALSE(decrypt(key, 5, changed));
      ASSERT_FALSE(decrypt(key, 5, Bytes(cipher).first(i)));
    }
    for (std::size_t i = 0; i < checksum.size(); ++i) {
      Octets changed = checksum;
      changed[i] ^= static_cast<std::uint8_t>(1 << i % 8);
      ASSERT_FALSE(verify_checksum(key, 5, key.type().checksum, plain, changed));
      ASSERT_FALSE(verify_checksum(key, 5, key.type().checksum, plain, Bytes(checksum).first(i)));
    }
    ASSERT_FALSE(decrypt(key, 6, cipher));
    ASSERT_FALSE(decrypt(this->key(), 5, cipher));
    ASSERT_FALSE(verify_checksum(key, 6, key.type().checksum, plain, checksum));
  }
}

}  // namespace
}  // namespace ferryman::crypto
