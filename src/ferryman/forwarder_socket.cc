#include "ferryman/forwarder_socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "base/bytes.h"
#include "json/parse.h"

namespace ferryman {
namespace {

using Json = json::Json;

constexpr char socket_name[] = "forward.sock", lock_name[] = "forward.lock";
constexpr std::string_view status_line = "status\n", reload_line = "reload\n";
constexpr std::size_t max_depth = 4, max_state = std::size_t{1} << 16U;
constexpr timeval most_time{5, 0};

// Fits the address of a socket, however long the directory's path is.
std::string path_in(const Descriptor& directory) {
  return fmt::format("/proc/self/fd/{}/{}", directory.get(), socket_name);
}

Descriptor open_directory(const std::string& path) {
  return Descriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

Descriptor connect_to(const Descriptor& directory) {
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_in(directory).copy(address.sun_path, sizeof(address.sun_path) - 1);
  for (const int side : {SO_RCVTIMEO, SO_SNDTIMEO})
    ::setsockopt(socket.get(), SOL_SOCKET, side, &most_time, sizeof(most_time));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0)
    return socket;
  return Descriptor(-1);
}

std::optional<std::string> read_to_end(int socket) {
  std::string text;
  std::array<char, 4096> part{};
  for (;;) {
    const ssize_t some = ::recv(socket, part.data(), part.size(), 0);
    if (some < 0 && errno == EINTR) continue;
    if (some < 0 || text.size() > max_state) return std::nullopt;
    if (some == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(some));
  }
}

// A client, until it has its answer.
struct Client {
  explicit Client(boost::asio::local::stream_protocol::socket accepted) : socket(std::move(accepted)) {}

  boost::asio::local::stream_protocol::socket socket;
  std::string line;
};

void serve_client(const std::shared_ptr<Client>& client, const ForwarderSocket::Answer& answer) {
  const auto buffer = boost::asio::dynamic_buffer(client->line, status_line.size());
  boost::asio::async_read_until(
      client->socket, buffer, '\n', [client, &answer](boost::system::error_code error, std::size_t) {
        const bool reloads = client->line == reload_line;
        if (error || (!reloads && client->line != status_line)) return;
        const auto state = answer(reloads ? ForwarderWord::reload : ForwarderWord::status);
        boost::asio::write(client->socket, boost::asio::buffer(state_text(state)), error);
      });
}

}  // namespace

std::string state_text(const ForwarderState& state) {
  Json json{{"address", state.address},
            {"own_user_only", state.own_user_only},
            {"realms", Json::array()},
            {"last_error", nullptr}};
  for (const auto& [realm, gateway] : state.realms)
    json["realms"].push_back({{"realm", realm}, {"gateway", gateway}});
  if (state.last_error) json["last_error"] = login::last_error_text(*state.last_error);
  return json.dump(-1, ' ', true) + "\n";
}

std::optional<ForwarderState> parse_state(std::string_view text) {
  const auto json = json::parse_object(text, max_depth);
  if (!json) return std::nullopt;
  const std::string *address = json::text_member(*json, "address"),
                    *error = json::text_member(*json, "last_error");
  const Json *own = json::member(*json, "own_user_only", Json::value_t::boolean),
             *realms = json::member(*json, "realms", Json::value_t::array);
  if (address == nullptr || own == nullptr || realms == nullptr) return std::nullopt;
  ForwarderState state{*address, own->get<bool>(), {}, {}};
  if (error != nullptr) state.last_error = login::parse_last_error(as_bytes(*error));
  for (const Json& each : *realms) {
    const std::string *realm = json::text_member(each, "realm"),
                      *gateway = json::text_member(each, "gateway");
    if (realm == nullptr || gateway == nullptr) return std::nullopt;
    state.realms.push_back({*realm, *gateway});
  }
  return state;
}

std::optional<ForwarderState> ask_forwarder(const std::string& state_path, ForwarderWord word) {
  const Descriptor directory = open_directory(state_path);
  if (directory.get() < 0) return std::nullopt;
  const Descriptor socket = connect_to(directory);
  const std::string_view line = word == ForwarderWord::reload ? reload_line : status_line;
  if (socket.get() < 0 ||
      ::send(socket.get(), line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size()))
    return std::nullopt;
  const auto text = read_to_end(socket.get());
  return text ? parse_state(*text) : std::nullopt;
}

tl::expected<ForwarderSocket, std::string> ForwarderSocket::open(boost::asio::io_context& io,
                                                                 const std::string& state_path) {
  const auto failure = [&](const char* name) {
    return tl::unexpected(fmt::format("{}/{}: {}", state_path, name, std::generic_category().message(errno)));
  };
  Descriptor directory = open_directory(state_path);
  if (directory.get() < 0) return failure("");
  Descriptor lock(
      ::openat(directory.get(), lock_name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (lock.get() < 0) return failure(lock_name);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    return tl::unexpected(std::string(
        "a forwarder of yours runs already, and serves whom you are signed in as: \"ferryman status\""));
  ForwarderSocket made(io, std::move(directory), std::move(lock));
  const std::string path = path_in(made.directory_);
  ::unlink(path.c_str());  // of one that was killed
  boost::system::error_code error;
  made.acceptor_.open(Protocol(), error);
  if (!error) made.acceptor_.bind(path, error);
  if (!error) made.acceptor_.listen(boost::asio::socket_base::max_listen_connections, error);
  if (error) return tl::unexpected(fmt::format("{}/{}: {}", state_path, socket_name, error.message()));
  return made;
}

ForwarderSocket::~ForwarderSocket() {
  close();
}

void ForwarderSocket::close() {
  if (!acceptor_.is_open()) return;
  ::unlinkat(directory_.get(), socket_name, 0);
  acceptor_.close();
}

void ForwarderSocket::serve(const Answer& answer) {
  acceptor_.async_accept([this, &answer](boost::system::error_code error, Protocol::socket socket) {
    if (error == boost::asio::error::operation_aborted || !acceptor_.is_open()) return;
    if (!error) serve_client(std::make_shared<Client>(std::move(socket)), answer);
    serve(answer);
  });
}

}  // namespace ferryman
