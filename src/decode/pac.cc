#include "decode/pac.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "decode/names.h"
#include "decode/ndr.h"

namespace ferryman::decode {
namespace {

enum BufferType : std::uint32_t {
  logon_info = 1,
  server_checksum = 6,
  kdc_checksum = 7,
  client_info = 10,
  upn_dns_info = 12,
  ticket_checksum = 16,
  attributes_info = 17,
  requestor = 18,
  full_checksum = 19,
};

constexpr std::uint32_t max_buffers = 64;
constexpr std::size_t header_size = 8, entry_size = 16, checksum_head = 4;

struct Buffer {
  std::uint32_t type;
  std::size_t at;
  Bytes bytes;
};

void add(Node& parent, std::string_view name, std::string value, std::string meaning = {}) {
  Node& node = parent.children.emplace_back();
  node.name = name;
  node.value = std::move(value);
  node.meaning = std::move(meaning);
}

// How many octets a checksum has; 0 where the type is none that a PAC may have (MS-PAC 2.8).
std::size_t checksum_size(std::int32_t type) {
  constexpr std::int32_t hmac_md5 = -138, aes128 = 15, aes256 = 16, aes128_sha2 = 19, aes256_sha2 = 20;
  constexpr std::size_t md5_size = 16, sha1_size = 12, sha256_size = 16, sha384_size = 24;
  switch (type) {
    case hmac_md5:
      return md5_size;
    case aes128:
    case aes256:
      return sha1_size;
    case aes128_sha2:
      return sha256_size;
    case aes256_sha2:
      return sha384_size;
    default:
      return 0;
  }
}

// PAC_CLIENT_INFO [MS-PAC 2.7].
void decode_client_info(Node& node, Bytes buffer, const PacOptions&) {
  NdrReader reader(buffer);
  const std::uint64_t time = reader.u64();
  const Bytes name = reader.octets(reader.u16());
  if (!reader.ok()) {
    node.fault = "truncated";
    return;
  }
  add(node, "client-id", file_time_text(time));
  add(node, "name", printable_utf16(name));
}

// UPN_DNS_INFO [MS-PAC 2.10]: lengths and offsets into the buffer.
void decode_upn_dns_info(Node& node, Bytes buffer, const PacOptions&) {
  constexpr std::uint32_t no_upn = 1, has_sam_and_sid = 2;
  NdrReader reader(buffer);
  const auto part = [&]() -> Bytes {
    const std::size_t length = reader.u16(), offset = reader.u16();
    if (reader.ok() && offset <= buffer.size() && length <= buffer.size() - offset)
      return buffer.subspan(offset, length);
    reader.fail();
    return {};
  };
  const Bytes upn = part(), domain = part();
  const std::uint32_t flags = reader.u32();
  add(node, "upn", printable_utf16(upn));
  add(node, "dns-domain-name", printable_utf16(domain));
  add(node, "flags", fmt::format("{:#x}", flags),
      (flags & no_upn) != 0 ? "the UPN is made of the account name" : "");
  if ((flags & has_sam_and_sid) != 0) {
    const Bytes sam = part(), sid = part();
    add(node, "sam-name", printable_utf16(sam));
    add(node, "sid", sid_text(sid));
  }
  if (!reader.ok()) node.fault = "a length or offset points behind the buffer";
}

// PAC_ATTRIBUTES_INFO [MS-PAC 2.14].
void decode_attributes(Node& node, Bytes buffer, const PacOptions&) {
  NdrReader reader(buffer);
  reader.u32();  // number of flags
  const std::uint32_t flags = reader.u32();
  if (!reader.ok()) node.fault = "truncated";
  std::string meaning = (flags & 1) != 0 ? "PAC_WAS_REQUESTED" : "";
  if ((flags & 2) != 0)
    meaning += meaning.empty() ? "PAC_WAS_GIVEN_IMPLICITLY" : ", PAC_WAS_GIVEN_IMPLICITLY";
  add(node, "flags", fmt::format("{:#x}", flags), meaning);
}

// PAC_REQUESTOR [MS-PAC 2.15].
void decode_requestor(Node& node, Bytes buffer, const PacOptions&) {
  node.value = sid_text(buffer);
  if (node.value.empty()) node.fault = "no SID";
}

class Pac {
 public:
  Pac(Bytes pac, const PacOptions& options, const PacChecker& checker)
      : pac_(pac), options_(options), checker_(checker) {}

  Node decode();

 private:
  void read_buffers(Node& node);
  void decode_checksum(Node& node, const Buffer& buffer);
  std::string verdict(const Buffer& buffer, std::int32_t type, Bytes checksum) const;
  std::vector<std::uint8_t> without_checksums() const;

