#include "machine/user_table.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <map>
#include <tuple>
#include <utility>

namespace ferryman::machine {
namespace {

std::string_view take_field(std::string_view& line) {
  const auto end = std::min(line.find(':'), line.size());
  const std::string_view field = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return field;
}

// passwd(5) and group(5) have a name first and an id third.
void read_lines(std::string_view text, std::set<std::string, std::less<>>& names,
                std::set<std::uint32_t>& ids) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string_view name = take_field(line);
    take_field(line);
    const std::string_view digits = take_field(line);
    if (name.empty() || name.front() == '#') continue;
    names.emplace(name);
    std::uint32_t id = 0;
    const auto [last, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
    if (error == std::errc() && last == digits.data() + digits.size()) ids.insert(id);
  }
}

std::string text_of(const char* file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

template <typename T, typename Value, typename Field>
std::span<const T> the_one(const std::vector<T>& items, const Value& value, Field field) {
  const auto found = std::ranges::find(items, value, field);
  return found == items.end() ? std::span<const T>() : std::span<const T>(&*found, 1);
}

template <typename T, typename Field>
std::span<const T> sorted_range(const std::vector<T>& items, std::string_view name, Field field) {
  const auto begin =
      std::lower_bound(items.begin(), items.end(), name,
                       [field](const T& item, std::string_view than) { return item.*field < than; });
  const auto end = std::upper_bound(
      begin, items.end(), name, [field](std::string_view than, const T& item) { return than < item.*field; });
  return {begin, end};
}

}  // namespace

LocalNames parse_local_names(std::string_view passwd, std::string_view group) {
  LocalNames names;
  read_lines(passwd, names.users, names.uids);
  read_lines(group, names.groups, names.gids);
  return names;
}

LocalNames load_local_names() {
  return parse_local_names(text_of("/etc/passwd"), text_of("/etc/group"));
}

bool may_log_on(const Config& config, const Accounts& accounts, const User& user) {
  if (std::ranges::count(config.users, user.name) != 0) return true;
  return std::ranges::any_of(user.groups, [&](std::uint32_t gid) {
    const Group* group = accounts.find_group(gid);
    return group != nullptr && std::ranges::count(config.groups, group->name) != 0;
  });
}

std::string home_of(const Config& config, const User& user) {
  std::string home = config.home;
  for (auto at = home.find("%u"); at != std::string::npos; at = home.find("%u", at + user.name.size()))
    home.replace(at, 2, user.name);
  return home;
}

UserTable::UserTable(const Accounts& accounts, const Config& config, const LocalNames& local) {
  add_users(accounts, config, local);
  add_groups(accounts, local);
  add_memberships(accounts, config, local);
}

void UserTable::add_users(const Accounts& accounts, const Config& config, const LocalNames& local) {
  std::set<std::string_view> names;
  std::set<std::uint32_t> uids;
  for (const User& user : accounts.users) {
    if (local.users.contains(user.name) || local.uids.contains(user.uid) || local.gids.contains(user.gid))
      continue;
    if (!may_log_on(config, accounts, user)) continue;
    if (!names.insert(user.name).second || !uids.insert(user.uid).second) continue;
    users_.push_back({user.name, user.display_name, home_of(config, user), config.shell, user.uid, user.gid});
  }
  std::ranges::sort(users_, {}, &Entry::name);
}

void UserTable::add_groups(const Accounts& accounts, const LocalNames& local) {
  std::set<std::string_view> names;
  std::set<std::uint32_t> gids;
  for (const Group& group : accounts.groups) {
    if (local.groups.contains(group.name) || local.gids.contains(group.gid)) continue;
    if (names.insert(group.name).second && gids.insert(group.gid).second) groups_.push_back(group);
  }
  std::ranges::sort(groups_, {}, &Group::name);
}

void UserTable::add_memberships(const Accounts& accounts, const Config& config, const LocalNames& local) {
  std::map<std::uint32_t, std::string> shown;
  for (const Group& group : groups_) shown.emplace(group.gid, group.name);
  std::map<std::uint32_t, std::string> mapped;
  for (const Group& group : accounts.groups)
    if (const auto found = config.local_groups.find(group.name);
        found != config.local_groups.end() && local.groups.contains(found->second))
      mapped.emplace(group.gid, found->second);
  for (const User& user : accounts.users) {
    if (this->user(user.name).empty()) continue;
    for (const std::uint32_t gid : user.groups)
      for (const auto* names : {&shown, &mapped})
        if (const auto found = names->find(gid); found != names->end())
          by_user_.push_back({user.name, found->second});
  }
  by_group_ = by_user_;
  const auto key = [](const Membership& each) { return std::tie(each.user, each.group); };
  std::ranges::sort(by_user_, {}, key);
  std::ranges::sort(by_group_, {}, [](const Membership& each) { return std::tie(each.group, each.user); });
}

std::span<const UserTable::Entry> UserTable::user(std::string_view name) const {
  return sorted_range(users_, name, &Entry::name);
}

std::span<const UserTable::Entry> UserTable::user(std::uint64_t uid) const {
  return the_one(users_, uid, &Entry::uid);
}

std::span<const Group> UserTable::group(std::string_view name) const {
  return sorted_range(groups_, name, &Group::name);
}

std::span<const Group> UserTable::group(std::uint64_t gid) const {
  return the_one(groups_, gid, &Group::gid);
}

std::span<const UserTable::Membership> UserTable::groups_of(std::string_view user) const {
  return sorted_range(by_user_, user, &Membership::user);
}

std::span<const UserTable::Membership> UserTable::members_of(std::string_view group) const {
  return sorted_range(by_group_, group, &Membership::group);
}

}  // namespace ferryman::machine
