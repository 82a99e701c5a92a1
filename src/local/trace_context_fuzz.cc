#include <algorithm>
#include <cstdlib>
#include <vector>

#include "local/trace_context.h"

namespace {

bool is_made_of(std::string_view text, std::string_view letters) {
  return text.find_first_not_of(letters) == std::string_view::npos;
}

}  // namespace

// Lines of "name:value", the last one the query: whatever they are, what is found may stand in a line of a
// log and in a header field.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferryman::local;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<Field> fields;
  for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    const std::string_view line = text.substr(0, end);
    const auto colon = std::min(line.find(':'), line.size());
    fields.push_back({line.substr(0, colon), line.substr(std::min(colon + 1, line.size()))});
    text.remove_prefix(end + 1);
  }
  const TraceContext found = find_trace_context(fields, text);
  const std::string_view trace = found.trace_id, id = found.client_request_id;
  if (!trace.empty() && (trace.size() != 32 || !is_made_of(trace, "0123456789abcdef"))) std::abort();
  if (!id.empty() && (id.size() != 36 || !is_made_of(id, "0123456789abcdefABCDEF-"))) std::abort();
  if (id.empty() && found.return_client_request_id) std::abort();
  return 0;
}
