#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/event.h"
#include "local/message.h"

namespace ferryman::gateway {

// By what a client tells its requests apart (local/trace_context.h): what of it the request's event has, and
// what goes back, which is what Windows' servers send. A client that names its request hears in
// x-ms-request-id how the event does; its own client-request-id where it asks for that.
class RequestTrace {
 public:
  // id: of the request, as its event has it.
  RequestTrace(std::span<const local::Field> fields, std::string_view query, std::string_view id);

  // The event is not to outlive this.
  void put_into(RequestEvent& event) const;
  // Of the answer.
  const std::vector<local::HttpResponse::OwnedField>& fields() const { return fields_; }

 private:
  std::string trace_id_, client_request_id_;
  std::vector<local::HttpResponse::OwnedField> fields_;
};

}  // namespace ferryman::gateway
