#include "net/dormant_block.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>

namespace ferryman::net {
namespace {

const auto page_size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));

bool fills_pages(std::size_t size) {
  return size > page_size && size <= 2 * page_size;
}

void* allocate(std::size_t size, const char*, int) {
  return fills_pages(size) ? std::aligned_alloc(page_size, 2 * page_size) : std::malloc(size);
}

void* reallocate(void* block, std::size_t size, const char*, int) {
  return std::realloc(block, size);
}

void release(void* block, const char*, int) {
  std::free(block);
}

// The pages that the block fills by itself; none when it shares its first.
std::span<std::uint8_t> whole_pages(void* block) {
  const std::size_t size = ::malloc_usable_size(block);
  if (reinterpret_cast<std::uintptr_t>(block) % page_size != 0) return {};
  return {static_cast<std::uint8_t*>(block), size / page_size * page_size};
}

bool is_zero(std::span<const std::uint8_t> octets) {
  std::uint64_t value;
  std::memcpy(&value, octets.data(), sizeof value);
  return value == 0;
}

constexpr std::size_t word = 8, line = 8 * word, largest_line = 1 + 8 * (1 + word);

// Of each line which words are not zero; of each of these which octets are not; and these. Returns the
// image's size, 0 when there is no room for it.
std::size_t pack(std::span<const std::uint8_t> pages, std::span<std::uint8_t> image) {
  std::size_t used = 0;
  for (std::size_t at = 0; at < pages.size(); at += line) {
    if (image.size() - used < largest_line) return 0;
    std::uint8_t& words = image[used++] = 0;
    for (std::size_t i = 0; i < line / word; ++i) {
      const auto octets = pages.subspan(at + i * word, word);
      if (is_zero(octets)) continue;
      words |= static_cast<std::uint8_t>(1U << i);
      std::uint8_t& mark = image[used++] = 0;
      for (std::size_t j = 0; j < word; ++j) {
        if (octets[j] == 0) continue;
        mark |= static_cast<std::uint8_t>(1U << j);
        image[used++] = octets[j];
      }
    }
  }
  return used;
}

// Into pages of zeros, or of what they were.
void unpack(const std::uint8_t* image, std::span<std::uint8_t> pages) {
  for (std::size_t at = 0; at < pages.size(); at += line) {
    for (unsigned words = *image++; words != 0; words &= words - 1) {
      const auto octets = pages.subspan(at + static_cast<std::size_t>(std::countr_zero(words)) * word, word);
      for (unsigned mark = *image++; mark != 0; mark &= mark - 1) {
        octets[static_cast<std::size_t>(std::countr_zero(mark))] = *image++;
      }
    }
  }
}

}  // namespace

void DormantBlock::prepare_openssl() {
  CRYPTO_set_mem_functions(allocate, reallocate, release);
}

DormantBlock::~DormantBlock() {
  wake();
}

bool DormantBlock::put_away(void* block) {
  if (holds()) return false;
  const auto pages = whole_pages(block);
  std::array<std::uint8_t, 4096> packed;
  const std::size_t size = pages.size() < packed.size() ? 0 : pack(pages, packed);
  if (size != 0) image_.reset(new (std::nothrow) std::uint8_t[size]);
  if (image_) {
    std::copy_n(packed.begin(), size, image_.get());
    image_size_ = static_cast<std::uint32_t>(size);
    size_ = static_cast<std::uint32_t>(pages.size());
    pages_ = pages.data();
    // Memory that is locked stays, or some of it.
    if (::madvise(pages.data(), pages.size(), MADV_DONTNEED) != 0) restore();
  }
  OPENSSL_cleanse(packed.data(), size);
  return holds();
}

void DormantBlock::restore() {
  unpack(image_.get(), {pages_, size_});
  OPENSSL_cleanse(image_.get(), image_size_);
  image_.reset();
}

}  // namespace ferryman::net
