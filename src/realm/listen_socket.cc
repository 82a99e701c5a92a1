#include "realm/listen_socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "realm/file_access.h"

namespace ferryman::realm {
namespace {

constexpr int backlog = 128;
constexpr mode_t lock_mode = 0600, socket_mode = 0666;

std::string failed(std::string_view what, const std::string& path) {
  return fmt::format("{} {}: {}", what, path, std::generic_category().message(errno));
}

// What to do where nothing can be made beside the socket; behind errno's text.
std::string advice(const std::string& path) {
  const bool is_missing = errno == ENOENT;
  const std::string folder = path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
  if (is_missing)
    return fmt::format(
        "; ferryman-realm.service makes /run/ferryman-realm (RuntimeDirectory=): start it by \"systemctl "
        "start "
        "ferryman-realm\", or make {0} yourself: \"mkdir {0} && chown {1} {0}\"",
        folder, user_name(::geteuid()));
  const std::string bar = what_bars(folder, W_OK | X_OK);
  return bar.empty() ? "" : "; " + bar;
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

ListenSocket::ListenSocket(ListenSocket&& other) noexcept
    : path_(std::exchange(other.path_, {})),
      lock_(std::exchange(other.lock_, -1)),
      socket_(std::exchange(other.socket_, -1)) {}

tl::expected<ListenSocket, std::string> ListenSocket::open(const std::string& path) {
  const std::string lock_path = path + ".lock";
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, lock_mode);
  if (lock < 0) {
    const std::string text = failed("cannot open", lock_path);
    return tl::unexpected(text + advice(path));
  }
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    const bool taken = errno == EWOULDBLOCK;
    std::string text = failed("cannot lock", lock_path);
    ::close(lock);
    if (taken) text = fmt::format("{} is the socket of another ferryman-realm that runs", path);
    return tl::unexpected(std::move(text));
  }
  ListenSocket made({}, lock);
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode)) return tl::unexpected(path + " is there and is no socket");
    if (::unlink(path.c_str()) != 0) return tl::unexpected(failed("cannot remove", path));
  }
  made.socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (made.socket_ < 0) return tl::unexpected(failed("no socket for", path));
  if (!listen_at(made.socket_, path)) return tl::unexpected(failed("cannot listen at", path));
  made.path_ = path;
  return made;
}

void ListenSocket::withdraw() {
  if (!path_.empty()) ::unlink(path_.c_str());
  path_.clear();
}

void ListenSocket::close() {
  withdraw();
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  if (lock_ >= 0) ::close(std::exchange(lock_, -1));
}

}  // namespace ferryman::realm
