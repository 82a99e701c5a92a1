#include "login/on_premises.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "login/cloud_ticket.h"
#include "login/credential_caches.h"
#include "login/full_ticket.h"
#include "login/krb5_config.h"
#include "login/recorded_client.h"

namespace ferryman::login {
namespace {

tl::unexpected<Failure> no_room(const SessionRecord& record, const std::string& realm) {
  return fail(
      Fault::occupied,
      fmt::format("there is no room for a ticket of {} beside {}: with default_ccache_name = DIR:..., "
                  "KEYRING:... or KCM: in krb5.conf (or in KRB5CCNAME) there is",
                  realm, record.cache));
}

// A server's word becomes a section of krb5.conf, and never one of the cloud's own.
Outcome<std::string> realm_of(const CloudTicket& partial, const SessionRecord& record) {
  std::string realm(partial.client().realm);
  if (!is_realm_name(realm))
    return fail(Fault::refused, fmt::format("{} is no name of a domain", printable(realm)));
  if (equal_without_case(realm, record.realm))
    return fail(Fault::refused, "the server's ticket for a domain is for the cloud's own realm");
  return realm;
}

void remove_ticket(CredentialCaches& caches, const OnPremises& old) {
  // What cannot be removed ends by itself.
  if (!old.client.empty()) static_cast<void>(caches.remove(RecordedClient(old.client, old.realm).get()));
}

Outcome<void> store(CredentialCaches& caches, const FullTicket& ticket, DomainAnswer answer,
                    OnPremises& on_premises) {
  const Credential credential = ticket.credential();
  auto cache = caches.store(ticket.client(), {&credential, 1});
  if (!cache) return tl::unexpected(cache.error());
  const OnPremises made{.client = components_of(ticket.client().name),
                        .realm = std::string(ticket.client().realm),
                        .kdc_url = std::move(answer.url),
                        .ca_file = std::move(answer.ca_file),
                        .ticket_expires = ticket.part().endtime,
                        .cache = std::move(*cache)};
  if (made.client != on_premises.client || made.realm != on_premises.realm)
    remove_ticket(caches, on_premises);
  on_premises = made;
  return {};
}

Outcome<void> try_exchange(const PartialTicket& given, const AskDomain& ask, SessionRecord& record,
                           ListedKeys& listed) {
  const auto partial = CloudTicket::open(given.text, given.session_key);
  if (!partial) return tl::unexpected(partial.error());
  const auto realm = realm_of(*partial, record);
  if (!realm) return tl::unexpected(realm.error());
  auto caches = CredentialCaches::open();
  if (!caches) return tl::unexpected(caches.error());
  const auto has_room = caches->has_room_for(partial->client());
  if (!has_room) return tl::unexpected(has_room.error());
  if (!*has_room && !given.wants_keys) return no_room(record, *realm);
  const auto request = FullTicketRequest::make(*partial, given.now, given.wants_keys);
  if (!request) return tl::unexpected(request.error());
  auto answer = ask(*realm, request->message());
  if (!answer) return tl::unexpected(answer.error());
  const auto ticket = FullTicket::read(std::move(answer->message), request->asked());
  if (!ticket) return tl::unexpected(ticket.error());
  if (given.wants_keys) listed = ticket->listed_keys();
  if (!*has_room) return no_room(record, *realm);
  return store(*caches, *ticket, std::move(*answer), record.on_premises);
}

}  // namespace

ListedKeys exchange(const PartialTicket& partial, const AskDomain& ask, SessionRecord& record) {
  ListedKeys listed;
  const auto done = try_exchange(partial, ask, record, listed);
  record.on_premises.no_ticket = done ? std::string() : done.error().text;
  return listed;
}

void forget_on_premises(SessionRecord& record) {
  if (!record.on_premises.client.empty())
    if (auto caches = CredentialCaches::open()) remove_ticket(*caches, record.on_premises);
  record.on_premises = {};
}

}  // namespace ferryman::login
