#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace ferryman::gateway {

// Counts by the values of a fixed list: whatever the network says, there are no more of them. What is not in
// the list counts as one more. One thread.
template <const auto& known>
class Tally {
 public:
  using Value = typename std::decay_t<decltype(known)>::value_type;
  static constexpr std::size_t others = std::tuple_size_v<std::decay_t<decltype(known)>>;

  static std::size_t find(const Value& value) {
    return static_cast<std::size_t>(std::find(known.begin(), known.end(), value) - known.begin());
  }
  void add(const Value& value) { ++counts_[find(value)]; }
  Tally& operator+=(const Tally& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    return *this;
  }
  std::uint64_t operator[](std::size_t i) const { return counts_[i]; }

 private:
  std::array<std::uint64_t, others + 1> counts_{};
};

}  // namespace ferryman::gateway
