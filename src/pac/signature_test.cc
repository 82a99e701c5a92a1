// libkrb5 (1.20: signatures 6, 7 and 16) is held against ours both ways; 19 against its definition.
#include "pac/signature.h"

#include <gtest/gtest.h>
#include <krb5/krb5.h>

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string>

#include "base/endian.h"
#include "pac/builder.h"
#include "pac/info.h"
#include "pac/ticket.h"

// Exported by libkrb5 but declared in no header of it.
extern "C" krb5_error_code encode_krb5_enc_tkt_part(const krb5_enc_tkt_part*, krb5_data**);

namespace ferryman::pac {
namespace {

constexpr krb5_timestamp authtime = 1'700'000'000;

krb5_keyblock keyblock_of(const crypto::Key& key) {
  krb5_keyblock block{};
  block.enctype = key.etype();
  block.length = static_cast<unsigned>(key.octets().size());
  block.contents = const_cast<krb5_octet*>(key.octets().data());
  return block;
}

krb5_data data_of(Bytes bytes) {
  krb5_data data{};
  data.length = static_cast<unsigned>(bytes.size());
  data.data = const_cast<char*>(as_text(bytes).data());
  return data;
}

Bytes bytes_of(const krb5_data& data) {
  return as_bytes({data.data, data.length});
}

struct Keys {
  crypto::Key server, krbtgt;
};

class SignatureTest : public testing::TestWithParam<std::pair<int, int>> {
 protected:
  SignatureTest() {
    EXPECT_EQ(krb5_init_secure_context(&context_), 0);
    EXPECT_EQ(krb5_parse_name(context_, "alice@R.TEST", &alice_), 0);
    EXPECT_EQ(krb5_parse_name(context_, "HTTP/www@R.TEST", &service_), 0);
  }
  ~SignatureTest() override {
    krb5_free_principal(context_, alice_);
    krb5_free_principal(context_, service_);
    krb5_free_context(context_);
  }

  Keys keys() { return {crypto::Key::random(GetParam().first), crypto::Key::random(GetParam().second)}; }
  static Builder builder() {
    Builder builder;
    builder.add(client_info, ClientInfo{file_time(authtime), u"alice"}.write());
    builder.add(upn_dns_info, UpnDnsInfo{u"alice@r.test", u"R.TEST", 0, std::nullopt}.write());
    builder.add(attributes_info, AttributesInfo{1}.write());
    return builder;
  }
  krb5_error_code verify_there(Bytes pac, const Keys& keys) {
    krb5_pac parsed = nullptr;
    EXPECT_EQ(krb5_pac_parse(context_, pac.data(), pac.size(), &parsed), 0);
    const krb5_keyblock server = keyblock_of(keys.server), krbtgt = keyblock_of(keys.krbtgt);
    const krb5_error_code code = krb5_pac_verify(context_, parsed, authtime, alice_, &server, &krbtgt);
    krb5_pac_free(context_, parsed);
    return code;
  }

