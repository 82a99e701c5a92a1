#include "kdb/dump.h"

#include <charconv>
#include <limits>
#include <utility>

#include "base/endian.h"
#include "kdb/fields.h"

namespace ferryman::kdb {
namespace {

constexpr std::string_view header_begin = "kdb5_util load_dump version ";
constexpr int oldest_version = 5, newest_version = 7;

// KRB5_TL_*: what a principal has besides.
namespace tagged {
constexpr std::int32_t password_changed = 1, master_kvno = 8, master_keys = 10;
}

constexpr std::int64_t max_u16 = std::numeric_limits<std::uint16_t>::max(),
                       max_u32 = std::numeric_limits<std::uint32_t>::max();

std::optional<std::int64_t> read_time(Fields& fields) {
  const std::int64_t time = fields.number(0, max_u32);
  return time == 0 ? std::nullopt : std::optional(time);
}

// What krb5_dbe_update_mkey_aux() writes. False: it is not that.
bool read_master_keys(Bytes octets, DumpedPrincipal& principal) {
  LittleEndianReader reader(octets);
  if (reader.u16() != 1) return false;
  while (reader.ok() && reader.left() > 0) {
    SealedMasterKey key;
    key.under = reader.u16();
    key.key.kvno = reader.u16();
    key.key.etype = static_cast<std::int16_t>(reader.u16());
    const Bytes sealed = reader.octets(reader.u16());
    key.key.sealed.assign(sealed.begin(), sealed.end());
    if (reader.ok()) principal.master_keys.push_back(std::move(key));
  }
  return reader.ok();
}

void read_tagged(Fields& fields, DumpedPrincipal& principal) {
  const std::int64_t type = fields.number(std::numeric_limits<std::int16_t>::min(), max_u16);
  const auto size = static_cast<std::size_t>(fields.number(0, max_u16));
  const Octets octets = fields.octets(size);
  bool understood = true;
  if (type == tagged::password_changed && octets.size() == sizeof(std::uint32_t))
    principal.password_changed = load_le<std::uint32_t>(octets);
  else if (type == tagged::master_kvno && octets.size() == sizeof(std::uint16_t))
    principal.master_kvno = load_le<std::uint16_t>(octets);
  else if (type == tagged::master_keys)
    understood = read_master_keys(octets, principal);
  else
    understood = type != tagged::password_changed && type != tagged::master_kvno;
  if (!understood) fields.fail(Fault::wrong_value);
}

SealedKey read_key(Fields& fields) {
  constexpr std::int64_t least = std::numeric_limits<std::int16_t>::min();
  SealedKey key;
  const std::int64_t parts = fields.number(1, 2);  // the key; with 2 its salt, too
  key.kvno = static_cast<std::uint32_t>(fields.number(0, max_u16));
  key.etype = static_cast<std::int32_t>(fields.number(least, max_u16));
  key.sealed = fields.octets(static_cast<std::size_t>(fields.number(0, max_u16)));
  if (parts == 1 || !fields.ok()) return key;
  key.salt_type = static_cast<std::int32_t>(fields.number(least, max_u16));
  key.salt = fields.octets(static_cast<std::size_t>(fields.number(0, max_u16)));
  if (key.salt_type != salt_type::special) key.salt.clear();  // made of the name, whatever is written there
  return key;
}

// One character, after a backslash perhaps.
char take_character(std::string_view& text, bool& escaped) {
  escaped = text.front() == '\\' && text.size() > 1;
  if (escaped) text.remove_prefix(1);
  const char c = text.front();
  text.remove_prefix(1);
  if (!escaped) return c;
  switch (c) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case '0':
      return '\0';
    default:
      return c;
  }
}

std::string all_of(const std::vector<std::string>& components) {
  std::string all;
  for (const std::string& each : components) all += each;
  return all;
}

}  // namespace

std::optional<int> version_of_dump(std::string_view header) {
  if (header.starts_with("ipropx ") || header.starts_with("iprop ")) return 0;
  if (!header.starts_with(header_begin)) return std::nullopt;
  header.remove_prefix(header_begin.size());
  int version = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), version);
  if (error != std::errc() || end != header.data() + header.size()) return std::nullopt;
  return version >= oldest_version && version <= newest_version ? version : 0;
}

LineKind kind_of(std::string_view line) {
  if (line.starts_with("princ\t")) return LineKind::principal;
  return line.starts_with("policy\t") ? LineKind::policy : LineKind::other;
}

Result<DumpedPrincipal> read_principal(std::string_view line) {
  constexpr std::int64_t least = std::numeric_limits<std::int32_t>::min();
  Fields fields(line);
  DumpedPrincipal principal;
  if (fields.text() != "princ") fields.fail(Fault::wrong_value);
  fields.number(0, max_u16);  // of the binary form
  const auto name_size = static_cast<std::size_t>(fields.number(0, max_u32));
  const std::int64_t tagged_count = fields.number(0, max_u16), key_count = fields.number(0, max_u16);
  const auto extra_size = static_cast<std::size_t>(fields.number(0, max_u16));
  const std::string_view name = fields.text();
  auto parsed = parse_name(name);
  if (!parsed || name.size() != name_size) fields.fail(Fault::wrong_value);
  principal.attributes = static_cast<std::uint32_t>(fields.number(least, max_u32));
  fields.number(least, max_u32);  // of tickets: the longest life,
  fields.number(least, max_u32);  // and until when they are renewed
  principal.expires = read_time(fields);
  principal.password_expires = read_time(fields);
  for (int i = 0; i < 3; ++i) fields.number(least, max_u32);  // last success, last failure, failures
  for (std::int64_t i = 0; i < tagged_count && fields.ok(); ++i) read_tagged(fields, principal);
  for (std::int64_t i = 0; i < key_count && fields.ok(); ++i) principal.keys.push_back(read_key(fields));
  fields.last_octets(extra_size);
  if (!fields.ok()) return tl::unexpected(fields.error());
  principal.name = *std::move(parsed);
  return principal;
}

std::optional<PrincipalName> parse_name(std::string_view text) {
  PrincipalName name;
  std::string part;
  bool in_realm = false;
  while (!text.empty()) {
    bool escaped = false;
    const char c = take_character(text, escaped);
    if (!escaped && !in_realm && (c == '/' || c == '@')) {
      name.components.push_back(std::exchange(part, {}));
      in_realm = c == '@';
    } else if (!escaped && c == '@') {
      return std::nullopt;
    } else {
      part += c;
    }
  }
  if (!in_realm || part.empty()) return std::nullopt;
  name.realm = std::move(part);
  return name;
}

std::optional<std::string> salt_of(const DumpedPrincipal& principal, const SealedKey& key) {
  const PrincipalName& name = principal.name;
  switch (key.salt_type) {
    case salt_type::normal:
      return name.realm + all_of(name.components);
    case salt_type::no_realm:
      return all_of(name.components);
    case salt_type::only_realm:
      return name.realm;
    case salt_type::special:
      return std::string(as_text(key.salt));
    default:
      return std::nullopt;
  }
}

}  // namespace ferryman::kdb
