#include "pac/builder.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "base/endian.h"
#include "crypto/checksum.h"

namespace ferryman::pac {
namespace {

constexpr std::size_t header_size = 8, entry_size = 16, type_size = sizeof(std::uint32_t);

// A PAC under construction: first all buffers in their order, then what the signatures are.
class Signing {
 public:
  explicit Signing(std::size_t buffers) : entries_(header_size), pac_(header_size + entry_size * buffers) {
    store_le(std::span(pac_), static_cast<std::uint32_t>(buffers));
  }

  void add(BufferType type, Bytes octets) {
    LittleEndianWriter writer(pac_);
    writer.align(alignment);
    const auto entry = std::span(pac_).subspan(entries_, entry_size);
    store_le(entry, static_cast<std::uint32_t>(type));
    store_le(entry.subspan(4), static_cast<std::uint32_t>(octets.size()));
    store_le(entry.subspan(8), std::uint64_t{pac_.size()});
    entries_ += entry_size;
    writer.octets(octets);
    writer.align(alignment);
  }

  // Room for a signature; where its octets stand.
  std::size_t add_signature(BufferType type, const crypto::Key& key, std::uint16_t rodc) {
    Octets octets;
    LittleEndianWriter writer(octets);
    writer.u32(static_cast<std::uint32_t>(key.type().checksum));
    octets.resize(octets.size() + key.type().checksum_size + (rodc != 0 ? sizeof(rodc) : 0));
    const std::size_t at = (pac_.size() + alignment - 1) / alignment * alignment;
    add(type, octets);
    return at + type_size;
  }

  void put(std::size_t at, Bytes octets, std::uint16_t rodc) {
    std::copy(octets.begin(), octets.end(), pac_.begin() + static_cast<std::ptrdiff_t>(at));
    if (rodc != 0) store_le(std::span(pac_).subspan(at + octets.size()), rodc);
  }

  const Octets& pac() const { return pac_; }
  Octets take() { return std::move(pac_); }

 private:
  std::size_t entries_;
  Octets pac_;
};

Octets sum(const crypto::Key& key, Bytes data) {
  return crypto::make_checksum(key, signature_usage, data);
}

Octets sign(Signing signing, const crypto::Key& ticket_key, const KdcKey& krbtgt,
            const std::optional<Bytes>& ticket) {
  const std::size_t server = signing.add_signature(server_checksum, ticket_key, 0);
  const std::size_t kdc = signing.add_signature(kdc_checksum, krbtgt.key, krbtgt.rodc);
  if (ticket) {
    const std::size_t over_ticket = signing.add_signature(ticket_checksum, krbtgt.key, krbtgt.rodc);
    const std::size_t full = signing.add_signature(full_checksum, krbtgt.key, krbtgt.rodc);
    signing.put(over_ticket, sum(krbtgt.key, *ticket), krbtgt.rodc);
    signing.put(full, sum(krbtgt.key, signing.pac()), krbtgt.rodc);
  }
  const Octets by_server = sum(ticket_key, signing.pac());
  signing.put(server, by_server, 0);
  signing.put(kdc, sum(krbtgt.key, by_server), krbtgt.rodc);
  return signing.take();
}

}  // namespace

void Builder::add(BufferType type, Octets octets) {
  const auto same = [=](const Part& part) { return part.type == type; };
  if (std::any_of(parts_.begin(), parts_.end(), same)) throw std::logic_error("a PAC buffer twice");
  parts_.push_back({type, std::move(octets)});
}

Octets Builder::put_together(const crypto::Key& ticket_key, const KdcKey& krbtgt,
                             const std::optional<Bytes>& ticket) const {
  constexpr std::size_t of_tgt = 2, of_service_ticket = 4;
  Signing signing(parts_.size() + (ticket ? of_service_ticket : of_tgt));
  for (const Part& part : parts_) signing.add(part.type, part.octets);
  return sign(std::move(signing), ticket_key, krbtgt, ticket);
}

Octets Builder::sign_tgt(const crypto::Key& ticket_key, const KdcKey& krbtgt) const {
  return put_together(ticket_key, krbtgt, std::nullopt);
}

Octets Builder::sign_service_ticket(const crypto::Key& ticket_key, const KdcKey& krbtgt, Bytes ticket) const {
  return put_together(ticket_key, krbtgt, ticket);
}

}  // namespace ferryman::pac
