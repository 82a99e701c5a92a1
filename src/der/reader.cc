#include "der/reader.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace ferryman::der {
namespace {

struct Header {
  std::uint32_t size = 0;    // of identifier and length octets; 0: it is none
  std::uint32_t length = 0;  // of the content
};

Header read_long_header(Bytes input) {
  const std::uint32_t octets = input[1] & 0x7f;
  if (octets == 0 || octets > 4 || input.size() < 2 + octets || input[2] == 0) return {};
  Header header{2 + octets, 0};
  for (std::size_t i = 2; i < 2 + octets; ++i) header.length = header.length << 8 | input[i];
  return header.length < 0x80 ? Header{} : header;
}

// Identifier and length octets (X.690 8.1.2, 8.1.3, 10.1) of an element that is whole. What is wrong with
// one that is not, header_fault() says.
inline Header read_header(Bytes input) {
  const std::size_t left = input.size();
  if (left < 4) {
    if (left < 2 || input[1] >= 0x80) return {};
  }
  if ((input[0] & 0x1f) == 0x1f) return {};
  Header header{2, input[1]};
  if (header.length == 0x82 && input[2] != 0) {  // most of those that are long
    header = {4, static_cast<std::uint32_t>(input[2] << 8 | input[3])};
  } else if (header.length == 0x81 && input[2] >= 0x80) {
    header = {3, input[2]};
  } else if (header.length >= 0x80) {
    header = read_long_header(input);
  }
  return header.length <= left - header.size ? header : Header{};
}

Fault header_fault(Bytes input) {
  if (input.size() < 2) return Fault::truncated;
  if ((input[0] & 0x1f) == 0x1f) return Fault::wrong_tag;
  const std::uint8_t first = input[1];
  if (first < 0x80) return Fault::truncated;
  if (first == 0x80) return Fault::indefinite_length;
  const std::size_t octets = first & 0x7f;
  if (octets > 4) return Fault::length_too_large;
  if (input.size() < 2 + octets) return Fault::truncated;
  const bool minimal = input[2] != 0 && (octets > 1 || input[2] >= 0x80);
  return minimal ? Fault::truncated : Fault::non_minimal_length;
}

using Word = std::uint64_t;

template <typename T = Word>
T load(const char* octets) {
  T word = 0;
  std::memcpy(&word, octets, sizeof word);
  return word;
}

constexpr Word each(std::uint8_t octet) {
  return octet * Word{0x0101010101010101};
}

// Eight octets at a time: whether one is below 0x20 or is 0x7f.
bool has_control(Word word) {
  const Word deletes = word ^ each(0x7f);
  const Word below = (word - each(0x20)) & ~word, zero = (deletes - each(1)) & ~deletes;
  return ((below | zero) & each(0x80)) != 0;
}

bool all_digits(Word word) {
  const Word high = each(0xf0);
  return (word & high) == each(0x30) && ((word + each(6)) & high) == each(0x30);
}

}  // namespace

void Reader::fault_at(const std::uint8_t* where, Fault fault) {
  if (status_->failed_) return;
  status_->failed_ = true;
  status_->error_ = {fault, static_cast<std::uint32_t>(where - status_->begin_)};
}

Bytes Reader::fault(Fault fault) {
  fault_at(next_, fault);
  next_ = end_;
  return rest();
}

Bytes Reader::bad_content(Bytes content, Fault fault) {
  if (!ok()) return {};
  // DER: the length tells in how many octets it was written.
  std::size_t header = 2;
  if (content.size() >= 0x80) ++header;
  for (std::size_t rest = content.size() >> 8; rest != 0; rest >>= 8) ++header;
  fault_at(content.data() - header, fault);
  return {};
}

void Reader::fail(Fault fault) {
  this->fault(fault);
}

Bytes Reader::read_any(Tag tag) {
  if (!empty() && *next_ == tag) {
    const Header header = read_header(rest());
    if (header.size != 0) return take(header.size, header.length);
  }
  return no_element(tag);
}

