#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "client/http_attempt.h"
#include "client/loop.h"
#include "client/options.h"

namespace ferryman::client {

// HTTP by libcurl: HTTP/2 and 1.1 over kept connections, happy eyeballs, CONNECT proxies, sessions resumed.
//
// A kept connection may be dead without anybody's having said so (sleep, roaming, a NAT's memory). One that
// has given no octet of an answer for a while is not used for another post, and a post that waits for it is
// made once more over a new connection; the first answer counts. What may be written once cannot be: it goes
// over a kept connection only when that has given an octet a moment ago.
class HttpClient {
 public:
  using Done = std::function<void(HttpAnswer)>;
  class Transfer;
  // Destroyed before done was called: the transfer is given up, and done will not be called.
  struct GiveUp {
    void operator()(Transfer* transfer) const;
  };
  using Handle = std::unique_ptr<Transfer, GiveUp>;

  // options must outlive the client. Throws std::runtime_error when libcurl cannot start.
  HttpClient(Loop& loop, const Options& options);
  ~HttpClient();

  // done is called once, never from within this call. An answer of more than 192 KiB is none.
  Handle post(HttpPost post, Done done);

  // Whether the body, or a part of it, may have reached the server.
  static bool is_written(const Transfer& transfer);

  // Uses no connection again that there is now.
  void forget_connections();

 private:
  friend class Transfer;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ferryman::client
