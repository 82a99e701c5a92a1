#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/bytes.h"
#include "decode/packet.h"
#include "decode/tls_key_log.h"

namespace ferryman::decode {

// What was found in a capture: the bytes of one message, or a note about what could not be read.
struct CapturedMessage {
  std::chrono::microseconds time{0};  // since 1970, of the packet that completed it
  Endpoint source, destination;
  std::string_view transport;  // "UDP", or as in decode/connection.h
  Bytes bytes;                 // without the length that TCP has before it
  std::string note;            // says what is missing; then bytes may be empty
};

struct CaptureOptions {
  std::vector<std::uint16_t> ports{88, 464};             // Kerberos and kpasswd, over UDP and TCP
  std::vector<std::uint16_t> http_ports{80, 443, 8080};  // KDC-PROXY-MESSAGEs in HTTP, with or without TLS
};

struct CaptureSummary {
  std::size_t closed_tls = 0;  // TLS connections that were not read for want of their keys
};

// Reads a capture (pcap, pcapng) and hands over each message in it, in the order in which they were complete.
// keys: of TLS connections in it, beside those that it holds itself. The memory is bounded by the capture's
// size. The error is a sentence's end; messages before it were handed over.
tl::expected<CaptureSummary, std::string> read_capture(
    Bytes capture, const CaptureOptions& options, TlsKeyLog keys,
    const std::function<void(const CapturedMessage&)>& on_message);

}  // namespace ferryman::decode
