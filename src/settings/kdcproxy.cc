#include "settings/kdcproxy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <set>

#include "base/text.h"
#include "config/reader.h"
#include "discovery/entry.h"
#include "discovery/krb5_conf.h"
#include "gateway/realm_map.h"

namespace ferryman {
namespace {

constexpr std::string_view global = "global";
// As libkrb5 has it; of several files the first.
std::string krb5_conf() {
  constexpr const char* usual = "/etc/krb5.conf";
  const char* named = std::getenv("KRB5_CONFIG");
  if (named == nullptr) return usual;
  const std::string_view files = named;
  return std::string(files.substr(0, files.find(':')));
}

std::string upper(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), ascii_upper);
  return result;
}

std::vector<std::string_view> words(std::string_view text) {
  constexpr std::string_view space = " \t\r\n\f\v";
  std::vector<std::string_view> found;
  for (auto begin = text.find_first_not_of(space); begin != std::string_view::npos;
       begin = text.find_first_not_of(space)) {
    const auto end = std::min(text.find_first_of(space, begin), text.size());
    found.push_back(text.substr(begin, end - begin));
    text.remove_prefix(end);
  }
  return found;
}

// "kerberos+tcp://kdc.example.com:88" as an entry of kdc or kpasswd; the error is a sentence's end.
tl::expected<std::string, std::string> convert_server(std::string_view url) {
  struct Scheme {
    std::string_view name, entry;
    bool kpasswd;
  };
  static constexpr std::array<Scheme, 6> schemes{{{"kerberos", "", false},
                                                  {"kerberos+tcp", "tcp://", false},
                                                  {"kerberos+udp", "udp://", false},
                                                  {"kpasswd", "", true},
                                                  {"kpasswd+tcp", "tcp://", true},
                                                  {"kpasswd+udp", "udp://", true}}};
  const auto colon = url.find("://");
  const auto* scheme = std::find_if(schemes.begin(), schemes.end(), [&](const Scheme& s) {
    return colon != std::string_view::npos && equal_without_case(s.name, url.substr(0, colon));
  });
  if (scheme == schemes.end()) {
    return tl::unexpected(
        std::string("kerberos://, kerberos+tcp://, kerberos+udp://, kpasswd://, "
                    "kpasswd+tcp:// or kpasswd+udp:// is expected"));
  }
  std::string_view host = url.substr(colon + 3);
  host = host.substr(0, host.find('/'));
  const auto entry = discovery::parse_entry(host);
  if (!entry) return tl::unexpected(entry.error());
  const auto port = entry->port != 0 ? entry->port
                                     : discovery::default_port(scheme->kpasswd ? discovery::Service::kpasswd
                                                                               : discovery::Service::kdc);
  const bool v6 = entry->host.find(':') != std::string::npos;
  return fmt::format("{}{}:{}", scheme->entry, v6 ? "[" + entry->host + "]" : entry->host, port);
}

class Converter {
 public:
  Converter(const Ini& ini, const std::vector<std::string>& krb5_realms) : ini_(ini) {
    for (const auto& realm : krb5_realms) krb5_realms_.insert(upper(realm));
  }
  KdcproxyConfig run();

 private:
  void mistake(std::uint32_t line, const std::string& text);
  void check_keys();
  std::optional<bool> flag(std::string_view section, std::string_view key);
  bool param(std::string_view realm, std::string_view key, bool otherwise);
  std::vector<std::string> servers(std::string_view realm, std::string_view key);
  void realm(const std::string& name);
  void wildcard(const std::string& name);
  void table(std::string_view name, const std::vector<std::pair<std::string, std::string>>& values);

  const Ini& ini_;
  std::set<std::string> krb5_realms_, done_;
  KdcproxyConfig out_;
};

// Once each, though a value may be asked for several times.
void Converter::mistake(std::uint32_t line, const std::string& text) {
  const bool said = std::any_of(out_.mistakes.begin(), out_.mistakes.end(),
                                [&](const ConfigMistake& m) { return m.line == line && m.text == text; });
  if (!said) out_.mistakes.push_back({{}, line, 0, text});
}

// Keys that python-kdcproxy would pass over in silence are more likely misspelt than meant.
void Converter::check_keys() {
  for (const Ini::Section& section : ini_.sections()) {
    for (const auto& [key, value] : section.values) {
      const bool general = key == "use_dns" || key == "silence_port_warn";
      const bool known = section.name == global ? general || key == "configs" || key == "dns_realm_discovery"
                         : section.name.starts_with('*') ? general
                                                         : general || key == "kerberos" || key == "kpasswd";
      if (general || key == "dns_realm_discovery") flag(section.name, key);
      if (!known) mistake(value.line, fmt::format("{} is no key of [{}]", show_string(key), section.name));
    }
  }
}

