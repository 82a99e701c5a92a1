#include "der/writer.h"

#include <algorithm>
#include <array>
#include <limits>

namespace ferryman::der {

void Writer::fail(Fault fault) {
  if (!failed_) fault_ = fault;
  failed_ = true;
}

void Writer::bytes(Bytes content) {
  size_ += content.size();
  if (size_ <= buffer_.size())
    std::copy(content.begin(), content.end(), buffer_.end() - static_cast<std::ptrdiff_t>(size_));
}

void Writer::header(Tag tag, std::size_t length) {
  if (length > std::numeric_limits<std::uint32_t>::max()) return fail(Fault::length_too_large);
  if (length < 0x80) {
    octet(static_cast<std::uint8_t>(length));
  } else {
    std::uint8_t octets = 0;
    for (std::size_t rest = length; rest != 0; rest >>= 8, ++octets) octet(static_cast<std::uint8_t>(rest));
    octet(static_cast<std::uint8_t>(0x80 | octets));
  }
  octet(tag);
}

void Writer::primitive(Tag tag, Bytes content) {
  bytes(content);
  header(tag, content.size());
}

void Writer::integer(std::int64_t value) {
  const std::size_t mark = size();
  bool more = true;
  while (more) {
    const auto low = static_cast<std::uint8_t>(value);
    octet(low);
    value >>= 8;
    more = !((value == 0 && low < 0x80) || (value == -1 && low >= 0x80));
  }
  close(der::integer, mark);
}

void Writer::field(Tag outer, Tag tag, Bytes content) {
  const std::size_t mark = size();
  primitive(tag, content);
  close(outer, mark);
}

void Writer::integer_field(Tag outer, std::int64_t value) {
  const std::size_t mark = size();
  integer(value);
  close(outer, mark);
}

void Writer::boolean_field(Tag outer, bool value) {
  const std::array<std::uint8_t, 1> content{static_cast<std::uint8_t>(value ? 0xff : 0)};
  field(outer, boolean, content);
}

void Writer::flags_field(Tag outer, std::uint32_t flags) {
  const std::array<std::uint8_t, 5> content{
      0, static_cast<std::uint8_t>(flags >> 24), static_cast<std::uint8_t>(flags >> 16),
      static_cast<std::uint8_t>(flags >> 8), static_cast<std::uint8_t>(flags)};
  field(outer, bit_string, content);
}

Result<Bytes> Writer::finish() const {
  const auto at = static_cast<std::uint32_t>(size());
  if (failed_) return tl::unexpected(Error{fault_, at});
  if (size_ > buffer_.size()) return tl::unexpected(Error{Fault::no_space, at});
  return Bytes(buffer_.last(size_));
}

}  // namespace ferryman::der
