#include "ad/failure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ldap.h>

namespace ferryman::ad {
namespace {

using testing::HasSubstr;

TEST(Failure, SaysWhatToDoWithoutATicket) {
  for (const char* heard :
       {"SASL(-1): generic failure: GSSAPI Error: Unspecified GSS failure.  Minor code may provide more "
        "information (No Kerberos credentials available (default cache: FILE:/tmp/krb5cc_0))",
        "SASL(-1): generic failure: GSSAPI Error: No credentials were supplied, or the credentials were "
        "unavailable or inaccessible",
        "SASL(-1): generic failure: GSSAPI Error: Unspecified GSS failure.  Minor code may provide more "
        "information (Ticket expired)"}) {
    const Failure failure = bind_failure_of(LDAP_LOCAL_ERROR, "dc1.ad.example.test", heard);
    EXPECT_EQ(failure.reason, Reason::no_ticket) << heard;
    EXPECT_THAT(failure.next, HasSubstr("kinit Administrator@REALM")) << heard;
  }
}

TEST(Failure, NamesTheServiceThatTheRealmDoesNotKnow) {
  const Failure failure =
      bind_failure_of(LDAP_LOCAL_ERROR, "dc1", "GSSAPI Error: (Server not found in Kerberos database)");
  EXPECT_THAT(failure.text, HasSubstr("ldap/dc1"));
  EXPECT_THAT(failure.next, HasSubstr("--server"));
}

TEST(Failure, TellsWhatIsRefusedByItsReason) {
  EXPECT_EQ(failure_of(LDAP_INSUFFICIENT_ACCESS, "dc1", "to add CN=x", "").reason, Reason::no_rights);
  EXPECT_EQ(failure_of(LDAP_REFERRAL, "dc1", "to add CN=x", "").reason, Reason::read_only);
  EXPECT_EQ(failure_of(LDAP_SERVER_DOWN, "dc1", "to add CN=x", "").reason, Reason::not_reachable);
  EXPECT_EQ(failure_of(LDAP_UNWILLING_TO_PERFORM, "dc1", "to add CN=x", "").reason, Reason::unwilling);
  EXPECT_EQ(bind_failure_of(LDAP_INVALID_CREDENTIALS, "dc1", "80090308: LdapErr").reason,
            Reason::wrong_credentials);
}

TEST(Failure, WordsOfTheServerCannotTouchATerminal) {
  const Failure failure = failure_of(LDAP_UNWILLING_TO_PERFORM, "dc1", "to add CN=x", "no\x1b[2J way\n");
  EXPECT_EQ(failure.text, "dc1 refuses to add CN=x: Server is unwilling to perform (no\\x1b[2J way)");
}

TEST(Failure, ATlsThatFailsIsToldFromAPortThatIsClosed) {
  EXPECT_EQ(tls_failure_of(LDAP_CONNECT_ERROR, "dc1", "unknown CA").reason, Reason::not_protected);
  EXPECT_THAT(tls_failure_of(LDAP_CONNECT_ERROR, "dc1", "(unknown error code)").text,
              HasSubstr("certificate"));
  EXPECT_EQ(tls_failure_of(LDAP_SERVER_DOWN, "dc1", "").reason, Reason::not_reachable);
}

}  // namespace
}  // namespace ferryman::ad
