#include <fmt/format.h>

#include "base/endian.h"
#include "base/text.h"
#include "decode/message.h"
#include "decode/names.h"
#include "decode/pac.h"
#include "decode/walker.h"

namespace ferryman::decode {
void Walker::raw(Node& node, Bytes bytes, const Type& type) {
  switch (type.kind) {
    case Kind::raw_text:
      node.value = printable(as_text(bytes));
      return;
    case Kind::raw_utf16:
      node.value = printable_utf16(bytes);
      return;
    case Kind::raw_number:
      if (bytes.size() != sizeof(std::uint32_t)) return show_octets(node, bytes);
      node.number = load_le<std::uint32_t>(bytes);
      node.value = fmt::format("{:#010x}", *node.number);
      if (type.set != nullptr) node.meaning = type.set(load_le<std::uint32_t>(bytes));
      return;
    case Kind::raw_status:
      return status(node, bytes);
    case Kind::raw_pac:
      return pac(node, bytes);
    case Kind::raw_e_data:
      return e_data(node, bytes);
    case Kind::raw_private:
      return private_data(node, bytes);
    case Kind::raw_kerb_message:
      return kerb_message(node, bytes);
    default:
      return show_octets(node, bytes);
  }
}

// KERB_EXT_ERROR [MS-KILE 2.2.2]: status, reserved, flags.
void Walker::status(Node& node, Bytes bytes) const {
  constexpr std::size_t size = 12;
  if (bytes.size() != size) {
    node.fault = fault_at(bytes, fmt::format("{} octets belong there, not {}", size, bytes.size()));
    return show_octets(node, bytes);
  }
  node.number = load_le<std::uint32_t>(bytes);
  node.value = fmt::format("{:#010x}", *node.number);
  node.meaning = fmt::format("NTSTATUS, flags {:#x}", load_le<std::uint32_t>(bytes.subspan(8)));
}

void Walker::pac(Node& node, Bytes bytes) {
  constexpr unsigned enc_ticket_part = 3;
  PacChecker checker{{}, opened_with_, {}};
  if (options_.keys != nullptr) checker.keytab = options_.keys->keytab();
  Bytes rest = origin_;
  const auto outermost = take(rest);
  const bool in_ticket = in_plaintext_ && outermost && outermost->tag == der::application(enc_ticket_part);
  if (in_ticket) checker.enc_ticket_part = origin_.first(origin_.size() - rest.size());
  Node decoded = decode_pac(bytes, {options_.full, options_.secrets}, checker);
  decoded.name = node.name;
  node = std::move(decoded);
}

void Walker::e_data(Node& node, Bytes bytes) {
  if (protocol_ == Protocol::kpasswd_reply) return kpasswd_result(node, bytes);
  Bytes rest = bytes;
  const auto outer = take(rest);
  if (!outer || outer->tag != der::sequence || !rest.empty()) return show_octets(node, bytes);
  Bytes content = outer->content;
  const auto first = take(content);
  const Type* type = nullptr;
  if (first && first->tag == der::context(1)) type = &kerb_error_data;
  if (first && first->tag == der::sequence && !first->content.empty())
    type = first->content[0] == der::context(0) ? &typed_data : &method_data;
  if (type == nullptr) return show_octets(node, bytes);
  node = walk(bytes, *type, node.name);
}

void Walker::private_data(Node& node, Bytes bytes) {
  switch (protocol_) {
    case Protocol::kpasswd_reply:
      return kpasswd_result(node, bytes);
    case Protocol::set_password:
      node = walk(bytes, change_passwd_data, node.name);
      return;
    case Protocol::change_password:
      node.type = "new password";
      return secret(node, bytes);
    default:
      return secret(node, bytes);
  }
}

// RFC 3244 2: a result code and, for people, a text.
void Walker::kpasswd_result(Node& node, Bytes bytes) const {
  node.type = "kpasswd result";
  if (bytes.size() < 2) {
    node.fault = fault_at(bytes, "truncated");
    return show_octets(node, bytes);
  }
  Node& code = node.children.emplace_back();
  code.name = "result-code";
  code.number = load_be<std::uint16_t>(bytes);
  code.value = fmt::to_string(*code.number);
  code.meaning = kpasswd_result_name(static_cast<std::int32_t>(*code.number));
  Node& text = node.children.emplace_back();
  text.name = "result-string";
  // Active Directory sends its password policy instead of a text.
  if (bytes.size() > 2 && bytes[2] == 0) return show_octets(text, bytes.subspan(2));
  text.value = printable(as_text(bytes.subspan(2)));
}

void Walker::kerb_message(Node& node, Bytes bytes) {
  Bytes rest = bytes;
  Node message = take_kerberos_message(*this, rest);
  message.name = node.name;
  if (!rest.empty() && message.fault.empty())
    message.fault = fault_at(rest, fmt::format("{} octets behind the message", rest.size()));
  node = std::move(message);
}

}  // namespace ferryman::decode
