#include "base/octet_pool.h"

#include <gtest/gtest.h>

#include <vector>

namespace ferryman {
namespace {

TEST(OctetPool, GivesOutEmptyVectorsWhoseMemoryWasUsedBefore) {
  Octets octets(1000, 0x55);
  const auto* where = octets.data();
  OctetPool::give(std::move(octets));
  const Octets again = OctetPool::take();
  EXPECT_TRUE(again.empty());
  EXPECT_EQ(again.data() == where, recycles);
}

TEST(OctetPool, KeepsNoneThatIsLargeAndNoMoreThanItsNumber) {
  while (OctetPool::take().capacity() > 0) {
  }
  OctetPool::give(Octets(OctetPool::max_capacity + 1));
  EXPECT_EQ(OctetPool::take().capacity(), 0U);
  for (std::size_t i = 0; i < 2 * OctetPool::max_kept; ++i) OctetPool::give(Octets(10));
  std::vector<Octets> taken;
  for (Octets octets = OctetPool::take(); octets.capacity() > 0; octets = OctetPool::take())
    taken.push_back(std::move(octets));
  EXPECT_EQ(taken.size(), recycles ? OctetPool::max_kept : 0);
}

}  // namespace
}  // namespace ferryman
