#include "net/file_watch.h"

#include <utility>

namespace ferryman::net {

bool FileWatch::Stamp::operator==(const Stamp& other) const {
  return device == other.device && inode == other.inode && size == other.size &&
         modified.tv_sec == other.modified.tv_sec && modified.tv_nsec == other.modified.tv_nsec;
}

FileWatch::FileWatch(std::vector<std::string> files) : files_(std::move(files)) {
  for (const auto& file : files_) stamps_.push_back(stamp(file));
}

FileWatch::Stamp FileWatch::stamp(const std::string& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino, status.st_size, status.st_mtim};
}

bool FileWatch::changed() {
  bool any = false;
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const Stamp now = stamp(files_[i]);
    any = any || !(now == stamps_[i]);
    stamps_[i] = now;
  }
  return any;
}

}  // namespace ferryman::net
