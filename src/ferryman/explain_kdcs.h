#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "client/client.h"
#include "exchange/exchanger.h"
#include "locate/locator.h"
#include "net/resolver.h"

namespace ferryman {

// Asks KDCs as this computer's clients do: by gateways, where there are any for the realm, else directly by
// krb5.conf and DNS. Waits for each answer.
class KdcCaller {
 public:
  // Throws what client::Client's constructor throws.
  explicit KdcCaller(const client::Options& options);

  struct Way {
    std::vector<std::string> gateways;
    std::string source;       // of the gateways
    discovery::KdcList kdcs;  // without gateways
    std::string why_none;     // there are neither
  };
  const Way& way_to(const std::string& realm);

  struct Answer {
    Octets message;  // empty: there is none
    std::string by;  // the gateway's URL, or the KDC
    std::string trouble;
    bool policy_refused = false;  // by the gateway, HTTP 403
  };
  Answer ask(const std::string& realm, Bytes message);

 private:
  template <typename T>
  T wait_for(boost::asio::awaitable<T> task);
  Answer ask_directly(const Way& way, const std::string& realm, Bytes message);
  // How each of the KDCs answers by each transport: "10.0.0.1 port 88: TCP is closed, UDP is silent".
  std::string look_at_transports(const discovery::Kdc& kdc, const std::string& realm);

  client::Client client_;
  boost::asio::io_context io_{1};
  net::Resolver resolver_;
  locate::Locator locator_;
  exchange::Exchanger exchanger_;
  std::map<std::string, Way> ways_;
};

}  // namespace ferryman
