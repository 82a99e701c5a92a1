#include <algorithm>
#include <cstdlib>

#include "kkdcp/message.h"

// What parses is written again as something that parses to the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferryman::kkdcp;
  const auto message = parse({data, size});
  if (!message) {
    if (message.error().offset > size) std::abort();
    return 0;
  }
  std::vector<std::uint8_t> written;
  if (!append(*message, written)) std::abort();
  const auto again = parse(written);
  if (!again || again->framing != message->framing || again->target_domain != message->target_domain ||
      again->dclocator_hint != message->dclocator_hint ||
      !std::equal(again->kerb_message.begin(), again->kerb_message.end(), message->kerb_message.begin(),
                  message->kerb_message.end())) {
    std::abort();
  }
  return 0;
}
