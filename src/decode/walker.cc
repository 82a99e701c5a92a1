#include "decode/walker.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "decode/names.h"
#include "der/reader.h"
#include "kerberos/names.h"
#include "kerberos/parts.h"

namespace ferryman::decode {
namespace {

constexpr unsigned context_class = 0xa0, class_mask = 0xe0, number_mask = 0x1f;

const Field* find_field(std::span<const Field> fields, unsigned number) {
  const auto found =
      std::find_if(fields.begin(), fields.end(), [=](const Field& field) { return field.number == number; });
  return found == fields.end() ? nullptr : &*found;
}

// The upper half names a read-only domain controller's krbtgt [MS-KILE 3.1.5.8].
std::string kvno_meaning(std::uint32_t kvno) {
  const std::uint32_t number = kvno >> 16;
  return number == 0 ? std::string() : fmt::format("version {} of krbtgt_{}", kvno & 0xffffU, number);
}

void add_fault(Node& node, const std::string& text) {
  if (!node.fault.empty()) node.fault += "; ";
  node.fault += text;
}

}  // namespace

std::string Walker::fault_at(Bytes from, std::string_view what) const {
  return fmt::format("octet {}{}: {}", from.data() - origin_.data(),
                     in_plaintext_ ? " of the decrypted text" : "", what);
}

std::string Walker::fault_at(Bytes from, Error error) const {
  return fault_at(Bytes(from.data() + error.offset, 0), in_words(error.fault));
}

Result<Walker::Element> Walker::take(Bytes& rest) {
  der::Status status;
  der::Reader reader(rest, status);
  const Bytes whole = reader.read_element();
  if (!status.ok()) return tl::unexpected(status.error());
  der::Reader again(whole, status);
  const Bytes content = again.read(whole[0]);
  rest = rest.subspan(whole.size());
  return Element{whole[0], content};
}

void Walker::refuse(Node& node, Bytes bytes, Error error) const {
  add_fault(node, fault_at(bytes, error));
  show_octets(node, bytes);
}

std::optional<Bytes> Walker::expect(Node& node, Bytes bytes, der::Tag tag) const {
  Bytes rest = bytes;
  const auto element = take(rest);
  if (!element) {
    refuse(node, bytes, element.error());
  } else if (element->tag != tag) {
    add_fault(node, fault_at(bytes, fmt::format("tag {:#04x} where {:#04x} belongs", element->tag, tag)));
    show_octets(node, bytes);
  } else if (!rest.empty()) {
    add_fault(node, fault_at(rest, fmt::format("{} octets more than belong there", rest.size())));
    return element->content;
  } else {
    return element->content;
  }
  return std::nullopt;
}

Node Walker::walk(Bytes bytes, const Type& type, std::string_view name) {
  Node node;
  node.name = name;
  node.type = type.name;
  if (depth_ == max_depth || nodes_left_ == 0) {
    node.fault = fault_at(bytes, depth_ == max_depth ? "too deep" : "too many fields in one message");
    return node;
  }
  --nodes_left_;
  ++depth_;
  by_kind(node, bytes, type);
  --depth_;
  return node;
}

void Walker::by_kind(Node& node, Bytes bytes, const Type& type) {
  switch (type.kind) {
    case Kind::integer:
      return integer(node, bytes, type);
    case Kind::unsigned_integer:
      return unsigned_integer(node, bytes, type);
    case Kind::boolean:
      return boolean(node, bytes);
    case Kind::string:
      return string(node, bytes);
    case Kind::time:
      return time(node, bytes);
    case Kind::flags:
      return flags(node, bytes, type);
    case Kind::octets:
      return octets(node, bytes, type.content);
    case Kind::secret:
      if (const auto content = expect(node, bytes, der::octet_string)) secret(node, *content);
      return;
    case Kind::sequence:
      return sequence(node, bytes, type);
    case Kind::sequence_of:
      return sequence_of(node, bytes, type);
    case Kind::choice:
      return choice(node, bytes, type);
    case Kind::application:
      return application(node, bytes, type);
    case Kind::principal:
      return principal(node, bytes);
    case Kind::address:
      return address(node, bytes);
    case Kind::encrypted:
    case Kind::challenge:
      return encrypted(node, bytes, type);
    case Kind::key:
      return key(node, bytes, type);
    default:
      return raw(node, bytes, type);
  }
}

void Walker::octets(Node& node, Bytes bytes, const Type* content) {
  const auto value = expect(node, bytes, der::octet_string);
  if (!value) return;
  if (content == nullptr || value->empty()) return show_octets(node, *value);
  Node inside = walk(*value, *content, node.name);
  if (inside.fault.empty()) inside.fault = std::move(node.fault);
  node = std::move(inside);
}

void Walker::secret(Node& node, Bytes octets) const {
  if (options_.secrets) return show_octets(node, octets);
  node.value = fmt::format("{} octets (hidden; --secrets shows them)", octets.size());
}

void Walker::sequence(Node& node, Bytes bytes, const Type& type) {
  if (const auto content = expect(node, bytes, der::sequence)) fields(node, *content, type);
}

void Walker::fields(Node& node, Bytes content, const Type& type) {
  std::uint32_t seen = 0;
  int last = -1;
  std::optional<std::int64_t> number;
  for (Bytes rest = content; !rest.empty();) {
    const Bytes from = rest;
    const auto element = take(rest);
    if (!element) {
      refuse(node, from, element.error());
      break;
    }
    if (nodes_left_ == 0) {
      add_fault(node, fault_at(from, "too many fields in one message"));
      break;
    }
    const unsigned field_number = element->tag & number_mask;
    const Field* known =
        (element->tag & class_mask) == context_class ? find_field(type.fields, field_number) : nullptr;
    if (known == nullptr) {
      Node& unknown = node.children.emplace_back();
      --nodes_left_;
      unknown.name = fmt::format("[{:#04x}]", element->tag);
      unknown.note = "a field that is not known";
      show_octets(unknown, element->content);
      continue;
    }
    if (static_cast<int>(field_number) <= last)
      add_fault(node, fault_at(from, fmt::format("{} is there twice or out of order", known->name)));
    last = static_cast<int>(field_number);
    seen |= 1U << field_number;
    node.children.push_back(field(element->content, type, *known, number));
    if (known == type.fields.data()) number = node.children.back().number;
  }
  for (const Field& field : type.fields) {
    const bool there = (seen >> field.number & 1) != 0;
    if (!there && !field.optional)
      add_fault(node, fault_at(content, fmt::format("{} is missing", field.name)));
  }
  if (type.value_type != nullptr && !node.children.empty()) node.value = node.children.front().meaning;
}

Node Walker::field(Bytes content, const Type& type, const Field& field,
                   const std::optional<std::int64_t>& number) {
  const bool is_value = type.value_type != nullptr && &field != type.fields.data() && number;
  const Type* inside = is_value ? type.value_type(static_cast<std::int32_t>(*number), reply_) : nullptr;
  if (inside == nullptr) return walk(content, *field.type, field.name);
  Type octets = *field.type;
  octets.content = inside;
  return walk(content, octets, field.name);
}

void Walker::sequence_of(Node& node, Bytes bytes, const Type& type) {
  const auto content = expect(node, bytes, der::sequence);
  if (!content) return;
  for (Bytes rest = *content; !rest.empty();) {
    const Bytes from = rest;
    const auto element = take(rest);
    if (!element) return refuse(node, from, element.error());
    if (nodes_left_ == 0) return add_fault(node, fault_at(from, "too many fields in one message"));
    const Bytes whole = from.first(from.size() - rest.size());
    node.children.push_back(walk(whole, *type.content, fmt::format("[{}]", node.children.size())));
  }
  if (node.children.empty()) node.value = "empty";
}

void Walker::choice(Node& node, Bytes bytes, const Type& type) {
  Bytes rest = bytes;
  const auto element = take(rest);
  if (!element) return refuse(node, bytes, element.error());
  const bool is_context = (element->tag & class_mask) == context_class;
  const Field* chosen = is_context ? find_field(type.fields, element->tag & number_mask) : nullptr;
  if (chosen == nullptr) {
    node.fault = fault_at(bytes, fmt::format("tag {:#04x} is none of the choices", element->tag));
    return show_octets(node, bytes);
  }
  node.children.push_back(walk(element->content, *chosen->type, chosen->name));
}

void Walker::application(Node& node, Bytes bytes, const Type& type) {
  // RFC 4120 5.4.2: some implementations send either of EncASRepPart and EncTGSRepPart for the other.
  constexpr unsigned enc_as_rep = 25, enc_tgs_rep = 26;
  unsigned tag = type.tag;
  const bool either = tag == enc_as_rep || tag == enc_tgs_rep;
  if (either && !bytes.empty() && bytes[0] == der::application(enc_tgs_rep)) tag = enc_tgs_rep;
  if (either && !bytes.empty() && bytes[0] == der::application(enc_as_rep)) tag = enc_as_rep;
  node.type = message_type(tag)->name;
  const auto content = expect(node, bytes, der::application(tag));
  if (!content) return;
  if (type.content->kind == Kind::sequence) return sequence(node, *content, *type.content);
  by_kind(node, *content, *type.content);
}

void Walker::encrypted(Node& node, Bytes bytes, const Type& type) {
  static constexpr Type etype{Kind::integer, "Int32", {}, nullptr, 0, {}, kerberos::etype_name};
  static constexpr Type kvno{.kind = Kind::unsigned_integer, .name = "UInt32", .set = kvno_meaning};
  static constexpr Type cipher{Kind::octets, "OCTET STRING"};
  static constexpr Field encrypted_fields[] = {
      {0, "etype", &etype}, {1, "kvno", &kvno, true}, {2, "cipher", &cipher}};
  static constexpr Type encrypted_data{Kind::sequence, "EncryptedData", encrypted_fields};
  sequence(node, bytes, encrypted_data);
  if (type.content == nullptr || options_.keys == nullptr || options_.keys->empty()) return;
  der::Status status;
  der::Reader reader(bytes, status);
  const kerberos::EncryptedData data = kerberos::read_encrypted_data(reader);
  if (!status.ok()) return;
  const auto plain = type.kind == Kind::challenge
                         ? options_.keys->open_challenge(opened_with_, data.etype, data.cipher)
                         : options_.keys->open(data.etype, data.kvno, type.usages, data.cipher);
  if (!plain) {
    node.note = "no key at hand opens it";
    return;
  }
  node.note = "opened with the " + plain->key->origin;
  node.children.push_back(opened(*plain, *type.content));
}

Node Walker::opened(const KeyRing::Opened& opened, const Type& type) {
  const Bytes whole = opened.text.bytes(), origin = std::exchange(origin_, whole);
  const bool was_plaintext = std::exchange(in_plaintext_, true);
  const KeyPointer key = std::exchange(opened_with_, opened.key);
  Bytes rest = whole;
  const auto element = take(rest);  // des3's padding may follow
  const Bytes text = element ? whole.first(whole.size() - rest.size()) : whole;
  Node node = walk(text, type, "plaintext");
  origin_ = origin;
  in_plaintext_ = was_plaintext;
  opened_with_ = key;
  return node;
}

}  // namespace ferryman::decode
