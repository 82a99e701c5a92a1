#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <system_error>
#include <tl/expected.hpp>

#include "base/bytes.h"
#include "base/descriptor.h"

namespace ferryman {

struct FileOwner {
  uid_t user;
  gid_t group;
};

// How a file is made.
struct NewFile {
  std::string path;
  mode_t mode = 0600;                // whatever the umask is
  std::optional<FileOwner> owner{};  // none: who makes it. Only root may give it to another.
  bool replaces = false;             // it takes the place of what has its name; else nothing may have it yet
};

// A file that is written piece by piece. It gets its name last, by finish(); without that nothing of it stays
// but after a crash, and then a file of its name and six characters.
class FileInMaking {
 public:
  static tl::expected<FileInMaking, std::error_code> begin(NewFile file);
  FileInMaking(FileInMaking&& other) noexcept;
  FileInMaking& operator=(FileInMaking&&) = delete;
  ~FileInMaking();

  std::error_code write(Bytes contents);
  // Whole and on the disk; file_exists where something, a link too, has the name already and is not to be
  // replaced. Once only.
  std::error_code finish();

 private:
  FileInMaking(NewFile file, std::string temporary, Descriptor opened);

  NewFile file_;
  std::string temporary_;  // empty: it has its name, or none any more
  Descriptor opened_;
};

// So that a name in its directory that was made, changed or removed is so after a crash as well.
std::error_code sync_directory(const std::string& path);

// Makes a file that is whole and on the disk, or none: it gets its name last. Error file_exists where
// something, a link too, has the name already and is not to be replaced. After a crash a file of its name and
// six characters may be left beside it.
tl::expected<void, std::error_code> create_file(const NewFile& file, Bytes contents);

}  // namespace ferryman
