#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/secret.h"
#include "logon/conversation.h"

namespace ferryman::logon {

// The socket to pam_ferryman.so: SOCK_SEQPACKET, so that a message is read whole or not at all. Its first
// octet says what it is; at most max_message behind it, of tickets max_tickets.
//
//   from the module   U UID:NAME of a user   T tickets   A an answer   X no answer
//   from the helper   H asks, hidden      I tells     T tickets     N a cache's name     R result (one octet)
class Channel final : public Conversation {
 public:
  static constexpr std::size_t max_message = 2048, max_tickets = std::size_t{128} * 1024;

  explicit Channel(int socket) : socket_(socket) {}

  // Nothing where another kind of message came, or the module has gone.
  std::optional<Secret> receive(char kind);
  bool send(char kind, Bytes contents);

  std::optional<Secret> ask_hidden(const std::string& question) override;
  void tell(const std::string& text) override;

 private:
  int socket_;
};

}  // namespace ferryman::logon
