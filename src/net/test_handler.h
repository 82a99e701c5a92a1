#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/request_handler.h"

namespace ferryman::net {

// Keeps the calls, in the order in which they came, and what else it was told of.
struct Keeper : RequestHandler {
  void serve(CallPtr call, const http::Request&) override { calls.push_back(std::move(call)); }
  void on_violation(const Peer&, http::Version, unsigned, std::string_view reason) override {
    violations.emplace_back(reason);
  }
  void on_handshake_failure(const Peer&, int, std::string_view) override {}
  void on_unused(const Peer&) override { ++unused; }
  void on_exhausted(int) override {}

  std::vector<CallPtr> calls;
  std::vector<std::string> violations;
  unsigned unused = 0;
};

}  // namespace ferryman::net
