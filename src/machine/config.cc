#include "machine/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "config/reader.h"
#include "machine/accounts.h"

namespace ferryman::machine {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
constexpr milliseconds longest = hours{24 * 366};

template <typename Keys>
Key table_key(std::string_view name, Keys keys) {
  return {name,
          [name, keys](const toml::node& node, Mistakes& mistakes) {
            const toml::table* table = node.as_table();
            if (table == nullptr) return mistakes.add(node, fmt::format("must be a table: [{}]", name));
            read_table(*table, fmt::format("[{}]", name), keys(), mistakes);
          },
          [] { return std::string(); }};
}

std::vector<Key> allow_keys(Config& config) {
  return {strings_key("users", config.users), strings_key("groups", config.groups)};
}

std::vector<Key> users_keys(Config& config) {
  return {string_key("home", config.home), string_key("shell", config.shell)};
}

std::vector<Key> logon_keys(Config& config) {
  return {duration_key("offline", config.offline, milliseconds(0), longest),
          duration_key("stale", config.stale, hours{1}, longest),
          bool_key("code_for_lost_key", config.code_for_lost_key),
          size_key("wrong_pins", config.wrong_pins, 1, 1000),
          duration_key("pause", config.pause, std::chrono::seconds{1}, hours{24})};
}

void read_local_groups(const toml::node& node, Config& config, Mistakes& mistakes) {
  const toml::table* table = node.as_table();
  if (table == nullptr) return mistakes.add(node, "must be a table: [local_groups]");
  for (const auto& [name, value] : *table) {
    const auto local = value.value<std::string>();
    if (!local || !is_user_name(*local)) {
      mistakes.add(value, "must be the name of a group of this machine, such as \"sudo\"");
      continue;
    }
    config.local_groups[std::string(name.str())] = *local;
  }
}

std::vector<Key> keys_of(Config& config) {
  return {string_key("url", config.url),
          string_key("tenant", config.tenant),
          string_key("ca_file", config.ca_file),
          choice_key(
              "key", {"tpm", "software"}, [&] { return config.software_keys ? 1U : 0U; },
              [&](std::size_t i) { config.software_keys = i == 1; }),
          string_key("tcti", config.tcti),
          table_key("allow", [&] { return allow_keys(config); }),
          table_key("users", [&] { return users_keys(config); }),
          {"local_groups",
           [&](const toml::node& node, Mistakes& mistakes) { read_local_groups(node, config, mistakes); },
           [] { return std::string(); }},
          table_key("logon", [&] { return logon_keys(config); })};
}

void check(const Config& config, Mistakes& mistakes) {
  if (!config.url.starts_with("https://"))
    mistakes.add_file("url is required: the gateway's, as in url = \"https://gateway.example.com\"");
  if (config.tenant.empty() || config.tenant.find_first_of("/?#%\\ ") != std::string::npos)
    mistakes.add_file("tenant is required: the tenant's name");
  for (const auto& [name, path] : {std::pair("home", &config.home), {"shell", &config.shell}})
    if (!path->starts_with('/') || path->find_first_of(":\n") != std::string::npos)
      mistakes.add_file(fmt::format("[users] {} must be an absolute path", name));
  if (config.home.find("%u") == std::string::npos)
    mistakes.add_file("[users] home must have %u, which stands for the user's name");
}

}  // namespace

std::vector<ConfigMistake> parse_config(std::string_view text, const std::string& file, Config& config) {
  Mistakes mistakes(file);
  Config read;
  try {
    read_table(toml::parse(text), "machine.toml", keys_of(read), mistakes);
  } catch (const toml::parse_error& error) {
    const auto begin = error.source().begin;
    return {{file, begin.line, begin.column, std::string(error.description())}};
  }
  if (mistakes.mistakes.empty()) check(read, mistakes);
  if (mistakes.mistakes.empty()) config = std::move(read);
  return mistakes.mistakes;
}

std::vector<ConfigMistake> load_config(const std::string& file, Config& config) {
  const auto text = read_config_file(file);
  if (!text) return {text.error()};
  return parse_config(*text, file, config);
}

}  // namespace ferryman::machine
