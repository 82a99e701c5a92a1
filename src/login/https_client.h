#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/secret.h"
#include "login/failure.h"

namespace ferryman::login {

// A view.
struct HttpsRequest {
  enum class Method : std::uint8_t { get, post, remove };

  Method method = Method::get;
  std::string url{};              // "https://..."
  std::string_view media_type{};  // of the body
  Bytes body{};                   // of a post
  std::string_view bearer{};      // an access token; empty: none
};

struct HttpsAnswer {
  int status = 0;
  Secret body;
};

// Calls one after the other, each of which waits for its answer. HTTP/2 and 1.1 over kept connections, with
// TLS 1.2 or 1.3, through the proxy that HTTPS_PROXY names; no redirect is followed. The libcurl under it
// keeps no secret longer than a connection's buffers live, but it does not wipe them.
//
// One thread at a time may use it.
class HttpsClient {
 public:
  static constexpr std::size_t max_answer = std::size_t{256} * 1024;  // octets
  static constexpr std::chrono::seconds connect_time{10}, whole_time{30};

  // ca_file: in PEM, whom to trust in place of whom the system trusts; empty: the system.
  explicit HttpsClient(std::string ca_file);
  HttpsClient(const HttpsClient&) = delete;
  HttpsClient& operator=(const HttpsClient&) = delete;
  ~HttpsClient();

  // Any answer, also one that is an error of HTTP. Fault not_reachable.
  Outcome<HttpsAnswer> ask(const HttpsRequest& request);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ferryman::login
