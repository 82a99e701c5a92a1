#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/descriptor.h"
#include "directory/database.h"

namespace ferryman::realm {

// A copy of the database on its way to an administrator. The file has lost its name already: nothing is left
// of it once this object or the process goes.
class BackupCopy {
 public:
  // file: where it may be made, in a directory that is the database's own; what a process that was killed has
  // left there is removed.
  static directory::Outcome<BackupCopy> make(directory::Database& directory, const std::string& file);

  std::int64_t size() const { return size_; }
  // The octets behind offset, at most that many; none at the end.
  directory::Outcome<Octets> read(std::int64_t offset, std::size_t most) const;

 private:
  BackupCopy(Descriptor file, std::int64_t size) : file_(std::move(file)), size_(size) {}

  Descriptor file_;
  std::int64_t size_;
};

}  // namespace ferryman::realm
