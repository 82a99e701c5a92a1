#include "signin/token_answer.h"

#include <nlohmann/json.hpp>

namespace ferryman::signin {

Step<std::string> token_answer(const Realm& realm, const TenantKeys& keys, const Subject& subject,
                               const TokenRequest& request) {
  const std::string seconds = std::to_string(token_lifetime);
  const auto token = access_token(realm, keys, subject, request.resource);
  if (!token) return tl::unexpected(token.error());
  nlohmann::json body{{"token_type", "Bearer"},
                      {"scope", request.scope.empty() ? "openid" : request.scope},
                      {"expires_in", seconds},
                      {"ext_expires_in", seconds},
                      {"expires_on", std::to_string(realm.now() + token_lifetime)},
                      {"resource", request.resource},
                      {"access_token", *token},
                      {"id_token", id_token(realm, keys, subject, request.client_id)},
                      {"client_info", client_info(subject)}};
  if (!request.refresh_token.empty()) body["refresh_token"] = request.refresh_token;
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace ferryman::signin
