#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"

namespace ferryman::logon {

// While it lives, tickets go to files in a directory of one's own instead of the user's credential caches;
// what is in them goes with it.
class PrivateCache {
 public:
  // directory: of mode 0700, this user's, and locked: what others have left there, who were killed, is
  // removed.
  explicit PrivateCache(const std::string& directory);
  PrivateCache(const PrivateCache&) = delete;
  PrivateCache& operator=(const PrivateCache&) = delete;
  ~PrivateCache();

  // The files, as libkrb5 writes them, as store_tickets() takes them; nothing where no ticket has come.
  std::optional<Secret> contents() const;

  static constexpr std::size_t max_size = std::size_t{128} * 1024 - 4;  // octets of a file, and of all

 private:
  std::vector<std::string> beside() const;
  void remove_files() const;

  std::string path_;
};

}  // namespace ferryman::logon
