#include "login/account.h"

#include <string_view>
#include <utility>

#include "base/base64.h"
#include "base/text.h"
#include "json/parse.h"

namespace ferryman::login {
namespace {

using json::Json;

constexpr int version = 1;
constexpr std::size_t max_depth = 4;
constexpr std::string_view tpm = "tpm", software = "software";

bool take(const Json& object, const char* name, std::string& out) {
  const std::string* text = json::text_member(object, name);
  if (text == nullptr) return false;
  out = *text;
  return true;
}

Result<pki::PublicKey> user_key_of(const std::string& text) {
  const auto der = octets_of_base64(text);
  return der ? pki::PublicKey::of_der(*der) : tl::unexpected(Error{ferryman::Fault::truncated});
}

std::optional<KeyPlace> place_of(const Json& object) {
  KeyPlace place;
  std::string kind, root;
  if (!take(object, "keys", kind)) return std::nullopt;
  take(object, "token", place.token);
  if (kind == software) return place;
  if (kind != tpm || !take(object, "tcti", place.tcti) || !take(object, "tpm_root", root))
    return std::nullopt;
  place.kind = KeyPlace::Kind::tpm;
  place.root = octets_of_base64(root);
  return place.root ? std::optional(place) : std::nullopt;
}

}  // namespace

bool Account::is(std::string_view user) const {
  if (const auto slash = user.find('/'); slash != user.npos) {
    if (!equal_without_case(user.substr(0, slash), tenant)) return false;
    user.remove_prefix(slash + 1);
  }
  const std::string_view upn = person.upn;
  return equal_without_case(user, upn) || equal_without_case(user, upn.substr(0, upn.find('@')));
}

std::string account_text(const Account& account) {
  Json json{{"version", version},
            {"url", account.url},
            {"tenant", account.tenant},
            {"ca_file", account.ca_file},
            {"user_id", account.person.id},
            {"tenant_id", account.person.tenant_id},
            {"upn", account.person.upn},
            {"name", account.person.name},
            {"tenant_name", account.tenant_name},
            {"device_id", account.device_id},
            {"device_name", account.device_name},
            {"keys", account.place.kind == KeyPlace::Kind::tpm ? tpm : software},
            {"user_key", account.user_key ? base64_of(account.user_key->subject_public_key_info()) : ""},
            {"enrolled", account.enrolled}};
  if (account.place.kind == KeyPlace::Kind::tpm) {
    json["tcti"] = account.place.tcti;
    json["tpm_root"] = base64_of(account.place.root.value());
  }
  if (!account.place.token.empty()) json["token"] = account.place.token;
  return json.dump(1) + "\n";
}

std::optional<Account> parse_account(Bytes text) {
  const auto json = json::parse_object(as_text(text), max_depth);
  std::string key_text;
  if (!json || json->value("version", Json()) != version || !take(*json, "user_key", key_text))
    return std::nullopt;
  const auto key = user_key_of(key_text);
  const auto place = place_of(*json);
  const Json* enrolled = json::member(*json, "enrolled", Json::value_t::number_unsigned);
  if ((!key && !key_text.empty()) || !place || enrolled == nullptr) return std::nullopt;
  Account account{.url = {}, .tenant = {}, .ca_file = {}};
  if (key_text.empty() != place->is_security_key()) return std::nullopt;
  if (!key_text.empty()) account.user_key = *key;
  account.place = *place;
  account.enrolled = enrolled->get<std::int64_t>();
  const bool whole =
      take(*json, "url", account.url) && take(*json, "tenant", account.tenant) &&
      take(*json, "ca_file", account.ca_file) && take(*json, "user_id", account.person.id) &&
      take(*json, "tenant_id", account.person.tenant_id) && take(*json, "upn", account.person.upn) &&
      take(*json, "name", account.person.name) && take(*json, "tenant_name", account.tenant_name) &&
      take(*json, "device_id", account.device_id) && take(*json, "device_name", account.device_name);
  return whole ? std::optional(std::move(account)) : std::nullopt;
}

}  // namespace ferryman::login
