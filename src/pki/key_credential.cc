#include "pki/key_credential.h"

#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>

#include "base/base64.h"
#include "base/endian.h"
#include "pki/bcrypt_blob.h"
#include "pki/library.h"

namespace ferryman::pki {
namespace {

constexpr std::uint8_t custom_information_version = 1, attestation_flag = 1;

constexpr std::uint32_t version_2 = 0x200;

// KEYCREDENTIALLINK_ENTRY [MS-ADTS 2.2.20.2 to 6].
enum class Entry : std::uint8_t {
  key_id = 1,
  key_hash = 2,
  key_material = 3,
  key_usage = 4,
  key_source = 5,
  device_id = 6,
  custom_information = 7,
  last_logon = 8,
  created = 9,
};

KeyCredential::Id sha256(Bytes octets) {
  KeyCredential::Id hash{};
  unsigned size = 0;
  must(EVP_Digest(octets.data(), octets.size(), hash.data(), &size, EVP_sha256(), nullptr));
  return hash;
}

// 0: any.
std::size_t size_of(Entry entry) {
  switch (entry) {
    case Entry::key_id:
    case Entry::key_hash:
      return KeyCredential::id_size;
    case Entry::key_usage:
    case Entry::key_source:
      return 1;
    case Entry::device_id:
      return Guid::size;
    case Entry::last_logon:
    case Entry::created:
      return sizeof(std::uint64_t);
    default:
      return 0;
  }
}

struct Parsed {
  KeyCredential credential{};
  Bytes id{}, hash{};
  std::size_t hashed_from = 0;  // where the octets begin that the hash is of
  bool has_usage = false;
};

void take(Parsed& parsed, Entry entry, Bytes value) {
  KeyCredential& credential = parsed.credential;
  switch (entry) {
    case Entry::key_id:
      parsed.id = value;
      break;
    case Entry::key_hash:
      parsed.hash = value;
      break;
    case Entry::key_material:
      credential.material.assign(value.begin(), value.end());
      break;
    case Entry::key_usage:
      credential.usage = value[0];
      parsed.has_usage = true;
      break;
    case Entry::key_source:
      credential.source = value[0];
      break;
    case Entry::device_id:
      credential.device = guid_of_packet(value.first<Guid::size>());
      break;
    case Entry::custom_information:
      credential.custom_information.assign(value.begin(), value.end());
      break;
    case Entry::last_logon:
      credential.last_logon = load_le<std::uint64_t>(value);
      break;
    case Entry::created:
      credential.created = load_le<std::uint64_t>(value);
      break;
  }
}

// The entries, each at most once and in the order of their numbers.
Parsed read_entries(LittleEndianReader& reader) {
  Parsed parsed;
  std::uint8_t last = 0;
  while (reader.left() != 0) {
    const std::uint16_t size = reader.u16();
    const std::uint8_t number = reader.u8();
    const Bytes value = reader.octets(size);
    if (number > static_cast<std::uint8_t>(Entry::created)) reader.fail(Fault::unsupported);
    if (number <= last || value.empty()) reader.fail(Fault::wrong_value);
    const auto entry = static_cast<Entry>(number);
    const std::size_t wanted = size_of(entry);
    if (wanted != 0 && value.size() != wanted) reader.fail(Fault::wrong_value);
    if (!reader.ok()) return parsed;
    take(parsed, entry, value);
    if (entry == Entry::key_hash) parsed.hashed_from = reader.offset();
    last = number;
  }
  return parsed;
}

void write_entry(LittleEndianWriter& writer, Entry entry, Bytes value) {
  writer.u16(static_cast<std::uint16_t>(value.size()));
  writer.u8(static_cast<std::uint8_t>(entry));
  writer.octets(value);
}

void write_time(LittleEndianWriter& writer, Entry entry, std::optional<std::uint64_t> time) {
  if (!time) return;
  std::array<std::uint8_t, sizeof(std::uint64_t)> octets{};
  store_le(octets, *time);
  write_entry(writer, entry, octets);
}

// Those that the hash is of.
Octets hashed_entries(const KeyCredential& credential) {
  Octets octets;
  LittleEndianWriter writer(octets);
  write_entry(writer, Entry::key_material, credential.material);
  write_entry(writer, Entry::key_usage, {&credential.usage, 1});
  write_entry(writer, Entry::key_source, {&credential.source, 1});
  if (credential.device) write_entry(writer, Entry::device_id, credential.device->packet());
  if (!credential.custom_information.empty())
    write_entry(writer, Entry::custom_information, credential.custom_information);
  write_time(writer, Entry::last_logon, credential.last_logon);
  write_time(writer, Entry::created, credential.created);
  return octets;
}

bool same(Bytes a, const KeyCredential::Id& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace

KeyCredential::Id KeyCredential::id() const {
  return sha256(material);
}

Result<KeyCredential> parse_key_credential(Bytes blob) {
  if (blob.size() > KeyCredential::max_size) return tl::unexpected(Error{Fault::length_too_large});
  LittleEndianReader reader(blob);
  if (reader.u32() != version_2) reader.fail(Fault::unsupported);
  Parsed parsed = read_entries(reader);
  if (!reader.ok()) return tl::unexpected(reader.error());
  if (parsed.id.empty() || parsed.credential.material.empty() || !parsed.has_usage)
    return tl::unexpected(Error{Fault::missing_field});
  if (!same(parsed.id, parsed.credential.id())) return tl::unexpected(Error{Fault::wrong_value});
  // Not every writer has it.
  if (!parsed.hash.empty() && !same(parsed.hash, sha256(blob.subspan(parsed.hashed_from))))
    return tl::unexpected(Error{Fault::bad_integrity});
  return std::move(parsed.credential);
}

Octets key_credential_blob(const KeyCredential& credential) {
  const Octets entries = hashed_entries(credential);
  Octets blob;
  LittleEndianWriter writer(blob);
  writer.u32(version_2);
  write_entry(writer, Entry::key_id, credential.id());
  write_entry(writer, Entry::key_hash, sha256(entries));
  writer.octets(entries);
  if (blob.size() > KeyCredential::max_size) throw std::length_error("a key credential");
  return blob;
}

Octets custom_information_of_attested_key() {
  return {custom_information_version, attestation_flag};
}

bool is_attested(const KeyCredential& credential) {
  const Octets& information = credential.custom_information;
  return information.size() >= 2 && information[0] == custom_information_version &&
         (information[1] & attestation_flag) != 0;
}

Octets key_material(const PublicKey& key) {
  return key.type() == KeyType::rsa ? bcrypt_blob(key) : key.subject_public_key_info();
}

Result<PublicKey> key_of_material(Bytes material) {
  return is_bcrypt_blob(material) ? parse_bcrypt_blob(material) : PublicKey::of_der(material);
}

std::string key_id_text(const PublicKey& key) {
  return base64_of(sha256(key_material(key)));
}

}  // namespace ferryman::pki
