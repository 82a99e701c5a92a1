#include "realm/event.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace ferryman::realm {

Event::Event() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Event::~Event() {
  ::close(descriptor_);
}

void Event::signal() const {
  const std::uint64_t one = 1;
  (void)!::write(descriptor_, &one, sizeof one);
}

void Event::clear() const {
  std::uint64_t count = 0;
  (void)!::read(descriptor_, &count, sizeof count);
}

}  // namespace ferryman::realm
