#include "login/cloud_ticket.h"

#include <fmt/format.h>

#include <utility>

#include "base/base64.h"
#include "base/text.h"
#include "crypto/key.h"
#include "jose/jwe.h"
#include "kerberos/numbers.h"
#include "login/wiped_json.h"

namespace ferryman::login {
namespace {

tl::unexpected<Failure> none(std::string_view why) {
  return fail(Fault::refused, fmt::format("the server's ticket cannot be used: {}", why));
}

std::int64_t number(const json::Json& object, const char* name) {
  const json::Json* value = json::member(object, name, json::Json::value_t::number_unsigned);
  return value == nullptr ? 0 : value->get<std::int64_t>();
}

bool names_agree(const DecryptedReply& reply) {
  const kerberos::EncKdcRepPart& part = reply.part();
  return !reply.client().realm.empty() && reply.client().name.size() != 0 &&
         part.srealm == reply.ticket().realm && same_components(part.sname, reply.ticket().sname) &&
         part.sname.component(0) == "krbtgt";
}

}  // namespace

Outcome<CloudTicket> CloudTicket::open(Bytes text, Bytes session_key) {
  const auto json = WipedJson::parse(text);
  if (!json) return none("it is no JSON");
  if (const std::string* error = json::text_member(**json, "error"); error != nullptr && !error->empty())
    return fail(Fault::refused, fmt::format("the server gave no ticket: {}", printable(*error)));
  const std::string *client_key = json::text_member(**json, "clientKey"),
                    *message = json::text_member(**json, "messageBuffer");
  const auto etype = static_cast<std::int32_t>(number(**json, "keyType"));
  if (client_key == nullptr || message == nullptr) return none("there is no key or no message");
  const auto octets = jose::decrypt_answer(session_key, *client_key);
  if (!octets) return none("its key is not under the session key");
  const auto key = crypto::Key::make(etype, octets->bytes());
  if (!key) return none("its key is of a type that is not taken");
  auto as_rep = octets_of_base64(*message);
  if (!as_rep) return none("there is no message");
  auto reply =
      DecryptedReply::open(std::move(*as_rep), kerberos::msg_type::as_rep, *key, kerberos::key_usage::as_rep);
  if (!reply) return none(reply.error());
  if (!names_agree(*reply)) return none("its names do not agree");
  if (!is_utf8(reply->principal())) return none("its client's name is no UTF-8");  // it is kept as JSON
  return CloudTicket(std::move(*reply));
}

}  // namespace ferryman::login
