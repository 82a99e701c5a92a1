#include "ferrymand/admin.h"

#include <algorithm>
#include <utility>

#include "ferrymand/host.h"
#include "ferrymand/status_json.h"
#include "ferrymand/status_page.h"

namespace ferryman {
namespace {

void respond(net::Call& call, unsigned status, std::string_view text, std::string_view type = "text/plain") {
  http::Response response;
  response.status = status;
  response.content_type = type;
  response.body = as_bytes(text);
  if (status == 405) response.allow = "GET, HEAD";
  call.respond(response);
}

// What a browser needs to know of what it shows.
void respond_to_browser(net::Call& call, std::string_view type, std::string_view text) {
  const std::vector<local::HttpResponse::OwnedField> fields{
      {"Content-Security-Policy", std::string(status_policy)},
      {"Cache-Control", "no-store"},
      {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", "DENY"},
      {"Referrer-Policy", "no-referrer"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"}};
  http::Response response;
  response.content_type = type;
  response.body = as_bytes(text);
  response.fields = fields;
  call.respond(response);
}

// A client that says no host is no browser.
bool may_see_status(const http::Request& request) {
  const auto host = std::find_if(request.fields.begin(), request.fields.end(),
                                 [](const local::Field& field) { return field.name == "host"; });
  return host == request.fields.end() || is_host_of_loopback(host->value);
}

// Several fields of one name are one list (RFC 9110 5.3).
std::string accept_of(const http::Request& request) {
  std::string accept;
  for (const local::Field& field : request.fields)
    if (field.name == "accept") accept.append(accept.empty() ? "" : ",").append(field.value);
  return accept;
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
    const MetricsFormat format = preferred_format(accept_of(request));
    pages_.metrics(
        format, [call, format](const std::string& text) { respond(*call, 200, text, content_type(format)); });
  } else if (path == "/healthz") {
    // The workers answer: a process that hangs is not healthy.
    pages_.alive([call] { respond(*call, 200, "ok\n"); });
  } else if (path == "/readyz") {
    const AdminPages::Ready state = pages_.ready();
    respond(*call, state.ready ? 200 : 503, state.text);
  } else if (path == "/" || path == "/status.json") {
    serve_status(call, request);
  } else if (path == "/status.css") {
    respond_to_browser(*call, "text/css; charset=utf-8", status_style);
  } else if (path == "/status.js") {
    respond_to_browser(*call, "text/javascript; charset=utf-8", status_script);
  } else {
    respond(*call, 404, "Not found; /, /status.json, /metrics, /healthz and /readyz are served here.\n");
  }
}

bool AdminServer::wants_fields(const net::Peer&, std::string_view path) const {
  return path == "/" || path == "/status.json" || path == "/metrics";
}

void AdminServer::serve_status(const net::CallPtr& call, const http::Request& request) {
  if (pages_.on_loopback && !may_see_status(request))
    return respond(*call, 403, "The status is served at this host's address and at localhost only.\n");
  pages_.status([call, as_json = request.path != "/"](const Status& status) {
    as_json ? respond_to_browser(*call, "application/json", status_json(status))
            : respond_to_browser(*call, "text/html; charset=utf-8", status_page(status));
  });
}

}  // namespace ferryman
