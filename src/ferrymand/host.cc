#include "ferrymand/host.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <string>

#include "base/text.h"

namespace ferryman {

bool is_host_of_loopback(std::string_view host) {
  const auto end = host.starts_with('[') ? host.find(']') : host.find(':');
  std::string_view name = host.substr(0, end),
                   rest = end == host.npos ? std::string_view() : host.substr(end);
  if (host.starts_with('[')) {
    if (rest.empty()) return false;
    name.remove_prefix(1);
    rest.remove_prefix(1);
  }
  const bool is_port = rest.empty() || (rest.size() > 1 && rest[0] == ':' &&
                                        std::all_of(rest.begin() + 1, rest.end(),
                                                    [](char c) { return c >= '0' && c <= '9'; }));
  if (!is_port) return false;
  boost::system::error_code error;
  boost::asio::ip::make_address(std::string(name), error);
  return !error || equal_without_case(name, "localhost");
}

}  // namespace ferryman
