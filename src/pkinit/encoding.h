#pragma once

#include <span>

#include "base/bytes.h"
#include "der/writer.h"

namespace ferryman::pkinit {

// What `write` puts into a der::Writer, which it is called with twice.
template <typename Write>
Octets encoded(const Write& write) {
  der::Writer measure({});
  write(measure);
  Octets octets(measure.size());
  der::Writer writer{std::span<std::uint8_t>(octets)};
  write(writer);
  return octets;
}

// An INTEGER that is not negative: big endian, zeros in front do not matter.
void write_number(der::Writer& writer, Bytes number);

}  // namespace ferryman::pkinit
