#include "exchange/health_check.h"

#include <algorithm>
#include <array>
#include <span>

#include "kerberos/encode.h"
#include "kerberos/numbers.h"

namespace ferryman::exchange {
namespace {

constexpr std::size_t most_octets = 1400;

std::vector<std::uint8_t> make(std::string_view realm, std::span<const kerberos::Padata> padata) {
  constexpr std::array<std::int32_t, 2> aes{kerberos::etype::aes256_sha1, kerberos::etype::aes128_sha1};
  return kerberos::make_as_req("ferryman:probe", realm, aes, padata);
}

}  // namespace

// PA-REQ-ENC-PA-REP has no content that a KDC looks at (RFC 6806 11).
std::vector<std::uint8_t> health_check_request(std::string_view realm, std::size_t octets) {
  auto request = make(realm, {});
  const std::size_t wanted = std::min(octets, most_octets);
  if (request.empty() || request.size() >= wanted) return request;
  const std::vector<std::uint8_t> padding(wanted - request.size());
  const std::array<kerberos::Padata, 1> padata{{{kerberos::padata::req_enc_pa_rep, padding}}};
  return make(realm, padata);
}

}  // namespace ferryman::exchange
