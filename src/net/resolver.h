#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace ferryman::net {

enum class DnsStatus : std::uint8_t { ok, no_data, nxdomain, timeout, failed, malformed };

enum class RecordType : std::uint16_t { a = 1, srv = 33, aaaa = 28, uri = 256 };

struct DnsAnswer {
  DnsStatus status = DnsStatus::failed;
  std::vector<std::uint8_t> message;  // the raw DNS message, when one came (also with nxdomain, no_data)
};

struct Addresses {
  DnsStatus status = DnsStatus::failed;
  std::vector<boost::asio::ip::address> addresses;
  std::uint32_t ttl_seconds = 0;  // the least of the records; 0 from a hosts file
};

// One question that has been answered, for those who look on.
struct Lookup {
  const std::string& name;
  RecordType type;  // a: the addresses of a host, of either family
  DnsStatus status;
  Bytes message;                                                     // of query()
  const std::vector<boost::asio::ip::address>* addresses = nullptr;  // of addresses()
  std::chrono::microseconds took;
};

std::string_view name(DnsStatus status);

// No word from the servers, as against their word that there is nothing.
inline bool has_failed(DnsStatus status) {
  return status != DnsStatus::ok && status != DnsStatus::no_data && status != DnsStatus::nxdomain;
}

// Whether the name of a host is completed by the search list of resolv.conf, as the system does it with names
// that people write; those in DNS records are whole.
enum class Search : bool { no, yes };

// c-ares on one worker's event loop. Not thread-safe. Nothing here caches.
//
// The system's files are looked at before each question, by stat(2): where resolv.conf is another than
// before, also by a link or a rename, what it says now holds, and questions that are under way are asked
// anew.
class Resolver {
 public:
  // servers: "127.0.0.1:5353", "[::1]:53", and no search list; empty: what /etc/resolv.conf says.
  Resolver(boost::asio::io_context& io, const std::vector<std::string>& servers);
  ~Resolver();

  // One question, asked as it stands (no search domains). Ends by the deadline with timeout.
  boost::asio::awaitable<DnsAnswer> query(std::string name, RecordType type,
                                          std::chrono::steady_clock::time_point deadline);

  // A and AAAA, with the hosts file first, in RFC 6724 order.
  boost::asio::awaitable<Addresses> addresses(std::string host,
                                              std::chrono::steady_clock::time_point deadline, Search search);

  // How often resolv.conf or the hosts file has changed, seen by a look at them now. An answer that there is
  // nothing holds until then at most.
  unsigned changes();

  // Servers were given, or resolv.conf names one; without, questions go to this host, as resolv.conf(5) has
  // it.
  bool names_server() const;

  // Called after every question.
  void on_lookup(std::function<void(const Lookup&)> observer) { observer_ = std::move(observer); }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::function<void(const Lookup&)> observer_;
};

}  // namespace ferryman::net
