#pragma once

#include <string>
#include <tl/expected.hpp>

namespace ferryman::realm {

// A unix socket at which requests come in: ferrymand's, or administrators'. Whoever holds the lock beside it
// (PATH.lock) owns the path: a socket that another instance left behind is replaced, that of a running one is
// not.
//
// Everybody may connect; what the kernel says of the peer decides, as only root could give the socket to
// another user.
class ListenSocket {
 public:
  // The error is a sentence for who starts the service.
  static tl::expected<ListenSocket, std::string> open(const std::string& path);

  ListenSocket(ListenSocket&& other) noexcept;
  ListenSocket& operator=(ListenSocket&&) = delete;
  ~ListenSocket() { close(); }

  int get() const { return socket_; }  // listening, not blocking; -1 once closed

  // Removes the path, so that nobody connects any more, and leaves the socket to be emptied.
  void withdraw();
  void close();

 private:
  ListenSocket(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

  std::string path_;  // empty: withdrawn
  int lock_ = -1, socket_ = -1;
};

}  // namespace ferryman::realm
