#pragma once

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/http_connections.h"
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

// What all attempts of a client have in common.
struct HttpSettings {
  const Options& options;
  CURLSH* share;        // of the TLS sessions
  curl_slist* headers;  // of each request
};

// One transfer of libcurl's. One that ends, or is destroyed, without a whole answer gives its connections up:
// they may be dead.
class HttpAttempt final : HttpConnections::Listener {
 public:
  using Done = std::function<void(HttpAnswer)>;

  // Begins at once. done is called once, never from within this call; it may destroy the attempt. settings
  // and post must outlive it.
  HttpAttempt(const HttpSettings& settings, std::shared_ptr<HttpConnections> connections,
              const HttpPost& post, std::chrono::milliseconds time, Done done);
  ~HttpAttempt();
  HttpAttempt(const HttpAttempt&) = delete;
  HttpAttempt& operator=(const HttpAttempt&) = delete;

  bool is_written() const { return answer_.written; }
  bool was_heard() const { return header_size_ > 0; }

 private:
  void on_end(CURLcode code) override;
  void configure(std::chrono::milliseconds time);
  void configure_tls();
  static std::size_t on_read(char* buffer, std::size_t size, std::size_t count, void* self);
  static int on_seek(void* self, curl_off_t offset, int origin);
  static std::size_t on_write(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self);
  static CURLcode on_context(CURL* easy, void* context, void* self);
  std::string why(CURLcode code) const;

  const HttpSettings& settings_;
  std::shared_ptr<HttpConnections> connections_;
  const HttpPost& post_;
  Done done_;
  CURL* easy_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  std::shared_ptr<std::string> staple_trouble_ = std::make_shared<std::string>();
  std::size_t read_ = 0, header_size_ = 0;
  bool too_large_ = false, rewind_refused_ = false, answered_ = false;
  HttpAnswer answer_;
};

}  // namespace ferryman::client
