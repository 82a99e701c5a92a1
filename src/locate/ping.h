#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "discovery/netlogon.h"

namespace ferryman::locate {

enum class PingStatus : std::uint8_t {
  silent,
  refused,    // the port is closed, or there is no way to it
  not_mine,   // an answer without the attribute: it does not serve that domain
  malformed,  // answers came, none of which could be read
  answered,
};

std::string_view name(PingStatus status);

struct Ping {
  PingStatus status = PingStatus::silent;
  std::optional<discovery::NetlogonReply> reply;  // when answered
  std::chrono::microseconds took{0};
};

inline constexpr std::uint16_t cldap_port = 389;

// Asks one address what it is (MS-ADTS 6.3.3.1), over UDP, and once more after half of the time.
boost::asio::awaitable<Ping> ping(boost::asio::ip::address address, std::string dns_domain,
                                  std::chrono::milliseconds time);

}  // namespace ferryman::locate
