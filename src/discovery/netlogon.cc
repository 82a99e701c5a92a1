#include "discovery/netlogon.h"

#include <algorithm>

#include "base/endian.h"
#include "base/text.h"
#include "der/writer.h"

namespace ferryman::discovery {
namespace {

using der::Tag;

constexpr Tag search_request = 0x63, search_entry = 0x64, search_done = 0x65, ldap_set = 0x31,
              enumerated = 0x0a, boolean = 0x01, filter_and = 0xa0, filter_equal = 0xa3;

void write_equal(der::Writer& writer, std::string_view attribute, Bytes value) {
  const std::size_t mark = writer.size();
  writer.primitive(der::octet_string, value);
  writer.string(der::octet_string, attribute);
  writer.close(filter_equal, mark);
}

// BER as LDAP has it (RFC 4511 5.1): definite lengths, but not always the shortest. AD writes four octets.
class BerReader {
 public:
  explicit BerReader(Bytes input) : rest_(input) {}

  bool ok() const { return !failed_; }
  Error error() const { return {fault_, 0}; }
  bool empty() const { return rest_.empty() || !ok(); }
  bool at(Tag tag) const { return !empty() && rest_[0] == tag; }

  // The content of the next element, which must have that tag.
  Bytes read(Tag tag) {
    if (!ok()) return {};
    if (rest_.size() < 2) return fail(Fault::truncated);
    if (rest_[0] != tag) return fail(Fault::wrong_tag);
    std::size_t header = 2, length = rest_[1];
    if (length >= 0x80) {
      const std::size_t octets = length & 0x7f;
      if (octets == 0) return fail(Fault::indefinite_length);
      if (octets > 4) return fail(Fault::length_too_large);
      if (rest_.size() < 2 + octets) return fail(Fault::truncated);
      length = 0;
      for (std::size_t i = 0; i < octets; ++i) length = length << 8 | rest_[2 + i];
      header += octets;
    }
    if (length > rest_.size() - header) return fail(Fault::truncated);
    const Bytes content = rest_.subspan(header, length);
    rest_ = rest_.subspan(header + length);
    return content;
  }

  Bytes fail(Fault fault) {
    if (ok()) fault_ = fault;
    failed_ = true;
    rest_ = {};
    return {};
  }

 private:
  Bytes rest_;
  bool failed_ = false;
  Fault fault_ = Fault::truncated;  // the first, once failed_
};

// The NDR-free structure: little-endian numbers and names compressed as in DNS (RFC 1035 4.1.4), with
// pointers that count from its start.
class BlobReader {
 public:
  explicit BlobReader(Bytes input) : input_(input) {}

  bool ok() const { return !failed_; }
  Error error() const { return {fault_, static_cast<std::uint32_t>(at_)}; }

  std::uint32_t number(std::size_t octets) {
    const Bytes bytes = take(octets);
    std::uint32_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | bytes[i];
    return value;
  }

  Bytes take(std::size_t octets) {
    if (!ok() || octets > input_.size() - at_) return fail(Fault::truncated);
    at_ += octets;
    return input_.subspan(at_ - octets, octets);
  }

  // Labels joined with dots; what is no host name, site name or user name is a fault.
  std::string name() {
    constexpr std::size_t longest = 255;
    std::string text;
    std::size_t at = at_, end = 0;  // end: where the structure goes on, once a pointer was followed
    while (ok()) {
      if (at >= input_.size()) return fail_name(Fault::truncated);
      const std::uint8_t length = input_[at];
      if (length == 0) break;
      if ((length & 0xc0) == 0xc0) {
        if (at + 1 >= input_.size()) return fail_name(Fault::truncated);
        const std::size_t to = static_cast<std::size_t>(length & 0x3f) << 8 | input_[at + 1];
        if (to >= at) return fail_name(Fault::wrong_value);  // backwards only, so there is an end
        if (end == 0) end = at + 2;
        at = to;
        continue;
      }
      if ((length & 0xc0) != 0) return fail_name(Fault::wrong_value);
      if (at + 1 + length > input_.size()) return fail_name(Fault::truncated);
      if (text.size() + length + 1 > longest) return fail_name(Fault::too_many);
      if (!text.empty()) text += '.';
      text += as_text(input_.subspan(at + 1, length));
      at += 1 + length;
    }
    at_ = end != 0 ? end : at + 1;
    if (!is_plain(text)) return fail_name(Fault::bad_string);
    return text;
  }

 private:
  static bool is_plain(std::string_view text) {
    return is_utf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
             return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
           });
  }
  Bytes fail(Fault fault) {
    if (ok()) fault_ = fault;
    failed_ = true;
    return {};
  }
  std::string fail_name(Fault fault) {
    fail(fault);
    return {};
  }

