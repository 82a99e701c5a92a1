#pragma once

#include <sys/socket.h>

#include <chrono>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "probe/url.h"

namespace ferryman::probe {

using Clock = std::chrono::steady_clock;
using Deadline = Clock::time_point;

std::chrono::microseconds since(Clock::time_point begun);
int milliseconds_until(Deadline deadline);  // rounded up; 0: it has passed

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  std::string text() const;  // "192.0.2.1:443"
};

// Every address of a name, in the resolver's order. The error is a sentence.
tl::expected<std::vector<Address>, std::string> resolve(const HostPort& where, Deadline deadline);

}  // namespace ferryman::probe
