#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "directory/failure.h"
#include "local/message.h"

namespace ferryman::signin {

// An answer, and what the log says of it in words of ours.
struct Answer {
  local::HttpResponse response;
  std::string_view service{};  // "token", ...; empty where nothing is served
  std::string_view error{};    // as in the body; empty: none
  std::string_view reason{};   // of a refusal: why, in more words where the client is told less
  std::string user{};          // whom it was about, once that is known
  std::string tenant{};        // its name
  std::string_view text{};     // of a refusal: the sentence for whoever reads it
};

// What a step found out, or the answer with which the request ends here.
template <typename T>
using Step = tl::expected<T, Answer>;

// JSON. Nothing that knows a user, a token or a nonce is kept by anybody.
enum class Kept : std::uint8_t { never, may_be };
Answer json_answer(std::string body, Kept kept = Kept::never);

// AADSTS numbers, by which Entra's clients tell errors apart.
namespace entra {
inline constexpr unsigned none = 0, locked = 50053, password_expired = 50055, disabled = 50057,
                          bad_assertion = 50013, bad_credentials = 50126, bad_device = 50155,
                          needs_gesture = 50076, revoked = 50173, token_expired = 70008,
                          unsupported_grant = 70003, bad_tenant = 90002, bad_request = 90023,
                          missing_parameter = 900144, bad_signature = 700027, pending = 70016,
                          declined = 70017, device_code_expired = 70020, unknown_client = 700016,
                          bad_redirect = 50011, bad_code = 70000, code_redeemed = 54005,
                          bad_verifier = 501481;
}

// RFC 6749 5.2. error: "invalid_grant", ...; text: a sentence for whoever reads it at the client; reason: for
// the log, where it is told more. All are constant: nothing of a request goes back.
struct Refusal {
  std::uint16_t status = 400;
  std::string_view error;
  unsigned entra_code = entra::none;
  std::string_view text;
  std::string_view reason{};
};
Answer refusal(const Refusal& refusal);
inline tl::unexpected<Answer> refuse(const Refusal& why) {
  return tl::unexpected(refusal(why));
}

// A directory that cannot be read or written: the client may come again.
Answer unavailable(const directory::Failure& failure);

}  // namespace ferryman::signin
