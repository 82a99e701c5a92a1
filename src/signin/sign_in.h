#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "local/message.h"
#include "signin/nonce.h"

namespace ferryman::signin {

struct Settings {
  std::string url;     // how clients reach the service, without a slash at its end
  std::string tenant;  // the one that there is, besides "common"
  std::chrono::milliseconds nonce_lifetime{300'000};
};

// An answer, and what the log says of it in words of ours.
struct Answer {
  local::HttpResponse response;
  std::string_view service;  // "token", ...; empty where nothing is served
  std::string_view error;    // as in the body; empty: none
};

// Answers the HTTP requests of clients that sign in, in Entra's shapes. A path names its tenant first; all of
// it is compared without case. Errors are JSON with `error`, as RFC 6749 5.2 and Entra have them, and nothing
// of a request stands in an answer. No socket, no clock; thread-safe.
class SignIn {
 public:
  Answer answer(const local::HttpRequest& request, const Settings& settings, Nonces::Time now) const;

 private:
  Answer serve(const local::HttpRequest& request, const Settings& settings, Nonces::Time now) const;
  Answer token(const local::HttpRequest& request, const Settings& settings, Nonces::Time now) const;

  Nonces nonces_;
};

}  // namespace ferryman::signin
