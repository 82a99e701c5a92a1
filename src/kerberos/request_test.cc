#include "kerberos/request.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "kerberos/kpasswd.h"
#include "kerberos/names.h"
#include "kerberos/reply.h"

namespace ferryman::kerberos {
namespace {

using Octets = std::vector<std::uint8_t>;

std::map<std::string, Octets> seeds(const std::string& fuzzer) {
  std::map<std::string, Octets> found;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(TESTDATA) + "/" + fuzzer)) {
    if (!entry.is_regular_file()) continue;  // "found", by the fuzzer
    std::ifstream file(entry.path(), std::ios::binary);
    found[entry.path().filename()] = Octets{std::istreambuf_iterator<char>(file), {}};
  }
  return found;
}

TEST(PrincipalName, EscapesWhatWouldPartItsComponents) {
  const Octets strings = {0x1b, 0x05, 'a', '/', 'b', '@', '\\', 0x1b, 0x00, 0x1b, 0x02, '@', 'c'};
  std::string text = "x ";
  PrincipalName{1, strings}.append_to(text);
  EXPECT_EQ(text, "x a\\/b\\@\\\\//\\@c");
}

TEST(PadataList, TellsTypesApartThatShareABit) {
  const Octets elements = {0x30, 0x09, 0xa1, 0x03, 0x02, 0x01, padata::fx_fast - 64, 0xa2, 0x02, 0x04, 0x00};
  const PadataList list(elements, PadataList::bit(padata::fx_fast - 64));
  EXPECT_FALSE(list.has(padata::fx_fast));
  EXPECT_TRUE(list.has(padata::fx_fast - 64));
  EXPECT_FALSE(list.has(padata::enc_timestamp));
  EXPECT_TRUE(PadataList(Bytes(elements)).has(padata::fx_fast - 64));
}

TEST(PadataList, TakesNoOtherTypeForOneWithABitOfItsOwn) {
  for (const std::int32_t type : {128, 136, 150, 190})
    for (const std::int32_t other : {type - 128, type - 64, type + 64, type + 256, -type})
      EXPECT_EQ(PadataList::bit(type) & PadataList::bit(other), 0U) << type << " " << other;
}

TEST(Request, ReadsAnAsReq) {
  const auto message = seeds("request_fuzz").at("as_req");
  const auto request = parse_request(message);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->kind, RequestKind::as_req);
  EXPECT_EQ(request->realm(), "R");
  std::string cname, sname;
  request->kdc_req->cname->append_to(cname);
  request->kdc_req->sname->append_to(sname);
  EXPECT_EQ(cname + " " + sname, "alice krbtgt/R");
  EXPECT_EQ(request->kdc_req->sname->size(), 2U);
  EXPECT_EQ(request->kdc_req->sname->component(1), "R");
  EXPECT_EQ(request->kdc_req->kdc_options, 0x50800000U);
  EtypeList etypes = request->kdc_req->etypes;
  std::int32_t etype = 0;
  ASSERT_TRUE(etypes.next(etype));
  EXPECT_EQ(etype_name(etype), "aes256-cts-hmac-sha1-96");
  EXPECT_FALSE(request->armored());
  EXPECT_TRUE(request->repeatable());
}

TEST(Request, KnowsWhatMayNotBeSentTwice) {
  const auto all = seeds("request_fuzz");
  EXPECT_FALSE(parse_request(all.at("as_req_timestamp"))->repeatable())
      << "a wrong password would count twice";
  EXPECT_TRUE(parse_request(all.at("tgs_req"))->repeatable());
  const auto fast = parse_request(all.at("as_req_fast"));
  EXPECT_TRUE(fast->armored());
  EXPECT_FALSE(fast->repeatable()) << "a one-time password may be inside";
  const auto kpasswd = parse_request(all.at("kpasswd"));
  EXPECT_EQ(kpasswd->kind, RequestKind::kpasswd);
  EXPECT_EQ(kpasswd->kpasswd_version, 1);
  EXPECT_EQ(kpasswd->realm(), "");
  EXPECT_FALSE(kpasswd->repeatable());
}

TEST(Request, EveryShorterOrLongerFormOfAMessageIsRefused) {
  for (const auto& [name, message] : seeds("request_fuzz")) {
    ASSERT_TRUE(parse_request(message)) << name;
    for (std::size_t size = 0; size < message.size(); ++size) {
      EXPECT_FALSE(parse_request(Bytes(message).first(size))) << name << " " << size;
    }
    Octets longer = message;
    longer.push_back(0);
    EXPECT_FALSE(parse_request(longer)) << name;
  }
}

TEST(Request, NoChangeOfOneOctetLeadsOutsideTheMessage) {
  for (const auto& [name, message] : seeds("request_fuzz")) {
    Octets changed = message;
    for (std::size_t i = 0; i < changed.size(); ++i) {
      for (unsigned value = 0; value < 256; ++value) {
        changed[i] = static_cast<std::uint8_t>(value);
        const auto request = parse_request(changed);
        if (!request) {
          EXPECT_LE(request.error().offset, changed.size());
        }
      }
      changed[i] = message[i];
    }
  }
}

