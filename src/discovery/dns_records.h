#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace ferryman::discovery {

// SRV (RFC 2782).
struct SrvRecord {
  std::uint16_t priority = 0, weight = 0, port = 0;
  std::string target;  // "." where the service is not offered
};

// URI (RFC 7553).
struct UriRecord {
  std::uint16_t priority = 0, weight = 0;
  std::string target;
};

// A or AAAA, from any section: SRV answers carry their targets' addresses along (RFC 2782).
struct AddressRecord {
  std::string name;
  boost::asio::ip::address address;
  std::uint32_t ttl_seconds = 0;
};

// What a DNS message answers, without regard to the name of the answer: aliases have been followed by the
// server. Total: a malformed message gives what stood before the fault, and malformed.
struct DnsRecords {
  std::vector<SrvRecord> srv;
  std::vector<UriRecord> uri;
  std::vector<AddressRecord> addresses;
  std::uint32_t ttl_seconds = 0;           // the least of the SRV or URI records taken
  std::uint32_t negative_ttl_seconds = 0;  // from the SOA (RFC 2308 5), 0 without one
  bool malformed = false;
};

// Takes at most max_records of each kind.
inline constexpr std::size_t max_records = 64;
DnsRecords read_dns_records(Bytes message);

}  // namespace ferryman::discovery
