#pragma once

#include <string>
#include <vector>

#include "net/options.h"

namespace ferryman {

struct TlsFindings {
  std::vector<std::string> mistakes, warnings;
};

// Checks the files: there, readable, PEM, key and certificate belong together, key types differ, not expired.
TlsFindings check_tls(const net::TlsOptions& options);

}  // namespace ferryman
