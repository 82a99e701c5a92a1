#pragma once

#include <string>
#include <vector>

#include "net/options.h"

namespace ferryman {

struct TlsFindings {
  std::vector<std::string> mistakes, warnings;
};

// Checks the files: there, readable, PEM, key and certificate belong together, key types differ, not expired.
// verifies_clients: whether client_ca is of use.
TlsFindings check_tls(const net::TlsOptions& options, bool verifies_clients);

}  // namespace ferryman
