#include "decode/message.h"

#include <fmt/format.h>

#include <utility>

#include "base/endian.h"
#include "base/length_prefix.h"
#include "decode/schema.h"
#include "der/reader.h"
#include "kerberos/kpasswd.h"

namespace ferryman::decode {
namespace {

constexpr std::size_t kpasswd_header = 6;

std::uint16_t u16(Bytes bytes, std::size_t at) {
  return load_be<std::uint16_t>(bytes.subspan(at));
}

const Type* type_of(Bytes bytes) {
  constexpr unsigned class_mask = 0xe0, application_class = 0x60, number_mask = 0x1f;
  if (bytes.empty() || (bytes[0] & class_mask) != application_class) return nullptr;
  return message_type(bytes[0] & number_mask);
}

Bytes element_of(Bytes bytes) {
  der::Status status;
  der::Reader reader(bytes, status);
  const Bytes element = reader.read_element();
  return status.ok() ? element : bytes;
}

bool is_reply(unsigned application_tag) {
  constexpr unsigned as_rep = 11, tgs_rep = 13, krb_error = 30;
  return application_tag == as_rep || application_tag == tgs_rep || application_tag == krb_error;
}

// The length of a kpasswd message at the front; 0 for none.
std::size_t kpasswd_size(Bytes bytes) {
  if (bytes.size() < kpasswd_header) return 0;
  const std::size_t size = u16(bytes, 0);
  return size <= bytes.size() && kerberos::looks_like_kpasswd(bytes.first(size)) ? size : 0;
}

Node kerberos_message(Walker& walker, Bytes element, const Type& type, std::string_view name) {
  walker.set_reply(is_reply(type.tag));
  return walker.walk(element, type, name);
}

Node kpasswd_part(Walker& walker, Bytes part, std::string_view name) {
  if (const Type* type = type_of(part)) return kerberos_message(walker, part, *type, name);
  Node node;
  node.name = name;
  node.fault = walker.fault_at(part, "no Kerberos message");
  walker.show_octets(node, part);
  return node;
}

// RFC 3244 2.
Node kpasswd(Walker& walker, Bytes message) {
  const std::uint16_t version = u16(message, 2);
  const std::size_t ap_size = u16(message, 4);
  Node node;
  Node& version_node = node.children.emplace_back();
  version_node.name = "version";
  version_node.number = version;
  version_node.value = fmt::format("{:#06x}", version);
  const Bytes parts = message.subspan(kpasswd_header);
  if (ap_size > parts.size()) {
    node.type = "kpasswd";
    node.fault = walker.fault_at(message.subspan(length_prefix_size), "the AP-REQ ends behind the message");
    walker.show_octets(node, parts);
    return node;
  }
  constexpr unsigned ap_req = 14;
  const bool request = ap_size != 0 && parts[0] == der::application(ap_req);
  const bool set = version == kerberos::kpasswd_version::set;
  node.type = request ? "KPASSWD-REQ" : "KPASSWD-REP";
  version_node.meaning = set ? "change or set password" : request ? "change password" : "";
  walker.set_protocol(!request ? Protocol::kpasswd_reply
                      : set    ? Protocol::set_password
                               : Protocol::change_password);
  if (ap_size != 0)
    node.children.push_back(kpasswd_part(walker, parts.first(ap_size), request ? "ap-req" : "ap-rep"));
  node.children.push_back(
      kpasswd_part(walker, parts.subspan(ap_size), ap_size == 0 ? "krb-error" : "krb-priv"));
  walker.set_protocol(Protocol::unknown);
  return node;
}

bool begins_message(Bytes bytes) {
  return type_of(bytes) != nullptr || kpasswd_size(bytes) != 0;
}

// KDC-PROXY-MESSAGE begins with kerb-message: [0] OCTET STRING.
bool is_proxy_message(Bytes bytes) {
  der::Status status;
  der::Reader reader(bytes, status);
  der::Reader content = reader.enter(der::sequence);
  const bool tagged = content.at(der::context(0));
  return tagged && content.enter(der::context(0)).at(der::octet_string);
}

}  // namespace

Node take_kerberos_message(Walker& walker, Bytes& rest) {
  if (const std::size_t size = kpasswd_size(rest); size != 0) {
    const Bytes message = rest.first(size);
    rest = rest.subspan(size);
    return kpasswd(walker, message);
  }
  if (const Type* type = type_of(rest)) {
    const Bytes element = element_of(rest);
    rest = rest.subspan(element.size());
    return kerberos_message(walker, element, *type, "");
  }
  if (rest.size() > length_prefix_size) {
    const std::size_t size = announced_length(rest);
    const Bytes behind = rest.subspan(length_prefix_size);
    if (begins_message(behind)) {
      const Bytes message = behind.first(std::min(size, behind.size()));
      Bytes left = message;
      Node node = take_kerberos_message(walker, left);
      node.note = "behind its length, 4 octets";
      if (node.fault.empty() && size > behind.size())
        node.fault =
            walker.fault_at(rest, fmt::format("length {}, but {} octets follow", size, behind.size()));
      if (node.fault.empty() && !left.empty())
        node.fault = walker.fault_at(left, fmt::format("{} octets behind the message", left.size()));
      rest = behind.subspan(message.size());
      return node;
    }
  }
  Node node;
  node.type = "unknown";
  node.fault = walker.fault_at(rest, "no KDC-PROXY-MESSAGE, Kerberos or kpasswd message begins here");
  walker.show_octets(node, rest);
  rest = {};
  return node;
}

Node take_message(Bytes input, Bytes& rest, const Options& options, std::size_t number) {
  if (options.keys != nullptr) options.keys->begin_message();
  Walker walker(input, options, number);
  if (!is_proxy_message(rest)) return take_kerberos_message(walker, rest);
  const Bytes element = element_of(rest);
  rest = rest.subspan(element.size());
  return walker.walk(element, proxy_message, "");
}

}  // namespace ferryman::decode
