#include "logon/authenticate.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "login/enrolment.h"
#include "logon/attempts.h"
#include "logon/leftovers.h"
#include "logon/lock.h"
#include "logon/machine_account.h"
#include "logon/offline.h"
#include "logon/private_cache.h"
#include "machine/user_table.h"

namespace ferryman::logon {
namespace {

using login::Fault;
using login::Outcome;

constexpr int tries_for_new_pin = 3;

std::string path_of(const machine::User& user) {
  return fmt::format("{}/{}", users_path, user.uid);
}

Result result_of(const login::Failure& failure) {
  switch (failure.fault) {
    case Fault::pin:
    case Fault::refused:
      return Result::refused;
    case Fault::not_reachable:
    case Fault::busy:
      return Result::unavailable;
    default:
      return Result::failed;
  }
}

bool same(Bytes a, Bytes b) {
  return a.size() == b.size() && equal_in_constant_time(a, b);
}

// One logon of one user.
class Logon {
 public:
  Logon(const machine::Config& config, const machine::User& user, Conversation& talk, const Clock& now)
      : config_(config), user_(user), talk_(talk), now_(now), path_(path_of(user)) {}

  Verdict run();

 private:
  Verdict say(const login::Failure& failure);
  Verdict with_code();
  Verdict with_this_code(Bytes code);
  Verdict with_pin();
  Verdict try_pin(Bytes pin);
  Verdict signed_in(login::Accounts& accounts, const login::EnrolledAccount& account,
                    const login::SignedIn& result, const PrivateCache& tickets);
  Verdict offline(const login::Accounts& accounts, const login::EnrolledAccount& account,
                  keys::KeyStore& store, Bytes pin, const Attempts& before, const login::Failure& why);
  // The PIN was neither right nor wrong: the try does not count.
  Verdict not_tried(const login::Accounts& accounts, const Attempts& before, const login::Failure& why);
  std::optional<Secret> ask_new_pin(const keys::KeyStore& store);
  Outcome<void> enroll(const std::string& path, Bytes code);
  Outcome<void> take_place(const std::string& fresh);

