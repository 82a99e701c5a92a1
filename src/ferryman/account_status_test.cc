#include "ferryman/account_status.h"

#include <gtest/gtest.h>

namespace ferryman {
namespace {

class AccountStatusTest : public testing::Test {
 protected:
  AccountStatusTest() {
    login::SessionRecord record;
    record.client = {"alice"};
    record.realm = "CLOUD.TEST";
    record.cache = "DIR::/tmp/cloud";
    record.ticket_expires = 1'800'036'000;
    status_.record = record;
    status_.has_ticket = true;
  }

  void have_domain() {
    status_.record->on_premises = {.client = {"alice"},
                                   .realm = "AD.TEST",
                                   .kdc_url = "https://gw.test/KdcProxy",
                                   .ticket_expires = 1'800'036'000,
                                   .cache = "DIR::/tmp/ad"};
    status_.has_on_premises_ticket = true;
  }

  login::Account account_{};
  AccountStatus status_{account_};
};

TEST_F(AccountStatusTest, WithoutADomainThereIsNothingToTell) {
  EXPECT_EQ(on_premises_text(status_), "0");
  const auto json = json_of(status_);
  EXPECT_EQ(json["cloud_tgt"], 1);
  EXPECT_EQ(json["on_premises_tgt"], 0);
  EXPECT_EQ(json["on_premises_principal"], "");
  EXPECT_TRUE(json["on_premises_ticket_expires"].is_null());
  EXPECT_TRUE(json["no_on_premises_ticket"].is_null());
  status_.record.reset();
  EXPECT_EQ(on_premises_text(status_), "0");
}

TEST_F(AccountStatusTest, ADomainsTicketIsTold) {
  have_domain();
  EXPECT_EQ(on_premises_text(status_), "1  alice@AD.TEST until 2027-01-15T18:00:00Z in DIR::/tmp/ad");
  const auto json = json_of(status_);
  EXPECT_EQ(json["on_premises_tgt"], 1);
  EXPECT_EQ(json["on_premises_principal"], "alice@AD.TEST");
  EXPECT_EQ(json["on_premises_ticket_expires"], "2027-01-15T18:00:00Z");
  EXPECT_EQ(json["on_premises_cache"], "DIR::/tmp/ad");
  EXPECT_EQ(json["on_premises_kdc_proxy"], "https://gw.test/KdcProxy");
}

TEST_F(AccountStatusTest, WhyThereIsNoneOrNoNewerOneIsTold) {
  status_.record->on_premises.no_ticket = "the domain AD.TEST\x1b sleeps";
  EXPECT_EQ(on_premises_text(status_), "0  the domain AD.TEST\\x1b sleeps");
  EXPECT_EQ(json_of(status_)["no_on_premises_ticket"], "the domain AD.TEST\x1b sleeps");
  have_domain();
  status_.record->on_premises.no_ticket = "nobody answers";
  EXPECT_EQ(on_premises_text(status_),
            "1  alice@AD.TEST until 2027-01-15T18:00:00Z in DIR::/tmp/ad; no newer one: nobody answers");
}

}  // namespace
}  // namespace ferryman
