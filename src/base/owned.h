#pragma once

#include <memory>

namespace ferryman {

template <auto release>
struct Release {
  template <typename T>
  void operator()(T* object) const {
    release(object);
  }
};

// An object of a C library, with the function that frees it.
template <typename T, auto release>
using Owned = std::unique_ptr<T, Release<release>>;

}  // namespace ferryman
