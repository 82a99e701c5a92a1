#include "settings/listen.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <utility>

#include "gateway/paths.h"
#include "net/listen_socket.h"
#include "settings/networks_key.h"
#include "settings/sections.h"

namespace ferryman::settings {
namespace {

// What others reach needs TLS, and whose word about clients is taken.
void check_exposure(const Listen& listen, const toml::node& at, Mistakes& mistakes) {
  const net::ListenAddress& address = listen.address;
  const bool local = address.host.empty() || boost::asio::ip::make_address(address.host).is_loopback();
  if (!listen.tls && !local && !listen.allow_plain_http) {
    mistakes.add(at,
                 "tls = false at an address that others reach; a loopback address, a unix socket, or "
                 "allow_plain_http = true would do");
  }
  if (listen.proxy_protocol && listen.trusted_proxies.empty() && address.path_name.empty()) {
    mistakes.add(at,
                 "proxy_protocol = true at an address that others reach; trusted_proxies = [\"192.0.2.1\"] "
                 "says whose word is taken");
  }
  if (!listen.tls && listen.client_certificates) {
    mistakes.add(at,
                 "client_certificates without TLS has no meaning; what a proxy in front says of a client's "
                 "certificate is believed by nobody");
  }
  const bool forwarded = listen.client_address != net::ClientAddress::connection;
  if (listen.proxy_protocol && forwarded) {
    mistakes.add(at, "proxy_protocol = true and client_address both say who a client is; one of them goes");
  }
  if (forwarded && listen.trusted_proxies.empty() && address.path_name.empty()) {
    mistakes.add(
        at,
        "client_address is what a proxy says, and there is none whose word is taken; trusted_proxies = "
        "[\"192.0.2.1\"] would name it");
  }
  if (!listen.proxy_protocol && !forwarded && !listen.trusted_proxies.empty()) {
    mistakes.add(at, "trusted_proxies has no meaning without proxy_protocol = true or client_address");
  }
}

void check_health_path(const Listen& listen, const toml::node& at, Mistakes& mistakes) {
  if (!listen.health_path.empty() && !listen.health_path.starts_with('/')) {
    mistakes.add(
        at, fmt::format("health_path = {} is no path; \"/healthz\" is", show_string(listen.health_path)));
  }
  if (!listen.health_path.empty() && gateway::any_same_path(listen.paths, listen.health_path)) {
    mistakes.add(at, fmt::format("health_path = {} is one of paths", show_string(listen.health_path)));
  }
}

// Kerberos itself has neither TLS nor paths, and nothing in front of it can say whom it speaks for.
void check_kerberos(const Listen& listen, const toml::table& table, const toml::node& at,
                    Mistakes& mistakes) {
  for (const auto& [key, value] : table) {
    if (is_of_kerberos(key.str())) continue;
    mistakes.add(value, fmt::format("{} has no meaning with protocol = \"kerberos\"", key.str()));
  }
  if (!listen.address.path_name.empty()) {
    mistakes.add(
        at,
        "protocol = \"kerberos\" at a unix socket; clients come to an address by UDP and TCP, such as "
        "\"[::]:88\"");
  }
}

void read_one_listen(const toml::node& node, FixedConfig& fixed, Mistakes& mistakes) {
  const toml::table* table = node.as_table();
  if (table == nullptr) return mistakes.add(node, "listen must be tables, [[listen]]");
  Listen listen;
  std::string text = "[::]:443";
  read_table(*table, "[[listen]]", listen_keys(listen, text), mistakes);
  const bool kerberos = listen.protocol == Protocol::kerberos;
  if (kerberos) listen.tls = false;
  if (kerberos && !table->contains("address")) text = "[::]:88";
  const toml::node* at = table->get("address");
  if (at != nullptr && !at->is_string()) return;  // which has been told
  if (at == nullptr) at = &node;
  const auto address = net::parse_listen_address(text);
  if (!address) {
    return mistakes.add(*at, fmt::format("address = {} is not a place to listen at; \"192.0.2.1:443\", "
                                         "\"[::]:443\" or \"unix:/run/ferryman/http.sock\" is",
                                         show_string(text)));
  }
  listen.address = *address;
  listen.line = at->source().begin.line;
  if (kerberos) {
    check_kerberos(listen, *table, *at, mistakes);
  } else {
    check_exposure(listen, *at, mistakes);
    check_health_path(listen, *at, mistakes);
  }
  const auto same = [&](const Listen& other) { return other.address == listen.address; };
  if (std::any_of(fixed.listen.begin(), fixed.listen.end(), same)) {
    mistakes.add(*at, fmt::format("address {} stands here twice", show_string(text)));
  }
  fixed.listen.push_back(std::move(listen));
}

}  // namespace

bool is_of_kerberos(std::string_view key) {
  return key == "address" || key == "protocol";
}

std::vector<Key> listen_keys(Listen& listen, std::string& address) {
  Key protocol = choice_key(
      "protocol", {"http", "kerberos"}, [&listen] { return static_cast<std::size_t>(listen.protocol); },
      [&listen](std::size_t i) { listen.protocol = static_cast<Protocol>(i); });
  return {string_key("address", address),
          std::move(protocol),
          strings_key("paths", listen.paths),
          string_key("health_path", listen.health_path),
          bool_key("tls", listen.tls),
          bool_key("allow_plain_http", listen.allow_plain_http),
          bool_key("proxy_protocol", listen.proxy_protocol),
          networks_key("trusted_proxies", listen.trusted_proxies),
          bool_key("trace_headers", listen.trace_headers),
          choice_key(
              "client_address", {"connection", "x-forwarded-for", "forwarded"},
              [&listen] { return static_cast<std::size_t>(listen.client_address); },
              [&listen](std::size_t i) { listen.client_address = static_cast<net::ClientAddress>(i); }),
          client_certificates_key(
              [&listen] { return listen.client_certificates.value_or(net::ClientCertificates::off); },
              [&listen](net::ClientCertificates asked) { listen.client_certificates = asked; })};
}

void read_listen(const toml::table& root, FixedConfig& fixed, Mistakes& mistakes) {
  const toml::node* node = root.get("listen");
  if (node == nullptr) {
    Listen listen;
    listen.address = *net::parse_listen_address("[::]:443");
    fixed.listen.push_back(std::move(listen));
    return;
  }
  const toml::array* array = node->as_array();
  if (array == nullptr) return mistakes.add(*node, "listen must be tables, [[listen]]");
  for (const auto& element : *array) read_one_listen(element, fixed, mistakes);
}

}  // namespace ferryman::settings
