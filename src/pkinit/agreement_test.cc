#include "pkinit/agreement.h"

#include <gtest/gtest.h>
#include <openssl/dh.h>

#include "kerberos/codec.h"
#include "kerberos/error_data.h"
#include "pkinit/encoding.h"
#include "pkinit/test_certificates.h"

namespace ferryman::pkinit {
namespace {

Judged<Agreement> agree(Bytes client_public_value) {
  return parse_peer(client_public_value).and_then([](const PeerKey& peer) { return pkinit::agree(peer); });
}

namespace code = kerberos::error_code;

// A client's side, by OpenSSL alone.
struct Client {
  const GroupParameters& group;
  OwnedKey key;

  explicit Client(Group which) : group(parameters_of(which)) {
    const pki::OwnedKeyContext context(must(EVP_PKEY_CTX_new_from_name(nullptr, group.type, nullptr)));
    must(EVP_PKEY_keygen_init(context.get()));
    must(EVP_PKEY_CTX_set_group_name(context.get(), group.name));
    EVP_PKEY* made = nullptr;
    must(EVP_PKEY_generate(context.get(), &made));
    key.reset(made);
  }

  Octets public_key_info() const { return der_of<i2d_PUBKEY>(key.get()); }

  // Of what the KDC sends.
  Octets shared(Octets value) const {
    if (!group.prime.empty()) {
      der::Status status;
      Bytes number = der::Reader(value, status).read(der::integer);
      if (number[0] == 0) number = number.subspan(1);
      Octets padded(group.size - number.size());
      padded.insert(padded.end(), number.begin(), number.end());
      value = padded;
    }
    const OwnedKey peer(must(EVP_PKEY_new()));
    must(EVP_PKEY_copy_parameters(peer.get(), key.get()));
    must(EVP_PKEY_set1_encoded_public_key(peer.get(), value.data(), value.size()));
    const pki::OwnedKeyContext context(must(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr)));
    must(EVP_PKEY_derive_init(context.get()));
    if (!group.prime.empty()) must(EVP_PKEY_CTX_set_dh_pad(context.get(), 1));
    must(EVP_PKEY_derive_set_peer(context.get(), peer.get()));
    Octets octets(group.size);
    std::size_t size = octets.size();
    must(EVP_PKEY_derive(context.get(), octets.data(), &size));
    octets.resize(size);
    return octets;
  }
};

Octets info_of(Bytes algorithm, Bytes key) {
  return encoded([=](der::Writer& writer) {
    writer.bytes(key);
    writer.bytes(Octets{0});
    writer.close(der::bit_string, 0);
    writer.bytes(algorithm);
    writer.close(der::sequence, 0);
  });
}

Octets number(Bytes value) {
  return encoded([=](der::Writer& writer) { write_number(writer, value); });
}

const GroupParameters& modp14() {
  return parameters_of(Group::modp14);
}

Octets modp_info(const Octets& y) {
  return info_of(modp14().algorithm, number(y));
}

void expect_refused(Bytes info) {
  const auto peer = parse_peer(info);
  ASSERT_FALSE(peer);
  EXPECT_EQ(peer.error().code, code::dh_parameters_not_accepted);
  EXPECT_FALSE(peer.error().e_data.empty());
}

Octets bytes_of(Bytes view) {
  return {view.begin(), view.end()};
}

TEST(Agreement, BothHaveTheSame) {
  for (const GroupParameters& group : groups()) {
    const Client client(group.group);
    const auto peer = parse_peer(client.public_key_info());
    ASSERT_TRUE(peer) << group.name;
    EXPECT_EQ(peer->group, group.group);
    const auto agreed = agree(*peer);
    ASSERT_TRUE(agreed) << group.name;
    EXPECT_EQ(agreed->shared.size(), group.size);
    EXPECT_EQ(bytes_of(agreed->shared.bytes()), client.shared(agreed->public_key)) << group.name;
  }
}

TEST(Agreement, AClientOfOursHasTheSame) {
  for (const GroupParameters& group : groups()) {
    const ClientKey client = ClientKey::make(group.group);
    const auto made = agree(client.public_value());
    ASSERT_TRUE(made) << group.name;
    EXPECT_TRUE(std::ranges::equal(client.agree(made->public_key).bytes(), made->shared.bytes()))
        << group.name;
    EXPECT_TRUE(client.agree({}).empty());
    EXPECT_TRUE(client.agree(Octets{2, 1, 1}).empty()) << "no key of the group";
  }
}

TEST(Agreement, APointIsUncompressed) {
  EXPECT_EQ(agree(Client(Group::p256).public_key_info())->public_key.size(), 65U);
  EXPECT_EQ(agree(Client(Group::p384).public_key_info())->public_key.size(), 97U);
}

TEST(Agreement, EachHasAKeyOfItsOwn) {
  const Client client(Group::p256);
  const auto first = agree(client.public_key_info()), second = agree(client.public_key_info());
  EXPECT_NE(first->public_key, second->public_key);
  EXPECT_NE(bytes_of(first->shared.bytes()), bytes_of(second->shared.bytes()));
}

TEST(Agreement, ASecretIsAsLongAsThePrime) {
  const Client client(Group::modp14);
  const auto peer = parse_peer(client.public_key_info());
  for (int i = 0; i < 5000; ++i) {
    const auto agreed = agree(*peer);
    if (agreed->shared.bytes()[0] != 0) continue;
    EXPECT_EQ(bytes_of(agreed->shared.bytes()), client.shared(agreed->public_key));
    return;
  }
  FAIL() << "one in 256 begins with a zero";
}

TEST(Agreement, TheOrderOfAGroupMayBeLeftOut) {
  const Octets two = number(Octets{2});
  EXPECT_TRUE(parse_peer(info_of(modp14().algorithm_without_q, two)));
  EXPECT_TRUE(parse_peer(info_of(modp14().algorithm, two)));
}

// AlgorithmIdentifier of any numbers.
Octets modp_algorithm(Bytes p, Bytes g, Bytes q) {
  return encoded([=](der::Writer& writer) {
    write_number(writer, q);
    write_number(writer, g);
    write_number(writer, p);
    writer.close(der::sequence, 0);
    writer.primitive(der::object_identifier, oids::dh_public_number);
    writer.close(der::sequence, 0);
  });
}

TEST(Agreement, OtherGroupsAreNotServed) {
  const Octets two{2}, five{5}, p = modp14().prime;
  const auto octets_of = [](const pki::OwnedNumber& of) {
    Octets octets(static_cast<std::size_t>(BN_num_bytes(of.get())));
    BN_bn2bin(of.get(), octets.data());
    return octets;
  };
  const auto half = [&](const Octets& prime) {
    const pki::OwnedNumber n(must(BN_bin2bn(prime.data(), static_cast<int>(prime.size()), nullptr)));
    must(BN_rshift1(n.get(), n.get()));
    return octets_of(n);
  };
  const Octets modp2 = octets_of(pki::OwnedNumber(must(BN_get_rfc2409_prime_1024(nullptr))));
  const Octets modp15 = octets_of(pki::OwnedNumber(must(BN_get_rfc3526_prime_3072(nullptr))));
  ASSERT_EQ(modp_algorithm(p, two, half(p)), modp14().algorithm);
  Octets other = p;
  other[100] ^= 1;
  for (const Octets& algorithm :
       {modp_algorithm(modp2, two, half(modp2)), modp_algorithm(modp15, two, half(modp15)),
        modp_algorithm(p, five, half(p)), modp_algorithm(p, two, two), modp_algorithm(p, two, Octets{0}),
        modp_algorithm(other, two, half(other)), Octets{0x30, 0}})
    expect_refused(info_of(algorithm, number(two)));
}

TEST(Agreement, OtherKeysAreNotServed) {
  expect_refused(rsa_key().public_key().subject_public_key_info());
  for (const char* curve : {"P-521", "P-224", "secp256k1"})
    expect_refused(
        der_of<i2d_PUBKEY>(OwnedKey(must(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve))).get()));
  expect_refused(der_of<i2d_PUBKEY>(OwnedKey(must(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"))).get()));
}

TEST(Agreement, ParametersAreNamed) {
  const OwnedKey key(must(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")));
  must(EVP_PKEY_set_utf8_string_param(key.get(), "encoding", "explicit"));
  expect_refused(der_of<i2d_PUBKEY>(key.get()));
}

TEST(Agreement, SmallOrdersAreRefused) {
  const Octets p = modp14().prime, beyond(p.size(), 0xff);
  Octets last = p;
  last.back() -= 1;
  for (const Octets& y : {Octets{0}, Octets{1}, last, p, beyond, Octets(p.size() + 1, 1)})
    expect_refused(modp_info(y));
  Octets greatest = last;
  greatest.back() -= 1;
  for (const Octets& y : {Octets{2}, Octets{1, 0}, greatest}) {
    const auto agreed = agree(modp_info(y));
    ASSERT_TRUE(agreed);
    EXPECT_EQ(agreed->shared.size(), p.size());
  }
}

TEST(Agreement, ANumberIsWrittenAsDerHasIt) {
  const auto refused = [](const Octets& encoding) { expect_refused(info_of(modp14().algorithm, encoding)); };
  refused({});
  refused({2, 0});
  refused({2, 1, 0x80});  // negative
  refused({2, 2, 0, 2});  // not the shortest
  refused({2, 1, 2, 0});  // something behind it
  refused({4, 1, 2});
}

TEST(Agreement, APointIsOnItsCurve) {
  const Client client(Group::p256);
  Octets info = client.public_key_info();
  info.back() ^= 1;
  ASSERT_TRUE(parse_peer(info)) << "it costs something to tell";
  const auto agreed = agree(info);
  ASSERT_FALSE(agreed);
  EXPECT_EQ(agreed.error().code, code::dh_parameters_not_accepted);
}

TEST(Agreement, OtherFormsOfAPointAreRefused) {
  const Octets algorithm = parameters_of(Group::p256).algorithm;
  const Client client(Group::p256);
  const OwnedKey compressed(must(EVP_PKEY_dup(client.key.get())));
  must(EVP_PKEY_set_utf8_string_param(compressed.get(), "point-format", "compressed"));
  expect_refused(der_of<i2d_PUBKEY>(compressed.get()));
  expect_refused(info_of(algorithm, Octets{0}));
  expect_refused(info_of(algorithm, {}));
  expect_refused(info_of(algorithm, Octets(66, 4)));
  const auto zeros = agree(info_of(algorithm, joined({Octets{4}, Octets(64)})));
  EXPECT_FALSE(zeros);
}

TEST(Agreement, AnEncodingIsWholeAndExact) {
  Octets info = Client(Group::p256).public_key_info();
  for (std::size_t size = 0; size < info.size(); ++size) expect_refused(Bytes(info).first(size));
  info.push_back(0);
  expect_refused(info);
}

TEST(Agreement, WhoIsRefusedIsToldTheGroups) {
  const auto refused = parse_peer({});
  auto data = kerberos::parse<kerberos::TypedData>(refused.error().e_data);
  kerberos::TypedDatum datum;
  ASSERT_TRUE(data && data->next(datum));
  EXPECT_EQ(datum.type, kerberos::typed_data::dh_parameters);
  der::Status status;
  der::Reader reader(datum.value, status);
  der::Reader list = reader.enter(der::sequence);
  for (const Group group : {Group::p256, Group::p384, Group::modp14, Group::modp16})
    EXPECT_EQ(bytes_of(list.read_element()), parameters_of(group).algorithm);
  EXPECT_TRUE(list.empty() && status.ok());
}

}  // namespace
}  // namespace ferryman::pkinit
