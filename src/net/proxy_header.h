#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace ferryman::net {

// What stands before a connection's first octet of TLS or HTTP when a proxy passes it on with the PROXY
// protocol, version 1 (text) or 2 (binary).
struct ProxyHeader {
  enum class State : std::uint8_t { incomplete, malformed, complete };
  State state = State::incomplete;
  std::size_t size = 0;  // complete: octets that the header takes
  // The client that the proxy speaks for. Nothing for version 1's UNKNOWN, version 2's LOCAL and addresses
  // that are not of TCP: the connection is then the proxy's own.
  std::optional<boost::asio::ip::tcp::endpoint> source;
};

// The longest header that is taken: version 2 with its additional TLVs.
inline constexpr std::size_t max_proxy_header = 2048;

// Reads the header at the front of what has come so far. Total; takes no octet behind the header into
// account.
ProxyHeader read_proxy_header(Bytes input);

}  // namespace ferryman::net
