#include "login/accounts.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/base64.h"
#include "base/text.h"
#include "keys/pem.h"
#include "login/signed_claims.h"
#include "login/wiped_json.h"

namespace ferryman::login {
namespace {

constexpr char account_file[] = "account.json", user_file[] = "user.pem", device_file[] = "device.pem",
               transport_file[] = "transport.pem", certificate_file[] = "certificate.pem",
               tokens_file[] = "tokens.pem", record_file[] = "session.json", error_file[] = "error.json";
constexpr char certificate_label[] = "CERTIFICATE";

// GUIDs, so it is a file's name whatever a server says.
std::string directory_of(const std::string& state_path, const Account& account) {
  return fmt::format("{}/{}_{}", state_path, account.person.tenant_id, account.person.id);
}

tl::unexpected<Failure> damaged(const std::string& directory, std::string_view file) {
  return fail(Fault::failed,
              fmt::format("{0}/{1} is not what was written there: remove {0} with all that is in it, "
                          "and enrol again",
                          directory, file));
}

Secret text_of(const Session& session) {
  return WipedJson({{"prt", as_text(session.prt.bytes())}, {"session_key", base64_of(session.key.bytes())}})
      .dump();
}

std::optional<Session> session_of(Bytes text) {
  const auto json = WipedJson::parse(text);
  auto prt = json ? json->secret("prt") : std::nullopt;
  const std::string* encoded = json ? json::text_member(**json, "session_key") : nullptr;
  auto key = encoded == nullptr ? std::nullopt : secret_of_base64(*encoded);
  if (!prt || !key) return std::nullopt;
  return Session{std::move(*prt), std::move(*key)};
}

}  // namespace

Outcome<EnrolledAccount> EnrolledAccount::make(const std::string& state_path, Account account) {
  auto directory = StateDirectory::open(directory_of(state_path, account));
  if (!directory) return tl::unexpected(directory.error());
  return EnrolledAccount(std::move(*directory), std::move(account));
}

Outcome<std::optional<EnrolledAccount>> EnrolledAccount::find(const std::string& path) {
  auto directory = StateDirectory::find(path);
  if (!directory) return tl::unexpected(directory.error());
  if (!*directory) return std::nullopt;
  const auto text = (*directory)->read(account_file);
  if (!text) return tl::unexpected(text.error());
  if (!*text) return std::nullopt;
  auto account = parse_account((*text)->bytes());
  if (!account) return damaged(path, account_file);
  return EnrolledAccount(std::move(**directory), std::move(*account));
}

Outcome<Secret> EnrolledAccount::need(const std::string& name) const {
  auto text = directory_.read(name);
  if (!text) return tl::unexpected(text.error());
  if (!*text) return damaged(directory_.path(), name);
  return std::move(**text);
}

Outcome<AccountKeys> EnrolledAccount::keys() const {
  auto user = need(user_file), device = need(device_file), transport = need(transport_file),
       certificate = need(certificate_file);
  for (const auto* part : {&user, &device, &transport, &certificate})
    if (!*part) return tl::unexpected(part->error());
  const auto blocks = keys::parse_pem(certificate->bytes());
  if (blocks.size() != 1 || blocks[0].label != certificate_label)
    return damaged(directory_.path(), certificate_file);
  const Bytes der = blocks[0].content.bytes();
  return AccountKeys{std::move(*user), std::move(*device), std::move(*transport), {der.begin(), der.end()}};
}

Outcome<void> EnrolledAccount::write_keys(const AccountKeys& keys) const {
  const Secret certificate = keys::pem_of(certificate_label, keys.certificate);
  for (const auto& [name, contents] : {std::pair<const char*, Bytes>{user_file, keys.user.bytes()},
                                       {device_file, keys.device.bytes()},
                                       {transport_file, keys.transport.bytes()},
                                       {certificate_file, certificate.bytes()}})
    if (auto written = directory_.write(name, contents); !written) return written;
  return {};
}

Outcome<void> EnrolledAccount::write_account() const {
  return directory_.write(account_file, as_bytes(account_text(account_)));
}

Outcome<std::optional<Session>> EnrolledAccount::session(keys::KeyStore& store) const {
  const auto sealed = directory_.read(tokens_file);
  if (!sealed) return tl::unexpected(sealed.error());
  if (!*sealed) return std::nullopt;
  const auto plain = store.unseal((*sealed)->bytes());
  if (!plain) return tl::unexpected(failure_of(plain.error()));
  auto session = session_of(plain->bytes());
  if (!session) return damaged(directory_.path(), tokens_file);
  return session;
}

Outcome<std::optional<SessionRecord>> EnrolledAccount::record() const {
  const auto text = directory_.read(record_file);
  if (!text) return tl::unexpected(text.error());
  if (!*text) return std::nullopt;
  auto record = parse_record((*text)->bytes());
  if (!record) return damaged(directory_.path(), record_file);
  return record;
}

Outcome<void> EnrolledAccount::write_session(keys::KeyStore& store, const Session& session,
                                             const SessionRecord& record) const {
  const auto sealed = store.seal(text_of(session).bytes());
  if (!sealed) return tl::unexpected(failure_of(sealed.error()));
  if (auto written = directory_.write(tokens_file, sealed->bytes()); !written) return written;
  return write_record(record);
}

Outcome<void> EnrolledAccount::write_record(const SessionRecord& record) const {
  return directory_.write(record_file, as_bytes(record_text(record)));
}

Outcome<void> EnrolledAccount::remove_session() const {
  if (auto removed = directory_.remove(tokens_file); !removed) return removed;
  return directory_.remove(record_file);
}

std::optional<LastError> EnrolledAccount::last_error() const {
  const auto text = directory_.read(error_file);
  return text && *text ? parse_last_error((*text)->bytes()) : std::nullopt;
}

void EnrolledAccount::set_last_error(const std::optional<LastError>& error) const {
  if (error) {
    static_cast<void>(directory_.write(error_file, as_bytes(last_error_text(*error))));
  } else {
    static_cast<void>(directory_.remove(error_file));
  }
}

// First what makes it an account, so that half of one is none.
Outcome<void> EnrolledAccount::remove() && {
  if (auto removed = directory_.remove(account_file); !removed) return removed;
  return std::move(directory_).remove_all();
}

Outcome<Accounts> Accounts::open(const std::string& state_path) {
  auto directory = StateDirectory::open(state_path);
  if (!directory) return tl::unexpected(directory.error());
  Accounts accounts(std::move(*directory));
  if (auto loaded = accounts.load(); !loaded) return tl::unexpected(loaded.error());
  return accounts;
}

Outcome<std::optional<Accounts>> Accounts::find(const std::string& state_path) {
  auto directory = StateDirectory::find(state_path);
  if (!directory) return tl::unexpected(directory.error());
  if (!*directory) return std::nullopt;
  Accounts accounts(std::move(**directory));
  if (auto loaded = accounts.load(); !loaded) return tl::unexpected(loaded.error());
  return accounts;
}

Outcome<Descriptor> Accounts::lock() {
  auto held = directory_.lock();
  if (!held) return held;
  if (auto loaded = load(); !loaded) return tl::unexpected(loaded.error());
  return held;
}

Outcome<void> Accounts::load() {
  all_.clear();
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path(), error)) {
    if (!entry.is_directory(error)) continue;
    auto found = EnrolledAccount::find(entry.path());
    if (!found) return tl::unexpected(found.error());
    if (*found) all_.push_back(std::move(**found));
  }
  if (error) return fail(Fault::failed, fmt::format("{}: {}", path(), error.message()));
  std::ranges::sort(all_, {}, [](const EnrolledAccount& one) { return one.account().enrolled; });
  return {};
}

