#include <cstdlib>

#include "base/bytes.h"
#include "base/text.h"
#include "ferryman/gateway_status.h"

// What can be shown is a text of lines that no terminal obeys.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto object = ferryman::parse_gateway_json(ferryman::as_text({data, size}));
  const auto status = object ? ferryman::read_gateway_status(*object) : std::nullopt;
  if (!status) return 0;
  const std::string text = ferryman::to_text(*status);
  for (std::string_view rest = text; !rest.empty();) {
    const auto each = ferryman::take_character(rest);
    if (!each.is_harmless && each.point != '\n') std::abort();
  }
  return 0;
}
