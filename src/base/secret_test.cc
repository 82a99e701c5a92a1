#include "base/secret.h"

#include <gtest/gtest.h>

#include <new>
#include <type_traits>
#include <vector>

namespace ferryman {
namespace {

static_assert(!std::is_copy_constructible_v<Secret> && std::is_nothrow_move_constructible_v<Secret>);

std::vector<std::uint8_t> octets(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

TEST(Secret, WipesWhatIsCutOff) {
  Secret secret(as_bytes("password"));
  const std::uint8_t* end = secret.bytes().data() + 4;
  secret.shrink(4);
  EXPECT_EQ(as_text(secret.bytes()), "pass");
  EXPECT_EQ(octets({end, 4}), std::vector<std::uint8_t>(4));
}

TEST(Secret, IsEmptyOnceMovedFromAndWipesWhatItHeld) {
  Secret a(as_bytes("password")), b(as_bytes("other"));
  b = std::move(a);
  EXPECT_EQ(as_text(b.bytes()), "password");
  EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move,clang-analyzer-cplusplus.Move): the contract
  const Secret c(std::move(b));
  EXPECT_EQ(as_text(c.bytes()), "password");
  EXPECT_EQ(as_text(c.copy().bytes()), "password");
}

TEST(Secret, AnArrayIsWipedByItsDestructor) {
  alignas(SecretArray<8>) std::array<std::uint8_t, sizeof(SecretArray<8>)> room{};
  auto* array = new (room.data()) SecretArray<8>;
  array->fill(7);
  array->~SecretArray();
  EXPECT_EQ(octets(room), std::vector<std::uint8_t>(8));
}

TEST(Secret, ComparesToTheLastOctet) {
  EXPECT_TRUE(equal_in_constant_time({}, {}));
  EXPECT_TRUE(equal_in_constant_time(as_bytes("abc"), as_bytes("abc")));
  EXPECT_FALSE(equal_in_constant_time(as_bytes("abc"), as_bytes("abd")));
  EXPECT_FALSE(equal_in_constant_time(as_bytes("abc"), as_bytes("ab")));
}

}  // namespace
}  // namespace ferryman
