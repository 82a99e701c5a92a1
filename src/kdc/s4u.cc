#include "kdc/s4u.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "account/identity.h"
#include "account/issuer.h"
#include "account/state.h"
#include "base/utf16.h"
#include "crypto/checksum.h"
#include "kdc/s4u_user.h"
#include "kerberos/kile_padata.h"
#include "pac/logon_info.h"

namespace ferryman::kdc {
namespace {

namespace error_code = kerberos::error_code;
namespace flag = kerberos::ticket_flag;
namespace option = kerberos::kdc_option;

constexpr std::uint32_t of_other_requests =
    option::forwarded | option::proxy | option::renew | option::validate | option::enc_tkt_in_skey;

bool asks(const S4uRequest& request, std::uint32_t options) {
  return (request.body.kdc_options & options) != 0;
}

std::string text_of(const kerberos::PrincipalName& name) {
  std::string text;
  name.append_to(text);
  return text;
}

Judged<directory::Shared<directory::Principal>> find_user(const Kdc& kdc, const kerberos::PrincipalName& name,
                                                          std::int32_t code_of_none, Now now) {
  auto user = kdc.directory.find_client(kdc.tenant.id, components_of(name), name.name_type);
  if (!user && user.error().reason == directory::Reason::not_found)
    return refuse(code_of_none, "the user that the ticket is to be for is not there");
  if (!user) return tl::unexpected(account::unavailable(user.error()));
  if (auto checked = account::check_account((*user)->account, now.seconds, account::Exchange::tgs); !checked)
    return tl::unexpected(std::move(checked.error()));
  return std::move(*user);
}

// S4U2Self.

Judged<void> check_caller_of_self(const S4uRequest& request) {
  if (request.service.account.id != request.caller.principal->account.id)
    return refuse(error_code::bad_match, "S4U2Self for another service than the caller itself");
  if (asks(request, of_other_requests | option::cname_in_addl_tkt))
    return refuse(error_code::bad_option, "S4U2Self with options of another request");
  if (request.caller.rodc != 0) return refuse(error_code::client_unknown, "S4U2Self by a partial TGT");
  return {};
}

// As the AS exchange names a client, but for an enterprise name, in whose place is always the canonical one.
kerberos::Name name_in_ticket(const S4uRequest& request, const NamedUser& named,
                              const directory::Account& user) {
  if (asks(request, option::canonicalize) || named.name.name_type == kerberos::name_type::enterprise)
    return account::canonical_name(user);
  return {named.name.name_type, components_of(named.name)};
}

// The caller's TGT, but for what it says of how the caller has authenticated, and of the caller's own data.
kerberos::EncTicketPart basis_of_self(const Kdc& kdc, const S4uRequest& request,
                                      const kerberos::PrincipalName& cname) {
  kerberos::EncTicketPart basis = request.header.opened.part;
  basis.flags &= ~(flag::forwarded | flag::proxy | flag::hw_authent);
  basis.crealm = kdc.tenant.realm;
  basis.cname = cname;
  basis.authorization_data = {};
  return basis;
}

Judged<ForUser> act_for_named(const Kdc& kdc, const S4uRequest& request, const NamedUser& named, Now now) {
  if (auto checked = check_caller_of_self(request); !checked)
    return tl::unexpected(std::move(checked.error()));
  if (named.by_certificate) return refuse(error_code::client_unknown, "S4U2Self for a user by a certificate");
  if (!named.realm.empty() && named.realm != kdc.tenant.realm)
    return refuse(error_code::client_unknown, "S4U2Self for a user of another realm");
  auto user = find_user(kdc, named.name, error_code::client_unknown, now);
  if (!user) return tl::unexpected(std::move(user.error()));
  const directory::Account& account = (*user)->account;
  const bool further =
      request.caller.principal->account.settings.flags.trusted_to_auth && !account.settings.flags.sensitive;
  kerberos::Name cname = name_in_ticket(request, named, account);
  const kerberos::EncTicketPart basis = basis_of_self(kdc, request, cname.view());
  auto pac = account::make_pac(
      {kdc.tenant, **user, cname.view(), basis.authtime, false, false, account::AssertedBy::service});
  if (!pac) return refuse(error_code::generic, "a name that has no place in a PAC");
  MadePadata reply = reply_to(named, basis.cname, basis.crealm, request.header);
  return ForUser{std::move(*user), further,         std::move(cname), std::nullopt, basis,
                 std::move(*pac),  std::move(reply)};
}

// S4U2Proxy.

Judged<kerberos::Ticket> find_evidence(const Kdc& kdc, const S4uRequest& request) {
  if (request.caller.rodc != 0) return refuse(error_code::bad_option, "S4U2Proxy by a partial TGT");
  if (asks(request, of_other_requests))
    return refuse(error_code::bad_option, "S4U2Proxy with options of another request");
  kerberos::Tickets tickets = request.body.additional_tickets;
  kerberos::Ticket evidence;
  if (!tickets.next(evidence)) return refuse(error_code::bad_option, "S4U2Proxy without a ticket");
  if (evidence.realm != kdc.tenant.realm)
    return refuse(error_code::bad_option, "S4U2Proxy with another realm's ticket");
  const auto service = kdc.directory.find_service(kdc.tenant.id, components_of(evidence.sname));
  if (!service && service.error().reason != directory::Reason::not_found)
    return tl::unexpected(account::unavailable(service.error()));
  if (!service || (*service)->account.id != request.caller.principal->account.id)
    return refuse(error_code::bad_option, "S4U2Proxy with a ticket to another service than the caller");
  return evidence;
}

Judged<pac::Pac> verify_evidence(const Kdc& kdc, const account::Issuer::ServiceTicket& evidence, Now now) {
  auto pac = account::Issuer(kdc.directory, kdc.tenant, kdc.policy).verify_service_pac(evidence);
  if (!pac && pac.error().code == error_code::tgt_revoked)  // evidence always had one
    return refuse(error_code::modified, pac.error().reason);
  if (!pac) return pac;
  if (auto times = check_times(evidence.opened, {now.seconds, kdc.policy.max_skew, false}); !times)
    return tl::unexpected(std::move(times.error()));
  return pac;
}

// Whose the evidence was when it was given: by SID, since names change hands.
bool is_of(const Kdc& kdc, const pac::Pac& pac, const directory::Account& user) {
  const pac::Buffer* buffer = pac.find(pac::logon_info);
  const auto info = buffer == nullptr ? Result<pac::LogonInfo>(tl::unexpected(Error{Fault::missing_field}))
                                      : pac::LogonInfo::parse(buffer->octets);
  return info && info->user_id == user.rid && info->logon_domain_id &&
         info->logon_domain_id->text() == kdc.tenant.domain_sid;
}

Judged<directory::Shared<directory::Principal>> user_of_evidence(const Kdc& kdc,
                                                                 const kerberos::EncTicketPart& evidence,
                                                                 const pac::Pac& pac, Now now) {
  if (evidence.crealm != kdc.tenant.realm)
    return refuse(error_code::tgt_revoked, "the evidence is of another realm's client");
  auto user = find_user(kdc, evidence.cname, error_code::tgt_revoked, now);
  if (!user) return user;
  if (!is_of(kdc, pac, (*user)->account))
    return refuse(error_code::tgt_revoked, "the evidence's user is another account now");
  if ((evidence.flags & flag::forwardable) == 0)
    return refuse(error_code::bad_option, "the evidence is not forwardable");
  if ((*user)->account.settings.flags.sensitive)
    return refuse(error_code::bad_option, "the evidence is of a sensitive user");
  return user;
}

bool asks_for_resource_based(const kerberos::PadataList& padata) {
  const auto element = padata.find(kerberos::padata::pac_options);
  if (!element) return false;
  const auto options = kerberos::parse<kerberos::PacOptions>(element->value);
  return options && (options->flags & kerberos::pac_option::resource_based_constrained_delegation) != 0;
}

Judged<void> check_allowed(const Kdc& kdc, const S4uRequest& request) {
  const directory::Account& target = request.service.account;
  if (target.kind == directory::AccountKind::krbtgt)
    return refuse(error_code::bad_option, "S4U2Proxy for a TGT");
  const auto found = kdc.directory.delegation(kdc.tenant.id, request.caller.principal->account.id, target.id);
  if (!found) return tl::unexpected(account::unavailable(found.error()));
  if (found->by_actor || (found->by_target && asks_for_resource_based(request.padata))) return {};
  return refuse(error_code::bad_option,
                found->by_target ? "S4U2Proxy that the target allows, and the request does not ask for it"
                                 : "S4U2Proxy that is not allowed");
}

// The evidence, and no more than the caller's TGT permits.
kerberos::EncTicketPart basis_of_proxy(const kerberos::EncTicketPart& tgt,
                                       const kerberos::EncTicketPart& evidence) {
  constexpr std::uint32_t needs_tgts = flag::forwardable | flag::proxiable | flag::renewable;
  kerberos::EncTicketPart basis = evidence;
  basis.flags &= tgt.flags | ~needs_tgts;
  basis.endtime = std::min(tgt.endtime, evidence.endtime);
  basis.renew_till = std::min(tgt.renew_till, evidence.renew_till);  // none is the least
  basis.caddr = tgt.caddr;
  return basis;
}

// S4U_DELEGATION_INFO [MS-PAC 2.9]: where to, and through whom it has come.
std::optional<Octets> delegation_info(const pac::Pac& evidence, const kerberos::PrincipalName& target,
                                      const kerberos::Ticket& to_caller) {
  pac::DelegationInfo info;
  if (const pac::Buffer* buffer = evidence.find(pac::delegation_info)) {
    auto before = pac::DelegationInfo::parse(buffer->octets);
    if (!before) return std::nullopt;
    info = *std::move(before);
  }
  info.proxy_target = utf16_of_utf8(text_of(target));
  info.transited_services.push_back(
      utf16_of_utf8(text_of(to_caller.sname) + "@" + std::string(to_caller.realm)));
  if (!info.proxy_target || !info.transited_services.back()) return std::nullopt;
  return info.write();
}

Judged<ForUser> act_by_evidence(const Kdc& kdc, const S4uRequest& request, ActsFor& acts_for, Now now) {
  const auto ticket = find_evidence(kdc, request);
  if (!ticket) return tl::unexpected(ticket.error());
  auto evidence = account::Issuer(kdc.directory, kdc.tenant, kdc.policy)
                      .open_service_ticket(request.caller.principal->account, *ticket);
  if (!evidence) return tl::unexpected(std::move(evidence.error()));
  const kerberos::EncTicketPart& part = evidence->opened.part;
  acts_for.user = text_of(part.cname);
  const auto pac = verify_evidence(kdc, *evidence, now);
  if (!pac) return tl::unexpected(pac.error());
  auto user = user_of_evidence(kdc, part, *pac, now);
  if (!user) return tl::unexpected(std::move(user.error()));
  if (auto allowed = check_allowed(kdc, request); !allowed) return tl::unexpected(std::move(allowed.error()));
  auto info = delegation_info(*pac, *request.body.sname, *ticket);
  if (!info) return refuse(error_code::generic, "a name that has no place in a PAC");
  pac::Builder builder = copy_pac(*pac, ticket::PacForm::service);
  builder.add(pac::delegation_info, *std::move(info));
  const kerberos::EncTicketPart basis = basis_of_proxy(request.header.opened.part, part);
  return ForUser{std::move(*user),   true, std::nullopt, std::move(evidence->opened), basis,
                 std::move(builder), {}};
}

}  // namespace

Judged<std::optional<ForUser>> judge_s4u(const Kdc& kdc, const S4uRequest& request, ActsFor& acts_for,
                                         Now now) {
  const auto optional = [](Judged<ForUser> judged) -> Judged<std::optional<ForUser>> {
    if (!judged) return tl::unexpected(std::move(judged.error()));
    return std::move(*judged);
  };
  const auto named = named_user(request.padata, request.header, request.body.nonce, acts_for);
  if (!named) return tl::unexpected(named.error());
  if (*named) return optional(act_for_named(kdc, request, **named, now));
  if (!asks(request, option::cname_in_addl_tkt)) return std::nullopt;
  acts_for.how = S4u::proxy;
  return optional(act_by_evidence(kdc, request, acts_for, now));
}

}  // namespace ferryman::kdc
