#include "client/http_attempt.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

#include "client/staple.h"

namespace ferryman::client {
namespace {

constexpr std::size_t max_answer = 192 * 1024, max_header = 64 * 1024;
constexpr long kept_seconds = 50;

}  // namespace

HttpAttempt::HttpAttempt(const HttpSettings& settings, std::shared_ptr<HttpConnections> connections,
                         const HttpPost& post, std::chrono::milliseconds time, Done done)
    : settings_(settings),
      connections_(std::move(connections)),
      post_(post),
      done_(std::move(done)),
      easy_(curl_easy_init()) {
  if (easy_ == nullptr) throw std::bad_alloc();
  configure(time);
  configure_tls();
  connections_->add(easy_, *this);
}

HttpAttempt::~HttpAttempt() {
  connections_->remove(easy_);
  curl_easy_cleanup(easy_);
  if (!answered_) connections_->give_up();
}

void HttpAttempt::configure(std::chrono::milliseconds time) {
  const Options& options = settings_.options;
  const auto ms = [](std::chrono::milliseconds value) {
    return static_cast<long>(std::max<std::int64_t>(value.count(), 1));
  };
  const auto set = [this](CURLoption option, auto value) { curl_easy_setopt(easy_, option, value); };
  set(CURLOPT_SHARE, settings_.share);
  set(CURLOPT_ERRORBUFFER, error_.data());
  set(CURLOPT_URL, post_.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // a transfer that is given up does not wait for its name lookup
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(CURLOPT_PIPEWAIT, 1L);
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_MAXAGE_CONN, kept_seconds);
  set(CURLOPT_DNS_CACHE_TIMEOUT, 0L);  // each new connection asks the system, which knows of changes
  set(CURLOPT_CONNECTTIMEOUT_MS, ms(std::min(options.connect_timeout, time)));
  set(CURLOPT_TIMEOUT_MS, ms(time));
  set(CURLOPT_USERAGENT, "ferryman/" FERRYMAN_VERSION);
  set(CURLOPT_HTTPHEADER, settings_.headers);
  set(CURLOPT_POST, 1L);
  set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(post_.body.size()));
  set(CURLOPT_READFUNCTION, on_read);
  set(CURLOPT_READDATA, this);
  set(CURLOPT_SEEKFUNCTION, on_seek);
  set(CURLOPT_SEEKDATA, this);
  set(CURLOPT_WRITEFUNCTION, on_write);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_HEADERFUNCTION, on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (options.proxy == "none") {
    set(CURLOPT_PROXY, "");
  } else if (!options.proxy.empty()) {
    set(CURLOPT_PROXY, options.proxy.c_str());
  }
}

void HttpAttempt::configure_tls() {
  const Options& options = settings_.options;
  const auto set = [this](CURLoption option, auto value) { curl_easy_setopt(easy_, option, value); };
  set(CURLOPT_SSLVERSION,
      static_cast<long>(options.minimum_tls == "1.3" ? CURL_SSLVERSION_TLSv1_3 : CURL_SSLVERSION_TLSv1_2));
  if (!options.ca_file.empty()) {
    set(CURLOPT_CAINFO, options.ca_file.c_str());
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  if (options.revocation != Revocation::off) {
    set(CURLOPT_SSL_CTX_FUNCTION, on_context);
    set(CURLOPT_SSL_CTX_DATA, this);
  }
  if (options.client_certificate.empty()) return;
  const std::string& key = options.client_key.empty() ? options.client_certificate : options.client_key;
  // libcurl loads OpenSSL's engine "pkcs11" for a URI that it is told to take to an engine.
  const auto type = [](const std::string& name) { return name.starts_with("pkcs11:") ? "ENG" : "PEM"; };
  set(CURLOPT_SSLCERTTYPE, type(options.client_certificate));
  set(CURLOPT_SSLCERT, options.client_certificate.c_str());
  set(CURLOPT_SSLKEYTYPE, type(key));
  set(CURLOPT_SSLKEY, key.c_str());
}

CURLcode HttpAttempt::on_context(CURL*, void* context, void* self) {
  auto& attempt = *static_cast<HttpAttempt*>(self);
  check_staples(static_cast<SSL_CTX*>(context), attempt.settings_.options.revocation,
                attempt.staple_trouble_);
  return CURLE_OK;
}

std::size_t HttpAttempt::on_read(char* buffer, std::size_t size, std::size_t count, void* self) {
  auto& attempt = *static_cast<HttpAttempt*>(self);
  const auto& body = attempt.post_.body;
  const std::size_t octets = std::min(size * count, body.size() - attempt.read_);
  if (octets > 0) {
    std::memcpy(buffer, body.data() + attempt.read_, octets);
    attempt.answer_.written = true;
  }
  attempt.read_ += octets;
  return octets;
}

// libcurl writes a body again when the kept connection it chose turns out to be dead.
int HttpAttempt::on_seek(void* self, curl_off_t offset, int origin) {
  auto& attempt = *static_cast<HttpAttempt*>(self);
  if (origin != SEEK_SET || offset < 0 || static_cast<std::size_t>(offset) > attempt.post_.body.size())
    return CURL_SEEKFUNC_FAIL;
  if (attempt.post_.once && attempt.read_ > 0) {
    attempt.rewind_refused_ = true;
    return CURL_SEEKFUNC_FAIL;
  }
  attempt.read_ = static_cast<std::size_t>(offset);
  return CURL_SEEKFUNC_OK;
}

std::size_t HttpAttempt::on_write(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& attempt = *static_cast<HttpAttempt*>(self);
  const std::size_t octets = size * count;
  auto& body = attempt.answer_.body;
  if (body.size() + octets > max_answer) {
    attempt.too_large_ = true;
    return 0;
  }
  body.insert(body.end(), bytes, bytes + octets);
  return octets;
}

std::size_t HttpAttempt::on_header(char*, std::size_t size, std::size_t count, void* self) {
  auto& attempt = *static_cast<HttpAttempt*>(self);
  attempt.header_size_ += size * count;
  attempt.connections_->hear();
  return attempt.header_size_ <= max_header ? size * count : 0;
}

std::string HttpAttempt::why(CURLcode code) const {
  if (!staple_trouble_->empty()) return *staple_trouble_;
  // A line that libcurl has no room for is want of memory to it.
  if (header_size_ > max_header || (code == CURLE_OUT_OF_MEMORY && answer_.written))
    return "the gateway's reply header is too long";
  if (too_large_) return "the answer is larger than any Kerberos message";
  if (rewind_refused_) return "the connection ended, and this message must not be sent twice";
  std::string text = error_[0] != '\0' ? error_.data() : curl_easy_strerror(code);
  // What libcurl has left to say of a connection that was reset while it was still writing.
  if (text.find("getpeername") != std::string::npos) return "the gateway dropped the connection";
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

void HttpAttempt::on_end(CURLcode code) {
  answered_ = code == CURLE_OK;
  if (answered_) {
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    answer_.status = static_cast<int>(status);
  } else {
    answer_.why = why(code);
  }
  // done_ may destroy this.
  const Done done = std::move(done_);
  done(std::move(answer_));
}

}  // namespace ferryman::client
