#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "client/loop.h"
#include "client/options.h"

namespace ferryman::client {

struct HttpPost {
  std::string url;
  std::vector<std::uint8_t> body;
  bool once = false;  // the body must not be written twice, whatever happens
  std::chrono::milliseconds time{0};
};

struct HttpAnswer {
  int status = 0;  // 0: no answer; why then says why, for people
  std::vector<std::uint8_t> body;
  std::string why;
  bool written = false;  // the body, or a part of it, may have reached the server
};

// HTTP by libcurl: HTTP/2 and 1.1 over kept connections, happy eyeballs, CONNECT proxies, sessions resumed.
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

 private:
  friend class Transfer;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ferryman::client
