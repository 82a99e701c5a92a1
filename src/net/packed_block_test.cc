#include "net/packed_block.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

#include "base/recycled.h"

namespace ferryman::net {
namespace {

struct Free {
  void operator()(std::uint8_t* memory) const { std::free(memory); }
};

class PackedBlockTest : public testing::Test {
 protected:
  // Two pages with something at each end and here and there.
  void SetUp() override {
    block_.reset(static_cast<std::uint8_t*>(std::aligned_alloc(page_, size_)));
    std::fill_n(block_.get(), size_, std::uint8_t{0});
    for (std::size_t i = 0; i < size_; i += 100) block_[i] = static_cast<std::uint8_t>(i / 100 + 1);
    block_[size_ - 1] = 7;
  }
  std::vector<std::uint8_t> octets() const { return {block_.get(), block_.get() + size_}; }
  bool resident() const {
    unsigned char pages[2] = {};
    EXPECT_EQ(::mincore(block_.get(), size_, pages), 0);
    return ((pages[0] | pages[1]) & 1) != 0;
  }

  const std::size_t page_ = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)), size_ = 2 * page_;
  std::unique_ptr<std::uint8_t[], Free> block_;
};

TEST_F(PackedBlockTest, ComesBackAsItWas) {
  const auto before = octets();
  PackedBlock packed;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(packed.pack(block_.get()));
    EXPECT_TRUE(packed.is_packed());
    EXPECT_FALSE(resident());
    EXPECT_FALSE(packed.pack(block_.get())) << "it is already";
    EXPECT_FALSE(resident());
    packed.unpack();
    EXPECT_FALSE(packed.is_packed());
    EXPECT_EQ(octets(), before);
  }
  packed.unpack();
  EXPECT_EQ(octets(), before);
}

TEST_F(PackedBlockTest, WakesAtTheLatestWhenItGoes) {
  const auto before = octets();
  {
    PackedBlock packed;
    ASSERT_TRUE(packed.pack(block_.get()));
  }
  EXPECT_EQ(octets(), before);
}

// Whatever the first of them all had in common with it.
TEST_F(PackedBlockTest, ManyAreKeptApart) {
  constexpr std::size_t many = 20;
  std::minstd_rand random(1);
  std::array<std::unique_ptr<std::uint8_t[], Free>, many> blocks;
  std::array<PackedBlock, many> packed;
  std::array<std::vector<std::uint8_t>, many> before;
  for (std::size_t i = 0; i < many; ++i) {
    blocks[i].reset(static_cast<std::uint8_t*>(std::aligned_alloc(page_, size_)));
    std::fill_n(blocks[i].get(), size_, std::uint8_t{0});
    for (int octet = 0; octet < 500; ++octet) {
      blocks[i][random() % size_] = static_cast<std::uint8_t>(random() % 256);
    }
    before[i].assign(blocks[i].get(), blocks[i].get() + size_);
    ASSERT_TRUE(packed[i].pack(blocks[i].get()));
  }
  for (std::size_t i = 0; i < many; ++i) {
    packed[i].unpack();
    EXPECT_EQ(std::vector<std::uint8_t>(blocks[i].get(), blocks[i].get() + size_), before[i]);
  }
}

TEST_F(PackedBlockTest, OfZerosOnly) {
  std::fill_n(block_.get(), size_, std::uint8_t{0});
  PackedBlock packed;
  ASSERT_TRUE(packed.pack(block_.get()));
  packed.unpack();
  EXPECT_EQ(octets(), std::vector<std::uint8_t>(size_));
}

TEST_F(PackedBlockTest, StaysWhenTooFullOrNotAlone) {
  PackedBlock packed;
  std::fill_n(block_.get(), size_, std::uint8_t{1});
  EXPECT_FALSE(packed.pack(block_.get()));
  EXPECT_EQ(octets(), std::vector<std::uint8_t>(size_, 1));
  const std::unique_ptr<std::uint8_t[], Free> small(static_cast<std::uint8_t*>(std::calloc(1, 100)));
  EXPECT_FALSE(packed.pack(small.get()));
  EXPECT_FALSE(packed.is_packed());
}

TEST_F(PackedBlockTest, StaysWhenLocked) {
  if (!recycles || ::mlock(block_.get(), size_) != 0) return;  // a sanitizer's mlock() locks nothing
  const auto before = octets();
  PackedBlock packed;
  EXPECT_FALSE(packed.pack(block_.get()));
  EXPECT_EQ(octets(), before);
  ::munlock(block_.get(), size_);
}

}  // namespace
}  // namespace ferryman::net
