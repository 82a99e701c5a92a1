#include <cstdlib>

#include "decode/capture.h"

// No capture gives more octets than it has, or a message without octets that says nothing.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferryman::decode;
  std::size_t found = 0;
  const auto read = read_capture({data, size}, {}, {}, [&](const CapturedMessage& message) {
    found += message.bytes.size();
    if (message.bytes.empty() && message.note.empty()) std::abort();
    message.source.to_string();
  });
  if (found > size || (!read && read.error().empty())) std::abort();
  return 0;
}
