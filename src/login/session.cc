#include "login/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "login/cloud_ticket.h"
#include "login/credential_caches.h"
#include "login/domain_gateway.h"
#include "login/passkey.h"
#include "login/recorded_client.h"
#include "login/token_client.h"

namespace ferryman::login {
namespace {

constexpr char cache_variable[] = "KRB5CCNAME";

// Programs that a timer starts have not the variable that a shell had: while this lives the tickets are where
// they were.
class CacheName {
 public:
  explicit CacheName(const SessionRecord& record)
      : is_set_(record.ccname && std::getenv(cache_variable) == nullptr) {
    if (is_set_) ::setenv(cache_variable, record.ccname->c_str(), 1);
  }
  CacheName(const CacheName&) = delete;
  CacheName& operator=(const CacheName&) = delete;
  ~CacheName() {
    if (is_set_) ::unsetenv(cache_variable);
  }

 private:
  bool is_set_;
};

Outcome<std::string> store_ticket(const CloudTicket& ticket) {
  auto caches = CredentialCaches::open();
  if (!caches) return tl::unexpected(caches.error());
  const Credential credential = ticket.credential();
  return caches->store(ticket.client(), {&credential, 1});
}

void keep_on_premises(const Account& account, const SignIn& sign_in, const Particulars& of,
                      SignedIn& result) {
  if (!sign_in.on_premises_ticket) return forget_on_premises(result.record);
  const AskDomain ask = [&](const std::string& realm, Bytes message) {
    return ask_domain(account, realm, message);
  };
  // Since the sign-in began a person may have looked for a security key, and domains are strict with clocks.
  const PartialTicket partial{sign_in.on_premises_ticket->bytes(), sign_in.session.key.bytes(),
                              std::time(nullptr), of.wants_keys};
  result.listed_keys = exchange(partial, ask, result.record);
}

void note_no_ticket(SignedIn& result, const Failure& why) {
  result.no_ticket = why;
  result.record.no_ticket = why.text;
  OnPremises& domain = result.record.on_premises;
  if (!domain.client.empty()) domain.no_ticket = "there is none before the cloud's";
}

// Also where $KRB5CCNAME is another one than when it was put there. cache: as the record has it.
Outcome<void> remove_ticket(CredentialCaches& caches, const RecordedClient& client,
                            const std::string& cache) {
  if (client.get().name.size() == 0) return {};
  auto removed = caches.remove(client.get());
  auto recorded = cache.empty() ? Outcome<void>() : caches.remove(client.get(), cache);
  return removed ? recorded : removed;
}

// One that cannot be removed leaves no other one there.
Outcome<void> remove_tickets(const SessionRecord& record) {
  const OnPremises& domain = record.on_premises;
  if (record.client.empty() && domain.client.empty()) return {};
  const CacheName name(record);
  auto caches = CredentialCaches::open();
  if (!caches) return tl::unexpected(caches.error());
  auto on_premises = remove_ticket(*caches, RecordedClient(domain.client, domain.realm), domain.cache);
  auto cloud = remove_ticket(*caches, RecordedClient(record.client, record.realm), record.cache);
  return on_premises ? cloud : on_premises;
}

// Of a client who has another name now the former ticket goes.
void note_client(const CloudTicket& ticket, SessionRecord& record) {
  auto client = components_of(ticket.client().name);
  if (client != record.client || ticket.client().realm != record.realm) {
    // What cannot be removed ends by itself.
    if (auto caches = CredentialCaches::open())
      static_cast<void>(remove_ticket(*caches, RecordedClient(record.client, record.realm), record.cache));
    record.cache.clear();
    record.ticket_expires = 0;
  }
  record.client = std::move(client);
  record.realm = ticket.client().realm;
}

// Tickets that there are already stay what they are until there are new ones.
SessionRecord new_record(const EnrolledAccount& account, SignIn& sign_in, const Particulars& of) {
  SessionRecord record;
  if (auto before = account.record(); before && *before) record = std::move(**before);
  record.no_ticket.clear();
  record.ccname.reset();
  record.signed_in = of.signed_in;
  record.renewed = of.now;
  record.prt_expires = of.now + sign_in.lifetime.count();
  record.kerberos_url = of.kerberos_url;
  record.top_level_names = std::move(sign_in.top_level_names);
  if (const char* name = std::getenv(cache_variable)) record.ccname = name;
  return record;
}

Outcome<bool> has_tgt(const SessionRecord& record, const Client& client, std::int64_t now) {
  if (client.name.size() == 0) return false;
  const CacheName name(record);
  auto caches = CredentialCaches::open();
  if (!caches) return tl::unexpected(caches.error());
  const auto end = caches->tgt_end(client);
  if (!end) return tl::unexpected(end.error());
  return *end && **end > now;
}

// That of the Active Directory, with its DNS domain.
std::optional<RealmConfig> domain_of(const EnrolledAccount& account) {
  const auto record = account.record();
  if (!record || !*record || (*record)->on_premises.client.empty()) return std::nullopt;
  const OnPremises& on_premises = (*record)->on_premises;
  return RealmConfig{on_premises.realm,
                     on_premises.kdc_url,
                     on_premises.ca_file.value_or(account.account().ca_file),
                     {dns_domain_of(on_premises.realm)}};
}

Device device_of(keys::KeyStore& store, const AccountKeys& keys) {
  return {store, keys.device.bytes(), keys.transport.bytes(), keys.certificate};
}

Outcome<SignIn> by_stored_key(TokenClient& tokens, const Device& device, const AccountKeys& keys,
                              const Account& who, const Keys& with, std::int64_t now) {
  if (!who.user_key) return fail(Fault::failed, "there is no key of the user's: enrol again");
  const UserKey user{with.store, keys.user.bytes(), *who.user_key, with.pin};
  return tokens.by_key(device, tokens.by_stored_key(user, who.person.upn, now));
}

Outcome<SignIn> by_security_key(TokenClient& tokens, const Device& device, const AccountKeys& keys,
                                const Account& who, const Keys& with) {
  const auto passkey = Passkey::of_kept(keys.user.bytes());
  if (!passkey) return tl::unexpected(passkey.error());
  return tokens.by_key(device, by_passkey(*with.security_key, *passkey, who.url, who.person.upn, with.pin));
}

}  // namespace

std::optional<RealmConfig> realm_of(const EnrolledAccount& account) {
  const auto record = account.record();
  if (!record || !*record || (*record)->realm.empty()) return std::nullopt;
  return RealmConfig{(*record)->realm, (*record)->kerberos_url, account.account().ca_file,
                     (*record)->top_level_names};
}

std::vector<RealmConfig> realms_of(const EnrolledAccount& account) {
  std::vector<RealmConfig> realms;
  auto cloud = realm_of(account), domain = domain_of(account);
  if (cloud) realms.push_back(std::move(*cloud));
  if (cloud && domain && is_fit(*domain)) realms.push_back(std::move(*domain));
  return realms;
}

std::vector<RealmConfig> realms_of(const Accounts& accounts) {
  std::vector<RealmConfig> realms;
  for (const auto of : {realm_of, domain_of})
    for (const EnrolledAccount& each : accounts.all())
      if (auto realm = of(each)) realms.push_back(std::move(*realm));
  return usable(realms);
}

Outcome<void> write_forward_config(const std::string& state_path, std::span<const RealmConfig> realms,
                                   std::uint16_t port) {
  const auto text = forward_config(realms, port, system_krb5_file);
  if (!text) return tl::unexpected(text.error());
  const auto directory = StateDirectory::open(state_path);
  if (!directory) return tl::unexpected(directory.error());
  return directory->write(forward_file, as_bytes(*text));
}

Outcome<void> write_krb5_config(const Accounts& accounts) {
  const auto text = user_config(realms_of(accounts), system_krb5_file);
  if (!text) return tl::unexpected(text.error());
  return accounts.write(krb5_file, *text);
}

Outcome<SignedIn> keep(const Accounts& accounts, const EnrolledAccount& account, keys::KeyStore& store,
                       SignIn sign_in, const Particulars& of) {
  SignedIn result{new_record(account, sign_in, of), std::nullopt};
  SessionRecord& record = result.record;
  Outcome<CloudTicket> ticket = fail(Fault::refused, "the server gave no ticket, and does not say why");
  if (sign_in.cloud_ticket)
    ticket = CloudTicket::open(sign_in.cloud_ticket->bytes(), sign_in.session.key.bytes());
  if (ticket) {
    note_client(*ticket, record);
  } else {
    note_no_ticket(result, ticket.error());
  }
  if (auto written = account.write_session(store, sign_in.session, record); !written)
    return tl::unexpected(written.error());
  if (!ticket) return result;
  // Before the cache: the file may be the one that $KRB5_CONFIG names.
  auto config = write_krb5_config(accounts);
  auto cache = config ? store_ticket(*ticket) : tl::unexpected(config.error());
  if (cache) {
    record.cache = std::move(*cache);
    record.ticket_expires = ticket->part().endtime;
    keep_on_premises(account.account(), sign_in, of, result);
  } else {
    note_no_ticket(result, cache.error());
  }
  if (auto written = account.write_record(record); !written) return tl::unexpected(written.error());
  // Once more: a domain may have come, or have gone.
  if (config) config = write_krb5_config(accounts);
  if (!config && !result.no_ticket) return tl::unexpected(config.error());
  return result;
}

Outcome<SignedIn> sign_in(const Accounts& accounts, const EnrolledAccount& account, const Keys& with,
                          std::int64_t now, bool wants_keys) {
  const Account& who = account.account();
  const auto keys = account.keys();
  if (!keys) return tl::unexpected(keys.error());
  HttpsClient https(who.ca_file);
  auto tokens = TokenClient::discover(https, who.url, who.person.tenant_id);
  if (!tokens) return tl::unexpected(tokens.error());
  const Device device = device_of(with.store, *keys);
  auto signed_in = with.security_key == nullptr ? by_stored_key(*tokens, device, *keys, who, with, now)
                                                : by_security_key(*tokens, device, *keys, who, with);
  if (!signed_in) return tl::unexpected(signed_in.error());
  return keep(accounts, account, with.store, std::move(*signed_in),
              {tokens->endpoints().kerberos, now, now, wants_keys});
}

Outcome<SignedIn> renew(const Accounts& accounts, const EnrolledAccount& account, keys::KeyStore& store,
                        std::int64_t now, bool wants_keys) {
  const Account& who = account.account();
  const auto session = account.session(store);
  if (!session) return tl::unexpected(session.error());
  const auto record = account.record();
  if (!record) return tl::unexpected(record.error());
  if (!*session || !*record) return fail(Fault::failed, "nobody is signed in: \"ferryman login\" does it");
  const CacheName name(**record);
  HttpsClient https(who.ca_file);
  auto tokens = TokenClient::discover(https, who.url, who.person.tenant_id);
  if (!tokens) return tl::unexpected(tokens.error());
  auto renewed = tokens->renew(**session, now);
  if (!renewed) return tl::unexpected(renewed.error());
  return keep(accounts, account, store, std::move(*renewed),
              {tokens->endpoints().kerberos, (*record)->signed_in, now, wants_keys});
}

Outcome<void> sign_out(const EnrolledAccount& account) {
  const auto record = account.record();
  const auto tickets = record && *record ? remove_tickets(**record) : Outcome<void>();
  if (auto removed = account.remove_session(); !removed) return removed;
  return tickets;
}

Outcome<bool> has_ticket(const SessionRecord& record, std::int64_t now) {
  return has_tgt(record, RecordedClient(record.client, record.realm).get(), now);
}

Outcome<bool> has_on_premises_ticket(const SessionRecord& record, std::int64_t now) {
  return has_tgt(record, RecordedClient(record.on_premises.client, record.on_premises.realm).get(), now);
}

}  // namespace ferryman::login
