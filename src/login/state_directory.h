#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/descriptor.h"
#include "base/secret.h"
#include "login/failure.h"

namespace ferryman::login {

// Where a user's state is: $XDG_STATE_HOME/ferryman, by default ~/.local/state/ferryman, without a slash at
// its end. A relative $XDG_STATE_HOME counts for none, as the XDG base directory specification has it.
Outcome<std::string> default_state_path();

// A directory with the few files that stay of an enrolment and a sign-in, keys and tokens among them. It is
// its user's own, of mode 0700, and a file in it of mode 0600; anything else is refused, never mended, since
// it may have been read. A file's name is letters and '-', with an ending of at most five characters.
//
// Reading needs no lock: a file is always a whole one. Who changes more than one holds the lock.
class StateDirectory {
 public:
  static constexpr std::size_t max_file_size = std::size_t{1} << 20U;  // octets

  // Makes the directory, and those above it, where they are not there.
  static Outcome<StateDirectory> open(const std::string& path);
  // Nothing where it is not there.
  static Outcome<std::optional<StateDirectory>> find(const std::string& path);

  const std::string& path() const { return path_; }

  // Held until it goes. Fault busy at once where another process has it. Removes what processes that were
  // killed while they wrote have left, a minute after.
  Outcome<Descriptor> lock() const;

  // Nothing where there is no such file.
  Outcome<std::optional<Secret>> read(const std::string& name) const;
  // Instead of what had that name: after a crash either of them is there, whole.
  Outcome<void> write(const std::string& name, Bytes contents) const;
  // Also where there is no such file.
  Outcome<void> remove(const std::string& name) const;
  // All files, and the directory; with the lock.
  Outcome<void> remove_all() &&;

 private:
  StateDirectory(std::string path, Descriptor opened) : path_(std::move(path)), opened_(std::move(opened)) {}

  std::string file(const std::string& name) const { return path_ + "/" + name; }
  Outcome<std::vector<std::string>> names() const;
  bool is_left_over(const std::string& name) const;

  std::string path_;
  Descriptor opened_;
};

}  // namespace ferryman::login
