#include "net/packed_block.h"

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
#include <utility>
#include <vector>

namespace ferryman::net {
namespace {

const auto page_size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
const std::size_t block_size = 2 * page_size;

bool fills_pages(std::size_t size) {
  return size > page_size && size <= block_size;
}

void* allocate(std::size_t size, const char*, int) {
  return fills_pages(size) ? std::aligned_alloc(page_size, block_size) : std::malloc(size);
}

void* reallocate(void* block, std::size_t size, const char*, int) {
  return std::realloc(block, size);
}

void release(void* block, const char*, int) {
  std::free(block);
}

bool fills_its_pages(void* block) {
  return reinterpret_cast<std::uintptr_t>(block) % page_size == 0 &&
         ::malloc_usable_size(block) >= block_size;
}

using Word = std::uint64_t;
constexpr std::size_t word = sizeof(Word), line = 8 * word, largest_line = 1 + 8 * (1 + word);

Word word_at(std::span<const std::uint8_t> octets, std::size_t at) {
  Word value;
  std::memcpy(&value, octets.data() + at, word);
  return value;
}

void put_word(std::span<std::uint8_t> octets, std::size_t at, Word value) {
  std::memcpy(octets.data() + at, &value, word);
}

// No part of a key may stay in it: a word that is neither a pointer nor a small number is left out, and so is
// the one behind it.
std::vector<std::uint8_t> pattern_from(std::span<const std::uint8_t> first) {
  std::vector<std::uint8_t> pattern(first.size());
  bool in_key = false;
  for (std::size_t at = 0; at < first.size(); at += word) {
    const Word value = word_at(first, at);
    const bool was_in_key = std::exchange(in_key, value >> 48 != 0);
    if (!in_key && !was_in_key) put_word(pattern, at, value);
  }
  return pattern;
}

// What blocks have in common, so that an image holds only what is different: what the first to be put away
// had of pointers and small numbers. It never changes.
std::span<const std::uint8_t> pattern(std::span<const std::uint8_t> block) {
  static const std::vector<std::uint8_t> made = pattern_from(block);
  return made;
}

// Of each line which words differ; of each of these which octets do; and their differences. Returns the
// image's size, 0 when there is no room for it.
std::size_t encode(std::span<const std::uint8_t> pages, std::span<const std::uint8_t> pattern,
                   std::span<std::uint8_t> image) {
  std::size_t used = 0;
  for (std::size_t at = 0; at < pages.size(); at += line) {
    if (image.size() - used < largest_line) return 0;
    std::uint8_t& words = image[used++] = 0;
    for (std::size_t i = 0; i < line / word; ++i) {
      Word difference = word_at(pages, at + i * word) ^ word_at(pattern, at + i * word);
      if (difference == 0) continue;
      words |= static_cast<std::uint8_t>(1U << i);
      std::uint8_t& mark = image[used++] = 0;
      for (std::size_t j = 0; j < word; ++j, difference >>= 8) {
        if ((difference & 0xff) == 0) continue;
        mark |= static_cast<std::uint8_t>(1U << j);
        image[used++] = static_cast<std::uint8_t>(difference);
      }
    }
  }
  return used;
}

void decode(const std::uint8_t* image, std::span<const std::uint8_t> pattern, std::span<std::uint8_t> pages) {
  std::copy_n(pattern.begin(), pages.size(), pages.begin());
  for (std::size_t at = 0; at < pages.size(); at += line) {
    for (unsigned words = *image++; words != 0; words &= words - 1) {
      Word difference = 0;
      for (unsigned mark = *image++; mark != 0; mark &= mark - 1) {
        difference |= static_cast<Word>(*image++) << (8 * std::countr_zero(mark));
      }
      const std::size_t here = at + static_cast<std::size_t>(std::countr_zero(words)) * word;
      put_word(pages, here, word_at(pattern, here) ^ difference);
    }
  }
}

}  // namespace

void PackedBlock::prepare_openssl() {
  CRYPTO_set_mem_functions(allocate, reallocate, release);
}

PackedBlock::~PackedBlock() {
  unpack();
}

bool PackedBlock::pack(void* block) try {
  if (is_packed() || !fills_its_pages(block)) return false;
  const std::span pages(static_cast<std::uint8_t*>(block), block_size);
  std::array<std::uint8_t, 4096> packed;
  const std::size_t size = encode(pages, pattern(pages), packed);
  if (size != 0) image_.reset(new (std::nothrow) std::uint8_t[size]);
  if (image_) {
    std::copy_n(packed.begin(), size, image_.get());
    image_size_ = size;
    pages_ = pages.data();
    // Memory that is locked stays, or some of it.
    if (::madvise(pages.data(), pages.size(), MADV_DONTNEED) != 0) restore();
  }
  OPENSSL_cleanse(packed.data(), size);
  return is_packed();
} catch (const std::bad_alloc&) {
  return false;
}

void PackedBlock::restore() {
  const std::span pages(pages_, block_size);
  decode(image_.get(), pattern(pages), pages);
  OPENSSL_cleanse(image_.get(), image_size_);
  image_.reset();
}

}  // namespace ferryman::net
