#include "kerberos/codec.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "kerberos/pkinit.h"
#include "kerberos/samples.h"
#include "kerberos/time.h"

namespace ferryman::kerberos {
namespace {

using Octets = std::vector<std::uint8_t>;

// Of exactly the size of the octets, so that a sanitizer sees a read behind their end.
template <typename T>
bool is_refused(Bytes octets) {
  const auto exact = std::make_unique<std::uint8_t[]>(octets.size());
  std::copy(octets.begin(), octets.end(), exact.get());
  const auto result = parse<T>({exact.get(), octets.size()});
  if (result) return false;
  EXPECT_LE(result.error().offset, octets.size());
  return true;
}

// Where the length octets of each element begin.
void find_lengths(Bytes all, std::size_t begin, std::size_t end, std::vector<std::size_t>& out) {
  while (begin < end) {
    der::Status status;
    der::Reader reader(all.subspan(begin, end - begin), status);
    const std::size_t size = reader.read_element().size();
    ASSERT_TRUE(status.ok());
    out.push_back(begin + 1);
    const std::size_t header = all[begin + 1] < 0x80 ? 2 : 2U + (all[begin + 1] & 0x7fU);
    if ((all[begin] & 0x20) != 0) find_lengths(all, begin + header, begin + size, out);
    begin += size;
  }
}

template <typename T>
void refuses_what_is_cut_or_lies(const Octets& octets) {
  for (std::size_t size = 0; size < octets.size(); ++size) {
    EXPECT_TRUE(is_refused<T>(Bytes(octets).first(size))) << size;
  }
  Octets longer = octets;
  longer.push_back(0);
  EXPECT_TRUE(is_refused<T>(longer));
  std::vector<std::size_t> lengths;
  find_lengths(octets, 0, octets.size(), lengths);
  for (const std::size_t at : lengths) {
    const std::uint8_t length = octets[at];
    for (const int lie : {length + 1, length - 1, 0, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xff}) {
      if ((lie & 0xff) == length) continue;
      Octets changed = octets;
      changed[at] = static_cast<std::uint8_t>(lie);
      EXPECT_TRUE(is_refused<T>(changed)) << "length " << lie << " at " << at;
    }
  }
}

// What was written is read, and written again the same; what is cut or lies about a length is refused.
template <typename T, typename Written>
void round_trip(const Written& value) {
  const Octets octets = encode(value);
  ASSERT_FALSE(octets.empty());
  const auto read_back = parse<T>(octets);
  ASSERT_TRUE(read_back) << name(read_back.error().fault) << " at " << read_back.error().offset;
  if constexpr (std::is_same_v<T, Written>) {
    EXPECT_EQ(encode(*read_back), octets);
  }
  refuses_what_is_cut_or_lies<T>(octets);
}
template <typename T>
void round_trip(const T& value) {
  round_trip<T, T>(value);
}

TEST(Codec, TicketsAndWhatIsInThem) {
  const Samples s;
  round_trip(s.encrypted);
  round_trip(s.without_kvno);
  round_trip(s.key);
  round_trip(s.checksum);
  round_trip(s.alice);
  round_trip(s.address_list.list());
  round_trip(s.ticket);
  round_trip(s.enc_ticket_part());
  round_trip(s.authorization.list());
  EncTicketPart least;
  least.key = s.key;
  least.crealm = "R";
  round_trip(least);
}

TEST(Codec, Requests) {
  const Samples s;
  round_trip(s.request(msg_type::as_req));
  round_trip(s.request(msg_type::tgs_req));
  round_trip(s.body());
  WholeKdcReq least;
  least.body.realm = "R";
  least.body.etypes = s.etype_list.list();
  round_trip(least);
}

TEST(Codec, ARequestIsReadAsItWasWritten) {
  const Samples s;
  const KdcReqBody body = s.body();
  const Octets octets = encode(s.request(msg_type::tgs_req));
  const auto req = parse<WholeKdcReq>(octets);
  ASSERT_TRUE(req);
  EXPECT_EQ(req->msg_type, msg_type::tgs_req);
  EXPECT_EQ(req->padata.find(padata::fx_cookie)->value.size(), s.cipher.size());
  EXPECT_EQ(as_text(req->body.octets), as_text(encode(body)));
  EXPECT_EQ(req->body.kdc_options, body.kdc_options);
  EXPECT_TRUE(req->body.cname->is({"alice", "admin"}));
  EXPECT_EQ(req->body.sname->name_type, name_type::srv_hst);
  EXPECT_EQ(req->body.from, body.from);
  EXPECT_EQ(req->body.till, body.till);
  EXPECT_EQ(req->body.rtime, body.rtime);
  EXPECT_EQ(req->body.nonce, body.nonce);
  Tickets tickets = req->body.additional_tickets;
  Ticket ticket;
  ASSERT_TRUE(tickets.next(ticket) && tickets.next(ticket));
  EXPECT_EQ(ticket.realm, s.other_realm);
  EXPECT_EQ(ticket.enc_part.kvno, 3U);
  EXPECT_FALSE(tickets.next(ticket));
  HostAddresses addresses = req->body.addresses;
  HostAddress address;
  ASSERT_TRUE(addresses.next(address) && addresses.next(address));
  EXPECT_EQ(address.type, address_type::ipv6);
}

TEST(Codec, ANonceIsGivenBackAsItCame) {
  const Samples s;
  for (const std::int64_t nonce : {-2147483648LL, -1LL, 0LL, 2147483647LL, 2147483648LL, 4294967295LL}) {
    KdcReqBody body = s.body();
    body.nonce = nonce;
    const Octets octets = encode(body);
    EXPECT_EQ(parse<KdcReqBody>(octets)->nonce, nonce);
  }
  for (const std::int64_t nonce : {-2147483649LL, 4294967296LL}) {
    KdcReqBody body = s.body();
    body.nonce = nonce;
    const Octets octets = encode(body);
    EXPECT_EQ(parse<KdcReqBody>(octets).error().fault, Fault::integer_range);
  }
}

TEST(Codec, AKvnoOfAReadOnlyDcIsTheSameInBothForms) {
  const Samples s;
  Octets octets = encode(EncryptedData{1, 0x8123abcd, s.contents});
  const Octets as_int32 = {0xa1, 0x06, 0x02, 0x04, 0x81, 0x23, 0xab, 0xcd};
  ASSERT_TRUE(std::equal(as_int32.begin(), as_int32.end(), octets.begin() + 7));
  EXPECT_EQ(parse<EncryptedData>(octets)->kvno, 0x8123abcdU);
  octets[1] += 1;
  octets[8] += 1;
  octets[10] += 1;
  octets.insert(octets.begin() + 11, 0);
  EXPECT_EQ(parse<EncryptedData>(octets)->kvno, 0x8123abcdU);
}

TEST(Codec, Replies) {
  const Samples s;
  for (const std::int32_t type : {msg_type::as_rep, msg_type::tgs_rep}) {
    const Octets octets = encode(s.reply(type));
    const auto rep = parse_kdc_rep(octets, type);
    ASSERT_TRUE(rep);
    EXPECT_EQ(rep->crealm, s.other_realm);
    EXPECT_EQ(as_text(ticket_octets(octets)), as_text(encode(s.ticket)));
    EXPECT_EQ(encode(WrittenKdcRep{type, *rep}), octets);
    for (std::size_t size = 0; size < octets.size(); ++size) {
      EXPECT_FALSE(parse_kdc_rep(Bytes(octets).first(size), type));
      EXPECT_LE(ticket_octets(Bytes(octets).first(size)).size(), size);
    }
  }
  for (const unsigned tag : {application_tag::enc_as_rep_part, application_tag::enc_tgs_rep_part}) {
    round_trip(s.enc_kdc_rep_part(tag));
    EXPECT_EQ(parse<EncKdcRepPart>(encode(s.enc_kdc_rep_part(tag)))->tag, tag);
  }
}

TEST(Codec, ApExchangeAndPrivateMessages) {
  const Samples s;
  round_trip(s.ap_req());
  round_trip(s.authenticator());
  round_trip(ApRep{s.without_kvno});
  round_trip(s.enc_ap_rep_part());
  round_trip(KrbPriv{s.without_kvno});
  round_trip(s.enc_krb_priv_part());
}

TEST(Codec, Errors) {
  const Samples s;
  round_trip(s.error());
  KrbError least;
  least.stime = "20260101000002Z";
  round_trip(least);
  round_trip(s.padata_list.list());
  Made<TypedData> typed;
  typed.add({typed_data::dh_parameters, s.cipher}).add({typed_data::trusted_certifiers, {}});
  round_trip(typed.list());
  const auto status = octets_of(KerbExtError{0xc0000072, 1});
  EXPECT_EQ(status[0], 0x72);
  EXPECT_EQ(status[3], 0xc0);
  EXPECT_EQ(status[8], 1);
  EXPECT_EQ(parse_kerb_ext_error(status)->status, 0xc0000072);
  EXPECT_EQ(parse_kerb_ext_error(status)->flags, 1U);
  EXPECT_FALSE(parse_kerb_ext_error(Bytes(status).first(11)));
  round_trip(KerbErrorData{kerb_error_data::extended, status});
}

TEST(Codec, Fast) {
  const Samples s;
  round_trip(FastArmoredReq{fast_armor::ap_request, s.cipher, s.checksum, s.encrypted});
  round_trip(FastArmoredReq{std::nullopt, {}, s.checksum, s.encrypted});
  round_trip(s.fast_req());
  round_trip(FastArmoredRep{s.without_kvno});
  round_trip(s.finished());
  round_trip(s.fast_response());
  round_trip(FastResponse{});
}

TEST(Codec, PadataOfRfc4120AndMicrosoft) {
  const Samples s;
  round_trip(PaEncTsEnc{1700000000, 999999});
  round_trip(PaEncTsEnc{1700000000, std::nullopt});
  Made<EtypeInfo> info;
  info.add({etype::rc4_hmac, std::nullopt}).add({etype::aes256_sha1, Bytes(s.text)});
  round_trip(info.list());
  Made<EtypeInfo2> info2;
  info2.add({etype::aes256_sha1, Bytes(s.text), Bytes(s.address_v4)})
      .add({etype::rc4_hmac, Bytes(), std::nullopt});
  round_trip(info2.list());
  round_trip(PacRequest{true});
  round_trip(PacRequest{false});
  round_trip(PacOptions{pac_option::resource_based_constrained_delegation});
  round_trip(KeyListReq{s.etype_list.list()});
  const EncryptionKey keys[] = {s.key, s.subkey};
  round_trip<KeyList>(WrittenKeyList{keys});
  EXPECT_EQ(encode(*parse<KeyList>(encode(WrittenKeyList{keys}))), encode(WrittenKeyList{keys}));
  EXPECT_EQ(parse_supported_enctypes(supported_enctypes_octets(0x1001f)), 0x1001fU);
  EXPECT_FALSE(parse_supported_enctypes(Bytes(s.contents)));
  round_trip(PaForUser{s.alice, s.other_realm, s.checksum});
  round_trip(s.user_id());
  round_trip(PaS4uX509User{s.user_id(), s.checksum});
}

TEST(Codec, Pkinit) {
  const Samples s;
  const Octets element{0x04, 1, 0x55}, oid{0x2b, 6, 1};
  round_trip(PaPkAsReq{s.text});
  PkAuthenticator authenticator{999999, 1700000000, 0xffffffff, Bytes(s.text), Bytes(s.contents), {}};
  round_trip(authenticator);
  authenticator.checksum2 = {Bytes(s.text), Bytes(oid)};
  round_trip(authenticator);
  Made<KdfAlgorithms> kdfs;
  kdfs.add({oid}).add({oid});
  round_trip(AuthPack{authenticator, element, s.text, kdfs.list()});
  round_trip(AuthPack{});
  EXPECT_TRUE(parse<AuthPack>(encode(AuthPack{{}, {}, {}, KdfAlgorithms{}}))->kdfs) << "a list of none";
  EXPECT_FALSE(parse<AuthPack>(encode(AuthPack{}))->kdfs);
  round_trip(KdcDhKeyInfo{s.text, 0xffffffff});
  EXPECT_FALSE(parse<KdcDhKeyInfo>(Octets{0x30, 11, 0xa0, 4, 3, 2, 1, 0x80, 0xa1, 3, 2, 1, 0}))
      << "unused bits";
  round_trip(PaPkAsRep{s.text, {}});
  round_trip(PaPkAsRep{s.text, KdfAlgorithm{oid}});
}

TEST(Codec, WhatAChecksumOfForUserIsOver) {
  const Samples s;
  const Name user(name_type::enterprise, {"bob@b.test"});
  const Octets octets = checksummed_octets({user.view(), "R", {}});
  EXPECT_EQ(as_text(octets), std::string_view("\x0a\0\0\0bob@b.testRKerberos", 4 + 10 + 1 + 8));
}

TEST(Codec, Kpasswd) {
  const Samples s;
  round_trip(ChangePasswdData{s.text, s.alice, s.realm});
  round_trip(ChangePasswdData{s.text, std::nullopt, std::nullopt});
  const Octets ap_req = encode(s.ap_req()), ap_rep = encode(ApRep{s.without_kvno}),
               priv = encode(KrbPriv{s.without_kvno}), error = encode(s.error());
  const Octets request = encode(KpasswdFrame{kpasswd_version::set, ap_req, priv});
  const auto read_request = parse_kpasswd_request(request);
  ASSERT_TRUE(read_request);
  EXPECT_EQ(read_request->version, kpasswd_version::set);
  EXPECT_EQ(as_text(read_request->ap_req_octets), as_text(ap_req));
  EXPECT_EQ(encode(read_request->ap_req), ap_req);
  EXPECT_EQ(encode(read_request->priv), priv);
  const Octets reply = encode(KpasswdFrame{kpasswd_version::change, ap_rep, priv});
  const auto read_reply = parse_kpasswd_reply(reply);
  ASSERT_TRUE(read_reply);
  EXPECT_EQ(encode(read_reply->ap_rep), ap_rep);
  EXPECT_EQ(encode(read_reply->priv), priv);
  const Octets refusal = encode(KpasswdFrame{kpasswd_version::change, {}, error});
  const auto read_refusal = parse_kpasswd_reply(refusal);
  ASSERT_TRUE(read_refusal);
  EXPECT_EQ(as_text(read_refusal->krb_error), as_text(error));
  EXPECT_EQ(read_refusal->error_code, error_code::preauth_required);
  EXPECT_TRUE(encode(KpasswdFrame{1, Octets(0x8000), Octets(0x8000)}).empty());
}

TEST(Codec, AResultOfKpasswdIsACodeAndText) {
  const Octets octets = encode(KpasswdResult{kpasswd_result::soft_error, as_bytes("too short")});
  EXPECT_EQ(as_text(octets), std::string_view("\0\4too short", 11));
  EXPECT_EQ(parse_kpasswd_result(octets)->code, kpasswd_result::soft_error);
  EXPECT_EQ(as_text(parse_kpasswd_result(octets)->text), "too short");
  EXPECT_EQ(parse_kpasswd_result(Bytes(octets).first(1)).error().fault, Fault::truncated);
}

TEST(Codec, ATimeWithoutEncodingIsToldAndNothingIsWritten) {
  const Samples s;
  EncTicketPart part = s.enc_ticket_part();
  part.endtime = 300'000'000'000;
  Octets buffer(4096);
  EXPECT_EQ(encode_into(buffer, part).error().fault, Fault::bad_time);
  EXPECT_TRUE(encode(part).empty());
  part.endtime = first_time - 1;
  EXPECT_EQ(encode_into(buffer, part).error().fault, Fault::bad_time);
}

TEST(Codec, ABufferThatIsTooSmallIsToldAndNotOverrun) {
  const Samples s;
  const std::size_t size = encoded_size(s.enc_ticket_part());
  Octets buffer(size);
  ASSERT_TRUE(encode_into(buffer, s.enc_ticket_part()));
  for (std::size_t less = 0; less < size; ++less) {
    Octets small(less);
    EXPECT_EQ(encode_into(small, s.enc_ticket_part()).error().fault, Fault::no_space);
  }
}

// What real clients and KDCs sent.
template <typename Check>
void each_capture(const std::string& fuzzer, Check check) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(TESTDATA) + "/" + fuzzer)) {
    const std::string file = entry.path().filename();
    if (!file.starts_with("mit_") && !file.starts_with("heimdal_")) continue;
    std::ifstream stream(entry.path(), std::ios::binary);
    check(file, Octets{std::istreambuf_iterator<char>(stream), {}});
    ++count;
  }
  EXPECT_GT(count, 0U);
}