Outcome<const EnrolledAccount*> Accounts::choose(std::string_view user) const {
  if (all_.empty())
    return fail(Fault::failed,
                "nobody is enrolled here: \"ferryman enroll --url URL --tenant T --user U\" does it");
  if (user.empty()) return &all_.front();
  const EnrolledAccount* chosen = nullptr;
  std::string names;
  for (const EnrolledAccount& each : all_) {
    names += (names.empty() ? "" : ", ") + printable(each.account().person.upn);
    if (!each.account().is(user)) continue;
    if (chosen != nullptr)
      return fail(Fault::failed,
                  fmt::format("{} may be either of {} and {}: name it as TENANT/USER", printable(user),
                              printable(chosen->account().person.upn), printable(each.account().person.upn)));
    chosen = &each;
  }
  if (chosen == nullptr)
    return fail(Fault::failed, fmt::format("{} is not enrolled here, but {}", printable(user), names));
  return chosen;
}

const EnrolledAccount* Accounts::find(const Person& person) const {
  const auto found = std::ranges::find_if(all_, [&](const EnrolledAccount& each) {
    const Person& there = each.account().person;
    return there.id == person.id && there.tenant_id == person.tenant_id;
  });
  return found == all_.end() ? nullptr : &*found;
}

Outcome<void> Accounts::remove(const EnrolledAccount& account) {
  const auto at = all_.begin() + (&account - all_.data());
  auto removed = std::move(*at).remove();
  all_.erase(at);
  return removed;
}

}  // namespace ferryman::login
