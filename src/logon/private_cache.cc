#include "logon/private_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "base/descriptor.h"

namespace ferryman::logon {
namespace {

constexpr char variable[] = "KRB5CCNAME";

}  // namespace

PrivateCache::PrivateCache(const std::string& directory)
    : path_(fmt::format("{}/ticket-{}", directory, ::getpid())) {
  ::unlink(path_.c_str());
  ::setenv(variable, ("FILE:" + path_).c_str(), 1);
}

PrivateCache::~PrivateCache() {
  ::unsetenv(variable);
  ::unlink(path_.c_str());
}

std::optional<Secret> PrivateCache::contents() const {
  const Descriptor file(::open(path_.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0 || status.st_size <= 0 ||
      static_cast<std::size_t>(status.st_size) > max_size)
    return std::nullopt;
  Secret contents(static_cast<std::size_t>(status.st_size));
  const ssize_t got = ::read(file.get(), contents.writable().data(), contents.size());
  return got == status.st_size ? std::optional(std::move(contents)) : std::nullopt;
}

}  // namespace ferryman::logon
