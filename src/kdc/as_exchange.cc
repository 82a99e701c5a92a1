#include "kdc/as_exchange.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "account/identity.h"
#include "account/issuer.h"
#include "account/keys.h"
#include "account/state.h"
#include "kdc/anonymous.h"
#include "kdc/as_proof.h"
#include "kdc/as_public_key.h"
#include "kdc/reply.h"
#include "kdc/tgt.h"
#include "kerberos/kile_padata.h"
#include "ticket/authorization.h"
#include "ticket/flags.h"

namespace ferryman::kdc {
namespace {

namespace error_code = kerberos::error_code;
namespace option = kerberos::kdc_option;
namespace padata = kerberos::padata;
using directory::AccountKind;
using kerberos::KdcReqBody;

bool asks(const KdcReqBody& body, std::uint32_t options) {
  return (body.kdc_options & options) != 0;
}

Judged<void> check_names(const Kdc& kdc, const KdcReqBody& body) {
  if (!body.cname || body.cname->size() == 0) return refuse(error_code::client_unknown, "no client is named");
  if (!body.sname || body.sname->size() == 0)
    return refuse(error_code::service_unknown, "no service is named");
  if (body.realm == kdc.tenant.realm) return {};
  const auto& domains = kdc.tenant.settings.domains;
  const auto is_same = [&](std::string_view other) {
    return std::equal(body.realm.begin(), body.realm.end(), other.begin(), other.end(), [](char a, char b) {
      const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
      return lower(a) == lower(b);
    });
  };
  if (is_same(kdc.tenant.realm) || std::any_of(domains.begin(), domains.end(), is_same))
    return refuse(error_code::wrong_realm, "the realm is written otherwise");
  return refuse(error_code::client_unknown, "another realm");
}

Judged<AsClient> find_client(const Kdc& kdc, const KdcReqBody& body) {
  AsClient client;
  client.is_anonymous = serves_anonymous(kdc) && is_anonymous_name(*body.cname);
  if (client.is_anonymous) return client;
  auto found = kdc.directory.find_client(kdc.tenant.id, components_of(*body.cname), body.cname->name_type);
  if (found) {
    client.principal = std::move(*found);
    return client;
  }
  if (found.error().reason != directory::Reason::not_found)
    return tl::unexpected(account::unavailable(found.error()));
  if (!kdc.policy.hide_unknown_clients) return refuse(error_code::client_unknown, "the client is unknown");
  return client;
}

Judged<directory::Shared<directory::Principal>> find_service(const Kdc& kdc, const KdcReqBody& body) {
  auto found = kdc.directory.find_service(kdc.tenant.id, components_of(*body.sname));
  if (!found && found.error().reason != directory::Reason::not_found)
    return tl::unexpected(account::unavailable(found.error()));
  if (!found) return refuse(error_code::service_unknown, "the service is unknown");
  const directory::Account& service = (*found)->account;
  if (service.settings.flags.disabled) return refuse(error_code::service_unknown, "the service is disabled");
  // Before anything else is looked at: that a user has this name is told to nobody.
  if (!account::is_service(service)) return refuse(error_code::service_unknown, "an account without SPN");
  return std::move(*found);
}

// What no proof of a key changes.
Judged<void> check_request(const Kdc& kdc, const KdcReqBody& body, const AsClient& client,
                           const directory::Principal& service, Now now) {
  if (asks(body, option::forwarded | option::proxy | option::renew | option::validate |
                     option::enc_tkt_in_skey | option::cname_in_addl_tkt))
    return refuse(error_code::bad_option, "options of the TGS exchange");
  const directory::Account& account = service.account;
  if (account.settings.expires && *account.settings.expires <= now.seconds)
    return refuse(error_code::service_expired, "the service has expired");
  if (asks(body, option::allow_postdate | option::postdated) ||
      body.from.value_or(0) > now.seconds + kdc.policy.max_skew)
    return refuse(error_code::cannot_postdate, "postdated tickets are not given");
  if (account.kind != AccountKind::krbtgt && account.kind != AccountKind::password_change)
    return refuse(error_code::policy, "a service that wants a TGT first");
  const directory::Account* known = client.principal ? &client.principal->account : nullptr;
  if (!account::session_etype(kdc.policy, known, service, body.etypes))
    return refuse(error_code::etype_not_supported, "no etype that the service can use");
  if (asks(body, option::request_anonymous) != client.is_anonymous)
    return refuse(error_code::bad_option, client.is_anonymous
                                              ? "the anonymous client without request-anonymous"
                                              : "anonymous by a name");
  if (client.is_anonymous && account.kind != AccountKind::krbtgt)
    return refuse(error_code::policy, "the anonymous client gets a TGT and nothing else");
  return {};
}

auto no_password_passes() {
  return refuse(error_code::policy, "no password passes for this account");
}

// How a client has proven who it is.
struct Proven {
  Proof by_password;
  std::optional<PublicKeyProof> by_public_key;

