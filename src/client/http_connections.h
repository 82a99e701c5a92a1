#pragma once

#include <curl/curl.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>

#include "client/loop.h"

namespace ferryman::client {

// The connections to one gateway: a multi handle of libcurl's on the client's loop. They are closed when
// nobody holds them any more. Those that are given up, because they may be dead, are to take no new transfer.
class HttpConnections : public std::enable_shared_from_this<HttpConnections> {
 public:
  // Told of its transfer's end. It may remove the transfer.
  class Listener {
   public:
    virtual void on_end(CURLcode code) = 0;

   protected:
    ~Listener() = default;
  };

  // Throws std::bad_alloc.
  explicit HttpConnections(Loop& loop);
  ~HttpConnections();
  HttpConnections(const HttpConnections&) = delete;
  HttpConnections& operator=(const HttpConnections&) = delete;

  // CURLOPT_PRIVATE is set. The listener is told once, never from within this call, and not
  // after remove().
  void add(CURL* easy, Listener& listener);
  void remove(CURL* easy);

  // An octet of an answer has come: they are not dead.
  void hear() {
    heard_ = Clock::now();
    given_up_ = false;
  }
  bool was_heard_within(std::chrono::milliseconds time) const {
    return heard_ && Clock::now() - *heard_ < time;
  }

  void give_up() { given_up_ = true; }
  bool is_given_up() const { return given_up_; }

 private:
  static int on_socket(CURL* easy, curl_socket_t descriptor, int what, void* self, void*);
  static int on_timer(CURLM* multi, long milliseconds, void* self);
  void act(curl_socket_t descriptor, int events);

  Loop& loop_;
  CURLM* multi_;
  std::map<curl_socket_t, Loop::Source> watches_;
  Loop::Source timer_;
  std::optional<Clock::time_point> heard_;
  bool given_up_ = false;
};

}  // namespace ferryman::client
