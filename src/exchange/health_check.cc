#include "exchange/health_check.h"

#include <array>

#include "kerberos/encode.h"

namespace ferryman::exchange {

std::vector<std::uint8_t> health_check_request(std::string_view realm) {
  constexpr std::array<std::int32_t, 2> aes{18, 17};
  return kerberos::make_as_req("ferryman:probe", realm, aes);
}

}  // namespace ferryman::exchange
