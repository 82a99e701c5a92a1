#include <fmt/format.h>
#include <sys/prctl.h>
#include <syslog.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"
#include "logon/authenticate.h"
#include "logon/channel.h"
#include "logon/machine_account.h"
#include "logon/tickets.h"
#include "machine/accounts.h"
#include "machine/config.h"

// What pam_ferryman.so calls, with a socket as standard input: one step of one logon, never as root.
namespace {

using namespace ferryman;
using logon::Channel;
using logon::Result;
using logon::Verdict;

constexpr int exit_failed = 1, exit_usage = 2;

struct Known {
  machine::Config config;
  machine::Accounts accounts;
};

void log(const std::string& text) {
  ::syslog(LOG_AUTHPRIV | LOG_WARNING, "%s", printable(text).c_str());
}

// Who is to log on, as the system knows her.
struct NamedUser {
  uid_t uid = 0;
  std::string name;
};

// "UID:NAME"
std::optional<NamedUser> named_user(Channel& channel) {
  const auto message = channel.receive('U');
  if (!message) return std::nullopt;
  const std::string_view text = as_text(message->bytes());
  NamedUser user;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), user.uid);
  if (error != std::errc() || end == text.data() + text.size() || *end != ':') return std::nullopt;
  user.name = std::string(end + 1, text.data() + text.size());
  return user;
}

// Where nobody has written machine.toml there are no users of ours, and others' modules go on.
bool is_set_up() {
  return ::access(machine::config_file, F_OK) == 0 || errno != ENOENT;
}

bool is_another(const Known& known, const NamedUser& named) {
  const machine::User* user = known.accounts.find(named.name);
  return user != nullptr && user->uid != named.uid;
}

Result check(const Known& known, const NamedUser& named) {
  if (is_another(known, named)) {
    log("the system knows " + named.name +
        " by another uid than the tenant: another source in nsswitch.conf?");
    return Result::barred;
  }
  return logon::check_account(known.config, known.accounts, named.name, std::time(nullptr));
}

// The error is in the log.
std::optional<Known> load() {
  Known known;
  const auto mistakes = machine::load_config(machine::config_file, known.config);
  for (const auto& mistake : mistakes) log(mistake.to_string());
  auto accounts = machine::load_accounts(machine::accounts_file);
  if (!accounts) log(accounts.error());
  if (!mistakes.empty() || !accounts) return std::nullopt;
  if (*accounts) known.accounts = std::move(**accounts);
  return known;
}

Verdict check_step(Channel& channel) {
  const auto user = named_user(channel);
  if (!is_set_up()) return {Result::not_ours};
  const auto known = load();
  if (!user || !known) return {Result::failed};
  return {check(*known, *user)};
}

Verdict authenticate_step(Channel& channel) {
  const auto user = named_user(channel);
  if (!is_set_up()) return {Result::not_ours};
  auto known = load();
  if (!user || !known) return {Result::failed};
  // Who has another id is somebody else, whatever she can prove.
  if (const Result before = check(*known, *user); before == Result::not_ours || is_another(*known, *user))
    return {before};
  Verdict verdict = logon::authenticate(known->config, known->accounts, user->name, channel,
                                        [] { return std::time(nullptr); });
  if (verdict.result != Result::ok || !verdict.tickets) return verdict;
  // Her groups as they are now; where that fails those of the last answer count on.
  const auto refreshed = logon::refresh_user(user->name, std::time(nullptr));
  if (!refreshed) log(refreshed.error().text);
  known = load();
  verdict.result = known ? check(*known, *user) : Result::failed;
  if (verdict.result == Result::not_ours) verdict.result = Result::barred;
  return verdict;
}

Verdict store_step(Channel& channel) {
  const auto tickets = channel.receive('T');
  if (!tickets) return {Result::failed};
  const auto name = logon::store_tickets(tickets->bytes());
  if (!name) log(name.error().text);
  return {name && channel.send('N', as_bytes(*name)) ? Result::ok : Result::failed};
}

Verdict remove_step(Channel&) {
  const auto removed = logon::remove_tickets();
  if (!removed) log(removed.error().text);
  return {removed ? Result::ok : Result::failed};
}

int answer(Channel& channel, const Verdict& verdict) {
  if (verdict.result == Result::ok && verdict.tickets && !channel.send('T', verdict.tickets->bytes()))
    return exit_failed;
  const auto code = static_cast<std::uint8_t>(verdict.result);
  return channel.send('R', {&code, 1}) ? 0 : exit_failed;
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string_view step = argc == 2 ? argv[1] : "";
  Verdict (*const work)(Channel&) = step == "check"          ? check_step
                                    : step == "authenticate" ? authenticate_step
                                    : step == "store"        ? store_step
                                    : step == "remove"       ? remove_step
                                                             : nullptr;
  if (work == nullptr || ::geteuid() == 0) {
    fmt::print(stderr, "ferryman-logon is pam_ferryman.so's, which calls it as another user than root.\n");
    return exit_usage;
  }
  // PINs pass here: nobody of the same user looks in. (Of "store" /proc/self/fd would be root's then.)
  if (work == authenticate_step) ::prctl(PR_SET_DUMPABLE, 0);
  std::signal(SIGPIPE, SIG_IGN);
  Channel channel(STDIN_FILENO);
  return answer(channel, work(channel));
} catch (const std::exception& error) {
  fmt::print(stderr, "ferryman-logon: {}\n", error.what());
  return exit_failed;
}
