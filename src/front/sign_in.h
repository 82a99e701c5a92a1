#pragma once

#include <cstdint>
#include <string_view>

#include "gateway/gateway.h"
#include "net/request_handler.h"

namespace ferryman::front {

// What the requests of one worker share. All outlive them.
struct SignInWorker {
  gateway::Gateway& gateway;
  gateway::Shared& shared;
  std::uint32_t& in_work;
};

// Passes an HTTP request on to ferryman-realm and its answer back. The limits of the KDC proxy hold here as
// well; each request ends in one event. tenant: that the path names.
void begin_sign_in(const SignInWorker& worker, net::CallPtr call, const http::Request& request,
                   std::string_view tenant);

}  // namespace ferryman::front
