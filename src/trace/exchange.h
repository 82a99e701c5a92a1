#pragma once

#include <boost/asio/ip/address.hpp>
#include <functional>
#include <optional>

#include "trace/packet_writer.h"
#include "trace/record.h"

namespace ferryman::trace {

// This host's address for what goes to that one; unspecified where there is none.
using OwnAddress = std::function<boost::asio::ip::address(const boost::asio::ip::address& towards)>;

// What a capture has of a record, whose messages it refers to; nothing: it has no Kerberos message. Servers
// are at port 88, of kpasswd at 464, wherever they really are, so that programs which read captures know what
// it is. Who is on a unix socket is at 192.0.0.8, the dummy address of RFC 7600, and so is the gateway then.
std::optional<Exchange> exchange_of(const Record& record, const OwnAddress& own_address);

}  // namespace ferryman::trace
