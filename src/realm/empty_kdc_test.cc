#include "realm/empty_kdc.h"

#include <gtest/gtest.h>

#include <array>

#include "kerberos/encode.h"
#include "kerberos/kpasswd.h"
#include "kerberos/krb_error.h"

namespace ferryman::realm {
namespace {

using local::Transport;
const std::chrono::system_clock::time_point noon{std::chrono::seconds(1769860800)};
constexpr std::array<std::int32_t, 1> etypes{18};

TEST(EmptyKdc, KnowsNoClient) {
  const auto request = kerberos::make_as_req("alice", "OTHER.TEST", etypes);
  const auto answer = answer_without_principals(request, Transport::kkdcp, "EXAMPLE.COM", noon);
  EXPECT_EQ(answer.type, "AS-REQ");
  EXPECT_EQ(answer.error_code, 6);
  const auto error = kerberos::parse_krb_error(answer.message);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->error_code, 6);
  EXPECT_EQ(error->realm, "EXAMPLE.COM");
  EXPECT_EQ(error->sname.component(0), "krbtgt");
  EXPECT_EQ(error->sname.component(1), "OTHER.TEST");
  EXPECT_EQ(error->stime, "20260131120000Z");
  EXPECT_FALSE(error->crealm);
  EXPECT_FALSE(error->cname);
  EXPECT_TRUE(error->e_data.empty());
}

TEST(EmptyKdc, WhatIsNotKerberosGetsNoAnswerOverUdp) {
  const Bytes nonsense = as_bytes("nonsense");
  EXPECT_TRUE(answer_without_principals(nonsense, Transport::udp, "EXAMPLE.COM", noon).message.empty());
  for (const Transport transport : {Transport::tcp, Transport::kkdcp}) {
    const auto answer = answer_without_principals(nonsense, transport, "EXAMPLE.COM", noon);
    const auto error = kerberos::parse_krb_error(answer.message);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->error_code, 60);
  }
}

}  // namespace
}  // namespace ferryman::realm
