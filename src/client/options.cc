#include "client/options.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/text.h"
#include "client/gateway_url.h"
#include "config/reader.h"

namespace ferryman::client {
namespace {

using std::chrono::milliseconds;
constexpr const char* system_file = "/etc/ferryman/client.toml";
constexpr milliseconds least_time{100}, most_time{600'000};
constexpr std::size_t max_gateways = 64;

// The keys of client.toml outside [gateways], in one list: Options::set() and the file cannot disagree.
std::vector<Key> option_keys(Options& options) {
  return {
      string_key("krb5_conf", options.krb5_conf),
      bool_key("dns", options.dns),
      strings_key("dns_servers", options.dns_servers),
      string_key("ca_file", options.ca_file),
      string_key("client_certificate", options.client_certificate),
      string_key("client_key", options.client_key),
      choice_key(
          "minimum_tls", {"1.2", "1.3"}, [&] { return options.minimum_tls == "1.3" ? 1U : 0U; },
          [&](std::size_t i) { options.minimum_tls = i == 1 ? "1.3" : "1.2"; }),
      choice_key(
          "revocation", {"off", "stapled", "required"},
          [&] { return static_cast<std::size_t>(options.revocation); },
          [&](std::size_t i) { options.revocation = static_cast<Revocation>(i); }),
      string_key("proxy", options.proxy),
      duration_key("deadline", options.deadline, least_time, most_time),
      duration_key("connect_timeout", options.connect_timeout, least_time, most_time),
      duration_key("retry_after", options.retry_after, milliseconds(0), most_time),
  };
}

tl::expected<std::string, std::string> checked_pattern(std::string_view pattern) {
  const std::string_view name = pattern.starts_with('.') ? pattern.substr(1) : pattern;
  const bool control = std::any_of(name.begin(), name.end(),
                                   [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; });
  if (name.empty() || control || !is_utf8(name) || (name.find('*') != std::string_view::npos && name != "*"))
    return tl::unexpected(
        fmt::format("{}: \"REALM\", \".SUFFIX\" or \"*\" is possible", show_string(pattern)));
  return std::string(pattern);
}

tl::expected<void, std::string> add_urls(Options::Rule& rule, std::string_view gateway) {
  const auto urls = parse_gateways(gateway);
  if (!urls) return tl::unexpected(fmt::format("the gateway {} {}", show_string(gateway), urls.error()));
  for (const auto& url : *urls) {
    if (rule.urls.size() >= max_gateways)
      return tl::unexpected(fmt::format("more than {} gateways for one pattern", max_gateways));
    if (std::find(rule.urls.begin(), rule.urls.end(), url) == rule.urls.end()) rule.urls.push_back(url);
  }
  return {};
}

Options::Rule& rule_of(Options& options, const std::string& pattern) {
  for (auto& rule : options.gateways)
    if (equal_without_case(rule.pattern, pattern)) return rule;
  Options::Rule rule;
  rule.pattern = pattern;
  return options.gateways.emplace_back(std::move(rule));
}

void read_gateways(const toml::node& node, Options& options, Mistakes& mistakes) {
  const toml::table* table = node.as_table();
  if (table == nullptr) return mistakes.add(node, "gateways must be a table: [gateways]");
  for (const auto& [key, value] : *table) {
    const auto pattern = checked_pattern(key.str());
    if (!pattern) {
      mistakes.add(value, pattern.error());
      continue;
    }
    std::vector<std::string> texts;
    strings_key(key.str(), texts).read(value, mistakes);
    Options::Rule& rule = rule_of(options, *pattern);
    rule.urls.clear();
    for (const auto& text : texts)
      if (const auto added = add_urls(rule, text); !added) mistakes.add(value, added.error());
  }
}

// Where a user's key is to be.
Key key_place_key(std::string& place) {
  const auto read = [&place](const toml::node& node, Mistakes& mistakes) {
    std::string text = place;
    string_key("key", text).read(node, mistakes);
    if (text != place && text != "tpm" && text != "fido" && text != "software" &&
        !text.starts_with("pkcs11:"))
      return mistakes.add(node, "key must be \"tpm\", \"fido\", \"software\" or a PKCS#11 URI");
    place = text;
  };
  return {"key", read, [&place] { return show_string(place); }};
}

std::vector<Key> enroll_keys(Options::Enrolment& enroll) {
  return {
      string_key("url", enroll.url),
      string_key("tenant", enroll.tenant),
      key_place_key(enroll.key),
      string_key("tcti", enroll.tcti),
  };
}

void read_enroll(const toml::node& node, Options& options, Mistakes& mistakes) {
  const toml::table* table = node.as_table();
  if (table == nullptr) return mistakes.add(node, "enroll must be a table: [enroll]");
  read_table(*table, "[enroll]", enroll_keys(options.enroll), mistakes);
}

std::string user_file() {
  const auto set = [](const char* text) { return text != nullptr && *text == '/'; };
  // secure_getenv() gives nothing where the process runs with another's rights.
  if (const char* config = ::secure_getenv("XDG_CONFIG_HOME"); set(config))
    return std::string(config) + "/ferryman/client.toml";
  if (const char* home = ::secure_getenv("HOME"); set(home))
    return std::string(home) + "/.config/ferryman/client.toml";
  return {};
}

}  // namespace

tl::expected<void, std::string> Options::set(std::string_view key, std::string_view value) {
  Options changed = *this;
  const auto keys = option_keys(changed);
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const Key& k) { return k.name == key; });
  // A switch is written without quotes in TOML, a text with them.
  const bool bare = value == "true" || value == "false";
  Mistakes mistakes("");
  toml::table table;
  if (found != keys.end() && bare) {
    table.insert(key, value == "true");
  } else {
    table.insert(key, std::string(value));
  }
  read_table(table, "the options", keys, mistakes);
  if (!mistakes.mistakes.empty()) return tl::unexpected(mistakes.mistakes.front().text);
  *this = std::move(changed);
  return {};
}

