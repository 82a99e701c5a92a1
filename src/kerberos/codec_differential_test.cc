// What we write, libkrb5 reads as it was meant, and would have written in the same octets; what of bent
// messages it takes or refuses, we do too, but for the reasons below.
#include <gtest/gtest.h>

#include "kerberos/bending.h"
#include "kerberos/krb5_codecs.h"
#include "kerberos/samples.h"

namespace ferryman::kerberos {
namespace {

// What libkrb5 has for one structure; some it only reads.
template <typename T>
struct Theirs {
  krb5_error_code (*decode)(const krb5_data*, T**);
  krb5_error_code (*encode)(const T*, krb5_data**);
  void (*release)(krb5_context, T*);
};

template <typename T>
Theirs<T> codec(krb5_error_code (*decode)(const krb5_data*, T**),
                krb5_error_code (*encode)(const T*, krb5_data**), void (*release)(krb5_context, T*)) {
  return {decode, encode, release};
}

void free_pac_options(krb5_context, k5_pac_options* options) {
  std::free(options);
}

krb5_data data_of(Bytes octets) {
  krb5_data data{};
  data.length = static_cast<unsigned>(octets.size());
  data.data = const_cast<char*>(as_text(octets).data());
  return data;
}

std::string_view text(const krb5_data& data) {
  return {data.data, data.length};
}
template <typename T>
std::string_view text(const T& counted) {
  return {reinterpret_cast<const char*>(counted.contents), counted.length};
}

class CodecDifferential : public testing::Test {
 protected:
  CodecDifferential() { EXPECT_EQ(krb5_init_context(&context_), 0); }
  ~CodecDifferential() override { krb5_free_context(context_); }

  // libkrb5 reads the value, check looks at what it read, and it writes the same octets.
  template <typename Written, typename T, typename Check>
  void agrees(const Written& value, const Theirs<T>& theirs, Check check) {
    const Octets octets = encode(value);
    const krb5_data code = data_of(octets);
    T* decoded = nullptr;
    ASSERT_EQ(theirs.decode(&code, &decoded), 0) << hex(octets);
    check(*decoded);
    if (theirs.encode != nullptr) {
      krb5_data* again = nullptr;
      ASSERT_EQ(theirs.encode(decoded, &again), 0);
      EXPECT_EQ(hex(Octets(again->data, again->data + again->length)), hex(octets));
      krb5_free_data(context_, again);
    }
    theirs.release(context_, decoded);
  }
  template <typename Written, typename T>
  void agrees(const Written& value, const Theirs<T>& theirs) {
    agrees(value, theirs, [](const T&) {});
  }

  std::string unparsed(krb5_const_principal principal) {
    char* name = nullptr;
    EXPECT_EQ(krb5_unparse_name(context_, principal, &name), 0);
    std::string text = name;
    krb5_free_unparsed_name(context_, name);
    return text;
  }

  template <typename Ours, typename T>
  void bends_agree(const Octets& octets, const Theirs<T>& theirs);

