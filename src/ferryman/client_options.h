#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "client/options.h"

namespace CLI {
class App;
}

namespace ferryman {

// The options of those commands that are clients of gateways.
struct ClientOptions {
  std::vector<std::string> gateways;  // "URL" or "PATTERN=URL"
  std::string config_file;            // empty: the default ones
  std::string ca_file, certificate, key, proxy, deadline, revocation;
  std::vector<std::string> dns_servers;
  bool no_dns = false;
};

void add_client_options(CLI::App& command, ClientOptions& options);

// Files, then the command line over them. The error is a sentence, or several in lines.
tl::expected<client::Options, std::string> load_client_options(const ClientOptions& options);

}  // namespace ferryman
