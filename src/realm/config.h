#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "account/policy.h"
#include "config/mistake.h"
#include "directory/host_aliases.h"
#include "realm/master_key.h"
#include "realm/public_key_settings.h"
#include "signin/sign_in.h"
#include "telemetry/log.h"

namespace ferryman::realm {

// The table [service] but for drain_timeout.
struct ServiceConfig {
  std::string front = "/run/ferryman-realm/front.sock";  // ferrymand's requests come here
  std::string front_user = "ferryman";                   // who may connect; root and the own user always may
  std::string admin = "/run/ferryman-realm/admin.sock";  // administration
  std::string admin_group = "ferryman-admin";            // whose members may, besides root and the own user
  std::string sync;                                      // synchronisation with an AD alone; empty: none
  std::string sync_user = "ferryman-sync";               // who may, besides root and the own user
  unsigned threads = 8;                                  // that carry out requests
  std::size_t max_connections = 64;                      // more wait in the kernel's queue
  std::size_t max_queue = 1024;  // requests that wait for a thread; more are refused as busy

  friend bool operator==(const ServiceConfig&, const ServiceConfig&) = default;
};

// What can only be set at start. A reload that changes it says so and goes on with the old.
struct FixedConfig {
  ServiceConfig service;
  std::string database = "/var/lib/ferryman-realm/realm.db";  // as directory::check_location() has it
  std::string master_key{default_master_key};
  std::vector<std::string> spn_aliases = directory::default_host_aliases();  // HOST stands for these

  friend bool operator==(const FixedConfig&, const FixedConfig&) = default;
};

// realm.toml.
struct Config {
  FixedConfig fixed;
  std::string name;               // [realm]: the realm of each tenant that is made without a name of its own
  signin::Settings sign_in;       // [realm] url and default_tenant, [sign_in]
  std::string attestation_roots;  // [sign_in]: the file of those in it; empty: none
  account::Policy policy;         // [kdc], [password]
  PublicKeySettings public_keys;  // [pkinit]
  std::string logon_anchors, logon_crls;  // [pkinit]: their files; empty: none
  bool crl_required = false;
  KdcCertificateFiles kdc_certificate;
  telemetry::LogOptions log{.ident = "ferryman-realm"};
  std::chrono::milliseconds drain_timeout{30'000};
};

struct LoadedConfig {
  Config config;
  std::vector<ConfigMistake> mistakes;  // empty: config is valid
};

// Whether front_user has to exist. A process that is confined cannot ask the system's databases any more.
enum class Users : std::uint8_t { looked_up, not_looked_up };

// Reads the file and checks everything that can be checked without serving: syntax, unknown keys, types,
// ranges, names.
LoadedConfig load_config(const std::string& file, Users users);

// The same of a text; file is its name in mistakes.
LoadedConfig parse_config(std::string_view text, const std::string& file, Users users);

// The effective configuration as TOML, defaults included, for --show-config.
std::string to_toml(const Config& config);

}  // namespace ferryman::realm
