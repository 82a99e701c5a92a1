#include "ticket/flags.h"

#include "kerberos/numbers.h"

namespace ferryman::ticket {
namespace {

namespace flag = kerberos::ticket_flag;
namespace option = kerberos::kdc_option;

std::uint32_t when(bool condition, std::uint32_t bit) {
  return condition ? bit : 0;
}

std::uint32_t asked_flags(std::uint32_t options, const AllowedFlags& allowed, const Lifetime& lifetime) {
  return when((options & option::forwardable) != 0 && allowed.forwardable, flag::forwardable) |
         when((options & option::proxiable) != 0 && allowed.proxiable, flag::proxiable) |
         when(lifetime.renew_till.has_value(), flag::renewable) |
         when(allowed.ok_as_delegate, flag::ok_as_delegate);
}

}  // namespace

std::uint32_t first_flags(std::uint32_t options, const AllowedFlags& allowed, const Lifetime& lifetime) {
  return asked_flags(options, allowed, lifetime) | flag::initial | flag::pre_authent | flag::enc_pa_rep;
}

std::uint32_t derived_flags(std::uint32_t options, const AllowedFlags& allowed, const Lifetime& lifetime,
                            std::uint32_t tgt_flags) {
  constexpr std::uint32_t inherited = flag::forwarded | flag::proxy | flag::pre_authent | flag::hw_authent |
                                      flag::anonymous | flag::enc_pa_rep;
  constexpr std::uint32_t needs_tgts = flag::forwardable | flag::proxiable;
  const std::uint32_t asked = asked_flags(options, allowed, lifetime);
  return (asked & (~needs_tgts | tgt_flags)) | (tgt_flags & inherited) |
         when((options & option::forwarded) != 0, flag::forwarded) |
         when((options & option::proxy) != 0, flag::proxy);
}

std::uint32_t renewed_flags(std::uint32_t old_flags, const Lifetime& lifetime) {
  return (old_flags & ~(flag::invalid | flag::initial | flag::renewable)) |
         when(lifetime.renew_till.has_value(), flag::renewable);
}

}  // namespace ferryman::ticket
