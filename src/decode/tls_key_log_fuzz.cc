#include <cstdlib>

#include "decode/tls_key_log.h"

// As a key log and as a capture with one in it: no secret comes of less text than its line has, and a log
// that gave secrets is not empty.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferryman::decode;
  constexpr std::size_t shortest_line = 13 + 1 + 64 + 1 + 2;  // CLIENT_RANDOM, the random, an octet
  TlsKeyLog log, embedded;
  const std::size_t plain = log.add({data, size});
  const std::size_t inside = add_embedded_secrets({data, size}, embedded);
  if (plain * shortest_line > size || inside * shortest_line > size) std::abort();
  if ((plain != 0) == log.empty() || (inside != 0) == embedded.empty()) std::abort();
  if (log.find({data, size}) != nullptr && size != 32) std::abort();
  return 0;
}
