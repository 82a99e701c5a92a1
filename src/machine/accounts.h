#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/bytes.h"

namespace ferryman::machine {

// A user of the tenant, as a machine has to know her.
struct User {
  std::string id;    // a GUID
  std::string name;  // is_user_name()
  std::string upn, display_name;
  std::uint32_t uid = 0, gid = 0;
  bool disabled = false;
  std::vector<std::uint32_t> groups{};  // gids, the primary one's among them

  friend bool operator==(const User&, const User&) = default;
};

struct Group {
  std::string name;  // is_group_name()
  std::uint32_t gid = 0;

  friend bool operator==(const Group&, const Group&) = default;
};

// Those who may log on to this machine, and the groups they are in.
struct Accounts {
  std::int64_t asked = 0;     // the server, for all of them; seconds since 1970
  bool offline_logon = true;  // whether the tenant lets a machine do without the gateway
  std::vector<User> users{};
  std::vector<Group> groups{};

  const User* find(std::string_view name) const;
  const Group* find_group(std::uint32_t gid) const;
};

inline constexpr std::size_t max_users = 20'000, max_groups = 20'000, max_groups_of_user = 1001;
// An id below is a system's own. 65534 and 65535 mean nobody, as does what is no id.
constexpr bool is_posix_id(std::uint32_t id) {
  return id >= 1000 && id != 65534 && id != 65535 && id != 0xffffffff;
}
// Letters, digits, '_', '.' and '-', a letter or '_' first; at most 32 (utmp(5)).
bool is_user_name(std::string_view name);
// The same with blanks inside, and longer, as systemd takes them.
bool is_group_name(std::string_view name);

// A page of the server's answer. Who or what this machine cannot have is left out.
struct Page {
  std::int64_t time = 0;  // the server's clock
  bool offline_logon = true;
  std::vector<User> users{};
  std::vector<Group> groups{};
  std::string next{};  // empty: it was the last
};
std::optional<Page> parse_page(Bytes text);

// What is kept on the disk between two answers. It is public, as /etc/passwd is.
std::string accounts_text(const Accounts& accounts);
// Nothing for what accounts_text() did not write.
std::optional<Accounts> parse_accounts(Bytes text);

inline constexpr char state_directory[] = "/var/lib/ferryman-logon";
inline constexpr char accounts_file[] = "/var/lib/ferryman-logon/accounts.json";
inline constexpr std::size_t max_accounts_file = std::size_t{16} << 20U;  // octets
// Nothing where there is no file; the error is a sentence.
tl::expected<std::optional<Accounts>, std::string> load_accounts(const std::string& file);
tl::expected<void, std::string> store_accounts(const std::string& file, const Accounts& accounts);

}  // namespace ferryman::machine