  krb5_context context_ = nullptr;
  krb5_principal alice_ = nullptr, service_ = nullptr;
};
INSTANTIATE_TEST_SUITE_P(Etypes, SignatureTest,
                         testing::Values(std::pair(18, 18), std::pair(17, 18), std::pair(20, 18),
                                         std::pair(18, 20), std::pair(19, 17), std::pair(23, 18),
                                         std::pair(18, 23), std::pair(23, 23)));

std::string outcome(const Result<void>& result) {
  return result ? "right" : std::string(name(result.error().fault));
}

// Each octet changed once.
void expect_seen_anywhere(const Octets& octets, const auto& is_right) {
  for (std::size_t i = 0; i < octets.size(); ++i) {
    Octets changed = octets;
    changed[i] ^= 1;
    EXPECT_FALSE(is_right(changed)) << "octet " << i;
  }
}

TEST_P(SignatureTest, OfATgtIsVerifiedByLibkrb5) {
  const Keys keys = this->keys();
  const Octets octets = builder().sign_tgt(keys.server, {keys.krbtgt});
  EXPECT_EQ(verify_there(octets, keys), 0);
  const auto pac = Pac::parse(octets);
  ASSERT_TRUE(pac);
  EXPECT_EQ(outcome(verify_server(*pac, keys.server)), "right");
  EXPECT_EQ(outcome(verify_kdc(*pac, {keys.krbtgt})), "right");
  EXPECT_EQ(outcome(verify_full(*pac, {keys.krbtgt})), "missing_field");
  EXPECT_EQ(outcome(verify_ticket(*pac, {keys.krbtgt}, {})), "missing_field");
  EXPECT_EQ(outcome(verify_server(*pac, keys.krbtgt)), "bad_integrity");
  EXPECT_EQ(outcome(verify_kdc(*pac, {keys.server})), "bad_integrity");
}

TEST_P(SignatureTest, OfLibkrb5IsVerifiedHere) {
  const Keys keys = this->keys();
  const krb5_keyblock server = keyblock_of(keys.server), krbtgt = keyblock_of(keys.krbtgt);
  krb5_pac pac = nullptr;
  krb5_data signed_pac{};
  ASSERT_EQ(krb5_pac_init(context_, &pac), 0);
  ASSERT_EQ(krb5_pac_sign(context_, pac, authtime, alice_, &server, &krbtgt, &signed_pac), 0);
  const auto parsed = Pac::parse(bytes_of(signed_pac));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(outcome(verify_server(*parsed, keys.server)), "right");
  EXPECT_EQ(outcome(verify_kdc(*parsed, {keys.krbtgt})), "right");
  krb5_free_data_contents(context_, &signed_pac);
  krb5_pac_free(context_, pac);
}

TEST_P(SignatureTest, AnyChangedOctetOfAPacIsSeen) {
  const Keys keys = this->keys();
  const auto all_right = [&](const Octets& octets) {
    const auto pac = Pac::parse(octets);
    return pac && verify_server(*pac, keys.server) && verify_kdc(*pac, {keys.krbtgt, 7}) &&
           verify_full(*pac, {keys.krbtgt, 7}) && verify_ticket(*pac, {keys.krbtgt, 7}, as_bytes("ticket"));
  };
  const Octets octets = builder().sign_service_ticket(keys.server, {keys.krbtgt, 7}, as_bytes("ticket"));
  EXPECT_TRUE(all_right(octets));
  expect_seen_anywhere(octets, all_right);
}

// An EncTicketPart with a PAC, between other authorization data that must stay as it is.
class TicketPart {
 public:
  TicketPart(krb5_context context, krb5_principal client) : context_(context) {
    part_.magic = KV5M_ENC_TKT_PART;
    part_.flags = 0x40e10000;
    part_.client = client;
    session_ = keyblock_of(key_);
    part_.session = &session_;
    part_.times.authtime = part_.times.starttime = authtime;
    part_.times.endtime = authtime + 36000;
    part_.transited.tr_type = 1;
  }
  krb5_enc_tkt_part& operator*() { return part_; }

  // As AD-IF-RELEVANT, before what was set.
  void set_pac(const Octets& pac) {
    krb5_authdata inner{KV5M_AUTHDATA, KRB5_AUTHDATA_WIN2K_PAC, static_cast<unsigned>(pac.size()),
                        const_cast<krb5_octet*>(pac.data())};
    krb5_authdata* list[] = {&inner, nullptr};
    krb5_free_authdata(context_, part_.authorization_data);
    EXPECT_EQ(
        krb5_encode_authdata_container(context_, KRB5_AUTHDATA_IF_RELEVANT, list, &part_.authorization_data),
        0);
  }
  Octets encode() const {
    krb5_data* encoded = nullptr;
    EXPECT_EQ(encode_krb5_enc_tkt_part(&part_, &encoded), 0);
    const Bytes bytes = bytes_of(*encoded);
    Octets octets(bytes.begin(), bytes.end());
    krb5_free_data(context_, encoded);
    return octets;
  }
  ~TicketPart() { krb5_free_authdata(context_, part_.authorization_data); }
  TicketPart(const TicketPart&) = delete;
  TicketPart& operator=(const TicketPart&) = delete;

