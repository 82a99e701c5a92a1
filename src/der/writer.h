#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "der/tag.h"

namespace ferryman::der {

// Writes DER from the last octet to the first into a buffer of the caller's, so that a length is known when
// it is written. Every length is checked; the first fault (no_space, length_too_large) stays.
//
//   der::Writer writer(buffer);
//   const auto mark = writer.size();
//   writer.integer(5);
//   writer.close(der::context(0), mark);     // [0] { 5 }
//   Result<Bytes> encoding = writer.finish();
//
// Fields are therefore written in reverse order: the last one first.
class Writer {
 public:
  explicit Writer(std::span<std::uint8_t> buffer) : buffer_(buffer), begin_(buffer.size()) {}

  // Octets written so far.
  std::size_t size() const { return buffer_.size() - begin_; }

  void bytes(Bytes content);
  // Identifier and length octets for content of that length, which stands behind them or will be put there.
  void header(Tag tag, std::size_t length);
  // Makes one element of everything written since size() was mark.
  void close(Tag tag, std::size_t mark) { header(tag, size() - mark); }

  void primitive(Tag tag, Bytes content);
  void integer(std::int64_t value);
  void string(Tag type, std::string_view text) { primitive(type, as_bytes(text)); }

  Result<Bytes> finish() const;

 private:
  void octet(std::uint8_t value);

  std::span<std::uint8_t> buffer_;
  std::size_t begin_;
  bool failed_ = false;
  Fault fault_ = Fault::no_space;
};

}  // namespace ferryman::der
