#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "der/tag.h"

namespace ferryman::der {

// Writes DER from the last octet to the first into a buffer of the caller's, so that a length is known when
// it is written. Every length is checked; the first fault stays, and no_space only if there is no other.
//
//   der::Writer writer(buffer);
//   const auto mark = writer.size();
//   writer.integer(5);
//   writer.close(der::context(0), mark);     // [0] { 5 }
//   Result<Bytes> encoding = writer.finish();
//
// Fields are therefore written in reverse order: the last one first. What is written stands at the buffer's
// end and nowhere else: a Writer allocates nothing and keeps no copy, so that a caller with secrets has one
// buffer to wipe. A buffer that is too small does not stop the count: size() is then what a whole one takes,
// and a Writer over no buffer at all measures.
class Writer {
 public:
  explicit Writer(std::span<std::uint8_t> buffer) : buffer_(buffer) {}

  // Octets written so far, those that had no room among them.
  std::size_t size() const { return size_; }

  void bytes(Bytes content);
  // Identifier and length octets for content of that length, which stands behind them or will be put there.
  void header(Tag tag, std::size_t length);
  // Makes one element of everything written since size() was mark.
  void close(Tag tag, std::size_t mark) { header(tag, size() - mark); }

  void primitive(Tag tag, Bytes content);
  void integer(std::int64_t value);
  void string(Tag type, std::string_view text) { primitive(type, as_bytes(text)); }

  // An explicitly tagged field of one element, as Reader::read_field() and its like read it.
  void field(Tag outer, Tag tag, Bytes content);
  void integer_field(Tag outer, std::int64_t value);
  void string_field(Tag outer, Tag type, std::string_view text) { field(outer, type, as_bytes(text)); }
  void boolean_field(Tag outer, bool value);
  void flags_field(Tag outer, std::uint32_t flags);  // KerberosFlags: a BIT STRING of 32 bits

  // The value that is to be written has no encoding.
  void fail(Fault fault);

  Result<Bytes> finish() const;

 private:
  void octet(std::uint8_t value) {
    if (++size_ <= buffer_.size()) buffer_[buffer_.size() - size_] = value;
  }

  std::span<std::uint8_t> buffer_;
  std::size_t size_ = 0;
  bool failed_ = false;
  Fault fault_{};
};

}  // namespace ferryman::der
