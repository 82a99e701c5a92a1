#include <fmt/format.h>

#include "base/text.h"
#include "decode/names.h"
#include "decode/walker.h"
#include "der/reader.h"
#include "kerberos/names.h"
#include "kerberos/parts.h"

namespace ferryman::decode {

void Walker::integer(Node& node, Bytes bytes, const Type& type) const {
  der::Status status;
  der::Reader reader(bytes, status);
  const std::int32_t value = reader.read_last_int32();
  if (!status.ok()) return refuse(node, bytes, status.error());
  node.number = value;
  node.value = fmt::to_string(value);
  if (type.meaning != nullptr) node.meaning = type.meaning(value);
}

void Walker::unsigned_integer(Node& node, Bytes bytes, const Type& type) const {
  der::Status status;
  der::Reader reader(bytes, status);
  const std::uint32_t value = reader.read_last_uint32();
  if (!status.ok()) return refuse(node, bytes, status.error());
  node.number = value;
  node.value = fmt::to_string(value);
  if (type.set != nullptr) node.meaning = type.set(value);
}

void Walker::boolean(Node& node, Bytes bytes) const {
  constexpr der::Tag tag = 0x01;
  const auto content = expect(node, bytes, tag);
  if (!content) return;
  if (content->size() != 1) {
    node.fault = fault_at(bytes, "a BOOLEAN has one octet");
    return show_octets(node, *content);
  }
  node.value = content->front() == 0 ? "false" : "true";
}

void Walker::string(Node& node, Bytes bytes) const {
  der::Tag tag = der::general_string;
  for (const der::Tag relative : {der::utf8_string, der::ia5_string, der::printable_string}) {
    if (!bytes.empty() && bytes[0] == relative) tag = relative;
  }
  if (const auto content = expect(node, bytes, tag)) node.value = printable(as_text(*content));
}

void Walker::time(Node& node, Bytes bytes) const {
  der::Status status;
  der::Reader reader(bytes, status);
  const std::string_view time = reader.read_time();
  reader.finish();
  if (!status.ok()) return refuse(node, bytes, status.error());
  node.value = fmt::format("{}-{}-{}T{}:{}:{}Z", time.substr(0, 4), time.substr(4, 2), time.substr(6, 2),
                           time.substr(8, 2), time.substr(10, 2), time.substr(12, 2));
}

void Walker::flags(Node& node, Bytes bytes, const Type& type) const {
  constexpr unsigned bits = 32;
  der::Status status;
  der::Reader reader(bytes, status);
  const std::uint32_t value = reader.read_flags();
  reader.finish();
  if (!status.ok()) return refuse(node, bytes, status.error());
  node.number = value;
  node.value = fmt::format("{:#010x}", value);
  for (unsigned bit = 0; bit < bits; ++bit) {
    if ((value >> (bits - 1 - bit) & 1) == 0) continue;
    if (!node.meaning.empty()) node.meaning += ", ";
    const bool named = bit < type.flags.size() && !type.flags[bit].empty();
    node.meaning += named ? std::string(type.flags[bit]) : fmt::format("bit {}", bit);
  }
}

void Walker::principal(Node& node, Bytes bytes) {
  der::Status status;
  der::Reader reader(bytes, status);
  const kerberos::PrincipalName name = kerberos::read_principal_name(reader);
  reader.finish();
  if (status.ok()) {
    std::string text;
    name.append_to(text);
    node.value = printable(text);
    node.meaning = name_type_name(name.name_type);
    if (node.meaning.empty()) node.meaning = fmt::format("name type {}", name.name_type);
    return;
  }
  static constexpr Type name_type{Kind::integer, "Int32", {}, nullptr, 0, {}, name_type_name};
  static constexpr Type component{Kind::string, "KerberosString"};
  static constexpr Type components{Kind::sequence_of, "SEQUENCE OF KerberosString", {}, &component};
  static constexpr Field fields[] = {{0, "name-type", &name_type}, {1, "name-string", &components}};
  static constexpr Type principal_name{Kind::sequence, "PrincipalName", fields};
  node.fault = fault_at(bytes, status.error());
  sequence(node, bytes, principal_name);
}

void Walker::address(Node& node, Bytes bytes) {
  static constexpr Type type{Kind::integer, "Int32", {}, nullptr, 0, {}, address_type_name};
  static constexpr Type value{Kind::octets, "OCTET STRING"};
  static constexpr Field fields[] = {{0, "addr-type", &type}, {1, "address", &value}};
  static constexpr Type host_address{Kind::sequence, "HostAddress", fields};
  constexpr std::int32_t ipv4 = 2, netbios = 20, ipv6 = 24;
  der::Status status;
  der::Reader reader(bytes, status);
  der::Reader content = reader.enter(der::sequence);
  const std::int32_t number = content.enter(der::context(0)).read_last_int32();
  const Bytes octets = content.enter(der::context(1)).read_last(der::octet_string);
  if (status.ok() && (number == ipv4 || number == ipv6)) node.value = ip_address(octets);
  if (status.ok() && number == netbios) node.value = printable(as_text(octets));
  if (node.value.empty()) return sequence(node, bytes, host_address);
  node.meaning = address_type_name(number);
}

void Walker::key(Node& node, Bytes bytes, const Type& type) {
  der::Status status;
  der::Reader reader(bytes, status);
  der::Reader content = reader.enter(der::sequence);
  reader.finish();
  const std::int32_t etype = content.enter(der::context(0)).read_last_int32();
  const Bytes octets = content.enter(der::context(1)).read_last(der::octet_string);
  if (!status.ok()) {
    node.fault = fault_at(bytes, status.error());
    return secret(node, bytes);
  }
  node.number = etype;
  secret(node, octets);
  const std::string_view name = kerberos::etype_name(etype);
  node.meaning = name.empty() ? fmt::format("etype {}", etype) : std::string(name);
  if (options_.keys == nullptr) return;
  if (type.use == KeyUse::strengthen) return options_.keys->strengthen(etype, octets);
  const char* what = type.use == KeyUse::subkey ? "subkey" : "session key";
  const std::string origin = fmt::format("{} of message {}", what, number_);
  if (type.use == KeyUse::subkey) return options_.keys->learn_subkey(etype, octets, opened_with_, origin);
  options_.keys->learn(etype, octets, origin);
}

}  // namespace ferryman::decode
