#include "client/http_client.h"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "client/staple.h"

namespace ferryman::client {
namespace {

constexpr std::size_t max_answer = 192 * 1024, max_header = 64 * 1024;
constexpr long max_kept_connections = 16, kept_seconds = 50;

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

void start_curl() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::runtime_error("libcurl cannot start");
  });
}

}  // namespace

struct HttpClient::Impl {
  Impl(Loop& the_loop, const Options& the_options);
  ~Impl();

  static int on_socket(CURL*, curl_socket_t descriptor, int what, void* self, void*);
  static int on_timer(CURLM*, long milliseconds, void* self);
  void act(curl_socket_t descriptor, int events);
  void collect();

  Loop& loop;
  const Options& options;
  CURLM* multi = nullptr;
  CURLSH* share = nullptr;  // of TLS sessions
  std::unique_ptr<curl_slist, FreeList> headers;
  std::map<curl_socket_t, Loop::Source> watches;
  Loop::Source timer;
};

class HttpClient::Transfer {
 public:
  Transfer(Impl& client, HttpPost post, Done done);
  ~Transfer();
  void finish(CURLcode code);
  bool is_written() const { return answer_.written; }

 private:
  void configure();
  void configure_tls();
  static std::size_t on_read(char* buffer, std::size_t size, std::size_t count, void* self);
  static int on_seek(void* self, curl_off_t offset, int origin);
  static std::size_t on_write(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self);
  static CURLcode on_context(CURL*, void* context, void* self);
  std::string why(CURLcode code) const;

  Impl& client_;
  HttpPost post_;
  Done done_;
  CURL* easy_ = nullptr;
  std::array<char, CURL_ERROR_SIZE> error_{};
  std::shared_ptr<std::string> staple_trouble_ = std::make_shared<std::string>();
  std::size_t read_ = 0, header_size_ = 0;
  bool too_large_ = false, rewind_refused_ = false;
  HttpAnswer answer_;
};

HttpClient::Impl::Impl(Loop& the_loop, const Options& the_options) : loop(the_loop), options(the_options) {
  start_curl();
  multi = curl_multi_init();
  share = curl_share_init();
  // Without "Expect:" libcurl would ask first whether a large body is welcome.
  for (const char* line : {"Content-Type: application/kerberos", "Cache-Control: no-cache",
                           "Pragma: no-cache", "Accept:", "Expect:"}) {
    curl_slist* longer = curl_slist_append(headers.get(), line);
    if (longer == nullptr) break;
    static_cast<void>(headers.release());
    headers.reset(longer);
  }
  if (multi == nullptr || share == nullptr || !headers) throw std::runtime_error("libcurl cannot start");
  curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, max_kept_connections);
}

HttpClient::Impl::~Impl() {
  if (multi != nullptr) curl_multi_cleanup(multi);
  if (share != nullptr) curl_share_cleanup(share);
}

