#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/secret.h"

namespace ferryman::admin {

// What comes from a socket, until its lines are whole. It holds no more than a line and what came behind it,
// and wipes what it held.
class LineBuffer {
 public:
  // False: the line that has begun is longer than max_line.
  [[nodiscard]] bool append(std::string_view octets);
  // The next line, without its line feed.
  std::optional<Secret> take();
  // Whether a line has begun that has not ended.
  bool has_begun() const { return used_ > 0; }

 private:
  std::string_view text() const;

  Secret octets_;
  std::size_t used_ = 0;
};

}  // namespace ferryman::admin
