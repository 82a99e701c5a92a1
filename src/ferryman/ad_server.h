#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "ad/connection.h"
#include "ad/failure.h"

namespace CLI {
class App;
}

// The domain controller that `ferryman realm ad` speaks to.
namespace ferryman {

struct AdServerOptions {
  std::string server;     // empty: as DNS says, of hosts within the domain
  std::string bind_name;  // empty: by the ticket of the default credential cache
  std::string ca_file;
  bool starttls = false, password_stdin = false;
};

// The options must live as long as the command.
void add_ad_server_options(CLI::App& app, AdServerOptions& options);

struct AdServer {
  ad::Endpoint endpoint;
  ad::Connection connection;
};

// Opens a connection to a domain controller, by default the domain's PDC emulator: what is written there is
// read there. The error is the exit code of what has been told.
tl::expected<AdServer, int> open_domain(const std::string& domain, const AdServerOptions& options);

// Its domain controllers as DNS has them, hosts of the domain alone; none where it does not say.
std::vector<std::string> controllers_of(const std::string& domain);

// Tells it; its exit code.
int tell_failure(const ad::Failure& failure);

}  // namespace ferryman
