#pragma once

#include <span>
#include <string_view>

#include "local/message.h"

namespace ferryman::local {

// By what a client tells its requests apart, as its header fields, and for Windows' clients its query, say.
// Views of these. Anything that is not in its form counts as absent.
struct TraceContext {
  std::string_view trace_id;           // 32 hexadecimal digits of the traceparent [W3C Trace Context 3.2.2.3]
  std::string_view client_request_id;  // a GUID in its usual form [MS-OAPXBC 2.2.2]
  bool return_client_request_id = false;
};

// fields: names in any case. What is there twice is no one's. The query's parameters go before fields, as
// [MS-ADFSOAL 2.2.2.1] has it.
TraceContext find_trace_context(std::span<const Field> fields, std::string_view query);

// Of a traceparent; empty: it is none.
std::string_view trace_id_of(std::string_view traceparent);

}  // namespace ferryman::local
