#include "realm/config.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/un.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "config/reader.h"
#include "directory/database.h"
#include "directory/names.h"
#include "pki/attestation_roots.h"
#include "pkinit/anchors.h"
#include "realm/kdc_certificate.h"
#include "realm/policy_keys.h"
#include "realm/programs_key.h"

namespace ferryman::realm {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds one_second{1000}, one_hour{3'600'000};

std::vector<Key> realm_keys(Config& config) {
  return {string_key("name", config.name), string_key("url", config.sign_in.url),
          string_key("default_tenant", config.sign_in.tenant), string_key("database", config.fixed.database),
          string_key("master_key", config.fixed.master_key)};
}

std::vector<Key> service_keys(Config& config) {
  ServiceConfig& service = config.fixed.service;
  return {string_key("front", service.front),
          string_key("front_user", service.front_user),
          string_key("admin", service.admin),
          string_key("admin_group", service.admin_group),
          string_key("sync", service.sync),
          string_key("sync_user", service.sync_user),
          size_key("threads", service.threads, 1, 1024),
          size_key("max_connections", service.max_connections, 1, 1000),
          size_key("max_queue", service.max_queue, 1, 1'000'000),
          duration_key("drain_timeout", config.drain_timeout, milliseconds(100), one_hour)};
}

// With what a user may enrol a device: [sign_in] enrol.
void read_enrol(const toml::node& node, signin::Settings& settings, Mistakes& mistakes) {
  std::vector<std::string> ways;
  strings_key("enrol", ways).read(node, mistakes);
  bool code = false, password = false;
  for (const std::string& way : ways) {
    if (way != "code" && way != "password")
      return mistakes.add(node,
                          fmt::format("enrol: {} is neither \"code\" nor \"password\"", show_string(way)));
    (way == "code" ? code : password) = true;
  }
  settings.enrol_by_code = code;
  settings.enrol_by_password = password;
}

Key enrol_key(signin::Settings& settings) {
  const auto read = [&settings](const toml::node& node, Mistakes& mistakes) {
    read_enrol(node, settings, mistakes);
  };
  const auto show = [&settings] {
    std::vector<std::string> ways;
    if (settings.enrol_by_code) ways.emplace_back("code");
    if (settings.enrol_by_password) ways.emplace_back("password");
    return show_strings(ways);
  };
  return {"enrol", read, show};
}

std::vector<Key> sign_in_keys(Config& config) {
  signin::Settings& settings = config.sign_in;
  return {duration_key("nonce_lifetime", settings.nonce_lifetime, one_second, one_hour),
          duration_key("prt_lifetime", settings.prt_lifetime, one_hour, one_hour * 24 * 365),
          enrol_key(settings),
          string_key("rp_id", settings.rp_id),
          strings_key("origins", settings.origins),
          string_key("attestation_roots", config.attestation_roots),
          bool_key("allow_software_keys", settings.allow_software_keys),
          programs_key(settings.programs)};
}

std::vector<Key> pkinit_keys(Config& config) {
  return {bool_key("enabled", config.public_keys.enabled),
          bool_key("freshness_required", config.public_keys.freshness_required),
          bool_key("anonymous", config.public_keys.anonymous),
          string_key("certificate", config.kdc_certificate.certificate),
          string_key("key", config.kdc_certificate.key),
          string_key("anchors", config.logon_anchors),
          string_key("crls", config.logon_crls),
          bool_key("crl_required", config.crl_required)};
}

std::vector<Key> log_keys(telemetry::LogOptions& log) {
  std::vector<Key> keys;
  keys.push_back(choice_key(
      "format", {"text", "json", "ecs"}, [&log] { return static_cast<std::size_t>(log.format); },
      [&log](std::size_t i) { log.format = static_cast<telemetry::Format>(i); }));
  keys.push_back(choice_key(
      "level", {"debug", "info", "warning", "error"}, [&log] { return static_cast<std::size_t>(log.level); },
      [&log](std::size_t i) { log.level = static_cast<telemetry::Level>(i); }));
  // What else there is needs files or sockets that its sandbox does not allow.
  auto read = [&log](const toml::node& node, Mistakes& mistakes) {
    const auto text = node.value_exact<std::string>();
    const bool is_allowed = text && (*text == "stderr" || text->starts_with("journal"));
    if (is_allowed && telemetry::set_destination(log, *text)) return;
    mistakes.add(node, "destination must be \"stderr\" or \"journal\"");
  };
  keys.push_back({"destination", read, [&log] { return show_string(telemetry::destination_name(log)); }});
  return keys;
}

struct Section {
  std::string_view name;
  std::vector<Key> keys;
};

std::vector<Section> sections(Config& config) {
  return {{"realm", realm_keys(config)},
          {"service", service_keys(config)},
          {"kdc", kdc_keys(config.policy, config.fixed.spn_aliases)},
          {"password", password_keys(config.policy.password)},
          {"sign_in", sign_in_keys(config)},
          {"pkinit", pkinit_keys(config)},
          {"log", log_keys(config.log)}};
}

// "https://HOST" or "https://HOST:PORT", as browsers write it in an Origin (RFC 6454 6.2).
bool is_origin(std::string_view url) {
  constexpr std::string_view scheme = "https://";
  if (!url.starts_with(scheme) || url.size() == scheme.size() || url.ends_with(":443")) return false;
  url.remove_prefix(scheme.size());
  return std::all_of(url.begin(), url.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           std::string_view("-.:[]").find(c) != std::string_view::npos;
  });
}

