#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace ferryman::gateway {

// How the events of this program, and those of ferryman-realm, name one request: "1-2f", in hexadecimal the
// worker and a number of its own.
class RequestId {
 public:
  RequestId(unsigned worker, std::uint64_t number) {
    char* end = std::to_chars(text_.begin(), text_.end(), worker, 16).ptr;
    *end++ = '-';
    size_ = static_cast<std::size_t>(std::to_chars(end, text_.end(), number, 16).ptr - text_.begin());
  }
  std::string_view view() const { return {text_.data(), size_}; }

 private:
  std::array<char, 32> text_;
  std::size_t size_;
};

}  // namespace ferryman::gateway
