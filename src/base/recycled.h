#pragma once

#include <cstddef>
#include <new>
#include <utility>

namespace ferryman {

// What the sanitizers are to see freed is freed.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool recycles = false;
#elif defined(__has_feature)
inline constexpr bool recycles = !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer);
#else
inline constexpr bool recycles = true;
#endif

// A base that gives T an operator new of its own: the memory of a T that was deleted on this thread serves
// the next one. Up to `keep` are kept for each thread, until the process ends: for objects of the threads
// that last as long. T is final.
//
//   class Contest final : public Recycled<Contest> { ... };
template <typename T, std::size_t keep = 256>
class Recycled {
 public:
  static void* operator new(std::size_t size) {
    if (kept.first == nullptr) return ::operator new(size);
    --kept.count;
    return std::exchange(kept.first, kept.first->next);
  }

  static void operator delete(void* memory) noexcept {
    if (!recycles || kept.count >= keep) return ::operator delete(memory);
    static_assert(sizeof(T) >= sizeof(Free));
    ++kept.count;
    kept.first = new (memory) Free{kept.first};
  }

 private:
  struct Free {
    Free* next;
  };
  // Without a destructor: registering one ends the process where memory has ended.
  struct Kept {
    Free* first = nullptr;
    std::size_t count = 0;
  };
  static constinit inline thread_local Kept kept{};
};

}  // namespace ferryman
