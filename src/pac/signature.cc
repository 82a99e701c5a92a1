#include "pac/signature.h"

#include <algorithm>
#include <initializer_list>

#include "base/endian.h"
#include "crypto/checksum.h"

namespace ferryman::pac {
namespace {

constexpr std::size_t type_size = sizeof(std::uint32_t), identifier_size = sizeof(std::uint16_t);

auto fault(Fault fault) {
  return tl::unexpected(Error{fault});
}

// A copy of the PAC in which those signatures are zero.
Octets with_zeros(const Pac& pac, std::initializer_list<BufferType> types) {
  Octets copy(pac.octets().begin(), pac.octets().end());
  for (const BufferType type : types) {
    const Buffer* buffer = pac.find(type);
    if (buffer == nullptr || buffer->octets.size() < type_size) continue;
    const auto zeroed =
        std::span(copy).subspan(buffer->offset + type_size, buffer->octets.size() - type_size);
    std::fill(zeroed.begin(), zeroed.end(), 0);
  }
  return copy;
}

Result<Signature> find_signature(const Pac& pac, BufferType type) {
  const Buffer* buffer = pac.find(type);
  if (buffer == nullptr) return fault(Fault::missing_field);
  return Signature::parse(buffer->octets);
}

Result<void> verify(const Result<Signature>& signature, const crypto::Key& key, Bytes data) {
  if (!signature) return tl::unexpected(signature.error());
  if (!crypto::verify_checksum(key, signature_usage, signature->type, data, signature->octets))
    return fault(Fault::bad_integrity);
  return {};
}

Result<void> verify_by_kdc(const Pac& pac, BufferType type, const KdcKey& krbtgt, Bytes data) {
  const auto signature = find_signature(pac, type);
  if (signature && signature->rodc && *signature->rodc != krbtgt.rodc) return fault(Fault::bad_integrity);
  return verify(signature, krbtgt.key, data);
}

}  // namespace

Result<Signature> Signature::parse(Bytes buffer) {
  LittleEndianReader reader(buffer);
  Signature signature;
  signature.type = static_cast<std::int32_t>(reader.u32());
  const std::size_t size = crypto::checksum_size(signature.type);
  if (size == 0) reader.fail(Fault::unsupported);
  signature.octets = reader.octets(size);
  if (reader.left() == identifier_size) signature.rodc = reader.u16();
  if (reader.left() > 0) reader.fail(Fault::trailing_bytes);
  if (!reader.ok()) return tl::unexpected(reader.error());
  return signature;
}

Result<void> verify_server(const Pac& pac, const crypto::Key& ticket_key) {
  return verify(find_signature(pac, server_checksum), ticket_key,
                with_zeros(pac, {server_checksum, kdc_checksum}));
}

Result<void> verify_kdc(const Pac& pac, const KdcKey& krbtgt) {
  const auto server = find_signature(pac, server_checksum);
  if (!server) return tl::unexpected(server.error());
  return verify_by_kdc(pac, kdc_checksum, krbtgt, server->octets);
}

Result<void> verify_full(const Pac& pac, const KdcKey& krbtgt) {
  return verify_by_kdc(pac, full_checksum, krbtgt,
                       with_zeros(pac, {server_checksum, kdc_checksum, full_checksum}));
}

Result<void> verify_ticket(const Pac& pac, const KdcKey& krbtgt, Bytes ticket) {
  return verify_by_kdc(pac, ticket_checksum, krbtgt, ticket);
}

}  // namespace ferryman::pac
