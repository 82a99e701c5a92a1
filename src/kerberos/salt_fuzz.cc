#include <cstdlib>

#include "kerberos/request.h"
#include "kerberos/salt.h"

// A salt lies within the answer that told it, and the question for one is an AS-REQ of the same client.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferryman;
  using namespace ferryman::kerberos;
  const Bytes message(data, size);
  if (const auto reply = parse_reply(message, RequestKind::as_req)) {
    const auto salt = salt_told(*reply);
    if (salt && (salt->data() < data || salt->data() + salt->size() > data + size)) std::abort();
  }
  const auto request = parse_request(message);
  if (!request || request->kind != RequestKind::as_req || !request->kdc_req->cname) return 0;
  const auto question = ask_for_salt(*request->kdc_req);
  const auto read = parse_request(question);
  if (!read || read->kind != RequestKind::as_req) std::abort();
  const auto& asked = *read->kdc_req->cname;
  const auto& given = *request->kdc_req->cname;
  if (read->realm() != request->realm() || asked.name_type != given.name_type ||
      as_text(asked.name_string) != as_text(given.name_string) || !read->kdc_req->padata.empty()) {
    std::abort();
  }
  return 0;
}
