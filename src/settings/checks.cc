#include "settings/checks.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/un.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <initializer_list>
#include <string>

#include "net/listen_socket.h"
#include "settings/config_tls.h"

namespace ferryman::settings {
namespace {

// Of those that have TLS.
bool any_listener_asks(const Config& config, std::initializer_list<net::ClientCertificates> in_one_of) {
  return std::any_of(config.fixed.listen.begin(), config.fixed.listen.end(), [&](const Listen& listen) {
    const auto asked = client_certificates(listen, config.tls);
    return listen.tls && std::find(in_one_of.begin(), in_one_of.end(), asked) != in_one_of.end();
  });
}

bool verifies_clients(const Config& config) {
  return any_listener_asks(config, {net::ClientCertificates::optional, net::ClientCertificates::required});
}

void check_tls_section(const toml::table& root, const Config& config, Mistakes& mistakes) {
  const bool used = std::any_of(config.fixed.listen.begin(), config.fixed.listen.end(),
                                [](const Listen& listen) { return listen.tls; });
  const toml::node* node = root.get("tls");
  if (used && config.tls.certificate.empty()) {
    constexpr const char* text =
        "a listener has TLS but [tls] names no certificate; certificate and private_key are needed, or tls = "
        "false in [[listen]]";
    node != nullptr ? mistakes.add(*node, text) : mistakes.add_file(text);
    return;
  }
  if (!used || node == nullptr) return;
  const TlsFindings findings = check_tls(config.tls, verifies_clients(config));
  const toml::node* at = node->as_table() != nullptr ? node->as_table()->get("certificate") : nullptr;
  for (const auto& mistake : findings.mistakes) mistakes.add(at != nullptr ? *at : *node, mistake);
  for (const auto& warning : findings.warnings) mistakes.warn(at != nullptr ? *at : *node, warning);
}

// Certificates that are passed on: to somebody, and nobody takes them for verified.
void check_passed_certificates(const toml::table& root, const Config& config, Mistakes& mistakes) {
  if (!any_listener_asks(config, {net::ClientCertificates::pass})) return;
  const toml::node* const client_ca = root.at_path("tls.client_ca").node();
  if (client_ca != nullptr && !config.tls.client_ca.empty() && !verifies_clients(config)) {
    mistakes.add(*client_ca,
                 "client_ca has no meaning with client_certificates = \"pass\", which verifies nothing; "
                 "\"optional\" and \"required\" do");
  }
  if (config.local) return;
  const auto check = [&mistakes](const toml::table* table) {
    const toml::node* const asked = table != nullptr ? table->get("client_certificates") : nullptr;
    if (asked == nullptr || asked->value_exact<std::string>() != "pass") return;
    mistakes.add(*asked,
                 "client_certificates = \"pass\" hands certificates on to ferryman-realm, and there is none; "
                 "[local] says where it is");
  };
  check(root["tls"].as_table());
  if (const toml::array* const listeners = root["listen"].as_array()) {
    for (const toml::node& node : *listeners) check(node.as_table());
  }
}

void check_dns(const toml::table& root, const Config& config, Mistakes& mistakes) {
  for (const std::string& server : config.fixed.dns_servers) {
    boost::system::error_code error;
    boost::asio::ip::make_address(server, error);
    if (!error ||
        (net::parse_listen_address(server) && server.front() != '*' && !server.starts_with("unix:")))
      continue;
    mistakes.add(
        *root.at_path("dns.servers").node(),
        fmt::format("servers holds {}; \"192.0.2.53\", \"127.0.0.1:5353\" or \"[::1]:53\" is possible",
                    show_string(server)));
  }
}

// What it tells is for those who run the service.
void check_admin(const toml::table& root, const Config& config, Mistakes& mistakes) {
  const auto& admin = config.fixed.admin;
  if (!admin) return;
  const toml::node& at = *root.at_path("admin.http").node();
  const bool local = admin->host.empty() || boost::asio::ip::make_address(admin->host).is_loopback();
  if (!local && !config.fixed.admin_allow_plain_http) {
    mistakes.add(at,
                 "http is an address that others reach; a loopback address, a unix socket, or "
                 "allow_plain_http = true would do");
  }
  const auto same = [&](const Listen& listen) { return listen.address == *admin; };
  if (std::any_of(config.fixed.listen.begin(), config.fixed.listen.end(), same))
    mistakes.add(at, "http is the address of a [[listen]]");
}

// It is for who looks for a fault, and is forgotten there.
void check_key_log(const toml::table& root, const Config& config, Mistakes& mistakes) {
  if (config.tls.key_log.empty()) return;
  const toml::node& at = *root.at_path("tls.key_log").node();
  if (!config.tls.key_log.starts_with('/')) {
    mistakes.add(at, fmt::format("key_log = {} is no absolute path", show_string(config.tls.key_log)));
  } else {
    mistakes.warn(at,
                  "key_log has the secrets of all connections written to a file: who reads it reads them");
  }
}

void check_admin_socket(const toml::table& root, const Config& config, Mistakes& mistakes) {
  const FixedConfig& fixed = config.fixed;
  if (!fixed.admin_group.empty() && ::getgrnam(fixed.admin_group.c_str()) == nullptr) {
    mistakes.add(*root.at_path("admin.socket_group").node(),
                 fmt::format("group {} does not exist on this system", show_string(fixed.admin_group)));
  }
  if (fixed.admin_socket.empty()) return;
  const toml::node& at = *root.at_path("admin.socket").node();
  constexpr std::size_t most = sizeof(sockaddr_un::sun_path) - 1;
  if (!fixed.admin_socket.starts_with('/') || fixed.admin_socket.size() > most) {
    mistakes.add(at, fmt::format("socket = {} is no absolute path of at most {} octets",
                                 show_string(fixed.admin_socket), most));
  }
  if (fixed.admin && fixed.admin->path_name == fixed.admin_socket)
    mistakes.add(at, "socket is where http is");
}

// Whom it would serve.
void check_kerberos_listeners(const toml::table& root, const Config& config, Mistakes& mistakes) {
  const bool any_local = std::any_of(config.realms.begin(), config.realms.end(),
                                     [](const gateway::Realm& realm) { return realm.is_local(); });
  const toml::array* const listeners = root["listen"].as_array();
  if (any_local || listeners == nullptr) return;
  for (const toml::node& node : *listeners) {
    const toml::table* const table = node.as_table();
    const toml::node* const protocol = table != nullptr ? table->get("protocol") : nullptr;
    if (protocol == nullptr || protocol->value_exact<std::string>() != "kerberos") continue;
    mistakes.add(*protocol,
                 "protocol = \"kerberos\" serves realms of ferryman-realm, and none is declared; "
                 "[realms.\"EXAMPLE.COM\"] with discovery = \"local\" would declare one");
  }
}

void check_user(const toml::table& root, const Config& config, Mistakes& mistakes) {
  if (config.fixed.user.empty() || ::getpwnam(config.fixed.user.c_str()) != nullptr) return;
  const auto at = root.at_path("process.user");
  mistakes.add(*at.node(),
               fmt::format("user {} does not exist on this system", show_string(config.fixed.user)));
}

}  // namespace

void check(const toml::table& root, const Config& config, Mistakes& mistakes) {
  check_tls_section(root, config, mistakes);
  check_passed_certificates(root, config, mistakes);
  check_dns(root, config, mistakes);
  check_admin(root, config, mistakes);
  check_admin_socket(root, config, mistakes);
  check_key_log(root, config, mistakes);
  check_kerberos_listeners(root, config, mistakes);
  check_user(root, config, mistakes);
}

}  // namespace ferryman::settings
