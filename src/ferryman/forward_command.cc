#include "ferryman/forward_command.h"

#include <fmt/format.h>
#include <sys/syslog.h>
#include <systemd/sd-daemon.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/text.h"
#include "ferryman/client_options.h"
#include "ferryman/exit_codes.h"
#include "ferryman/forward_krb5_conf.h"
#include "ferryman/forward_signed_in.h"
#include "ferryman/forwarder.h"
#include "net/network.h"

namespace ferryman {
namespace {

namespace asio = boost::asio;
constexpr int exit_cannot_listen = 1, most_port = 65535;
constexpr const char* not_loopback =
    "not a loopback address; whoever reaches a forwarder uses the gateways as if it were this host. "
    "--allow-remote permits it";

constexpr const char* footer =
    "Point a realm at it in krb5.conf: kdc = 127.0.0.1:88, kpasswd_server = 127.0.0.1:464; --system and "
    "--krb5-conf\n"
    "write these lines. SIGHUP reads client.toml again; SIGTERM answers what is under way and ends.\n"
    "Exit codes: 0 ended by a signal, 1 cannot listen, 2 wrong usage or configuration.\n"
    "See ferryman(1).";

struct ForwardOptions {
  ClientOptions client;
  std::vector<std::string> realms, addresses{"127.0.0.1", "::1"};
  std::uint16_t port = 88, kpasswd_port = 464;
  bool direct_first = false, quiet = false, signed_in = false, allow_remote = false, system = false;
  std::vector<std::string> allow_networks;
  std::string krb5_conf;
};

int wrong(const std::string& text, int code = exit_usage) {
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    fmt::print(stderr, "ferryman forward: {}\n", text.substr(begin, end - begin));
    begin = end + 1;
  }
  return code;
}

void tell(forward::Listener::Opened opened, const std::string& address, std::uint16_t port) {
  if (opened == forward::Listener::Opened::later)
    say(LOG_WARNING,
        fmt::format("{} port {}: the host does not have the address now; it is served when it comes", address,
                    port));
  if (opened == forward::Listener::Opened::never)
    say(LOG_WARNING,
        fmt::format("{} port {}: not served, the kernel knows no such addresses", address, port));
}

void warn_of_strangers(const asio::ip::address& address, std::uint16_t port) {
  if (address.is_loopback()) return;
  say(LOG_WARNING,
      fmt::format("{} port {}: whoever reaches it may use the gateways as this host; let a firewall "
                  "admit those who are meant",
                  address.to_string(), port));
}

tl::expected<void, std::string> adopt(const ForwardOptions& options, forward::Listener& listener,
                                      int sockets) {
  for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + sockets; ++fd) {
    const auto bound = listener.adopt(fd);
    if (!bound) return tl::unexpected(bound.error());
    const std::string address = bound->address.to_string();
    if (!bound->address.is_loopback() && !options.allow_remote)
      return tl::unexpected(
          fmt::format("the passed socket at {} port {}: {}", address, bound->port, not_loopback));
    warn_of_strangers(bound->address, bound->port);
  }
  return {};
}

tl::expected<void, std::string> listen(const ForwardOptions& options, forward::Listener& listener) {
  if (const int sockets = ::sd_listen_fds(1); sockets > 0) return adopt(options, listener, sockets);
  bool serves = false;
  for (const auto& text : options.addresses) {
    const auto address = asio::ip::make_address(text);
    // Which of the two a message is for is seen by the message: one port may be both.
    for (const auto port : std::set{options.port, options.kpasswd_port}) {
      if (port == 0) continue;
      const auto opened = listener.open(address, port);
      if (!opened) return tl::unexpected(opened.error());
      tell(*opened, text, port);
      warn_of_strangers(address, port);
      serves = serves || *opened != forward::Listener::Opened::never;
    }
  }
  if (!serves) return tl::unexpected(std::string("there is nothing to listen at"));
  return {};
}

forward::RelayOptions relay_options(const ForwardOptions& options) {
  forward::RelayOptions relay;
  relay.direct_first = options.direct_first;
  relay.dns_servers = options.client.dns_servers;
  relay.dns_allow_networks = options.allow_networks;
  return relay;
}