  const machine::Config& config_;
  const machine::User& user_;
  Conversation& talk_;
  const Clock& now_;
  std::string path_;
  std::optional<Secret> tickets_;
};

Verdict Logon::say(const login::Failure& failure) {
  talk_.tell(failure.text + ".");
  return {result_of(failure)};
}

Verdict Logon::run() {
  remove_leftovers(path_);
  const auto accounts = login::Accounts::find(path_);
  if (!accounts) return say(accounts.error());
  const bool has_key = *accounts && !(*accounts)->all().empty();
  return has_key ? with_pin() : with_code();
}

Verdict Logon::with_code() {
  const auto code = talk_.ask_hidden("Code from your administrator: ");
  if (!code) return {Result::refused};
  if (!login::is_code(code->bytes())) {
    talk_.tell("This is no code: four times four letters and digits, as in ABCD-EFGH-2345-6789.");
    return {Result::refused};
  }
  return with_this_code(code->bytes());
}

std::optional<Secret> Logon::ask_new_pin(const keys::KeyStore& store) {
  for (int i = 0; i < tries_for_new_pin; ++i) {
    auto pin = talk_.ask_hidden("New PIN: ");
    if (!pin) return std::nullopt;
    std::optional<std::string> unfit = keys::why_unfit(store, pin->bytes());
    if (pin->empty()) unfit = "a PIN is needed";
    if (login::is_code(pin->bytes())) unfit = "the PIN must not look like a code";
    if (unfit) {
      talk_.tell(*unfit + ".");
      continue;
    }
    const auto again = talk_.ask_hidden("New PIN once more: ");
    if (!again) return std::nullopt;
    if (same(pin->bytes(), again->bytes())) return pin;
    talk_.tell("These are two PINs.");
  }
  return std::nullopt;
}

// In a directory beside the one that counts, which a code that is refused leaves as it is.
Verdict Logon::with_this_code(Bytes code) {
  const std::string fresh = own_directory(path_, "new");
  std::error_code error;
  auto enrolled = enroll(fresh, code);
  if (enrolled) enrolled = take_place(fresh);
  std::filesystem::remove_all(fresh, error);
  if (!enrolled) return say(enrolled.error());
  return {Result::ok, std::move(tickets_)};
}

Outcome<void> Logon::enroll(const std::string& path, Bytes code) {
  auto accounts = login::Accounts::open(path);
  if (!accounts) return tl::unexpected(accounts.error());
  const auto held = wait_for_lock(*accounts);
  if (!held) return tl::unexpected(held.error());
  login::NewAccount wanted{config_.url, config_.tenant, user_.upn, config_.ca_file, key_place(config_)};
  const auto store = wanted.place.open();
  if (!store) return tl::unexpected(store.error());
  const auto pin = ask_new_pin(**store);
  if (!pin) return login::fail(Fault::refused, "No PIN was chosen, the code is not used up");
  talk_.tell("Your key is being made; this takes a moment.");
  const PrivateCache tickets(path);
  const auto result = login::enroll(*accounts, wanted, {**store, nullptr, pin->bytes()}, code, now_(),
                                    [this](const std::string& step) { talk_.tell(step); });
  if (!result) return tl::unexpected(result.error());
  const login::EnrolledAccount& account = accounts->all().back();
  if (account.account().person.id != user_.id) {
    static_cast<void>(login::leave_tenant(account, **store, now_()));
    return login::fail(Fault::refused, "the code is another user's");
  }
  const Verdict verdict = signed_in(*accounts, account, *result, tickets);
  if (verdict.result != Result::ok) return login::fail(Fault::failed, "the logon could not be kept");
  return {};
}

Outcome<void> Logon::take_place(const std::string& fresh) {
  std::error_code error;
  const std::string old = own_directory(path_, "old");
  const bool had = std::filesystem::exists(path_, error);
  if (had) std::filesystem::rename(path_, old, error);
  if (!error) std::filesystem::rename(fresh, path_, error);
  if (error) return login::fail(Fault::failed, fmt::format("{}: {}", path_, error.message()));
  std::filesystem::remove_all(old, error);
  return {};
}

Verdict Logon::with_pin() {
  const auto pin = talk_.ask_hidden(fmt::format("PIN of {}: ", user_.name));
  if (!pin || pin->empty()) return {Result::refused};
  if (config_.code_for_lost_key && login::is_code(pin->bytes())) return with_this_code(pin->bytes());
  return try_pin(pin->bytes());
}

// The lock is held all the while, so that tries are counted one by one.
Verdict Logon::try_pin(Bytes pin) {
  auto accounts = login::Accounts::open(path_);
  if (!accounts) return say(accounts.error());
  const auto held = wait_for_lock(*accounts);
  if (!held) return say(held.error());
  // Whoever has waited at the prompt, or for the lock, has not waited a pause.
  const std::int64_t now = now_();
  const auto attempts = read_attempts(*accounts, now);
  if (!attempts) return say(attempts.error());
  if (const std::int64_t left = attempts->pause_left(config_, now); left > 0) {
    talk_.tell(fmt::format("Too many wrong PINs: none is tried for {} minutes.", left / 60 + 1));
    return {Result::refused};
  }
  const auto chosen = accounts->choose({});
  if (!chosen) return say(chosen.error());
  const login::EnrolledAccount& account = **chosen;
  if (account.account().person.id != user_.id) {
    talk_.tell("The key here is of another user of that name: ask an administrator for a code.");
    return {Result::barred};
  }
  if (!is_of(config_, account.account())) {
    talk_.tell(
        "The key here is for another gateway than machine.toml has now: ask an administrator for a code.");
    return {Result::refused};
  }
  login::KeyPlace place = account.account().place;
  const auto store = place.open();
  if (!store) return say(store.error());
  // Before it is tried: who ends this in between, or fills the disk, has had the try.
  const Attempts counted{attempts->signed_in, attempts->wrong_pins + 1, now};
  if (auto written = write_attempts(*accounts, counted); !written) return say(written.error());
  const PrivateCache tickets(path_);
  const auto result = login::sign_in(*accounts, account, {**store, nullptr, pin}, now);
  if (result) return signed_in(*accounts, account, *result, tickets);
  if (result.error().fault == Fault::pin) return say(result.error());
  if (result.error().fault == Fault::not_reachable)
    return offline(*accounts, account, **store, pin, *attempts, result.error());
  return not_tried(*accounts, *attempts, result.error());
}

// The sign-in itself is not kept: the tickets are all that her session gets.
Verdict Logon::signed_in(login::Accounts& accounts, const login::EnrolledAccount& account,
                         const login::SignedIn& result, const PrivateCache& tickets) {
  if (auto removed = account.remove_session(); !removed) return say(removed.error());
  if (auto written = write_attempts(accounts, {.signed_in = now_()}); !written) return say(written.error());
  if (result.no_ticket) talk_.tell(fmt::format("There is no ticket: {}.", result.no_ticket->text));
  tickets_ = tickets.contents();
  if (!tickets_) return {Result::ok};
  return {Result::ok, tickets_->copy()};
}

Verdict Logon::offline(const login::Accounts& accounts, const login::EnrolledAccount& account,
                       keys::KeyStore& store, Bytes pin, const Attempts& before, const login::Failure& why) {
  if (!before.may_be_offline(config_, now_())) return not_tried(accounts, before, why);
  if (const auto proven = prove_key(account, store, pin); !proven)
    return proven.error().fault == Fault::pin ? say(proven.error())
                                              : not_tried(accounts, before, proven.error());
  if (auto written = write_attempts(accounts, {.signed_in = before.signed_in}); !written)
    return say(written.error());
  talk_.tell("The gateway cannot be reached: you are logged on by your PIN alone, without a ticket.");
  return {Result::ok};
}

Verdict Logon::not_tried(const login::Accounts& accounts, const Attempts& before, const login::Failure& why) {
  if (auto written = write_attempts(accounts, before); !written) return say(written.error());
  return say(why);
}

}  // namespace

Result check_account(const machine::Config& config, const machine::Accounts& accounts,
                     const std::string& name, std::int64_t now) {
  const machine::User* user = accounts.find(name);
  if (user == nullptr) return Result::not_ours;
  const std::int64_t stale = std::chrono::floor<std::chrono::seconds>(config.stale).count();
  if (user->disabled || !machine::may_log_on(config, accounts, *user)) return Result::barred;
  // A clock that was set back makes no answer good for ever.
  constexpr std::int64_t most_skew = 300;
  const bool of_now = accounts.asked <= now + most_skew && now - accounts.asked < stale;
  return of_now ? Result::ok : Result::barred;
}

Verdict authenticate(const machine::Config& config, const machine::Accounts& accounts,
                     const std::string& name, Conversation& talk, const Clock& now) {
  const machine::User* user = accounts.find(name);
  if (user == nullptr) return {Result::not_ours};
  machine::Config allowed_config = config;
  if (!accounts.offline_logon) allowed_config.offline = {};
  Verdict verdict = Logon(allowed_config, *user, talk, now).run();
  if (verdict.result != Result::ok) return verdict;
  // Only who has proven it learns that she may not.
  const Result allowed = check_account(config, accounts, name, now());
  return allowed == Result::ok ? std::move(verdict) : Verdict{allowed};
}

login::Outcome<void> forget(const machine::User& user) {
  std::error_code error;
  std::filesystem::remove_all(path_of(user), error);
  if (error) return login::fail(Fault::failed, fmt::format("{}: {}", path_of(user), error.message()));
  return {};
}

}  // namespace ferryman::logon
