// Published vectors, and what is refused.
#include <gtest/gtest.h>

#include <thread>

#include "base/endian.h"
#include "crypto/checksum.h"
#include "crypto/derivation.h"
#include "crypto/encryption.h"
#include "crypto/prf.h"
#include "crypto/string_to_key.h"
#include "crypto/test_tools.h"

namespace ferryman::crypto {
namespace {

// RFC 3961 A.1.
TEST(NFold, OfRfc3961) {
  const auto fold = [](std::string_view text, std::size_t bits) {
    Octets out(bits / 8);
    n_fold(as_bytes(text), out);
    return to_hex(out);
  };
  EXPECT_EQ(fold("012345", 64), "be072631276b1955");
  EXPECT_EQ(fold("password", 56), "78a07b6caf85fa");
  EXPECT_EQ(fold("Rough Consensus, and Running Code", 64), "bb6ed30870b7f0e0");
  EXPECT_EQ(fold("password", 168), "59e4a8ca7c0385c3c37b3f6d2000247cb6e6bd5b3e");
  EXPECT_EQ(fold("MASSACHVSETTS INSTITVTE OF TECHNOLOGY", 192),
            "db3b0d8f0b061e603282b308a50841229ad798fab9540c1b");
  EXPECT_EQ(fold("Q", 168), "518a54a215a8452a518a54a215a8452a518a54a215");
  EXPECT_EQ(fold("ba", 168), "fb25d531ae8974499f52fd92ea9857c4ba24cf297e");
  EXPECT_EQ(fold("kerberos", 128), "6b65726265726f737b9b5b2b93132b93");
}

// RFC 3962 B: fewer iterations than string_to_key() takes.
TEST(StringToKey, IsMadeAsInRfc3962) {
  const auto key_of = [](Bytes salt, std::uint32_t iterations, std::size_t size) {
    Octets base(size), key(size);
    openssl::pbkdf2(openssl::Digest::sha1, as_bytes("password"), salt, iterations, base);
    derive_sha1(base, fold("kerberos"), key);
    return to_hex(key);
  };
  const Bytes salt = as_bytes("ATHENA.MIT.EDUraeburn");
  EXPECT_EQ(key_of(salt, 1, 16), "42263c6e89f4fc28b8df68ee09799f15");
  EXPECT_EQ(key_of(salt, 1, 32), "fe697b52bc0d3ce14432ba036a92e65bbb52280990a2fa27883998d72af30161");
  EXPECT_EQ(key_of(salt, 1200, 16), "4c01cd46d632d01e6dbe230a01ed642a");
  EXPECT_EQ(key_of(salt, 1200, 32), "55a6ac740ad17b4846941051e1e8b0a7548d93b0ab30a8bc3ff16280382b8c2a");
  const Octets other = from_hex("1234567878563412");
  EXPECT_EQ(key_of(other, 5, 16), "e9b23d52273747dd5c35cb55be619d8e");
  EXPECT_EQ(key_of(other, 5, 32), "97a4e786be20d81a382d5ebc96d5909cabcdadc87ca48f574504159f16c36e31");
}

std::string key_of(std::int32_t etype, std::string_view password, Bytes salt, std::uint32_t iterations) {
  Octets parameters(4);
  store_be(std::span(parameters), iterations);
  const auto key = string_to_key(etype, as_bytes(password), salt, parameters);
  return key ? to_hex(key->octets()) : "refused";
}

// RFC 8009 A.
TEST(StringToKey, OfRfc8009) {
  Octets salt = from_hex("10df9dd783e5bc8acea1730e74355f61");
  const Bytes name = as_bytes("ATHENA.MIT.EDUraeburn");
  salt.insert(salt.end(), name.begin(), name.end());
  EXPECT_EQ(key_of(19, "password", salt, 32768), "089bca48b105ea6ea77ca5d2f39dc5e7");
  EXPECT_EQ(key_of(20, "password", salt, 32768),
            "45bd806dbf6a833a9cffc1c94589a222367a79bc21c413718906e9f578a78467");
}

TEST(StringToKey, ParametersAreBounded) {
  for (const std::int32_t etype : {17, 18, 19, 20, 25}) {
    const std::uint32_t least = etype < 19 ? 4096 : 32768;
    EXPECT_EQ(key_of(etype, "p", {}, 0), "refused");
    EXPECT_EQ(key_of(etype, "p", {}, least - 1), "refused");
    EXPECT_EQ(key_of(etype, "p", {}, max_iterations + 1), "refused");
    EXPECT_FALSE(string_to_key(etype, as_bytes("p"), {}, from_hex("000001")));
  }
  EXPECT_EQ(string_to_key(1, as_bytes("p"), {}).error().fault, Fault::unsupported);
  EXPECT_EQ(string_to_key(23, as_bytes("\xff"), {}).error().fault, Fault::bad_string);
  EXPECT_EQ(to_hex(string_to_key(23, as_bytes("foo"), {})->octets()), "ac8e657f83df82beea5d43bdaf7800cc");
  EXPECT_EQ(to_hex(string_to_key(18, as_bytes("p"), as_bytes("s"))->octets()),
            key_of(18, "p", as_bytes("s"), 4096));
}

const char aes128[] = "3705d96080c17728a0e800eab6e0d23c";
const char aes256[] = "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52";

Key make(std::int32_t etype, std::string_view hex) {
  return std::move(*Key::make(etype, from_hex(hex)));
}

std::string derived(const Key& key, Purpose purpose) {
  const std::size_t size =
      purpose == Purpose::encryption ? key.type().key_size : key.type().integrity_key_size;
  return to_hex(Bytes(key.derived(2, purpose)).first(size));
}

// RFC 8009 A.
TEST(Key, DerivesAsInRfc8009) {
  const Key small = make(19, aes128), large = make(20, aes256);
  EXPECT_EQ(derived(small, Purpose::checksum), "b31a018a48f54776f403e9a396325dc3");
  EXPECT_EQ(derived(small, Purpose::encryption), "9b197dd1e8c5609d6e67c3e37c62c72e");
  EXPECT_EQ(derived(small, Purpose::integrity), "9fda0e56ab2d85e1569a688696c26a6c");
  EXPECT_EQ(derived(large, Purpose::checksum), "ef5718be86cc84963d8bbb5031e9f5c4ba41f28faf69e73d");
  EXPECT_EQ(derived(large, Purpose::encryption),
            "56ab22bee63d82d7bc5227f6773f8ea7a5eb1c825160c38312980c442e5c7e49");
  EXPECT_EQ(derived(large, Purpose::integrity), "69b16514e3cd8e56b82010d5c73012b622c4d00ffc23ed1f");
}

TEST(Key, DecryptsTheMessagesOfRfc8009) {
  const Key small = make(19, aes128), large = make(20, aes256);
  const auto text = [](const Key& key, std::string_view cipher) {
    const auto plain = decrypt(key, 2, from_hex(cipher));
    return plain ? to_hex(plain->bytes()) : "wrong";
  };
  EXPECT_EQ(text(small, "ef85fb890bb8472f4dab20394dca781dad877eda39d50c870c0d5a0a8e48c718"), "");
  EXPECT_EQ(text(small, "84d7f30754ed987bab0bf3506beb09cfb55402cef7e6877ce99e247e52d16ed4421dfdf8976c"),
            "000102030405");
  EXPECT_EQ(text(large, "41f53fa5bfe7026d91faf9be959195a058707273a96a40f0a01960621ac612748b9bbfbe7eb4ce3c"),
            "");
}

TEST(Key, ChecksumsAndPrfOfRfc8009) {
  const Key small = make(19, aes128), large = make(20, aes256);
  const Octets data = from_hex("000102030405060708090a0b0c0d0e0f1011121314");
  EXPECT_EQ(to_hex(make_checksum(small, 2, data)), "d78367186643d67b411cba9139fc1dee");
  EXPECT_EQ(to_hex(make_checksum(large, 2, data)), "45ee791567eefca37f4ac1e0222de80d43c3bfa06699672a");
  EXPECT_EQ(to_hex(prf(small, as_bytes("test")).bytes()),
            "9d188616f63852fe86915bb840b4a886ff3e6bb0f819b49b893393d393854295");
  EXPECT_EQ(to_hex(prf(large, as_bytes("test")).bytes()),
            "9801f69a368c2bf675e59521e177d9a07f67efe1cfde8d3c8d6f6a0256e3b17d"
            "b3c1b62ad1b8553360d17367eb1514d2");
}

// RFC 3962 B.
TEST(Key, StealsCiphertextAsInRfc3962) {
  const Octets key = from_hex("636869636b656e207465726979616b69");
  const Bytes text = as_bytes("I would like the General Gau's Chicken, please, and wonton soup.");
  const auto encrypted = [&](std::size_t size) {
    Octets out(size);
    openssl::encrypt_cts(key, text.first(size), out);
    return to_hex(out);
  };
  EXPECT_EQ(encrypted(17), "c6353568f2bf8cb4d8a580362da7ff7f97");
  EXPECT_EQ(encrypted(31), "fc00783e0efdb2c1d445d4c8eff7ed2297687268d6ecccc0c07b25e25ecfe5");
  EXPECT_EQ(encrypted(32), "39312523a78662d5be7fcbcc98ebf5a897687268d6ecccc0c07b25e25ecfe584");
}

// RFC 6113 A.
TEST(Key, CombinesAsInRfc6113) {
  const auto both = [](std::int32_t etype) {
    const auto first = string_to_key(etype, as_bytes("key1"), as_bytes("key1")),
               second = string_to_key(etype, as_bytes("key2"), as_bytes("key2"));
    return to_hex(combine(*first, *second, "a", "b").octets());
  };
  EXPECT_EQ(both(17), "97df97e4b798b29eb31ed7280287a92a");
  EXPECT_EQ(both(18), "4d6ca4e629785c1f01baf55e2e548566b9617ae3a96868c337cb93b5e72b1c7b");
  EXPECT_EQ(both(23), "24d7f6b6bae4e5c00d2082c5ebab3672");
  EXPECT_EQ(both(16), "e58f9eb643862c13ad38e529313462a7f73e62834fe54a01");
}

TEST(Key, OctetsMustFitTheEtype) {
  EXPECT_EQ(Key::make(18, Octets(16)).error().fault, Fault::wrong_value);
  EXPECT_EQ(Key::make(1, Octets(8)).error().fault, Fault::unsupported);
  EXPECT_EQ(Key::make(0, {}).error().fault, Fault::unsupported);
  EXPECT_THROW(Key::random(3), std::invalid_argument);
}

TEST(Checksum, OnlyTheOneMandatoryTypeOfTheKeyIsRight) {
  const Octets data(50, 7);
  for (const std::int32_t etype : tested_etypes) {
    const Key key = Key::random(etype);
    const Octets right = make_checksum(key, 9, data);
    for (std::int32_t type = -200; type < 100; ++type)
      EXPECT_EQ(verify_checksum(key, 9, type, data, right), type == key.type().checksum)
          << etype << " " << type;
    // libkrb5 finds an unkeyed checksum right whatever the key is.
    Octets md5(16);
    openssl::hash(openssl::Digest::md5, {data}, md5);
    EXPECT_FALSE(verify_checksum(key, 9, checksum_type::rsa_md5, data, md5));
    EXPECT_FALSE(verify_hmac_md5(key, 9, checksum_type::rsa_md5, data, md5));
    EXPECT_TRUE(verify_unkeyed_checksum(checksum_type::rsa_md5, data, md5));
    EXPECT_FALSE(verify_unkeyed_checksum(checksum_type::sha1, data, md5));
    EXPECT_FALSE(verify_unkeyed_checksum(checksum_type::rsa_md5, data, Bytes(md5).first(15)));
    EXPECT_FALSE(verify_unkeyed_checksum(key.type().checksum, data, right));
  }
}

TEST(Key, MayBeUsedByManyThreads) {
  for (const std::int32_t etype : tested_etypes) {
    Key key = Key::random(etype);
    key.keep_derived({2});
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&key] {
        const Octets plain(100, 1);
        for (int round = 0; round < 200; ++round) {
          const std::int32_t usage = round % 5;
          const auto again = decrypt(key, usage, encrypt(key, usage, plain));
          ASSERT_TRUE(again);
          ASSERT_TRUE(
              verify_checksum(key, usage, key.type().checksum, plain, make_checksum(key, usage, plain)));
        }
      });
    }
    for (auto& thread : threads) thread.join();
  }
}

}  // namespace
}  // namespace ferryman::crypto
