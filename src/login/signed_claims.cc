#include "login/signed_claims.h"

#include <openssl/rand.h>
#include <openssl/sha.h>

#include <array>
#include <string>
#include <utility>

#include "base/base64.h"
#include "jose/jws.h"
#include "jose/session_key.h"
#include "pki/key_credential.h"
#include "pki/library.h"

namespace ferryman::login {
namespace {

using json::Json;

Secret taken(std::string text) {
  Secret secret(as_bytes(text));
  json::wipe_text(text);
  return secret;
}

Outcome<Secret> signed_by(keys::KeyStore& store, Bytes key, Bytes pin, std::string text) {
  std::array<std::uint8_t, keys::sha256_size> digest{};
  ::SHA256(as_bytes(text).data(), text.size(), digest.data());
  const auto signature = store.sign(key, pin, digest);
  if (!signature) {
    json::wipe_text(text);
    return tl::unexpected(failure_of(signature.error()));
  }
  return taken(jose::with_signature(std::move(text), *signature));
}

}  // namespace

Outcome<Secret> sign_by_device(const Device& device, const Json& claims) {
  std::string payload = claims.dump();
  std::string text =
      jose::text_to_sign(pki::KeyType::rsa, {{"x5c", Json::array({base64_of(device.certificate)})}}, payload);
  json::wipe_text(payload);
  return signed_by(device.store, device.key, {}, std::move(text));
}

Outcome<Secret> sign_by_user(const UserKey& user, const Json& claims) {
  const Json header{{"use", "ngc"}, {"kid", pki::key_id_text(user.public_key)}};
  return signed_by(user.store, user.key, user.pin,
                   jose::text_to_sign(user.public_key.type(), header, claims.dump()));
}

Secret sign_by_session(Bytes session_key, const Json& claims) {
  std::array<std::uint8_t, jose::context_size> context{};
  pki::must(RAND_bytes(context.data(), static_cast<int>(context.size())));
  std::string payload = claims.dump();
  const auto key = jose::signing_key(session_key, context, jose::KdfVersion::v2, payload);
  std::string text = jose::sign(key, {{"ctx", base64_of(context)}, {"kdf_ver", 2}}, payload);
  json::wipe_text(payload);
  return taken(std::move(text));
}

Failure failure_of(const keys::KeyError& error) {
  const bool about_pin = error.fault == keys::KeyFault::wrong_pin || error.fault == keys::KeyFault::locked;
  return {about_pin ? Fault::pin : Fault::failed, error.text};
}

}  // namespace ferryman::login