// Of an origin: without its port.
std::string host_of(std::string_view origin) {
  origin.remove_prefix(std::min(origin.size(), std::string_view("https://").size()));
  const auto port = origin.rfind(':');
  if (port != origin.npos && origin.find(']', port) == origin.npos) origin = origin.substr(0, port);
  return std::string(origin);
}

// Whether pages of the host may use keys of the relying party (WebAuthn Level 2, 5.1.3): it is the host, or a
// domain that the host is in.
bool may_use(std::string_view host, std::string_view rp_id) {
  if (host == rp_id) return true;
  return host.size() > rp_id.size() && host.ends_with(rp_id) && host[host.size() - rp_id.size() - 1] == '.' &&
         rp_id.find('.') != rp_id.npos;
}

class Loader {
 public:
  Loader(const std::string& file, Users users, LoadedConfig& out)
      : mistakes_(file), users_(users), config_(out.config), out_(out) {}
  void load(const toml::table& root);

 private:
  void read_sections(const toml::table& root);
  void check_realm(const toml::table& root);
  void check_database(const toml::table& root);
  void check_service(const toml::table& root);
  void check_user(const toml::table& root, std::string_view key, const std::string& name,
                  std::string_view whose);
  void check_sign_in(const toml::table& root);
  void check_attestation(const toml::table& root);
  void read_attestation_roots(const toml::table& root);
  void check_pkinit(const toml::table& root);
  void check_logon_anchors(const toml::table& root);
  void check_socket(const toml::table& root, std::string_view key, const std::string& path);
  void add(const toml::table& root, std::string_view key, std::string text);

  Mistakes mistakes_;
  const Users users_;
  Config& config_;
  LoadedConfig& out_;
};

// At the key, or of the file as a whole where it has none.
void Loader::add(const toml::table& root, std::string_view key, std::string text) {
  const auto node = root.at_path(key);
  node ? mistakes_.add(*node.node(), std::move(text)) : mistakes_.add_file(std::move(text));
}

void Loader::read_sections(const toml::table& root) {
  const std::vector<Section> all = sections(config_);
  std::vector<Key> names(all.size());
  std::transform(all.begin(), all.end(), names.begin(), [this](const Section& section) {
    auto read = [this, &section](const toml::node& node, Mistakes&) {
      const std::string where = fmt::format("[{}]", section.name);
      if (const toml::table* table = node.as_table()) {
        read_table(*table, where, section.keys, mistakes_);
      } else {
        mistakes_.add(node, fmt::format("{} must be a table, {}", section.name, where));
      }
    };
    return Key{section.name, read, {}};
  });
  read_table(root, "the file", names, mistakes_);
}

