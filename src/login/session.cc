#include "login/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "kerberos/numbers.h"
#include "login/cloud_ticket.h"
#include "login/credential_caches.h"
#include "login/passkey.h"
#include "login/token_client.h"

namespace ferryman::login {
namespace {

constexpr char cache_variable[] = "KRB5CCNAME";

std::vector<std::string> components_of(const kerberos::PrincipalName& name) {
  std::vector<std::string> components;
  for (std::size_t i = 0; i < name.size(); ++i) components.emplace_back(name.component(i));
  return components;
}

// A client of a record, whose texts outlive it.
class RecordedClient {
 public:
  explicit RecordedClient(const SessionRecord& record)
      : name_(kerberos::name_type::principal, views(record.client)), realm_(record.realm) {}

  Client get() const { return {name_.view(), realm_}; }

 private:
  static std::vector<std::string_view> views(const std::vector<std::string>& texts) {
    return {texts.begin(), texts.end()};
  }

  kerberos::Name name_;
  std::string_view realm_;
};

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

std::vector<RealmConfig> realms_of(const Accounts& accounts) {
  std::vector<RealmConfig> realms;
  for (const EnrolledAccount& each : accounts.all())
    if (auto realm = realm_of(each)) realms.push_back(std::move(*realm));
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
                       SignIn sign_in, const std::string& kerberos_url, std::int64_t signed_in,
                       std::int64_t now) {
  SignedIn result;
  SessionRecord& record = result.record;
  record.signed_in = signed_in;
  record.renewed = now;
  record.prt_expires = now + sign_in.lifetime.count();
  record.kerberos_url = kerberos_url;
  record.top_level_names = std::move(sign_in.top_level_names);
  if (const char* name = std::getenv(cache_variable)) record.ccname = name;

  Outcome<CloudTicket> ticket = fail(Fault::refused, "the server gave no ticket, and does not say why");
  if (sign_in.cloud_ticket)
    ticket = CloudTicket::open(sign_in.cloud_ticket->bytes(), sign_in.session.key.bytes());
  if (ticket) {
    record.client = components_of(ticket->client().name);
    record.realm = ticket->client().realm;
    record.ticket_expires = ticket->part().endtime;
  } else {
    result.no_ticket = ticket.error();
    record.no_ticket = ticket.error().text;
  }
  if (auto written = account.write_session(store, sign_in.session, record); !written)
    return tl::unexpected(written.error());
  if (!ticket) return result;
  // Before the cache: the file may be the one that $KRB5_CONFIG names.
  auto config = write_krb5_config(accounts);
  auto cache = config ? store_ticket(*ticket) : tl::unexpected(config.error());
  if (cache) {
    record.cache = std::move(*cache);
  } else {
    result.no_ticket = cache.error();
    record.no_ticket = cache.error().text;
  }
  if (auto written = account.write_record(record); !written) return tl::unexpected(written.error());
  return result;
}

Outcome<SignedIn> sign_in(const Accounts& accounts, const EnrolledAccount& account, const Keys& with,
                          std::int64_t now) {
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
  return keep(accounts, account, with.store, std::move(*signed_in), tokens->endpoints().kerberos, now, now);
}

Outcome<SignedIn> renew(const Accounts& accounts, const EnrolledAccount& account, keys::KeyStore& store,
                        std::int64_t now) {
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
  return keep(accounts, account, store, std::move(*renewed), tokens->endpoints().kerberos,
              (*record)->signed_in, now);
}

Outcome<void> sign_out(const EnrolledAccount& account) {
  const auto record = account.record();
  if (record && *record && !(*record)->client.empty()) {
    const CacheName name(**record);
    auto caches = CredentialCaches::open();
    if (!caches) return tl::unexpected(caches.error());
    if (auto removed = caches->remove(RecordedClient(**record).get()); !removed) return removed;
  }
  return account.remove_session();
}

Outcome<bool> has_ticket(const SessionRecord& record, std::int64_t now) {
  if (record.client.empty()) return false;
  const CacheName name(record);
  auto caches = CredentialCaches::open();
  if (!caches) return tl::unexpected(caches.error());
  const auto end = caches->tgt_end(RecordedClient(record).get());
  if (!end) return tl::unexpected(end.error());
  return *end && **end > now;
}

}  // namespace ferryman::login
