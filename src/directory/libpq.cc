#include "directory/libpq.h"

#include <dlfcn.h>
#include <fmt/format.h>

namespace ferryman::directory::postgresql {
namespace {

constexpr const char* library = "libpq.so.5";

struct Loaded {
  Libpq functions;
  Outcome<void> outcome;
};

Loaded load() {
  Loaded loaded;
  void* const handle = ::dlopen(library, RTLD_NOW | RTLD_LOCAL);
  bool whole = handle != nullptr;
// NOLINTNEXTLINE(cppcoreguidelines-macro-usage)
#define FERRYMAN_LIBPQ_FIND(name)                                                        \
  if (whole) {                                                                           \
    loaded.functions.name = reinterpret_cast<decltype(&::name)>(::dlsym(handle, #name)); \
    whole = loaded.functions.name != nullptr;                                            \
  }
  FERRYMAN_LIBPQ(FERRYMAN_LIBPQ_FIND)
#undef FERRYMAN_LIBPQ_FIND
  if (!whole)
    loaded.outcome =
        fail(Reason::unavailable,
             fmt::format("PostgreSQL's client library is needed, and cannot be loaded: {}", ::dlerror()));
  return loaded;
}

const Loaded& loaded() {
  static const Loaded once = load();
  return once;
}

}  // namespace

Outcome<void> load_libpq() {
  return loaded().outcome;
}

const Libpq& pq() {
  return loaded().functions;
}

}  // namespace ferryman::directory::postgresql
