#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "der/tag.h"

namespace ferryman::der {

// The first fault met by a reader and by all those entered from it.
class Status {
 public:
  bool ok() const { return !failed_; }
  // Only when not ok().
  Error error() const { return error_; }

 private:
  friend class Reader;
  const std::uint8_t* begin_ = nullptr;  // of the outermost input
  Error error_{};
  bool failed_ = false;
};

// Reads DER (X.690 clause 10) from front to back without copying or allocating. Strict: definite lengths in
// their shortest form, shortest INTEGERs, one-octet tags. Not supported: BER's other forms, tags above 30.
//
// A fault is recorded once in the Status; from then on every reader on that Status is empty and yields
// empty or zero values, so a parser can be written straight down and ask at its end:
//
//   der::Status status;
//   der::Reader message(bytes, status);
//   der::Reader fields = message.enter(der::sequence);
//   message.finish();
//   const std::int32_t pvno = fields.read_int32_field(der::context(0));
//   if (!status.ok()) return tl::unexpected(status.error());
//
// Offsets in faults count from the start of the outermost input, of which a Status has one at a time. Views
// live as long as the input.
//
// What is common in Kerberos messages, short elements and small INTEGERs, is read in line, where the compiler
// sees the tags; everything else, and every fault, takes the one way in reader.cc.
class Reader {
 public:
  Reader(Bytes input, Status& status)
      : next_(input.data()), end_(input.data() + input.size()), status_(&status) {
    status.begin_ = next_;
  }

  bool empty() const { return next_ == end_ || !ok(); }
  Bytes rest() const { return {next_, left()}; }
  std::uint32_t offset() const { return static_cast<std::uint32_t>(next_ - status_->begin_); }
  bool ok() const { return status_->ok(); }
  void fail(Fault fault);

  // Whether the next element has that tag; false at the end.
  bool at(Tag tag) const { return !empty() && *next_ == tag; }

  // The content of the next element, which must have that tag.
  Bytes read(Tag tag) {
    if (left() >= 2 && next_[0] == tag && next_[1] < 0x80 && next_[1] <= left() - 2 && is_short(tag) &&
        ok()) {
      return take(2, next_[1]);
    }
    return read_any(tag);
  }
  Reader enter(Tag tag) { return {read(tag), status_}; }
  // Header and content of the next element, whatever it is; for what is passed on unread.
  Bytes read_element();

  // Nothing may be left.
  void finish() {
    if (next_ != end_ && ok()) fault(Fault::trailing_bytes);
  }
  // What is left may only be well-formed context-tagged fields with ascending numbers above last: extensions
  // that are not known here. libkrb5 reads every SEQUENCE so.
  void finish_extensible(unsigned last) {
    if (!empty()) read_extensions(last);
  }

  std::int32_t read_int32() {
    if (left() >= 3 && next_[0] == integer && next_[1] == 1 && ok()) {
      return static_cast<std::int8_t>(take(2, 1)[0]);
    }
    return static_cast<std::int32_t>(integer_value(read(integer), max_int32));
  }
  // An INTEGER from -2^31 to 2^32 - 1 as its 32 bits: for fields that peers write as Int32 and as UInt32.
  std::uint32_t read_uint32() { return static_cast<std::uint32_t>(integer_value(read(integer), max_uint32)); }
  // BIT STRING as KerberosFlags (RFC 4120 5.2.8): its first 32 bits. Shorter ones are taken as if filled up
  // with zeros, as older peers strip them.
  std::uint32_t read_flags() { return flags_value(read(bit_string)); }
  // KerberosTime: its 15 characters YYYYMMDDHHMMSSZ.
  std::string_view read_time() {
    const Bytes octets = read(generalized_time);
    return as_text(is_time(octets) ? octets : bad_content(octets, Fault::bad_time));
  }
  // A string of that type without control octets.
  std::string_view read_string(Tag type) {
    const Bytes octets = read(type);
    return as_text(is_string(octets) ? octets : bad_content(octets, Fault::bad_string));
  }

  // The same, where nothing may follow: the content of an explicitly tagged field.
  std::int32_t read_last_int32();
  std::uint32_t read_last_uint32();
  Bytes read_last(Tag tag);

  // An explicitly tagged field: the next element has the outer tag and holds one element, which these read.
  Bytes read_field(Tag outer, Tag tag) {
    if (left() >= 4 && next_[0] == outer && next_[1] < 0x80 && next_[1] <= left() - 2 && next_[2] == tag &&
        next_[1] == next_[3] + 2 && is_short(outer) && is_short(tag) && ok()) {
      return take(4, next_[3]);
    }
    return read_any_field(outer, tag);
  }
  Reader enter_field(Tag outer, Tag tag) { return {read_field(outer, tag), status_}; }
  std::int32_t read_int32_field(Tag outer) {
    if (left() >= 5 && next_[0] == outer && next_[1] == 3 && next_[2] == integer && next_[3] == 1 &&
        is_short(outer) && ok()) {
      return static_cast<std::int8_t>(take(4, 1)[0]);
    }
    return static_cast<std::int32_t>(integer_value(read_field(outer, integer), max_int32));
  }
  std::uint32_t read_uint32_field(Tag outer) {
    return static_cast<std::uint32_t>(integer_value(read_field(outer, integer), max_uint32));
  }
  // The same with its sign, for what must be given back as it came.
  std::int64_t read_signed_or_unsigned32_field(Tag outer) {
    return integer_value(read_field(outer, integer), max_uint32);
  }
  bool read_boolean_field(Tag outer);
  std::uint32_t read_flags_field(Tag outer) { return flags_value(read_field(outer, bit_string)); }
  std::string_view read_time_field(Tag outer) {
    const Bytes octets = read_field(outer, generalized_time);
    return as_text(is_time(octets) ? octets : bad_content(octets, Fault::bad_time));
  }
  std::string_view read_string_field(Tag outer, Tag type) {
    const Bytes octets = read_field(outer, type);
    return as_text(is_string(octets) ? octets : bad_content(octets, Fault::bad_string));
  }

 private:
  static constexpr std::int64_t max_int32 = 0x7fffffff, max_uint32 = 0xffffffff;

  Reader(Bytes content, Status* status)
      : next_(content.data()), end_(content.data() + content.size()), status_(status) {}
  std::size_t left() const { return static_cast<std::size_t>(end_ - next_); }
  Bytes take(std::size_t header, std::size_t length) {
    const Bytes content(next_ + header, length);
    next_ = content.data() + length;
    return content;
  }
  static constexpr bool is_short(Tag tag) { return (tag & 0x1f) != 0x1f; }  // a number above 30 follows else
  Bytes read_any(Tag tag);
  Bytes no_element(Tag tag);
  Bytes read_any_field(Tag outer, Tag tag);
  Bytes no_field(Tag outer, Tag tag);
  void read_extensions(unsigned last);
  std::int64_t integer_value(Bytes content, std::int64_t max);
  std::uint32_t flags_value(Bytes content);
  Bytes fault(Fault fault);
  // A fault of the element with that content.
  Bytes bad_content(Bytes content, Fault fault);
  void fault_at(const std::uint8_t* where, Fault fault);
  static bool is_time(Bytes octets);
  static bool is_string(Bytes octets);

  const std::uint8_t* next_;
  const std::uint8_t* end_;
  Status* status_;
};

}  // namespace ferryman::der
