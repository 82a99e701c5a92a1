#include <cstdlib>

#include "net/proxy_header.h"

// What is complete is so with any octets behind it, and incomplete with any less; it says nothing of what it
// did not see.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferryman::net;
  using State = ProxyHeader::State;
  const ProxyHeader header = read_proxy_header({data, size});
  if (header.state == State::incomplete && size >= max_proxy_header) std::abort();
  if (header.state != State::complete) {
    if (header.source) std::abort();
    return 0;
  }
  if (header.size == 0 || header.size > size || header.size > max_proxy_header) std::abort();
  const ProxyHeader exact = read_proxy_header({data, header.size});
  if (exact.state != State::complete || exact.size != header.size || exact.source != header.source)
    std::abort();
  if (read_proxy_header({data, header.size - 1}).state != State::incomplete) std::abort();
  return 0;
}
