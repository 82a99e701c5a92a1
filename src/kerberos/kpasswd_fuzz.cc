#include <cstdlib>

#include "kerberos/kpasswd.h"

// Any octets give a kpasswd request or answer, or a fault inside the input; what is one looks like one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferryman::kerberos;
  const auto request = parse_kpasswd_request({data, size});
  const auto reply = parse_kpasswd_reply({data, size});
  if (!request && request.error().offset > size) std::abort();
  if (!reply && reply.error().offset > size) std::abort();
  if ((request || reply) && !looks_like_kpasswd({data, size})) std::abort();
  if (request && reply) std::abort();  // AP-REQ or AP-REP, never both
  return 0;
}
