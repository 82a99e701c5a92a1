#include "pages/csp.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/base64.h"
#include "crypto/openssl.h"

namespace ferryman::pages {

std::string csp_hash(std::string_view content) {
  std::array<std::uint8_t, 32> digest{};
  crypto::openssl::hash(crypto::openssl::Digest::sha256, {as_bytes(content)}, digest);
  return "'sha256-" + base64_of(digest) + "'";
}

std::string csp_source(std::string_view uri) {
  const auto colon = uri.find(':');
  if (colon == uri.npos) return {};
  const std::string_view scheme = uri.substr(0, colon);
  if (scheme != "https" && scheme != "http") return std::string(scheme) + ":";
  const auto slash = uri.find('/', colon + 3);
  const std::string_view origin = uri.substr(0, std::min(slash, uri.find('?')));
  // An address of IPv6 is no source: its scheme is the next best.
  if (uri.substr(colon + 1).starts_with("//[")) return std::string(scheme) + ":";
  const bool plain = origin.find_first_of(";,' \"") == origin.npos;
  return plain ? std::string(origin) : std::string();
}

}  // namespace ferryman::pages
