#include <cstdlib>

#include "base/bytes.h"
#include "settings/config.h"

// Any text gives a configuration or mistakes; one without mistakes is written as a text that means the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferryman;
  const LoadedConfig loaded = parse_config(as_text({data, size}), "fuzz");
  for (const auto& mistake : loaded.mistakes) {
    if (mistake.to_string().empty()) std::abort();
  }
  if (!loaded.mistakes.empty()) return 0;
  const std::string shown = to_toml(loaded.config);
  const LoadedConfig again = parse_config(shown, "shown");
  if (!again.mistakes.empty() || to_toml(again.config) != shown) std::abort();
  return 0;
}
