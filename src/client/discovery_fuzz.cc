#include <chrono>
#include <cstdlib>

#include "client/directory.h"
#include "client/gateway_url.h"
#include "client/options.h"

using namespace ferryman;

// The first octet chooses: a DNS answer, a policy value or URL, a client.toml. A gateway that is found is a
// URL in its normal form.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes rest(data + 1, size - 1);
  std::vector<std::string> urls;
  if (data[0] % 3 == 0) {
    std::chrono::seconds ttl{0};
    urls = client::gateways_in(rest, ttl);
  } else if (data[0] % 3 == 1) {
    urls = client::parse_gateways(as_text(rest)).value_or(urls);
  } else {
    client::Options options;
    const auto mistakes = client::parse_options(as_text(rest), "client.toml", options);
    if (!mistakes.empty() && !options.gateways.empty()) std::abort();
    for (const auto& rule : options.gateways) urls.insert(urls.end(), rule.urls.begin(), rule.urls.end());
  }
  for (const auto& url : urls)
    if (client::parse_gateway_url(url) != url) std::abort();
  return 0;
}
