#include "realm/master_key.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

#include "base/descriptor.h"
#include "base/secret.h"
#include "base/text.h"
#include "crypto/openssl.h"
#include "realm/file_access.h"

namespace ferryman::realm {
namespace {

using directory::MasterKey;

constexpr std::string_view digits = "0123456789abcdef";
constexpr std::string_view next_suffix = ".new";
constexpr std::size_t file_size = 2 * MasterKey::size + 1;

template <typename... Arguments>
tl::unexpected<std::string> fail(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  return tl::unexpected(fmt::format(format, std::forward<Arguments>(arguments)...));
}

tl::expected<void, std::string> check_file(const std::string& path, const struct stat& status) {
  if (!S_ISREG(status.st_mode)) return fail("the master key {} is no regular file", printable(path));
  if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
    const std::string owner = user_name(status.st_uid), shown = printable(path);
    if (::geteuid() == 0)
      return fail(
          "the master key {} belongs to {}, and this runs as root: start ferryman-realm as {}, by "
          "\"systemctl start ferryman-realm\" or \"runuser -u {} -- ferryman-realm\"; where the service has "
          "another user, chown the key to that one",
          shown, owner, owner, owner);
    return fail("the master key {} belongs to {}, who could exchange it: chown it to {}, whom this runs as",
                shown, owner, user_name(::geteuid()));
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return fail(
        "the master key {} has mode {:04o}, so that others may open it: chmod 600 it, and think of "
        "who has read it",
        printable(path), status.st_mode & 07777U);
  if (status.st_size != static_cast<off_t>(file_size))
    return fail("the master key {} has {} octets; it must be {} hexadecimal digits and a line feed",
                printable(path), status.st_size, file_size - 1);
  return {};
}

// About one that cannot be opened. The next one is made by whoever asks for it.
std::string what_to_do(const std::string& path, int error) {
  if (error != ENOENT) return what_bars(path, R_OK);
  if (path.ends_with(next_suffix)) return {};
  return fmt::format("put it back from your copy; those that were changed since are {}.NUMBER",
                     printable(path));
}

// Whether the file had as many octets as there are in out.
bool read_all(int file, std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const ssize_t got = ::read(file, out.data(), out.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    out = out.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

// Whether text is 64 digits and a line feed; octets: MasterKey::size of them.
bool from_text(Bytes text, std::span<std::uint8_t> octets) {
  for (std::size_t i = 0; i < 2 * octets.size(); ++i) {
    const auto value = digits.find(ascii_lower(static_cast<char>(text[i])));
    if (value == std::string_view::npos) return false;
    octets[i / 2] = static_cast<std::uint8_t>(octets[i / 2] << 4U | value);
  }
  return text.back() == '\n';
}

}  // namespace

tl::expected<std::string, std::string> master_key_file(const std::string& source) {
  constexpr std::string_view scheme = "file:";
  const std::string path = source.starts_with(scheme) ? source.substr(scheme.size()) : "";
  if (!path.starts_with('/') || path.ends_with('/') || path.find('\0') != std::string::npos)
    return fail("\"{}\" is no place of a master key; \"{}\" would be one", printable(source),
                default_master_key);
  return path;
}

std::string next_master_key(const std::string& source) {
  return source + std::string(next_suffix);
}

tl::expected<MasterKey, std::string> read_master_key(const std::string& source) {
  const auto path = master_key_file(source);
  if (!path) return tl::unexpected(path.error());
  // Not blocking: whoever opens a FIFO waits for its writer.
  const Descriptor file(::open(path->c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) {
    const int error = errno;
    const std::string why = std::generic_category().message(error), bar = what_to_do(*path, error);
    return fail("the master key {} cannot be read: {}{}{}", printable(*path), why, bar.empty() ? "" : "; ",
                bar);
  }
  if (auto checked = check_file(*path, status); !checked) return tl::unexpected(checked.error());
  Secret text(file_size), octets(MasterKey::size);
  if (!read_all(file.get(), text.writable()) || !from_text(text.bytes(), octets.writable()))
    return fail("the master key {} is not {} hexadecimal digits and a line feed", printable(*path),
                file_size - 1);
  auto key = MasterKey::make(octets.bytes());
  if (!key) return tl::unexpected(key.error().text);
  return std::move(*key);
}

void each_master_key(const std::string& source,
                     const std::function<bool(MasterKey key, MasterKeyPlace place)>& take) {
  for (const MasterKeyPlace place :
       {MasterKeyPlace::present, MasterKeyPlace::next, MasterKeyPlace::present}) {
    auto key = read_master_key(place == MasterKeyPlace::next ? next_master_key(source) : source);
    if (key && take(*std::move(key), place)) return;
  }
}

tl::expected<void, std::string> create_master_key(const std::string& source, std::optional<FileOwner> owner) {
  const auto path = master_key_file(source);
  if (!path) return tl::unexpected(path.error());
  Secret octets(MasterKey::size), text(file_size);
  crypto::openssl::random(octets.writable());
  std::size_t at = 0;
  for (const unsigned octet : octets.bytes())
    for (const unsigned digit : {octet >> 4U, octet & 0xfU})
      text.writable()[at++] = static_cast<std::uint8_t>(digits[digit]);
  text.writable()[at] = '\n';
  if (const auto made = create_file({*path, S_IRUSR | S_IWUSR, owner}, text.bytes()); !made)
    return fail("the master key {} cannot be made: {}", printable(*path), made.error().message());
  return {};
}

}  // namespace ferryman::realm
