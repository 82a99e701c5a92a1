#include "settings/realms.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include "gateway/realm_map.h"
#include "local/limits.h"
#include "settings/sections.h"

namespace ferryman::settings {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds one_minute{60'000};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

Key discovery_key(locate::RealmSource& source, bool& given) {
  Key key = choice_key(
      "discovery", {"static", "dns", "krb5", "ad", "local"},
      [&source] { return static_cast<std::size_t>(source.discovery); },
      [&source, &given](std::size_t i) {
        source.discovery = static_cast<locate::Discovery>(i);
        given = true;
      });
  key.read = [read = key.read, &given](const toml::node& node, Mistakes& mistakes) {
    given = true;
    read(node, mistakes);
  };
  return key;
}

// Ports, or "any" for all.
Key ports_key(locate::RealmSource& source) {
  auto read = [&source](const toml::node& node, Mistakes& mistakes) {
    source.dns_any_port = node.value_exact<std::string>() == "any";
    if (source.dns_any_port) return;
    const toml::array* array = node.as_array();
    if (array == nullptr) return mistakes.add(node, "dns_allow_ports must be an array of ports, or \"any\"");
    for (const auto& element : *array) {
      const auto port = element.value_exact<std::int64_t>();
      if (port && *port >= 1 && *port <= 65535) {
        source.dns_allow_ports.push_back(static_cast<std::uint16_t>(*port));
      } else {
        mistakes.add(element, "dns_allow_ports holds what is not a port from 1 to 65535");
      }
    }
  };
  auto show = [&source] {
    if (source.dns_any_port) return std::string("\"any\"");
    std::string shown = "[";
    for (const auto port : source.dns_allow_ports)
      shown += (shown.size() > 1 ? ", " : "") + std::to_string(port);
    return shown + "]";
  };
  return {"dns_allow_ports", read, show};
}

// Whether such a realm may stand there; says so if not.
bool may_stand(std::string_view name, const toml::node& node, std::map<std::string, std::uint32_t>& lines,
               Mistakes& mistakes) {
  const std::uint32_t line = node.source().begin.line;
  const auto [other, added] = lines.emplace(lower(std::string(name)), line);
  if (!added) {
    mistakes.add(node, fmt::format("realm {} is the same as that of line {}; case makes no difference",
                                   show_string(name), other->second));
    return false;
  }
  if (!gateway::may_declare(name)) {
    mistakes.add(node,
                 fmt::format("{} is no realm; \"EXAMPLE.COM\" or \"*.EXAMPLE.COM\" is", show_string(name)));
    return false;
  }
  if (name == "*") {
    mistakes.warn(
        node,
        "every realm that a client names is looked up in DNS; declaring those that are served is safer");
  }
  return true;
}

void check_source(const locate::RealmSource& source, std::string_view where, const toml::node& node,
                  Mistakes& mistakes) {
  if (source.discovery == locate::Discovery::static_list && source.kdc.empty() && source.kpasswd.empty()) {
    mistakes.add(node, fmt::format("{} has discovery = \"static\" but no kdc; kdc = [\"dc1.example.com\"] "
                                   "or discovery = \"dns\" would do",
                                   where));
  }
  for (const auto& mistake : locate::check(source)) mistakes.add(node, fmt::format("{} {}", where, mistake));
}

// Each belongs to one realm, and is no other's name.
void check_aliases(const gateway::Realm& realm, const toml::table& table, std::string_view where,
                   std::map<std::string, std::uint32_t>& lines, Mistakes& mistakes) {
  const toml::node* const at = table.get("aliases");
  if (at == nullptr || realm.aliases.empty()) return;
  if (realm.name.starts_with('*')) {
    return mistakes.add(*at, fmt::format("{} has aliases; a realm that has a name of its own may", where));
  }
  for (const std::string& alias : realm.aliases) {
    if (alias.starts_with('*') || !gateway::may_declare(alias)) {
      mistakes.add(
          *at, fmt::format("aliases holds {}, which is no realm; \"example.com\" is", show_string(alias)));
      continue;
    }
    const auto [other, added] = lines.emplace(lower(alias), at->source().begin.line);
    if (added) continue;
    mistakes.add(*at, fmt::format("alias {} of {} stands in line {} already; case makes no difference",
                                  show_string(alias), where, other->second));
  }
}

void check_local_realm(const gateway::Realm& realm, const toml::table& table, std::string_view where,
                       const Config& config, Mistakes& mistakes) {
  if (!realm.is_local()) {
    if (const toml::node* const at = table.get("tenant"))
      mistakes.add(*at, fmt::format("{} has a tenant; only discovery = \"local\" has tenants", where));
    return;
  }
  if (!config.local) {
    return mistakes.add(*table.get("discovery"),
                        fmt::format("{} has discovery = \"local\", and there is no [local] that says where "
                                    "ferryman-realm is",
                                    where));
  }
  if (realm.tenant.size() > local::max_tenant) {
    mistakes.add(*table.get("tenant"),
                 fmt::format("{} has a tenant of more than {} octets", where, local::max_tenant));
  }
  for (const std::string_view key : {"kdc", "kpasswd"}) {
    if (const toml::node* const at = table.get(key))
      mistakes.add(*at, fmt::format("{} has discovery = \"local\" and {}; one of them goes", where, key));
  }
}

void read_realm(std::string_view name, const toml::node& node, std::map<std::string, std::uint32_t>& lines,
                Config& config, Mistakes& mistakes) {
  const std::string where = fmt::format("[realms.{}]", show_string(name));
  const toml::table* table = node.as_table();
  if (table == nullptr) return mistakes.add(node, fmt::format("a realm must be a table, {}", where));
  if (!may_stand(name, node, lines, mistakes)) return;

  gateway::Realm realm;
  realm.name = name;
  realm.rules = config.rules;
  auto source = std::make_shared<locate::RealmSource>();
  source->realm = name;
  source->dns_domain = lower(std::string(name));
  source->krb5_conf = "/etc/krb5.conf";
  bool discovery_given = false;
  const std::size_t before = mistakes.mistakes.size();
  read_table(*table, where, realm_keys(realm, *source, discovery_given), mistakes);
  if (!discovery_given && source->kdc.empty() && source->kpasswd.empty())
    source->discovery = locate::Discovery::dns;
  if (mistakes.mistakes.size() == before) check_source(*source, where, node, mistakes);
  realm.source = std::move(source);
  check_aliases(realm, *table, where, lines, mistakes);
  check_local_realm(realm, *table, where, config, mistakes);
  config.realms.push_back(std::move(realm));
}

}  // namespace

std::vector<Key> realm_keys(gateway::Realm& realm, locate::RealmSource& source, bool& discovery_given) {
  std::vector<Key> keys{strings_key("kdc", source.kdc),
                        strings_key("kpasswd", source.kpasswd),
                        string_key("dns_domain", source.dns_domain),
                        string_key("site", source.site),
                        string_key("krb5_conf", source.krb5_conf),
                        string_key("tenant", realm.tenant),
                        strings_key("aliases", realm.aliases),
                        bool_key("dns_fallback", source.dns_fallback),
                        duration_key("deadline", realm.deadline, milliseconds(100), 5 * one_minute),
                        strings_key("dns_allow_networks", source.dns_allow_networks)};
  keys.push_back(discovery_key(source, discovery_given));
  keys.push_back(ports_key(source));
  for (Key& key : rules_keys(realm.rules)) keys.push_back(std::move(key));
  return keys;
}

void read_realms(const toml::table& root, Config& config, Mistakes& mistakes) {
  const toml::node* node = root.get("realms");
  const toml::table* table = node != nullptr ? node->as_table() : nullptr;
  if (table == nullptr || table->empty()) {
    mistakes.add_file(
        "no realm is declared; [realms.\"EXAMPLE.COM\"] with kdc = [\"dc1.example.com\"] would declare one");
    return;
  }
  // In the file's order, so that of two realms that differ in case alone the first is the first.
  std::vector<std::pair<std::string_view, const toml::node*>> realms;
  for (const auto& [name, realm] : *table) realms.emplace_back(name.str(), &realm);
  std::stable_sort(realms.begin(), realms.end(), [](const auto& a, const auto& b) {
    return a.second->source().begin.line < b.second->source().begin.line;
  });
  std::map<std::string, std::uint32_t> lines;  // where each name or alias in lower case was declared first
  for (const auto& [name, realm] : realms) read_realm(name, *realm, lines, config, mistakes);
}

}  // namespace ferryman::settings