std::optional<bool> Converter::flag(std::string_view section, std::string_view key) {
  const Ini::Section* found = ini_.find(section);
  if (found == nullptr) return std::nullopt;
  const auto value = ini_.get(*found, key);
  if (!value) {
    mistake(value.error().line, value.error().text);
    return std::nullopt;
  }
  if (value->line == 0) return std::nullopt;
  for (const std::string_view yes : {"1", "yes", "true", "on"}) {
    if (equal_without_case(value->text, yes)) return true;
  }
  for (const std::string_view no : {"0", "no", "false", "off"}) {
    if (equal_without_case(value->text, no)) return false;
  }
  mistake(value->line, fmt::format("{} must be true or false", key));
  return std::nullopt;
}

// Exact section, then "*" and the longest suffix of whole labels, then [global], then the default.
bool Converter::param(std::string_view realm, std::string_view key, bool otherwise) {
  if (const auto own = flag(realm, key)) return *own;
  for (std::string_view suffix = realm; !suffix.empty();) {
    if (const auto wild = flag("*" + std::string(suffix), key)) return *wild;
    const auto dot = suffix.find('.');
    if (dot == std::string_view::npos) break;
    suffix.remove_prefix(dot + 1);
  }
  return flag(global, key).value_or(otherwise);
}

std::vector<std::string> Converter::servers(std::string_view realm, std::string_view key) {
  std::vector<std::string> list;
  const Ini::Section* section = ini_.find(realm);
  if (section == nullptr) return list;
  const auto value = ini_.get(*section, key);
  if (!value) {
    mistake(value.error().line, value.error().text);
    return list;
  }
  for (const std::string_view url : words(value->text)) {
    auto server = convert_server(url);
    if (!server) {
      mistake(value->line, fmt::format("{} in {}: {}", show_string(url), key, server.error()));
    } else if (std::find(list.begin(), list.end(), *server) == list.end()) {
      list.push_back(std::move(*server));
    }
  }
  return list;
}

void Converter::table(std::string_view name, const std::vector<std::pair<std::string, std::string>>& values) {
  out_.toml += fmt::format("\n[realms.{}]\n", show_string(name));
  for (const auto& [key, value] : values) out_.toml += fmt::format("{} = {}\n", key, value);
}

void Converter::realm(const std::string& name) {
  if (!done_.insert(upper(name)).second) return;
  if (!gateway::may_declare(name) || name.front() == '*') {
    const Ini::Section* section = ini_.find(name);
    return mistake(section != nullptr ? section->line : 0, fmt::format("[{}] is no realm", name));
  }
  const bool use_dns = param(name, "use_dns", true);
  const bool krb5 = krb5_realms_.count(upper(name)) > 0;
  const auto kdc = servers(name, "kerberos"), kpasswd = servers(name, "kpasswd");
  if (!krb5 && !use_dns && kdc.empty() && kpasswd.empty()) {
    out_.toml +=
        fmt::format("\n# {} has no servers and use_dns = false: it is not served.\n", show_string(name));
    return;
  }
  std::vector<std::pair<std::string, std::string>> values;
  if (!kdc.empty()) values.emplace_back("kdc", show_strings(kdc));
  if (!kpasswd.empty()) values.emplace_back("kpasswd", show_strings(kpasswd));
  values.emplace_back("discovery", krb5 ? "\"krb5\"" : use_dns ? "\"dns\"" : "\"static\"");
  if (krb5) values.emplace_back("krb5_conf", show_string(krb5_conf()));
  if (krb5 && !use_dns) values.emplace_back("dns_fallback", "false");
  if (use_dns && param(name, "silence_port_warn", false)) values.emplace_back("dns_allow_ports", "\"any\"");
  table(name, values);
}

// [*EXAMPLE.COM] is EXAMPLE.COM and all below it; it has no servers of its own.
void Converter::wildcard(const std::string& name) {
  const std::string suffix = name.substr(1);
  if (suffix.empty() || suffix.find('*') != std::string::npos || suffix.front() == '.') {
    const Ini::Section* section = ini_.find(name);
    return mistake(section->line, fmt::format("[{}] is no wildcard; [*EXAMPLE.COM] is", name));
  }
  realm(suffix);
  if (!param(suffix, "use_dns", true) || !done_.insert("*." + upper(suffix)).second) return;
  std::vector<std::pair<std::string, std::string>> values{{"discovery", "\"dns\""}};
  if (param(suffix, "silence_port_warn", false)) values.emplace_back("dns_allow_ports", "\"any\"");
  table("*." + suffix, values);
}