  std::int64_t timestamp() const { return by_public_key ? by_public_key->timestamp : by_password.timestamp; }
};

// Where clients are not to be told who has an account, that no password passes is told to who has proven the
// key only.
Judged<Proven> prove_by_any(const Kdc& kdc, const AsRequest& request, const AsClient& client, Now now) {
  if (is_by_public_key(kdc, request)) {
    auto proof = prove_by_public_key(kdc, request, client, now);
    if (!proof) return tl::unexpected(std::move(proof.error()));
    return Proven{{}, *std::move(proof)};
  }
  // Without a proof METHOD-DATA tells of public keys.
  if (client.principal && client.principal->key_required && !kdc.policy.hide_unknown_clients &&
      (kdc.public_keys == nullptr || has_proof(request)))
    return no_password_passes();
  auto proof = prove(kdc, request, client, now);
  if (!proof) return tl::unexpected(std::move(proof.error()));
  return Proven{*std::move(proof), std::nullopt};
}

// Only for who has proven the key.
Judged<void> check_state(const directory::Principal& client, const directory::Principal& service,
                         const Proven& proven, Now now) {
  if (client.key_required && !proven.by_public_key) return no_password_passes();
  if (auto checked = account::check_account(client.account, now.seconds, account::Exchange::as); !checked)
    return checked;
  if (service.account.kind == AccountKind::password_change || proven.by_public_key) return {};
  return account::check_password(client.account, now.seconds);
}

// Whom the ticket is given, for what, and who has proven it.
struct Granted {
  const directory::Principal &client, &service;
  const Proven& proven;
};

struct Keys {
  const directory::LongTermKey* long_term;  // null: by a public key
  directory::Shared<crypto::Key> reply;
  crypto::Key session;
  Octets pk_as_rep;  // of a public key; else empty
};

Judged<Keys> choose_keys(const Kdc& kdc, Bytes octets, const KdcReqBody& body, const Granted& granted) {
  const auto session =
      account::session_etype(kdc.policy, &granted.client.account, granted.service, body.etypes);
  if (granted.proven.by_public_key) {
    auto made = reply_by_public_key(kdc, octets, body, *granted.proven.by_public_key,
                                    {granted.client.account, body.realm});
    if (!made) return tl::unexpected(std::move(made.error()));
    return Keys{nullptr, std::make_shared<crypto::Key>(std::move(made->key)), crypto::Key::random(*session),
                std::move(made->padata)};
  }
  const auto* long_term = account::reply_key(kdc.policy, granted.client, body.etypes);
  if (long_term == nullptr)
    return refuse(error_code::etype_not_supported, "the client has no key of these etypes");
  auto reply = account::usable(*long_term);
  if (!reply) return tl::unexpected(account::unavailable(reply.error()));
  return Keys{long_term, *std::move(reply), crypto::Key::random(*session), {}};
}

struct Terms {
  ticket::Lifetime lifetime;
  std::uint32_t flags = 0;
};
Judged<Terms> choose_terms(const Kdc& kdc, const KdcReqBody& body, const Granted& granted, Now now) {
  ticket::LifetimeLimit limit = kdc.policy.lifetime;
  const bool may_go_further = !granted.client.account.settings.flags.sensitive;
  ticket::AllowedFlags allowed{may_go_further, may_go_further,
                               granted.service.account.settings.flags.ok_as_delegate};
  if (granted.service.account.kind == AccountKind::password_change) {
    limit = {std::min(limit.ticket, kdc.policy.password_ticket_lifetime), 0};
    allowed = {false, false, false};
  }
  const auto lifetime = ticket::first_lifetime(body, now.seconds, limit);
  if (!lifetime) return tl::unexpected(lifetime.error());
  return Terms{*lifetime, ticket::first_flags(body.kdc_options, allowed, *lifetime)};
}

bool requests_pac(const kerberos::PadataList& list) {
  const auto element = list.find(padata::pac_request);
  if (!element) return false;
  const auto request = kerberos::parse<kerberos::PacRequest>(element->value);
  return request && request->include_pac;
}

Judged<Octets> make_ticket(const Kdc& kdc, const AsRequest& request, const Granted& granted,
                           const ticket::NewTicket& ticket) {
  const bool is_tgt = granted.service.account.kind == AccountKind::krbtgt;
  account::PacSubject subject{
      kdc.tenant, granted.client, ticket.cname, ticket.authtime, requests_pac(request.padata), is_tgt};
  if (granted.proven.by_public_key) subject.key = granted.proven.by_public_key->evidence;
  const auto pac = account::make_pac(subject);
  if (!pac) return refuse(error_code::generic, "a name that has no place in a PAC");
  return account::Issuer(kdc.directory, kdc.tenant, kdc.policy).issue(granted.service, ticket, *pac);
}

std::optional<std::int64_t> key_expiration(const directory::Account& account) {
  if (!account.settings.expires) return account.password_expires;
  return std::min(*account.settings.expires, account.password_expires.value_or(*account.settings.expires));
}

struct Sealed {
  const ticket::NewTicket& ticket;
  Bytes octets;
};
Judged<MadeReply> make_reply(const Kdc& kdc, Bytes octets, const AsRequest& request, const Granted& granted,
                             const Keys& keys, const Sealed& sealed, Now now) {
  MadePadata list;
  if (keys.long_term == nullptr) list.add({padata::pk_as_rep, keys.pk_as_rep});
  // RC4's keys have no salt (RFC 4757 3): there is nothing to tell.
  if (keys.long_term != nullptr && keys.long_term->etype != kerberos::etype::rc4_hmac)
    add_etype_info2(list, *keys.long_term);
  const Octets& challenge = granted.proven.by_password.challenge;
  if (!challenge.empty()) list.add({padata::encrypted_challenge, challenge});
  Reply reply{kerberos::msg_type::as_rep,
              sealed.ticket,
              sealed.octets,
              list,
              request.body.nonce,
              key_expiration(granted.client.account),
              *keys.reply};
  if (keys.long_term != nullptr) reply.kvno = keys.long_term->kvno;
  if (request.padata.has(padata::req_enc_pa_rep)) reply.checksum_over = octets;
  if (asks(request.body, option::canonicalize))
    reply.supported_enctypes = account::supported_enctypes(kdc.policy, granted.service);
  reply.pac_options = pac_options_of(request.padata);
  return encode_reply(reply, request.fast, now);
}

// A TGT by a registered key is good for as long as that one is.
ticket::AuthorizationList bind(const Granted& granted) {
  ticket::AuthorizationList list;
  const auto& key = granted.proven.by_public_key;
  if (granted.service.account.kind == AccountKind::krbtgt && key && key->registered_key)
    ticket::add_binding({std::nullopt, *key->registered_key}, list);
  return list;
}

// Keys, ticket and reply of what is granted.
Judged<MadeReply> grant(Bytes octets, const AsRequest& request, const Granted& granted, const Kdc& kdc,
                        Now now) {
  const KdcReqBody& body = request.body;
  const auto keys = choose_keys(kdc, octets, body, granted);
  if (!keys) return tl::unexpected(keys.error());
  const auto terms = choose_terms(kdc, body, granted, now);
  if (!terms) return tl::unexpected(terms.error());
  const bool canonical = asks(body, option::canonicalize);
  const kerberos::Name client_name = account::canonical_name(granted.client.account),
                       service_name = account::canonical_name(granted.service.account);
  const ticket::AuthorizationList binding = bind(granted);
  const ticket::NewTicket ticket{kdc.tenant.realm,
                                 canonical ? service_name.view() : *body.sname,
                                 kdc.tenant.realm,
                                 canonical ? client_name.view() : *body.cname,
                                 keys->session,
                                 terms->flags,
                                 now.seconds,
                                 terms->lifetime,
                                 {},
                                 binding};
  const auto ticket_octets = make_ticket(kdc, request, granted, ticket);
  if (!ticket_octets) return tl::unexpected(ticket_octets.error());
  kdc.directory.note_success(kdc.tenant.id, granted.client.account.id, granted.proven.timestamp(),
                             now.seconds);
  return make_reply(kdc, octets, request, granted, *keys, {ticket, *ticket_octets}, now);
}

// The exchange: each step takes what those before it found out.
Judged<MadeReply> exchange(Bytes octets, const AsRequest& request, const Kdc& kdc, Now now) {
  const KdcReqBody& body = request.body;
  const auto names = check_names(kdc, body);
  if (!names) return tl::unexpected(names.error());
  const auto client = find_client(kdc, body);
  if (!client) return tl::unexpected(client.error());
  const auto service = find_service(kdc, body);
  if (!service) return tl::unexpected(service.error());
  const auto permitted = check_request(kdc, body, *client, **service, now);
  if (!permitted) return tl::unexpected(permitted.error());
  if (client->is_anonymous) return give_anonymous_tgt(octets, request, **service, kdc, now);
  const auto proven = prove_by_any(kdc, request, *client, now);
  if (!proven) return tl::unexpected(proven.error());
  const auto state = check_state(*client->principal, **service, *proven, now);
  if (!state) return tl::unexpected(state.error());
  return grant(octets, request, {*client->principal, **service, *proven}, kdc, now);
}

}  // namespace

Answer as_exchange(Bytes octets, const kerberos::WholeKdcReq& outer, const Kdc& kdc, Now now) {
  const auto fast = open_as_fast(kdc, outer, now);
  if (!fast)
    return answer_of(encode_refusal(kdc, fast.error(), &outer.body, nullptr, now), &outer.body,
                     &fast.error());
  const Fast* armored = *fast ? &**fast : nullptr;
  const AsRequest request{armored ? armored->req.padata : outer.padata,
                          armored ? armored->req.body : outer.body, armored};
  auto reply = exchange(octets, request, kdc, now);
  if (!reply)
    return answer_of(encode_refusal(kdc, reply.error(), &request.body, armored, now), &request.body,
                     &reply.error());
  Answer answer = answer_of(std::move(reply->message), &request.body, nullptr);
  answer.issued = reply->issued;
  return answer;
}

}  // namespace ferryman::kdc
