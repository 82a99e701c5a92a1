#include "login/asked_tgt.h"

#include <algorithm>

namespace ferryman::login {

kerberos::Name krbtgt_of(std::string_view realm) {
  return {kerberos::name_type::srv_inst, {"krbtgt", realm}};
}

std::string_view why_not_asked_for(const DecryptedReply& reply, const Client& client, std::int64_t nonce) {
  const kerberos::EncKdcRepPart& part = reply.part();
  const kerberos::Name krbtgt = krbtgt_of(client.realm);
  if (reply.client().realm != client.realm || !same_components(reply.client().name, client.name))
    return "it is for another user";
  if (reply.ticket().realm != client.realm || part.srealm != client.realm ||
      !same_components(reply.ticket().sname, krbtgt.view()) || !same_components(part.sname, krbtgt.view()))
    return "its ticket is for something else than was asked";
  if (part.nonce != nonce) return "it is the answer to another request";
  if (std::ranges::find(tgt_etypes, part.key.type) == tgt_etypes.end() ||
      !crypto::Key::make(part.key.type, part.key.value))
    return "its session key is of a type that was not asked for";
  return {};
}

}  // namespace ferryman::login
