#include "login/session_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"

namespace ferryman::login {
namespace {

using testing::HasSubstr;
using testing::Not;

// As versions wrote it that knew of no Active Directory.
constexpr std::string_view old_text = R"({
 "cache": "FILE:/tmp/x",
 "client": ["alice"],
 "kerberos_url": "https://gw.test/example/kerberos",
 "no_ticket": "",
 "prt_expires": 1800100000,
 "realm": "CLOUD.TEST",
 "renewed": 1800000000,
 "signed_in": 1800000000,
 "ticket_expires": 1800036000,
 "top_level_names": [".cloud.test"]
}
)";

SessionRecord with_domain() {
  SessionRecord record = parse_record(as_bytes(old_text)).value();
  record.on_premises = {.client = {"alice"},
                        .realm = "AD.TEST",
                        .kdc_url = "https://gw.test/KdcProxy",
                        .ticket_expires = 1'800'036'001,
                        .cache = "DIR::/tmp/y",
                        .no_ticket = "the domain AD.TEST \"sleeps\""};
  return record;
}

TEST(SessionRecord, OneOfAnOlderVersionIsReadAndWrittenAlike) {
  const auto record = parse_record(as_bytes(old_text));
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->principal(), "alice@CLOUD.TEST");
  EXPECT_EQ(record->on_premises, OnPremises());
  EXPECT_THAT(record_text(*record), Not(HasSubstr("on_premises"))) << "older versions read it, too";
}

TEST(SessionRecord, ADomainsTicketComesBack) {
  const auto record = parse_record(as_bytes(record_text(with_domain())));
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->on_premises, with_domain().on_premises);
  EXPECT_EQ(record->on_premises.principal(), "alice@AD.TEST");
  EXPECT_EQ(OnPremises().principal(), "");
}

TEST(SessionRecord, WhomToTrustForADomainIsKept) {
  SessionRecord record = with_domain();
  EXPECT_THAT(record_text(record), Not(HasSubstr("ca_file"))) << "as older versions wrote it";
  for (const char* ca_file : {"", "/etc/ssl/gw.pem"}) {
    record.on_premises.ca_file = ca_file;
    EXPECT_EQ(parse_record(as_bytes(record_text(record)))->on_premises, record.on_premises);
  }
}

TEST(SessionRecord, WhatIsDamagedIsNone) {
  std::string text = record_text(with_domain());
  const auto realm = text.find("\"AD.TEST\"");
  text.replace(realm, 9, "7");
  EXPECT_FALSE(parse_record(as_bytes(text)).has_value());
}

}  // namespace
}  // namespace ferryman::login