void Loader::check_realm(const toml::table& root) {
  if (!directory::check_realm(config_.name)) {
    add(root, "realm.name",
        fmt::format("name = {} is no realm; name = \"CLOUD.EXAMPLE.COM\" in [realm] would be one",
                    show_string(config_.name)));
  }
  if (config_.sign_in.url.ends_with('/')) config_.sign_in.url.pop_back();
  if (!is_origin(config_.sign_in.url)) {
    add(root, "realm.url",
        fmt::format("url = {} is not how clients reach the gateway; url = \"https://gateway.example.com\" in "
                    "[realm] would be",
                    show_string(config_.sign_in.url)));
  }
  if (!directory::check_tenant_name(config_.sign_in.tenant)) {
    add(root, "realm.default_tenant",
        fmt::format("default_tenant = {} is no tenant; default_tenant = \"example\" in [realm] would be one: "
                    "one label of letters, digits and '-', and none of the names that paths use",
                    show_string(config_.sign_in.tenant)));
  }
}

void Loader::check_database(const toml::table& root) {
  if (const auto location = directory::check_location(config_.fixed.database); !location)
    add(root, "realm.database", location.error().text);
  if (const auto key = master_key_file(config_.fixed.master_key); !key)
    add(root, "realm.master_key", key.error());
}

void Loader::check_socket(const toml::table& root, std::string_view key, const std::string& path) {
  constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
  if (path.starts_with('/') && path.size() <= longest && path.find('\0') == std::string::npos) return;
  add(root, fmt::format("service.{}", key),
      fmt::format(
          "{0} must be an absolute path of {1} octets at most, such as \"/run/ferryman-realm/{0}.sock\"", key,
          longest));
}

void Loader::check_service(const toml::table& root) {
  const ServiceConfig& service = config_.fixed.service;
  check_socket(root, "front", service.front);
  check_socket(root, "admin", service.admin);
  if (service.front == service.admin) add(root, "service.admin", "admin and front must be two sockets");
  check_user(root, "front_user", service.front_user, "ferrymand's");
  if (service.sync.empty()) return;
  check_socket(root, "sync", service.sync);
  if (service.sync == service.admin || service.sync == service.front)
    add(root, "service.sync", "sync must be a socket of its own");
  check_user(root, "sync_user", service.sync_user, "the one that synchronises");
}

void Loader::check_user(const toml::table& root, std::string_view key, const std::string& name,
                        std::string_view whose) {
  if (users_ == Users::not_looked_up || ::getpwnam(name.c_str()) != nullptr) return;
  add(root, fmt::format("service.{}", key),
      fmt::format("user {} does not exist on this system; {} in [service] must be {}", show_string(name), key,
                  whose));
}

void Loader::check_sign_in(const toml::table& root) {
  signin::Settings& settings = config_.sign_in;
  if (settings.rp_id.empty()) settings.rp_id = host_of(settings.url);
  for (const std::string& each : settings.origins)
    if (!is_origin(each))
      add(root, "sign_in.origins",
          fmt::format("origins: {} is no origin; \"https://gateway.example.com\" would be one",
                      show_string(each)));
  check_attestation(root);
  if (!mistakes_.mistakes.empty()) return;
  std::vector<std::string> origins = settings.origins;
  origins.push_back(settings.url);
  for (const std::string& each : origins)
    if (!may_use(host_of(each), settings.rp_id))
      add(root, "sign_in.rp_id",
          fmt::format("rp_id = {} is neither the host of {} nor a domain that it is in",
                      show_string(settings.rp_id), show_string(each)));
}

