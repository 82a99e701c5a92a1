#include "gateway/request_trace.h"

#include "local/trace_context.h"

namespace ferryman::gateway {

RequestTrace::RequestTrace(std::span<const local::Field> fields, std::string_view query,
                           std::string_view id) {
  const local::TraceContext context = local::find_trace_context(fields, query);
  trace_id_ = context.trace_id;
  client_request_id_ = context.client_request_id;
  if (client_request_id_.empty()) return;
  fields_.push_back({"x-ms-request-id", std::string(id)});
  if (context.return_client_request_id) fields_.push_back({"client-request-id", client_request_id_});
}

void RequestTrace::put_into(RequestEvent& event) const {
  event.trace_id = trace_id_;
  event.client_request_id = client_request_id_;
}

}  // namespace ferryman::gateway
