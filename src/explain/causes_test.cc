#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "explain/account.h"
#include "explain/service.h"
#include "explain/step.h"
#include "explain/way.h"
#include "kerberos/numbers.h"

namespace ferryman::explain {
namespace {

namespace code = kerberos::error_code;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::int64_t now = 1'800'000'000;

Principal alice() {
  return *parse_user("alice@EXAMPLE.COM");
}

AccountSeen account(std::int32_t error) {
  return {alice(), error, {}, {kerberos::etype::aes256_sha1}, false, std::nullopt};
}

KeySeen password(std::int32_t error) {
  KeySeen seen;
  seen.user = alice();
  seen.by = KeySeen::By::password;
  seen.error = error;
  return seen;
}

ServiceSeen service(std::int32_t error) {
  ServiceSeen seen;
  seen.service = *parse_service("HTTP/www.example.com@EXAMPLE.COM");
  seen.error = error;
  seen.etypes = {kerberos::etype::aes256_sha1};
  return seen;
}

std::string first_line(const Step& step) {
  const std::string text = to_text({"alice@EXAMPLE.COM", "HTTP/www.example.com", {step}});
  return text.substr(0, text.find('\n'));
}

TEST(Causes, WhatAnAccountIsRefusedForNamesItsCommand) {
  const struct {
    std::int32_t error;
    const char *cause, *command;
  } rows[] = {
      {code::client_unknown, "has no user alice@EXAMPLE.COM", "user add"},
      {code::client_revoked, "locked, disabled or expired", "user unlock alice"},
      {code::client_expired, "has expired", "administrator"},
      {code::key_expired, "must be changed", "kpasswd alice@EXAMPLE.COM"},
      {code::etype_not_supported, "no key of an encryption type", "permitted_enctypes"},
      {code::wrong_realm, "of another realm", "with the realm"},
      {code::policy, "policy refuses", "gateway"},
      {code::generic, "KRB_ERR_GENERIC", "log"},
  };
  for (const auto& row : rows)
    EXPECT_THAT(first_line(judge_account(account(row.error), now)),
                AllOf(StartsWith("wrong: "), HasSubstr(row.cause), HasSubstr(row.command)));
}

TEST(Causes, TheRealmsSideOfAnAccountGoesBeforeTheKdcsWord) {
  AccountSeen seen = account(code::preauth_required);
  seen.realm_was_asked = true;
  const auto line = [&seen](auto&& change) {
    seen.realm.emplace();
    seen.realm->name = "alice";
    change(*seen.realm);
    return first_line(judge_account(seen, now));
  };
  EXPECT_THAT(line([](RealmAccount& a) { a.disabled = true; }), HasSubstr("user enable alice"));
  EXPECT_THAT(line([](RealmAccount& a) { a.locked_until = now + 60; }),
              AllOf(HasSubstr("is locked until"), HasSubstr("user unlock alice")));
  EXPECT_THAT(line([](RealmAccount& a) { a.locked_until = now - 60; }), StartsWith("nothing wrong"));
  EXPECT_THAT(line([](RealmAccount& a) { a.expires = now; }), HasSubstr("--expires never"));
  EXPECT_THAT(line([](RealmAccount& a) { a.must_change = true; }),
              AllOf(HasSubstr("must change the password"), HasSubstr("kpasswd")));
  EXPECT_THAT(line([](RealmAccount& a) { a.password_expires = now - 1; }), HasSubstr("expired on"));
  EXPECT_THAT(line([](RealmAccount& a) {
                a.password_expires = now - 1;
                a.key_required = true;
              }),
              StartsWith("nothing wrong"));
}

TEST(Causes, AProofThatIsRefusedIsThePasswordTheClockOrThePolicy) {
  EXPECT_THAT(first_line(judge_key(password(code::preauth_failed), now)),
              HasSubstr("the password of alice@EXAMPLE.COM is wrong"));
  EXPECT_EQ(judge_key(password(code::skew), now).id, "clock");
  KeySeen refused = password(0);
  refused.error.reset();
  refused.policy_refused = true;
  EXPECT_THAT(first_line(judge_key(refused, now)), HasSubstr("allow_unarmored_password"));
  const Step kdc = judge_kdc({"EXAMPLE.COM", "gateway", "refused", true, true});
  EXPECT_THAT(kdc.text, HasSubstr("the gateway's policy refuses"));
  EXPECT_FALSE(kdc.is_unreachable);
  KeySeen none;
  none.user = alice();
  EXPECT_EQ(judge_key(none, now).state, State::not_looked_at);
}

TEST(Causes, WhatAServiceIsRefusedForNamesItsCommand) {
  EXPECT_THAT(first_line(judge_service(service(code::service_unknown), now)),
              AllOf(HasSubstr("EXAMPLE.COM has no service HTTP/www.example.com"), HasSubstr("setspn -S")));
  EXPECT_THAT(first_line(judge_service(service(code::principal_not_unique), now)),
              HasSubstr("several accounts"));
  EXPECT_THAT(first_line(judge_service(service(code::etype_not_supported), now)),
              AllOf(HasSubstr("no key of an encryption type"), HasSubstr("asked for: aes256")));
  EXPECT_THAT(first_line(judge_service(service(code::tgt_revoked), now)), HasSubstr("never revealed"));
  EXPECT_THAT(first_line(judge_service(service(code::path_not_accepted), now)), HasSubstr("no trust"));
  ServiceSeen twice = service(code::service_unknown);
  twice.owners = {"CN=web", "CN=other"};
  EXPECT_THAT(first_line(judge_service(twice, now)),
              AllOf(HasSubstr("2 accounts have the name"), HasSubstr("setspn -D")));
}

TEST(Causes, AHostOfNoRealmIsTheMapsFaultOutsideTheUsersDomainAlone) {
  RealmMap map{"www.other.test", "EXAMPLE.COM", RealmMap::By::user, "", true, false};
  EXPECT_THAT(first_line(judge_realm_map(map)), HasSubstr("[domain_realm]"));
  map.is_in_domain = true;
  EXPECT_EQ(judge_realm_map(map).state, State::ok);
  map.no_way = "none";
  EXPECT_TRUE(judge_realm_map(map).is_unreachable);
}

TEST(Causes, AClockMayBeFiveMinutesWrong) {
  EXPECT_EQ(judge_clock(300).state, State::ok);
  EXPECT_EQ(judge_clock(-301).state, State::wrong);
  EXPECT_EQ(judge_clock(std::nullopt).state, State::not_looked_at);
}

TEST(Causes, AWrongClockGoesBeforeACertificateThatIsOutOfDate) {
  const Step gateway{"gateway", State::wrong, "expired", "renew"};
  const Step clock = judge_clock(-10'000);
  const Explanation both{"a", "b", {gateway, clock}};
  EXPECT_EQ(both.first_wrong()->id, "clock");
  const Explanation one{"a", "b", {gateway, judge_clock(0)}};
  EXPECT_EQ(one.first_wrong()->id, "gateway");
}

TEST(Causes, OneGatewayThatWorksIsEnough) {
  const std::vector<Gateway> seen{{"https://a/", "no connection", "start it", true}, {"https://b/"}};
  EXPECT_EQ(judge_gateways(seen, "DNS").state, State::ok);
  EXPECT_TRUE(judge_gateways({seen[0]}, "DNS").is_unreachable);
}

TEST(Causes, TheFirstLineSaysThatItWorks) {
  ServiceSeen seen = service(0);
  seen.error.reset();
  EXPECT_EQ(first_line(judge_service(seen, now)),
            "works: alice@EXAMPLE.COM gets a ticket for HTTP/www.example.com");
}

TEST(Causes, JsonHasTheSameSteps) {
  const auto json = nlohmann::json::parse(
      to_json({"a", "b", {judge_clock(0), judge_service(service(code::service_unknown), now)}}));
  EXPECT_EQ(json["works"], false);
  EXPECT_EQ(json["wrong"]["step"], "service ticket");
  EXPECT_EQ(json["steps"].size(), 2U);
}

TEST(Names, AServiceHasAClassAndAHost) {
  EXPECT_EQ(host_of(*parse_service("HTTP/www.example.com:8080@R")), "www.example.com");
  EXPECT_EQ(host_of(*parse_service("HTTP/[2001:db8::1]:8080@R")), "2001:db8::1");
  EXPECT_EQ(parse_service("HTTP/www.example.com@R")->realm, "R");
  for (const char* wrong : {"", "HTTP", "HTTP/", "/www", "HTTP/www@", "a/b/c/d/e/f/g/h/i"})
    EXPECT_FALSE(parse_service(wrong)) << wrong;
  EXPECT_EQ(parse_user("alice@EXAMPLE.COM")->components, std::vector<std::string>{"alice"});
  EXPECT_EQ(realm_by_domain("www.example.com"), "EXAMPLE.COM");
  EXPECT_EQ(realm_by_domain("www"), "");
}

}  // namespace
}  // namespace ferryman::explain
