#include "kdc/tgt.h"

#include <algorithm>
#include <utility>

#include "account/identity.h"
#include "account/issuer.h"
#include "account/state.h"
#include "kdc/anonymous.h"
#include "kdc/logon_mapping.h"
#include "kdc/partial_tgt.h"
#include "kdc/public_keys.h"
#include "ticket/authorization.h"

namespace ferryman::kdc {

namespace error_code = kerberos::error_code;

std::vector<std::string_view> components_of(const kerberos::PrincipalName& name) {
  std::vector<std::string_view> components;
  for (std::size_t i = 0, count = name.size(); i < count; ++i) components.push_back(name.component(i));
  return components;
}

bool is_krbtgt(const Kdc& kdc, const kerberos::Ticket& ticket) {
  return ticket.realm == kdc.tenant.realm && ticket.sname.is({"krbtgt", kdc.tenant.realm});
}

Judged<ticket::OpenedTicket> open_tgt(const Kdc& kdc, const kerberos::Ticket& ticket) {
  if (account::rodc_of(ticket) != 0)
    return refuse(error_code::policy, "a partial TGT, which is only to be exchanged");
  return open_header_tgt(kdc, ticket);
}

Judged<ticket::OpenedTicket> open_header_tgt(const Kdc& kdc, const kerberos::Ticket& ticket) {
  return account::Issuer(kdc.directory, kdc.tenant, kdc.policy).open(ticket);
}

namespace {

Judged<void> check_prt(const Kdc& kdc, Bytes octets, const directory::ObjectId& user) {
  directory::PrtId id;
  if (octets.size() != id.octets.size()) return refuse(error_code::tgt_revoked, "a PRT's id of another size");
  std::copy(octets.begin(), octets.end(), id.octets.begin());
  const auto good = kdc.directory.check_prt(kdc.tenant.id, user, id);
  if (!good && good.error().reason == directory::Reason::not_found)
    return refuse(error_code::tgt_revoked, "the TGT's PRT, key or device is revoked");
  if (!good) return tl::unexpected(account::unavailable(good.error()));
  return {};
}

Judged<void> check_key(const Kdc& kdc, Bytes octets, const directory::ObjectId& user) {
  directory::KeyId id{};
  if (octets.size() != id.size()) return refuse(error_code::tgt_revoked, "a key's id of another size");
  std::copy(octets.begin(), octets.end(), id.begin());
  if (kdc.public_keys == nullptr)
    return refuse(error_code::tgt_revoked, "a TGT by a public key, where nobody logs on by one any more");
  const auto registered = is_registered(kdc, user, id);
  if (!registered) return tl::unexpected(registered.error());
  if (!*registered) return refuse(error_code::tgt_revoked, "the TGT's key or device is revoked");
  return {};
}

// A TGT is good for as long as what it is bound to.
Judged<void> check_binding(const Kdc& kdc, const ticket::OpenedTicket& opened,
                           const directory::ObjectId& user) {
  const ticket::Binding binding = ticket::binding_of(opened.part.authorization_data);
  if (binding.prt) {
    if (auto good = check_prt(kdc, *binding.prt, user); !good) return good;
  }
  return binding.registered_key ? check_key(kdc, *binding.registered_key, user) : Judged<void>();
}

}  // namespace

Judged<TgtClient> client_of_tgt(const Kdc& kdc, const kerberos::Ticket& ticket,
                                const ticket::OpenedTicket& opened, Now now) {
  if (is_anonymous(opened))
    return refuse(error_code::policy, "an anonymous TGT, which is good for FAST's armor alone");
  auto pac = account::Issuer(kdc.directory, kdc.tenant, kdc.policy).verify_pac(ticket, opened);
  if (!pac) return tl::unexpected(pac.error());
  if (opened.part.crealm != kdc.tenant.realm)
    return refuse(error_code::tgt_revoked, "a TGT of this realm for another realm's client");
  const kerberos::PrincipalName& cname = opened.part.cname;
  auto client = kdc.directory.find_client(kdc.tenant.id, components_of(cname), cname.name_type);
  if (!client && client.error().reason == directory::Reason::not_found)
    return refuse(error_code::tgt_revoked, "the TGT's client is not there any more");
  if (!client) return tl::unexpected(account::unavailable(client.error()));
  const auto sid = account::sid_of(kdc.tenant, (*client)->account);
  if (!sid || *sid != pac->requester)
    return refuse(error_code::tgt_revoked, "the TGT's client is another account now");
  if (const auto checked = account::check_account((*client)->account, now.seconds, account::Exchange::tgs);
      !checked)
    return tl::unexpected(checked.error());
  const std::uint16_t rodc = account::rodc_of(ticket);
  const auto good =
      rodc != 0 ? check_vouched_for(kdc, rodc, **client) : check_binding(kdc, opened, (*client)->account.id);
  if (!good) return tl::unexpected(good.error());
  return TgtClient{std::move(*client), std::move(*pac), rodc};
}

}  // namespace ferryman::kdc
