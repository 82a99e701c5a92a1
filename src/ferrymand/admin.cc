#include "ferrymand/admin.h"

#include <utility>

namespace ferryman {
namespace {

constexpr std::string_view metrics_type = "text/plain; version=0.0.4; charset=utf-8";

void respond(net::Call& call, unsigned status, std::string_view text, std::string_view type = "text/plain") {
  http::Response response;
  response.status = status;
  response.content_type = type;
  response.body = as_bytes(text);
  if (status == 405) response.allow = "GET, HEAD";
  call.respond(response);
}

}  // namespace

AdminServer::AdminServer(boost::asio::io_context& io, AdminPages pages)
    : pages_(std::move(pages)), server_(io, *this, connections_, clients_) {
  auto config = std::make_shared<net::ConnectionConfig>();
  constexpr std::uint32_t few = 64;
  config->limits.max_connections = few;
  server_.configure(std::move(config));
}

AdminServer::~AdminServer() = default;

void AdminServer::listen(int descriptor) {
  net::ListenerOptions options;
  options.tls = false;
  server_.listen(descriptor, std::move(options));
}

void AdminServer::serve(net::CallPtr call, const http::Request& request) {
  const std::string_view path = request.path;
  if (request.method != "GET" && request.method != "HEAD") {
    respond(*call, 405, "Only GET is served here.\n");
  } else if (path == "/metrics") {
    pages_.metrics([call](const std::string& text) { respond(*call, 200, text, metrics_type); });
  } else if (path == "/healthz") {
    // The workers answer: a process that hangs is not healthy.
    pages_.alive([call] { respond(*call, 200, "ok\n"); });
  } else if (path == "/readyz") {
    const AdminPages::Ready state = pages_.ready();
    respond(*call, state.ready ? 200 : 503, state.text);
  } else {
    respond(*call, 404, "Not found; /metrics, /healthz and /readyz are served here.\n");
  }
}

}  // namespace ferryman
