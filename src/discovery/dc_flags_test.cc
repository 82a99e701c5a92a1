#include "discovery/dc_flags.h"

#include <gtest/gtest.h>

#include "discovery/netlogon.h"

namespace ferryman::discovery {
namespace {

using Records = Wanted::Records;

TEST(Hint, WhatExcludesEachOtherIsInvalid) {
  for (const std::uint32_t valid :
       {0U, 1U, hint::none_given, 0x10U, 0x20U, 0x40U, 0x80U, 0x2000U, 0x1000U | 0x400U, 0x40000000U,
        0x40000U | 0x600U, 0x3000600U & ~0x2000000U}) {
    EXPECT_TRUE(is_valid_hint(valid)) << std::hex << valid;
  }
  for (const std::uint32_t invalid :
       {0xc0U, 0x440U, 0x480U, 0x4c0U, 0x30000U, 0xc0000000U, 0x80010U, 0x280000U, 0x600000U, 0xc00000U,
        0x2400U, 0x2010U, 0x2020U, 0x2040U, 0x2080U, 2U, 8U, 0x04000000U}) {
    EXPECT_FALSE(is_valid_hint(invalid)) << std::hex << invalid;
  }
  EXPECT_TRUE(is_valid_hint(hint::try_nextclosest_site));
  EXPECT_FALSE(is_valid_hint(hint::try_nextclosest_site, true));
}

TEST(Hint, HasNames) {
  EXPECT_EQ(hint_names(hint::none_given), "DS_IP_REQUIRED | DS_KDC_REQUIRED");
  EXPECT_EQ(hint_names(0), "0");
  EXPECT_EQ(hint_names(hint::return_flat_name | 2), "DS_RETURN_FLAT_NAME | 0x2");
  EXPECT_EQ(ds_flag_names(ds_flag::pdc | ds_flag::ds_13), "PDC DS_13");
  for (const char* text : {"0x600", "1536", "DS_IP_REQUIRED|DS_KDC_REQUIRED", "ip_required, kdc_required",
                           "DS_IP_REQUIRED | 0x400"}) {
    const auto flags = parse_hint(text);
    ASSERT_TRUE(flags) << text;
    EXPECT_EQ(*flags, hint::none_given) << text;
  }
  EXPECT_EQ(parse_hint("0xffffffff"), 0xffffffffU);
  for (const char* text : {"DS_", "0x", "0x1ffffffff", "KDC", "-1", "0x600x"})
    EXPECT_FALSE(parse_hint(text)) << text;
}

TEST(Wanted, FollowsTheHint) {
  EXPECT_EQ(wanted_by(hint::none_given, Service::kdc, false).records, Records::kdc);
  EXPECT_EQ(wanted_by(0, Service::kdc, false).records, Records::ldap);
  EXPECT_EQ(wanted_by(hint::pdc_required, Service::kdc, false).records, Records::pdc);
  EXPECT_EQ(wanted_by(hint::gc_server_required, Service::kdc, false).records, Records::gc);
  EXPECT_EQ(wanted_by(hint::none_given, Service::kpasswd, false).required, ds_flag::kdc | ds_flag::writable);
  EXPECT_EQ(wanted_by(hint::none_given | hint::background_only | hint::avoid_self | hint::only_ldap_needed |
                          hint::is_dns_name | hint::return_dns_name,
                      Service::kdc, false),
            wanted_by(hint::none_given, Service::kdc, false))
      << "what has no meaning here makes no further entry in the cache";
}

TEST(Wanted, TellsWhatIsMissing) {
  const Wanted writable = wanted_by(hint::kdc_required | hint::writable_required, Service::kdc, false);
  EXPECT_EQ(writable.missing_in(ds_flag::kdc, false), ds_flag::writable);
  EXPECT_EQ(writable.missing_in(ds_flag::kdc | ds_flag::writable, false), 0U);
  const Wanted version_6 =
      wanted_by(hint::kdc_required | hint::directory_service_6_required, Service::kdc, false);
  EXPECT_EQ(version_6.missing_in(ds_flag::kdc, false), ds_flag::full_secret_6);
  EXPECT_EQ(version_6.missing_in(ds_flag::kdc | ds_flag::select_secret_6, false), 0U);
  const Wanted fast = wanted_by(hint::none_given, Service::kdc, true);
  EXPECT_EQ(fast.missing_in(ds_flag::kdc, true), ds_flag::ds_8);
  EXPECT_EQ(fast.missing_in(ds_flag::kdc, false), 0U) << "a domain that shows no versions";
  const Wanted ds_8 = wanted_by(hint::kdc_required | hint::directory_service_8_required, Service::kdc, false);
  EXPECT_EQ(ds_8.missing_in(ds_flag::kdc, false), ds_flag::ds_8) << "the client's own word holds always";
}

}  // namespace
}  // namespace ferryman::discovery
