#include "logon/channel.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace ferryman::logon {

std::optional<Secret> Channel::receive(char kind) {
  Secret message(max_tickets + 1);
  ssize_t got = -1;
  do {
    got = ::recv(socket_, message.writable().data(), message.size(), MSG_TRUNC);
  } while (got < 0 && errno == EINTR);
  if (got <= 0 || static_cast<std::size_t>(got) > message.size() ||
      message.bytes()[0] != static_cast<std::uint8_t>(kind))
    return std::nullopt;
  message.shrink(static_cast<std::size_t>(got));
  return Secret(message.bytes().subspan(1));
}

bool Channel::send(char kind, Bytes contents) {
  Secret message(contents.size() + 1);
  message.writable()[0] = static_cast<std::uint8_t>(kind);
  std::ranges::copy(contents, message.writable().begin() + 1);
  return ::send(socket_, message.bytes().data(), message.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(message.size());
}

std::optional<Secret> Channel::ask_hidden(const std::string& question) {
  if (!send('H', as_bytes(question))) return std::nullopt;
  return receive('A');
}

void Channel::tell(const std::string& text) {
  static_cast<void>(send('I', as_bytes(text).first(std::min(text.size(), max_message))));
}

}  // namespace ferryman::logon
