#include "keys/tpm_key.h"

#include <tss2/tss2_mu.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "der/reader.h"
#include "der/tag.h"
#include "der/writer.h"

namespace ferryman::keys {
namespace {

using Oid = std::array<std::uint8_t, 6>;
constexpr Oid loadable_key{0x67, 0x81, 0x05, 10, 1, 3};  // 2.23.133.10.1.3
constexpr Oid sealed_key{0x67, 0x81, 0x05, 10, 1, 5};    // 2.23.133.10.1.5

template <auto marshal, typename T>
Octets octets_of(const T& part) {
  Octets octets(sizeof part);
  std::size_t size = 0;
  if (marshal(&part, octets.data(), octets.size(), &size) != TSS2_RC_SUCCESS)
    throw std::logic_error("a TPM's structure that cannot be written");
  octets.resize(size);
  return octets;
}

template <auto unmarshal, typename T>
bool read_part(Bytes octets, T& part) {
  std::size_t end = 0;
  return unmarshal(octets.data(), octets.size(), &end, &part) == TSS2_RC_SUCCESS && end == octets.size();
}

}  // namespace

Octets der_of(const TpmKey& key) {
  Octets buffer(sizeof(TPM2B_PUBLIC) + sizeof(TPM2B_PRIVATE) + 64);
  der::Writer writer(buffer);
  writer.primitive(der::octet_string, octets_of<Tss2_MU_TPM2B_PRIVATE_Marshal>(key.private_part));
  writer.primitive(der::octet_string, octets_of<Tss2_MU_TPM2B_PUBLIC_Marshal>(key.public_part));
  writer.integer(TPM2_RH_OWNER);
  writer.boolean_field(der::context(0), !key.has_pin);
  writer.primitive(der::object_identifier, key.kind == TpmKey::Kind::loadable ? loadable_key : sealed_key);
  writer.close(der::sequence, 0);
  const Bytes der = writer.finish().value();
  return {der.begin(), der.end()};
}

std::optional<TpmKey> parse_tpm_key(Bytes der) {
  der::Status status;
  der::Reader message(der, status);
  der::Reader fields = message.enter(der::sequence);
  message.finish();
  const Bytes type = fields.read(der::object_identifier);
  const bool has_no_pin = fields.read_boolean_field(der::context(0));
  const std::uint32_t parent = fields.read_uint32();
  const Bytes public_part = fields.read(der::octet_string);
  const Bytes private_part = fields.read(der::octet_string);
  fields.finish();
  if (!status.ok() || parent != TPM2_RH_OWNER) return std::nullopt;

  TpmKey key{.has_pin = !has_no_pin};
  if (std::ranges::equal(type, sealed_key)) {
    key.kind = TpmKey::Kind::sealed;
  } else if (!std::ranges::equal(type, loadable_key)) {
    return std::nullopt;
  }
  if (!read_part<Tss2_MU_TPM2B_PUBLIC_Unmarshal>(public_part, key.public_part)) return std::nullopt;
  if (!read_part<Tss2_MU_TPM2B_PRIVATE_Unmarshal>(private_part, key.private_part)) return std::nullopt;
  return key;
}

}  // namespace ferryman::keys
