#include "realm/front_socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace ferryman::realm {
namespace {

constexpr int backlog = 128;
constexpr mode_t lock_mode = 0600, socket_mode = 0666;

std::string failed(std::string_view what, const std::string& path) {
  return fmt::format("{} {}: {}", what, path, std::generic_category().message(errno));
}

// False, with errno: it could not be made.
bool listen_at(int socket, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return false;
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
         ::chmod(path.c_str(), socket_mode) == 0 && ::listen(socket, backlog) == 0;
}

}  // namespace

FrontSocket::FrontSocket(FrontSocket&& other) noexcept
    : path_(std::exchange(other.path_, {})),
      lock_(std::exchange(other.lock_, -1)),
      socket_(std::exchange(other.socket_, -1)) {}

tl::expected<FrontSocket, std::string> FrontSocket::open(const std::string& path) {
  const std::string lock_path = path + ".lock";
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, lock_mode);
  if (lock < 0) return tl::unexpected(failed("cannot open", lock_path));
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    const bool taken = errno == EWOULDBLOCK;
    std::string text = failed("cannot lock", lock_path);
    ::close(lock);
    if (taken) text = fmt::format("{} is the socket of another ferryman-realm that runs", path);
    return tl::unexpected(std::move(text));
  }
  FrontSocket front({}, lock);
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode)) return tl::unexpected(path + " is there and is no socket");
    if (::unlink(path.c_str()) != 0) return tl::unexpected(failed("cannot remove", path));
  }
  front.socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (front.socket_ < 0) return tl::unexpected(failed("no socket for", path));
  if (!listen_at(front.socket_, path)) return tl::unexpected(failed("cannot listen at", path));
  front.path_ = path;
  return front;
}

void FrontSocket::withdraw() {
  if (!path_.empty()) ::unlink(path_.c_str());
  path_.clear();
}

void FrontSocket::close() {
  withdraw();
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  if (lock_ >= 0) ::close(std::exchange(lock_, -1));
}

}  // namespace ferryman::realm
