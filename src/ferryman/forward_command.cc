#include "ferryman/forward_command.h"

#include <fmt/format.h>
#include <sys/syslog.h>
#include <systemd/sd-daemon.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "ferryman/client_options.h"
#include "ferryman/exit_codes.h"
#include "forward/krb5_snippet.h"
#include "forward/listener.h"
#include "forward/relay.h"
#include "net/network.h"

namespace ferryman {
namespace {

namespace asio = boost::asio;
constexpr int exit_cannot_listen = 1;

constexpr const char* footer =
    "Point a realm at it in krb5.conf: kdc = 127.0.0.1:88, kpasswd_server = 127.0.0.1:464; --krb5-conf "
    "writes\n"
    "these lines. SIGHUP reads client.toml again; SIGTERM answers what is under way and ends.\n"
    "Exit codes: 0 ended by a signal, 1 cannot listen, 2 wrong usage or configuration.\n"
    "See ferryman(1).";

struct ForwardOptions {
  ClientOptions client;
  std::vector<std::string> realms, addresses{"127.0.0.1", "::1"};
  std::uint16_t port = 88, kpasswd_port = 464;
  bool direct_first = false, quiet = false;
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

// A line for the journal or a terminal; levels are syslog's.
void say(int level, const std::string& text) {
  static const bool journal = std::getenv("JOURNAL_STREAM") != nullptr;
  fmt::print(stderr, "{}{}\n", journal ? fmt::format("<{}>", level) : "", text);
}

void say(const forward::RelayEvent& event) {
  say(event.answered ? LOG_INFO : LOG_WARNING,
      fmt::format("{} for {}: {}{}, {} ms", event.type, printable(event.realm), printable(event.result),
                  event.to.empty() ? "" : " from " + printable(event.to), event.took.count()));
}

// One run of the command, from listening to the end of the last message.
class Forwarder {
 public:
  explicit Forwarder(const ForwardOptions& options)
      : options_(options),
        relay_(io_, relay_options(options),
               [this](const forward::RelayEvent& event) {
                 if (!options_.quiet || !event.answered) say(event);
               }),
        listener_(std::make_shared<forward::Listener>(io_, relay_)),
        signals_(io_, SIGTERM, SIGINT, SIGHUP),
        drain_(io_) {}

  tl::expected<void, std::string> use(const client::Options& options) try {
    relay_.set_client(options);
    drain_time_ = options.deadline;
    return {};
  } catch (const std::exception& error) {
    return tl::unexpected(std::string(error.what()));
  }

  tl::expected<void, std::string> listen();
  int run();

 private:
  static forward::RelayOptions relay_options(const ForwardOptions& options) {
    forward::RelayOptions relay;
    relay.realms = options.realms;
    relay.direct_first = options.direct_first;
    relay.dns_servers = options.client.dns_servers;
    relay.dns_allow_networks = options.allow_networks;
    return relay;
  }
  static void tell(forward::Listener::Opened opened, const std::string& address, std::uint16_t port);
  void on_signal(int signal);
  void reload();
  void drain();
  void wait_for_signal();

