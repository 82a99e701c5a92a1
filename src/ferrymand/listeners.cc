#include "ferrymand/listeners.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "ferrymand/socket_activation.h"
#include "net/listen_socket.h"

namespace ferryman {
namespace {

class Binder {
 public:
  Binder(const FixedConfig& config, unsigned workers) : config_(config), workers_(workers) {}
  BoundListeners run();

 private:
  bool adopt(std::size_t number, std::vector<InheritedSocket>& inherited);
  void add_datagrams(BoundListener& listener, std::vector<InheritedSocket>& inherited);
  void open(std::size_t number);
  std::optional<net::ListenAddress> ipv4_instead(const Listen& listen) const;
  bool open_ipv4_instead(std::size_t number);
  void take(std::size_t number, const net::ListenAddress& at, net::Listeners opened);
  void add_mistake(std::uint32_t line, std::string text) {
    bound_.mistakes.push_back({{}, line, 0, std::move(text)});
  }

  const FixedConfig& config_;
  const unsigned workers_;
  BoundListeners bound_;
};

BoundListeners Binder::run() {
  auto inherited = inherited_sockets();
  if (!inherited) {
    add_mistake(0, inherited.error());
    return std::move(bound_);
  }
  for (std::size_t i = 0; i < config_.listen.size() && bound_.mistakes.empty(); ++i) {
    const std::size_t before = bound_.listeners.size();
    if (!adopt(i, *inherited)) open(i);
    if (config_.listen[i].protocol == Protocol::kerberos && bound_.listeners.size() > before)
      add_datagrams(bound_.listeners.back(), *inherited);
  }
  if (!bound_.mistakes.empty()) return std::move(bound_);
  for (const InheritedSocket& left : *inherited) {
    add_mistake(0, fmt::format("a {}socket at {} was passed, but no [[listen]] {}has that address",
                               left.bound.datagrams ? "UDP " : "", net::to_string(left.bound.address),
                               left.bound.datagrams ? "with protocol = \"kerberos\" " : ""));
  }
  if (bound_.listeners.empty()) {
    const Listen& first = config_.listen.front();
    add_mistake(first.line,
                fmt::format("cannot listen at {}: this host has no IPv6, and no [[listen]] is left",
                            net::to_string(first.address)));
  }
  return std::move(bound_);
}

bool Binder::adopt(std::size_t number, std::vector<InheritedSocket>& inherited) {
  const Listen& listen = config_.listen[number];
  // Of ListenStream=443 systemd makes a socket of IPv4 where there is no IPv6.
  const auto ipv4 = ipv4_instead(listen);
  const auto passed = std::find_if(inherited.begin(), inherited.end(), [&](const InheritedSocket& s) {
    const net::ListenAddress& at = s.bound.address;
    return !s.bound.datagrams && (at == listen.address || (at == ipv4 && !net::has_ipv6()));
  });
  if (passed == inherited.end()) return false;
  auto adopted = net::adopt_listener(passed->descriptor, workers_);
  const net::ListenAddress at = passed->bound.address;
  inherited.erase(passed);
  if (adopted) {
    take(number, at, {std::move(*adopted)});
  } else {
    add_mistake(listen.line, adopted.error());
  }
  return true;
}

// UDP where TCP is.
void Binder::add_datagrams(BoundListener& listener, std::vector<InheritedSocket>& inherited) {
  const std::uint32_t line = config_.listen[listener.listen].line;
  const auto passed = std::find_if(inherited.begin(), inherited.end(), [&](const InheritedSocket& s) {
    return s.bound.datagrams && s.bound.address == listener.at;
  });
  if (passed != inherited.end()) {
    auto adopted = net::adopt_listener(passed->descriptor, workers_);
    inherited.erase(passed);
    if (!adopted) return add_mistake(line, adopted.error());
    listener.datagrams = std::move(*adopted);
    return;
  }
  auto opened = net::open_datagram_sockets(listener.at, workers_);
  if (!opened) return add_mistake(line, opened.error().text);
  listener.datagrams = std::move(opened->descriptors);
}

void Binder::open(std::size_t number) {
  const Listen& listen = config_.listen[number];
  auto opened = net::open_listeners(listen.address, workers_);
  if (opened) {
    take(number, listen.address, std::move(*opened));
  } else if (!opened.error().no_such_family) {
    add_mistake(listen.line, opened.error().text);
  } else if (!open_ipv4_instead(number)) {
    bound_.remarks.push_back({"this host has no IPv6, so that address is not served", listen.address});
  }
}

// [::] means every address, those of IPv4 as well, unless these have a [[listen]] of their own.
std::optional<net::ListenAddress> Binder::ipv4_instead(const Listen& listen) const {
  if (listen.address.host != "::") return std::nullopt;
  const net::ListenAddress ipv4{"0.0.0.0", listen.address.port, {}};
  const auto same = [&](const Listen& other) { return other.address == ipv4; };
  if (std::any_of(config_.listen.begin(), config_.listen.end(), same)) return std::nullopt;
  return ipv4;
}

bool Binder::open_ipv4_instead(std::size_t number) {
  const Listen& listen = config_.listen[number];
  const auto ipv4 = ipv4_instead(listen);
  if (!ipv4) return false;
  auto opened = net::open_listeners(*ipv4, workers_);
  if (!opened) {
    add_mistake(listen.line, opened.error().text);
    return true;
  }
  bound_.remarks.push_back({"this host has no IPv6, so IPv4 alone is served", listen.address});
  take(number, *ipv4, std::move(*opened));
  return true;
}

void Binder::take(std::size_t number, const net::ListenAddress& at, net::Listeners opened) {
  if (!opened.assigned) bound_.remarks.push_back({"this host does not have that address yet", at});
  bound_.listeners.push_back({number, at, std::move(opened.descriptors), {}, opened.assigned});
}

}  // namespace

BoundListeners bind_listeners(const FixedConfig& config, unsigned workers) {
  return Binder(config, workers).run();
}

}  // namespace ferryman
