#include "kdc/tgs_exchange.h"

#include <utility>

#include "account/identity.h"
#include "account/issuer.h"
#include "account/keys.h"
#include "crypto/encryption.h"
#include "kdc/fast.h"
#include "kdc/partial_tgt.h"
#include "kdc/reply.h"
#include "kdc/s4u.h"
#include "kdc/tgs_header.h"
#include "kdc/tgt.h"
#include "kdc/user_to_user.h"
#include "ticket/authorization.h"
#include "ticket/flags.h"

namespace ferryman::kdc {
namespace {

namespace error_code = kerberos::error_code;
namespace flag = kerberos::ticket_flag;
namespace key_usage = kerberos::key_usage;
namespace option = kerberos::kdc_option;
using directory::AccountKind;
using kerberos::KdcReqBody;

// The request: what is inside FAST, where there is any (else null).
struct TgsRequest {
  const kerberos::PadataList& padata;
  const KdcReqBody& body;
  const Fast* fast;
};

bool asks(const KdcReqBody& body, std::uint32_t options) {
  return (body.kdc_options & options) != 0;
}

Judged<void> check_names(const Kdc& kdc, const KdcReqBody& body) {
  if (!body.sname || body.sname->size() == 0)
    return refuse(error_code::service_unknown, "no service is named");
  if (body.realm != kdc.tenant.realm) return refuse(error_code::wrong_realm, "another realm");
  return {};
}

Judged<directory::Shared<directory::Principal>> find_service(const Kdc& kdc, const KdcReqBody& body) {
  auto found = kdc.directory.find_service(kdc.tenant.id, components_of(*body.sname));
  if (!found && found.error().reason != directory::Reason::not_found)
    return tl::unexpected(account::unavailable(found.error()));
  if (!found) return refuse(error_code::service_unknown, "the service is unknown");
  const directory::Account& service = (*found)->account;
  if (service.settings.flags.disabled) return refuse(error_code::service_unknown, "the service is disabled");
  if (!account::is_service(service) && !asks(body, option::enc_tkt_in_skey))
    return refuse(error_code::service_unknown, "an account without SPN");
  return std::move(*found);
}

// What the TGT and the realm permit of the options.
Judged<void> check_options(const Kdc& kdc, const KdcReqBody& body, const TgsHeader& header, Now now) {
  if (account::rodc_of(header.ticket) != 0 &&
      asks(body, option::forwarded | option::proxy | option::renew | option::validate))
    return refuse(error_code::bad_option, "a partial TGT, which is only to be exchanged");
  const std::uint32_t tgt = header.opened.part.flags;
  const auto needs = [&](std::uint32_t options, std::uint32_t flags) {
    return asks(body, options) && (tgt & flags) == 0;
  };
  if (needs(option::forwarded, flag::forwardable) || needs(option::proxy, flag::proxiable) ||
      needs(option::allow_postdate | option::postdated, flag::may_postdate) ||
      needs(option::renew, flag::renewable) || needs(option::validate, flag::invalid))
    return refuse(error_code::bad_option, "the TGT does not permit it");
  if (asks(body, option::request_anonymous))
    return refuse(error_code::bad_option, "an option that is not served");
  if (asks(body, option::forwarded | option::proxy | option::renew | option::validate) &&
      !same_components(*body.sname, header.ticket.sname))
    return refuse(error_code::server_mismatch, "another service than the ticket's");
  if (body.from.value_or(0) > now.seconds + kdc.policy.max_skew)
    return refuse(error_code::cannot_postdate, "postdated tickets are not given");
  return {};
}

Judged<void> check_service(const directory::Account& service, Now now) {
  if (service.kind == AccountKind::password_change)
    return refuse(error_code::policy, "kadmin/changepw is for who has proven the password just now");
  if (service.settings.expires && *service.settings.expires <= now.seconds)
    return refuse(error_code::service_expired, "the service has expired");
  return {};
}

Judged<std::optional<ticket::OpenedTicket>> second_ticket(const Kdc& kdc, const KdcReqBody& body,
                                                          const directory::Principal& service, Now now) {
  if (!asks(body, option::enc_tkt_in_skey)) return std::nullopt;
  auto opened = open_second_ticket(kdc, body, service, now);
  if (!opened) return tl::unexpected(opened.error());
  return std::optional(std::move(*opened));
}

Judged<crypto::Key> choose_session_key(const Kdc& kdc, const KdcReqBody& body,
                                       const directory::Account& client, const directory::Principal& service,
                                       const std::optional<ticket::OpenedTicket>& second) {
  if (second) return crypto::Key::random(second->session_key.etype());
  const auto etype = account::session_etype(kdc.policy, &client, service, body.etypes);
  if (!etype) return refuse(error_code::etype_not_supported, "no etype that the service can use");
  return crypto::Key::random(*etype);
}

// Who asks for what, for whom, and in which key.
struct Granted {
  const TgtClient& client;
  const directory::Principal& service;
  const std::optional<ticket::OpenedTicket>& second;  // for user-to-user
  const std::optional<ForUser>& user;                 // whom the client acts for

