#include "kerberos/error_reply.h"

#include <gtest/gtest.h>

#include "kerberos/encode.h"
#include "kerberos/kpasswd.h"
#include "kerberos/krb_error.h"

namespace ferryman::kerberos {
namespace {

TEST(ErrorReply, GivesAKrbErrorToAnAsReq) {
  const auto message = make_error_reply(RequestKind::as_req, {12, "MIT.TEST", "refused", 1'800'000'000});
  const auto error = parse_krb_error(message);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->error_code, 12);
  EXPECT_EQ(error->sname.component(0), "krbtgt");
  EXPECT_TRUE(error->e_data.empty());
}

TEST(ErrorReply, GivesAKpasswdAnswerWithAResultCodeAndTextToKpasswd) {
  const auto message =
      make_error_reply(RequestKind::kpasswd, {60, "MIT.TEST", "no\x01gateway", 1'800'000'000});
  ASSERT_TRUE(parse_kpasswd_reply(message));
  const auto error = parse_krb_error(Bytes(message).subspan(6));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->sname.component(1), "changepw");
  ASSERT_GT(error->e_data.size(), 2U);
  EXPECT_EQ(error->e_data[1], 2);
  EXPECT_EQ(as_text(error->e_data.subspan(2)), "no\\x01gateway");
}

TEST(ErrorReply, RefusesAnAsReqByItsOwnRealmAndService) {
  const std::int32_t etype = 18;
  const auto octets = make_as_req("alice", "mit.Test", {&etype, 1});
  const auto request = parse_request(octets);
  ASSERT_TRUE(request);
  const auto message = make_refusal(*request, {12, "MIT.TEST", "not told", 1'800'000'000});
  const auto error = parse_krb_error(message);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->error_code, 12);
  EXPECT_EQ(error->realm, "mit.Test");
  EXPECT_TRUE(error->sname.is({"krbtgt", "mit.Test"}));
  EXPECT_TRUE(error->e_text.empty());
  EXPECT_FALSE(error->cname);
}

TEST(ErrorReply, RefusesKpasswdByItsResultCode) {
  Request request;
  request.kind = RequestKind::kpasswd;
  const auto message = make_refusal(request, {12, "MIT.TEST", "refused", 1'800'000'000});
  const auto reply = parse_kpasswd_reply(message);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->error_code, 12);
}

}  // namespace
}  // namespace ferryman::kerberos
