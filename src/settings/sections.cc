#include "settings/sections.h"

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <string_view>

#include "net/listen_socket.h"
#include "settings/networks_key.h"

namespace ferryman::settings {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds one_ms{1}, one_minute{60'000}, one_hour{3'600'000};

}  // namespace

void read_section(const toml::table& root, std::string_view name, const std::vector<Key>& keys,
                  Mistakes& mistakes) {
  const toml::node* node = root.get(name);
  if (node == nullptr) return;
  if (const toml::table* table = node->as_table()) {
    read_table(*table, fmt::format("[{}]", name), keys, mistakes);
  } else {
    mistakes.add(*node, fmt::format("{} must be a table, [{}]", name, name));
  }
}

Key client_certificates_key(const std::function<net::ClientCertificates()>& get,
                            const std::function<void(net::ClientCertificates)>& set) {
  return choice_key(
      "client_certificates", {"off", "optional", "required", "pass"},
      [get] { return static_cast<std::size_t>(get()); },
      [set](std::size_t i) { set(static_cast<net::ClientCertificates>(i)); });
}

std::vector<Key> tls_keys(net::TlsOptions& tls) {
  std::vector<Key> keys{strings_key("certificate", tls.certificate),
                        strings_key("private_key", tls.private_key),
                        strings_key("ocsp_response", tls.ocsp_response),
                        string_key("client_ca", tls.client_ca), string_key("key_log", tls.key_log)};
  keys.push_back(choice_key(
      "minimum_version", {"1.2", "1.3"}, [&tls] { return tls.minimum_version == "1.3" ? 1U : 0U; },
      [&tls](std::size_t i) { tls.minimum_version = i == 1 ? "1.3" : "1.2"; }));
  keys.push_back(
      client_certificates_key([&tls] { return tls.client_certificates; },
                              [&tls](net::ClientCertificates asked) { tls.client_certificates = asked; }));
  return keys;
}

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
      size_key("max_udp_answer", config.max_udp_answer, 512, 65507),
      size_key("kdc_idle_connections", exchange.idle_connections, 0, 10'000),
      duration_key("kdc_idle_timeout", exchange.idle_timeout, milliseconds(100), one_hour),
      duration_key("drain_timeout", config.drain_timeout, milliseconds(100), one_hour),
  };
}

std::vector<Key> log_keys(telemetry::LogOptions& log) {
  std::vector<Key> keys;
  keys.push_back(choice_key(
      "format", {"text", "json", "ecs"}, [&log] { return static_cast<std::size_t>(log.format); },
      [&log](std::size_t i) { log.format = static_cast<telemetry::Format>(i); }));
  keys.push_back(choice_key(
      "level", {"debug", "info", "warning", "error"}, [&log] { return static_cast<std::size_t>(log.level); },
      [&log](std::size_t i) { log.level = static_cast<telemetry::Level>(i); }));
  auto read = [&log](const toml::node& node, Mistakes& mistakes) {
    const auto text = node.value_exact<std::string>();
    if (text && telemetry::set_destination(log, *text)) return;
    mistakes.add(
        node, "destination must be \"stderr\", \"syslog\", \"journal\", \"journal:/path\" or \"file:/path\"");
  };
  keys.push_back({"destination", read, [&log] { return show_string(telemetry::destination_name(log)); }});
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
          node, "http must be a place to listen at: \"127.0.0.1:9464\", \"unix:/run/ferryman/metrics.sock\"");
    }
  };
  auto show = [&fixed] { return show_string(fixed.admin ? net::to_string(*fixed.admin) : ""); };
  return {{"http", read, show},
          bool_key("allow_plain_http", fixed.admin_allow_plain_http),
          string_key("socket", fixed.admin_socket),
          string_key("socket_group", fixed.admin_group)};
}

std::vector<Key> dns_keys(FixedConfig& fixed) {
  return {strings_key("servers", fixed.dns_servers)};
}

}  // namespace ferryman::settings
