#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "client/options.h"
#include "explain/way.h"

namespace ferryman {

// What is seen of a gateway from here.
struct GatewayLook {
  explain::Gateway gateway;
  std::optional<std::int64_t>
      kdc_time;  // of a KDC behind it, even where its certificate is not to be trusted
};

// Connects to it, looks at its certificate and asks it for a user that cannot exist. SIGPIPE must be ignored.
GatewayLook look_at_gateway(const std::string& url, const std::string& realm, const client::Options& options);

}  // namespace ferryman
