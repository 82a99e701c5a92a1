#pragma once

namespace ferryman::pki {

// For calls that fail only where OpenSSL has no memory, no randomness or not the algorithm: throws
// std::runtime_error with what it says.
[[noreturn]] void fail_in_library();

inline void must(int result) {
  if (result != 1) fail_in_library();
}
template <typename T>
T* must(T* object) {
  if (object == nullptr) fail_in_library();
  return object;
}

}  // namespace ferryman::pki
