#include "telemetry/journal.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "base/text.h"

namespace ferryman::telemetry {
namespace {

constexpr std::string_view journald = "/run/systemd/journal/socket";
constexpr std::size_t max_fields = 64;

struct Field {
  std::string_view key, value;  // as they stand in the line
};

// The first field of a line in logfmt; nothing at its end. A value in quotes keeps them.
std::optional<Field> take_field(std::string_view& line) {
  const auto sign = line.find('=');
  if (sign == line.npos) return std::nullopt;
  std::size_t end = sign + 1;
  if (end < line.size() && line[end] == '"') {
    for (++end; end < line.size() && line[end] != '"'; ++end)
      if (line[end] == '\\') ++end;
    end = std::min(end + 1, line.size());
  } else {
    end = std::min(line.find(' ', end), line.size());
  }
  const Field field{line.substr(0, sign), line.substr(sign + 1, end - sign - 1)};
  line.remove_prefix(std::min(end + 1, line.size()));
  return field;
}

void append_field(std::string& entry, std::string_view key, std::string_view value) {
  entry.append(key).append("=").append(value.substr(0, max_journal_value)).append("\n");
}

// Without quotes, and without the backslash before a quote or another. What was escaped as it may not stand
// in a line stays so: no value ends its field.
std::string unquoted(std::string_view value) {
  if (!value.starts_with('"')) return std::string(value);
  std::string text;
  for (std::size_t i = 1; i + 1 < value.size(); ++i) {
    if (value[i] == '\\' && (value[i + 1] == '\\' || value[i + 1] == '"')) ++i;
    text += value[i];
  }
  return text;
}

std::string name_of(std::string_view key) {
  std::string name = "FERRYMAN_";
  for (const char c : key) name += c == '.' || c == '-' ? '_' : ascii_upper(c);
  return name;
}

}  // namespace

std::string journal_entry(std::string_view line, std::string_view ident) {
  constexpr std::size_t prefix = sizeof "<6>" - 1;
  const bool has_priority = line.size() > prefix && line[0] == '<';
  std::string entry;
  append_field(entry, "PRIORITY", has_priority ? line.substr(1, 1) : "6");
  append_field(entry, "SYSLOG_FACILITY", "3");  // daemon
  append_field(entry, "SYSLOG_IDENTIFIER", ident);
  if (!has_priority) {  // of another destination, which a reload has changed
    append_field(entry, "MESSAGE", line);
    return entry;
  }
  line.remove_prefix(prefix);
  for (std::size_t i = 0; i < max_fields; ++i) {
    const auto rest = line;
    const auto field = take_field(line);
    if (!field) break;
    constexpr std::size_t time_and_level = 2;
    if (i == time_and_level) append_field(entry, "MESSAGE", rest);
    append_field(entry, name_of(field->key), unquoted(field->value));
  }
  return entry;
}

Journal::Journal(const std::string& socket, std::string ident)
    : descriptor_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)), ident_(std::move(ident)) {
  const std::string_view path = socket.empty() ? journald : std::string_view(socket);
  if (descriptor_.get() < 0)
    throw std::system_error(errno, std::generic_category(), "socket for the journal");
  address_.sun_family = AF_UNIX;
  path.copy(address_.sun_path, sizeof address_.sun_path - 1);
}

Journal::Loss Journal::write(std::string_view lines) const {
  constexpr std::chrono::milliseconds step{5}, patience{1000};
  Loss loss;
  auto waited = std::chrono::milliseconds::zero();
  const auto send = [&](const std::string& entry) {
    while (::sendto(descriptor_.get(), entry.data(), entry.size(), MSG_NOSIGNAL,
                    reinterpret_cast<const sockaddr*>(&address_), sizeof address_) < 0) {
      if (errno == EINTR) continue;
      if ((errno != EAGAIN && errno != ENOBUFS) || waited >= patience) return false;
      std::this_thread::sleep_for(step);
      waited += step;
    }
    return true;
  };
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size());
    if (!send(journal_entry(lines.substr(0, end), ident_))) {
      ++loss.lines;
      loss.cause = errno;
    }
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return loss;
}

}  // namespace ferryman::telemetry
