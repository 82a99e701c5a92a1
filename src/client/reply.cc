#include "client/reply.h"

#include <fmt/format.h>

#include "kerberos/names.h"
#include "kkdcp/message.h"

namespace ferryman::client {
namespace {

// Octets count from the start of what the gateway sent. before: where what was read begins in it.
std::string at(const Error& error, std::ptrdiff_t before = 0) {
  return fmt::format("({} at octet {})", name(error.fault), before + error.offset);
}

}  // namespace

tl::expected<kerberos::Reply, std::string> read_answer(Bytes body, kerberos::RequestKind to) {
  const auto message = kkdcp::parse(body);
  if (!message) return tl::unexpected("sent no KDC-PROXY-MESSAGE " + at(message.error()));
  const auto reply = kerberos::parse_reply(message->kerb_message, to);
  if (!reply)
    return tl::unexpected(fmt::format("sent no answer to {} {}", kerberos::name(to),
                                      at(reply.error(), message->kerb_message.data() - body.data())));
  return *reply;
}

bool is_unavailable(const kerberos::Reply& reply) {
  return reply.error_code == kerberos::error_code::service_unavailable;
}

std::string explain_status(int status) {
  const char* text = "answered";
  switch (status) {
    case 400:
      text = "takes the message for malformed";
      break;
    case 401:
      text = "wants the client to authenticate by HTTP";
      break;
    case 403:
      text = "refused by its policy";
      break;
    case 404:
      text = "has nothing at this path";
      break;
    case 405:
      text = "is no KDC proxy at this path";
      break;
    case 407:
      text = "stands behind a proxy that wants authentication";
      break;
    case 413:
      text = "takes the message for too large";
      break;
    case 429:
      text = "has been asked too often by this host";
      break;
    case 502:
    case 503:
      text = "does not serve the realm, or found no KDC that answers";
      break;
    case 504:
      text = "got no answer from a KDC in time";
      break;
    default:
      if (status >= 300 && status < 400) text = "points elsewhere, which a KDC proxy does not";
      break;
  }
  return fmt::format("{} (HTTP {})", text, status);
}

bool was_not_relayed(int status) {
  return status >= 300 && status < 500 && status != 408;
}

}  // namespace ferryman::client
