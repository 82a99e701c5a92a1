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
  // Seconds that the clock of a KDC behind it is ahead of this one, even where its certificate is not good.
  std::optional<std::int64_t> kdc_ahead{};
};

// Connects to it, looks at its certificate and asks it for a user that cannot exist. SIGPIPE must be ignored.
GatewayLook look_at_gateway(const std::string& url, const std::string& realm, const client::Options& options);

}  // namespace ferryman