  const ForwardOptions& options_;
  asio::io_context io_{1};
  forward::Relay relay_;
  std::shared_ptr<forward::Listener> listener_;
  asio::signal_set signals_;
  asio::steady_timer drain_;
  std::chrono::milliseconds drain_time_{0};
  std::chrono::steady_clock::time_point drain_end_;
};

tl::expected<void, std::string> Forwarder::listen() {
  const int inherited = ::sd_listen_fds(1);
  for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + inherited; ++fd)
    if (auto adopted = listener_->adopt(fd); !adopted) return adopted;
  if (inherited > 0) return {};
  bool serves = false;
  for (const auto& text : options_.addresses) {
    const auto address = asio::ip::make_address(text);
    for (const auto port : {options_.port, options_.kpasswd_port}) {
      if (port == 0) continue;
      const auto opened = listener_->open(address, port);
      if (!opened) return tl::unexpected(opened.error());
      tell(*opened, text, port);
      serves = serves || *opened != forward::Listener::Opened::never;
    }
  }
  if (!serves) return tl::unexpected(std::string("there is nothing to listen at"));
  return {};
}

void Forwarder::tell(forward::Listener::Opened opened, const std::string& address, std::uint16_t port) {
  if (opened == forward::Listener::Opened::later)
    say(LOG_WARNING,
        fmt::format("{} port {}: the host does not have the address now; it is served when it comes", address,
                    port));
  if (opened == forward::Listener::Opened::never)
    say(LOG_WARNING,
        fmt::format("{} port {}: not served, the kernel knows no such addresses", address, port));
}

void Forwarder::wait_for_signal() {
  signals_.async_wait([this](boost::system::error_code error, int signal) {
    if (!error) on_signal(signal);
  });
}

void Forwarder::on_signal(int signal) {
  if (signal == SIGHUP) {
    reload();
    return wait_for_signal();
  }
  ::sd_notify(0, "STOPPING=1");
  listener_->close();
  drain_end_ = std::chrono::steady_clock::now() + drain_time_;
  drain();
}

void Forwarder::reload() {
  ::sd_notify(0, "RELOADING=1");
  const auto options = load_client_options(options_.client);
  const auto used = options ? use(*options) : tl::unexpected(options.error());
  say(used ? LOG_NOTICE : LOG_ERR, used ? "reloaded" : "not reloaded: " + used.error());
  ::sd_notify(0, "READY=1");
}

void Forwarder::drain() {
  if (relay_.pending() == 0 || std::chrono::steady_clock::now() > drain_end_) {
    // One more round for answers that are being written.
    drain_.expires_after(std::chrono::milliseconds(20));
    drain_.async_wait([this](boost::system::error_code) { io_.stop(); });
    return;
  }
  drain_.expires_after(std::chrono::milliseconds(10));
  drain_.async_wait([this](boost::system::error_code) { drain(); });
}

int Forwarder::run() {
  wait_for_signal();
  ::sd_notify(0, "READY=1");
  io_.run();
  return exit_ok;
}

tl::expected<void, std::string> check(const ForwardOptions& options) {
  for (const auto& text : options.addresses) {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(text, error);
    if (error) return tl::unexpected(fmt::format("--listen {}: not an IP address", text));
    if (!address.is_loopback())
      return tl::unexpected(
          fmt::format("--listen {}: not a loopback address; whoever reaches a forwarder could ask your KDCs "
                      "as if it were this host",
                      text));
  }
  for (const auto& network : options.allow_networks)
    if (!net::Network::parse(network))
      return tl::unexpected(fmt::format("--allow-network {}: not a network", network));
  for (const auto& realm : options.realms)
    if (realm.empty() || realm.find_first_of(" \t\n{}=#") != std::string::npos)
      return tl::unexpected(fmt::format("--realm {}: not a realm's name", printable(realm)));
  if (options.port == 0 && options.kpasswd_port == 0)
    return tl::unexpected(std::string("--port and --kpasswd-port are both 0: there is nothing to listen at"));
  if (!options.krb5_conf.empty() && options.realms.empty())
    return tl::unexpected(
        std::string("--krb5-conf needs --realm: it is written for the realms that are named"));
  return {};
}

int run_forward(const ForwardOptions& options) {
  if (const auto checked = check(options); !checked) return wrong(checked.error());
  const auto client_options = load_client_options(options.client);
  if (!client_options) return wrong(client_options.error());
  Forwarder forwarder(options);
  if (const auto used = forwarder.use(*client_options); !used) return wrong(used.error());
  if (const auto listening = forwarder.listen(); !listening)
    return wrong(listening.error(), exit_cannot_listen);
  if (!options.krb5_conf.empty()) {
    const auto address = asio::ip::make_address(options.addresses.front());
    const std::string host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
    const auto written = forward::write_whole(
        options.krb5_conf, forward::krb5_snippet(options.realms, host, options.port, options.kpasswd_port));
    if (!written) return wrong(written.error());
  }
  return forwarder.run();
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
  command->add_option("-p,--port", forward.port, "UDP and TCP port of the KDC; 0: none")
      ->capture_default_str();
  command->add_option("--kpasswd-port", forward.kpasswd_port, "The same for password changes; 0: none")
      ->capture_default_str();
  command
      ->add_option("--krb5-conf", forward.krb5_conf,
                   "Write the krb5.conf lines that point the realms here; - is standard output")
      ->type_name("FILE");
  command->add_flag("--direct-first", forward.direct_first,
                    "Ask KDCs that DNS names before a gateway, as Windows does");
  command
      ->add_option("--allow-network", forward.allow_networks,
                   "--direct-first: network that DNS may point at although it is loopback or link-local")
      ->type_name("CIDR");
  command->add_flag("-q,--quiet", forward.quiet, "Tell of messages without an answer only");
  add_client_options(*command, forward.client);
  command->footer(footer);
  command->callback([options, &run] { run = [options] { return run_forward(*options); }; });
}

}  // namespace ferryman
