#include "ticket/authorization.h"

#include <cstdint>

#include "kerberos/codec.h"

namespace ferryman::ticket {
namespace {

namespace kind = kerberos::authorization_data;
using kerberos::AuthorizationElement;

constexpr std::int32_t made_by_kdc[] = {
    kind::win2k_pac,       kind::cammac, kind::kdc_issued,    kind::authentication_indicator,
    kind::mit_sign_ticket, kind::prt,    kind::registered_key};
constexpr std::int32_t mandatory[] = {kind::mandatory_for_kdc};
constexpr std::int32_t armor_only[] = {kind::fx_fast_armor};
constexpr std::int32_t fast_used[] = {kind::fx_fast_used};

auto unreadable() {
  return refuse(kerberos::error_code::policy, "authorization data that cannot be read");
}

}  // namespace

Judged<void> add_permitted(const kerberos::AuthorizationData& from, AuthorizationList& to) {
  const auto has_mandatory = contains_any(from, mandatory);
  if (!has_mandatory) return unreadable();
  if (*has_mandatory) return refuse(kerberos::error_code::policy, "AD-MANDATORY-FOR-KDC");
  kerberos::AuthorizationData rest = from;
  AuthorizationElement element;
  while (rest.next(element)) {
    const auto foreign = contains_any(kerberos::AuthorizationData(element.octets), made_by_kdc);
    if (!foreign) return unreadable();
    if (!*foreign) to.add_encoded(element.octets);
  }
  return {};
}

tl::unexpected<Refusal> too_much_authorization() {
  return refuse(kerberos::error_code::policy, "more authorization data than a ticket takes");
}

AuthorizationList with_pac(Bytes pac, const AuthorizationList& others) {
  AuthorizationList inner, all;
  inner.add({kind::win2k_pac, pac, {}});
  const Octets contents = kerberos::encode(inner.list());
  all.add({kind::if_relevant, contents, {}});
  all.add_encoded(others.list().octets());
  return all;
}

Judged<void> check_fits(const AuthorizationList& others) {
  constexpr std::uint8_t some_pac[] = {0};
  const Octets whole = kerberos::encode(with_pac(some_pac, others).list());
  const auto list = kerberos::parse<kerberos::AuthorizationData>(whole);
  if (!list || !contains_any(*list, {})) return too_much_authorization();
  return {};
}

Binding binding_of(const kerberos::AuthorizationData& tgt) {
  Binding binding;
  kerberos::AuthorizationData rest = tgt;
  for (AuthorizationElement element; rest.next(element);) {
    if (element.type == kind::prt) binding.prt = element.data;
    if (element.type == kind::registered_key) binding.registered_key = element.data;
  }
  return binding;
}

void add_binding(const Binding& binding, AuthorizationList& to) {
  if (binding.prt) to.add({kind::prt, *binding.prt, {}});
  if (binding.registered_key) to.add({kind::registered_key, *binding.registered_key, {}});
}

Judged<bool> is_armor_only(const kerberos::AuthorizationData& list) {
  const auto found = contains_any(list, armor_only);
  if (!found) return unreadable();
  return *found;
}

Judged<bool> says_fast_used(const kerberos::AuthorizationData& list) {
  const auto found = contains_any(list, fast_used);
  if (!found) return unreadable();
  return *found;
}

}  // namespace ferryman::ticket
