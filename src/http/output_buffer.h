#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/octet_pool.h"

namespace ferryman::http {

// Bytes on their way out: appended at the back, consumed at the front. Empty it holds no memory.
class OutputBuffer {
 public:
  OutputBuffer() = default;
  OutputBuffer(const OutputBuffer&) = delete;
  OutputBuffer& operator=(const OutputBuffer&) = delete;
  ~OutputBuffer() { OctetPool::give(std::move(octets_)); }

  void append(Bytes bytes) {
    if (octets_.capacity() == 0) octets_ = OctetPool::take();
    octets_.insert(octets_.end(), bytes.begin(), bytes.end());
  }
  void append(std::string_view text) { append(as_bytes(text)); }
  Bytes bytes() const { return Bytes(octets_).subspan(begin_); }
  std::size_t size() const { return octets_.size() - begin_; }
  bool empty() const { return size() == 0; }

  void consume(std::size_t octets) {
    begin_ += octets;
    if (begin_ < octets_.size()) return;
    begin_ = 0;
    OctetPool::give(std::exchange(octets_, {}));
  }

 private:
  Octets octets_;
  std::size_t begin_ = 0;
};

}  // namespace ferryman::http
