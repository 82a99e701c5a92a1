#include "crypto/keytab.h"

#include <optional>

#include "base/endian.h"

namespace ferryman::crypto {
namespace {

constexpr std::uint16_t format = 0x0502;

void append_escaped(std::string& out, std::string_view part) {
  for (const char c : part) {
    switch (c) {
      case '\0':
        out += "\\0";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\b':
        out += "\\b";
        break;
      case '/':
      case '@':
      case '\\':
        out += '\\';
        [[fallthrough]];
      default:
        out += c;
    }
  }
}

std::string read_counted(BigEndianReader& reader) {
  return std::string(as_text(reader.octets(reader.u16())));
}

// Nothing for an etype that is not served, and on a fault.
std::optional<KeytabEntry> read_entry(BigEndianReader& reader) {
  const std::size_t count = reader.u16();
  if (count > max_keytab_components) reader.fail(Fault::too_many);
  std::string realm = read_counted(reader);
  std::vector<std::string> components;
  for (std::size_t i = 0; i < count && reader.ok(); ++i) components.push_back(read_counted(reader));
  const auto name_type = static_cast<std::int32_t>(reader.u32());
  const std::uint32_t timestamp = reader.u32();
  std::uint32_t kvno = reader.u8();
  const auto etype = static_cast<std::int16_t>(reader.u16());
  const Bytes octets = reader.octets(reader.u16());
  // The whole version number, where the file was written by one who knew more than eight bits of it.
  if (reader.left() >= sizeof(std::uint32_t)) {
    if (const std::uint32_t whole = reader.u32(); whole != 0) kvno = whole;
  }
  if (!reader.ok()) return std::nullopt;
  auto key = Key::make(etype, octets);
  if (!key) {
    if (key.error().fault != Fault::unsupported) reader.fail(key.error().fault);
    return std::nullopt;
  }
  return KeytabEntry{std::move(realm), std::move(components), name_type, timestamp, kvno, std::move(*key)};
}

std::size_t entry_size(const KeytabEntry& entry) {
  constexpr std::size_t fixed = 2 + 2 + 4 + 4 + 1 + 2 + 2 + 4;
  std::size_t size = fixed + entry.realm.size() + entry.key.octets().size();
  for (const std::string& component : entry.components) size += 2 + component.size();
  return size;
}

void write_counted(BigEndianWriter& writer, Bytes octets) {
  writer.u16(static_cast<std::uint16_t>(octets.size()));
  writer.octets(octets);
}

void write_entry(BigEndianWriter& writer, const KeytabEntry& entry) {
  writer.u32(static_cast<std::uint32_t>(entry_size(entry)));
  writer.u16(static_cast<std::uint16_t>(entry.components.size()));
  write_counted(writer, as_bytes(entry.realm));
  for (const std::string& component : entry.components) write_counted(writer, as_bytes(component));
  writer.u32(static_cast<std::uint32_t>(entry.name_type));
  writer.u32(entry.timestamp);
  writer.u8(static_cast<std::uint8_t>(entry.kvno));
  writer.u16(static_cast<std::uint16_t>(entry.key.etype()));
  write_counted(writer, entry.key.octets());
  writer.u32(entry.kvno);
}

}  // namespace

std::string KeytabEntry::principal() const {
  std::string text;
  for (std::size_t i = 0; i < components.size(); ++i) {
    if (i > 0) text += '/';
    append_escaped(text, components[i]);
  }
  text += '@';
  append_escaped(text, realm);
  return text;
}

Result<std::vector<KeytabEntry>> read_keytab(Bytes file) {
  BigEndianReader reader(file);
  if (reader.u16() != format) reader.fail(Fault::wrong_value);
  std::vector<KeytabEntry> entries;
  while (reader.left() > 0) {
    const auto size = static_cast<std::int32_t>(reader.u32());
    if (size == 0) break;  // MIT's reader ends there too
    // Below zero is the room of an entry that was removed.
    const auto begin = static_cast<std::uint32_t>(reader.offset());
    const Bytes octets = reader.octets(static_cast<std::uint32_t>(size < 0 ? -std::int64_t{size} : size));
    if (size < 0 || !reader.ok()) continue;
    BigEndianReader inside(octets);
    if (auto entry = read_entry(inside)) entries.push_back(std::move(*entry));
    if (!inside.ok()) return tl::unexpected(Error{inside.error().fault, begin + inside.error().offset});
  }
  if (!reader.ok()) return tl::unexpected(reader.error());
  return entries;
}

Secret write_keytab(std::span<const KeytabEntry> entries) {
  std::size_t size = sizeof(format);
  for (const KeytabEntry& entry : entries) size += sizeof(std::uint32_t) + entry_size(entry);
  Octets file;
  file.reserve(size);  // so that growing leaves no copy of a key behind
  BigEndianWriter writer(file);
  writer.u16(format);
  for (const KeytabEntry& entry : entries) write_entry(writer, entry);
  Secret secret(file);
  wipe(file);
  return secret;
}

}  // namespace ferryman::crypto
