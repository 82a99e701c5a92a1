#include <cstdlib>

#include "kerberos/reply.h"

// Any octets give a reply or a fault inside the input, and a reply only of a kind that answers the request.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferryman::kerberos;
  for (const auto kind : {RequestKind::as_req, RequestKind::tgs_req, RequestKind::kpasswd}) {
    const auto reply = parse_reply({data, size}, kind);
    if (!reply) {
      if (reply.error().offset > size) std::abort();
      continue;
    }
    const bool fits = reply->kind == ReplyKind::krb_error ||
                      (kind == RequestKind::as_req && reply->kind == ReplyKind::as_rep) ||
                      (kind == RequestKind::tgs_req && reply->kind == ReplyKind::tgs_rep) ||
                      (kind == RequestKind::kpasswd && reply->kind == ReplyKind::kpasswd);
    if (!fits || reply->bytes.size() != size) std::abort();
  }
  return 0;
}