  Bytes input_;
  std::size_t at_ = 0;
  bool failed_ = false;
  Fault fault_ = Fault::truncated;  // the first, once failed_
};

Result<NetlogonReply> read_blob(Bytes blob) {
  constexpr std::uint32_t response_ex = 23, user_unknown_ex = 25, with_address = 0x08,
                          with_closest_site = 0x10;
  constexpr std::size_t tail = 8;  // NtVersion, LmNtToken, Lm20Token
  NetlogonReply reply;
  if (blob.size() < tail) return tl::unexpected(Error{Fault::truncated, 0});
  // What the structure holds is said at its end.
  reply.nt_version = BlobReader(blob.last(tail)).number(4);
  BlobReader reader(blob.first(blob.size() - tail));
  const std::uint32_t opcode = reader.number(2);
  if (opcode != response_ex && opcode != user_unknown_ex)
    return tl::unexpected(Error{Fault::unknown_message, 0});
  reader.number(2);
  reply.flags = reader.number(4);
  const Bytes guid = reader.take(reply.domain_guid.size());
  std::copy(guid.begin(), guid.end(), reply.domain_guid.begin());
  for (std::string* name : {&reply.dns_forest, &reply.dns_domain, &reply.dns_host, &reply.netbios_domain,
                            &reply.netbios_host, &reply.user, &reply.dc_site, &reply.client_site}) {
    *name = reader.name();
  }
  if ((reply.nt_version & with_address) != 0) reader.take(reader.number(1));
  if ((reply.nt_version & with_closest_site) != 0) reply.next_closest_site = reader.name();
  if (!reader.ok()) return tl::unexpected(reader.error());
  return reply;
}

// PartialAttributeList (RFC 4511 4.5.2): the first value of Netlogon.
std::optional<Bytes> netlogon_value(BerReader& entry) {
  entry.read(der::octet_string);  // objectName: the rootDSE has none
  BerReader attributes(entry.read(der::sequence));
  while (!attributes.empty()) {
    BerReader attribute(attributes.read(der::sequence));
    const std::string_view type = as_text(attribute.read(der::octet_string));
    BerReader values(attribute.read(ldap_set));
    if (!equal_without_case(type, "netlogon")) continue;
    const Bytes value = values.read(der::octet_string);
    if (values.ok()) return value;
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::uint8_t> netlogon_request(std::uint32_t message_id, std::string_view dns_domain,
                                           std::uint32_t nt_version) {
  std::array<std::uint8_t, 512> buffer;
  der::Writer writer(buffer);
  std::size_t mark = writer.size();
  writer.string(der::octet_string, "Netlogon");
  writer.close(der::sequence, mark);
  mark = writer.size();
  std::array<std::uint8_t, sizeof(nt_version)> version{};
  store_le(std::span(version), nt_version);
  write_equal(writer, "NtVer", version);
  write_equal(writer, "DnsDomain", as_bytes(dns_domain));
  writer.close(filter_and, mark);
  static constexpr std::array<std::uint8_t, 1> none{0};
  writer.primitive(boolean, none);     // typesOnly
  writer.integer(0);                   // timeLimit
  writer.integer(0);                   // sizeLimit
  writer.primitive(enumerated, none);  // derefAliases: never
  writer.primitive(enumerated, none);  // scope: baseObject
  writer.string(der::octet_string, {});
  writer.close(search_request, 0);
  writer.integer(message_id);
  writer.close(der::sequence, 0);
  const auto written = writer.finish();
  return written ? std::vector<std::uint8_t>(written->begin(), written->end()) : std::vector<std::uint8_t>();
}

Result<std::optional<NetlogonReply>> read_netlogon_reply(Bytes datagram, std::uint32_t message_id) {
  BerReader outer(datagram);
  BerReader message(outer.read(der::sequence));
  std::uint64_t id = 0;
  const Bytes id_octets = message.read(der::integer);
  if (id_octets.size() > 5) return tl::unexpected(Error{Fault::integer_range, 0});
  for (const std::uint8_t octet : id_octets) id = id << 8 | octet;
  if (!message.ok()) return tl::unexpected(message.error());
  if (!outer.ok()) return tl::unexpected(outer.error());
  if (id != message_id) return tl::unexpected(Error{Fault::wrong_value, 0});
  if (message.at(search_done)) return std::nullopt;
  BerReader entry(message.read(search_entry));
  const auto value = netlogon_value(entry);
  if (!message.ok()) return tl::unexpected(message.error());
  if (!entry.ok()) return tl::unexpected(entry.error());
  if (!value) return std::nullopt;
  auto reply = read_blob(*value);
  if (!reply) return tl::unexpected(reply.error());
  return std::optional<NetlogonReply>(std::move(*reply));
}

}  // namespace ferryman::discovery
