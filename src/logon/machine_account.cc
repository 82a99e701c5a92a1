#include "logon/machine_account.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "login/enrolment.h"
#include "login/form.h"
#include "login/refusal.h"
#include "login/token_client.h"
#include "logon/lock.h"
#include "logon/private_cache.h"

namespace ferryman::logon {
namespace {

using login::fail;
using login::Fault;
using login::Outcome;

constexpr int not_found = 404;

// By which the server is asked: a sign-in of the machine's that is good, and its access token.
class Server {
 public:
  static Outcome<Server> connect(const login::Accounts& accounts, std::int64_t now);

  // query: of posix/accounts. Nothing where the server knows none of that name.
  Outcome<std::optional<machine::Page>> ask(const Secret& query);

 private:
  Server(std::unique_ptr<login::HttpsClient> https, std::string url, Secret token)
      : https_(std::move(https)), url_(std::move(url)), token_(std::move(token)) {}

  std::unique_ptr<login::HttpsClient> https_;
  std::string url_;
  Secret token_;
};

// Renews the sign-in, or makes one where there is none that can be.
Outcome<void> sign_in(const login::Accounts& accounts, const login::EnrolledAccount& account,
                      keys::KeyStore& store, std::int64_t now) {
  const PrivateCache tickets(accounts.path());
  const auto renewed = login::renew(accounts, account, store, now);
  if (renewed) return {};
  if (renewed.error().fault == Fault::not_reachable) return tl::unexpected(renewed.error());
  const auto signed_in = login::sign_in(accounts, account, {store}, now);
  if (!signed_in) return tl::unexpected(signed_in.error());
  return {};
}

Outcome<Server> Server::connect(const login::Accounts& accounts, std::int64_t now) {
  const auto chosen = accounts.choose({});
  if (!chosen) return fail(Fault::failed, "this machine has not joined: \"ferryman machine join\" does it");
  const login::EnrolledAccount& account = **chosen;
  login::KeyPlace place = account.account().place;
  const auto store = place.open();
  if (!store) return tl::unexpected(store.error());
  if (auto done = sign_in(accounts, account, **store, now); !done) return tl::unexpected(done.error());
  const auto session = account.session(**store);
  if (!session) return tl::unexpected(session.error());
  if (!*session) return fail(Fault::failed, "the sign-in was removed meanwhile");
  const login::Account& who = account.account();
  auto https = std::make_unique<login::HttpsClient>(who.ca_file);
  auto tokens = login::TokenClient::discover(*https, who.url, who.person.tenant_id);
  if (!tokens) return tl::unexpected(tokens.error());
  auto token = tokens->access_token(**session, {}, now);
  if (!token) return tl::unexpected(token.error());
  return Server(std::move(https), fmt::format("{}/{}/posix/accounts", who.url, who.person.tenant_id),
                std::move(*token));
}

Outcome<std::optional<machine::Page>> Server::ask(const Secret& query) {
  const auto answer = https_->ask(
      {.url = fmt::format("{}?{}", url_, as_text(query.bytes())), .bearer = as_text(token_.bytes())});
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status == not_found) return std::nullopt;
  if (answer->status != 200)
    return tl::unexpected(login::refusal_of(*answer, "the server does not tell this machine who may log on"));
  auto page = machine::parse_page(answer->body.bytes());
  if (!page) return fail(Fault::refused, "the server's answer with users and groups cannot be used");
  return page;
}

// A user or group that is there already is replaced: what was asked last counts.
template <typename T, typename Field>
void merge(std::vector<T>& into, std::vector<T> from, std::size_t most, Field field) {
  for (T& each : from) {
    const auto same = std::ranges::find(into, each.*field, field);
    if (same != into.end()) {
      *same = std::move(each);
    } else if (into.size() < most) {
      into.push_back(std::move(each));
    }
  }
}

void merge(machine::Accounts& into, machine::Page page) {
  into.offline_logon = page.offline_logon;
  merge(into.users, std::move(page.users), machine::max_users, &machine::User::id);
  merge(into.groups, std::move(page.groups), machine::max_groups, &machine::Group::gid);
}

Outcome<void> ask_for_users(Server& server, const machine::Config& config, Refreshed& result) {
  for (const std::string& name : config.users) {
    auto page = server.ask(login::form_of({{"user", name}}));
    if (!page) return tl::unexpected(page.error());
    if (!*page) continue;
    result.server_time = (*page)->time;
    merge(result.accounts, std::move(**page));
  }
  return {};
}

// A server that never ends is left where there would be no room for more, also where it repeats itself.
Outcome<void> ask_for_groups(Server& server, const machine::Config& config, Refreshed& result) {
  for (const std::string& name : config.groups) {
    std::string next;
    std::size_t came = 0;
    do {
      auto page = server.ask(login::form_of({{"group", name}, {"after", next}}));
      if (!page) return tl::unexpected(page.error());
      if (!*page) break;
      const bool goes_on = !(*page)->users.empty() && (*page)->next != next;
      next = goes_on ? (*page)->next : std::string();
      result.server_time = (*page)->time;
      came += (*page)->users.size();
      merge(result.accounts, std::move(**page));
    } while (!next.empty() && came < machine::max_users);
  }
  return {};
}

Outcome<void> store(const machine::Accounts& accounts) {
  const auto stored = machine::store_accounts(machine::accounts_file, accounts);
  if (!stored) return fail(Fault::failed, stored.error());
  return {};
}

}  // namespace

