#include "ticket/lifetime.h"

#include <gtest/gtest.h>

#include "kerberos/numbers.h"
#include "ticket/flags.h"

namespace ferryman::ticket {
namespace {

namespace flag = kerberos::ticket_flag;
namespace option = kerberos::kdc_option;

constexpr std::int64_t now = 1'700'000'000;
constexpr LifetimeLimit limit{1000, 5000};

kerberos::KdcReqBody asked(std::uint32_t options, std::optional<std::int64_t> till,
                           std::optional<std::int64_t> rtime = std::nullopt) {
  kerberos::KdcReqBody body;
  body.kdc_options = options;
  body.till = till;
  body.rtime = rtime;
  return body;
}

kerberos::EncTicketPart tgt(std::int64_t end, std::optional<std::int64_t> renew_till) {
  kerberos::EncTicketPart part;
  part.authtime = part.starttime.emplace(now - 100);
  part.endtime = end;
  part.renew_till = renew_till;
  part.flags = renew_till ? flag::renewable : 0;
  return part;
}

TEST(Lifetime, OfAFirstTicketIsWhatWasAskedForUpToTheLimit) {
  EXPECT_EQ(first_lifetime(asked(0, now + 10), now, limit), (Lifetime{now, now + 10, {}}));
  EXPECT_EQ(first_lifetime(asked(0, now + 9999), now, limit), (Lifetime{now, now + 1000, {}}));
  EXPECT_EQ(first_lifetime(asked(0, now), now, limit), (Lifetime{now, now, {}}));
}

TEST(Lifetime, NoTillAnd1970MeanAsLongAsPossible) {
  EXPECT_EQ(first_lifetime(asked(0, 0), now, limit)->end, now + 1000);
  EXPECT_EQ(first_lifetime(asked(0, std::nullopt), now, limit)->end, now + 1000);
  EXPECT_EQ(first_lifetime(asked(option::renewable, 0, 0), now, limit)->renew_till, now + 5000);
}

TEST(Lifetime, ThatHasPassedIsNeverValid) {
  EXPECT_EQ(first_lifetime(asked(0, now - 1), now, limit).error().code, 11);
  EXPECT_EQ(derived_lifetime(asked(0, now - 1), now, limit, tgt(now + 50, {})).error().code, 11);
}

TEST(Lifetime, IsRenewableWhenAskedAndOnlyBeyondTheEnd) {
  EXPECT_EQ(first_lifetime(asked(option::renewable, 0, now + 2000), now, limit)->renew_till, now + 2000);
  EXPECT_EQ(first_lifetime(asked(option::renewable, 0, now + 1000), now, limit)->renew_till, std::nullopt);
  EXPECT_EQ(first_lifetime(asked(option::renewable_ok, now + 3000), now, limit)->renew_till, now + 3000);
  EXPECT_EQ(first_lifetime(asked(option::renewable_ok, now + 900), now, limit)->renew_till, std::nullopt);
}

TEST(Lifetime, IsNeverBeyondThatOfTheTgt) {
  EXPECT_EQ(derived_lifetime(asked(option::renewable, 0), now, limit, tgt(now + 50, {})),
            (Lifetime{now, now + 50, {}}));
  EXPECT_EQ(derived_lifetime(asked(option::renewable, 0), now, limit, tgt(now + 50, now + 300)),
            (Lifetime{now, now + 50, now + 300}));
}

TEST(Lifetime, IsTheSameAgainWhenRenewed) {
  EXPECT_EQ(renewed_lifetime(now, limit, tgt(now + 50, now + 300)), (Lifetime{now, now + 150, now + 300}));
  EXPECT_EQ(renewed_lifetime(now, limit, tgt(now + 50, now + 60)), (Lifetime{now, now + 60, {}}));
  EXPECT_EQ(renewed_lifetime(now, limit, tgt(now + 50, {})).error().code, 13);
  EXPECT_EQ(renewed_lifetime(now, limit, tgt(now - 50, now - 1)).error().code, 32);
}

TEST(Flags, AreGivenWhenAskedForAndAllowed) {
  const Lifetime lifetime{now, now + 10, now + 20};
  constexpr std::uint32_t always = flag::initial | flag::pre_authent | flag::enc_pa_rep | flag::renewable;
  EXPECT_EQ(first_flags(option::forwardable | option::proxiable, {}, lifetime),
            always | flag::forwardable | flag::proxiable);
  EXPECT_EQ(first_flags(option::forwardable | option::proxiable, {false, false, false}, lifetime), always);
  EXPECT_EQ(first_flags(0, {}, lifetime), always);
}

TEST(Flags, NeedThoseOfTheTgt) {
  const Lifetime lifetime{now, now + 10, {}};
  EXPECT_EQ(derived_flags(option::forwardable, {}, lifetime, flag::initial | flag::pre_authent),
            flag::pre_authent);
  EXPECT_EQ(derived_flags(option::forwardable | option::forwarded, {}, lifetime, flag::forwardable),
            flag::forwardable | flag::forwarded);
  EXPECT_EQ(derived_flags(0, {true, true, true}, lifetime, flag::hw_authent | flag::invalid),
            flag::hw_authent | flag::ok_as_delegate);
}

TEST(Flags, OfARenewedTgtAreItsOwnWithoutInitialAndInvalid) {
  EXPECT_EQ(renewed_flags(flag::initial | flag::invalid | flag::forwardable | flag::renewable,
                          {now, now + 10, now + 20}),
            flag::forwardable | flag::renewable);
  EXPECT_EQ(renewed_flags(flag::renewable, {now, now + 10, {}}), 0U);
}

}  // namespace
}  // namespace ferryman::ticket
