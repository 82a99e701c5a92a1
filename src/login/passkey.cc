#include "login/passkey.h"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <utility>
#include <vector>

#include "base/base64.h"
#include "base/text.h"
#include "keys/pem.h"

namespace ferryman::login {
namespace {

using json::Json;

constexpr char label[] = "FERRYMAN FIDO2 CREDENTIAL";
constexpr std::string_view grant = "urn:ferryman:params:oauth:grant-type:webauthn", https = "https://";
constexpr std::size_t max_depth = 5;

// As a browser writes it (WebAuthn Level 2, 5.8.1.1).
std::string client_data(std::string_view type, const std::string& challenge, const std::string& origin) {
  return fmt::format(R"({{"type":{},"challenge":{},"origin":{},"crossOrigin":false}})", Json(type).dump(),
                     Json(challenge).dump(), Json(origin).dump());
}

Octets hash_of(std::string_view text) {
  Octets hash(SHA256_DIGEST_LENGTH);
  ::SHA256(as_bytes(text).data(), text.size(), hash.data());
  return hash;
}

std::string_view host_of(std::string_view origin) {
  if (origin.starts_with(https)) origin.remove_prefix(https.size());
  if (const auto port = origin.rfind(':'); port != origin.npos && origin.find(']', port) == origin.npos)
    origin = origin.substr(0, port);
  return origin;
}

// WebAuthn Level 2, 5.1.3.
bool is_of(std::string_view rp_id, std::string_view host) {
  if (equal_without_case(rp_id, host)) return true;
  return rp_id.find('.') != rp_id.npos && host.size() > rp_id.size() &&
         host[host.size() - rp_id.size() - 1] == '.' &&
         equal_without_case(host.substr(host.size() - rp_id.size()), rp_id);
}

auto no_options() {
  return fail(Fault::refused, "the server's answer has no options for a security key");
}

// Whether all of these are texts of the object.
bool take(const Json& object, std::initializer_list<std::pair<const char*, std::string*>> members) {
  for (const auto& [name, to] : members) {
    const std::string* text = json::text_member(object, name);
    if (text == nullptr) return false;
    *to = *text;
  }
  return true;
}

}  // namespace

Secret Passkey::kept() const {
  return keys::pem_of(label, as_bytes(Json{{"rp_id", rp_id}, {"id", base64url_of(id)}}.dump()));
}

Outcome<Passkey> Passkey::of_kept(Bytes kept) {
  const auto blocks = keys::parse_pem(kept);
  const auto json = blocks.size() == 1 && blocks[0].label == label
                        ? json::parse_object(as_text(blocks[0].content.bytes()), 2)
                        : std::nullopt;
  Passkey passkey;
  std::string id;
  if (json && take(*json, {{"rp_id", &passkey.rp_id}, {"id", &id}})) {
    if (auto octets = octets_of_base64url(id)) {
      passkey.id = *std::move(octets);
      return passkey;
    }
  }
  return fail(Fault::failed, "what was kept is no credential of a security key: enrol again");
}

Outcome<PasskeyOptions> parse_passkey_options(Bytes body) {
  const auto json = json::parse_object(as_text(body), max_depth);
  const Json* options = json ? json::member(*json, "publicKey", Json::value_t::object) : nullptr;
  if (options == nullptr) return no_options();
  const Json* rp = json::member(*options, "rp", Json::value_t::object);
  const Json* user = json::member(*options, "user", Json::value_t::object);
  const Json* registered = json::member(*options, "excludeCredentials", Json::value_t::array);
  PasskeyOptions read;
  std::string handle;
  if (rp == nullptr || user == nullptr || registered == nullptr ||
      !take(*options, {{"challenge", &read.challenge}}) ||
      !take(*rp, {{"id", &read.rp_id}, {"name", &read.rp_name}}) ||
      !take(*user, {{"id", &handle}, {"name", &read.user_name}, {"displayName", &read.user_display_name}}))
    return no_options();
  auto octets = octets_of_base64url(handle);
  if (!octets) return no_options();
  read.user_handle = *std::move(octets);
  for (const Json& each : *registered) {
    const std::string* text = each.is_object() ? json::text_member(each, "id") : nullptr;
    auto id = text == nullptr ? std::nullopt : octets_of_base64url(*text);
    if (!id) return no_options();
    read.registered.push_back(*std::move(id));
  }
  return read;
}

Outcome<NewPasskey> make_passkey(keys::SecurityKey& key, const PasskeyOptions& options,
                                 const std::string& origin, Bytes pin) {
  if (!is_of(options.rp_id, host_of(origin)))
    return fail(Fault::refused,
                fmt::format("the server wants a key for {}, and is itself {}: no key is made for others",
                            printable(options.rp_id), printable(origin)));
  const auto present = key.find_credential(options.rp_id, options.registered);
  if (!present) return tl::unexpected(failure_of(present.error()));
  if (*present) return NewPasskey{{options.rp_id, **present}};
  const std::string data = client_data("webauthn.create", options.challenge, origin);
  const auto made = key.make({options.rp_id, options.rp_name, options.user_handle, options.user_name,
                              options.user_display_name, hash_of(data)},
                             pin);
  if (!made) return tl::unexpected(failure_of(made.error()));
  return NewPasskey{{options.rp_id, made->id},
                    Json{{"clientDataJSON", base64url_of(as_bytes(data))},
                         {"attestationObject", base64url_of(made->attestation_object)},
                         {"displayName", key.name()}}};
}

ShowKey by_passkey(keys::SecurityKey& key, const Passkey& passkey, std::string origin, std::string upn,
                   Bytes pin) {
  return [&key, &passkey, origin = std::move(origin), upn = std::move(upn),
          pin](const std::string& nonce) -> Outcome<Json> {
    const std::string data = client_data("webauthn.get", nonce, origin);
    const auto made = key.sign(passkey.rp_id, passkey.id, hash_of(data), pin);
    if (!made) return tl::unexpected(failure_of(made.error()));
    return Json{{"grant_type", grant},
                {"username", upn},
                {"assertion",
                 {{"id", base64url_of(passkey.id)},
                  {"clientDataJSON", base64url_of(as_bytes(data))},
                  {"authenticatorData", base64url_of(made->authenticator_data)},
                  {"signature", base64url_of(made->signature)}}}};
  };
}

}  // namespace ferryman::login
