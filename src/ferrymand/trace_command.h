#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <string>

#include "ferrymand/admin_connection.h"
#include "gateway/trace.h"

namespace ferryman {

// The command "trace" of the administration socket: from now on the client gets each request that passes its
// filter as a line (docs/admin-protocol.md), until it hangs up. io and traces outlive all connections.
// key_log: tells the TLS key log that is written, empty: none.
AdminCommand trace_command(boost::asio::io_context& io, gateway::Traces& traces,
                           std::function<std::string()> key_log);

}  // namespace ferryman
