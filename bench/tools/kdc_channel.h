#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"

namespace bench {

// The way to a KDC. Answers come in any order. Throws std::runtime_error where none comes.
class KdcChannel {
 public:
  virtual ~KdcChannel() = default;
  virtual void send(ferryman::Bytes request) = 0;
  // Waits for the next answer; a view until the next call.
  virtual ferryman::Bytes receive() = 0;
};

// Datagrams to a port of this machine.
std::unique_ptr<KdcChannel> open_udp(const std::string& address, std::uint16_t port);
// Frames to ferryman-realm's socket (docs/local-protocol.md), as ferrymand sends them.
std::unique_ptr<KdcChannel> open_front(const std::string& path, const std::string& tenant);
// No way at all: ferryman-realm's code in this process, at a database that is closed otherwise. For profiles.
std::unique_ptr<KdcChannel> open_inside(const std::string& database, const std::string& master_key,
                                        const std::string& tenant);

}  // namespace bench
