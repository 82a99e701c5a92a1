#pragma once

#include <chrono>
#include <string>

#include "local/message.h"
#include "signin/nonce.h"

namespace ferryman::signin {

struct Settings {
  std::string url;     // how clients reach the service, without a slash at its end
  std::string tenant;  // the one that there is, besides "common"
  std::chrono::milliseconds nonce_lifetime{300'000};
};

// Answers the HTTP requests of clients that sign in, in Entra's shapes. A path names its tenant first; all of
// it is compared without case. Errors are JSON with `error`, as RFC 6749 5.2 and Entra have them, and nothing
// of a request stands in an answer. No socket, no clock; thread-safe.
class SignIn {
 public:
  local::HttpResponse answer(const local::HttpRequest& request, const Settings& settings,
                             Nonces::Time now) const;

 private:
  local::HttpResponse token(const local::HttpRequest& request, Nonces::Time now) const;

  Nonces nonces_;
};

}  // namespace ferryman::signin
