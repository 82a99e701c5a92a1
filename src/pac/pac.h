#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace ferryman::pac {

// ulType of PAC_INFO_BUFFER [MS-PAC 2.4].
enum BufferType : std::uint32_t {
  logon_info = 1,
  credentials_info = 2,
  server_checksum = 6,
  kdc_checksum = 7,
  client_info = 10,
  delegation_info = 11,
  upn_dns_info = 12,
  client_claims = 13,
  device_info = 14,
  device_claims = 15,
  ticket_checksum = 16,
  attributes_info = 17,
  requestor = 18,
  full_checksum = 19,
};

struct Buffer {
  std::uint32_t type;
  std::size_t offset;  // in the PAC
  Bytes octets;
};

inline constexpr std::size_t max_buffers = 64, alignment = 8;

// PACTYPE [MS-PAC 2.3]: a view of octets that must outlive it.
class Pac {
 public:
  // Strict, as what is not is no KDC's: version 0, at most max_buffers, each at an offset that is a multiple
  // of 8, inside the PAC, behind the list and apart from the others, no type twice. Faults: truncated,
  // wrong_value, too_many; the offset is that of the entry.
  static Result<Pac> parse(Bytes octets);

  Bytes octets() const { return octets_; }
  std::span<const Buffer> buffers() const { return buffers_; }
  // Null where there is none.
  const Buffer* find(BufferType type) const;

 private:
  Bytes octets_;
  std::vector<Buffer> buffers_;
};

// An entry of the list of buffers; for showing a PAC that is not right.
struct BufferEntry {
  std::uint32_t type, size;
  std::uint64_t offset;
  std::uint32_t at;  // the entry's own offset in the PAC

  bool is_inside(Bytes pac) const { return offset <= pac.size() && size <= pac.size() - offset; }
  // Only for one that is inside.
  Bytes in(Bytes pac) const { return pac.subspan(static_cast<std::size_t>(offset), size); }
};
// Faults: truncated, too_many, wrong_value.
Result<std::vector<BufferEntry>> read_entries(Bytes pac);

}  // namespace ferryman::pac
