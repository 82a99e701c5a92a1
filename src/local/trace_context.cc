#include "local/trace_context.h"

#include <algorithm>

#include "base/guid.h"
#include "base/text.h"

namespace ferryman::local {
namespace {

constexpr std::string_view request_id_name = "client-request-id", return_name = "return-client-request-id";

std::string_view only(std::span<const Field> fields, std::string_view name) {
  const auto is_it = [name](const Field& field) { return equal_without_case(field.name, name); };
  const auto found = std::find_if(fields.begin(), fields.end(), is_it);
  if (found == fields.end() || std::any_of(found + 1, fields.end(), is_it)) return {};
  return found->value;
}

// Not decoded: nothing that is in its form needs that.
std::string_view parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const std::string_view one = query.substr(0, end);
    if (one.size() > name.size() && one[name.size()] == '=' && one.starts_with(name))
      return one.substr(name.size() + 1);
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return {};
}

std::string_view either(std::span<const Field> fields, std::string_view query, std::string_view name) {
  const std::string_view in_query = parameter(query, name);
  return in_query.empty() ? only(fields, name) : in_query;
}

// In lower case, as the standard asks.
bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == text.npos;
}

bool is_id(std::string_view text) {
  return is_hex(text) && text.find_first_not_of('0') != text.npos;
}

}  // namespace

std::string_view trace_id_of(std::string_view traceparent) {
  // version "-" trace-id "-" parent-id "-" trace-flags; a later version may have more behind another "-".
  constexpr std::size_t size = 55, trace_at = 3, trace_size = 32, parent_at = 36, parent_size = 16,
                        flags_at = 53;
  if (traceparent.size() < size || traceparent[2] != '-' || traceparent[parent_at - 1] != '-' ||
      traceparent[flags_at - 1] != '-')
    return {};
  const std::string_view version = traceparent.substr(0, 2),
                         trace_id = traceparent.substr(trace_at, trace_size);
  const bool may_be_longer = version != "00" && traceparent[std::min(size, traceparent.size() - 1)] == '-';
  if (traceparent.size() > size && !may_be_longer) return {};
  const bool is_valid = is_hex(version) && version != "ff" && is_id(trace_id) &&
                        is_id(traceparent.substr(parent_at, parent_size)) &&
                        is_hex(traceparent.substr(flags_at, 2));
  return is_valid ? trace_id : std::string_view();
}

TraceContext find_trace_context(std::span<const Field> fields, std::string_view query) {
  TraceContext context;
  context.trace_id = trace_id_of(only(fields, "traceparent"));
  const std::string_view id = either(fields, query, request_id_name);
  if (!guid_of_text(id)) return context;
  context.client_request_id = id;
  context.return_client_request_id = equal_without_case(either(fields, query, return_name), "true");
  return context;
}

}  // namespace ferryman::local
