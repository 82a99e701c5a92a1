#include "pac/info.h"

#include <stdexcept>
#include <utility>

#include "base/endian.h"
#include "base/utf16.h"

namespace ferryman::pac {
namespace {

constexpr std::size_t alignment = 8;

void write_units(LittleEndianWriter& writer, std::u16string_view text) {
  for (const char16_t unit : text) writer.u16(unit);
}

std::uint16_t octets_of(std::u16string_view text) {
  constexpr std::size_t most = 0xffff / sizeof(char16_t);
  if (text.size() > most) throw std::length_error("a text that is too long for a PAC");
  return static_cast<std::uint16_t>(text.size() * sizeof(char16_t));
}

std::u16string read_units(LittleEndianReader& reader, Bytes octets) {
  auto text = utf16_of_octets(octets);
  if (!text) reader.fail(Fault::bad_string);
  return std::move(text).value_or(u"");
}

// A length and an offset into the buffer.
Bytes read_part(LittleEndianReader& reader, Bytes buffer) {
  const std::size_t length = reader.u16(), offset = reader.u16();
  if (!reader.ok() || offset > buffer.size() || length > buffer.size() - offset) {
    reader.fail(Fault::truncated);
    return {};
  }
  return buffer.subspan(offset, length);
}

}  // namespace

Result<ClientInfo> ClientInfo::parse(Bytes buffer) {
  LittleEndianReader reader(buffer);
  ClientInfo info;
  info.client_id = reader.u64();
  info.name = read_units(reader, reader.octets(reader.u16()));
  if (reader.left() > 0) reader.fail(Fault::trailing_bytes);
  if (!reader.ok()) return tl::unexpected(reader.error());
  return info;
}

Octets ClientInfo::write() const {
  Octets out;
  LittleEndianWriter writer(out);
  writer.u64(client_id);
  writer.u16(octets_of(name));
  write_units(writer, name);
  return out;
}

Result<UpnDnsInfo> UpnDnsInfo::parse(Bytes buffer) {
  LittleEndianReader reader(buffer);
  UpnDnsInfo info;
  info.upn = read_units(reader, read_part(reader, buffer));
  info.dns_domain_name = read_units(reader, read_part(reader, buffer));
  info.flags = reader.u32();
  if ((info.flags & extended) != 0) {
    std::u16string sam_name = read_units(reader, read_part(reader, buffer));
    const auto sid = Sid::parse(read_part(reader, buffer));
    if (sid) info.extension = {std::move(sam_name), *sid};
    if (!sid) reader.fail(Fault::wrong_value);
  }
  if (!reader.ok()) return tl::unexpected(reader.error());
  return info;
}

Octets UpnDnsInfo::write() const {
  constexpr std::size_t head = 12, extended_head = 20;
  Octets parts(extension ? extended_head : head), sid;
  LittleEndianWriter writer(parts);
  Octets out;
  LittleEndianWriter heads(out);
  const auto add = [&](std::size_t size, const auto& write) {
    writer.align(alignment);
    heads.u16(static_cast<std::uint16_t>(size));
    heads.u16(static_cast<std::uint16_t>(writer.size()));
    write();
    if (writer.size() > 0xffff) throw std::length_error("a UPN_DNS_INFO that is too long");
  };
  const auto add_text = [&](std::u16string_view text) {
    add(octets_of(text), [&] { write_units(writer, text); });
  };
  add_text(upn);
  add_text(dns_domain_name);
  heads.u32(extension ? flags | extended : flags & ~extended);
  if (extension) {
    add_text(extension->sam_name);
    extension->sid.append_to(sid);
    add(sid.size(), [&] { writer.octets(sid); });
  }
  writer.align(alignment);
  heads.octets(Bytes(parts).subspan(out.size()));
  return out;
}

Result<AttributesInfo> AttributesInfo::parse(Bytes buffer) {
  constexpr std::uint32_t word_bits = 32;
  LittleEndianReader reader(buffer);
  const std::uint32_t bits = reader.u32();
  if (bits == 0) reader.fail(Fault::wrong_value);
  AttributesInfo info{reader.u32()};
  if (reader.ok())
    reader.octets(std::size_t{(bits - 1) / word_bits} * sizeof(info.flags));  // flags yet to come
  if (reader.left() > 0) reader.fail(Fault::trailing_bytes);
  if (!reader.ok()) return tl::unexpected(reader.error());
  return info;
}

Octets AttributesInfo::write() const {
  constexpr std::uint32_t bits = 2;
  Octets out;
  LittleEndianWriter writer(out);
  writer.u32(bits);
  writer.u32(flags);
  return out;
}

Result<Sid> parse_requestor(Bytes buffer) {
  return Sid::parse(buffer);
}

Octets write_requestor(const Sid& sid) {
  Octets out;
  sid.append_to(out);
  return out;
}

namespace {
constexpr std::uint64_t per_second = 10'000'000, to_unix = 11'644'473'600, last_second = 253'402'300'799;
}

std::uint64_t file_time(std::int64_t unix_seconds) {
  return (static_cast<std::uint64_t>(unix_seconds) + to_unix) * per_second;
}

std::optional<std::int64_t> unix_seconds(std::uint64_t file_time) {
  const std::uint64_t seconds = file_time / per_second;
  if (seconds < to_unix || seconds - to_unix > last_second) return std::nullopt;
  return static_cast<std::int64_t>(seconds - to_unix);
}

}  // namespace ferryman::pac
