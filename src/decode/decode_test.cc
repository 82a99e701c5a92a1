#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "decode/message.h"
#include "decode/pac.h"
#include "decode/report.h"
#include "kerberos/codec.h"
#include "kerberos/numbers.h"
#include "kerberos/parts.h"
#include "kerberos/principal_name.h"

namespace ferryman::decode {
namespace {

Octets file(const std::string& path) {
  std::ifstream stream(TESTDATA "/" + path, std::ios::binary);
  EXPECT_TRUE(stream) << path;
  return {std::istreambuf_iterator<char>(stream), {}};
}

Node decode_all(Bytes input, const Options& options = {}) {
  Bytes rest = input;
  Node node = take_message(input, rest, options, 1);
  EXPECT_TRUE(rest.empty());
  return node;
}

// The first node of that name or type, in the order of the message.
const Node* find(const Node& node, std::string_view name) {
  if (node.name == name || node.type == name) return &node;
  for (const Node& child : node.children) {
    if (const Node* found = find(child, name)) return found;
  }
  return nullptr;
}

std::string value(const Node& node, std::string_view name) {
  const Node* found = find(node, name);
  return found == nullptr ? "absent" : found->value;
}

kerberos::Name krbtgt_name() {
  static const std::vector<std::string_view> parts{"krbtgt", "R"};
  return {kerberos::name_type::srv_inst, parts};
}

Octets sequence(const Octets& content) {
  Octets out{0x30, static_cast<std::uint8_t>(content.size())};
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

TEST(Decode, NamesTheKrbtgtOfAPartialTgt) {
  const Octets cipher(12, 0);
  const auto kvno_of = [&](std::uint32_t kvno) {
    const Octets ticket = kerberos::encode(kerberos::Ticket{"R", krbtgt_name().view(), {18, kvno, cipher}});
    const Node node = decode_all(ticket);
    const Node* found = find(node, "kvno");
    return found == nullptr ? std::string("absent") : found->value + " " + found->meaning;
  };
  EXPECT_EQ(kvno_of(3), "3 ");
  EXPECT_EQ(kvno_of((24125U << 16) + 3), "1581056003 version 3 of krbtgt_24125");
  EXPECT_EQ(kvno_of((40000U << 16) + 1), "2621440001 version 1 of krbtgt_40000");
}

TEST(Decode, NamesWhatStandsInAnAsReq) {
  const Node node = decode_all(file("../../kerberos/testdata/request_fuzz/as_req"));
  EXPECT_EQ(node.type, "AS-REQ");
  EXPECT_FALSE(has_fault(node));
  EXPECT_EQ(find(node, "msg-type")->meaning, "AS-REQ");
  EXPECT_EQ(find(node, "kdc-options")->meaning, "forwardable, proxiable, renewable");
  EXPECT_EQ(value(node, "cname"), "alice");
  EXPECT_EQ(find(node, "cname")->meaning, "NT-PRINCIPAL");
  EXPECT_EQ(value(node, "till"), "2037-01-01T00:00:00Z");
  EXPECT_EQ(find(node, "SEQUENCE OF Int32")->children[0].meaning, "aes256-cts-hmac-sha1-96");
}

TEST(Decode, ReadsEveryMessageThatRealClientsSent) {
  for (int i = 1; i <= 9; ++i) {
    const Node node = decode_all(file("../../kkdcp/testdata/message_fuzz/mit_" + std::to_string(i)));
    EXPECT_EQ(node.type, "KDC-PROXY-MESSAGE");
    EXPECT_FALSE(has_fault(node)) << to_text(node);
    EXPECT_EQ(value(node, "target-domain"), "MIT.TEST");
  }
}

TEST(Decode, TellsWhetherTheLengthIsThere) {
  const Node prefixed = decode_all(file("../../kkdcp/testdata/message_fuzz/prefixed"));
  EXPECT_EQ(find(prefixed, "AS-REQ")->note, "behind its length, 4 octets");
  const Node bare = decode_all(file("../../kkdcp/testdata/message_fuzz/bare"));
  EXPECT_EQ(find(bare, "AS-REQ")->note, "");
}

TEST(Decode, NamesTheFlagsOfTheHint) {
  const Node node = decode_all(file("decode_fuzz/proxy"));
  EXPECT_EQ(find(node, "dclocator-hint")->meaning, "DS_KDC_REQUIRED | DS_RETURN_DNS_NAME");
  EXPECT_EQ(find(node, "kerb-message")->type, "KPASSWD-REQ");
}

TEST(Decode, ReadsMessagesBehindEachOther) {
  const Octets input = file("decode_fuzz/two");
  Bytes rest = input;
  EXPECT_EQ(take_message(input, rest, {}, 1).type, "KRB-ERROR");
  EXPECT_EQ(take_message(input, rest, {}, 2).type, "AS-REQ");
  EXPECT_TRUE(rest.empty());
}

TEST(Decode, ReadsTheMethodDataOfAnError) {
  const Node node = decode_all(file("decode_fuzz/error"));
  EXPECT_EQ(find(node, "error-code")->meaning, "KDC_ERR_PREAUTH_REQUIRED");
  EXPECT_EQ(find(node, "e-data")->type, "METHOD-DATA");
  EXPECT_EQ(value(*find(node, "ETYPE-INFO2"), "salt"), "salt");
  EXPECT_EQ(find(node, "cookie")->value, "636f6f6b6965");
}

TEST(Decode, SaysAtWhichOctetATruncatedMessageEnds) {
  Octets input = file("../../kerberos/testdata/request_fuzz/as_req");
  input.resize(40);
  const Node node = decode_all(input);
  EXPECT_EQ(node.fault, "octet 0: truncated");
  EXPECT_TRUE(node.value.starts_with("6a"));
}

TEST(Decode, GoesOnBehindAFieldThatDoesNotFit) {
  Octets input = file("../../kerberos/testdata/request_fuzz/as_req");
  const std::string before = to_text(decode_all(input));
  const auto pvno = std::find(input.begin(), input.end(), 0xa1) + 2;
  *pvno = 0x04;  // OCTET STRING instead of INTEGER
  const Node node = decode_all(input);
  EXPECT_EQ(find(node, "pvno")->fault, "octet " + std::to_string(pvno - input.begin()) + ": wrong tag");
  EXPECT_EQ(value(node, "cname"), "alice");
}

TEST(Decode, SaysWhichFieldsAreMissingTwiceOrUnknown) {
  const Octets body = sequence({0xa0, 3, 2, 1, 5, 0xa0, 3, 2, 1, 5, 0xbe, 1, 7});
  Octets error{0x7e, static_cast<std::uint8_t>(body.size())};
  error.insert(error.end(), body.begin(), body.end());
  const Node node = decode_all(error);
  EXPECT_NE(node.fault.find("octet 9: pvno is there twice"), std::string::npos) << node.fault;
  EXPECT_NE(node.fault.find("error-code is missing"), std::string::npos);
  EXPECT_EQ(node.children.back().note, "a field that is not known");
}

TEST(Decode, NothingInAMessageIsObeyedByATerminal) {
  EXPECT_EQ(printable("a\x1b[31m\n\xff\\"), "a\\x1b[31m\\x0a\\xff\\\\");
  EXPECT_EQ(printable("\xe2\x80\xae"), "\\u202e");
  EXPECT_EQ(printable("\xc2\x9b"), "\\x9b");
  EXPECT_EQ(printable("\xc3\xa4"), "\xc3\xa4");
  const Octets utf16{0xe4, 0, 0x1b, 0, 0x3d, 0xd8, 0, 0xde, 0, 0xd8};
  EXPECT_EQ(printable_utf16(utf16), "\xc3\xa4\\x1b\xf0\x9f\x98\x80\\xed\\xa0\\x80");
}

TEST(Decode, LongOctetStringsAreCutUnlessAllIsAsked) {
  Node node;
  set_octets(node, Octets(100, 0xab), false);
  EXPECT_EQ(node.value.size(), 2 * shown_octets);
  EXPECT_EQ(node.meaning, "100 octets, the first 64 shown");
  set_octets(node, Octets(100, 0xab), true);
  EXPECT_EQ(node.value.size(), 200U);
}

TEST(Decode, NestingIsBounded) {
  // PA-FX-ERROR, a KRB-ERROR, may hold METHOD-DATA with PA-FX-ERROR, and so on.
  const auto wrap = [](std::uint8_t tag, const Octets& content) {
    Octets out{tag, 0x82, static_cast<std::uint8_t>(content.size() >> 8),
               static_cast<std::uint8_t>(content.size())};
    if (content.size() < 0x100) out = {tag, 0x81, static_cast<std::uint8_t>(content.size())};
    if (content.size() < 0x80) out = {tag, static_cast<std::uint8_t>(content.size())};
    out.insert(out.end(), content.begin(), content.end());
    return out;
  };
  Octets error = wrap(0x7e, wrap(0x30, {}));
  for (int i = 0; i < 100; ++i) {
    Octets padata{0xa1, 4, 2, 2, 0, 137};
    const Octets inside = wrap(0xa2, wrap(4, error));
    padata.insert(padata.end(), inside.begin(), inside.end());
    error = wrap(0x7e, wrap(0x30, wrap(0xac, wrap(4, wrap(0x30, wrap(0x30, padata))))));
  }
  EXPECT_NE(to_text(decode_all(error)).find("too deep"), std::string::npos);
}

TEST(Decode, JsonHasNumbersAndNames) {
  const std::string json = to_json(decode_all(file("decode_fuzz/error")));
  EXPECT_NE(
      json.find(R"({"name":"error-code","type":"Int32","value":25,"meaning":"KDC_ERR_PREAUTH_REQUIRED"})"),
      std::string::npos)
      << json;
}

TEST(Pac, OfSambaIsRead) {
  const Node pac = decode_pac(file("pac_view_fuzz/whole"), {}, {});
  EXPECT_FALSE(has_fault(pac)) << to_text(pac);
  EXPECT_EQ(value(*find(pac, "CLIENT_INFO"), "name"), "alice");
  EXPECT_EQ(value(*find(pac, "UPN_DNS_INFO"), "upn"), "alice@ad.example");
  EXPECT_EQ(value(*find(pac, "UPN_DNS_INFO"), "sam-name"), "alice");
  EXPECT_EQ(value(*find(pac, "UPN_DNS_INFO"), "sid"), "S-1-5-21-1-2-3-1104");
  EXPECT_EQ(find(*find(pac, "ATTRIBUTES_INFO"), "flags")->meaning, "PAC_WAS_REQUESTED");
  EXPECT_EQ(value(pac, "REQUESTOR"), "S-1-5-21-1-2-3-1104");
  EXPECT_EQ(find(*find(pac, "SERVER_CHECKSUM"), "type")->meaning, "hmac-sha1-96-aes256");
  EXPECT_TRUE(find(pac, "signature")->note.starts_with("not checked: "));
}

TEST(Pac, LogonInfoTellsNamesAndGroups) {
  const Node pac = decode_pac(file("pac_view_fuzz/logon_info"), {}, {});
  const Node& info = *find(pac, "LOGON_INFO");
  EXPECT_EQ(info.fault, "");
  EXPECT_EQ(value(info, "effective-name"), "alice");
  EXPECT_EQ(value(info, "full-name"), "\xc3\x84lice Example");
  EXPECT_EQ(value(info, "logon-time"), "2025-08-18T14:13:20Z");
  EXPECT_EQ(value(info, "kick-off-time"), "never");
  EXPECT_EQ(value(info, "user-id"), "1104");
  EXPECT_EQ(find(info, "groups")->children[1].value, "512");
  EXPECT_EQ(value(info, "logon-server"), "DC1");
  EXPECT_EQ(value(info, "logon-domain-name"), "AD");
  EXPECT_EQ(value(info, "logon-domain-id"), "S-1-5-21-1-2-3");
  EXPECT_EQ(find(info, "extra-sids")->children[0].value, "S-1-18-1");
  EXPECT_EQ(value(info, "resource-group-domain-id"), "S-1-5-21-4-5-6");
  EXPECT_EQ(find(info, "resource-groups")->children[0].value, "1200");
  EXPECT_NE(value(info, "user-session-key").find("hidden"), std::string::npos);
  const Node open = decode_pac(file("pac_view_fuzz/logon_info"), {false, true}, {});
  EXPECT_EQ(value(open, "user-session-key"), std::string(32, '0'));
}

TEST(Pac, EveryTruncationIsTold) {
  const Octets whole = file("pac_view_fuzz/logon_info");
  for (std::size_t size = 0; size < whole.size() - 8; ++size) {
    EXPECT_TRUE(has_fault(decode_pac(Bytes(whole).first(size), {}, {}))) << size;
  }
}

}  // namespace
}  // namespace ferryman::decode
