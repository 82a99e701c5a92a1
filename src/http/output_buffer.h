#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace ferryman::http {

// Bytes on their way out: appended at the back, consumed at the front. Gives its memory back when it is
// empty and had grown beyond what an ordinary answer needs.
class OutputBuffer {
 public:
  void append(Bytes bytes) { octets_.insert(octets_.end(), bytes.begin(), bytes.end()); }
  void append(std::string_view text) { append(as_bytes(text)); }
  Bytes bytes() const { return Bytes(octets_).subspan(begin_); }
  std::size_t size() const { return octets_.size() - begin_; }
  bool empty() const { return size() == 0; }

  void consume(std::size_t octets) {
    begin_ += octets;
    if (begin_ < octets_.size()) return;
    begin_ = 0;
    if (octets_.capacity() > keep) {
      octets_ = {};
    } else {
      octets_.clear();
    }
  }

 private:
  static constexpr std::size_t keep = 4096;

  std::vector<std::uint8_t> octets_;
  std::size_t begin_ = 0;
};

}  // namespace ferryman::http
