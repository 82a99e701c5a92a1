#include "directory/guid.h"

#include "crypto/openssl.h"

namespace ferryman::directory {

Guid random_guid() {
  Guid guid;
  crypto::openssl::random(guid.octets);
  guid.octets[6] = static_cast<std::uint8_t>((guid.octets[6] & 0x0f) | 0x40);  // version 4
  guid.octets[8] = static_cast<std::uint8_t>((guid.octets[8] & 0x3f) | 0x80);
  return guid;
}

}  // namespace ferryman::directory
