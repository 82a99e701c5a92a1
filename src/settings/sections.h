#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "config/reader.h"
#include "settings/config.h"

namespace ferryman::settings {

// Reads one table of ferryman.toml by its keys, if it is there.
void read_section(const toml::table& root, std::string_view name, const std::vector<Key>& keys,
                  Mistakes& mistakes);

// client_certificates, which stands in [tls] and in [[listen]].
Key client_certificates_key(const std::function<net::ClientCertificates()>& get,
                            const std::function<void(net::ClientCertificates)>& set);

// The keys of ferryman.toml's plain tables, with their ranges. What they refer to must outlive the list.
std::vector<Key> tls_keys(net::TlsOptions& tls);
std::vector<Key> rules_keys(policy::Rules& rules);  // that [policy] and every realm have
std::vector<Key> policy_keys(Config& config);
std::vector<Key> limits_keys(Config& config);
std::vector<Key> dns_keys(FixedConfig& fixed);
std::vector<Key> log_keys(telemetry::LogOptions& log);
std::vector<Key> process_keys(FixedConfig& fixed);
std::vector<Key> admin_keys(FixedConfig& fixed);

}  // namespace ferryman::settings
