#include "der/reader.h"

#include <algorithm>
#include <limits>

namespace ferryman::der {
namespace {

struct Header {
  std::size_t size = 0;    // of identifier and length octets
  std::size_t length = 0;  // of the content
  std::optional<Fault> fault;
};

Header bad(Fault fault) {
  return {0, 0, fault};
}

// Identifier and length octets (X.690 8.1.2, 8.1.3, 10.1).
Header read_header(Bytes input) {
  if (input.size() < 2) return bad(Fault::truncated);
  if ((input[0] & 0x1f) == 0x1f) return bad(Fault::wrong_tag);
  const std::uint8_t first = input[1];
  if (first < 0x80) return {2, first, {}};
  if (first == 0x80) return bad(Fault::indefinite_length);
  const std::size_t octets = first & 0x7f;
  if (octets > 4) return bad(Fault::length_too_large);
  if (input.size() < 2 + octets) return bad(Fault::truncated);
  if (input[2] == 0) return bad(Fault::non_minimal_length);
  std::size_t length = 0;
  for (std::size_t i = 0; i < octets; ++i) length = length << 8 | input[2 + i];
  if (length < 0x80) return bad(Fault::non_minimal_length);
  return {2 + octets, length, {}};
}

}  // namespace

Bytes Reader::fault(Fault fault) {
  status_->fail(fault, offset_);
  rest_ = {};
  return {};
}

void Reader::fail(Fault fault) {
  this->fault(fault);
}

Bytes Reader::read_any(Tag tag) {
  if (!ok()) return {};
  if (rest_.empty()) return fault(Fault::missing_field);
  if (rest_[0] != tag) return fault(Fault::wrong_tag);
  const Header header = read_header(rest_);
  if (header.fault) return fault(*header.fault);
  if (header.length > rest_.size() - header.size) return fault(Fault::truncated);
  const Bytes content = rest_.subspan(header.size, header.length);
  advance(header.size + header.length);
  return content;
}

Bytes Reader::read_element() {
  if (!ok()) return {};
  const Header header = read_header(rest_);
  if (header.fault) return fault(*header.fault);
  if (header.length > rest_.size() - header.size) return fault(Fault::truncated);
  const Bytes element = rest_.first(header.size + header.length);
  advance(element.size());
  return element;
}

void Reader::read_extensions(unsigned last) {
  unsigned previous = last;
  while (ok() && !rest_.empty()) {
    const Tag tag = rest_[0];
    if ((tag & 0xe0) != 0xa0 || (tag & 0x1fU) <= previous) {
      fault(Fault::wrong_tag);
      return;
    }
    previous = tag & 0x1fU;
    read_element();
  }
}

// An INTEGER of up to five octets, which hold every value that a 32-bit field may have.
std::int64_t Reader::read_integer() {
  const std::uint32_t start = offset_;
  const Bytes content = read(integer);
  if (!ok()) return 0;
  if (content.empty()) {
    status_->fail(Fault::truncated, start);
    return 0;
  }
  if (content.size() > 1 &&
      ((content[0] == 0 && content[1] < 0x80) || (content[0] == 0xff && content[1] >= 0x80))) {
    status_->fail(Fault::non_minimal_integer, start);
    return 0;
  }
  if (content.size() > 5) {
    status_->fail(Fault::integer_range, start);
    return 0;
  }
  std::int64_t value = content[0] < 0x80 ? 0 : -1;
  for (const std::uint8_t octet : content) value = value * 256 + octet;
  return value;
}

std::int32_t Reader::read_int32() {
  const std::uint32_t start = offset_;
  const std::int64_t value = read_integer();
  if (value < std::numeric_limits<std::int32_t>::min() || value > std::numeric_limits<std::int32_t>::max()) {
    status_->fail(Fault::integer_range, start);
    return 0;
  }
  return static_cast<std::int32_t>(value);
}

std::uint32_t Reader::read_uint32() {
  const std::uint32_t start = offset_;
  const std::int64_t value = read_integer();
  if (value < std::numeric_limits<std::int32_t>::min() || value > std::numeric_limits<std::uint32_t>::max()) {
    status_->fail(Fault::integer_range, start);
    return 0;
  }
  return static_cast<std::uint32_t>(value);
}

std::uint32_t Reader::read_flags() {
  const std::uint32_t start = offset_;
  const Bytes content = read(bit_string);
  if (!ok()) return 0;
  if (content.empty() || content[0] > 7 || (content.size() == 1 && content[0] != 0)) {
    status_->fail(Fault::wrong_value, start);
    return 0;
  }
  std::uint32_t flags = 0;
  for (std::size_t i = 1; i < 5; ++i) flags = flags << 8 | (i < content.size() ? content[i] : 0U);
  return flags;
}

std::string_view Reader::read_time() {
  const std::uint32_t start = offset_;
  const std::string_view text = as_text(read(generalized_time));
  if (!ok()) return {};
  const bool digits = text.size() == 15 && text.back() == 'Z' &&
                      std::all_of(text.begin(), text.end() - 1, [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) {
    status_->fail(Fault::bad_time, start);
    return {};
  }
  return text;
}

std::string_view Reader::read_string(Tag type) {
  const std::uint32_t start = offset_;
  const std::string_view text = as_text(read(type));
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(text.begin(), text.end(), control)) {
    status_->fail(Fault::bad_string, start);
    return {};
  }
  return text;
}

std::int32_t Reader::read_last_int32() {
  const std::int32_t value = read_int32();
  finish();
  return value;
}

std::uint32_t Reader::read_last_uint32() {
  const std::uint32_t value = read_uint32();
  finish();
  return value;
}

Bytes Reader::read_last(Tag tag) {
  const Bytes content = read(tag);
  finish();
  return content;
}

}  // namespace ferryman::der
