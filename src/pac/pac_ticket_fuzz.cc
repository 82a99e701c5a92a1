#include <cstdlib>

#include "pac/ticket.h"

// The first two octets say where in the others the PAC stands and how long it is. What comes out is shorter
// by what the PAC was longer than an octet, or by a few lengths' octets more, and the octet is in it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferryman;
  if (size < 2) return 0;
  const Bytes part(data + 2, size - 2);
  const std::size_t at = data[0], length = data[1];
  if (at + length > part.size()) return 0;
  const auto ticket = pac::ticket_to_sign(part, part.subspan(at, length));
  if (!ticket) return 0;
  constexpr std::size_t most_length_octets = 16 * 4;
  if (ticket->size() > part.size() - length + 1) std::abort();
  if (ticket->size() + most_length_octets < part.size() - length + 1) std::abort();
  return 0;
}
