#include "probe/address.h"

#include <fmt/format.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

namespace ferryman::probe {
namespace {

// One name being looked up. The resolver's thread may outlive the wait: then the memory stays with it.
struct Lookup {
  std::string host, service;
  addrinfo hints{};
  gaicb request{};
};

}  // namespace

std::chrono::microseconds since(Clock::time_point begun) {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begun);
}

int milliseconds_until(Deadline deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 600'000));
}

std::string Address::text() const {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&storage), size, host.data(), host.size(), port.data(),
                    port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return "?";
  return storage.ss_family == AF_INET6 ? fmt::format("[{}]:{}", host.data(), port.data())
                                       : fmt::format("{}:{}", host.data(), port.data());
}

tl::expected<std::vector<Address>, std::string> resolve(const HostPort& where, Deadline deadline) {
  auto lookup = std::make_unique<Lookup>();
  lookup->host = where.host;
  lookup->service = std::to_string(where.port);
  lookup->hints.ai_socktype = SOCK_STREAM;
  lookup->hints.ai_flags = AI_NUMERICSERV;
  lookup->request.ar_name = lookup->host.c_str();
  lookup->request.ar_service = lookup->service.c_str();
  lookup->request.ar_request = &lookup->hints;
  gaicb* list[] = {&lookup->request};
  if (::getaddrinfo_a(GAI_NOWAIT, list, 1, nullptr) != 0)
    return tl::unexpected(std::string("the resolver cannot be started"));
  int error = EAI_INPROGRESS;
  while ((error = ::gai_error(list[0])) == EAI_INPROGRESS) {
    const int left = milliseconds_until(deadline);
    if (left == 0) {
      if (::gai_cancel(list[0]) != EAI_CANCELED) static_cast<void>(lookup.release());
      return tl::unexpected(std::string("DNS timed out"));
    }
    const timespec time{left / 1000, left % 1000 * 1'000'000L};
    ::gai_suspend(list, 1, &time);
  }
  if (error != 0) return tl::unexpected(std::string(::gai_strerror(error)));
  std::vector<Address> addresses;
  constexpr std::size_t max_addresses = 16;
  for (const addrinfo* one = list[0]->ar_result; one != nullptr && addresses.size() < max_addresses;
       one = one->ai_next) {
    if (one->ai_addrlen > sizeof(sockaddr_storage)) continue;
    Address& address = addresses.emplace_back();
    std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
    address.size = one->ai_addrlen;
  }
  ::freeaddrinfo(list[0]->ar_result);
  if (addresses.empty()) return tl::unexpected(std::string("the name has no address"));
  return addresses;
}

}  // namespace ferryman::probe
