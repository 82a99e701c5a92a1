#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/descriptor.h"

namespace ferryman::telemetry {

// What journald gets of a line of the log, "<6>time=… level=… event=… …": each field under its name in
// capital letters with FERRYMAN_ before it, the line without time and level as MESSAGE, and the fields that
// every entry has. Values stand there as in the line, without quotes; none is longer than max_journal_value.
std::string journal_entry(std::string_view line, std::string_view ident);
inline constexpr std::size_t max_journal_value = std::size_t{8} * 1024;

// systemd-journald by its own protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL), one datagram an entry. It need
// not be there: each entry is sent to whoever is at the socket's path by then.
class Journal {
 public:
  // socket: its path, which fits into an address; empty is journald's own. Throws std::system_error.
  Journal(const std::string& socket, std::string ident);

  struct Loss {
    std::uint64_t lines = 0;
    int cause = 0;  // errno of the last
  };
  // Waits a second at most for a journal that is slow.
  Loss write(std::string_view lines) const;

 private:
  Descriptor descriptor_;
  sockaddr_un address_{};
  std::string ident_;
};

}  // namespace ferryman::telemetry