  Bytes pac_;
  const PacOptions& options_;
  const PacChecker& checker_;
  std::vector<Buffer> buffers_;
};

// The signature of a PAC_SIGNATURE_DATA [MS-PAC 2.8]; a read-only DC's number may follow it.
Bytes signature_of(Bytes buffer) {
  if (buffer.size() < checksum_head) return {};
  NdrReader reader(buffer);
  const std::size_t size = checksum_size(static_cast<std::int32_t>(reader.u32()));
  const Bytes rest = buffer.subspan(checksum_head);
  return size == 0 || size > rest.size() ? rest : rest.first(size);
}

std::vector<std::uint8_t> Pac::without_checksums() const {
  std::vector<std::uint8_t> copy(pac_.begin(), pac_.end());
  for (const Buffer& buffer : buffers_) {
    if (buffer.type != server_checksum && buffer.type != kdc_checksum) continue;
    const Bytes signature = signature_of(buffer.bytes);
    std::fill_n(copy.begin() + static_cast<std::ptrdiff_t>(buffer.at + checksum_head), signature.size(), 0);
  }
  return copy;
}

std::string Pac::verdict(const Buffer& buffer, std::int32_t type, Bytes checksum) const {
  if (buffer.type == server_checksum && checker_.ticket_key) {
    const bool right = KeyRing::verifies(*checker_.ticket_key, type, without_checksums(), checksum);
    return right ? "verified with the " + checker_.ticket_key->origin : "wrong";
  }
  const auto server = std::find_if(buffers_.begin(), buffers_.end(),
                                   [](const Buffer& other) { return other.type == server_checksum; });
  if (buffer.type == kdc_checksum && checker_.keys != nullptr && server != buffers_.end()) {
    if (const auto key = checker_.keys->verifying(type, signature_of(server->bytes), checksum))
      return "verified with the " + key->origin;
  }
  return "not checked: no key for it";
}

void Pac::decode_checksum(Node& node, const Buffer& buffer) {
  if (buffer.bytes.size() < checksum_head) {
    node.fault = "truncated";
    return;
  }
  NdrReader reader(buffer.bytes);
  const auto type = static_cast<std::int32_t>(reader.u32());
  const Bytes checksum = signature_of(buffer.bytes);
  add(node, "type", fmt::to_string(type), std::string(checksum_name(type)));
  node.children.back().number = type;
  Node& value = node.children.emplace_back();
  value.name = "signature";
  set_octets(value, checksum, options_.full);
  value.note = verdict(buffer, type, checksum);
}

void Pac::read_buffers(Node& node) {
  NdrReader reader(pac_);
  const std::uint32_t count = reader.u32(), version = reader.u32();
  add(node, "version", fmt::to_string(version));
  if (!reader.ok() || count > max_buffers || count > (pac_.size() - header_size) / entry_size) {
    node.fault = fmt::format("octet 0 of the PAC: {} buffers cannot be in {} octets", count, pac_.size());
    return;
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t type = reader.u32(), size = reader.u32();
    const std::uint64_t offset = reader.u64();
    if (offset > pac_.size() || size > pac_.size() - offset) {
      node.fault =
          fmt::format("octet {} of the PAC: buffer {} points behind it", reader.offset() - entry_size, type);
      continue;
    }
    buffers_.push_back({type, static_cast<std::size_t>(offset), pac_.subspan(offset, size)});
  }
}

Node Pac::decode() {
  using Decode = void (*)(Node&, Bytes, const PacOptions&);
  Node node;
  node.type = "PACTYPE";
  read_buffers(node);
  for (const Buffer& buffer : buffers_) {
    Node part;
    part.name = pac_buffer_name(static_cast<std::int32_t>(buffer.type));
    if (part.name.empty()) part.name = fmt::format("type {}", buffer.type);
    part.type = fmt::format("buffer of {} octets", buffer.bytes.size());
    Decode decode = nullptr;
    if (buffer.type == logon_info) decode = decode_logon_info;
    if (buffer.type == client_info) decode = decode_client_info;
    if (buffer.type == upn_dns_info) decode = decode_upn_dns_info;
    if (buffer.type == attributes_info) decode = decode_attributes;
    if (buffer.type == requestor) decode = decode_requestor;
    const bool checksum = buffer.type == server_checksum || buffer.type == kdc_checksum ||
                          buffer.type == ticket_checksum || buffer.type == full_checksum;
    if (checksum) decode_checksum(part, buffer);
    if (decode != nullptr) decode(part, buffer.bytes, options_);
    if (!part.fault.empty()) part.fault = fmt::format("octet {} of the PAC: {}", buffer.at, part.fault);
    if (part.children.empty() && part.value.empty()) set_octets(part, buffer.bytes, options_.full);
    node.children.push_back(std::move(part));
  }
  return node;
}

}  // namespace

Node decode_pac(Bytes pac, const PacOptions& options, const PacChecker& checker) {
  return Pac(pac, options, checker).decode();
}

}  // namespace ferryman::decode
