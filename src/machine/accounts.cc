#include "machine/accounts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <system_error>
#include <utility>

#include "base/guid.h"
#include "base/new_file.h"
#include "base/text.h"
#include "json/parse.h"

namespace ferryman::machine {
namespace {

using json::Json;

constexpr std::size_t max_depth = 4, max_text = 1024, max_user_name = 32, max_group_name = 64;
constexpr int version = 1;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_name_character(char c) {
  return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-';
}

const std::string* text(const Json& object, const char* name) {
  const std::string* found = json::text_member(object, name);
  return found != nullptr && found->size() <= max_text ? found : nullptr;
}

std::optional<std::uint32_t> id_of(const Json& value) {
  if (!value.is_number_unsigned()) return std::nullopt;
  const auto number = value.get<std::uint64_t>();
  if (number > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  const auto id = static_cast<std::uint32_t>(number);
  return is_posix_id(id) ? std::optional(id) : std::nullopt;
}

std::optional<std::uint32_t> id_member(const Json& object, const char* name) {
  const Json* value = json::member(object, name, Json::value_t::number_unsigned);
  return value == nullptr ? std::nullopt : id_of(*value);
}

// What stands in passwd(5)'s fifth field.
std::string plain(std::string_view given) {
  std::string out;
  while (!given.empty()) {
    const Character next = take_character(given);
    const bool parts = next.point == ':' || next.point == ',';
    out += next.is_harmless && !parts ? std::string(next.octets) : std::string(" ");
  }
  return out;
}

std::optional<User> user_of(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  const std::string *id = text(json, "id"), *name = text(json, "name"), *upn = text(json, "upn"),
                    *display_name = text(json, "display_name");
  const auto uid = id_member(json, "uid"), gid = id_member(json, "gid");
  const Json *disabled = json::member(json, "disabled", Json::value_t::boolean),
             *groups = json::member(json, "groups", Json::value_t::array);
  if (id == nullptr || !guid_of_text(*id) || name == nullptr || !is_user_name(*name) || upn == nullptr ||
      display_name == nullptr || !uid || !gid || disabled == nullptr || groups == nullptr ||
      groups->size() > max_groups_of_user)
    return std::nullopt;
  User user{guid_of_text(*id)->text(), *name, plain(*upn), plain(*display_name), *uid, *gid,
            disabled->get<bool>()};
  for (const Json& each : *groups)
    if (const auto group = id_of(each)) user.groups.push_back(*group);
  return user;
}

std::optional<Group> group_of(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  const std::string* name = text(json, "name");
  const auto gid = id_member(json, "gid");
  if (name == nullptr || !is_group_name(*name) || !gid) return std::nullopt;
  return Group{*name, *gid};
}

// One bad element is left out; a list of too many is none.
template <typename T, typename Read>
bool read_list(const Json& json, const char* name, std::size_t most, const Read& read, std::vector<T>& out) {
  const Json* list = json::member(json, name, Json::value_t::array);
  if (list == nullptr || list->size() > most) return false;
  for (const Json& each : *list)
    if (auto item = read(each)) out.push_back(std::move(*item));
  return true;
}

std::optional<std::int64_t> time_of(const Json& json, const char* name) {
  const Json* value = json::member(json, name, Json::value_t::number_unsigned);
  constexpr std::uint64_t latest = std::uint64_t{1} << 40U;
  if (value == nullptr || value->get<std::uint64_t>() > latest) return std::nullopt;
  return value->get<std::int64_t>();
}

// True where nothing is said.
bool may_be_offline(const Json& json) {
  const Json* value = json::member(json, "offline_logon", Json::value_t::boolean);
  return value == nullptr || value->get<bool>();
}

std::string last_error() {
  return std::generic_category().message(errno);
}

}  // namespace

bool is_user_name(std::string_view name) {
  return !name.empty() && name.size() <= max_user_name && is_letter(name.front()) &&
         std::ranges::all_of(name, is_name_character);
}

bool is_group_name(std::string_view name) {
  return !name.empty() && name.size() <= max_group_name && is_letter(name.front()) && name.back() != ' ' &&
         std::ranges::all_of(name, [](char c) { return is_name_character(c) || c == ' '; });
}

const User* Accounts::find(std::string_view name) const {
  const auto found = std::ranges::find(users, name, &User::name);
  return found == users.end() ? nullptr : &*found;
}

const Group* Accounts::find_group(std::uint32_t gid) const {
  const auto found = std::ranges::find(groups, gid, &Group::gid);
  return found == groups.end() ? nullptr : &*found;
}

std::optional<Page> parse_page(Bytes octets) {
  const auto json = json::parse_object(as_text(octets), max_depth);
  Page page;
  const auto time = json ? time_of(*json, "time") : std::nullopt;
  const std::string* next = json ? text(*json, "next") : nullptr;
  if (!time || next == nullptr || !read_list(*json, "users", max_users, user_of, page.users) ||
      !read_list(*json, "groups", max_groups, group_of, page.groups))
    return std::nullopt;
  page.time = *time;
  page.offline_logon = may_be_offline(*json);
  page.next = *next;
  return page;
}

std::string accounts_text(const Accounts& accounts) {
  Json json{{"version", version},
            {"asked", accounts.asked},
            {"offline_logon", accounts.offline_logon},
            {"users", Json::array()},
            {"groups", Json::array()}};
  for (const User& user : accounts.users)
    json["users"].push_back({{"id", user.id},
                             {"name", user.name},
                             {"upn", user.upn},
                             {"display_name", user.display_name},
                             {"uid", user.uid},
                             {"gid", user.gid},
                             {"disabled", user.disabled},
                             {"groups", user.groups}});
  for (const Group& group : accounts.groups)
    json["groups"].push_back({{"name", group.name}, {"gid", group.gid}});
  return json.dump() + "\n";
}

std::optional<Accounts> parse_accounts(Bytes octets) {
  const auto json = json::parse_object(as_text(octets), max_depth);
  Accounts accounts;
  const auto asked =
      json && json->value("version", Json()) == version ? time_of(*json, "asked") : std::nullopt;
  if (!asked || !read_list(*json, "users", max_users, user_of, accounts.users) ||
      !read_list(*json, "groups", max_groups, group_of, accounts.groups))
    return std::nullopt;
  accounts.asked = *asked;
  accounts.offline_logon = may_be_offline(*json);
  return accounts;
}

tl::expected<std::optional<Accounts>, std::string> load_accounts(const std::string& file) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in && errno == ENOENT) return std::nullopt;
  if (!in) return tl::unexpected(fmt::format("{}: {}", file, last_error()));
  const auto size = static_cast<std::size_t>(std::max<std::streamoff>(in.tellg(), 0));
  if (size > max_accounts_file) return tl::unexpected(fmt::format("{} is too large", file));
  std::string text(size, '\0');
  in.seekg(0);
  in.read(text.data(), static_cast<std::streamsize>(size));
  auto accounts = in ? parse_accounts(as_bytes(text)) : std::nullopt;
  if (!accounts)
    return tl::unexpected(fmt::format("{} is damaged: \"ferryman machine refresh\" makes it anew", file));
  return accounts;
}

tl::expected<void, std::string> store_accounts(const std::string& file, const Accounts& accounts) {
  const std::string text = accounts_text(accounts);
  if (text.size() > max_accounts_file)
    return tl::unexpected(fmt::format("{}: the server names more users and groups than fit", file));
  const auto written = create_file({.path = file, .mode = 0644, .replaces = true}, as_bytes(text));
  if (!written) return tl::unexpected(fmt::format("{}: {}", file, written.error().message()));
  return {};
}

}  // namespace ferryman::machine
