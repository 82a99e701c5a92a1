#include "probe/proxy.h"

namespace ferryman::probe {

tl::expected<void, std::string> Proxy::resolve(const std::optional<HostPort>& connect) {
  auto found = probe::resolve(connect.value_or(HostPort{target_.host, target_.port}), within(connect_time));
  if (!found) return tl::unexpected(found.error());
  addresses_ = std::move(*found);
  return {};
}

tl::expected<Link, std::string> Proxy::connect() {
  auto link = Link::connect(addresses_, within(connect_time));
  if (link) addresses_.assign(1, link->address());  // the others have their turn only until one has answered
  return link;
}

tl::expected<void, std::string> Proxy::handshake(Link& link, const TlsChoice& choice) {
  return link.handshake(context_.get(), target_, choice, within(connect_time));
}

tl::expected<Link, std::string> Proxy::open(const TlsChoice& choice) {
  auto link = connect();
  if (!link || !target_.tls) return link;
  if (auto done = handshake(*link, choice); !done) return tl::unexpected(done.error());
  return link;
}

HttpAnswer Proxy::ask(const HttpRequest& request, std::chrono::milliseconds time) {
  reused_ = kept_.has_value();
  HttpAnswer answer;
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!kept_) {
      TlsChoice choice;
      choice.alpn = alpn_http1;
      auto link = open(choice);
      if (!link) {
        answer.trouble = link.error();
        return answer;
      }
      kept_ = std::move(*link);
    }
    answer = exchange(*kept_, target_, request, within(time));
    // A server may close what it has kept whenever it likes: then the question is asked again.
    const bool was_closed = reused_ && !answer.reply.anything() && answer.end != End::timed_out;
    if (!answer.complete() || !answer.reply.keep_alive() || answer.end != End::none ||
        answer.reply.surplus() > 0)
      kept_.reset();
    if (!was_closed) break;
    reused_ = false;
  }
  return answer;
}

}  // namespace ferryman::probe
