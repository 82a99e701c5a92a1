#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ferryman::locate {

enum class Service : std::uint8_t { kdc, kpasswd };

constexpr std::string_view name(Service service) {
  return service == Service::kdc ? "kdc" : "kpasswd";
}

// How a KDC may be asked. `any` leaves it to exchange/: TCP at first, UDP where that KDC's answers fit.
enum class Transport : std::uint8_t { any, udp, tcp };

// One KDC at one address, ready to connect to: nothing is looked up again after this.
struct Kdc {
  boost::asio::ip::address address;
  std::uint16_t port = 88;
  Transport transport = Transport::any;
  std::string name;        // as configured or as DNS named it, for events
  std::uint16_t rank = 0;  // those of one rank are as good as each other: site and priority are the same

  friend bool operator==(const Kdc&, const Kdc&) = default;
};

// In the order in which they are to be tried. Shared and never changed.
using KdcList = std::shared_ptr<const std::vector<Kdc>>;

}  // namespace ferryman::locate
