#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "pac/sid.h"

// The buffers of a PAC that are not NDR. Each parse() takes the buffer and nothing else; write() gives what
// parse() reads as the same. Faults: truncated, trailing_bytes, wrong_value, bad_string.
namespace ferryman::pac {

// PAC_CLIENT_INFO [MS-PAC 2.7]: the ticket's authtime, and its cname without realm.
struct ClientInfo {
  std::uint64_t client_id = 0;  // authtime as a FILETIME
  std::u16string name;

  static Result<ClientInfo> parse(Bytes buffer);
  Octets write() const;
  friend bool operator==(const ClientInfo&, const ClientInfo&) = default;
};

// UPN_DNS_INFO [MS-PAC 2.10].
struct UpnDnsInfo {
  static constexpr std::uint32_t no_upn = 1;    // the UPN is made of the account's name
  static constexpr std::uint32_t extended = 2;  // a sAMAccountName and a SID are there

  struct Extension {
    std::u16string sam_name;
    Sid sid;
    friend bool operator==(const Extension&, const Extension&) = default;
  };

  std::u16string upn, dns_domain_name;
  std::uint32_t flags = 0;  // `extended` is written as the extension is there or not
  std::optional<Extension> extension;

  static Result<UpnDnsInfo> parse(Bytes buffer);
  Octets write() const;
  friend bool operator==(const UpnDnsInfo&, const UpnDnsInfo&) = default;
};

// PAC_ATTRIBUTES_INFO [MS-PAC 2.14].
struct AttributesInfo {
  static constexpr std::uint32_t requested = 1, given_implicitly = 2;

  std::uint32_t flags = 0;

  static Result<AttributesInfo> parse(Bytes buffer);
  Octets write() const;
  friend bool operator==(const AttributesInfo&, const AttributesInfo&) = default;
};

// PAC_REQUESTOR [MS-PAC 2.15]: the SID of the account that got the TGT.
Result<Sid> parse_requestor(Bytes buffer);
Octets write_requestor(const Sid& sid);

// FILETIME [MS-DTYP 2.3.3]: tenths of microseconds since 1601. Whole seconds from 1970 to 9999.
std::uint64_t file_time(std::int64_t unix_seconds);
// Nothing for what is outside of these.
std::optional<std::int64_t> unix_seconds(std::uint64_t file_time);

}  // namespace ferryman::pac