  bool is_tgt() const { return service.account.kind == AccountKind::krbtgt; }
  bool may_go_further() const {
    return user ? user->may_go_further : !client.principal->account.settings.flags.sensitive;
  }
  // What the ticket is derived from.
  const kerberos::EncTicketPart& basis(const TgsHeader& header) const {
    return user ? user->basis : header.opened.part;
  }
};

struct Terms {
  ticket::Lifetime lifetime;
  std::uint32_t flags = 0;
};
Judged<Terms> choose_terms(const Kdc& kdc, const KdcReqBody& body, const kerberos::EncTicketPart& tgt,
                           const Granted& granted, Now now) {
  const auto renewed = [&](const Judged<ticket::Lifetime>& lifetime) -> Judged<Terms> {
    if (!lifetime) return tl::unexpected(lifetime.error());
    return Terms{*lifetime, ticket::renewed_flags(tgt.flags, *lifetime)};
  };
  if (asks(body, option::renew)) return renewed(renewed_lifetime(now.seconds, kdc.policy.lifetime, tgt));
  if (asks(body, option::validate))
    return renewed(ticket::Lifetime{tgt.starttime.value_or(tgt.authtime), tgt.endtime, tgt.renew_till});
  const auto lifetime = ticket::derived_lifetime(body, now.seconds, kdc.policy.lifetime, tgt);
  if (!lifetime) return tl::unexpected(lifetime.error());
  const bool may_go_further = granted.may_go_further();
  const ticket::AllowedFlags allowed{may_go_further, may_go_further,
                                     granted.service.account.settings.flags.ok_as_delegate};
  return Terms{*lifetime, ticket::derived_flags(body.kdc_options, allowed, *lifetime, tgt.flags)};
}

// The request's own authorization data, decrypted.
Judged<Secret> open_authorization(const kerberos::EncryptedData& encrypted, const TgsHeader& header) {
  const crypto::Key& key = header.reply_key();
  const std::int32_t usage = header.authenticator.subkey ? key_usage::tgs_req_authdata_subkey
                                                         : key_usage::tgs_req_authdata_session_key;
  if (encrypted.etype == key.etype()) {
    if (auto plain = crypto::decrypt(key, usage, encrypted.cipher)) return std::move(*plain);
  }
  return refuse(error_code::bad_integrity, "the request's authorization data is not decrypted by the key");
}

// The TGT's, or what stands for it, and the request's (RFC 4120 3.3.3).
Judged<ticket::AuthorizationList> choose_authorization(const KdcReqBody& body, const TgsHeader& header,
                                                       const Granted& granted) {
  const kerberos::AuthorizationData& inherited = granted.basis(header).authorization_data;
  ticket::AuthorizationList list;
  if (granted.is_tgt() && granted.client.rodc == 0) ticket::add_binding(ticket::binding_of(inherited), list);
  if (auto added = ticket::add_permitted(inherited, list); !added) return tl::unexpected(added.error());
  if (!body.enc_authorization_data) return list;
  const auto plain = open_authorization(*body.enc_authorization_data, header);
  if (!plain) return tl::unexpected(plain.error());
  const auto asked = kerberos::parse<kerberos::AuthorizationData>(plain->bytes());
  if (!asked && asked.error().fault != Fault::too_many)
    return refuse(error_code::bad_integrity, "the request's authorization data");
  if (!asked) return ticket::too_much_authorization();
  if (auto added = ticket::add_permitted(*asked, list); !added) return tl::unexpected(added.error());
  if (auto fits = ticket::check_fits(list); !fits) return tl::unexpected(fits.error());
  return list;
}

// That of the TGT; of a partial one it is made anew, of what the directory says of the client.
Judged<pac::Builder> choose_pac(const Kdc& kdc, const Granted& granted, const ticket::NewTicket& ticket) {
  if (granted.client.rodc == 0)
    return copy_pac(granted.client.pac.pac,
                    granted.is_tgt() ? ticket::PacForm::tgt : ticket::PacForm::service);
  auto made = account::make_pac(
      {kdc.tenant, *granted.client.principal, ticket.cname, ticket.authtime, false, granted.is_tgt()});
  if (!made) return refuse(error_code::generic, "a name that has no place in a PAC");
  return *std::move(made);
}

Judged<Octets> make_ticket(const Kdc& kdc, const Granted& granted, const ticket::NewTicket& ticket) {
  const account::Issuer issuer(kdc.directory, kdc.tenant, kdc.policy);
  if (granted.user) return issuer.issue(granted.service, ticket, granted.user->pac);
  const auto pac = choose_pac(kdc, granted, ticket);
  if (!pac) return tl::unexpected(pac.error());
  if (granted.second) return issuer.issue_user_to_user(granted.second->session_key, ticket, *pac);
  return issuer.issue(granted.service, ticket, *pac);
}

// The client's own keys, for a read-only domain controller that exchanges its TGT.
Judged<ListedKeys> choose_keys(const Kdc& kdc, const TgsRequest& request, const Granted& granted) {
  if (granted.client.rodc == 0 || !granted.is_tgt() || granted.second) return ListedKeys{};
  return list_keys(kdc, *granted.client.principal, request.padata);
}

Judged<MadeReply> make_reply(const Kdc& kdc, const TgsRequest& request, const TgsHeader& header,
                             const Granted& granted, const ticket::NewTicket& ticket, Bytes ticket_octets,
                             Now now) {
  const MadePadata no_padata;
  Reply reply{kerberos::msg_type::tgs_rep,
              ticket,
              ticket_octets,
              granted.user ? granted.user->reply_padata : no_padata,
              request.body.nonce,
              std::nullopt,
              header.reply_key()};
  reply.usage = header.authenticator.subkey ? key_usage::tgs_rep_subkey : key_usage::tgs_rep_session_key;
  if (asks(request.body, option::canonicalize))
    reply.supported_enctypes = account::supported_enctypes(kdc.policy, granted.service);
  reply.pac_options = pac_options_of(request.padata);
  const auto keys = choose_keys(kdc, request, granted);
  if (!keys) return tl::unexpected(keys.error());
  reply.key_list = keys->octets.bytes();
  auto made = encode_reply(reply, request.fast, now);
  if (made) made->issued.keys = keys->count;
  return made;
}

// Keys, ticket and reply of what is granted.
Judged<MadeReply> grant(const TgsRequest& request, const TgsHeader& header, const Granted& granted,
                        const Kdc& kdc, Now now) {
  const KdcReqBody& body = request.body;
  const kerberos::EncTicketPart& basis = granted.basis(header);
  const auto session_key =
      choose_session_key(kdc, body, granted.client.principal->account, granted.service, granted.second);
  if (!session_key) return tl::unexpected(session_key.error());
  const auto terms = choose_terms(kdc, body, basis, granted, now);
  if (!terms) return tl::unexpected(terms.error());
  const auto authorization = choose_authorization(body, header, granted);
  if (!authorization) return tl::unexpected(authorization.error());
  const kerberos::Name canonical = account::canonical_name(granted.service.account);
  const bool renamed = granted.is_tgt() && asks(body, option::canonicalize);
  const ticket::NewTicket ticket{kdc.tenant.realm, renamed ? canonical.view() : *body.sname,
                                 basis.crealm,     basis.cname,
                                 *session_key,     terms->flags,
                                 basis.authtime,   terms->lifetime,
                                 basis.caddr,      *authorization};
  const auto ticket_octets = make_ticket(kdc, granted, ticket);
  if (!ticket_octets) return tl::unexpected(ticket_octets.error());
  return make_reply(kdc, request, header, granted, ticket, *ticket_octets, now);
}

// The exchange: each step takes what those before it found out.
Judged<MadeReply> exchange(const TgsRequest& request, const TgsHeader& header, const Kdc& kdc,
                           ActsFor& acts_for, Now now) {
  const KdcReqBody& body = request.body;
  const auto names = check_names(kdc, body);
  if (!names) return tl::unexpected(names.error());
  const auto client = client_of_tgt(kdc, header.ticket, header.opened, now);
  if (!client) return tl::unexpected(client.error());
  const auto service = find_service(kdc, body);
  if (!service) return tl::unexpected(service.error());
  const auto user = judge_s4u(kdc, {request.padata, body, header, *client, **service}, acts_for, now);
  if (!user) return tl::unexpected(user.error());
  const auto options = check_options(kdc, body, header, now);
  if (!options) return tl::unexpected(options.error());
  const auto available = check_service((*service)->account, now);
  if (!available) return tl::unexpected(available.error());
  const auto second = second_ticket(kdc, body, **service, now);
  if (!second) return tl::unexpected(second.error());
  return grant(request, header, {*client, **service, *second, *user}, kdc, now);
}

// Who asks is told by the ticket, never by the body. header: null where it was not opened.
Answer answer_to(const TgsHeader* header, const KdcReqBody& body, Octets message, const Refusal* refusal) {
  Answer answer = answer_of(std::move(message), &body, refusal);
  answer.client.clear();
  if (header != nullptr) {
    header->opened.part.cname.append_to(answer.client);
    answer.rodc = account::rodc_of(header->ticket);
  }
  return answer;
}

}  // namespace

Answer tgs_exchange(const kerberos::WholeKdcReq& outer, const Kdc& kdc, Now now) {
  const auto header = open_tgs_header(kdc, outer, now);
  if (!header) {
    const Refusal& refusal = header.error();
    return answer_to(nullptr, outer.body, encode_refusal(kdc, refusal, &outer.body, nullptr, now), &refusal);
  }
  const auto refused = [&](const Refusal& refusal, const KdcReqBody& body, const Fast* fast) {
    return answer_to(&*header, body, encode_refusal(kdc, refusal, &body, fast, now), &refusal);
  };
  const auto fast = open_tgs_fast(outer, header->opened, header->authenticator);
  if (!fast) return refused(fast.error(), outer.body, nullptr);
  const Fast* armored = *fast ? &**fast : nullptr;
  const TgsRequest request{armored ? armored->req.padata : outer.padata,
                           armored ? armored->req.body : outer.body, armored};
  const KdcReqBody& body = request.body;
  ActsFor acts_for;
  auto reply = exchange(request, *header, kdc, acts_for, now);
  Answer answer = reply ? answer_to(&*header, body, std::move(reply->message), nullptr)
                        : refused(reply.error(), body, armored);
  answer.acts_for = std::move(acts_for);
  if (!reply) return answer;
  answer.issued = reply->issued;
  answer.renewed = asks(body, option::renew);
  return answer;
}

}  // namespace ferryman::kdc
