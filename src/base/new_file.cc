#include "base/new_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace ferryman {
namespace {

using Error = std::error_code;

Error last_error() {
  return {errno, std::generic_category()};
}

Error write_all(int file, Bytes contents) {
  while (!contents.empty()) {
    const ssize_t written = ::write(file, contents.data(), contents.size());
    if (written < 0 && errno != EINTR) return last_error();
    if (written > 0) contents = contents.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace

Error sync_directory(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return opened.get() >= 0 && ::fsync(opened.get()) == 0 ? Error() : last_error();
}

FileInMaking::FileInMaking(NewFile file, std::string temporary, Descriptor opened)
    : file_(std::move(file)), temporary_(std::move(temporary)), opened_(std::move(opened)) {}

FileInMaking::FileInMaking(FileInMaking&& other) noexcept
    : file_(std::move(other.file_)),
      temporary_(std::exchange(other.temporary_, {})),
      opened_(std::move(other.opened_)) {}

FileInMaking::~FileInMaking() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

tl::expected<FileInMaking, Error> FileInMaking::begin(NewFile file) {
  std::string temporary = file.path + ".XXXXXX";
  Descriptor opened(::mkostemp(temporary.data(), O_CLOEXEC));  // mode 0600, and never through a link
  if (opened.get() < 0) return tl::unexpected(last_error());
  FileInMaking made(std::move(file), std::move(temporary), std::move(opened));
  const int descriptor = made.opened_.get();
  const auto& owner = made.file_.owner;
  if (owner && ::fchown(descriptor, owner->user, owner->group) != 0) return tl::unexpected(last_error());
  if (::fchmod(descriptor, made.file_.mode) != 0) return tl::unexpected(last_error());
  return made;
}

Error FileInMaking::write(Bytes contents) {
  return write_all(opened_.get(), contents);
}

Error FileInMaking::finish() {
  if (::fsync(opened_.get()) != 0) return last_error();
  const unsigned flags = file_.replaces ? 0 : RENAME_NOREPLACE;
  if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, file_.path.c_str(), flags) != 0)
    return last_error();
  temporary_.clear();
  return sync_directory(file_.path);
}

tl::expected<void, std::error_code> create_file(const NewFile& file, Bytes contents) {
  auto made = FileInMaking::begin(file);
  if (!made) return tl::unexpected(made.error());
  Error error = made->write(contents);
  if (!error) error = made->finish();
  if (error) return tl::unexpected(error);
  return {};
}

}  // namespace ferryman
