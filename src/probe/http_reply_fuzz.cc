#include <algorithm>
#include <cstdlib>

#include "probe/http_reply.h"

// What an answer says does not depend on the pieces in which it comes; all is bounded. The first octet is the
// pieces' size.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using ferryman::probe::HttpReply;
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0];
  ferryman::Bytes rest(data + 1, size - 1);
  HttpReply whole, in_pieces;
  whole.feed(rest);
  for (; !rest.empty(); rest = rest.subspan(std::min(piece, rest.size())))
    in_pieces.feed(rest.first(std::min(piece, rest.size())));
  whole.end();
  in_pieces.end();
  const auto a = whole.body(), b = in_pieces.body();
  if (whole.state() != in_pieces.state() || whole.status() != in_pieces.status()) std::abort();
  if (whole.state() == HttpReply::State::complete &&
      (whole.surplus() != in_pieces.surplus() || !std::equal(a.begin(), a.end(), b.begin(), b.end())))
    std::abort();
  if (a.size() > 1U << 20 || whole.interim().size() > 8) std::abort();
  return 0;
}