TEST(Request, OtherMessagesAreUnknown) {
  for (const auto& name : {"as_rep", "krb_error"}) {
    const auto message = seeds("reply_fuzz").at(name);
    const auto request = parse_request(message);
    ASSERT_FALSE(request);
    EXPECT_EQ(request.error(), (Error{Fault::unknown_message, 0}));
  }
  EXPECT_EQ(parse_request({}).error().fault, Fault::truncated);
}

TEST(Reply, FitsItsRequest) {
  const auto all = seeds("reply_fuzz");
  EXPECT_EQ(parse_reply(all.at("as_rep"), RequestKind::as_req)->kind, ReplyKind::as_rep);
  EXPECT_EQ(parse_reply(all.at("tgs_rep"), RequestKind::tgs_req)->kind, ReplyKind::tgs_rep);
  EXPECT_EQ(parse_reply(all.at("kpasswd"), RequestKind::kpasswd)->kind, ReplyKind::kpasswd);
  EXPECT_FALSE(parse_reply(all.at("as_rep"), RequestKind::tgs_req));
  EXPECT_FALSE(parse_reply(all.at("tgs_rep"), RequestKind::as_req));
  EXPECT_FALSE(parse_reply(all.at("as_rep"), RequestKind::kpasswd));
  EXPECT_FALSE(parse_reply(all.at("kpasswd"), RequestKind::as_req));
  for (const auto kind : {RequestKind::as_req, RequestKind::tgs_req, RequestKind::kpasswd}) {
    const auto error = parse_reply(all.at("krb_error"), kind);
    ASSERT_TRUE(error);
    EXPECT_EQ(error_name(error->error_code), "KDC_ERR_PREAUTH_REQUIRED");
  }
  EXPECT_EQ(parse_reply(all.at("kpasswd_error"), RequestKind::kpasswd)->error_code, 25);
}

TEST(Reply, EveryShorterFormIsRefused) {
  for (const auto& [name, message] : seeds("reply_fuzz")) {
    for (std::size_t size = 0; size < message.size(); ++size) {
      for (const auto kind : {RequestKind::as_req, RequestKind::tgs_req, RequestKind::kpasswd}) {
        EXPECT_FALSE(parse_reply(Bytes(message).first(size), kind)) << name << " " << size;
      }
    }
  }
}

TEST(Kpasswd, SaysWhereAPartIsWrong) {
  const auto fault_at = [](Octets message, std::size_t at) {
    message[at] ^= 0x40;
    const auto request = parse_kpasswd_request(message);
    const auto reply = parse_kpasswd_reply(message);
    EXPECT_FALSE(request || reply);
    return std::max(request.error().offset, reply.error().offset);
  };
  const Octets change = seeds("kpasswd_fuzz").at("change"), reply = seeds("kpasswd_fuzz").at("reply"),
               error = seeds("kpasswd_fuzz").at("reply_error");
  EXPECT_EQ(fault_at(change, 6), 6U) << "the AP-REQ's tag";
  EXPECT_EQ(fault_at(reply, 6), 6U) << "the AP-REP's tag";
  const std::size_t ap_size = static_cast<std::size_t>(reply[4]) << 8 | reply[5];
  EXPECT_EQ(fault_at(reply, 6 + ap_size), 6U + ap_size) << "the KRB-PRIV's tag";
  EXPECT_EQ(fault_at(error, 6), 6U) << "the KRB-ERROR's tag";
  EXPECT_EQ(parse_kpasswd_request(Bytes(change).first(5)).error().fault, Fault::truncated);
  Octets longer = change;
  longer.push_back(0);
  EXPECT_EQ(parse_kpasswd_request(longer).error().fault, Fault::trailing_bytes);
  Octets wide = change;
  wide[4] = 0xff;
  EXPECT_EQ(parse_kpasswd_request(wide).error(), (Error{Fault::truncated, 4}));
  Octets version = change;
  version[3] = 2;
  EXPECT_EQ(parse_kpasswd_request(version).error(), (Error{Fault::wrong_value, 2}));
}

TEST(Names, OfKinds) {
  EXPECT_EQ(name(RequestKind::as_req), "AS-REQ");
  EXPECT_EQ(name(RequestKind::tgs_req), "TGS-REQ");
  EXPECT_EQ(name(RequestKind::kpasswd), "KPASSWD");
  EXPECT_EQ(name(ReplyKind::as_rep), "AS-REP");
  EXPECT_EQ(name(ReplyKind::tgs_rep), "TGS-REP");
  EXPECT_EQ(name(ReplyKind::krb_error), "KRB-ERROR");
  EXPECT_EQ(name(ReplyKind::kpasswd), "KPASSWD-REP");
}

TEST(Names, AreKnownOrEmpty) {
  EXPECT_EQ(padata_name(136), "PA-FX-FAST");
  EXPECT_EQ(error_name(68), "KDC_ERR_WRONG_REALM");
  EXPECT_EQ(error_name(999), "");
  EXPECT_EQ(padata_name(-1), "");
}

}  // namespace
}  // namespace ferryman::kerberos