 private:
  krb5_context context_;
  crypto::Key key_ = crypto::Key::random(18);
  krb5_keyblock session_{};
  krb5_enc_tkt_part part_{};
};

TEST_P(SignatureTest, OfATicketIsVerifiedByLibkrb5) {
  const Keys keys = this->keys();
  const krb5_keyblock server = keyblock_of(keys.server), krbtgt = keyblock_of(keys.krbtgt);
  TicketPart part(context_, alice_);
  part.set_pac({0});
  const Octets pac = builder().sign_service_ticket(keys.server, {keys.krbtgt}, part.encode());
  part.set_pac(pac);
  krb5_pac verified = nullptr;
  EXPECT_EQ(krb5_kdc_verify_ticket(context_, &*part, service_, &server, &krbtgt, &verified), 0);
  EXPECT_NE(verified, nullptr);
  krb5_pac_free(context_, verified);
  EXPECT_EQ(verify_there(pac, keys), 0);
}

TEST_P(SignatureTest, OfATicketByLibkrb5IsVerifiedHere) {
  const Keys keys = this->keys();
  const krb5_keyblock server = keyblock_of(keys.server), krbtgt = keyblock_of(keys.krbtgt);
  TicketPart part(context_, alice_);
  krb5_pac pac = nullptr;
  ASSERT_EQ(krb5_pac_init(context_, &pac), 0);
  ASSERT_EQ(krb5_kdc_sign_ticket(context_, &*part, pac, service_, alice_, &server, &krbtgt, 0), 0);
  krb5_authdata** inner = nullptr;
  ASSERT_EQ(krb5_decode_authdata_container(context_, KRB5_AUTHDATA_IF_RELEVANT, (*part).authorization_data[0],
                                           &inner),
            0);
  const Octets encoded = part.encode();
  const auto found =
      std::search(encoded.begin(), encoded.end(), inner[0]->contents, inner[0]->contents + inner[0]->length);
  ASSERT_NE(found, encoded.end());
  const Bytes in_ticket(&*found, inner[0]->length);
  const auto ticket = ticket_to_sign(encoded, in_ticket);
  ASSERT_TRUE(ticket);
  const auto parsed = Pac::parse(in_ticket);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(outcome(verify_ticket(*parsed, {keys.krbtgt}, *ticket)), "right");
  expect_seen_anywhere(*ticket, [&](const Octets& changed) {
    return verify_ticket(*parsed, {keys.krbtgt}, changed).has_value();
  });
  krb5_free_authdata(context_, inner);
  krb5_pac_free(context_, pac);
}

// By libkrb5's checksum over what [MS-PAC] 2.8 says is covered.
Octets sum_there(const crypto::Key& key, Bytes data) {
  const krb5_keyblock block = keyblock_of(key);
  const krb5_data input = data_of(data);
  krb5_checksum made{};
  EXPECT_EQ(krb5_c_make_checksum(nullptr, 0, &block, signature_usage, &input, &made), 0);
  Octets octets(made.contents, made.contents + made.length);
  krb5_free_checksum_contents(nullptr, &made);
  return octets;
}

Octets zeroed(const Pac& pac, std::initializer_list<BufferType> types) {
  Octets copy(pac.octets().begin(), pac.octets().end());
  for (const BufferType type : types) {
    const Buffer& buffer = *pac.find(type);
    const auto begin = copy.begin() + static_cast<std::ptrdiff_t>(buffer.offset);
    std::fill(begin + 4, begin + static_cast<std::ptrdiff_t>(buffer.octets.size()), 0);
  }
  return copy;
}

Octets signature_in(const Pac& pac, BufferType type) {
  const Bytes octets = pac.find(type)->octets.subspan(4);
  return {octets.begin(), octets.end()};
}

Octets with_number(Octets sum, std::uint16_t rodc) {
  LittleEndianWriter(sum).u16(rodc);
  return sum;
}

TEST_P(SignatureTest, AllAreWhatTheyAreDefinedAs) {
  const Keys keys = this->keys();
  const Octets octets = builder().sign_service_ticket(keys.server, {keys.krbtgt}, as_bytes("ticket"));
  const Pac pac = *Pac::parse(octets);
  EXPECT_EQ(signature_in(pac, ticket_checksum), sum_there(keys.krbtgt, as_bytes("ticket")));
  EXPECT_EQ(signature_in(pac, full_checksum),
            sum_there(keys.krbtgt, zeroed(pac, {server_checksum, kdc_checksum, full_checksum})));
  const Octets server = sum_there(keys.server, zeroed(pac, {server_checksum, kdc_checksum}));
  EXPECT_EQ(signature_in(pac, server_checksum), server);
  EXPECT_EQ(signature_in(pac, kdc_checksum), sum_there(keys.krbtgt, server));
}

TEST_P(SignatureTest, OfAReadOnlyDcEndInItsNumberWhichIsZeroInWhatTheyCover) {
  constexpr std::uint16_t rodc = 12345;
  const Keys keys = this->keys();
  const Octets octets = builder().sign_service_ticket(keys.server, {keys.krbtgt, rodc}, as_bytes("ticket"));
  const Pac pac = *Pac::parse(octets);
  EXPECT_EQ(signature_in(pac, ticket_checksum),
            with_number(sum_there(keys.krbtgt, as_bytes("ticket")), rodc));
  EXPECT_EQ(
      signature_in(pac, full_checksum),
      with_number(sum_there(keys.krbtgt, zeroed(pac, {server_checksum, kdc_checksum, full_checksum})), rodc));
  const Octets server = sum_there(keys.server, zeroed(pac, {server_checksum, kdc_checksum}));
  EXPECT_EQ(signature_in(pac, server_checksum), server);
  EXPECT_EQ(signature_in(pac, kdc_checksum), with_number(sum_there(keys.krbtgt, server), rodc));
  EXPECT_EQ(outcome(verify_kdc(pac, {keys.krbtgt, rodc})), "right");
  EXPECT_EQ(outcome(verify_kdc(pac, {keys.krbtgt, 54321})), "bad_integrity");
  EXPECT_EQ(outcome(verify_kdc(pac, {keys.krbtgt})), "bad_integrity") << "it is not the domain's own";
  EXPECT_EQ(verify_there(octets, keys), 0);
}

TEST(Signature, ReadsWhatHasAKnownTypeAndItsSize) {
  Octets octets{16, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  EXPECT_EQ(Signature::parse(octets)->octets.size(), 12U);
  EXPECT_FALSE(Signature::parse(octets)->rodc);
  octets.push_back(0x39);
  EXPECT_EQ(Signature::parse(octets).error().fault, Fault::trailing_bytes);
  octets.push_back(0x30);
  EXPECT_EQ(Signature::parse(octets)->rodc, 12345);
  EXPECT_EQ(Signature::parse(Bytes(octets).first(15)).error().fault, Fault::truncated);
  octets[0] = 7;
  EXPECT_EQ(Signature::parse(octets).error().fault, Fault::unsupported) << "unkeyed";
}

TEST(Builder, TakesNoTypeTwice) {
  Builder builder;
  builder.add(requestor, {});
  EXPECT_THROW(builder.add(requestor, {}), std::logic_error);
}

TEST(TicketToSign, NeedsThePacInsideOfIt) {
  const Octets part{0x63, 6, 0x30, 4, 4, 2, 7, 8}, elsewhere{7, 8};
  const auto replaced = ticket_to_sign(part, Bytes(part).last(2));
  EXPECT_EQ(replaced, (Octets{0x63, 5, 0x30, 3, 4, 1, 0}));
  EXPECT_EQ(ticket_to_sign(part, elsewhere).error().fault, Fault::missing_field);
  EXPECT_EQ(ticket_to_sign(part, Bytes(part).last(1)).error().fault, Fault::truncated);
  EXPECT_FALSE(ticket_to_sign(part, Bytes(part).first(0)));
  Octets deep{4, 1, 7};
  for (int i = 0; i < 20; ++i) {
    const std::uint8_t header[] = {0x30, static_cast<std::uint8_t>(deep.size())};
    deep.insert(deep.begin(), std::begin(header), std::end(header));
  }
  EXPECT_EQ(ticket_to_sign(deep, Bytes(deep).last(1)).error().fault, Fault::too_deep);
}

}  // namespace
}  // namespace ferryman::pac
