#include <algorithm>
#include <cstdlib>
#include <vector>

#include "decode/http_messages.h"

namespace {

using ferryman::Bytes;
using ferryman::Octets;

struct Read {
  std::vector<Octets> messages;
  bool readable = true;
};

// As it is read when it comes in pieces of that size.
Read read_in(std::size_t piece, Bytes input) {
  ferryman::decode::TcpStream stream;
  ferryman::decode::HttpReader reader;
  Read read;
  while (!input.empty() && read.readable) {
    const Bytes part = input.first(std::min(piece, input.size()));
    input = input.subspan(part.size());
    stream.append(part);
    read.readable = reader.take(stream, [&](Bytes message, const std::string&) {
      read.messages.emplace_back(message.begin(), message.end());
    });
  }
  return read;
}

}  // namespace

// The same messages are found in a stream at once and in pieces, and no more octets than it has.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Read whole = read_in(size + 1, {data, size}), pieces = read_in(7, {data, size});
  if (whole.readable != pieces.readable || whole.messages != pieces.messages) std::abort();
  std::size_t found = 0;
  for (const Octets& message : whole.messages) found += message.size();
  if (found > size) std::abort();
  return 0;
}
