#include "admin/client.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace ferryman::admin {
namespace {

constexpr timeval patience{120, 0};

tl::unexpected<Failure> fail(std::string_view reason, std::string text) {
  return tl::unexpected(Failure{std::string(reason), std::move(text)});
}

std::string who_may() {
  return "you (uid " + std::to_string(::geteuid()) +
         ") are not root, not the service's own user, nor in the group that [service] admin_group of "
         "realm.toml names.";
}

tl::unexpected<Failure> not_connected(const std::string& path, int error) {
  if (error == EACCES || error == EPERM)
    return fail(reason::not_admitted, "The socket " + path + " may not be opened: " + who_may());
  if (error == ENOENT || error == ECONNREFUSED) {
    return fail(reason::not_reachable,
                "No ferryman-realm listens at " + path +
                    ": start it, or name the socket that [service] admin of its realm.toml says.");
  }
  return fail(reason::not_reachable,
              "The socket " + path + " cannot be opened: " + std::generic_category().message(error) + ".");
}

}  // namespace

Outcome<Client> Client::connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return not_connected(path, ENAMETOOLONG);
  std::memcpy(address.sun_path, path.data(), path.size());
  Client client(path, ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (client.socket_ < 0) return not_connected(path, errno);
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO})
    ::setsockopt(client.socket_, SOL_SOCKET, option, &patience, sizeof patience);
  if (::connect(client.socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return not_connected(path, errno);
  return client;
}

Client::Client(Client&& other) noexcept
    : path_(std::move(other.path_)),
      socket_(std::exchange(other.socket_, -1)),
      buffer_(std::move(other.buffer_)),
      heard_(other.heard_) {}

Client::~Client() {
  if (socket_ >= 0) ::close(socket_);
}

Reply Client::call(const Request& request) {
  auto line = print(request);
  if (!line) return tl::unexpected(std::move(line.error()));
  // Who is not listened to may learn so while sending; the answer, if there is one, says more than that.
  (void)send(*line);
  wipe_text(*line);
  const auto answer = receive();
  if (!answer) return tl::unexpected(answer.error());
  auto reply = parse_reply(as_text(answer->bytes()));
  if (!reply) return tl::unexpected(std::move(reply.error()));
  return std::move(*reply);
}

bool Client::send(std::string_view line) const {
  while (!line.empty()) {
    const ssize_t sent = ::send(socket_, line.data(), line.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    line.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

Outcome<Secret> Client::receive() {
  std::array<char, 16384> octets;
  while (true) {
    if (auto line = buffer_.take()) return *std::move(line);
    const ssize_t got = ::recv(socket_, octets.data(), octets.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN)
      return fail(reason::no_answer,
                  "The service at " + path_ +
                      " has not answered for two minutes; what was asked may still be carried out.");
    if (got <= 0) return tl::unexpected(hung_up());
    heard_ = true;
    const bool fits = buffer_.append({octets.data(), static_cast<std::size_t>(got)});
    wipe({reinterpret_cast<std::uint8_t*>(octets.data()), static_cast<std::size_t>(got)});
    if (!fits) return fail(reason::no_answer, "The service's answer is longer than the protocol allows.");
  }
}

Failure Client::hung_up() const {
  if (heard_) {
    return {std::string(reason::not_reachable),
            "The service at " + path_ + " hung up before it answered: look into its log."};
  }
  return {std::string(reason::not_admitted),
          "The service at " + path_ + " hung up before it said a word. Most likely " + who_may()};
}

}  // namespace ferryman::admin
