#include "pki/bcrypt_blob.h"

#include <algorithm>
#include <bit>
#include <string_view>

#include "base/endian.h"

namespace ferryman::pki {
namespace {

constexpr std::string_view magic = "RSA1";

// Of a number in big endian without zeros in front.
std::uint32_t bits_of(Bytes number) {
  return static_cast<std::uint32_t>((number.size() - 1) * 8) +
         static_cast<std::uint32_t>(std::bit_width(number.front()));
}

}  // namespace

bool is_bcrypt_blob(Bytes octets) {
  return as_text(octets).starts_with(magic);
}

Result<PublicKey> parse_bcrypt_blob(Bytes blob) {
  LittleEndianReader reader(blob);
  if (as_text(reader.octets(magic.size())) != magic) reader.fail(Fault::wrong_value);
  const std::uint32_t bits = reader.u32(), exponent_size = reader.u32(), modulus_size = reader.u32();
  if (reader.u32() != 0 || reader.u32() != 0) reader.fail(Fault::wrong_value);
  const Bytes exponent = reader.octets(exponent_size), modulus = reader.octets(modulus_size);
  if (reader.left() != 0) reader.fail(Fault::trailing_bytes);
  if (!reader.ok()) return tl::unexpected(reader.error());
  auto key = PublicKey::rsa(modulus, exponent);
  // One key has one blob, by whose hash it is known.
  if (key && (modulus.front() == 0 || exponent.front() == 0 || bits != bits_of(modulus)))
    return tl::unexpected(Error{Fault::wrong_value});
  return key;
}

Octets bcrypt_blob(const PublicKey& key) {
  const Octets modulus = key.modulus(), exponent = key.exponent();
  Octets blob;
  LittleEndianWriter writer(blob);
  writer.octets(as_bytes(magic));
  writer.u32(bits_of(modulus));
  writer.u32(static_cast<std::uint32_t>(exponent.size()));
  writer.u32(static_cast<std::uint32_t>(modulus.size()));
  writer.u32(0);
  writer.u32(0);
  writer.octets(exponent);
  writer.octets(modulus);
  return blob;
}

}  // namespace ferryman::pki
