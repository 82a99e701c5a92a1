#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "signin/sealed.h"
#include "signin/tokens.h"

// That a user has signed in, sealed for whoever may come with it: a refresh token, an authorization code, the
// session of a browser. It ends with its time, with the user's password, with whatever she revokes, and one
// that was got by a PRT with that one.
namespace ferryman::signin {

namespace sealed_as {
inline constexpr std::string_view refresh = "refresh", code = "code", session = "session",
                                  approval = "approval";
}

// more: what else is kept in it, an object.
Step<std::string> seal_sign_in(const Realm& realm, const TenantKeys& keys, const Subject& subject,
                               std::string_view type, json::Json more = json::Json::object());

struct SealedSignIn {
  directory::Tenant tenant;
  directory::Principal user;
  Shown shown{};
  std::optional<directory::Prt> prt{};
  std::int64_t issued = 0;
  json::Json more{};  // the whole content
  Subject subject() const { return {tenant, user.account, shown, prt ? &*prt : nullptr}; }
};
// lifetime: seconds; token_expired behind it.
Step<SealedSignIn> open_sign_in(const Realm& realm, std::string_view path_tenant, std::string_view text,
                                std::string_view type, std::int64_t lifetime);

// The member `kid` of what is sealed or signed, the passkey that it was got by: false where it is none. And
// that the key is there still; 400 where it is not.
bool read_key_id(const json::Json& content, std::optional<directory::KeyId>& key);
Step<void> check_key(const Realm& realm, const directory::Tenant& tenant,
                     const std::optional<directory::KeyId>& key);

}  // namespace ferryman::signin
