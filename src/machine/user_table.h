#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "machine/accounts.h"
#include "machine/config.h"

namespace ferryman::machine {

// What /etc/passwd and /etc/group have, which nobody else's word may change.
struct LocalNames {
  std::set<std::string, std::less<>> users{}, groups{};
  std::set<std::uint32_t> uids{}, gids{};
};
LocalNames parse_local_names(std::string_view passwd, std::string_view group);
LocalNames load_local_names();

// By her own name or one of her groups'.
bool may_log_on(const Config& config, const Accounts& accounts, const User& user);

// "/home/alice"
std::string home_of(const Config& config, const User& user);

// What the system is told: users who may log on, their groups, and who is in which. What has a name or an id
// that the machine has itself, or twice, is left out. It never changes; any thread may use it.
class UserTable {
 public:
  struct Entry {
    std::string name, real_name, home, shell;
    std::uint32_t uid, gid;
  };
  struct Membership {
    std::string user, group;
  };

  UserTable() = default;
  UserTable(const Accounts& accounts, const Config& config, const LocalNames& local);

  // In the order of their names.
  std::span<const Entry> users() const { return users_; }
  std::span<const Group> groups() const { return groups_; }
  std::span<const Entry> user(std::string_view name) const;  // at most one
  std::span<const Entry> user(std::uint64_t uid) const;
  std::span<const Group> group(std::string_view name) const;
  std::span<const Group> group(std::uint64_t gid) const;
  std::span<const Membership> memberships() const { return by_user_; }
  std::span<const Membership> groups_of(std::string_view user) const;
  std::span<const Membership> members_of(std::string_view group) const;

 private:
  void add_users(const Accounts& accounts, const Config& config, const LocalNames& local);
  void add_groups(const Accounts& accounts, const LocalNames& local);
  void add_memberships(const Accounts& accounts, const Config& config, const LocalNames& local);

  std::vector<Entry> users_;
  std::vector<Group> groups_;
  std::vector<Membership> by_user_, by_group_;
};

}  // namespace ferryman::machine
