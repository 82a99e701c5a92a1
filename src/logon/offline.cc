#include "logon/offline.h"

#include <sys/random.h>

#include <array>
#include <system_error>

#include "base/base64.h"
#include "jose/jws.h"
#include "login/signed_claims.h"

namespace ferryman::logon {
namespace {

constexpr std::size_t nonce_size = 32;

}  // namespace

login::Outcome<void> prove_key(const login::EnrolledAccount& account, keys::KeyStore& store, Bytes pin) {
  const auto keys = account.keys();
  if (!keys) return tl::unexpected(keys.error());
  std::array<std::uint8_t, nonce_size> nonce{};
  if (::getrandom(nonce.data(), nonce.size(), 0) != static_cast<ssize_t>(nonce.size()))
    return login::fail(login::Fault::failed, "there are no random numbers");
  const auto& enrolled_key = account.account().user_key;
  if (!enrolled_key)
    return login::fail(login::Fault::failed,
                       "the key here is in a security key, which is used with the gateway alone");
  const pki::PublicKey& key = *enrolled_key;
  const std::string challenge = base64_of(nonce);
  const auto signed_text = login::sign_by_user({store, keys->user.bytes(), key, pin}, {{"nonce", challenge}});
  if (!signed_text) return tl::unexpected(signed_text.error());
  const auto jws = jose::parse_jws(as_text(signed_text->bytes()));
  const std::string* said = jws ? json::text_member(jws->claims, "nonce") : nullptr;
  if (said == nullptr || *said != challenge || !jose::verify(*jws, key))
    return login::fail(login::Fault::failed, "the key here is not the one that was enrolled");
  return {};
}

}  // namespace ferryman::logon
