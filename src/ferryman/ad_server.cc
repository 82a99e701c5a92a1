#include "ferryman/ad_server.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <utility>

#include "ad/names.h"
#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_prompt.h"
#include "ferryman/realm_service.h"
#include "ferryman/secret_input.h"
#include "ferryman/srv_lookup.h"

namespace ferryman {
namespace {

constexpr std::size_t worth_a_try = 4;

int exit_code_of(ad::Reason reason) {
  switch (reason) {
    case ad::Reason::not_reachable:
      return exit_not_reachable;
    case ad::Reason::wrong_credentials:
    case ad::Reason::no_rights:
    case ad::Reason::read_only:
    case ad::Reason::unwilling:
      return exit_refused;
    default:
      return exit_failed;
  }
}

tl::expected<Secret, int> password_of(const AdServerOptions& options) {
  if (options.password_stdin) return read_password();
  if (!can_ask())
    return tl::unexpected(tell(exit_usage, "there is no terminal to ask for a password",
                               "Write it to standard input, and say --password-stdin."));
  auto password = ask_hidden("Password of " + printable(options.bind_name));
  if (!password || password->empty()) return tl::unexpected(tell(exit_failed, "no password"));
  return std::move(*password);
}

tl::expected<ad::Endpoint, int> endpoint_of(const AdServerOptions& options) {
  ad::Endpoint endpoint;
  endpoint.ca_file = options.ca_file;
  if (options.bind_name.empty()) {
    if (options.starttls || options.password_stdin || !options.ca_file.empty())
      return tl::unexpected(tell(exit_usage, "--starttls, --ca and --password-stdin go with --bind-name",
                                 "Without it the ticket of \"kinit\" is used, and needs none of them."));
    return endpoint;
  }
  endpoint.protection =
      options.starttls ? ad::Endpoint::Protection::starttls : ad::Endpoint::Protection::ldaps;
  endpoint.bind_name = options.bind_name;
  auto password = password_of(options);
  if (!password) return tl::unexpected(password.error());
  endpoint.password = std::move(*password);
  return endpoint;
}

// What DNS says of a domain's controllers.
struct Servers {
  std::vector<std::string> hosts;
  std::string outside;  // one that is named, and is not within the domain
  bool failed = false;  // there was no answer
};

// The PDC emulator, then the others. Nobody has signed an answer of DNS, and whoever makes one up would be
// sent the administrator's ticket or password: it names hosts of the domain's alone.
Servers ask_dns(const std::string& domain) {
  Servers servers;
  for (const char* role : {"pdc", "dc"}) {
    if (servers.failed) break;
    const SrvAnswer answer = look_up_srv(fmt::format("_ldap._tcp.{}._msdcs.{}", role, domain));
    servers.failed = answer.failed;
    std::vector<std::string>& hosts = servers.hosts;
    for (const discovery::SrvRecord& record : answer.records) {
      if (!ad::is_host_of(record.target, domain))
        servers.outside = record.target;
      else if (hosts.size() < worth_a_try &&
               std::find(hosts.begin(), hosts.end(), record.target) == hosts.end())
        hosts.push_back(record.target);
    }
  }
  return servers;
}

tl::expected<std::vector<std::string>, int> find_servers(const std::string& domain) {
  const Servers servers = ask_dns(domain);
  const std::string name = printable(domain);
  if (!servers.hosts.empty()) return servers.hosts;
  if (!servers.outside.empty())
    return tl::unexpected(
        tell(exit_refused,
             fmt::format("DNS names {} as a domain controller of {}, which is no host of that "
                         "domain: nothing is sent there",
                         printable(servers.outside), name),
             "Where that is right, name it with --server."));
  if (servers.failed)
    return tl::unexpected(tell(
        exit_not_reachable, fmt::format("DNS does not say which domain controllers {} has: no answer", name),
        "Name one with --server."));
  return tl::unexpected(
      tell(exit_not_reachable, fmt::format("DNS knows no domain controller of {}", name),
           fmt::format("\"_ldap._tcp.dc._msdcs.{}\" has no SRV record here: forward the domain to its DNS "
                       "servers, or name a domain controller with --server.",
                       name)));
}

}  // namespace

std::vector<std::string> controllers_of(const std::string& domain) {
  return ask_dns(domain).hosts;
}

int tell_failure(const ad::Failure& failure) {
  return tell(exit_code_of(failure.reason), harmless(failure.text), failure.next);
}

void add_ad_server_options(CLI::App& app, AdServerOptions& options) {
  app.add_option("--server", options.server,
                 "A domain controller, by its full DNS name; by default as DNS says")
      ->type_name("HOST");
  app.add_option("--bind-name", options.bind_name,
                 "Who asks, as a UPN or DN, with a password, over TLS; by default whose ticket there is")
      ->type_name("NAME");
  app.add_flag("--password-stdin", options.password_stdin, "The password is the only line of standard input");
  app.add_flag("--starttls", options.starttls, "TLS begins on port 389, instead of LDAPS on 636");
  app.add_option("--ca", options.ca_file,
                 "PEM: who certifies the domain controllers; by default the system's")
      ->type_name("FILE");
}

tl::expected<AdServer, int> open_domain(const std::string& domain, const AdServerOptions& options) {
  auto endpoint = endpoint_of(options);
  if (!endpoint) return tl::unexpected(endpoint.error());
  std::vector<std::string> hosts{options.server};
  if (options.server.empty()) {
    auto found = find_servers(domain);
    if (!found) return tl::unexpected(found.error());
    hosts = std::move(*found);
  }
  std::optional<ad::Failure> first;
  for (const std::string& host : hosts) {
    endpoint->host = host;
    auto connection = ad::Connection::open(*endpoint);
    if (connection) return AdServer{std::move(*endpoint), std::move(*connection)};
    if (!first) first = connection.error();
    if (connection.error().reason != ad::Reason::not_reachable) break;
  }
  return tl::unexpected(tell_failure(*first));
}

}  // namespace ferryman
