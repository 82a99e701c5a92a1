#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

namespace ferryman::net {

// Tells whether any of some files has been replaced or rewritten since the last look. By stat(2), since the
// usual way to renew a certificate swaps symbolic links, which inotify on the file would not show.
class FileWatch {
 public:
  explicit FileWatch(std::vector<std::string> files);

  // True once for each change.
  bool changed();

 private:
  struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    timespec modified{};
    bool operator==(const Stamp& other) const;
  };
  static Stamp stamp(const std::string& file);

  std::vector<std::string> files_;
  std::vector<Stamp> stamps_;
};

}  // namespace ferryman::net
