#include "machine/table_source.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

namespace ferryman::machine {

TableSource::TableSource(std::string accounts, std::string config)
    : files_{std::move(accounts), std::move(config), "/etc/passwd", "/etc/group"} {}

TableSource::Stamp TableSource::stamp_of(const std::string& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return {};
  return {status.st_ino, status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_size};
}

std::shared_ptr<const UserTable> TableSource::load() const {
  // Taken away, it says that nobody may log on; damaged, it says nothing new.
  if (::access(files_[1].c_str(), F_OK) != 0 && errno == ENOENT) return std::make_shared<UserTable>();
  Config config;
  const auto mistakes = load_config(files_[1], config);
  for (const auto& mistake : mistakes) fmt::print(stderr, "{}\n", mistake.to_string());
  const auto accounts = load_accounts(files_[0]);
  if (!accounts) fmt::print(stderr, "{}\n", accounts.error());
  if (!mistakes.empty() || !accounts) return nullptr;
  return std::make_shared<UserTable>(accounts->value_or(Accounts{}), config, load_local_names());
}

std::shared_ptr<const UserTable> TableSource::now() {
  std::array<Stamp, 4> stamps;
  for (std::size_t i = 0; i < stamps.size(); ++i) stamps[i] = stamp_of(files_[i]);
  if (stamps == stamps_) return table_;
  stamps_ = stamps;
  if (auto table = load()) table_ = std::move(table);
  return table_;
}

}  // namespace ferryman::machine
