#include "policy/policy.h"

#include <gtest/gtest.h>

#include <vector>

namespace ferryman::policy {
namespace {

// SEQUENCE OF PA-DATA with empty values, as a request's view has it.
std::vector<std::uint8_t> padata(const std::vector<std::uint8_t>& types) {
  std::vector<std::uint8_t> octets;
  for (const std::uint8_t type : types) {
    // INTEGERs from 128 on have two octets.
    if (type < 128) {
      octets.insert(octets.end(), {0x30, 0x09, 0xa1, 0x03, 0x02, 0x01, type, 0xa2, 0x02, 0x04, 0x00});
    } else {
      octets.insert(octets.end(), {0x30, 0x0a, 0xa1, 0x04, 0x02, 0x02, 0x00, type, 0xa2, 0x02, 0x04, 0x00});
    }
  }
  return octets;
}

Rule rule(const Rules& rules, kerberos::RequestKind kind, const std::vector<std::uint8_t>& types = {}) {
  const auto octets = padata(types);
  kerberos::Request request;
  request.kind = kind;
  if (kind != kerberos::RequestKind::kpasswd) {
    request.kdc_req.emplace();
    request.kdc_req->padata = kerberos::PadataList(octets);
  }
  return decide(rules, request).refused_by;
}

using kerberos::RequestKind;

TEST(Policy, RefusesAPasswordThatCanBeSeen) {
  EXPECT_EQ(rule({}, RequestKind::as_req, {2}), Rule::unarmored_password);
  EXPECT_EQ(rule({}, RequestKind::as_req, {150, 133, 2, 149}), Rule::unarmored_password);
  EXPECT_EQ(rule({}, RequestKind::as_req, {136, 2}), Rule::unarmored_password)
      << "beside FAST it is as visible";
  EXPECT_EQ(event_id(Rule::unarmored_password), 404U);
}

TEST(Policy, PassesWhatShowsNone) {
  EXPECT_EQ(rule({}, RequestKind::as_req), Rule::none);
  EXPECT_EQ(rule({}, RequestKind::as_req, {136}), Rule::none) << "FAST";
  EXPECT_EQ(rule({}, RequestKind::as_req, {16}), Rule::none) << "PKINIT";
  EXPECT_EQ(rule({}, RequestKind::as_req, {151}), Rule::none) << "SPAKE";
  EXPECT_EQ(rule({}, RequestKind::tgs_req, {1, 136}), Rule::none);
  EXPECT_EQ(rule({}, RequestKind::kpasswd), Rule::none);
}

TEST(Policy, PassesPasswordsWhereTheRealmAllowsThem) {
  Rules rules;
  rules.allow_unarmored_password = true;
  EXPECT_EQ(rule(rules, RequestKind::as_req, {2}), Rule::none);
}

TEST(Policy, RefusesMessageTypesThatAreNotAllowed) {
  Rules rules;
  rules.as_req = rules.kpasswd = false;
  EXPECT_EQ(rule(rules, RequestKind::as_req), Rule::message_type);
  EXPECT_EQ(rule(rules, RequestKind::tgs_req), Rule::none);
  EXPECT_EQ(rule(rules, RequestKind::kpasswd), Rule::message_type);
  EXPECT_EQ(event_id(Rule::message_type), 0U);
}

}  // namespace
}  // namespace ferryman::policy
