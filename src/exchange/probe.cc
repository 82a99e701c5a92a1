#include "exchange/probe.h"

#include <array>

#include "kerberos/encode.h"
#include "kerberos/numbers.h"

namespace ferryman::exchange {

std::vector<std::uint8_t> probe_request(std::string_view realm) {
  constexpr std::array<std::int32_t, 2> aes{kerberos::etype::aes256_sha1, kerberos::etype::aes128_sha1};
  return kerberos::make_as_req("ferryman:probe", realm, aes);
}

}  // namespace ferryman::exchange
