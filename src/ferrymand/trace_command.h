#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <string>

#include "ferrymand/admin_connection.h"
#include "gateway/trace.h"
#include "telemetry/log.h"

namespace ferryman {

// What a trace needs of the daemon. It all outlives the connections.
struct TraceSurroundings {
  boost::asio::io_context& io;
  gateway::Traces& traces;
  telemetry::Log& log;
  std::function<std::string()> key_log;  // the TLS key log that is written now; empty: none
};

// The command "trace" of the administration socket: from now on the client gets each request that passes its
// filter as a line (docs/admin-protocol.md), until it hangs up.
AdminCommand trace_command(TraceSurroundings around);

}  // namespace ferryman
