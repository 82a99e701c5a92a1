#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <shadow.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "ferryman/machine_command.h"
#include "ferryman/pam_trial.h"
#include "ferryman/realm_service.h"
#include "ferryman/secret_input.h"
#include "ferryman/service_user.h"
#include "ferryman/sign_in_command.h"
#include "logon/authenticate.h"
#include "logon/machine_account.h"
#include "machine/accounts.h"
#include "machine/config.h"
#include "machine/user_table.h"
#include "machine/userdb.h"

namespace ferryman {
namespace {

constexpr std::int64_t most_skew = 300;  // seconds

// Nothing: it is well.
struct Trouble {
  std::string what, mend;
};
using Found = std::optional<Trouble>;

// What the checks find out, each for those after it.
class Check {
 public:
  Check(std::string name, bool pin_stdin) : name_(std::move(name)), pin_stdin_(pin_stdin) {}
  int run();

 private:
  Found configuration();
  Found readable() const;
  Found joined() const;
  Found gateway() const;
  Found known();
  Found local() const;
  Found socket() const;
  Found name_service() const;
  Found groups() const;
  Found pam() const;
  Found trial() const;
  Found shell() const;
  Found home() const;

  std::string name_;
  bool pin_stdin_;
  machine::Config config_;
  machine::Accounts accounts_;
  const machine::User* user_ = nullptr;
};

// What is done as ferryman-logon tells its own trouble.
Found as_logon_user(const std::function<int()>& work, const char* mend) {
  if (as_owner_of(machine::state_directory, work) == exit_ok) return std::nullopt;
  return Trouble{"", mend};
}

Found Check::configuration() {
  const auto mistakes = machine::load_config(machine::config_file, config_);
  if (!mistakes.empty()) return Trouble{mistakes.front().to_string(), "see ferryman-machine.toml(5)"};
  if (config_.users.empty() && config_.groups.empty())
    return Trouble{"nobody may log on",
                   fmt::format("name users or groups in [allow] of {}", machine::config_file)};
  if (::getpwnam(logon::service_user) == nullptr)
    return Trouble{fmt::format("there is no user {}", logon::service_user),
                   "systemd-sysusers && systemd-tmpfiles --create"};
  if (::access(machine::state_directory, F_OK) != 0)
    return Trouble{fmt::format("there is no {}", machine::state_directory), "systemd-tmpfiles --create"};
  return readable();
}

Found Check::readable() const {
  return as_logon_user(
      [] {
        machine::Config read;
        const auto mistakes = machine::load_config(machine::config_file, read);
        if (mistakes.empty()) return exit_ok;
        return complain("machine check", exit_failed, mistakes.front().to_string());
      },
      "chmod 0644 /etc/ferryman/machine.toml");
}

Found Check::joined() const {
  return as_logon_user(
      [] {
        const auto joined = logon::joined_as();
        return joined ? exit_ok : complain("machine check", joined.error());
      },
      "ferryman realm user add NAME && ferryman realm user code NAME at the realm, then ferryman machine "
      "join "
      "--user NAME here");
}

int ask_gateway(const machine::Config& config) {
  const auto refreshed = logon::refresh(config, std::time(nullptr));
  if (!refreshed) return complain("machine check", refreshed.error());
  const std::int64_t skew = std::time(nullptr) - refreshed->server_time;
  if (refreshed->server_time == 0 || std::abs(skew) <= most_skew) return exit_ok;
  return complain("machine check", exit_failed,
                  fmt::format("this machine's clock is {} seconds {} the server's", std::abs(skew),
                              skew > 0 ? "before" : "behind"));
}

Found Check::gateway() const {
  return as_logon_user(
      [this] { return ask_gateway(config_); },
      "look at url, tenant and ca_file in machine.toml, at the network, at the clock (timedatectl), and at "
      "the group \"Directory Readers\", which the machine has to be in");
}

Found Check::known() {
  auto accounts = machine::load_accounts(machine::accounts_file);
  if (!accounts) return Trouble{accounts.error(), "ferryman machine refresh"};
  accounts_ = accounts->value_or(machine::Accounts{});
  user_ = accounts_.find(name_);
  if (user_ == nullptr)
    return Trouble{fmt::format("the tenant has no user {} whom [allow] lets in", printable(name_)),
                   fmt::format("ferryman realm user show {} at the realm; [allow] of {}", printable(name_),
                               machine::config_file)};
  if (user_->disabled)
    return Trouble{"she is disabled at the tenant",
                   fmt::format("ferryman realm user enable {} at the realm", name_)};
  if (logon::check_account(config_, accounts_, name_, std::time(nullptr)) != logon::Result::ok)
    return Trouble{"she is not in [allow]",
                   fmt::format("name her or a group of hers there, in {}", machine::config_file)};
  return std::nullopt;
}

Found Check::local() const {
  const auto local = machine::load_local_names();
  if (local.users.contains(name_))
    return Trouble{"/etc/passwd has a user of that name, who counts instead",
                   fmt::format("userdel {}, or another name", name_)};
  if (local.gids.contains(user_->gid))
    return Trouble{fmt::format("/etc/group has the gid {} of her primary group", user_->gid),
                   "ferryman realm group set at the realm, or another gid here"};
  if (local.uids.contains(user_->uid))
    return Trouble{fmt::format("/etc/passwd has the uid {}", user_->uid),
                   fmt::format("ferryman realm user set {} --uid NUMBER at the realm", name_)};
  return std::nullopt;
}

Found Check::socket() const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string_view(machine::userdb_socket).copy(address.sun_path, sizeof(address.sun_path) - 1);
  const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0)
    return std::nullopt;
  return Trouble{fmt::format("nobody answers at {}", machine::userdb_socket),
                 "systemctl enable --now ferryman-users.service"};
}

