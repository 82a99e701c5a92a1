#include "admin/line_buffer.h"

#include <algorithm>
#include <utility>

#include "admin/message.h"

namespace ferryman::admin {

std::string_view LineBuffer::text() const {
  return as_text(octets_.bytes().first(used_));
}

bool LineBuffer::append(std::string_view octets) {
  if (octets_.size() - used_ < octets.size()) {
    Secret larger(std::max(2 * octets_.size(), used_ + octets.size()));
    std::copy_n(octets_.bytes().begin(), used_, larger.writable().begin());
    octets_ = std::move(larger);
  }
  std::copy(octets.begin(), octets.end(), octets_.writable().begin() + static_cast<std::ptrdiff_t>(used_));
  used_ += octets.size();
  return std::min(text().find('\n'), used_) <= max_line;
}

std::optional<Secret> LineBuffer::take() {
  const std::size_t end = text().find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  Secret line(octets_.bytes().first(end));
  Secret rest(octets_.bytes().subspan(end + 1, used_ - end - 1));
  used_ = rest.size();
  octets_ = std::move(rest);
  return line;
}

}  // namespace ferryman::admin
