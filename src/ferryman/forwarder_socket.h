#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/descriptor.h"
#include "login/session_record.h"

// How `ferryman login` and the others find the forwarder of their user: by a unix socket in the state
// directory, which is hers alone. A line with a word comes, and one with the state in JSON goes back.
namespace ferryman {

// What a forwarder tells of itself.
struct ForwarderState {
  struct Realm {
    std::string realm, gateway;
  };
  std::string address;         // "127.0.0.1:21000"
  bool own_user_only = false;  // false: the kernel does not tell it who asks
  std::vector<Realm> realms;
  std::optional<login::LastError> last_error;
};
std::string state_text(const ForwarderState& state);
// Nothing for what state_text() did not write.
std::optional<ForwarderState> parse_state(std::string_view text);

enum class ForwarderWord : std::uint8_t { status, reload };  // reload: who is signed in has changed

// Nothing where none runs in that state directory.
std::optional<ForwarderState> ask_forwarder(const std::string& state_path, ForwarderWord word);

class ForwarderSocket {
 public:
  using Answer = std::function<ForwarderState(ForwarderWord word)>;

  // The one of a state directory, until it goes. The error is a sentence; another forwarder is one.
  static tl::expected<ForwarderSocket, std::string> open(boost::asio::io_context& io,
                                                         const std::string& state_path);
  ForwarderSocket(ForwarderSocket&&) = default;
  ForwarderSocket& operator=(ForwarderSocket&&) = delete;
  ~ForwarderSocket();

  // Begins to answer. Neither may go or move before the event loop has ended.
  void serve(const Answer& answer);
  // As if there were no forwarder any more; who is being answered still is.
  void close();

 private:
  using Protocol = boost::asio::local::stream_protocol;

  ForwarderSocket(boost::asio::io_context& io, Descriptor directory, Descriptor lock)
      : directory_(std::move(directory)), lock_(std::move(lock)), acceptor_(io) {}

  Descriptor directory_, lock_;
  Protocol::acceptor acceptor_;
};

}  // namespace ferryman
