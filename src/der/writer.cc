#include "der/writer.h"

#include <algorithm>
#include <limits>

namespace ferryman::der {

void Writer::bytes(Bytes content) {
  if (content.size() > begin_) {
    failed_ = true;
    return;
  }
  begin_ -= content.size();
  std::copy(content.begin(), content.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(begin_));
}

void Writer::octet(std::uint8_t value) {
  if (begin_ == 0) {
    failed_ = true;
    return;
  }
  buffer_[--begin_] = value;
}

void Writer::header(Tag tag, std::size_t length) {
  if (length > std::numeric_limits<std::uint32_t>::max()) {
    fault_ = failed_ ? fault_ : Fault::length_too_large;
    failed_ = true;
    return;
  }
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

Result<Bytes> Writer::finish() const {
  if (failed_) return tl::unexpected(Error{fault_, static_cast<std::uint32_t>(size())});
  return Bytes(buffer_.subspan(begin_));
}

}  // namespace ferryman::der
