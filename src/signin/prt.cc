#include "signin/prt.h"

#include "account/cloud_ticket.h"
#include "account/partial_ticket.h"
#include "json/parse.h"
#include "signin/nonce_use.h"
#include "signin/prt_answer.h"

namespace ferryman::signin {
namespace {

auto bad_nonce(std::string_view reason) {
  return refuse({400, "invalid_grant", entra::bad_request,
                 "The request's nonce is missing, has expired or was used before.", reason});
}

}  // namespace

Step<directory::NonceUse> nonce_of(const Realm& realm, const directory::Tenant& tenant,
                                   const SignedRequest& request, const json::Json& claims) {
  const std::string* nonce = json::text_member(claims, "request_nonce");
  if (nonce == nullptr) return bad_nonce("no nonce");
  const auto nonces = realm.keys.nonces(realm.now());
  if (!nonces) return tl::unexpected(unavailable(nonces.error()));
  if (!(*nonces)->verify(*nonce, tenant.id.text(), realm.time)) return bad_nonce("nonce expired or not ours");
  return use_of_nonce(realm, *nonce, request.text);
}

const std::string& claim(const json::Json& claims, const char* name) {
  static const std::string none;
  const std::string* text = json::text_member(claims, name);
  return text == nullptr ? none : *text;
}

std::int64_t prt_seconds(const Realm& realm) {
  return std::chrono::floor<std::chrono::seconds>(realm.settings.prt_lifetime).count();
}

PrtAnswer answer_for(const Realm& realm, const TenantKeys& keys, const Subject& subject,
                     const SignedRequest& request) {
  PrtAnswer answer;
  answer.lifetime = std::chrono::seconds(prt_seconds(realm));
  answer.id_token = id_token(realm, keys, subject, claim(request.jws.claims, "client_id"));
  answer.user_id = subject.user.id.text();
  answer.tenant_id = subject.tenant.id.text();
  answer.top_level_names = subject.tenant.settings.top_level_names;
  return answer;
}

Answer not_used(const directory::Failure& failure) {
  switch (failure.reason) {
    case directory::Reason::already_exists:
      return bad_nonce("nonce replayed").value();
    case directory::Reason::not_found:
      return refusal(
          {400, "invalid_grant", entra::revoked, "The grant is no longer good.", "revoked meanwhile"});
    default:
      return unavailable(failure);
  }
}

std::string cloud_ticket_text(const Realm& realm, const directory::Tenant& tenant,
                              const directory::Principal& user, const directory::PrtId& prt,
                              Bytes session_key) {
  const auto made =
      account::make_cloud_ticket(realm.directory, tenant, realm.policy, {user, prt, realm.now()});
  if (!made) return no_ticket_text("There is no cloud TGT for this user at the moment.");
  return ticket_text(
      {made->reply.as_rep, made->reply.key.bytes(), tenant.realm, "krbtgt/" + tenant.realm, made->client},
      session_key);
}

std::string partial_ticket_text(const Realm& realm, const directory::Tenant& tenant,
                                const directory::Principal& user, directory::Gesture gesture,
                                Bytes session_key) {
  const auto who = realm.records.ad_identity(tenant.id, user.account.id);
  if (!who && who.error().reason == directory::Reason::not_found) return {};
  if (!who) return no_ticket_text("There is no ticket of the on-premises domain at the moment.");
  if (gesture != directory::Gesture::key)
    return no_ticket_text("A ticket of the on-premises domain takes a sign-in with a key.");
  const bool may_go_further = !user.account.settings.flags.sensitive;
  const auto made = account::make_partial_ticket(realm.policy, {*who, may_go_further, realm.now()});
  if (!made) return no_ticket_text("No ticket of the on-premises domain can be made for this user.");
  return ticket_text(
      {made->as_rep, made->key.bytes(), who->link.realm, "krbtgt/" + who->link.realm, who->user.name},
      session_key);
}

}  // namespace ferryman::signin