// tests/kdc_seeds.py, which shares nothing with the code here, wrote them.
template <typename T>
void is_read_and_written_again(const std::string& file) {
  std::ifstream stream(std::string(TESTDATA) + "/" + file, std::ios::binary);
  const Octets octets{std::istreambuf_iterator<char>(stream), {}};
  const auto value = parse<T>(octets);
  ASSERT_TRUE(value) << file << " " << name(value.error().fault) << " at " << value.error().offset;
  EXPECT_EQ(encode(*value), octets) << file;
}

TEST(Codec, WhatAnotherWriterWroteIsReadAndWrittenAgain) {
  is_read_and_written_again<WholeKdcReq>("kdc_req_fuzz/tgs_req");
  is_read_and_written_again<KdcReqBody>("kdc_req_fuzz/body");
  is_read_and_written_again<Ticket>("ticket_fuzz/ticket");
  is_read_and_written_again<AuthorizationData>("ticket_fuzz/authorization_data");
  is_read_and_written_again<EncTicketPart>("ticket_fuzz/enc_ticket_part");
  is_read_and_written_again<EncKdcRepPart>("ticket_fuzz/enc_as_rep_part");
  is_read_and_written_again<EncKdcRepPart>("ticket_fuzz/enc_tgs_rep_part");
  is_read_and_written_again<ApReq>("ap_fuzz/ap_req");
  is_read_and_written_again<ApRep>("ap_fuzz/ap_rep");
  is_read_and_written_again<EncApRepPart>("ap_fuzz/enc_ap_rep_part");
  is_read_and_written_again<KrbPriv>("ap_fuzz/krb_priv");
  is_read_and_written_again<EncKrbPrivPart>("ap_fuzz/enc_krb_priv_part");
  is_read_and_written_again<FastArmoredReq>("fast_fuzz/armored_req");
  is_read_and_written_again<FastArmoredReq>("fast_fuzz/implicit");
  is_read_and_written_again<FastReq>("fast_fuzz/fast_req");
  is_read_and_written_again<FastArmoredRep>("fast_fuzz/armored_rep");
  is_read_and_written_again<FastResponse>("fast_fuzz/response");
  is_read_and_written_again<KrbError>("krb_error_fuzz/error");
  is_read_and_written_again<PadataList>("krb_error_fuzz/method_data");
  is_read_and_written_again<TypedData>("krb_error_fuzz/typed_data");
  is_read_and_written_again<KerbErrorData>("krb_error_fuzz/kerb_error_data");
  is_read_and_written_again<PaEncTsEnc>("padata_fuzz/timestamp");
  is_read_and_written_again<EncryptedData>("padata_fuzz/encrypted");
  is_read_and_written_again<EtypeInfo>("padata_fuzz/etype_info");
  is_read_and_written_again<EtypeInfo2>("padata_fuzz/etype_info2");
  is_read_and_written_again<PacRequest>("padata_fuzz/pac_request");
  is_read_and_written_again<PacOptions>("padata_fuzz/pac_options");
  is_read_and_written_again<KeyListReq>("padata_fuzz/key_list_req");
  is_read_and_written_again<KeyList>("padata_fuzz/key_list_rep");
  is_read_and_written_again<PaForUser>("padata_fuzz/for_user");
  is_read_and_written_again<PaS4uX509User>("padata_fuzz/x509_user");
  is_read_and_written_again<ChangePasswdData>("kpasswd_fuzz/change_passwd_data");
}

