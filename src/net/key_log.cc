#include "net/key_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "base/descriptor.h"

namespace ferryman::net {
namespace {

void free_file(void*, void* file, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<Descriptor*>(file);
}

int file_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_file);
  return index;
}

// Appended at once, so that lines of several workers do not mix.
void write_line(const SSL* ssl, const char* line) {
  const auto* file = static_cast<const Descriptor*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), file_index()));
  const std::string text = std::string(line) + '\n';
  [[maybe_unused]] const ssize_t written = ::write(file->get(), text.data(), text.size());
}

}  // namespace

tl::expected<void, std::string> log_keys(SSL_CTX* ctx, const std::string& file) {
  constexpr mode_t owners = 0600;
  constexpr int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  auto opened = std::make_unique<Descriptor>(::open(file.c_str(), flags, owners));
  struct stat status {};
  if (opened->get() < 0 || ::fstat(opened->get(), &status) != 0)
    return tl::unexpected("key_log " + file + ": " + std::generic_category().message(errno));
  if (!S_ISREG(status.st_mode)) return tl::unexpected("key_log " + file + ": is no file");
  SSL_CTX_set_ex_data(ctx, file_index(), opened.release());
  SSL_CTX_set_keylog_callback(ctx, write_line);
  return {};
}

}  // namespace ferryman::net