  krb5_context context_ = nullptr;
  const Samples s;
};

TEST_F(CodecDifferential, Requests) {
  const auto check = [this](const krb5_kdc_req& req) {
    EXPECT_EQ(unparsed(req.client), "alice/admin@MIT.TEST");
    EXPECT_EQ(unparsed(req.server), "HTTP/www.mit.test@MIT.TEST");
    EXPECT_EQ(req.kdc_options, static_cast<krb5_flags>(s.body().kdc_options));
    EXPECT_EQ(req.from, 1700000001);
    EXPECT_EQ(req.till, 1700000002);
    EXPECT_EQ(req.rtime, 1700000003);
    EXPECT_EQ(req.nonce, 0x7ffffffe);
    ASSERT_EQ(req.nktypes, 6);
    EXPECT_EQ(req.ktype[0], etype::aes256_sha1);
    EXPECT_EQ(req.ktype[4], etype::rc4_hmac_old_exp);
    ASSERT_NE(req.addresses, nullptr);
    EXPECT_EQ(req.addresses[0]->addrtype, address_type::ipv4);
    EXPECT_EQ(req.authorization_data.enctype, etype::aes128_sha256);
    ASSERT_NE(req.second_ticket, nullptr);
    EXPECT_EQ(unparsed(req.second_ticket[1]->server), "HTTP/www.mit.test@OTHER.TEST");
    EXPECT_EQ(req.second_ticket[0]->enc_part.kvno, 0x80000005U);
  };
  agrees(s.request(msg_type::as_req), codec(&decode_krb5_as_req, &encode_krb5_as_req, &krb5_free_kdc_req),
         check);
  agrees(s.request(msg_type::tgs_req), codec(&decode_krb5_tgs_req, &encode_krb5_tgs_req, &krb5_free_kdc_req),
         check);
  agrees(s.body(), codec(&decode_krb5_kdc_req_body, &encode_krb5_kdc_req_body, &krb5_free_kdc_req), check);
  WholeKdcReq least;
  least.body.realm = s.realm;
  least.body.sname = s.krbtgt;
  least.body.till = 0;
  least.body.etypes = s.etype_list.list();
  agrees(least, codec(&decode_krb5_as_req, &encode_krb5_as_req, &krb5_free_kdc_req));
}

TEST_F(CodecDifferential, Replies) {
  const auto check = [this](const krb5_kdc_rep& rep) {
    EXPECT_EQ(unparsed(rep.client), "alice/admin@OTHER.TEST");
    EXPECT_EQ(unparsed(rep.ticket->server), "krbtgt/MIT.TEST@MIT.TEST");
    EXPECT_EQ(rep.enc_part.enctype, etype::aes128_sha256);
    ASSERT_NE(rep.padata, nullptr);
    EXPECT_EQ(rep.padata[1]->pa_type, padata::fx_cookie);
  };
  agrees(s.reply(msg_type::as_rep), codec(&decode_krb5_as_rep, &encode_krb5_as_rep, &krb5_free_kdc_rep),
         check);
  agrees(s.reply(msg_type::tgs_rep), codec(&decode_krb5_tgs_rep, &encode_krb5_tgs_rep, &krb5_free_kdc_rep),
         check);
  agrees(s.ticket, codec(&decode_krb5_ticket, &encode_krb5_ticket, &krb5_free_ticket));
  agrees(s.encrypted, codec(&decode_krb5_enc_data, &encode_krb5_enc_data, &krb5_free_enc_data));
  agrees(s.without_kvno, codec(&decode_krb5_enc_data, &encode_krb5_enc_data, &krb5_free_enc_data));
  agrees(s.key, codec(&decode_krb5_encryption_key, &encode_krb5_encryption_key, &krb5_free_keyblock));
}

TEST_F(CodecDifferential, EncryptedPartsOfTicketsAndReplies) {
  agrees(s.enc_ticket_part(),
         codec(&decode_krb5_enc_tkt_part, &encode_krb5_enc_tkt_part, &krb5_free_enc_tkt_part),
         [this](const krb5_enc_tkt_part& part) {
           EXPECT_EQ(part.flags, static_cast<krb5_flags>(s.enc_ticket_part().flags));
           EXPECT_EQ(part.session->enctype, etype::aes256_sha1);
           EXPECT_EQ(text(*part.session), as_text(s.key_octets));
           EXPECT_EQ(unparsed(part.client), "alice/admin@OTHER.TEST");
           EXPECT_EQ(part.transited.tr_type, transited_type::domain_x500_compress);
           EXPECT_EQ(text(part.transited.tr_contents), as_text(s.contents));
           EXPECT_EQ(part.times.authtime, 1700000001);
           EXPECT_EQ(part.times.starttime, 1700000002);
           EXPECT_EQ(part.times.endtime, 1700000003);
           EXPECT_EQ(part.times.renew_till, 1700000004);
           ASSERT_NE(part.caddrs, nullptr);
           EXPECT_EQ(text(*part.caddrs[1]), as_text(s.address_v6));
           ASSERT_NE(part.authorization_data, nullptr);
           EXPECT_EQ(part.authorization_data[1]->ad_type, authorization_data::restriction_entry);
         });
  const auto check = [this](const krb5_enc_kdc_rep_part& part) {
    EXPECT_EQ(text(*part.session), as_text(s.key_octets));
    EXPECT_EQ(part.last_req[0]->lr_type, last_req_type::password_expires);
    EXPECT_EQ(part.last_req[0]->value, 1900000000);
    EXPECT_EQ(part.nonce, 0x12345678);
    EXPECT_EQ(part.key_exp, 1700000009);
    EXPECT_EQ(part.flags, static_cast<krb5_flags>(s.enc_kdc_rep_part().flags));
    EXPECT_EQ(part.times.authtime, 1700000001);
    EXPECT_EQ(part.times.starttime, 1700000002);
    EXPECT_EQ(part.times.endtime, 1700000003);
    EXPECT_EQ(part.times.renew_till, 1700000004);
    EXPECT_EQ(unparsed(part.server), "krbtgt/MIT.TEST@MIT.TEST");
    ASSERT_NE(part.enc_padata, nullptr);
    EXPECT_EQ(part.enc_padata[2]->pa_type, padata::req_enc_pa_rep);
  };
  agrees(s.enc_kdc_rep_part(application_tag::enc_tgs_rep_part),
         codec(&decode_krb5_enc_kdc_rep_part, &encode_krb5_enc_kdc_rep_part, &krb5_free_enc_kdc_rep_part),
         check);
  // It reads the other tag too, but never writes it.
  agrees(s.enc_kdc_rep_part(application_tag::enc_as_rep_part),
         codec<krb5_enc_kdc_rep_part>(&decode_krb5_enc_kdc_rep_part, nullptr, &krb5_free_enc_kdc_rep_part),
         check);
}

TEST_F(CodecDifferential, ApExchangeAndPrivateMessages) {
  agrees(s.ap_req(), codec(&decode_krb5_ap_req, &encode_krb5_ap_req, &krb5_free_ap_req),
         [this](const krb5_ap_req& req) {
           EXPECT_EQ(req.ap_options, AP_OPTS_MUTUAL_REQUIRED);
           EXPECT_EQ(unparsed(req.ticket->server), "krbtgt/MIT.TEST@MIT.TEST");
         });
  agrees(s.authenticator(),
         codec(&decode_krb5_authenticator, &encode_krb5_authenticator, &krb5_free_authenticator),
         [this](const krb5_authenticator& made) {
           EXPECT_EQ(unparsed(made.client), "alice/admin@OTHER.TEST");
           EXPECT_EQ(made.checksum->checksum_type, checksum_type::hmac_sha1_aes256);
           EXPECT_EQ(made.cusec, 123456);
           EXPECT_EQ(made.ctime, 1700000005);
           EXPECT_EQ(text(*made.subkey), as_text(s.subkey_octets));
           EXPECT_EQ(made.seq_number, 0x40000001U);
           EXPECT_EQ(made.authorization_data[0]->ad_type, authorization_data::if_relevant);
         });
  agrees(ApRep{s.without_kvno}, codec(&decode_krb5_ap_rep, &encode_krb5_ap_rep, &krb5_free_ap_rep));
  agrees(s.enc_ap_rep_part(),
         codec(&decode_krb5_ap_rep_enc_part, &encode_krb5_ap_rep_enc_part, &krb5_free_ap_rep_enc_part),
         [](const krb5_ap_rep_enc_part& part) {
           EXPECT_EQ(part.ctime, 1700000005);
           EXPECT_EQ(part.cusec, 654321);
           EXPECT_EQ(part.seq_number, 0x40000002U);
         });
  agrees(KrbPriv{s.without_kvno}, codec(&decode_krb5_priv, &encode_krb5_priv, &krb5_free_priv));
  agrees(s.enc_krb_priv_part(),
         codec(&decode_krb5_enc_priv_part, &encode_krb5_enc_priv_part, &krb5_free_priv_enc_part));
}

// A sequence number in the upper half, which libkrb5 draws too.
TEST_F(CodecDifferential, SequenceNumbersAreUnsigned) {
  EncApRepPart part = s.enc_ap_rep_part();
  part.seq_number = 0xfedcba98;
  agrees(part, codec(&decode_krb5_ap_rep_enc_part, &encode_krb5_ap_rep_enc_part, &krb5_free_ap_rep_enc_part),
         [](const krb5_ap_rep_enc_part& read) { EXPECT_EQ(read.seq_number, 0xfedcba98U); });
}

TEST_F(CodecDifferential, Errors) {
  agrees(s.error(), codec(&decode_krb5_error, &encode_krb5_error, &krb5_free_error),
         [this](const krb5_error& error) {
           EXPECT_EQ(error.ctime, 1767225601);
           EXPECT_EQ(error.cusec, 1);
           EXPECT_EQ(error.stime, 1767225602);
           EXPECT_EQ(error.susec, 2);
           EXPECT_EQ(error.error, 25U);
           EXPECT_EQ(unparsed(error.client), "alice/admin@OTHER.TEST");
           EXPECT_EQ(unparsed(error.server), "krbtgt/MIT.TEST@MIT.TEST");
           EXPECT_EQ(text(error.text), as_text(s.text));
           EXPECT_EQ(text(error.e_data), as_text(s.cipher));
         });
  agrees(s.padata_list.list(),
         codec(&decode_krb5_padata_sequence, &encode_krb5_padata_sequence, &krb5_free_pa_data));
  Made<TypedData> typed;
  typed.add({typed_data::dh_parameters, s.cipher});
  agrees(typed.list(), codec(&decode_krb5_typed_data, &encode_krb5_typed_data, &krb5_free_pa_data),
         [](krb5_pa_data* const& first) { EXPECT_EQ(first->pa_type, typed_data::dh_parameters); });
}

TEST_F(CodecDifferential, AuthorizationDataAndPreauthentication) {
  agrees(s.authorization.list(), codec(&decode_krb5_authdata, &encode_krb5_authdata, &krb5_free_authdata));
  agrees(PaEncTsEnc{1700000000, 999999},
         codec(&decode_krb5_pa_enc_ts, &encode_krb5_pa_enc_ts, &krb5_free_pa_enc_ts));
  Made<EtypeInfo> info;
  info.add({etype::rc4_hmac, std::nullopt}).add({etype::aes256_sha1, Bytes(s.text)});
  agrees(info.list(), codec(&decode_krb5_etype_info, &encode_krb5_etype_info, &krb5_free_etype_info));
  Made<EtypeInfo2> info2;
  info2.add({etype::aes256_sha1, Bytes(s.text), Bytes(s.address_v4)})
      .add({etype::rc4_hmac, std::nullopt, std::nullopt});
  agrees(info2.list(), codec(&decode_krb5_etype_info2, &encode_krb5_etype_info2, &krb5_free_etype_info));
  agrees(PaForUser{s.alice, s.other_realm, s.checksum},
         codec(&decode_krb5_pa_for_user, &encode_krb5_pa_for_user, &krb5_free_pa_for_user));
  agrees(PaS4uX509User{s.user_id(), s.checksum},
         codec(&decode_krb5_pa_s4u_x509_user, &encode_krb5_pa_s4u_x509_user, &krb5_free_pa_s4u_x509_user));
  const Theirs<krb5_pa_pac_req> pac_request{&decode_krb5_pa_pac_req, nullptr, &krb5_free_pa_pac_req};
  agrees(PacRequest{true}, pac_request, [](const krb5_pa_pac_req& req) { EXPECT_TRUE(req.include_pac); });
  agrees(PacRequest{false}, pac_request, [](const krb5_pa_pac_req& req) { EXPECT_FALSE(req.include_pac); });
  agrees(PacOptions{pac_option::resource_based_constrained_delegation},
         codec<k5_pac_options>(&decode_krb5_pa_pac_options, &encode_krb5_pa_pac_options, &free_pac_options),
         [](const k5_pac_options& read) { EXPECT_EQ(read.options, 0x10000000); });
}

TEST_F(CodecDifferential, Fast) {
  agrees(FastArmoredReq{fast_armor::ap_request, s.cipher, s.checksum, s.encrypted},
         codec<k5_fast_armored_req>(&decode_krb5_pa_fx_fast_request, nullptr, &krb5_free_fast_armored_req),
         [this](const k5_fast_armored_req& req) {
           EXPECT_EQ(req.armor->armor_type, fast_armor::ap_request);
           EXPECT_EQ(text(req.armor->armor_value), as_text(s.cipher));
           EXPECT_EQ(text(req.req_checksum), as_text(s.sum_octets));
           EXPECT_EQ(text(req.enc_part.ciphertext), as_text(s.long_cipher));
         });
  agrees(s.fast_req(), codec<k5_fast_req>(&decode_krb5_fast_req, nullptr, &krb5_free_fast_req),
         [this](const k5_fast_req& req) {
           EXPECT_EQ(req.fast_options, static_cast<krb5_flags>(fast_option::hide_client_names));
           EXPECT_EQ(unparsed(req.req_body->client), "alice/admin@MIT.TEST");
           EXPECT_EQ(req.req_body->padata[1]->pa_type, padata::fx_cookie);
         });
  agrees(s.fast_response(),
         codec(&decode_krb5_fast_response, &encode_krb5_fast_response, &krb5_free_fast_response),
         [this](const k5_fast_response& response) {
           EXPECT_EQ(text(*response.strengthen_key), as_text(s.subkey_octets));
           EXPECT_EQ(response.nonce, 0x7ffffffd);
           EXPECT_NE(response.finished, nullptr);
         });
  agrees(FastArmoredRep{s.without_kvno},
         codec(&decode_krb5_pa_fx_fast_reply, &encode_krb5_pa_fx_fast_reply, &krb5_free_enc_data));
}

TEST_F(CodecDifferential, ChangePasswdData) {
  const Octets octets = encode(kerberos::ChangePasswdData{s.text, s.alice, s.realm});
  const krb5_data code = data_of(octets);
  krb5_data* password = nullptr;
  krb5_principal target = nullptr;
  ASSERT_EQ(decode_krb5_setpw_req(&code, &password, &target), 0);
  EXPECT_EQ(text(*password), as_text(s.text));
  EXPECT_EQ(unparsed(target), "alice/admin@MIT.TEST");
  krb5_free_data(context_, password);
  krb5_free_principal(context_, target);
}

// Where we are the stricter ones.
bool only_libkrb5_accepts(Fault fault) {
  switch (fault) {
    case Fault::bad_string:           // control octets in names, an empty realm: they go to logs and to DNS
    case Fault::bad_time:             // days that no month has
    case Fault::non_minimal_integer:  // BER, no DER
    case Fault::integer_range:  // beyond 32 bits in fields that libkrb5 does not look at; a million usec
    case Fault::wrong_value:    // pvno or msg-type that contradicts the application tag; a BOOLEAN of 1
    case Fault::wrong_tag:      // what follows the known fields is no context tag above them
      return true;
    default:
      return false;
  }
}

// Where libkrb5 is.
template <typename Ours>
bool only_we_accept(krb5_error_code code) {
  constexpr bool request = std::is_same_v<Ours, WholeKdcReq> || std::is_same_v<Ours, FastReq>;
  // A kvno or nonce in the upper half of UInt32, which RFC 4120 has; a tr-type of more than one octet.
  if (code == ASN1_OVERFLOW) return true;
  return code == ASN1_MISSING_FIELD && request;  // till: Heimdal's definition has it optional
}

template <typename Ours, typename T>
void CodecDifferential::bends_agree(const Octets& octets, const Theirs<T>& theirs) {
  Random random(20261128);
  const auto roots = read_nodes(octets);
  std::size_t both_accept = 0, both_refuse = 0;
  constexpr std::size_t rounds = 20000;
  for (std::size_t i = 0; i < rounds; ++i) {
    Node bent = roots.at(0);
    for (auto bends = random() % 3; bends-- > 0;) bend(bent, random);
    const Octets message = written(bent);
    const auto read = parse<Ours>(message);
    const krb5_data code = data_of(message);
    T* decoded = nullptr;
    const krb5_error_code result = theirs.decode(&code, &decoded);
    if (result == 0) theirs.release(context_, decoded);
    both_accept += read && result == 0 ? 1 : 0;
    both_refuse += !read && result != 0 ? 1 : 0;
    if (read.has_value() == (result == 0)) continue;
    if (!read) {
      EXPECT_TRUE(only_libkrb5_accepts(read.error().fault))
          << "we refuse with " << name(read.error().fault) << " at " << read.error().offset
          << ", libkrb5 accepts " << hex(message);
    } else {
      EXPECT_TRUE(only_we_accept<Ours>(result))
          << "we accept, libkrb5 refuses with " << result << " " << hex(message);
    }
  }
  EXPECT_GT(both_accept, rounds / 4);
  EXPECT_GT(both_refuse, rounds / 4);
}

TEST_F(CodecDifferential, BentMessagesAreTakenOrRefusedByBoth) {
  bends_agree<WholeKdcReq>(encode(s.request(msg_type::as_req)),
                           codec(&decode_krb5_as_req, &encode_krb5_as_req, &krb5_free_kdc_req));
  bends_agree<WholeKdcReq>(encode(s.request(msg_type::tgs_req)),
                           codec(&decode_krb5_tgs_req, &encode_krb5_tgs_req, &krb5_free_kdc_req));
  bends_agree<Ticket>(encode(s.ticket), codec(&decode_krb5_ticket, &encode_krb5_ticket, &krb5_free_ticket));
  bends_agree<EncTicketPart>(
      encode(s.enc_ticket_part()),
      codec(&decode_krb5_enc_tkt_part, &encode_krb5_enc_tkt_part, &krb5_free_enc_tkt_part));
  bends_agree<EncKdcRepPart>(
      encode(s.enc_kdc_rep_part()),
      codec(&decode_krb5_enc_kdc_rep_part, &encode_krb5_enc_kdc_rep_part, &krb5_free_enc_kdc_rep_part));
  bends_agree<ApReq>(encode(s.ap_req()), codec(&decode_krb5_ap_req, &encode_krb5_ap_req, &krb5_free_ap_req));
  bends_agree<Authenticator>(
      encode(s.authenticator()),
      codec(&decode_krb5_authenticator, &encode_krb5_authenticator, &krb5_free_authenticator));
  bends_agree<ApRep>(encode(ApRep{s.encrypted}),
                     codec(&decode_krb5_ap_rep, &encode_krb5_ap_rep, &krb5_free_ap_rep));
  bends_agree<EncApRepPart>(
      encode(s.enc_ap_rep_part()),
      codec(&decode_krb5_ap_rep_enc_part, &encode_krb5_ap_rep_enc_part, &krb5_free_ap_rep_enc_part));
  bends_agree<KrbPriv>(encode(KrbPriv{s.encrypted}),
                       codec(&decode_krb5_priv, &encode_krb5_priv, &krb5_free_priv));
  bends_agree<EncKrbPrivPart>(
      encode(s.enc_krb_priv_part()),
      codec(&decode_krb5_enc_priv_part, &encode_krb5_enc_priv_part, &krb5_free_priv_enc_part));
  bends_agree<PadataList>(
      encode(s.padata_list.list()),
      codec(&decode_krb5_padata_sequence, &encode_krb5_padata_sequence, &krb5_free_pa_data));
  bends_agree<AuthorizationData>(encode(s.authorization.list()),
                                 codec(&decode_krb5_authdata, &encode_krb5_authdata, &krb5_free_authdata));
  bends_agree<PaEncTsEnc>(encode(PaEncTsEnc{1700000000, 999999}),
                          codec(&decode_krb5_pa_enc_ts, &encode_krb5_pa_enc_ts, &krb5_free_pa_enc_ts));
  bends_agree<PaForUser>(encode(PaForUser{s.alice, s.other_realm, s.checksum}),
                         codec(&decode_krb5_pa_for_user, &encode_krb5_pa_for_user, &krb5_free_pa_for_user));
  bends_agree<PaS4uX509User>(
      encode(PaS4uX509User{s.user_id(), s.checksum}),
      codec(&decode_krb5_pa_s4u_x509_user, &encode_krb5_pa_s4u_x509_user, &krb5_free_pa_s4u_x509_user));
  bends_agree<FastArmoredReq>(
      encode(FastArmoredReq{fast_armor::ap_request, s.cipher, s.checksum, s.encrypted}),
      codec<k5_fast_armored_req>(&decode_krb5_pa_fx_fast_request, nullptr, &krb5_free_fast_armored_req));
  bends_agree<FastReq>(encode(s.fast_req()),
                       codec<k5_fast_req>(&decode_krb5_fast_req, nullptr, &krb5_free_fast_req));
  bends_agree<FastResponse>(
      encode(s.fast_response()),
      codec(&decode_krb5_fast_response, &encode_krb5_fast_response, &krb5_free_fast_response));
  bends_agree<FastArmoredRep>(
      encode(FastArmoredRep{s.encrypted}),
      codec(&decode_krb5_pa_fx_fast_reply, &encode_krb5_pa_fx_fast_reply, &krb5_free_enc_data));
}

}  // namespace
}  // namespace ferryman::kerberos