tl::expected<void, std::string> Options::add_gateway(std::string_view pattern, std::string_view gateway) {
  const auto name = checked_pattern(pattern);
  if (!name) return tl::unexpected(name.error());
  Options changed = *this;
  if (auto added = add_urls(rule_of(changed, *name), gateway); !added) return added;
  *this = std::move(changed);
  return {};
}

std::vector<ConfigMistake> parse_options(std::string_view text, const std::string& file, Options& options) {
  Options changed = options;
  Mistakes mistakes(file);
  try {
    const toml::table root = toml::parse(text, file);
    auto keys = option_keys(changed);
    keys.push_back({"gateways",
                    [&](const toml::node& node, Mistakes& into) { read_gateways(node, changed, into); },
                    {}});
    keys.push_back(
        {"enroll", [&](const toml::node& node, Mistakes& into) { read_enroll(node, changed, into); }, {}});
    read_table(root, "the file", keys, mistakes);
  } catch (const toml::parse_error& error) {
    const auto begin = error.source().begin;
    return {{file, begin.line, begin.column, "not TOML: " + std::string(error.description())}};
  }
  if (mistakes.mistakes.empty()) options = std::move(changed);
  return std::move(mistakes.mistakes);
}

std::vector<ConfigMistake> load_options(const std::string& file, Options& options) {
  const auto text = read_config_file(file);
  if (!text) return {text.error()};
  return parse_options(*text, file, options);
}

std::vector<ConfigMistake> load_default_options(Options& options) {
  const char* krb5_config = ::secure_getenv("KRB5_CONFIG");
  const std::string_view files = krb5_config == nullptr ? "/etc/krb5.conf" : krb5_config;
  options.krb5_conf = files.substr(0, files.find(':'));
  std::vector<ConfigMistake> mistakes;
  for (const auto& file : std::array<std::string, 2>{system_file, user_file()}) {
    struct stat status {};
    if (file.empty() || ::stat(file.c_str(), &status) != 0) continue;
    const auto found = load_options(file, options);
    mistakes.insert(mistakes.end(), found.begin(), found.end());
  }
  return mistakes;
}

}  // namespace ferryman::client
