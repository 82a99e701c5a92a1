#include "net/client_table.h"

namespace ferryman::net {
namespace {

// Both rates of a client stand in one table.
constexpr std::uint64_t request_bit = std::uint64_t{1} << 63, unproven_bit = std::uint64_t{1} << 62;

namespace ip = boost::asio::ip;

ip::address unmapped(const ip::address& address) {
  return address.is_v6() && address.to_v6().is_v4_mapped()
             ? ip::make_address_v4(ip::v4_mapped, address.to_v6())
             : address;
}

std::uint64_t number_of(const ip::address& address) {
  if (address.is_v4()) return std::uint64_t{1} << 56 | address.to_v4().to_uint();
  std::uint64_t prefix = 0;
  const auto octets = address.to_v6().to_bytes();
  for (std::size_t i = 0; i < 7; ++i) prefix = prefix << 8 | octets[i];
  return std::uint64_t{2} << 56 | prefix;
}

}  // namespace

ClientKey client_key(const ip::address& address, const ClientLimits& limits) {
  if (address.is_unspecified() || any_contains(limits.exempt, address)) return 0;
  return number_of(unmapped(address));
}

ClientKey claimed_client_key(const ip::address& address, const ClientLimits& limits) {
  const ip::address plain = unmapped(address);
  if (plain.is_loopback() && any_contains(limits.exempt, plain)) return 0;
  return number_of(plain) | unproven_bit;
}

std::string_view ClientTable::enter(ClientKey client, const ClientLimits& limits, Clock::time_point now) {
  if (client == 0) return {};
  const Rate rate = Rate::per_second(limits.connections_per_second, limits.connections_burst);
  if (!rates_.take(client, rate, now)) return "client_connection_rate";
  const std::lock_guard lock(mutex_);
  std::uint32_t& count = connections_[client];
  if (count >= limits.max_connections) return "client_connections";
  ++count;
  return {};
}

void ClientTable::leave(ClientKey client) {
  if (client == 0) return;
  const std::lock_guard lock(mutex_);
  const auto found = connections_.find(client);
  if (found != connections_.end() && --found->second == 0) connections_.erase(found);
}

std::uint32_t ClientTable::connections(ClientKey client) {
  if (client == 0) return 0;
  const std::lock_guard lock(mutex_);
  const auto found = connections_.find(client);
  return found != connections_.end() ? found->second : 0;
}

ClientTable::Counts ClientTable::counts(Clock::time_point now) {
  const std::size_t buckets = rates_.in_use(now);
  const std::lock_guard lock(mutex_);
  return {connections_.size(), buckets};
}

bool ClientTable::may_request(ClientKey client, const ClientLimits& limits, Clock::time_point now) {
  return client == 0 || rates_.take(client | request_bit,
                                    Rate::per_second(limits.requests_per_second, limits.requests_burst), now);
}

}  // namespace ferryman::net
