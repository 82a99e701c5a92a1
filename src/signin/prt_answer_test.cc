#include "signin/prt_answer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "jose/jwe.h"

namespace ferryman::signin {
namespace {

using nlohmann::json;

constexpr std::int64_t now = 1'800'000'000;
const Octets session_key(32, 3), ticket_key(32, 4), as_rep{0x6b, 0x01, 0xff};

PrtAnswer whole() {
  PrtAnswer answer;
  answer.prt = "a.b.c.d.e";
  answer.lifetime = std::chrono::hours(24 * 14);
  answer.id_token = "a.b.c";
  answer.user_id = "00112233-4455-6677-8899-aabbccddeeff";
  answer.tenant_id = "6f9619ff-8b86-4011-b42d-00c04fc964ff";
  answer.session_key = "x";
  answer.cloud_ticket = ticket_text(
      {as_rep, ticket_key, "CLOUD.EXAMPLE.COM", "krbtgt/CLOUD.EXAMPLE.COM", "alice"}, session_key);
  answer.top_level_names = {".example.com", ".example.com:1433"};
  return answer;
}

TEST(PrtAnswer, HasTheTypesThatClientsDemand) {
  const json body = json::parse(prt_answer(whole(), now));
  for (const char* text :
       {"token_type", "expires_in", "ext_expires_in", "expires_on", "refresh_token", "session_key_jwe",
        "id_token", "client_info", "device_tenant_id", "tgt_cloud", "kerberos_top_level_names"}) {
    EXPECT_TRUE(body.at(text).is_string()) << text;
  }
  EXPECT_EQ(body["refresh_token_expires_in"], 1'209'600);
  EXPECT_EQ(body["expires_in"], "1209600");
  EXPECT_EQ(body["expires_on"], "1801209600");
  EXPECT_EQ(body["kerberos_top_level_names"], ".example.com,.example.com:1433");
  const auto info = octets_of_base64url(body["client_info"].get<std::string>());
  ASSERT_TRUE(info);
  EXPECT_EQ(json::parse(as_text(*info)), (json{{"uid", whole().user_id}, {"utid", whole().tenant_id}}));
}

TEST(PrtAnswer, WhatIsNotThereIsLeftOut) {
  PrtAnswer answer = whole();
  answer.session_key.clear();
  answer.cloud_ticket.clear();
  answer.top_level_names.clear();
  const json body = json::parse(prt_answer(answer, now));
  for (const char* name : {"session_key_jwe", "tgt_cloud", "tgt_ad", "kerberos_top_level_names"}) {
    EXPECT_FALSE(body.contains(name)) << name << ": null makes clients refuse the whole";
  }
}

TEST(PrtAnswer, ATicketsKeyIsUnderTheSessionKey) {
  const json ticket = json::parse(whole().cloud_ticket);
  const auto key = jose::decrypt_answer(session_key, ticket.at("clientKey").get<std::string>());
  ASSERT_TRUE(key);
  EXPECT_EQ(Octets(key->bytes().begin(), key->bytes().end()), ticket_key);
  EXPECT_EQ(octets_of_base64(ticket.at("messageBuffer").get<std::string>()), as_rep);
  EXPECT_EQ(ticket.at("keyType"), 18);
  EXPECT_EQ(ticket.at("sessionKeyType"), 18);
  EXPECT_TRUE(ticket.at("accountType").is_number_unsigned() || ticket.at("accountType") == 0);
  EXPECT_TRUE(ticket.at("error").is_null());
  EXPECT_EQ(ticket.at("realm"), "CLOUD.EXAMPLE.COM");
  EXPECT_EQ(ticket.at("sn"), "krbtgt/CLOUD.EXAMPLE.COM");
  EXPECT_EQ(ticket.at("cn"), "alice");
}

TEST(PrtAnswer, ATicketThatIsNotThereSaysWhy) {
  EXPECT_EQ(
      json::parse(no_ticket_text("The realm has no key.")),
      (json{{"keyType", 0}, {"sessionKeyType", 0}, {"accountType", 0}, {"error", "The realm has no key."}}));
}

}  // namespace
}  // namespace ferryman::signin
