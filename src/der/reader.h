#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "der/tag.h"

namespace ferryman::der {

// The first fault met by a reader and by all those entered from it.
class Status {
 public:
  bool ok() const { return !error_; }
  // Only when not ok().
  Error error() const { return *error_; }
  void fail(Fault fault, std::uint32_t offset) {
    if (!error_) error_ = Error{fault, offset};
  }

 private:
  std::optional<Error> error_;
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
//   const std::int32_t pvno = fields.enter(der::context(0)).read_last_int32();
//   if (!status.ok()) return tl::unexpected(status.error());
//
// Offsets in faults count from the start of the outermost input. Views live as long as the input.
class Reader {
 public:
  Reader(Bytes input, Status& status) : rest_(input), status_(&status) {}

  bool empty() const { return rest_.empty() || !ok(); }
  Bytes rest() const { return rest_; }
  std::uint32_t offset() const { return offset_; }
  bool ok() const { return status_->ok(); }
  void fail(Fault fault);

  // Whether the next element has that tag; false at the end.
  bool at(Tag tag) const { return !empty() && rest_[0] == tag; }

  // The content of the next element, which must have that tag.
  Bytes read(Tag tag) {
    // Most elements are short; they are read here, where the compiler sees the tag.
    if (rest_.size() >= 2 && rest_[0] == tag && (tag & 0x1f) != 0x1f && rest_[1] < 0x80 &&
        rest_[1] <= rest_.size() - 2 && ok()) {
      const Bytes content = rest_.subspan(2, rest_[1]);
      advance(2 + content.size());
      return content;
    }
    return read_any(tag);
  }
  Reader enter(Tag tag) {
    const Bytes content = read(tag);
    return {content, static_cast<std::uint32_t>(offset_ - content.size()), *status_};
  }
  // Header and content of the next element, whatever it is; for what is passed on unread.
  Bytes read_element();

  // Nothing may be left.
  void finish() {
    if (!rest_.empty() && ok()) fault(Fault::trailing_bytes);
  }
  // What is left may only be well-formed context-tagged fields with ascending numbers above last: extensions
  // that are not known here. libkrb5 reads every SEQUENCE so.
  void finish_extensible(unsigned last) {
    if (!empty()) read_extensions(last);
  }

  std::int32_t read_int32();
  // An INTEGER from -2^31 to 2^32 - 1 as its 32 bits: for fields that peers write as Int32 and as UInt32.
  std::uint32_t read_uint32();
  // BIT STRING as KerberosFlags (RFC 4120 5.2.8): its first 32 bits. Shorter ones are taken as if filled up
  // with zeros, as older peers strip them.
  std::uint32_t read_flags();
  // KerberosTime: its 15 characters YYYYMMDDHHMMSSZ.
  std::string_view read_time();
  // A string of that type without control octets.
  std::string_view read_string(Tag type);

  // The same, where nothing may follow: the content of an explicitly tagged field.
  std::int32_t read_last_int32();
  std::uint32_t read_last_uint32();
  Bytes read_last(Tag tag);

 private:
  Reader(Bytes input, std::uint32_t offset, Status& status)
      : rest_(input), offset_(offset), status_(&status) {}
  Bytes read_any(Tag tag);
  void read_extensions(unsigned last);
  Bytes fault(Fault fault);
  void advance(std::size_t octets) {
    rest_ = rest_.subspan(octets);
    offset_ += static_cast<std::uint32_t>(octets);
  }
  std::int64_t read_integer();

  Bytes rest_;
  std::uint32_t offset_ = 0;
  Status* status_;
};

}  // namespace ferryman::der
