#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "decode/ndr.h"
#include "decode/pac.h"

namespace ferryman::decode {
namespace {

// Type serialization version 1 [MS-RPCE 2.2.6]: common header, private header, and a pointer to the whole.
bool read_headers(NdrReader& reader) {
  constexpr std::uint32_t version_1_little_endian = 0x00081001;
  constexpr std::size_t filler = 4, private_header = 8;
  const bool ok = reader.u32() == version_1_little_endian;
  reader.octets(filler + private_header);
  return reader.u32() != 0 && ok;
}

// KERB_VALIDATION_INFO [MS-PAC 2.5]. First come the fixed parts with pointers in them, then what the pointers
// that are not null point at, in the same order.
class LogonInfo {
 public:
  LogonInfo(Node& node, Bytes buffer, const PacOptions& options)
      : node_(node), reader_(buffer), options_(options) {}

  void decode();

 private:
  static constexpr std::size_t rid_size = 8, extra_sid_size = 8;
  enum class Pointee : std::uint8_t { string, sid, rids, extra_sids };
  struct Pointer {
    std::size_t child;
    Pointee to;
  };

  Node& add(std::string_view name, std::string value, std::string meaning = {}) {
    Node child;
    child.name = name;
    child.value = std::move(value);
    child.meaning = std::move(meaning);
    node_.children.push_back(std::move(child));
    return node_.children.back();
  }
  void time(std::string_view name) { add(name, file_time_text(reader_.u64())); }
  void number(std::string_view name, std::uint32_t value) { add(name, fmt::to_string(value)).number = value; }
  void flags(std::string_view name) { add(name, fmt::format("{:#x}", reader_.u32())); }
  // A pointer, whose node is filled when what it points at comes.
  void pointer(std::string_view name, Pointee to) {
    add(name, {});
    if (reader_.u32() != 0) pointers_.push_back({node_.children.size() - 1, to});
  }
  // RPC_UNICODE_STRING: length, maximum, pointer.
  void string(std::string_view name) {
    reader_.octets(4);
    pointer(name, Pointee::string);
  }
  void counted(std::string_view name) {
    reader_.u32();
    pointer(name, Pointee::rids);
  }
  void read_rids(std::size_t list);
  void read_extra_sids(std::size_t list);
  void read_pointee(const Pointer& pointer);
  void read_account();
  void read_domain();

  Node& node_;
  NdrReader reader_;
  const PacOptions& options_;
  std::vector<Pointer> pointers_;  // that are not null
};

Node entry(std::string value, std::uint32_t attributes) {
  Node node;
  node.name = "group";
  node.value = std::move(value);
  node.meaning = fmt::format("attributes {:#x}", attributes);
  return node;
}

// GROUP_MEMBERSHIP [MS-PAC 2.2.2].
void LogonInfo::read_rids(std::size_t list) {
  const std::uint32_t count = reader_.count(rid_size);
  for (std::uint32_t i = 0; i < count && reader_.ok(); ++i) {
    const std::uint32_t rid = reader_.u32();
    node_.children[list].children.push_back(entry(fmt::to_string(rid), reader_.u32()));
  }
}

// KERB_SID_AND_ATTRIBUTES [MS-PAC 2.2.1].
void LogonInfo::read_extra_sids(std::size_t list) {
  const std::uint32_t count = reader_.count(extra_sid_size);
  std::vector<std::pair<bool, std::uint32_t>> entries;
  for (std::uint32_t i = 0; i < count && reader_.ok(); ++i) {
    const bool there = reader_.u32() != 0;
    entries.emplace_back(there, reader_.u32());
  }
  for (const auto& [there, attributes] : entries) {
    if (!reader_.ok()) return;
    node_.children[list].children.push_back(entry(there ? reader_.sid() : std::string(), attributes));
  }
}

void LogonInfo::read_account() {
  for (const auto* name : {"logon-time", "logoff-time", "kick-off-time", "password-last-set",
                           "password-can-change", "password-must-change"}) {
    time(name);
  }
  for (const auto* name : {"effective-name", "full-name", "logon-script", "profile-path", "home-directory",
                           "home-directory-drive"}) {
    string(name);
  }
  number("logon-count", reader_.u16());
  number("bad-password-count", reader_.u16());
  number("user-id", reader_.u32());
  number("primary-group-id", reader_.u32());
  counted("groups");
  flags("user-flags");
  constexpr std::size_t session_key_size = 16;
  const Bytes session_key = reader_.octets(session_key_size);
  Node& key = add("user-session-key", "16 octets (hidden; --secrets shows them)");
  if (options_.secrets) set_octets(key, session_key, true);
}

void LogonInfo::read_domain() {
  string("logon-server");
  string("logon-domain-name");
  pointer("logon-domain-id", Pointee::sid);
  reader_.u64();  // Reserved1
  flags("user-account-control");
  flags("sub-auth-status");
  time("last-successful-interactive-logon");
  time("last-failed-interactive-logon");
  number("failed-interactive-logon-count", reader_.u32());
  reader_.u32();  // Reserved3
  reader_.u32();  // SidCount, which stands before the SIDs once more
  pointer("extra-sids", Pointee::extra_sids);
  pointer("resource-group-domain-id", Pointee::sid);
  counted("resource-groups");
}

void LogonInfo::read_pointee(const Pointer& pointer) {
  switch (pointer.to) {
    case Pointee::string:
      node_.children[pointer.child].value = reader_.string();
      return;
    case Pointee::sid:
      node_.children[pointer.child].value = reader_.sid();
      return;
    case Pointee::rids:
      return read_rids(pointer.child);
    case Pointee::extra_sids:
      return read_extra_sids(pointer.child);
  }
}

void LogonInfo::decode() {
  if (!read_headers(reader_)) {
    node_.fault = "no NDR type serialization, version 1, in little endian";
    return;
  }
  read_account();
  read_domain();
  for (const Pointer& pointer : pointers_) {
    if (reader_.ok()) read_pointee(pointer);
  }
  if (!reader_.ok())
    node_.fault = fmt::format("the NDR encoding breaks off at its octet {}", reader_.offset());
}

}  // namespace

void decode_logon_info(Node& node, Bytes buffer, const PacOptions& options) {
  LogonInfo(node, buffer, options).decode();
}

}  // namespace ferryman::decode