void Loader::check_attestation(const toml::table& root) {
  if (!config_.attestation_roots.empty()) return read_attestation_roots(root);
  if (!config_.sign_in.allow_software_keys)
    add(root, "sign_in.allow_software_keys",
        "allow_software_keys = false takes attestation_roots: the certificates of the makers of TPMs");
}

void Loader::read_attestation_roots(const toml::table& root) {
  const auto text = read_config_file(config_.attestation_roots);
  if (!text) return add(root, "sign_in.attestation_roots", text.error().text);
  auto roots = pki::AttestationRoots::parse(as_bytes(*text));
  if (!roots)
    return add(root, "sign_in.attestation_roots",
               fmt::format("attestation_roots: {} has to be certificates in PEM, one or more",
                           show_string(config_.attestation_roots)));
  config_.sign_in.attestation_roots = std::make_shared<const pki::AttestationRoots>(*std::move(roots));
}

void Loader::check_pkinit(const toml::table& root) {
  auto identity = read_kdc_certificate(config_.kdc_certificate);
  if (!identity)
    return add(root, fmt::format("pkinit.{}", identity.error().key_name), std::move(identity.error().text));
  config_.public_keys.identity = *std::move(identity);
  check_logon_anchors(root);
}

void Loader::check_logon_anchors(const toml::table& root) {
  if (config_.logon_anchors.empty()) {
    if (!config_.logon_crls.empty() || config_.crl_required)
      add(root, config_.crl_required ? "pkinit.crl_required" : "pkinit.crls",
          "revocation lists take anchors: the certificates of the authorities whose users log on");
    return;
  }
  const auto anchors = read_config_file(config_.logon_anchors);
  if (!anchors) return add(root, "pkinit.anchors", anchors.error().text);
  if (!pkinit::LogonAnchors::parse(as_bytes(*anchors), {}, false))
    return add(root, "pkinit.anchors",
               fmt::format("anchors: {} has to be certificates of authorities in PEM, one or more",
                           show_string(config_.logon_anchors)));
  const auto crls = config_.logon_crls.empty() ? std::string() : read_config_file(config_.logon_crls);
  if (!crls) return add(root, "pkinit.crls", crls.error().text);
  const auto lists = config_.logon_crls.empty() ? std::nullopt : std::optional(as_bytes(*crls));
  auto parsed = pkinit::LogonAnchors::parse(as_bytes(*anchors), lists, config_.crl_required);
  if (!parsed)
    return add(root, "pkinit.crls",
               fmt::format("crls: {} has to be revocation lists in PEM, one or more (openssl crl -inform DER "
                           "makes one of what is in DER)",
                           show_string(config_.logon_crls)));
  config_.public_keys.anchors = std::make_shared<const pkinit::LogonAnchors>(*std::move(parsed));
}

void Loader::load(const toml::table& root) {
  read_sections(root);
  if (mistakes_.mistakes.empty()) {
    check_realm(root);
    check_database(root);
    check_service(root);
    check_sign_in(root);
    check_pkinit(root);
  }
  out_.mistakes = std::move(mistakes_.mistakes);
  std::stable_sort(out_.mistakes.begin(), out_.mistakes.end(),
                   [](const ConfigMistake& a, const ConfigMistake& b) { return a.line < b.line; });
}

}  // namespace

LoadedConfig load_config(const std::string& file, Users users) {
  const auto text = read_config_file(file);
  if (text) return parse_config(*text, file, users);
  LoadedConfig loaded;
  loaded.mistakes.push_back(text.error());
  return loaded;
}

LoadedConfig parse_config(std::string_view text, const std::string& file, Users users) {
  LoadedConfig loaded;
  loaded.config.log.ident = "ferryman-realm";
  try {
    const toml::table root = toml::parse(text, file);
    Loader(file, users, loaded).load(root);
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
  for (const Section& section : sections(copy)) {
    text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", section.name);
    for (const Key& key : section.keys) text += fmt::format("{} = {}\n", key.name, key.show());
  }
  return text;
}

}  // namespace ferryman::realm
