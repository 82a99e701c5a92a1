#include "logon/leftovers.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>
#include <system_error>
#include <vector>

namespace ferryman::logon {
namespace {

// The number behind "1001-new-", and nothing of what is no such directory.
std::optional<pid_t> owner_of(std::string_view name, std::string_view of) {
  if (!name.starts_with(of) || name.substr(of.size(), 1) != "-") return std::nullopt;
  const std::string_view digits = name.substr(name.rfind('-') + 1);
  pid_t owner = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), owner);
  if (error != std::errc() || end != digits.data() + digits.size() || owner <= 0) return std::nullopt;
  return owner;
}

bool is_at_work(pid_t process) {
  return process != ::getpid() && (::kill(process, 0) == 0 || errno != ESRCH);
}

}  // namespace

std::string own_directory(const std::string& path, std::string_view purpose) {
  return fmt::format("{}-{}-{}", path, purpose, ::getpid());
}

void remove_leftovers(const std::string& path) {
  const std::filesystem::path counts = path;
  const std::string of = counts.filename().string();
  std::vector<std::filesystem::path> found;
  std::error_code error;
  for (const auto& each : std::filesystem::directory_iterator(counts.parent_path(), error))
    if (const auto owner = owner_of(each.path().filename().string(), of); owner && !is_at_work(*owner))
      found.push_back(each.path());
  for (const auto& each : found) std::filesystem::remove_all(each, error);
}

}  // namespace ferryman::logon
