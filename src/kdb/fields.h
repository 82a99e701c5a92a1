#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"

namespace ferryman::kdb {

// The fields of a dump's line, with tabs between, from front to back. The first fault stays; behind it
// everything is zero or empty.
class Fields {
 public:
  explicit Fields(std::string_view line) : line_(line) {}

  bool ok() const { return ok_; }
  Error error() const { return {fault_, static_cast<std::uint32_t>(at_)}; }

  std::string_view text();
  std::int64_t number(std::int64_t least, std::int64_t most);
  // So many, in hexadecimal; "-1": none.
  Octets octets(std::size_t size);
  // The same of the last field, which ends with ";".
  void last_octets(std::size_t size);

  void fail(Fault fault);

 private:
  std::string_view line_;
  std::size_t at_ = 0, next_ = 0;  // where the present field begins, and the next
  bool ok_ = true;
  Fault fault_ = Fault::truncated;
};

}  // namespace ferryman::kdb
