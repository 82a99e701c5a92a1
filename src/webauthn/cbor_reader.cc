#include "webauthn/cbor_reader.h"

#include <cbor.h>

#include <limits>

namespace ferryman::webauthn {
namespace {

enum class Type : std::uint8_t { none, other, natural, negative, octets, text, array, map };

// One item; of an array or a map what stands before the first of its own.
struct Head {
  Type type = Type::none;
  std::uint64_t number = 0;  // a number, -1 less a negative one, or how many items or pairs follow
  Bytes string{};
};

template <Type type, typename Number>
void take_number(void* head, Number number) {
  *static_cast<Head*>(head) = {type, number};
}

template <Type type>
void take_string(void* head, cbor_data data, std::size_t size) {
  *static_cast<Head*>(head) = {type, 0, {data, size}};
}

template <typename... Value>
void take_other(void* head, Value...) {
  *static_cast<Head*>(head) = {Type::other};
}

// What is not named here stays Type::none, and so is refused.
cbor_callbacks callbacks() {
  cbor_callbacks all = cbor_empty_callbacks;
  all.uint8 = take_number<Type::natural>;
  all.uint16 = take_number<Type::natural>;
  all.uint32 = take_number<Type::natural>;
  all.uint64 = take_number<Type::natural>;
  all.negint8 = take_number<Type::negative>;
  all.negint16 = take_number<Type::negative>;
  all.negint32 = take_number<Type::negative>;
  all.negint64 = take_number<Type::negative>;
  all.byte_string = take_string<Type::octets>;
  all.string = take_string<Type::text>;
  all.array_start = take_number<Type::array>;
  all.map_start = take_number<Type::map>;
  all.boolean = take_other;
  all.null = take_other;
  all.undefined = take_other;
  return all;
}

// Goes on behind it where it is there.
Head next(Bytes& rest) {
  static const cbor_callbacks known = callbacks();
  Head head;
  if (rest.empty()) return head;
  const auto result = cbor_stream_decode(rest.data(), rest.size(), &known, &head);
  if (result.status != CBOR_DECODER_FINISHED || result.read == 0 || result.read > rest.size()) return {};
  const Bytes behind = rest.subspan(result.read);
  if ((head.type == Type::array && head.number > behind.size()) ||
      (head.type == Type::map && head.number > behind.size() / 2))
    return {};
  if (head.type != Type::none) rest = behind;
  return head;
}

// The next item where it is of that type.
std::optional<Head> next_of(Type type, Bytes& rest) {
  Bytes after = rest;
  const Head head = next(after);
  if (head.type != type) return std::nullopt;
  rest = after;
  return head;
}

}  // namespace

std::optional<std::int64_t> CborReader::integer() {
  Bytes after = rest_;
  const Head head = next(after);
  constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
  if ((head.type != Type::natural && head.type != Type::negative) || head.number > largest)
    return std::nullopt;
  rest_ = after;
  const auto number = static_cast<std::int64_t>(head.number);
  return head.type == Type::natural ? number : -1 - number;
}

std::optional<Bytes> CborReader::octets() {
  const auto head = next_of(Type::octets, rest_);
  return head ? std::optional(head->string) : std::nullopt;
}

std::optional<std::string_view> CborReader::text() {
  const auto head = next_of(Type::text, rest_);
  return head ? std::optional(as_text(head->string)) : std::nullopt;
}

std::optional<std::size_t> CborReader::map() {
  const auto head = next_of(Type::map, rest_);
  return head ? std::optional<std::size_t>(head->number) : std::nullopt;
}

std::optional<std::size_t> CborReader::array() {
  const auto head = next_of(Type::array, rest_);
  return head ? std::optional<std::size_t>(head->number) : std::nullopt;
}

std::optional<Bytes> CborReader::item() {
  Bytes after = rest_;
  // How many items are to come. There can be no more of them than octets.
  for (std::size_t left = 1; left > 0; --left) {
    const Head head = next(after);
    if (head.type == Type::none) return std::nullopt;
    if (head.type == Type::array) left += head.number;
    if (head.type == Type::map) left += 2 * head.number;
    if (left - 1 > after.size()) return std::nullopt;
  }
  const Bytes item = rest_.first(rest_.size() - after.size());
  rest_ = after;
  return item;
}

}  // namespace ferryman::webauthn
