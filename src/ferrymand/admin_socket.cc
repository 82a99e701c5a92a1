#include "ferrymand/admin_socket.h"

#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <new>
#include <system_error>
#include <utility>
#include <vector>

#include "net/listen_socket.h"

namespace ferryman {
namespace {

constexpr mode_t own_mode = 0600, group_mode = 0660;

std::string failed(std::string_view what, const std::string& path) {
  return std::string(what) + " " + path + ": " + std::generic_category().message(errno);
}

// The peer's supplementary groups as they were when it connected (SO_PEERGROUPS).
std::vector<gid_t> groups_of_peer(int socket) {
  socklen_t size = 0;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, nullptr, &size) == 0 || errno != ERANGE) return {};
  std::vector<gid_t> groups(size / sizeof(gid_t));
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) return {};
  return groups;
}

// From the first moment it is nobody else's: threads that make files are not there yet.
tl::expected<int, std::string> listen_at(const std::string& path) {
  const mode_t before = ::umask(0777 & ~own_mode);
  auto opened = net::open_listeners({{}, 0, path}, 1);
  ::umask(before);
  if (!opened) return tl::unexpected(std::move(opened.error().text));
  return opened->descriptors.front();
}

// Empty, or what went wrong. What is right already is not set: ferrymand.service lets nobody change owners.
std::string give_to(const AdminSocketOptions& options, std::optional<gid_t> group) {
  constexpr auto as_it_is = static_cast<uid_t>(-1);
  const passwd* const user =
      ::geteuid() == 0 && !options.user.empty() ? ::getpwnam(options.user.c_str()) : nullptr;
  const uid_t uid = user != nullptr ? user->pw_uid : as_it_is;
  const gid_t gid = group && *group != ::getegid() ? *group : static_cast<gid_t>(-1);
  const bool is_right = uid == as_it_is && gid == static_cast<gid_t>(-1);
  if (!is_right && ::chown(options.path.c_str(), uid, gid) != 0)
    return failed("cannot change the owner or group of", options.path);
  if (::chmod(options.path.c_str(), group ? group_mode : own_mode) != 0)
    return failed("cannot set the mode of", options.path);
  return {};
}

}  // namespace

tl::expected<std::unique_ptr<AdminSocket>, std::string> AdminSocket::open(boost::asio::io_context& io,
                                                                          telemetry::Log& log,
                                                                          const AdminSocketOptions& options) {
  std::optional<gid_t> group;
  if (!options.group.empty()) {
    const ::group* const entry = ::getgrnam(options.group.c_str());
    if (entry == nullptr) return tl::unexpected("there is no group " + options.group + " on this system");
    group = entry->gr_gid;
  }
  const auto descriptor = listen_at(options.path);
  if (!descriptor) return tl::unexpected(descriptor.error());
  std::unique_ptr<AdminSocket> made(new AdminSocket(io, log, options.path, group));
  made->acceptor_.assign(Protocol(), *descriptor);
  if (std::string wrong = give_to(options, group); !wrong.empty()) return tl::unexpected(std::move(wrong));
  return made;
}

AdminSocket::AdminSocket(boost::asio::io_context& io, telemetry::Log& log, std::string path,
                         std::optional<gid_t> group)
    : log_(log), path_(std::move(path)), group_(group), acceptor_(io), pause_(io) {}

AdminSocket::~AdminSocket() {
  ::unlink(path_.c_str());
}

void AdminSocket::accept() {
  acceptor_.async_accept([this](boost::system::error_code error, Protocol::socket socket) {
    if (error == boost::asio::error::operation_aborted) return;
    if (error) return accept_later();
    try {
      take(std::move(socket));
    } catch (const std::bad_alloc&) {
      log_.write(telemetry::Level::error, "an administration connection ended for want of memory");
    }
    accept();
  });
}

// For want of descriptors.
void AdminSocket::accept_later() {
  pause_.expires_after(std::chrono::seconds(1));
  pause_.async_wait([this](boost::system::error_code error) {
    if (!error) accept();
  });
}

void AdminSocket::take(Protocol::socket socket) {
  const auto peer = admitted(socket.native_handle());
  if (!peer || *connections_ >= max_connections) return;
  ++*connections_;
  auto ended = [connections = connections_] { --*connections; };
  std::make_shared<AdminConnection>(std::move(socket), *peer, commands_, std::move(ended))->start();
}

// Nothing: it may not.
std::optional<AdminPeer> AdminSocket::admitted(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  bool may = peer.uid == 0 || peer.uid == ::geteuid();
  if (!may && group_) {
    const std::vector<gid_t> groups = groups_of_peer(socket);
    may = peer.gid == *group_ || std::find(groups.begin(), groups.end(), *group_) != groups.end();
  }
  if (may) return AdminPeer{peer.uid, peer.pid};
  log_.write(telemetry::Level::warning, "a peer that may not administer was refused",
             {{"uid", std::to_string(peer.uid)}, {"pid", std::to_string(peer.pid)}});
  return std::nullopt;
}

}  // namespace ferryman