KdcproxyConfig Converter::run() {
  check_keys();
  if (const Ini::Section* section = ini_.find(global)) {
    const auto configs = ini_.get(*section, "configs");
    if (!configs) mistake(configs.error().line, configs.error().text);
    if (configs && configs->line != 0 && configs->text != "mit") {
      mistake(configs->line,
              fmt::format("configs = {} is not possible; \"mit\" is", show_string(configs->text)));
    }
    if (!configs || configs->line == 0) krb5_realms_.clear();
  } else {
    krb5_realms_.clear();
  }
  out_.toml =
      "[policy]\n# As python-kdcproxy has it: passwords may come outside FAST, where whoever reads them can "
      "guess.\n"
      "allow_unarmored_password = true\n";
  for (const Ini::Section& section : ini_.sections()) {
    if (section.name != global && !section.name.starts_with('*')) realm(section.name);
  }
  for (const auto& name : std::set<std::string>(krb5_realms_)) realm(name);
  for (const Ini::Section& section : ini_.sections()) {
    if (section.name.starts_with('*')) wildcard(section.name);
  }
  if (flag(global, "dns_realm_discovery").value_or(false) && flag(global, "use_dns").value_or(true)) {
    std::vector<std::pair<std::string, std::string>> values{{"discovery", "\"dns\""}};
    if (flag(global, "silence_port_warn").value_or(false)) values.emplace_back("dns_allow_ports", "\"any\"");
    out_.toml += "\n# dns_realm_discovery = true: whatever realm a client names is looked up.";
    table("*", values);
  }
  return std::move(out_);
}

}  // namespace

KdcproxyConfig convert_kdcproxy(const Ini& ini, const std::vector<std::string>& krb5_realms) {
  return Converter(ini, krb5_realms).run();
}

std::vector<std::string> kdcproxy_files(const std::string& file) {
  if (!file.empty()) return {file};
  if (const char* named = std::getenv("KDCPROXY_CONFIG")) return {named};
  std::vector<std::string> files;
  for (const char* usual : {"/usr/local/etc/kdcproxy.conf", "/etc/kdcproxy.conf"}) {
    if (std::filesystem::exists(usual)) files.emplace_back(usual);
  }
  return files.empty() ? std::vector<std::string>{"/etc/kdcproxy.conf"} : files;
}

KdcproxyConfig load_kdcproxy(const std::vector<std::string>& files) {
  Ini ini;
  KdcproxyConfig failed;
  for (const auto& file : files) {
    const auto text = read_config_file(file);
    if (!text) {
      failed.mistakes.push_back(text.error());
    } else if (const auto read = ini.read(*text); !read) {
      failed.mistakes.push_back({file, read.error().line, 0, read.error().text});
    }
  }
  if (!failed.mistakes.empty()) return failed;
  const auto conf = discovery::load_krb5_conf(krb5_conf(), {});
  KdcproxyConfig converted = convert_kdcproxy(ini, conf ? conf->realms : std::vector<std::string>());
  for (auto& mistake : converted.mistakes) mistake.file = files.back();
  return converted;
}

std::string complete_kdcproxy(const std::string& realms, const std::vector<std::string>& files) {
  std::string from;
  for (const auto& file : files) from += " " + file;
  return fmt::format(
      "# Made from{}.\n\n"
      "[[listen]]\naddress = \"[::]:443\"\n"
      "# To stay behind the web server that ran python-kdcproxy, instead:\n"
      "# address = \"{}\"\n# tls = false\n# client_address = \"x-forwarded-for\"\n# trusted_proxies = "
      "[\"127.0.0.1\"]\n\n"
      "[tls]\ncertificate = \"/etc/ferryman/tls/fullchain.pem\"\nprivate_key = "
      "\"/etc/ferryman/tls/key.pem\"\n\n{}",
      from, kdcproxy_listen, realms);
}

LoadedConfig load_kdcproxy_config(const std::vector<std::string>& files, const std::string& base_file) {
  KdcproxyConfig converted = load_kdcproxy(files);
  LoadedConfig loaded;
  // The web server that passes requests on tells whose they are.
  std::string text = fmt::format(
      "[[listen]]\naddress = \"{}\"\ntls = false\nclient_address = \"x-forwarded-for\"\n"
      "trusted_proxies = [\"127.0.0.1\"]\n",
      kdcproxy_listen);
  if (!base_file.empty()) {
    const auto base = read_config_file(base_file);
    if (!base) converted.mistakes.push_back(base.error());
    if (base) text = *base;
  }
  if (!converted.mistakes.empty()) {
    loaded.mistakes = std::move(converted.mistakes);
    return loaded;
  }
  return parse_config(text + "\n" + converted.toml, base_file.empty() ? files.back() : base_file);
}

}  // namespace ferryman
