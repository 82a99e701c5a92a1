#include "kerberos/salt.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "kerberos/request.h"

namespace ferryman::kerberos {
namespace {

using Octets = std::vector<std::uint8_t>;

Octets seed(const std::string& name) {
  std::ifstream file(std::string(TESTDATA) + "/salt_fuzz/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string salt_of(const std::string& name) {
  const Octets message = seed(name);
  const auto reply = parse_reply(message, RequestKind::as_req);
  EXPECT_TRUE(reply) << name;
  const auto salt = reply ? salt_told(*reply) : std::nullopt;
  return salt ? std::string(as_text(*salt)) : "none";
}

TEST(Salt, IsToldBeforeAndAfterAWrongPassword) {
  EXPECT_EQ(salt_of("samba_required"), "AD.TESTalice");
  EXPECT_EQ(salt_of("samba_failed"), "AD.TESTalice");
  EXPECT_EQ(salt_of("windows_required"), "AD.TESTalice") << "behind an entry without one";
}

TEST(Salt, IsToldToWhoNeedsNoPassword) {
  EXPECT_EQ(salt_of("as_rep"), "AD.TESTalice");
  EXPECT_EQ(salt_of("as_rep_pw_salt"), "AD.TESTalice");
}

TEST(Salt, IsNotToldByEveryAnswer) {
  EXPECT_EQ(salt_of("heimdal_failed"), "none");
  EXPECT_EQ(salt_of("rc4_failed"), "none");
  EXPECT_EQ(salt_of("policy_error"), "none") << "its e-data means something else";
}

TEST(Salt, IsReadFromNoPartOfAnAnswer) {
  Octets message = seed("samba_failed");
  const auto at =
      std::search(message.begin(), message.end(), std::begin("AD.TESTalice"), std::end("AD.TESTalice") - 1);
  ASSERT_NE(at, message.end());
  *(at - 1) += 1;  // the length of the salt: one octet more than there is
  const auto reply = parse_reply(message, RequestKind::as_req);
  ASSERT_TRUE(reply);
  EXPECT_FALSE(salt_told(*reply));
}

TEST(Salt, IsAskedForByTheSameNameWithoutAProof) {
  const Octets message = seed("as_req_timestamp");
  auto request = parse_request(message);
  ASSERT_TRUE(request);
  request->kdc_req->kdc_options = 0x40810010;
  request->kdc_req->cname->name_type = 10;
  const Octets question = ask_for_salt(*request->kdc_req);
  const auto asked = parse_request(question);
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->kind, RequestKind::as_req);
  EXPECT_EQ(asked->realm(), request->realm());
  EXPECT_EQ(asked->kdc_req->cname->name_type, 10);
  EXPECT_EQ(as_text(asked->kdc_req->cname->name_string), as_text(request->kdc_req->cname->name_string));
  EXPECT_EQ(asked->kdc_req->kdc_options, kdc_option_canonicalize);
  EXPECT_TRUE(asked->kdc_req->padata.empty());
  EXPECT_TRUE(asked->repeatable());
}

}  // namespace
}  // namespace ferryman::kerberos
