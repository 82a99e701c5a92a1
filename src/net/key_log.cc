#include "net/key_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include "base/descriptor.h"

namespace ferryman::net {
namespace {

constexpr mode_t owners = 0600;
constexpr int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;

void free_file(void*, void* file, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<Descriptor*>(file);
}

int file_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_file);
  return index;
}

// Appended at once, so that lines of several workers do not mix. OpenSSL calls it: nothing here may throw.
void write_line(const SSL* ssl, const char* line) {
  const auto* file = static_cast<const Descriptor*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), file_index()));
  const std::array<iovec, 2> parts{
      {{const_cast<char*>(line), std::strlen(line)}, {const_cast<char*>("\n"), 1}}};
  [[maybe_unused]] const ssize_t written = ::writev(file->get(), parts.data(), parts.size());
}

}  // namespace

tl::expected<void, std::string> log_keys(SSL_CTX* ctx, const std::string& file) {
  auto opened = std::make_unique<Descriptor>(::open(file.c_str(), flags | O_CREAT, owners));
  struct stat status {};
  if (opened->get() < 0 || ::fstat(opened->get(), &status) != 0)
    return tl::unexpected("key_log " + file + ": " + std::generic_category().message(errno));
  if (!S_ISREG(status.st_mode)) return tl::unexpected("key_log " + file + ": is no file");
  SSL_CTX_set_ex_data(ctx, file_index(), opened.release());
  SSL_CTX_set_keylog_callback(ctx, write_line);
  return {};
}

// Not what may be another file: one that has another mode, or stands there under a second name.
bool give_key_log(const std::string& file, uid_t user, gid_t group) {
  const Descriptor opened(::open(file.c_str(), flags));
  struct stat status {};
  if (opened.get() < 0) return errno == ENOENT;  // no listener has TLS
  if (::fstat(opened.get(), &status) != 0) return false;
  if (status.st_uid == user) return true;
  if (status.st_mode != (S_IFREG | owners) || status.st_nlink != 1) {
    errno = EPERM;
    return false;
  }
  return ::fchown(opened.get(), user, group) == 0;
}

}  // namespace ferryman::net
