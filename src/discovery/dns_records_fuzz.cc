#include <cstdlib>

#include "discovery/dns_records.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto records = ferryman::discovery::read_dns_records({data, size});
  if (records.srv.size() > ferryman::discovery::max_records ||
      records.uri.size() > ferryman::discovery::max_records) {
    std::abort();
  }
  for (const auto& record : records.srv) {
    if (record.target.empty()) std::abort();
  }
  return 0;
}