int HttpClient::Impl::on_socket(CURL*, curl_socket_t descriptor, int what, void* self, void*) {
  auto& impl = *static_cast<Impl*>(self);
  impl.watches.erase(descriptor);
  if (what == CURL_POLL_REMOVE || what == CURL_POLL_NONE) return 0;
  const std::uint32_t events =
      ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
  impl.watches[descriptor] = impl.loop.watch(descriptor, events, [&impl, descriptor](std::uint32_t ready) {
    impl.act(descriptor, ((ready & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                             ((ready & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                             ((ready & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0));
  });
  return 0;
}

int HttpClient::Impl::on_timer(CURLM*, long milliseconds, void* self) {
  auto& impl = *static_cast<Impl*>(self);
  impl.timer.reset();
  if (milliseconds < 0) return 0;
  impl.timer = impl.loop.at(Clock::now() + std::chrono::milliseconds(milliseconds),
                            [&impl] { impl.act(CURL_SOCKET_TIMEOUT, 0); });
  return 0;
}

void HttpClient::Impl::act(curl_socket_t descriptor, int events) {
  int running = 0;
  curl_multi_socket_action(multi, descriptor, events, &running);
  collect();
}

// finish() may start or give up other transfers, so that a message must not be looked at after it.
void HttpClient::Impl::collect() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    char* self = nullptr;
    const CURLcode code = message->data.result;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &self);
    reinterpret_cast<Transfer*>(self)->finish(code);
  }
}

HttpClient::Transfer::Transfer(Impl& client, HttpPost post, Done done)
    : client_(client), post_(std::move(post)), done_(std::move(done)), easy_(curl_easy_init()) {
  if (easy_ == nullptr) throw std::bad_alloc();
  configure();
  configure_tls();
  curl_multi_add_handle(client_.multi, easy_);
}

HttpClient::Transfer::~Transfer() {
  curl_multi_remove_handle(client_.multi, easy_);
  curl_easy_cleanup(easy_);
}

void HttpClient::Transfer::configure() {
  const Options& options = client_.options;
  const auto ms = [](std::chrono::milliseconds time) {
    return static_cast<long>(std::max<std::int64_t>(time.count(), 1));
  };
  const auto set = [this](CURLoption option, auto value) { curl_easy_setopt(easy_, option, value); };
  set(CURLOPT_PRIVATE, this);
  set(CURLOPT_SHARE, client_.share);
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
  set(CURLOPT_CONNECTTIMEOUT_MS, ms(std::min(options.connect_timeout, post_.time)));
  set(CURLOPT_TIMEOUT_MS, ms(post_.time));
  set(CURLOPT_USERAGENT, "ferryman/" FERRYMAN_VERSION);
  set(CURLOPT_HTTPHEADER, client_.headers.get());
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
  if (options.proxy == "none") {
    set(CURLOPT_PROXY, "");
  } else if (!options.proxy.empty()) {
    set(CURLOPT_PROXY, options.proxy.c_str());
  }
}

void HttpClient::Transfer::configure_tls() {
  const Options& options = client_.options;
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

CURLcode HttpClient::Transfer::on_context(CURL*, void* context, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  check_staples(static_cast<SSL_CTX*>(context), transfer.client_.options.revocation,
                transfer.staple_trouble_);
  return CURLE_OK;
}

std::size_t HttpClient::Transfer::on_read(char* buffer, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const auto& body = transfer.post_.body;
  const std::size_t octets = std::min(size * count, body.size() - transfer.read_);
  if (octets > 0) {
    std::memcpy(buffer, body.data() + transfer.read_, octets);
    transfer.answer_.written = true;
  }
  transfer.read_ += octets;
  return octets;
}

// libcurl writes a body again when the kept connection it chose turns out to be dead.
int HttpClient::Transfer::on_seek(void* self, curl_off_t offset, int origin) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (origin != SEEK_SET || offset < 0 || static_cast<std::size_t>(offset) > transfer.post_.body.size())
    return CURL_SEEKFUNC_FAIL;
  if (transfer.post_.once && transfer.read_ > 0) {
    transfer.rewind_refused_ = true;
    return CURL_SEEKFUNC_FAIL;
  }
  transfer.read_ = static_cast<std::size_t>(offset);
  return CURL_SEEKFUNC_OK;
}

std::size_t HttpClient::Transfer::on_write(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::size_t octets = size * count;
  auto& body = transfer.answer_.body;
  if (body.size() + octets > max_answer) {
    transfer.too_large_ = true;
    return 0;
  }
  body.insert(body.end(), bytes, bytes + octets);
  return octets;
}

std::size_t HttpClient::Transfer::on_header(char*, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.header_size_ += size * count;
  if (transfer.header_size_ <= max_header) return size * count;
  transfer.too_large_ = true;
  return 0;
}

std::string HttpClient::Transfer::why(CURLcode code) const {
  if (!staple_trouble_->empty()) return *staple_trouble_;
  if (too_large_) return "the answer is larger than any Kerberos message";
  if (rewind_refused_) return "the connection ended, and this message must not be sent twice";
  std::string text = error_[0] != '\0' ? error_.data() : curl_easy_strerror(code);
  // What libcurl has left to say of a connection that was reset while it was still writing.
  if (text.find("getpeername") != std::string::npos) return "the gateway dropped the connection";
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

void HttpClient::Transfer::finish(CURLcode code) {
  if (code == CURLE_OK) {
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

void HttpClient::GiveUp::operator()(Transfer* transfer) const {
  delete transfer;
}

HttpClient::HttpClient(Loop& loop, const Options& options) : impl_(std::make_unique<Impl>(loop, options)) {}
HttpClient::~HttpClient() = default;

bool HttpClient::is_written(const Transfer& transfer) {
  return transfer.is_written();
}

HttpClient::Handle HttpClient::post(HttpPost post, Done done) {
  return Handle(new Transfer(*impl_, std::move(post), std::move(done)));
}

}  // namespace ferryman::client
