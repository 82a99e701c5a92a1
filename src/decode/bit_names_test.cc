#include "decode/bit_names.h"

#include <gtest/gtest.h>

namespace ferryman::decode {
namespace {

TEST(BitNames, AreThoseOfTheBitsThatAreSet) {
  EXPECT_EQ(supported_enctype_names(0x5001c),
            "rc4-hmac, aes128-cts-hmac-sha1-96, aes256-cts-hmac-sha1-96, FAST, claims");
  EXPECT_EQ(user_account_control_names(0x210), "NORMAL_ACCOUNT, DONT_EXPIRE_PASSWORD");
  EXPECT_EQ(user_flag_names(0x220), "extra SIDs, resource groups");
  EXPECT_EQ(upn_dns_flag_names(3), "the UPN is made of the account name, with SAM name and SID");
  EXPECT_EQ(pac_attribute_names(2), "PAC_WAS_GIVEN_IMPLICITLY");
  EXPECT_EQ(ap_option_data_names(0x4000), "KERB_AP_OPTIONS_CBT");
}

TEST(BitNames, LeaveANumberOfWhatHasNone) {
  EXPECT_EQ(user_account_control_names(0), "");
  EXPECT_EQ(user_account_control_names(0xc0000010), "NORMAL_ACCOUNT, 0xc0000000");
}

}  // namespace
}  // namespace ferryman::decode
