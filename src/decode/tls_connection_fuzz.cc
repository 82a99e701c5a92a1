#include <algorithm>
#include <cstdlib>

#include "decode/tls_connection.h"

// A key log up to a zero, and behind it pieces of a connection: an octet for the direction, one for the
// length. Whatever is opened is no more than what was sealed, and a connection that cannot be read any more
// says so again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferryman;
  const Bytes input(data, size);
  const auto end = static_cast<std::size_t>(std::find(input.begin(), input.end(), 0) - input.begin());
  decode::TlsKeyLog keys;
  keys.add(input.first(end));
  decode::TlsConnection connection(keys);
  decode::TcpStream records[2], texts[2];
  bool readable[2] = {true, true};
  for (Bytes rest = input.subspan(std::min(end + 1, size)); rest.size() > 2;) {
    const unsigned direction = rest[0] & 1;
    const std::size_t length = std::min<std::size_t>(rest[1], rest.size() - 2);
    records[direction].append(rest.subspan(2, length));
    rest = rest.subspan(2 + length);
    for (const unsigned one : {direction, 1 - direction}) {
      const bool now = connection.take(one, records[one], texts[one]);
      if (now && !readable[one]) std::abort();
      readable[one] = now;
    }
  }
  if (texts[0].ready().size() + texts[1].ready().size() > size) std::abort();
  return 0;
}
