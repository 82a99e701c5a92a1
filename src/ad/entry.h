#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace ferryman::ad {

// Names of attributes compare without case (RFC 4512 2.5).
struct LessWithoutCase {
  bool operator()(std::string_view a, std::string_view b) const {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                        [](char x, char y) { return ascii_lower(x) < ascii_lower(y); });
  }
};

// Values are octets, which a std::string holds: as_bytes() (base/bytes.h) views them as such.
using Values = std::vector<std::string>;
using Attributes = std::map<std::string, Values, LessWithoutCase>;

// An object as a domain controller shows it: those attributes that were asked for, that it has, and that who
// asks may read.
struct Entry {
  std::string dn;
  Attributes attributes;

  bool has(std::string_view attribute) const { return attributes.contains(std::string(attribute)); }
  // All values; none where it is not there.
  const Values& all(std::string_view attribute) const;
  // The first value; empty where it is not there.
  const std::string& one(std::string_view attribute) const;
  // The first value as a number; nothing where it is none, or not there.
  std::optional<std::int64_t> number(std::string_view attribute) const;
};

// RFC 4511 4.1.11. Without a value where it has none.
struct Control {
  std::string oid;
  std::optional<std::string> value{};
  bool critical = true;
};

// What is to become of an attribute (RFC 4511 4.6).
struct Change {
  enum class Kind : std::uint8_t { add, remove, replace };
  Kind kind;
  std::string attribute;
  Values values;  // of remove and replace may be empty: all of them go

  friend bool operator==(const Change&, const Change&) = default;
};

// Controls without a value [MS-ADTS 3.1.1.3.4.1].
namespace control {
inline constexpr const char *show_deleted = "1.2.840.113556.1.4.417",
                            // The server makes the account krbtgt_NNNNN of a read-only domain controller.
    *rodc_promotion = "1.2.840.113556.1.4.1341";
}  // namespace control

}  // namespace ferryman::ad
