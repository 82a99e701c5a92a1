#include <cstdlib>
#include <string>

#include "base/bytes.h"
#include "settings/config.h"
#include "settings/kdcproxy.h"
#include "settings/kpssvc.h"

namespace {

using namespace ferryman;

// What was made without a mistake loads, but for what it cannot know: certificates, and realms where none is
// declared.
void must_load(const std::string& toml) {
  for (const auto& mistake : parse_config(toml, "made").mistakes) {
    const bool missing = mistake.text.find("no realm is declared") != std::string::npos ||
                         mistake.text.find("/etc/ferryman/tls/") != std::string::npos;
    if (!missing) std::abort();
  }
}

}  // namespace

// The first octet says which of the two formats follows.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = as_text({data + 1, size - 1});
  if (data[0] % 2 == 0) {
    Ini ini;
    if (!ini.read(text)) return 0;
    const KdcproxyConfig converted = convert_kdcproxy(ini, {"FROM.KRB5.TEST"});
    if (converted.mistakes.empty())
      must_load("[[listen]]\naddress = \"127.0.0.1:1\"\ntls = false\n" + converted.toml);
  } else if (const auto toml = convert_kpssvc(text)) {
    must_load(*toml);
  }
  return 0;
}
