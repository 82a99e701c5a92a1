#pragma once

#include <optional>
#include <string>

#include "base/secret.h"

namespace ferryman::logon {

// While it lives, tickets go to a file in a directory of one's own instead of the user's credential cache;
// what is in it goes with it.
class PrivateCache {
 public:
  // directory: of mode 0700, and this user's.
  explicit PrivateCache(const std::string& directory);
  PrivateCache(const PrivateCache&) = delete;
  PrivateCache& operator=(const PrivateCache&) = delete;
  ~PrivateCache();

  // The file, as libkrb5 writes it; nothing where no ticket has come.
  std::optional<Secret> contents() const;

  static constexpr std::size_t max_size = std::size_t{128} * 1024;  // octets

 private:
  std::string path_;
};

}  // namespace ferryman::logon
