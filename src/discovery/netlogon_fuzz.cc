#include <cstdlib>

#include "discovery/netlogon.h"

// Any datagram gives an answer, a no, or a fault; names stay names.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferryman::discovery;
  const auto reply = read_netlogon_reply({data, size}, 1);
  if (!reply) return reply.error().offset > size ? (std::abort(), 0) : 0;
  if (!*reply) return 0;
  for (const std::string* name : {&(*reply)->dns_forest, &(*reply)->dns_domain, &(*reply)->dns_host,
                                  &(*reply)->netbios_domain, &(*reply)->netbios_host, &(*reply)->user,
                                  &(*reply)->dc_site, &(*reply)->client_site, &(*reply)->next_closest_site}) {
    if (name->size() > 255) std::abort();
    for (const char c : *name) {
      if (static_cast<unsigned char>(c) < 0x20) std::abort();
    }
  }
  return 0;
}
