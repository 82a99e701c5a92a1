#include "logon/private_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/descriptor.h"
#include "logon/ticket_files.h"

namespace ferryman::logon {
namespace {

constexpr char variable[] = "KRB5CCNAME", file_prefix[] = "ticket-";

std::optional<Secret> read_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0 || status.st_size <= 0 ||
      static_cast<std::size_t>(status.st_size) > PrivateCache::max_size)
    return std::nullopt;
  Secret contents(static_cast<std::size_t>(status.st_size));
  const ssize_t got = ::read(file.get(), contents.writable().data(), contents.size());
  return got == status.st_size ? std::optional(std::move(contents)) : std::nullopt;
}

std::vector<std::string> files_of(const std::filesystem::path& directory, const std::string& prefix) {
  std::vector<std::string> found;
  std::error_code error;
  for (const auto& each : std::filesystem::directory_iterator(directory, error))
    if (each.path().filename().string().starts_with(prefix)) found.push_back(each.path());
  return found;
}

}  // namespace

PrivateCache::PrivateCache(const std::string& directory)
    : path_(fmt::format("{}/{}{}", directory, file_prefix, ::getpid())) {
  for (const std::string& left : files_of(directory, file_prefix)) ::unlink(left.c_str());
  ::setenv(variable, ("FILE:" + path_).c_str(), 1);
}

PrivateCache::~PrivateCache() {
  ::unsetenv(variable);
  remove_files();
}

std::optional<Secret> PrivateCache::contents() const {
  std::vector<Secret> files;
  auto first = read_file(path_);
  if (!first) return std::nullopt;
  files.push_back(*std::move(first));
  for (const std::string& path : beside())
    if (auto file = read_file(path)) files.push_back(*std::move(file));
  Secret joined = join_files(files);
  if (joined.size() <= max_size) return joined;
  files.resize(1);
  return join_files(files);
}

// As login/credential_caches.h names them.
std::vector<std::string> PrivateCache::beside() const {
  const std::filesystem::path path = path_;
  return files_of(path.parent_path(), path.filename().string() + ".");
}

void PrivateCache::remove_files() const {
  ::unlink(path_.c_str());
  for (const std::string& path : beside()) ::unlink(path.c_str());
}

}  // namespace ferryman::logon
