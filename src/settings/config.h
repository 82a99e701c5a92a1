#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/mistake.h"
#include "exchange/exchanger.h"
#include "exchange/realm_caller.h"
#include "gateway/realm.h"
#include "http/session.h"
#include "net/forwarded.h"
#include "net/options.h"
#include "policy/policy.h"
#include "telemetry/log.h"

namespace ferryman {

enum class Protocol : std::uint8_t {
  http,
  kerberos,  // by itself, over UDP and TCP
};

struct Listen {
  net::ListenAddress address;
  Protocol protocol = Protocol::http;  // kerberos: of what follows nothing has a meaning
  std::vector<std::string> paths = {"/KdcProxy", "/kkdcp"};  // compared without case
  std::string health_path;                                   // empty: none
  bool tls = true;
  bool allow_plain_http = false;
  bool proxy_protocol = false;
  std::vector<net::Network> trusted_proxies;
  net::ClientAddress client_address = net::ClientAddress::connection;
  std::optional<net::ClientCertificates> client_certificates;  // nothing: as [tls] says
  bool trace_headers = false;
  std::uint32_t line = 0;  // of the file, for a mistake that shows when binding; no part of the comparison

  friend bool operator==(const Listen& a, const Listen& b) {
    return a.address == b.address && a.protocol == b.protocol && a.paths == b.paths &&
           a.health_path == b.health_path && a.tls == b.tls && a.proxy_protocol == b.proxy_protocol &&
           a.trusted_proxies == b.trusted_proxies && a.client_address == b.client_address &&
           a.client_certificates == b.client_certificates && a.trace_headers == b.trace_headers;
  }
};

// How a listener with TLS asks for client certificates.
inline net::ClientCertificates client_certificates(const Listen& listen, const net::TlsOptions& tls) {
  return listen.client_certificates.value_or(tls.client_certificates);
}

// What can only be set at start. A reload that changes it says so and goes on with the old.
struct FixedConfig {
  std::vector<Listen> listen;
  unsigned workers = 0;  // 0: one for each usable processor
  std::string user;      // to become after binding and reading keys; empty: stay
  std::vector<std::string> dns_servers;
  std::optional<net::ListenAddress> admin;  // [admin] http
  std::string admin_socket;                 // [admin] socket: its path; empty: none
  std::string admin_group;                  // [admin] socket_group; empty: none
  bool admin_allow_plain_http = false;
  std::uint32_t admin_line = 0;

  friend bool operator==(const FixedConfig& a, const FixedConfig& b) {
    return a.listen == b.listen && a.workers == b.workers && a.user == b.user &&
           a.dns_servers == b.dns_servers && a.admin == b.admin && a.admin_socket == b.admin_socket &&
           a.admin_group == b.admin_group;
  }
};

// What a reload replaces whole.
struct Config {
  FixedConfig fixed;
  net::TlsOptions tls;
  std::vector<gateway::Realm> realms;
  http::Limits http;
  net::ConnectionLimits connections;
  exchange::Options exchange;
  std::optional<exchange::RealmAddress> local;  // [local]: where ferryman-realm is
  telemetry::LogOptions log;
  std::chrono::milliseconds drain_timeout{30000};
  policy::Rules rules;                // [policy]: what a realm begins with; its own are in realms
  bool drop_malformed = false;        // [policy] on_malformed = "drop"
  std::size_t max_udp_answer = 1400;  // of gateway::Settings
};

struct LoadedConfig {
  Config config;
  std::vector<ConfigMistake> mistakes;  // empty: config is valid
  std::vector<ConfigMistake> warnings;  // worth saying, but it serves (an expired certificate, ...)
};

// Reads the file, and checks everything that can be checked without binding or asking the network: syntax,
// unknown keys (with the nearest known one), types, ranges, duplicate realms (without case), that key and
// certificate files exist, can be read, belong together and have not expired.
LoadedConfig load_config(const std::string& file);

// The same of a text; file is its name in mistakes.
LoadedConfig parse_config(std::string_view text, const std::string& file);

// The effective configuration as TOML, defaults included, for --show-config.
std::string to_toml(const Config& config);

}  // namespace ferryman
