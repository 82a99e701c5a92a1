#include "ferryman/gateway_socket.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

#include "ferryman/exit_codes.h"
#include "ferryman/realm_service.h"

namespace ferryman {
namespace {

using std::chrono::steady_clock;
constexpr std::chrono::seconds patience{30};

tl::unexpected<admin::Failure> fail(std::string_view reason, std::string text) {
  return tl::unexpected(admin::Failure{std::string(reason), std::move(text)});
}

tl::unexpected<admin::Failure> not_connected(const std::string& path, int error) {
  if (error == EACCES || error == EPERM) {
    return fail(
        admin::reason::not_admitted,
        fmt::format("The socket {} may not be opened: you (uid {}) are not root, ferrymand's own user, nor "
                    "in the group that [admin] socket_group of ferryman.toml names.",
                    path, ::geteuid()));
  }
  if (error == ENOENT || error == ECONNREFUSED) {
    return fail(
        admin::reason::not_reachable,
        fmt::format("No ferrymand listens at {}: start it, or name the socket that [admin] socket of its "
                    "ferryman.toml says by --socket.",
                    path));
  }
  return fail(admin::reason::not_reachable, fmt::format("The socket {} cannot be opened: {}.", path,
                                                        std::generic_category().message(error)));
}

}  // namespace

admin::Outcome<GatewaySocket> GatewaySocket::connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return not_connected(path, ENAMETOOLONG);
  std::memcpy(address.sun_path, path.data(), path.size());
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return not_connected(path, errno);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return not_connected(path, errno);
  return GatewaySocket(path, std::move(socket));
}

admin::Reply GatewaySocket::call(const admin::Request& request) {
  const auto line = admin::print(request);
  if (!line) return tl::unexpected(line.error());
  (void)send(*line);  // who is not listened to learns so from the answer
  const auto deadline = steady_clock::now() + patience;
  while (is_readable_by(deadline)) {
    const auto answer = next_line();
    if (!answer) return tl::unexpected(answer.error());
    if (!*answer) continue;
    auto reply = admin::parse_reply(as_text((*answer)->bytes()));
    if (!reply) return tl::unexpected(reply.error());
    return std::move(*reply);
  }
  return fail(admin::reason::no_answer, fmt::format("The gateway at {} does not answer.", path_));
}

admin::Outcome<std::optional<Secret>> GatewaySocket::next_line() {
  if (auto line = buffer_.take()) return line;
  std::array<char, 16384> octets;
  const ssize_t got = ::recv(socket_.get(), octets.data(), octets.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return std::nullopt;
  if (got <= 0)
    return fail(admin::reason::not_reachable, fmt::format("The gateway at {} has hung up.", path_));
  if (!buffer_.append({octets.data(), static_cast<std::size_t>(got)}))
    return fail(admin::reason::no_answer, "A line of the gateway's is longer than the protocol allows.");
  return buffer_.take();
}

bool GatewaySocket::send(std::string_view text) const {
  while (!text.empty()) {
    const ssize_t sent = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool GatewaySocket::is_readable_by(steady_clock::time_point deadline) const {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
    if (left <= 0) return false;
    pollfd waited{socket_.get(), POLLIN, 0};
    if (::poll(&waited, 1, static_cast<int>(left)) > 0) return true;
  }
}

int tell_failure(std::string_view command, const admin::Failure& failure) {
  fmt::print(stderr, "ferryman {}: {}\n", command, harmless(failure.text));
  if (failure.reason == admin::reason::not_admitted) return exit_refused;
  return failure.reason == admin::reason::not_reachable || failure.reason == admin::reason::no_answer
             ? exit_not_reachable
             : exit_failed;
}

}  // namespace ferryman
