#include "ferryman/secret_input.h"

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>

#include "base/bytes.h"

namespace ferryman {
namespace {

constexpr std::size_t max_secret = 4096;
constexpr std::array<int, 4> ending_signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT};

volatile std::sig_atomic_t caught = 0;

void catch_signal(int number) {
  caught = number;
}

// While it lives the terminal shows nothing of what is typed. A signal that would end the process ends the
// read instead, and the process once the terminal is as it was.
class NoEcho {
 public:
  NoEcho() {
    caught = 0;
    struct sigaction action {};
    action.sa_handler = catch_signal;  // without SA_RESTART
    for (std::size_t i = 0; i < ending_signals.size(); ++i)
      ::sigaction(ending_signals[i], &action, &before_[i]);
    known_ = ::tcgetattr(STDIN_FILENO, &shown_) == 0;
    termios hidden = shown_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (known_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  }
  ~NoEcho() {
    if (known_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown_);
    for (std::size_t i = 0; i < ending_signals.size(); ++i)
      ::sigaction(ending_signals[i], &before_[i], nullptr);
    fmt::print(stderr, "\n");
    if (caught != 0) ::raise(caught);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  std::array<struct sigaction, ending_signals.size()> before_{};
  termios shown_{};
  bool known_ = false;
};

// All of standard input up to its end; of a terminal a line. Nothing: too much, or an error. step: how many
// octets are taken at once, so that none is taken that is somebody else's.
std::optional<Secret> read_input(bool line, std::size_t step = max_secret) {
  Secret text(max_secret);
  std::size_t size = 0;
  while (size < max_secret) {
    const ssize_t got =
        ::read(STDIN_FILENO, text.writable().data() + size, std::min(step, max_secret - size));
    if (got < 0) {
      if (errno == EINTR && caught == 0) continue;
      return std::nullopt;
    }
    size += static_cast<std::size_t>(got);
    if (got == 0 || (line && text.bytes()[size - 1] == '\n')) {
      text.shrink(size);
      return text;
    }
  }
  return std::nullopt;
}

// Without its line feed. Nothing: there is more than a line.
std::optional<Secret> only_line(Secret text) {
  const Bytes bytes = text.bytes();
  const auto end = std::find(bytes.begin(), bytes.end(), '\n');
  if (end != bytes.end() && end + 1 != bytes.end()) return std::nullopt;
  text.shrink(static_cast<std::size_t>(end - bytes.begin()));
  return text;
}

}  // namespace

bool can_ask() {
  return ::isatty(STDIN_FILENO) == 1;
}

std::optional<Secret> ask_hidden(const std::string& question) {
  fmt::print(stderr, "{}: ", question);
  const NoEcho hidden;
  auto text = read_input(true);
  return text ? only_line(std::move(*text)) : std::nullopt;
}

std::optional<Secret> read_line() {
  auto text = read_input(true, 1);
  if (!text || text->empty()) return std::nullopt;
  return only_line(std::move(*text));
}

std::optional<Secret> read_only_line() {
  auto text = read_input(false);
  return text ? only_line(std::move(*text)) : std::nullopt;
}

}  // namespace ferryman