tl::expected<void, std::string> check(const ForwardOptions& options) {
  for (const auto& text : options.addresses) {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(text, error);
    if (error) return tl::unexpected(fmt::format("--listen {}: not an IP address", text));
    if (!address.is_loopback() && !options.allow_remote)
      return tl::unexpected(fmt::format("--listen {}: {}", text, not_loopback));
  }
  for (const auto& network : options.allow_networks)
    if (!net::Network::parse(network))
      return tl::unexpected(fmt::format("--allow-network {}: not a network", network));
  for (const auto& realm : options.realms)
    if (realm.empty() || realm.find_first_of(" \t\n{}=#") != std::string::npos)
      return tl::unexpected(fmt::format("--realm {}: not a realm's name", printable(realm)));
  if (options.port == 0 && options.kpasswd_port == 0)
    return tl::unexpected(std::string("--port and --kpasswd-port are both 0: there is nothing to listen at"));
  if ((!options.krb5_conf.empty() || options.system) && options.realms.empty())
    return tl::unexpected(fmt::format("{} needs --realm: it is written for the realms that are named",
                                      options.system ? "--system" : "--krb5-conf"));
  return {};
}

// As programs of this host reach it.
ForwardedRealms forwarded_realms(const ForwardOptions& options) {
  auto address = asio::ip::make_address(options.addresses.front());
  if (address.is_unspecified())
    address = address.is_v6() ? asio::ip::address(asio::ip::address_v6::loopback())
                              : asio::ip::address(asio::ip::address_v4::loopback());
  const std::string host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
  return {options.realms, host, options.port, options.kpasswd_port};
}

int run_forward(const ForwardOptions& options) {
  if (options.signed_in) return forward_signed_in(options.client, options.quiet);
  if (const auto checked = check(options); !checked) return wrong(checked.error());
  if (options.system) return lead_system(forwarded_realms(options));
  const auto client_options = load_client_options(options.client);
  if (!client_options) return wrong(client_options.error());
  Forwarder forwarder(relay_options(options), options.quiet);
  if (const auto used = forwarder.use({{options.realms, *client_options}}); !used) return wrong(used.error());
  if (const auto listening = listen(options, forwarder.listener()); !listening)
    return wrong(listening.error(), exit_cannot_listen);
  if (!options.krb5_conf.empty()) {
    const auto written = write_krb5_conf(options.krb5_conf, forwarded_realms(options));
    if (!written) return wrong(written.error());
  }
  forwarder.run([&]() -> tl::expected<void, std::string> {
    const auto again = load_client_options(options.client);
    if (!again) return tl::unexpected(again.error());
    return forwarder.use({{options.realms, *again}});
  });
  return exit_ok;
}

}  // namespace

void add_forward_command(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<ForwardOptions>();
  auto& forward = *options;
  auto* command = app.add_subcommand(
      "forward", "Be a KDC on loopback that passes messages on through a gateway, for any Kerberos program");
  command->add_option("-r,--realm", forward.realms, "Realm to serve; may be repeated. Default: every one")
      ->type_name("REALM");
  command->add_option("--listen", forward.addresses, "Loopback address to listen at; may be repeated")
      ->type_name("ADDRESS")
      ->capture_default_str();
  command->add_flag("--allow-remote", forward.allow_remote,
                    "Other addresses as well: whoever reaches them uses the gateways as this host");
  command->add_option("-p,--port", forward.port, "UDP and TCP port of the KDC; 0: none")
      ->check(CLI::Range(0, most_port))
      ->capture_default_str();
  command->add_option("--kpasswd-port", forward.kpasswd_port, "The same for password changes; 0: none")
      ->check(CLI::Range(0, most_port))
      ->capture_default_str();
  command
      ->add_option(
          "--krb5-conf", forward.krb5_conf,
          "Write the krb5.conf lines that point the realms here, for an include; - is standard output")
      ->type_name("FILE");
  command
      ->add_flag("--system", forward.system,
                 "Have /etc/krb5.conf include these lines, and end: for ferryman-forward.service; as root")
      ->excludes("--krb5-conf");
  command->add_flag("--direct-first", forward.direct_first,
                    "Ask KDCs that DNS names before a gateway, as Windows does");
  command
      ->add_option("--allow-network", forward.allow_networks,
                   "--direct-first: network that DNS may point at although it is loopback or link-local")
      ->type_name("CIDR");
  auto* signed_in = command->add_flag(
      "--signed-in", forward.signed_in,
      "Serve the realms that you are signed in to (ferryman-login(1)), at a port of 127.0.0.1 that is free");
  command->add_flag("-q,--quiet", forward.quiet, "Tell of messages without an answer only");
  add_client_options(*command, forward.client);
  for (const char* other :
       {"--realm", "--listen", "--allow-remote", "--port", "--kpasswd-port", "--krb5-conf", "--system",
        "--direct-first", "--allow-network", "--gateway", "--ca-file", "--dns", "--no-dns"})
    signed_in->excludes(command->get_option(other));
  command->footer(footer);
  command->callback([options, &run] { run = [options] { return run_forward(*options); }; });
}

}  // namespace ferryman
