#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/secret.h"
#include "crypto/key.h"

namespace ferryman::crypto {

// A principal's key in a keytab.
struct KeytabEntry {
  std::string realm;
  std::vector<std::string> components;
  std::int32_t name_type = 1;
  std::uint32_t timestamp = 0;  // seconds since 1970
  std::uint32_t kvno = 0;       // a read-only DC's has its number in the high half [MS-KILE 3.1.5.8]
  Key key;

  // "HTTP/www@R" with what separates escaped, as krb5_unparse_name() writes it. Not fit for a terminal.
  std::string principal() const;
};

// The file format 0x0502 of MIT and Heimdal, in memory; who calls these reads and writes the file.
inline constexpr std::size_t max_keytab_components = 32;

// Entries of encryption types that are not served are passed over. Faults: truncated; wrong_value for another
// format, or a key of a wrong length; too_many components; trailing_bytes is none: later versions add fields.
Result<std::vector<KeytabEntry>> read_keytab(Bytes file);

// Names and realms have at most 65,535 octets a part and max_keytab_components parts.
Secret write_keytab(std::span<const KeytabEntry> entries);

}  // namespace ferryman::crypto
