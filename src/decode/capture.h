#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/bytes.h"
#include "decode/packet.h"

namespace ferryman::decode {

// What was found in a capture: the bytes of one message, or a note about what could not be read.
struct CapturedMessage {
  std::chrono::microseconds time{0};  // since 1970, of the packet that completed it
  Endpoint source, destination;
  std::string_view transport;  // "UDP", "TCP", "HTTP"
  Bytes bytes;                 // without the length that TCP has before it
  std::string note;            // says what is missing; then bytes may be empty
};

struct CaptureOptions {
  std::vector<std::uint16_t> ports{88, 464};        // Kerberos and kpasswd, over UDP and TCP
  std::vector<std::uint16_t> http_ports{80, 8080};  // KDC-PROXY-MESSAGEs in HTTP/1.1 without TLS
};

// Reads a capture (pcap, pcapng) and hands over each message in it, in the order in which they were complete.
// The memory is bounded by the capture's size. The error is a sentence's end; messages before it were handed
// over.
tl::expected<void, std::string> read_capture(Bytes capture, const CaptureOptions& options,
                                             const std::function<void(const CapturedMessage&)>& on_message);

}  // namespace ferryman::decode
