#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "machine/user_table.h"

namespace ferryman::machine {

// The table of what the files say now: the accounts, machine.toml, /etc/passwd and /etc/group. Looking costs
// a few system calls; it is made anew where one of them is another file than before. What cannot be read is
// told to standard error, and what was there before counts on.
class TableSource {
 public:
  TableSource(std::string accounts, std::string config);
  std::shared_ptr<const UserTable> now();

 private:
  struct Stamp {
    std::uint64_t inode = 0;
    std::int64_t seconds = 0, nanoseconds = 0, size = -1;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  static Stamp stamp_of(const std::string& file);
  std::shared_ptr<const UserTable> load() const;

  std::array<std::string, 4> files_;  // the accounts first, then machine.toml
  std::array<Stamp, 4> stamps_{};
  std::shared_ptr<const UserTable> table_ = std::make_shared<UserTable>();
};

}  // namespace ferryman::machine
