#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace ferryman::net {

// Memory of two pages that nobody looks at for a while and that is mostly zeros, as OpenSSL's SSL is after
// the handshake: put away as those of its octets in which it differs from another, while the kernel takes its
// pages back. What points into it stays valid, since it comes back at the same address. What was put away is
// wiped, for it may hold keys.
class DormantBlock {
 public:
  // Has blocks of more than one page and at most two begin at a page and fill two, when OpenSSL asks for
  // them: others could not be put away, as they share their pages. Before OpenSSL's first allocation.
  static void prepare_openssl();

  DormantBlock() = default;
  ~DormantBlock();
  DormantBlock(const DormantBlock&) = delete;
  DormantBlock& operator=(const DormantBlock&) = delete;

  // The block that malloc() or its kin gave, until wake(). False when that saves nothing or cannot be done:
  // then nothing has changed.
  bool put_away(void* block);
  bool holds() const { return image_ != nullptr; }
  // The block is as it was.
  void wake() {
    if (image_) restore();
  }

 private:
  void restore();

  std::uint8_t* pages_ = nullptr;
  std::unique_ptr<std::uint8_t[]> image_;
  std::size_t image_size_ = 0;
};

}  // namespace ferryman::net
