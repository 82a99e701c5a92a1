#include "pkinit/reply_key.h"

#include <gtest/gtest.h>

#include <charconv>

namespace ferryman::pkinit {
namespace {

namespace etype = kerberos::etype;

Octets from_hex(std::string_view text) {
  Octets octets(text.size() / 2);
  for (std::size_t i = 0; i < octets.size(); ++i)
    std::from_chars(text.data() + 2 * i, text.data() + 2 * i + 2, octets[i], 16);
  return octets;
}

Octets octets_of(const crypto::Key& key) {
  return {key.octets().begin(), key.octets().end()};
}

const crypto::Etype& aes256() {
  return *crypto::find_etype(etype::aes256_sha1);
}

// RFC 4556 appendix B.
TEST(ReplyKey, Octetstring2KeyIsAsPublished) {
  const auto key = [](const Octets& x) { return octets_of(octetstring2key(aes256(), Secret(x), {}, {})); };
  Octets counting(128), shorter(77);
  for (std::size_t i = 0; i < counting.size(); ++i) counting[i] = static_cast<std::uint8_t>(i % 17);
  std::copy_n(counting.begin(), shorter.size(), shorter.begin());
  EXPECT_EQ(key(Octets(256)), from_hex("5ee50d675c809fe59e4a7762c54b65837547eafb159bd8cdc75ffca5911e4c41"));
  EXPECT_EQ(key(Octets(128)), from_hex("acf7707c08973ddfdb27cd361442ccfba355c8884cb472f37da636d07d56787e"));
  EXPECT_EQ(key(counting), from_hex("c442da585fcb80e43b47946f254093e37329d99001380db78371db3acf5c797e"));
  EXPECT_EQ(key(shorter), from_hex("0053953b84c896f4eb385c3f2e751c4a590ed6ffadca6ff64f47ebeb8d780ffc"));
}

TEST(ReplyKey, NoncesStandBehindTheSecret) {
  const Octets secret{1, 2, 3}, client{4, 5}, server{6};
  EXPECT_EQ(octets_of(octetstring2key(aes256(), Secret(secret), client, server)),
            octets_of(octetstring2key(aes256(), Secret(Octets{1, 2, 3, 4, 5, 6}), {}, {})));
}

TEST(ReplyKey, AKeyOfEachTypeIsMade) {
  for (const std::int32_t number : {17, 18, 19, 20, 23, 16}) {
    const crypto::Etype& type = *crypto::find_etype(number);
    EXPECT_EQ(octetstring2key(type, Secret(Octets(32)), {}, {}).etype(), number);
    EXPECT_EQ(octetstring2key(type, Secret(Octets(32)), {}, {}).octets().size(), type.key_size);
  }
}

struct Sample {
  kerberos::Name client{kerberos::name_type::principal, {"lha"}};
  kerberos::Name server{kerberos::name_type::principal, {"krbtgt", "SU.SE"}};
  Octets as_req = Octets(10, 0xaa), pk_as_rep = Octets(9, 0xbb);
  Secret shared{Octets(256)};

  KdfContext context() const { return {"SU.SE", client.view(), "SU.SE", server.view(), as_req, pk_as_rep}; }
  Octets key(Kdf kdf, std::int32_t type) const {
    return octets_of(derive_reply_key(kdf, *crypto::find_etype(type), shared, context()));
  }
};

// RFC 8636 8.
TEST(ReplyKey, TheKdfIsAsPublished) {
  const Sample sample;
  EXPECT_EQ(sample.key(Kdf::sha256, etype::aes256_sha1),
            from_hex("77ef4e48c420ae3fec75109d7981697eed5d295c90c62564f7bfd101fa9bc1d5"));
  EXPECT_EQ(sample.key(Kdf::sha512, etype::des3_cbc_sha1_kd),
            from_hex("d3c78a79d65213efe9a826f75dfb01f72362fb16fb01dad6"));
}

TEST(ReplyKey, EverythingIsBoundIntoIt) {
  const auto key = [](const Sample& sample) { return sample.key(Kdf::sha256, etype::aes256_sha1); };
  const Octets before = key({});
  Sample changed;
  changed.as_req[9] ^= 1;
  EXPECT_NE(key(changed), before);
  changed = {};
  changed.pk_as_rep[0] ^= 1;
  EXPECT_NE(key(changed), before);
  changed = {};
  changed.client = kerberos::Name(kerberos::name_type::enterprise, {"lha"});
  EXPECT_NE(key(changed), before);
  changed = {};
  changed.server = kerberos::Name(kerberos::name_type::principal, {"krbtgt", "SU.NO"});
  EXPECT_NE(key(changed), before);
  changed = {};
  changed.shared.writable()[0] = 1;
  EXPECT_NE(key(changed), before);
  EXPECT_NE(Sample{}.key(Kdf::sha512, etype::aes256_sha1), before);
  EXPECT_NE(Sample{}.key(Kdf::sha256, etype::aes256_sha384), before);
}

TEST(ReplyKey, AKdfIsChosen) {
  const Octets sha1{0x2b, 6, 1, 5, 2, 3, 6, 1};
  const Bytes weak(sha1), first = oid_of(Kdf::sha256), second = oid_of(Kdf::sha512);
  EXPECT_EQ(choose_kdf(std::vector<Bytes>{weak, second, first}), Kdf::sha256);
  EXPECT_EQ(choose_kdf(std::vector<Bytes>{second, weak}), Kdf::sha512);
  EXPECT_EQ(choose_kdf(std::vector<Bytes>{weak}).error().code, kerberos::error_code::no_acceptable_kdf);
  EXPECT_EQ(choose_kdf({}).error().code, kerberos::error_code::no_acceptable_kdf);
}

}  // namespace
}  // namespace ferryman::pkinit