Bytes Reader::no_element(Tag tag) {
  if (empty()) return fault(Fault::missing_field);
  return fault(*next_ != tag ? Fault::wrong_tag : header_fault(rest()));
}

Bytes Reader::read_element() {
  if (!ok()) return {};
  const Header header = read_header(rest());
  if (header.size == 0) return fault(header_fault(rest()));
  const Bytes element = rest().first(header.size + header.length);
  next_ += element.size();
  return element;
}

void Reader::read_extensions(unsigned last) {
  unsigned previous = last;
  while (!empty()) {
    const Tag tag = *next_;
    if ((tag & 0xe0) != 0xa0 || (tag & 0x1fU) <= previous) {
      fault(Fault::wrong_tag);
      return;
    }
    previous = tag & 0x1fU;
    read_element();
  }
}

// Content of an INTEGER from -2^31 to max: of up to five octets, which hold every value that a 32-bit field
// may have.
std::int64_t Reader::integer_value(Bytes content, std::int64_t max) {
  if (!ok()) return 0;
  Fault fault = Fault::integer_range;
  if (content.empty()) {
    fault = Fault::truncated;
  } else if (content.size() > 1 &&
             ((content[0] == 0 && content[1] < 0x80) || (content[0] == 0xff && content[1] >= 0x80))) {
    fault = Fault::non_minimal_integer;
  } else if (content.size() <= 5) {
    std::int64_t value = content[0] < 0x80 ? 0 : -1;
    for (const std::uint8_t octet : content) value = value * 256 + octet;
    if (value >= std::numeric_limits<std::int32_t>::min() && value <= max) return value;
  }
  bad_content(content, fault);
  return 0;
}

bool Reader::read_boolean_field(Tag outer) {
  const Bytes content = read_field(outer, boolean);
  if (!ok()) return false;
  if (content.size() != 1 || (content[0] != 0 && content[0] != 0xff))
    bad_content(content, Fault::wrong_value);
  return ok() && content[0] != 0;
}

std::uint32_t Reader::flags_value(Bytes content) {
  if (!ok()) return 0;
  if (content.empty() || content[0] > 7 || (content.size() == 1 && content[0] != 0)) {
    bad_content(content, Fault::wrong_value);
    return 0;
  }
  std::uint32_t flags = 0;
  for (std::size_t i = 1; i < 5; ++i) flags = flags << 8 | (i < content.size() ? content[i] : 0U);
  return flags;
}

bool Reader::is_time(Bytes octets) {
  const char* const text = as_text(octets).data();
  return octets.size() == 15 && text[14] == 'Z' && all_digits(load(text)) && all_digits(load(text + 6));
}

// The last octets are read together with some before them, not one by one.
bool Reader::is_string(Bytes octets) {
  const char *const begin = as_text(octets).data(), *const end = begin + octets.size();
  if (octets.size() >= sizeof(Word)) {
    bool control = has_control(load(end - sizeof(Word)));
    for (const char* at = begin; at < end - sizeof(Word); at += sizeof(Word))
      control |= has_control(load(at));
    return !control;
  }
  if (octets.size() >= 4) {
    return !has_control(Word{load<std::uint32_t>(begin)} << 32 | load<std::uint32_t>(end - 4));
  }
  Word word = each('.');
  for (const std::uint8_t octet : octets) word = word << 8 | octet;
  return !has_control(word);
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

Bytes Reader::read_any_field(Tag outer, Tag tag) {
  if (!empty() && *next_ == outer) {
    const Header whole = read_header(rest());
    const Bytes inside(next_ + whole.size, whole.length);
    const Header header = inside.empty() || inside[0] != tag ? Header{} : read_header(inside);
    if (header.size != 0 && header.size + header.length == whole.length) {
      return take(whole.size + header.size, header.length);
    }
  }
  return no_field(outer, tag);
}

Bytes Reader::no_field(Tag outer, Tag tag) {
  enter(outer).read_last(tag);
  return {};
}

}  // namespace ferryman::der