bool is_of(const machine::Config& config, const login::Account& account) {
  return account.url == config.url && equal_without_case(account.tenant, config.tenant);
}

login::KeyPlace key_place(const machine::Config& config) {
  if (config.software_keys) return {};
  return {login::KeyPlace::Kind::tpm, config.tcti};
}

namespace {

Outcome<login::RealmConfig> join_at(const std::string& path, const machine::Config& config,
                                    const std::string& user, Bytes code, std::int64_t now) {
  auto accounts = login::Accounts::open(path);
  if (!accounts) return tl::unexpected(accounts.error());
  const auto lock = accounts->lock();
  if (!lock) return tl::unexpected(lock.error());
  const login::NewAccount wanted{config.url, config.tenant, user, config.ca_file, key_place(config)};
  login::KeyPlace place = wanted.place;
  const auto store = place.open();
  if (!store) return tl::unexpected(store.error());
  const PrivateCache tickets(accounts->path());
  login::NewAccount placed = wanted;
  placed.place = place;
  const auto enrolled = login::enroll(*accounts, placed, {**store}, code, now);
  if (!enrolled) return tl::unexpected(enrolled.error());
  const auto realm = login::realm_of(accounts->all().front());
  if (!realm)
    return fail(Fault::refused, "the server gave this machine no ticket: " + enrolled->record.no_ticket);
  return *realm;
}

// With the lock of what is there.
Outcome<void> take_place(const std::string& fresh) {
  const std::string old = std::string(machine_path) + "-old";
  std::error_code error;
  std::filesystem::remove_all(old, error);
  std::filesystem::rename(machine_path, old, error);
  if (!error) std::filesystem::rename(fresh, machine_path, error);
  if (error) return fail(Fault::failed, fmt::format("{}: {}", machine_path, error.message()));
  std::filesystem::remove_all(old, error);
  return {};
}

}  // namespace

Outcome<login::RealmConfig> join(const machine::Config& config, const std::string& user, Bytes code,
                                 std::int64_t now) {
  // Whoever refreshes ends before the code is used up.
  auto before = login::Accounts::open(machine_path);
  if (!before) return tl::unexpected(before.error());
  const auto lock = wait_for_lock(*before);
  if (!lock) return tl::unexpected(lock.error());
  // Beside the one that counts, which a code that is refused leaves as it is.
  const std::string fresh = std::string(machine_path) + "-new";
  std::error_code error;
  std::filesystem::remove_all(fresh, error);
  auto realm = join_at(fresh, config, user, code, now);
  Outcome<void> placed;
  if (realm) placed = take_place(fresh);
  std::filesystem::remove_all(fresh, error);
  if (!placed) return tl::unexpected(placed.error());
  return realm;
}

Outcome<std::string> joined_as() {
  const auto accounts = login::Accounts::find(machine_path);
  if (!accounts) return tl::unexpected(accounts.error());
  if (!*accounts || (*accounts)->all().empty())
    return fail(Fault::failed, "this machine has not joined: \"ferryman machine join\" does it");
  return (*accounts)->all().front().account().person.upn;
}

Outcome<Refreshed> refresh(const machine::Config& config, std::int64_t now) {
  auto accounts = login::Accounts::open(machine_path);
  if (!accounts) return tl::unexpected(accounts.error());
  const auto lock = accounts->lock();
  if (!lock) return tl::unexpected(lock.error());
  if (!accounts->all().empty() && !is_of(config, accounts->all().front().account()))
    return fail(
        Fault::failed,
        "this machine has joined another gateway than machine.toml has now: \"ferryman machine join\" "
        "again");
  auto server = Server::connect(*accounts, now);
  if (!server) return tl::unexpected(server.error());
  Refreshed result;
  result.accounts.asked = now;
  if (auto done = ask_for_users(*server, config, result); !done) return tl::unexpected(done.error());
  if (auto done = ask_for_groups(*server, config, result); !done) return tl::unexpected(done.error());
  if (auto done = store(result.accounts); !done) return tl::unexpected(done.error());
  return result;
}

Outcome<void> refresh_user(const std::string& name, std::int64_t now) {
  auto accounts = login::Accounts::open(machine_path);
  if (!accounts) return tl::unexpected(accounts.error());
  const auto lock = accounts->lock();
  if (!lock && lock.error().fault == Fault::busy) return {};
  if (!lock) return tl::unexpected(lock.error());
  auto known = machine::load_accounts(machine::accounts_file);
  if (!known || !*known) return fail(Fault::failed, "there is nothing to refresh");
  auto server = Server::connect(*accounts, now);
  if (!server) return tl::unexpected(server.error());
  auto page = server->ask(login::form_of({{"user", name}}));
  if (!page) return tl::unexpected(page.error());
  if (*page) {
    merge(**known, std::move(**page));
  } else {
    std::erase_if((*known)->users, [&](const machine::User& user) { return user.name == name; });
  }
  return store(**known);
}

}  // namespace ferryman::logon
