#include "ferryman/forward_signed_in.h"

#include <fmt/format.h>
#include <sys/syslog.h>
#include <unistd.h>

#include <boost/asio/ip/address_v4.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ferryman/exit_codes.h"
#include "ferryman/forwarder.h"
#include "ferryman/forwarder_socket.h"
#include "ferryman/sign_in_command.h"
#include "login/session.h"

namespace ferryman {
namespace {

using Done = tl::expected<void, std::string>;

constexpr char command_name[] = "forward";
// Below those that the kernel gives out for connections. A user's is the same each time, unless it is taken.
constexpr unsigned first_port = 21'000, ports = 10'000, most_tries = 64;

class SignedInForwarder {
 public:
  SignedInForwarder(const ClientOptions& client, std::string state_path, bool quiet)
      : client_(client), state_path_(std::move(state_path)), forwarder_({}, quiet) {}

  Done start();
  void run();

 private:
  Done listen();
  Done reload();
  tl::expected<std::vector<login::RealmConfig>, std::string> signed_in() const;
  Done use(const std::vector<login::RealmConfig>& realms);
  ForwarderState state() const;

  const ClientOptions& client_;
  std::string state_path_;
  Forwarder forwarder_;
  std::optional<ForwarderSocket> socket_;
  std::uint16_t port_ = 0;
  bool own_user_only_ = false;
  std::vector<login::RealmConfig> realms_;
};

Done SignedInForwarder::listen() {
  Done opened;
  for (unsigned i = 0; i < most_tries; ++i) {
    const auto port = static_cast<std::uint16_t>(first_port + (::geteuid() + i) % ports);
    const auto listens = forwarder_.listener().open(boost::asio::ip::address_v4::loopback(), port);
    if (listens) {
      port_ = port;
      return {};
    }
    opened = tl::unexpected(listens.error());
  }
  return opened;
}

tl::expected<std::vector<login::RealmConfig>, std::string> SignedInForwarder::signed_in() const {
  const auto accounts = login::Accounts::find(state_path_);
  if (!accounts) return tl::unexpected(accounts.error().text);
  return *accounts ? login::realms_of(**accounts) : std::vector<login::RealmConfig>();
}

Done SignedInForwarder::use(const std::vector<login::RealmConfig>& realms) {
  const auto options = load_client_options(client_);
  if (!options) return tl::unexpected(options.error());
  std::vector<forward::Relay::Route> routes;
  for (const login::RealmConfig& realm : realms) {
    forward::Relay::Route route{{realm.realm}, *options};
    route.options.gateways.clear();
    if (auto added = route.options.add_gateway(realm.realm, realm.kdc_url); !added) return added;
    route.options.krb5_conf.clear();
    route.options.dns = false;
    route.options.ca_file = realm.ca_file;
    routes.push_back(std::move(route));
  }
  if (auto used = forwarder_.use(routes); !used) return used;
  if (const auto written = login::write_forward_config(state_path_, realms, port_); !written)
    return tl::unexpected(written.error().text);
  realms_ = realms;
  return {};
}

Done SignedInForwarder::reload() {
  const auto realms = signed_in();
  if (!realms) return tl::unexpected(realms.error());
  if (!realms->empty()) return use(*realms);
  say(LOG_NOTICE, "nobody is signed in any more");
  realms_.clear();
  socket_->close();
  forwarder_.stop();
  return {};
}

Done SignedInForwarder::start() {
  const auto realms = signed_in();
  if (!realms) return tl::unexpected(realms.error());
  if (realms->empty())
    return tl::unexpected(std::string("nobody is signed in to a realm: \"ferryman login\" first"));
  auto socket = ForwarderSocket::open(forwarder_.io(), state_path_);
  if (!socket) return tl::unexpected(socket.error());
  socket_.emplace(std::move(*socket));
  auto users = forward::PeerUsers::open();
  own_user_only_ = users.has_value();
  if (users) {
    forwarder_.listener().serve_own_user(std::move(*users));
  } else {
    say(LOG_WARNING, fmt::format("every user of this host is served: the kernel does not tell who asks, {}",
                                 users.error()));
  }
  if (auto listens = listen(); !listens) return listens;
  return use(*realms);
}

ForwarderState SignedInForwarder::state() const {
  ForwarderState state{fmt::format("127.0.0.1:{}", port_), own_user_only_, {}, forwarder_.last_error()};
  for (const login::RealmConfig& realm : realms_) state.realms.push_back({realm.realm, realm.kdc_url});
  return state;
}

void SignedInForwarder::run() {
  const ForwarderSocket::Answer answer = [this](ForwarderWord word) {
    const Done done = word == ForwarderWord::reload ? reload() : Done();
    if (!done) say(LOG_ERR, "not reloaded: " + done.error());
    return state();
  };
  socket_->serve(answer);
  forwarder_.run([this] { return reload(); });
}

}  // namespace

int forward_signed_in(const ClientOptions& client, bool quiet) {
  const auto path = login::default_state_path();
  if (!path) return complain(command_name, path.error());
  SignedInForwarder forwarder(client, *path, quiet);
  if (const auto started = forwarder.start(); !started)
    return complain(command_name, exit_failed, started.error());
  forwarder.run();
  return exit_ok;
}

}  // namespace ferryman
