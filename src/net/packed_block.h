#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace ferryman::net {

// Memory of two pages that nobody looks at for a while and that is mostly zeros, as OpenSSL's SSL is after
// the handshake. While it is packed, only the octets in which it differs from another such block are kept,
// and the kernel has its pages back. What points into it stays valid, since it is unpacked at the same
// address. The packed form is wiped after use, for it may hold keys.
class PackedBlock {
 public:
  // Has blocks of more than one page and at most two begin at a page and fill two, when OpenSSL asks for
  // them: others could not be put away, as they share their pages. Before OpenSSL's first allocation.
  static void prepare_openssl();

  PackedBlock() = default;
  ~PackedBlock();
  PackedBlock(const PackedBlock&) = delete;
  PackedBlock& operator=(const PackedBlock&) = delete;

  // The block that malloc() or its kin gave, until unpack(). False when that saves nothing or cannot be done:
  // then nothing has changed.
  bool pack(void* block);
  bool is_packed() const { return image_ != nullptr; }
  // The block is as it was.
  void unpack() {
    if (image_) restore();
  }

 private:
  void restore();

  std::uint8_t* pages_ = nullptr;
  std::unique_ptr<std::uint8_t[]> image_;
  std::size_t image_size_ = 0;
};

}  // namespace ferryman::net
