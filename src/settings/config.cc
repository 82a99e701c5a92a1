#include "settings/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "config/reader.h"
#include "net/listen_socket.h"
#include "settings/checks.h"
#include "settings/listen.h"
#include "settings/local.h"
#include "settings/realms.h"
#include "settings/sections.h"

namespace ferryman {
namespace {

// [policy] and [local] stand before the realms, which begin with the one and need the other.
void read(const toml::table& root, Config& config, Mistakes& mistakes) {
  const auto ignore = [](const toml::node&, Mistakes&) {};
  const std::vector<Key> sections{{"listen", ignore, {}}, {"tls", ignore, {}},     {"realms", ignore, {}},
                                  {"policy", ignore, {}}, {"limits", ignore, {}},  {"dns", ignore, {}},
                                  {"log", ignore, {}},    {"process", ignore, {}}, {"admin", ignore, {}},
                                  {"local", ignore, {}}};
  read_table(root, "the file", sections, mistakes);
  settings::read_listen(root, config.fixed, mistakes);
  settings::read_section(root, "tls", settings::tls_keys(config.tls), mistakes);
  settings::read_section(root, "policy", settings::policy_keys(config), mistakes);
  settings::read_section(root, "limits", settings::limits_keys(config), mistakes);
  settings::read_section(root, "dns", settings::dns_keys(config.fixed), mistakes);
  settings::read_section(root, "log", settings::log_keys(config.log), mistakes);
  settings::read_section(root, "process", settings::process_keys(config.fixed), mistakes);
  settings::read_section(root, "admin", settings::admin_keys(config.fixed), mistakes);
  settings::read_local(root, config, mistakes);
  settings::read_realms(root, config, mistakes);
  settings::check(root, config, mistakes);
}

std::string show(const std::vector<Key>& keys) {
  std::string text;
  for (const Key& key : keys) text += fmt::format("{} = {}\n", key.name, key.show());
  return text;
}

}  // namespace

LoadedConfig load_config(const std::string& file) {
  const auto text = read_config_file(file);
  if (text) return parse_config(*text, file);
  LoadedConfig loaded;
  loaded.mistakes.push_back(text.error());
  return loaded;
}

LoadedConfig parse_config(std::string_view text, const std::string& file) {
  LoadedConfig loaded;
  try {
    const toml::table root = toml::parse(text, file);
    Mistakes mistakes(file);
    read(root, loaded.config, mistakes);
    loaded.mistakes = std::move(mistakes.mistakes);
    loaded.warnings = std::move(mistakes.warnings);
    std::stable_sort(loaded.mistakes.begin(), loaded.mistakes.end(),
                     [](const ConfigMistake& a, const ConfigMistake& b) { return a.line < b.line; });
  } catch (const toml::parse_error& error) {
    const auto begin = error.source().begin;
    loaded.mistakes.push_back(
        {file, begin.line, begin.column, "not TOML: " + std::string(error.description())});
  }
  return loaded;
}

std::string to_toml(const Config& config) {
  Config copy = config;  // the lists of keys refer to what they would write
  std::string text;
  for (Listen& listen : copy.fixed.listen) {
    std::string address = net::to_string(listen.address);
    listen.client_certificates = client_certificates(listen, copy.tls);
    std::vector<Key> keys = settings::listen_keys(listen, address);
    if (listen.protocol == Protocol::kerberos)
      std::erase_if(keys, [](const Key& key) { return !settings::is_of_kerberos(key.name); });
    if (!listen.tls) std::erase_if(keys, [](const Key& key) { return key.name == "client_certificates"; });
    text += "[[listen]]\n" + show(keys) + "\n";
  }
  text += "[tls]\n" + show(settings::tls_keys(copy.tls)) + "\n[policy]\n" +
          show(settings::policy_keys(copy)) + "\n[limits]\n" + show(settings::limits_keys(copy)) +
          "\n[dns]\n" + show(settings::dns_keys(copy.fixed)) + "\n[log]\n" +
          show(settings::log_keys(copy.log)) + "\n[process]\n" + show(settings::process_keys(copy.fixed)) +
          "\n[admin]\n" + show(settings::admin_keys(copy.fixed));
  if (copy.local) text += "\n[local]\n" + show(settings::local_keys(*copy.local));
  for (gateway::Realm& realm : copy.realms) {
    locate::RealmSource source = *realm.source;
    bool given = false;
    std::vector<Key> keys = settings::realm_keys(realm, source, given);
    if (!realm.is_local()) std::erase_if(keys, [](const Key& key) { return key.name == "tenant"; });
    text += fmt::format("\n[realms.{}]\n{}", show_string(realm.name), show(keys));
  }
  return text;
}

}  // namespace ferryman
