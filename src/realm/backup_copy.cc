#include "realm/backup_copy.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace ferryman::realm {
namespace {

tl::unexpected<directory::Failure> cannot_read() {
  return directory::fail(directory::Reason::unavailable,
                         fmt::format("the copy cannot be read: {}", std::generic_category().message(errno)));
}

}  // namespace

directory::Outcome<BackupCopy> BackupCopy::make(directory::Database& directory, const std::string& file) {
  ::unlink(file.c_str());
  if (auto done = directory.back_up(file); !done) return tl::unexpected(std::move(done.error()));
  Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  const int error = errno;
  ::unlink(file.c_str());
  errno = error;
  struct stat status {};
  if (opened.get() < 0 || ::fstat(opened.get(), &status) != 0) return cannot_read();
  return BackupCopy(std::move(opened), status.st_size);
}

directory::Outcome<Octets> BackupCopy::read(std::int64_t offset, std::size_t most) const {
  Octets octets(most);
  ssize_t got = -1;
  do {
    got = ::pread(file_.get(), octets.data(), octets.size(), offset);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return cannot_read();
  octets.resize(static_cast<std::size_t>(got));
  return octets;
}

}  // namespace ferryman::realm
