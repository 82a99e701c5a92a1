#pragma once

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace ferryman::discovery {

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
  std::uint16_t weight = 0;

  friend bool operator==(const Kdc&, const Kdc&) = default;
};

// By rank. Shared and never changed.
using KdcList = std::shared_ptr<const std::vector<Kdc>>;

// RFC 2782, "Weight": those of one rank, by ascending lots that are drawn anew for each request, are in a
// random order by weight. A weight of 0 beside others leaves a very small chance to be the first.
inline double draw_lot(std::uint16_t weight, std::minstd_rand& random) {
  constexpr double least = 0.01;
  return std::exponential_distribution(std::max<double>(weight, least))(random);
}

}  // namespace ferryman::discovery
