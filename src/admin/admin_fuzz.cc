#include <cstdlib>

#include "admin/message.h"
#include "base/bytes.h"

namespace {

// Beyond, what is printed may be longer than a line.
constexpr std::size_t max_size = 1 << 16;

std::string_view without_line_feed(const std::string& line) {
  return std::string_view(line).substr(0, line.size() - 1);
}

}  // namespace

// What is taken is printed so that the same is read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferryman;
  if (size > max_size) return 0;
  const std::string_view line = as_text({data, size});
  if (const auto request = admin::parse_request(line)) {
    const auto again = admin::parse_request(without_line_feed(admin::print(*request).value()));
    if (!again || !(*again == *request)) std::abort();
  }
  if (const auto reply = admin::parse_reply(line)) {
    const auto again = admin::parse_reply(without_line_feed(admin::print(*reply)));
    if (!again || !(*again == *reply)) std::abort();
  }
  return 0;
}
