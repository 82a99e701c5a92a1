#pragma once

#include <cstdint>

#include "gateway/gateway.h"
#include "net/request_handler.h"

namespace ferryman::front {

// Which service a request is for, on one worker: the KDC proxy at its listener's paths, and where there is a
// ferryman-realm, its tenants' KDCs and the sign-in. Whatever else comes is the gateway's to answer.
class Front final : public net::RequestHandler {
 public:
  // Both outlive it.
  Front(gateway::Gateway& gateway, gateway::Shared& shared) : gateway_(gateway), shared_(shared) {}

  void serve(net::CallPtr call, const http::Request& request) override;
  bool wants_fields(const net::Peer& peer, std::string_view path) const override;
  void on_violation(const net::Peer& peer, http::Version version, unsigned status,
                    std::string_view reason) override {
    gateway_.on_violation(peer, version, status, reason);
  }
  void on_handshake(const net::Peer& peer, bool resumed) override { gateway_.on_handshake(peer, resumed); }
  void on_handshake_failure(const net::Peer& peer, int code, std::string_view reason) override {
    gateway_.on_handshake_failure(peer, code, reason);
  }
  void on_unused(const net::Peer& peer) override { gateway_.on_unused(peer); }
  void on_unnamed_client(const net::Peer& peer) override { gateway_.on_unnamed_client(peer); }
  void on_exhausted(int cause) override { gateway_.on_exhausted(cause); }

  // Requests under way on this worker, those of the gateway included.
  std::uint32_t in_work() const { return sign_ins_ + gateway_.in_work(); }

 private:
  gateway::Gateway& gateway_;
  gateway::Shared& shared_;
  std::uint32_t sign_ins_ = 0;
};

}  // namespace ferryman::front
