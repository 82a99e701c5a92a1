#include "signin/prt_answer.h"

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "jose/jwe.h"

namespace ferryman::signin {
namespace {

using nlohmann::json;

constexpr int aes256_cts_hmac_sha1_96 = 18;
// Nobody says what its values mean and no client looks; that it is there they do demand.
constexpr int account_type = 0;

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ',';
    text += name;
  }
  return text;
}

std::string client_info(const PrtAnswer& answer) {
  const json info{{"uid", answer.user_id}, {"utid", answer.tenant_id}};
  return base64url_of(as_bytes(info.dump()));
}

}  // namespace

std::string ticket_text(const CloudTicket& ticket, Bytes session_key) {
  return json{{"clientKey", jose::encrypt_answer(session_key, ticket.key)},
              {"keyType", aes256_cts_hmac_sha1_96},
              {"sessionKeyType", aes256_cts_hmac_sha1_96},
              {"accountType", account_type},
              {"error", nullptr},
              {"messageBuffer", base64_of(ticket.as_rep)},
              {"realm", ticket.realm},
              {"sn", ticket.service},
              {"cn", ticket.client}}
      .dump();
}

std::string no_ticket_text(std::string_view error) {
  return json{{"keyType", 0}, {"sessionKeyType", 0}, {"accountType", 0}, {"error", error}}.dump();
}

std::string prt_answer(const PrtAnswer& answer, std::int64_t now) {
  const std::int64_t seconds = answer.lifetime.count();
  json body{{"token_type", "Bearer"},
            {"expires_in", std::to_string(seconds)},
            {"ext_expires_in", std::to_string(seconds)},
            {"expires_on", std::to_string(now + seconds)},
            {"refresh_token", answer.prt},
            {"refresh_token_expires_in", seconds},
            {"id_token", answer.id_token},
            {"client_info", client_info(answer)},
            {"device_tenant_id", answer.tenant_id}};
  if (!answer.session_key.empty()) body["session_key_jwe"] = answer.session_key;
  if (!answer.cloud_ticket.empty()) body["tgt_cloud"] = answer.cloud_ticket;
  if (!answer.partial_ticket.empty()) body["tgt_ad"] = answer.partial_ticket;
  if (!answer.top_level_names.empty()) body["kerberos_top_level_names"] = joined(answer.top_level_names);
  return body.dump();
}

}  // namespace ferryman::signin
