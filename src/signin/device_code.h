#pragma once

#include <string>
#include <string_view>

#include "signin/programs.h"
#include "signin/sealed_sign_in.h"

// The device authorization grant (RFC 8628): a program shows a code, which a person types at a page.
namespace ferryman::signin {

inline constexpr std::int64_t device_code_lifetime = 900, device_code_pause = 5;  // seconds

// The endpoint that gives codes. version 2 has numbers where the older one has texts.
Answer give_device_code(const Realm& realm, const local::HttpRequest& request, std::string_view path_tenant,
                        int version);
// The token endpoint's grant.
Answer poll_device_code(const Realm& realm, std::string_view path_tenant, std::string_view client_id,
                        std::string_view device_code);

// What a person is shown of who waits for her.
struct WaitingProgram {
  std::string name{}, address{};
  std::int64_t since = 0;
};
// user_code: as she types it. A wrong one counts for her lock-out as a wrong password does, or she could try
// them all.
Step<WaitingProgram> find_waiting(const Realm& realm, const SealedSignIn& person, std::string_view user_code);
// Her word on it.
Step<void> decide_waiting(const Realm& realm, const SealedSignIn& person, std::string_view user_code,
                          directory::Decision decision);

}  // namespace ferryman::signin
