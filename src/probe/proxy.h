#pragma once

#include <optional>

#include "probe/http_exchange.h"
#include "probe/link.h"

namespace ferryman::probe {

// The proxy that is probed: how to reach it, and the connection that is kept. Everything ends with the
// deadline for the whole.
class Proxy {
 public:
  Proxy(Target target, SslPointer<SSL_CTX> context, Deadline deadline)
      : target_(std::move(target)), context_(std::move(context)), deadline_(deadline) {}

  const Target& target() const { return target_; }
  bool time_left() const { return Clock::now() < deadline_; }
  // The end of a step that may take so long.
  Deadline within(std::chrono::milliseconds time) const { return std::min(deadline_, Clock::now() + time); }

  // connect: where to go instead of the target's host.
  tl::expected<void, std::string> resolve(const std::optional<HostPort>& connect);
  tl::expected<Link, std::string> connect();
  tl::expected<void, std::string> handshake(Link& link, const TlsChoice& choice);
  // Both of them.
  tl::expected<Link, std::string> open(const TlsChoice& choice);

  // Over HTTP/1.1, on the kept connection as long as it lasts.
  HttpAnswer ask(const HttpRequest& request, std::chrono::milliseconds time);
  // Whether the last answer came over a connection that had carried one before.
  bool reused() const { return reused_; }
  bool is_kept() const { return kept_.has_value(); }
  // The kept connection, which has carried an answer; null when there is none.
  Link* kept() { return kept_ ? &*kept_ : nullptr; }

 private:
  Target target_;
  SslPointer<SSL_CTX> context_;
  Deadline deadline_;
  std::vector<Address> addresses_;
  std::optional<Link> kept_;
  bool reused_ = false;
};

inline constexpr std::chrono::milliseconds connect_time{5000}, refusal_time{3000};
// A KDC's answer: longer than the 10 s after which MIT's client goes elsewhere is no use.
inline constexpr std::chrono::milliseconds answer_time{10000};

}  // namespace ferryman::probe
