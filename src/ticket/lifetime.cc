#include "ticket/lifetime.h"

#include <algorithm>
#include <limits>

#include "kerberos/numbers.h"

namespace ferryman::ticket {
namespace {

namespace error_code = kerberos::error_code;
namespace option = kerberos::kdc_option;

constexpr std::int64_t infinity = std::numeric_limits<std::int64_t>::max();

std::int64_t or_infinity(std::optional<std::int64_t> time) {
  return time.value_or(0) == 0 ? infinity : *time;
}

// end: the latest that is allowed; latest_renewal likewise.
Judged<Lifetime> lifetime(const kerberos::KdcReqBody& asked, std::int64_t now, std::int64_t end,
                          std::int64_t latest_renewal) {
  const std::int64_t till = or_infinity(asked.till);
  if (till < now) return refuse(error_code::never_valid, "till has passed");
  Lifetime granted{now, std::min(till, end), std::nullopt};
  std::int64_t renew_till = 0;
  if ((asked.kdc_options & option::renewable) != 0) {
    renew_till = std::min(or_infinity(asked.rtime), latest_renewal);
  } else if ((asked.kdc_options & option::renewable_ok) != 0 && till > granted.end) {
    renew_till = std::min(till, latest_renewal);
  }
  if (renew_till > granted.end) granted.renew_till = renew_till;
  return granted;
}

}  // namespace

LifetimeLimit shorter(const LifetimeLimit& a, const LifetimeLimit& b) {
  return {std::min(a.ticket, b.ticket), std::min(a.renewable, b.renewable)};
}

Judged<Lifetime> first_lifetime(const kerberos::KdcReqBody& asked, std::int64_t now, LifetimeLimit limit) {
  return lifetime(asked, now, now + limit.ticket, now + limit.renewable);
}

Judged<Lifetime> derived_lifetime(const kerberos::KdcReqBody& asked, std::int64_t now, LifetimeLimit limit,
                                  const kerberos::EncTicketPart& tgt) {
  const bool renewable = (tgt.flags & kerberos::ticket_flag::renewable) != 0;
  const std::int64_t latest_renewal = renewable ? tgt.renew_till.value_or(0) : 0;
  return lifetime(asked, now, std::min(now + limit.ticket, tgt.endtime),
                  std::min(now + limit.renewable, latest_renewal));
}

Judged<Lifetime> renewed_lifetime(std::int64_t now, LifetimeLimit limit, const kerberos::EncTicketPart& old) {
  if ((old.flags & kerberos::ticket_flag::renewable) == 0 || !old.renew_till)
    return refuse(error_code::bad_option, "the ticket is not renewable");
  if (*old.renew_till < now) return refuse(error_code::ticket_expired, "renew-till has passed");
  const std::int64_t life = old.endtime - old.starttime.value_or(old.authtime);
  const std::int64_t end = std::min({now + life, now + limit.ticket, *old.renew_till});
  return Lifetime{now, end, *old.renew_till > end ? old.renew_till : std::nullopt};
}

}  // namespace ferryman::ticket
