#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "ferrymand/openmetrics.h"
#include "ferrymand/status.h"
#include "net/server.h"

namespace ferryman {

// What the daemon tells of itself. metrics and alive call back once, perhaps later; what they are given never
// leaves the admin server's thread.
struct AdminPages {
  std::function<void(MetricsFormat, std::function<void(std::string)>)> metrics;
  std::function<void(std::function<void()>)> alive;  // once all workers have answered
  struct Ready {
    bool ready = true;  // to take new requests
    std::string text;
  };
  std::function<Ready()> ready;
  std::function<void(std::function<void(const Status&)>)> status;  // calls back once, perhaps later
  bool on_loopback = true;                                         // nothing but this host reaches it
};

// The HTTP server for those who run the service: /metrics, /healthz, /readyz, and a page of its status at /
// and as JSON at /status.json. On the main thread's event loop; GET and HEAD only, nothing that changes
// anything, no TLS. On loopback the status is shown under no name that a page of elsewhere can have.
class AdminServer : private net::RequestHandler {
 public:
  AdminServer(boost::asio::io_context& io, AdminPages pages);
  ~AdminServer() override;

  // Takes over a listening, non-blocking descriptor.
  void listen(int descriptor);

 private:
  void serve(net::CallPtr call, const http::Request& request) override;
  // For the Accept of who scrapes, and the Host of browsers.
  bool wants_fields(const net::Peer&, std::string_view path) const override;
  void serve_status(const net::CallPtr& call, const http::Request& request);
  void on_violation(const net::Peer&, http::Version, unsigned, std::string_view) override {}
  void on_handshake_failure(const net::Peer&, int, std::string_view) override {}
  void on_unused(const net::Peer&) override {}
  void on_exhausted(int) override {}

  AdminPages pages_;
  std::atomic<std::uint32_t> connections_{0};
  net::ClientTable clients_;
  net::Server server_;
};

}  // namespace ferryman
