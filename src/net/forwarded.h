#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "local/message.h"
#include "net/network.h"

namespace ferryman::net {

// Where a listener learns who its clients are: from their connections, or from the field that a reverse proxy
// adds to each request.
enum class ClientAddress : std::uint8_t { connection, x_forwarded_for, forwarded };

// One node as a proxy writes it: an address, with a port or without. IPv6 may stand without brackets where no
// port follows. Nothing for "unknown", obfuscated names (RFC 7239 6.3) and what is no node.
std::optional<boost::asio::ip::tcp::endpoint> parse_node(std::string_view text);

// Whom the fields of a request name as its client, where a trusted proxy has passed it on: the right-most
// address that is no trusted proxy's, or the left-most where all are. Each proxy adds its word at the right,
// so that what a client has written itself stands further left and is not even read. Fields' names are in
// lower case. Linear, without allocation. Nothing where the last word cannot be read or there is none.
std::optional<boost::asio::ip::tcp::endpoint> forwarded_client(ClientAddress from,
                                                               std::span<const local::Field> fields,
                                                               const std::vector<Network>& trusted);

}  // namespace ferryman::net
