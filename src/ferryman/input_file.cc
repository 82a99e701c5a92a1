#include "ferryman/input_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/bytes.h"
#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_service.h"

namespace ferryman {
namespace {

using Piece = std::array<std::uint8_t, 65536>;

std::string shown(const std::string& name) {
  return name == "-" ? "standard input" : printable(name);
}

tl::unexpected<int> cannot_read(const std::string& name, int error, std::string_view next = {}) {
  return tl::unexpected(
      tell(exit_failed,
           fmt::format("{} cannot be read: {}", shown(name), std::generic_category().message(error)), next));
}

tl::expected<Descriptor, int> open_input(const std::string& name, std::string_view next = {}) {
  Descriptor file(name == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                              : ::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return cannot_read(name, errno, next);
  return file;
}

// 0 at the end, below 0 with errno.
ssize_t read_some(int file, std::uint8_t* octets, std::size_t size) {
  ssize_t got = -1;
  do got = ::read(file, octets, size);
  while (got < 0 && errno == EINTR);
  return got;
}

bool write_all(int file, Bytes octets) {
  while (!octets.empty()) {
    const ssize_t written = ::write(file, octets.data(), octets.size());
    if (written <= 0 && errno != EINTR) return false;
    if (written > 0) octets = octets.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

tl::expected<Descriptor, int> kept_in_memory(const std::string& name, int file) {
  Descriptor memory(::memfd_create("ferryman", MFD_CLOEXEC));
  if (memory.get() < 0) return cannot_read(name, errno);
  Piece octets;
  while (true) {
    const ssize_t got = read_some(file, octets.data(), octets.size());
    if (got == 0) return memory;
    if (got < 0 || !write_all(memory.get(), Bytes(octets).first(static_cast<std::size_t>(got))))
      return cannot_read(name, errno);
  }
}

}  // namespace

tl::expected<Secret, int> read_input(const std::string& name, std::size_t most, std::string_view next) {
  const auto file = open_input(name, next);
  if (!file) return tl::unexpected(file.error());
  Secret octets(4096);
  std::size_t used = 0;
  while (true) {
    const ssize_t got = read_some(file->get(), octets.writable().data() + used, octets.size() - used);
    if (got < 0) return cannot_read(name, errno, next);
    used += static_cast<std::size_t>(got);
    if (got == 0) break;
    if (used > most)
      return tl::unexpected(tell(exit_failed, fmt::format("{} has more than {} octets", shown(name), most)));
    if (used < octets.size()) continue;
    Secret larger(2 * octets.size());
    std::copy_n(octets.bytes().begin(), used, larger.writable().begin());
    octets = std::move(larger);
  }
  octets.shrink(used);
  return octets;
}

void warn_of_readers(const std::string& name, std::string_view what) {
  struct stat status {};
  if (name == "-" || ::stat(name.c_str(), &status) != 0 || (status.st_mode & (S_IRGRP | S_IROTH)) == 0)
    return;
  tell(exit_ok, fmt::format("warning: others may read {}, which has {}", printable(name), what),
       "Remove it when the import is done, or \"chmod 600\" it.");
}

tl::expected<InputLines, int> InputLines::open(const std::string& name) {
  auto file = open_input(name);
  if (!file) return tl::unexpected(file.error());
  if (::lseek(file->get(), 0, SEEK_CUR) < 0) file = kept_in_memory(name, file->get());
  if (!file) return tl::unexpected(file.error());
  return InputLines(name, *std::move(file));
}

tl::expected<std::optional<std::string_view>, int> InputLines::next() {
  std::size_t end = octets_.find('\n', at_);
  while (end == octets_.npos) {
    octets_.erase(0, std::exchange(at_, 0));
    if (octets_.size() > max_line)
      return tl::unexpected(tell(exit_failed, fmt::format("line {} of {} has more than {} octets",
                                                          number_ + 1, shown(name_), max_line)));
    Piece piece;
    const ssize_t got = ::pread(file_.get(), piece.data(), piece.size(), offset_);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot_read(name_, errno);
    offset_ += got;
    const std::size_t before = octets_.size();
    octets_ += as_text(Bytes(piece).first(static_cast<std::size_t>(got)));
    end = got == 0 ? before : octets_.find('\n', before);
    if (got == 0 && before == 0) return std::nullopt;
  }
  const auto line = std::string_view(octets_).substr(at_, end - at_);
  at_ = std::min(end + 1, octets_.size());
  ++number_;
  return line;
}

void InputLines::rewind() {
  octets_.clear();
  at_ = number_ = 0;
  offset_ = 0;
}

}  // namespace ferryman
