#include "signin/known.h"

#include <gtest/gtest.h>

#include <string>

namespace ferryman::signin {
namespace {

TEST(Known, IsReadOnce) {
  Known<int> known;
  int reads = 0;
  const auto read = [&]() -> Result<int> { return ++reads; };
  EXPECT_EQ(known.of("a", read), 1);
  EXPECT_EQ(known.of("a", read), 1);
  EXPECT_EQ(known.of("b", read), 2);
  EXPECT_EQ(known.of("a", read), 1);
}

TEST(Known, KeepsNoFault) {
  Known<int> known;
  EXPECT_FALSE(known.of("a", []() -> Result<int> { return tl::unexpected(Error{Fault::wrong_value}); }));
  EXPECT_EQ(known.of("a", []() -> Result<int> { return 1; }), 1);
}

TEST(Known, IsBounded) {
  Known<int> known;
  int reads = 0;
  const auto read = [&]() -> Result<int> { return ++reads; };
  for (std::size_t each = 0; each <= Known<int>::max_known; ++each) known.of(std::to_string(each), read);
  const int first_time = reads;
  known.of("0", read);
  EXPECT_EQ(reads, first_time + 1);
}

}  // namespace
}  // namespace ferryman::signin
