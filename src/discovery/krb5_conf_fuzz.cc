#include <cstdlib>

#include "discovery/krb5_conf.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> includes;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto conf = ferryman::discovery::read_krb5_conf(text, "R", includes);
  std::size_t octets = 0;
  if (conf.realm) {
    for (const auto& value : conf.realm->kdc) octets += value.size();
  }
  if (octets > size) std::abort();
  return 0;
}
