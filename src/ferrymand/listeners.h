#pragma once

#include <string>
#include <vector>

#include "net/options.h"
#include "settings/config.h"

namespace ferryman {

// A place that is listened at.
struct BoundListener {
  std::size_t listen = 0;        // its number in the configuration
  net::ListenAddress at;         // as configured, or IPv4's instead
  std::vector<int> descriptors;  // one for each worker
  std::vector<int> datagrams;    // of protocol = "kerberos" one more for each, for UDP
  bool assigned = true;          // the address is this host's by now
};

struct BoundListeners {
  struct Remark {
    std::string_view text;
    net::ListenAddress address;
  };
  std::vector<BoundListener> listeners;
  std::vector<Remark> remarks;          // what is not as it was asked for
  std::vector<ConfigMistake> mistakes;  // without their file; not empty: nothing is to be served
};

// Binds what the configuration names, sockets that systemd has passed first.
//
// What a host may not have yet is no mistake. An address that it does not have is bound ahead and served once
// it comes. Without IPv6 in the kernel its addresses are left out, and [::] is taken for 0.0.0.0. A port in
// use, a right that is missing, and a configuration of which nothing is left are mistakes.
BoundListeners bind_listeners(const FixedConfig& config, unsigned workers);

}  // namespace ferryman
