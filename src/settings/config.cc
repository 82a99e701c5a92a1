#include "settings/config.h"

#include <pwd.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <system_error>

#include "config/reader.h"
#include "settings/config_tls.h"
#include "gateway/paths.h"
#include "gateway/realm_map.h"
#include "net/listen_socket.h"

namespace ferryman {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds one_ms{1}, one_minute{60'000}, one_hour{3'600'000};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

Key networks_key(std::string_view name, std::vector<net::Network>& networks) {
  auto read = [name, &networks](const toml::node& node, Mistakes& mistakes) {
    std::vector<std::string> texts;
    strings_key(name, texts).read(node, mistakes);
    networks.clear();
    for (const auto& text : texts) {
      if (const auto network = net::Network::parse(text)) {
        networks.push_back(*network);
      } else {
        mistakes.add(
            node, fmt::format("{} holds {}; \"192.0.2.1\", \"10.0.0.0/8\" or \"2001:db8::/32\" is possible",
                              name, show_string(text)));
      }
    }
  };
  auto show = [&networks] {
    std::vector<std::string> texts(networks.size());
    std::transform(networks.begin(), networks.end(), texts.begin(),
                   [](const auto& n) { return n.to_string(); });
    return show_strings(texts);
  };
  return {name, read, show};
}

// A key that is known for a later release is no typing mistake.
void not_yet(const toml::node& at, std::string_view what, Mistakes& mistakes) {
  mistakes.add(at, fmt::format("{} is not available in this version", what));
}

std::vector<Key> listen_keys(Listen& listen, std::string& address) {
  return {string_key("address", address),
          strings_key("paths", listen.paths),
          string_key("health_path", listen.health_path),
          bool_key("tls", listen.tls),
          bool_key("allow_plain_http", listen.allow_plain_http),
          bool_key("proxy_protocol", listen.proxy_protocol),
          networks_key("trusted_proxies", listen.trusted_proxies)};
}

std::vector<Key> tls_keys(net::TlsOptions& tls) {
  std::vector<Key> keys{
      strings_key("certificate", tls.certificate), strings_key("private_key", tls.private_key),
      strings_key("ocsp_response", tls.ocsp_response), string_key("client_ca", tls.client_ca)};
  keys.push_back(choice_key(
      "minimum_version", {"1.2", "1.3"}, [&tls] { return tls.minimum_version == "1.3" ? 1U : 0U; },
      [&tls](std::size_t i) { tls.minimum_version = i == 1 ? "1.3" : "1.2"; }));
  keys.push_back(choice_key(
      "client_certificates", {"off", "optional", "required"},
      [&tls] { return static_cast<std::size_t>(tls.client_certificates); },
      [&tls](std::size_t i) { tls.client_certificates = static_cast<net::ClientCertificates>(i); }));
  return keys;
}

// The keys that [policy] and every realm have.
std::vector<Key> rules_keys(policy::Rules& rules) {
  auto show = [&rules] {
    std::vector<std::string> allowed;
    if (rules.as_req) allowed.emplace_back("as-req");
    if (rules.tgs_req) allowed.emplace_back("tgs-req");
    if (rules.kpasswd) allowed.emplace_back("kpasswd");
    return show_strings(allowed);
  };
  auto read = [&rules](const toml::node& node, Mistakes& mistakes) {
    std::vector<std::string> allowed;
    strings_key("allow", allowed).read(node, mistakes);
    const auto take = [&allowed](std::string_view name) { return std::erase(allowed, name) > 0; };
    rules.as_req = take("as-req");
    rules.tgs_req = take("tgs-req");
    rules.kpasswd = take("kpasswd");
    for (const auto& unknown : allowed) {
      mistakes.add(node, fmt::format("allow holds {}; \"as-req\", \"tgs-req\" and \"kpasswd\" are possible",
                                     show_string(unknown)));
    }
  };
  return {Key{"allow", read, show}, bool_key("allow_unarmored_password", rules.allow_unarmored_password),
          size_key("principal_failures", rules.principal_failures, 0, 10'000),
          size_key("client_failures", rules.client_failures, 0, 1'000'000),
          duration_key("failure_window", rules.failure_window, milliseconds(1000), 24 * one_hour)};
}

std::vector<Key> policy_keys(Config& config) {
  std::vector<Key> keys = rules_keys(config.rules);
  keys.push_back(choice_key(
      "on_malformed", {"refuse", "drop"}, [&config] { return config.drop_malformed ? 1U : 0U; },
      [&config](std::size_t i) { config.drop_malformed = i == 1; }));
  return keys;
}

std::vector<Key> limits_keys(Config& config) {
  http::Limits& http = config.http;
  net::ConnectionLimits& net = config.connections;
  exchange::Options& exchange = config.exchange;
  constexpr std::uint64_t kib = 1024, mib = kib * kib;
  return {
      size_key("max_header", http.max_header, 1 * kib, 64 * kib),
      size_key("max_fields", http.max_fields, 16, 1000),
      size_key("max_body", http.max_body, 4 * kib, 1 * mib),
      size_key("max_streams", http.max_streams, 1, 1000),
      size_key("max_requests", http.max_requests, 1, 1'000'000'000),
      size_key("control_budget", http.control_budget, 16, 1'000'000),
      size_key("max_output", http.max_output, 64 * kib, 64 * mib),
      duration_key("handshake_timeout", net.handshake_timeout, milliseconds(100), one_minute),
      duration_key("header_timeout", net.header_timeout, milliseconds(100), one_minute),
      duration_key("body_timeout", net.body_timeout, milliseconds(100), one_minute),
      duration_key("idle_timeout", net.idle_timeout, milliseconds(100), one_hour),
      duration_key("write_timeout", net.write_timeout, milliseconds(100), one_minute),
      size_key("max_connections", net.max_connections, 1, 10'000'000),
      size_key("max_in_flight", net.max_in_flight, 1, 10'000'000),
      size_key("client_connections", net.client.max_connections, 1, 10'000'000),
      size_key("client_connections_per_second", net.client.connections_per_second, 0, 1'000'000),
      size_key("client_connections_burst", net.client.connections_burst, 1, 10'000'000),
      size_key("client_requests_per_second", net.client.requests_per_second, 0, 1'000'000),
      size_key("client_requests_burst", net.client.requests_burst, 1, 10'000'000),
      networks_key("client_exempt", net.client.exempt),
      duration_key("hedge_delay", exchange.hedge_delay, one_ms, one_minute),
      duration_key("connect_timeout", exchange.connect_timeout, one_ms, one_minute),
      size_key("max_reply", exchange.max_reply, 4 * kib, 16 * mib),
      size_key("max_udp_request", exchange.max_udp_request, 0, 65507),
      size_key("max_udp_reply", exchange.max_udp_reply, 0, 65507),
      size_key("kdc_idle_connections", exchange.idle_connections, 0, 10'000),
      duration_key("kdc_idle_timeout", exchange.idle_timeout, milliseconds(100), one_hour),
      duration_key("drain_timeout", config.drain_timeout, milliseconds(100), one_hour),
  };
}

std::vector<Key> log_keys(telemetry::LogOptions& log) {
  using telemetry::Destination;
  std::vector<Key> keys;
  keys.push_back(choice_key(
      "format", {"text", "json"}, [&log] { return static_cast<std::size_t>(log.format); },
      [&log](std::size_t i) { log.format = static_cast<telemetry::Format>(i); }));
  keys.push_back(choice_key(
      "level", {"debug", "info", "warning", "error"}, [&log] { return static_cast<std::size_t>(log.level); },
      [&log](std::size_t i) { log.level = static_cast<telemetry::Level>(i); }));
  auto read = [&log](const toml::node& node, Mistakes& mistakes) {
    const auto text = node.value_exact<std::string>();
    if (text && *text == "stderr") {
      log.destination = Destination::standard_error;
    } else if (text && *text == "syslog") {
      log.destination = Destination::syslog;
    } else if (text && text->starts_with("file:/")) {
      log.destination = Destination::file;
      log.file = text->substr(5);
    } else {
      mistakes.add(node, "destination must be \"stderr\", \"syslog\" or \"file:/path\"");
    }
  };
  auto show = [&log] {
    if (log.destination == Destination::file) return show_string("file:" + log.file);
    return show_string(log.destination == Destination::syslog ? "syslog" : "stderr");
  };
  keys.push_back({"destination", read, show});
  return keys;
}

std::vector<Key> process_keys(FixedConfig& fixed) {
  return {size_key("workers", fixed.workers, 0, 1024), string_key("user", fixed.user)};
}

std::vector<Key> admin_keys(FixedConfig& fixed) {
  auto read = [&fixed](const toml::node& node, Mistakes& mistakes) {
    const auto text = node.value_exact<std::string>();
    fixed.admin_line = node.source().begin.line;
    if (text && text->empty()) {
      fixed.admin.reset();
    } else if (text && net::parse_listen_address(*text)) {
      fixed.admin = net::parse_listen_address(*text);
    } else {
      mistakes.add(
          node, "http must be a place to listen at: \"127.0.0.1:9464\", \"unix:/run/ferryman/admin.sock\"");
    }
  };
  auto show = [&fixed] { return show_string(fixed.admin ? net::to_string(*fixed.admin) : ""); };
  return {{"http", read, show}, bool_key("allow_plain_http", fixed.admin_allow_plain_http)};
}

std::vector<Key> dns_keys(FixedConfig& fixed) {
  return {strings_key("servers", fixed.dns_servers)};
}

// A realm's keys; source is filled while reading.
std::vector<Key> realm_keys(gateway::Realm& realm, locate::RealmSource& source, bool& discovery_given) {
  std::vector<Key> keys{strings_key("kdc", source.kdc),
                        strings_key("kpasswd", source.kpasswd),
                        string_key("dns_domain", source.dns_domain),
                        string_key("site", source.site),
                        string_key("krb5_conf", source.krb5_conf),
                        bool_key("dns_fallback", source.dns_fallback),
                        duration_key("deadline", realm.deadline, milliseconds(100), 5 * one_minute),
                        strings_key("dns_allow_networks", source.dns_allow_networks)};
  Key discovery = choice_key(
      "discovery", {"static", "dns", "krb5", "ad"},
      [&source] { return static_cast<std::size_t>(source.discovery); },
      [&source, &discovery_given](std::size_t i) {
        source.discovery = static_cast<locate::Discovery>(i);
        discovery_given = true;
      });
  discovery.read = [read = discovery.read, &discovery_given](const toml::node& node, Mistakes& mistakes) {
    const auto text = node.value_exact<std::string>();
    discovery_given = true;
    if (text && *text == "local") {
      not_yet(node, "discovery = " + show_string(*text), mistakes);
    } else {
      read(node, mistakes);
    }
  };
  keys.push_back(std::move(discovery));
  auto read_ports = [&source](const toml::node& node, Mistakes& mistakes) {
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
  auto show_ports = [&source] {
    if (source.dns_any_port) return std::string("\"any\"");
    std::string shown = "[";
    for (const auto port : source.dns_allow_ports)
      shown += (shown.size() > 1 ? ", " : "") + std::to_string(port);
    return shown + "]";
  };
  keys.push_back({"dns_allow_ports", read_ports, show_ports});
  for (Key& key : rules_keys(realm.rules)) keys.push_back(std::move(key));
  return keys;
}

// Reads one file into one Config.
class Loader {
 public:
  Loader(const std::string& file, LoadedConfig& out) : mistakes_(file), config_(out.config), out_(out) {}
  void load(const toml::table& root);
  Mistakes& mistakes() { return mistakes_; }

 private:
  void section(const toml::table& root, std::string_view name, const std::vector<Key>& keys);
  void read_listen(const toml::table& root);
  void read_one_listen(const toml::node& node);
  void read_realms(const toml::table& root);
  void read_realm(std::string_view name, const toml::node& node);
  void check_tls_section(const toml::table& root);
  void check_dns(const toml::table& root);
  void check_admin(const toml::table& root);
  void check_user(const toml::table& root);

  Mistakes mistakes_;
  Config& config_;
  LoadedConfig& out_;
  std::map<std::string, std::uint32_t> realm_lines_;
};

void Loader::section(const toml::table& root, std::string_view name, const std::vector<Key>& keys) {
  const toml::node* node = root.get(name);
  if (node == nullptr) return;
  if (const toml::table* table = node->as_table()) {
    read_table(*table, fmt::format("[{}]", name), keys, mistakes_);
  } else {
    mistakes_.add(*node, fmt::format("{} must be a table, [{}]", name, name));
  }
}

void Loader::read_one_listen(const toml::node& node) {
  const toml::table* table = node.as_table();
  if (table == nullptr) return mistakes_.add(node, "listen must be tables, [[listen]]");
  Listen listen;
  std::string text = "[::]:443";
  read_table(*table, "[[listen]]", listen_keys(listen, text), mistakes_);
  const toml::node* at = table->get("address");
  if (at == nullptr) at = &node;
  const auto address = net::parse_listen_address(text);
  if (!address) {
    return mistakes_.add(*at, fmt::format("address = {} is not a place to listen at; \"192.0.2.1:443\", "
                                          "\"[::]:443\" or \"unix:/run/ferryman/http.sock\" is",
                                          show_string(text)));
  }
  listen.address = *address;
  listen.line = at->source().begin.line;
  const bool local = address->host.empty() || boost::asio::ip::make_address(address->host).is_loopback();
  if (!listen.tls && !local && !listen.allow_plain_http) {
    mistakes_.add(*at,
                  "tls = false at an address that others reach; a loopback address, a unix socket, or "
                  "allow_plain_http = true would do");
  }
  if (listen.proxy_protocol && listen.trusted_proxies.empty() && address->path_name.empty()) {
    mistakes_.add(*at,
                  "proxy_protocol = true at an address that others reach; trusted_proxies = [\"192.0.2.1\"] "
                  "says whose word is taken");
  }
  if (!listen.proxy_protocol && !listen.trusted_proxies.empty()) {
    mistakes_.add(*at, "trusted_proxies without proxy_protocol = true has no meaning");
  }
  if (!listen.health_path.empty() && !listen.health_path.starts_with('/')) {
    mistakes_.add(
        *at, fmt::format("health_path = {} is no path; \"/healthz\" is", show_string(listen.health_path)));
  }
  if (!listen.health_path.empty() && gateway::any_same_path(listen.paths, listen.health_path)) {
    mistakes_.add(*at, fmt::format("health_path = {} is one of paths", show_string(listen.health_path)));
  }
  const auto same = [&](const Listen& other) { return other.address == listen.address; };
  if (std::any_of(config_.fixed.listen.begin(), config_.fixed.listen.end(), same)) {
    mistakes_.add(*at, fmt::format("address {} stands here twice", show_string(text)));
  }
  config_.fixed.listen.push_back(std::move(listen));
}

void Loader::read_listen(const toml::table& root) {
  const toml::node* node = root.get("listen");
  if (node == nullptr) {
    Listen listen;
    listen.address = *net::parse_listen_address("[::]:443");
    config_.fixed.listen.push_back(std::move(listen));
    return;
  }
  const toml::array* array = node->as_array();
  if (array == nullptr) return mistakes_.add(*node, "listen must be tables, [[listen]]");
  for (const auto& element : *array) read_one_listen(element);
}

void Loader::read_realm(std::string_view name, const toml::node& node) {
  const std::string where = fmt::format("[realms.{}]", show_string(name));
  const toml::table* table = node.as_table();
  if (table == nullptr) return mistakes_.add(node, fmt::format("a realm must be a table, {}", where));
  const std::uint32_t line = node.source().begin.line;
  const auto [other, added] = realm_lines_.emplace(lower(std::string(name)), line);
  if (!added) {
    return mistakes_.add(node,
                         fmt::format("realm {} is the same as that of line {}; case makes no difference",
                                     show_string(name), other->second));
  }
  if (!gateway::may_declare(name)) {
    return mistakes_.add(
        node, fmt::format("{} is no realm; \"EXAMPLE.COM\" or \"*.EXAMPLE.COM\" is", show_string(name)));
  }
  if (name == "*") {
    mistakes_.warn(
        node,
        "every realm that a client names is looked up in DNS; declaring those that are served is safer");
  }

  gateway::Realm realm;
  realm.name = name;
  realm.rules = config_.rules;
  auto source = std::make_shared<locate::RealmSource>();
  source->realm = name;
  source->dns_domain = lower(std::string(name));
  source->krb5_conf = "/etc/krb5.conf";
  bool discovery_given = false;
  const std::size_t before = mistakes_.mistakes.size();
  read_table(*table, where, realm_keys(realm, *source, discovery_given), mistakes_);
  if (!discovery_given && source->kdc.empty() && source->kpasswd.empty())
    source->discovery = locate::Discovery::dns;
  if (mistakes_.mistakes.size() == before) {
    if (source->discovery == locate::Discovery::static_list && source->kdc.empty() &&
        source->kpasswd.empty()) {
      mistakes_.add(node, fmt::format("{} has discovery = \"static\" but no kdc; kdc = [\"dc1.example.com\"] "
                                      "or discovery = \"dns\" would do",
                                      where));
    }
    for (const auto& mistake : locate::check(*source))
      mistakes_.add(node, fmt::format("{} {}", where, mistake));
  }
  realm.source = std::move(source);
  config_.realms.push_back(std::move(realm));
}

void Loader::read_realms(const toml::table& root) {
  const toml::node* node = root.get("realms");
  const toml::table* table = node != nullptr ? node->as_table() : nullptr;
  if (table == nullptr || table->empty()) {
    mistakes_.add_file(
        "no realm is declared; [realms.\"EXAMPLE.COM\"] with kdc = [\"dc1.example.com\"] would declare one");
    return;
  }
  // In the file's order, so that of two realms that differ in case alone the first is the first.
  std::vector<std::pair<std::string_view, const toml::node*>> realms;
  for (const auto& [name, realm] : *table) realms.emplace_back(name.str(), &realm);
  std::stable_sort(realms.begin(), realms.end(), [](const auto& a, const auto& b) {
    return a.second->source().begin.line < b.second->source().begin.line;
  });
  for (const auto& [name, realm] : realms) read_realm(name, *realm);
}

void Loader::check_tls_section(const toml::table& root) {
  const bool used = std::any_of(config_.fixed.listen.begin(), config_.fixed.listen.end(),
                                [](const Listen& listen) { return listen.tls; });
  const toml::node* node = root.get("tls");
  if (used && config_.tls.certificate.empty()) {
    constexpr const char* text =
        "a listener has TLS but [tls] names no certificate; certificate and private_key are needed, or tls = "
        "false in [[listen]]";
    node != nullptr ? mistakes_.add(*node, text) : mistakes_.add_file(text);
    return;
  }
  if (!used || node == nullptr) return;
  const TlsFindings findings = check_tls(config_.tls);
  const toml::node* at = node->as_table() != nullptr ? node->as_table()->get("certificate") : nullptr;
  for (const auto& mistake : findings.mistakes) mistakes_.add(at != nullptr ? *at : *node, mistake);
  for (const auto& warning : findings.warnings) mistakes_.warn(at != nullptr ? *at : *node, warning);
}

void Loader::check_dns(const toml::table& root) {
  for (const std::string& server : config_.fixed.dns_servers) {
    boost::system::error_code error;
    boost::asio::ip::make_address(server, error);
    if (!error ||
        (net::parse_listen_address(server) && server.front() != '*' && !server.starts_with("unix:")))
      continue;
    mistakes_.add(
        *root.at_path("dns.servers").node(),
        fmt::format("servers holds {}; \"192.0.2.53\", \"127.0.0.1:5353\" or \"[::1]:53\" is possible",
                    show_string(server)));
  }
}

// What it tells is for those who run the service.
void Loader::check_admin(const toml::table& root) {
  const auto& admin = config_.fixed.admin;
  if (!admin) return;
  const toml::node& at = *root.at_path("admin.http").node();
  const bool local = admin->host.empty() || boost::asio::ip::make_address(admin->host).is_loopback();
  if (!local && !config_.fixed.admin_allow_plain_http) {
    mistakes_.add(at,
                  "http is an address that others reach; a loopback address, a unix socket, or "
                  "allow_plain_http = true would do");
  }
  const auto same = [&](const Listen& listen) { return listen.address == *admin; };
  if (std::any_of(config_.fixed.listen.begin(), config_.fixed.listen.end(), same))
    mistakes_.add(at, "http is the address of a [[listen]]");
}

void Loader::check_user(const toml::table& root) {
  if (config_.fixed.user.empty() || ::getpwnam(config_.fixed.user.c_str()) != nullptr) return;
  const auto at = root.at_path("process.user");
  mistakes_.add(*at.node(),
                fmt::format("user {} does not exist on this system", show_string(config_.fixed.user)));
}

void Loader::load(const toml::table& root) {
  const auto ignore = [](const toml::node&, Mistakes&) {};
  const std::vector<Key> sections{{"listen", ignore, {}}, {"tls", ignore, {}},     {"realms", ignore, {}},
                                  {"policy", ignore, {}}, {"limits", ignore, {}},  {"dns", ignore, {}},
                                  {"log", ignore, {}},    {"process", ignore, {}}, {"admin", ignore, {}}};
  read_table(root, "the file", sections, mistakes_);
  read_listen(root);
  section(root, "tls", tls_keys(config_.tls));
  section(root, "policy", policy_keys(config_));
  section(root, "limits", limits_keys(config_));
  section(root, "dns", dns_keys(config_.fixed));
  section(root, "log", log_keys(config_.log));
  section(root, "process", process_keys(config_.fixed));
  section(root, "admin", admin_keys(config_.fixed));
  read_realms(root);
  check_tls_section(root);
  check_dns(root);
  check_admin(root);
  check_user(root);
  out_.mistakes = std::move(mistakes_.mistakes);
  out_.warnings = std::move(mistakes_.warnings);
  std::stable_sort(out_.mistakes.begin(), out_.mistakes.end(),
                   [](const ConfigMistake& a, const ConfigMistake& b) { return a.line < b.line; });
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
    Loader(file, loaded).load(root);
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
    text += "[[listen]]\n" + show(listen_keys(listen, address)) + "\n";
  }
  text += "[tls]\n" + show(tls_keys(copy.tls)) + "\n[policy]\n" + show(policy_keys(copy)) + "\n[limits]\n" +
          show(limits_keys(copy)) + "\n[dns]\n" + show(dns_keys(copy.fixed)) + "\n[log]\n" +
          show(log_keys(copy.log)) + "\n[process]\n" + show(process_keys(copy.fixed)) + "\n[admin]\n" +
          show(admin_keys(copy.fixed));
  for (gateway::Realm& realm : copy.realms) {
    locate::RealmSource source = *realm.source;
    bool given = false;
    text += fmt::format("\n[realms.{}]\n{}", show_string(realm.name), show(realm_keys(realm, source, given)));
  }
  return text;
}

}  // namespace ferryman