TEST(Codec, ANegativeSequenceNumberIsTheSame32Bits) {
  std::ifstream stream(TESTDATA "/ap_fuzz/authenticator", std::ios::binary);
  const Octets octets{std::istreambuf_iterator<char>(stream), {}};
  const auto authenticator = parse<Authenticator>(octets);
  ASSERT_TRUE(authenticator);
  EXPECT_EQ(authenticator->seq_number, 0xffffffffU);
}

TEST(Codec, RealMessagesAreWrittenAgainAsTheyCame) {
  each_capture("request_fuzz", [](const std::string& file, const Octets& octets) {
    if (looks_like_kpasswd(octets)) return;
    const auto req = parse<WholeKdcReq>(octets);
    ASSERT_TRUE(req) << file << " " << name(req.error().fault) << " at " << req.error().offset;
    EXPECT_EQ(encode(*req), octets) << file;
    if (const auto tgs = req->padata.find(padata::tgs_req)) {
      const auto ap_req = parse<ApReq>(tgs->value);
      ASSERT_TRUE(ap_req) << file;
      EXPECT_EQ(as_text(encode(*ap_req)), as_text(tgs->value)) << file;
    }
  });
  each_capture("reply_fuzz", [](const std::string& file, const Octets& octets) {
    if (octets.at(0) == der::application(msg_type::krb_error)) {
      const auto error = parse<KrbError>(octets);
      ASSERT_TRUE(error) << file;
      EXPECT_EQ(encode(*error), octets) << file;
    } else if (octets.at(0) != 0) {
      const std::int32_t type = octets.at(0) & 0x1f;
      const auto rep = parse_kdc_rep(octets, type);
      ASSERT_TRUE(rep) << file;
      EXPECT_EQ(encode(WrittenKdcRep{type, *rep}), octets) << file;
    }
  });
  each_capture("kpasswd_fuzz", [](const std::string& file, const Octets& octets) {
    Octets ap, priv;
    std::uint16_t version = kpasswd_version::change;
    if (const auto request = parse_kpasswd_request(octets)) {
      ap = encode(request->ap_req);
      priv = encode(request->priv);
      version = request->version;
    } else {
      const auto reply = parse_kpasswd_reply(octets);
      ASSERT_TRUE(reply) << file;
      ap = encode(reply->ap_rep);
      priv = encode(reply->priv);
    }
    EXPECT_EQ(encode(KpasswdFrame{version, ap, priv}), octets) << file;
  });
}

}  // namespace
}  // namespace ferryman::kerberos
