#include "base/recycled.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <thread>
#include <vector>

namespace ferryman {
namespace {

struct Thing final : Recycled<Thing, 4> {
  std::array<char, 100> octets;
};

TEST(Recycled, MemoryOfOneServesTheNext) {
  if (!recycles) return;
  auto* first = new Thing;
  const void* where = first;
  delete first;
  const auto* second = new Thing;
  EXPECT_EQ(static_cast<const void*>(second), where);
  delete second;
}

TEST(Recycled, ThoseThatLiveAtOnceAreApart) {
  std::set<Thing*> things;
  for (int i = 0; i < 20; ++i) things.insert(new Thing);
  EXPECT_EQ(things.size(), 20U);
  for (auto* thing : things) delete thing;  // more than are kept
}

TEST(Recycled, OneMayEndOnAnotherThread) {
  std::vector<Thing*> things;
  std::thread([&] {
    for (int i = 0; i < 8; ++i) things.push_back(new Thing);
  }).join();
  for (auto* thing : things) delete thing;
  std::thread([] { delete new Thing; }).join();
}

}  // namespace
}  // namespace ferryman
