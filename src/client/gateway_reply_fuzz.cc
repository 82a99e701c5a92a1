#include <cstdlib>

#include "client/reply.h"
#include "kerberos/reply.h"

using namespace ferryman;

// What is taken for an answer lies within the body and is one to that kind of request.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes body(data, size);
  for (const auto kind :
       {kerberos::RequestKind::as_req, kerberos::RequestKind::tgs_req, kerberos::RequestKind::kpasswd}) {
    const auto reply = client::read_answer(body, kind);
    if (!reply) continue;
    const Bytes message = reply->bytes;
    if (message.data() < data || message.data() + message.size() > data + size) std::abort();
    if (!kerberos::parse_reply(message, kind)) std::abort();
  }
  return 0;
}
