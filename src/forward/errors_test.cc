#include "forward/errors.h"

#include <gtest/gtest.h>

#include "kerberos/kpasswd.h"
#include "kerberos/krb_error.h"

namespace ferryman::forward {
namespace {

TEST(MakeError, GivesAKrbErrorToAnAsReq) {
  kerberos::Request request;
  const auto message = make_error(request, 12, "MIT.TEST", "refused");
  const auto error = kerberos::parse_krb_error(message);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->error_code, 12);
  EXPECT_EQ(error->sname.component(0), "krbtgt");
  EXPECT_TRUE(error->e_data.empty());
}

TEST(MakeError, GivesAKpasswdAnswerWithAResultCodeAndTextToKpasswd) {
  kerberos::Request request;
  request.kind = kerberos::RequestKind::kpasswd;
  const auto message = make_error(request, 60, "MIT.TEST", "no\x01gateway");
  ASSERT_TRUE(kerberos::parse_kpasswd_reply(message));
  const auto error = kerberos::parse_krb_error(Bytes(message).subspan(6));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->sname.component(1), "changepw");
  ASSERT_GT(error->e_data.size(), 2U);
  EXPECT_EQ(error->e_data[1], 2);
  EXPECT_EQ(as_text(error->e_data.subspan(2)), "no\\x01gateway");
}

}  // namespace
}  // namespace ferryman::forward