Found Check::name_service() const {
  const passwd* entry = ::getpwnam(name_.c_str());
  if (entry == nullptr)
    return Trouble{
        "getent does not know her",
        "apt install libnss-systemd, and \"systemd\" behind \"files\" in the lines passwd, group and "
        "shadow of /etc/nsswitch.conf; else journalctl -u ferryman-users"};
  if (entry->pw_uid != user_->uid)
    return Trouble{fmt::format("another source gives her the uid {}", entry->pw_uid),
                   "\"systemd\" before it in the line passwd of /etc/nsswitch.conf"};
  // pam_unix.so lets nobody pass whose entry says "x" and who has no shadow entry.
  if (::getspnam(name_.c_str()) == nullptr)
    return Trouble{"getent shadow does not know her",
                   "\"systemd\" behind \"files\" in the line shadow of /etc/nsswitch.conf"};
  return std::nullopt;
}

Found Check::groups() const {
  std::vector<gid_t> gids(2 * machine::max_groups_of_user);
  int count = static_cast<int>(gids.size());
  if (::getgrouplist(name_.c_str(), user_->gid, gids.data(), &count) < 0)
    return Trouble{"her groups cannot be listed", "journalctl -u ferryman-users"};
  gids.resize(static_cast<std::size_t>(count));
  const auto local = machine::load_local_names();
  for (const std::uint32_t gid : user_->groups) {
    const machine::Group* group = accounts_.find_group(gid);
    if (group == nullptr || local.groups.contains(group->name) || local.gids.contains(gid)) continue;
    if (std::ranges::count(gids, gid) == 0)
      return Trouble{fmt::format("the system does not see her in {}", group->name),
                     "\"systemd\" in the line group of /etc/nsswitch.conf"};
  }
  return std::nullopt;
}

bool mentions(const char* file, std::string_view module) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);)
    if (line.find('#') > line.find(module)) return true;
  return false;
}

Found Check::pam() const {
  for (const char* file :
       {"/etc/pam.d/common-auth", "/etc/pam.d/common-account", "/etc/pam.d/common-session"})
    if (!mentions(file, "pam_ferryman.so"))
      return Trouble{fmt::format("{} does not call pam_ferryman.so", file),
                     "pam-auth-update --enable ferryman"};
  return std::nullopt;
}

// As the console does it, but for the session.
Found Check::trial() const {
  PamTrial trial{"login", name_};
  if (pin_stdin_)
    trial.ask = [](const std::string&) { return read_line(); };
  else if (can_ask())
    trial.ask = [](const std::string& question) { return ask_hidden(question); };
  if (!trial.ask) fmt::print("        without a terminal her PIN is not asked for: --pin-stdin reads it\n");
  const auto against = try_pam(trial);
  if (!against) return std::nullopt;
  return Trouble{*against,
                 "journalctl -t login -t ferryman -g pam; the order of rules in /etc/pam.d/common-auth and "
                 "common-account"};
}

Found Check::shell() const {
  if (::access(config_.shell.c_str(), X_OK) == 0) return std::nullopt;
  return Trouble{fmt::format("the shell {} cannot be run", config_.shell),
                 fmt::format("another shell in [users] of {}", machine::config_file)};
}

Found Check::home() const {
  const std::string home = machine::home_of(config_, *user_);
  if (::access(home.c_str(), F_OK) == 0 || mentions("/etc/pam.d/common-session", "pam_mkhomedir.so") ||
      mentions("/etc/pam.d/common-session", "pam_oddjob_mkhomedir.so"))
    return std::nullopt;
  return Trouble{fmt::format("there is no {}, and nobody makes it", home),
                 "pam-auth-update --enable mkhomedir"};
}

int Check::run() {
  struct Step {
    const char* what;
    std::function<Found()> look;
  };
  const std::array steps{Step{"configuration", [this] { return configuration(); }},
                         Step{"this machine's key", [this] { return joined(); }},
                         Step{"gateway and clock", [this] { return gateway(); }},
                         Step{"may log on", [this] { return known(); }},
                         Step{"no local user", [this] { return local(); }},
                         Step{"userdb socket", [this] { return socket(); }},
                         Step{"getent passwd", [this] { return name_service(); }},
                         Step{"groups", [this] { return groups(); }},
                         Step{"PAM", [this] { return pam(); }},
                         Step{"a logon", [this] { return trial(); }},
                         Step{"shell", [this] { return shell(); }},
                         Step{"home", [this] { return home(); }}};
  for (const Step& step : steps) {
    const Found trouble = step.look();
    if (!trouble) {
      fmt::print("ok      {}\n", step.what);
      continue;
    }
    fmt::print("WRONG   {}{}{}\n        {}\n", step.what, trouble->what.empty() ? "" : ": ", trouble->what,
               trouble->mend);
    return check_output(exit_failed);
  }
  fmt::print("{} can log on.\n", name_);
  return check_output(exit_ok);
}

}  // namespace

int check_machine(const std::string& user, bool pin_stdin) {
  if (::geteuid() != 0) return complain("machine", exit_usage, "this is for root: call it by sudo");
  return Check(user, pin_stdin).run();
}

}  // namespace ferryman
