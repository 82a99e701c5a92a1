#include "client/http_client.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace ferryman::client {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds longest_silence{2000};  // of a kept connection, before another is made
constexpr milliseconds once_after{2000};       // its last octet a post that is written once may follow
constexpr std::size_t max_gateways = 16;       // whose connections are kept

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

void start_curl() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::runtime_error("libcurl cannot start");
  });
}

// Without "Expect:" libcurl would ask first whether a large body is welcome.
std::unique_ptr<curl_slist, FreeList> make_headers() {
  std::unique_ptr<curl_slist, FreeList> headers;
  for (const char* line : {"Content-Type: application/kerberos", "Cache-Control: no-cache",
                           "Pragma: no-cache", "Accept:", "Expect:"}) {
    curl_slist* longer = curl_slist_append(headers.get(), line);
    if (longer == nullptr) throw std::runtime_error("libcurl cannot start");
    static_cast<void>(headers.release());
    headers.reset(longer);
  }
  return headers;
}

}  // namespace

struct HttpClient::Impl {
  Impl(Loop& the_loop, const Options& options);
  ~Impl();

  // The connections that the post may use.
  std::shared_ptr<HttpConnections> connections_for(const HttpPost& post);

  Loop& loop;
  std::unique_ptr<curl_slist, FreeList> headers;
  CURLSH* share;
  HttpSettings settings;
  std::map<std::string, std::shared_ptr<HttpConnections>> kept;  // by URL
};

HttpClient::Impl::Impl(Loop& the_loop, const Options& options)
    : loop(the_loop),
      headers((start_curl(), make_headers())),
      share(curl_share_init()),
      settings{options, share, headers.get()} {
  if (share == nullptr) throw std::runtime_error("libcurl cannot start");
  curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
}

HttpClient::Impl::~Impl() {
  kept.clear();
  curl_share_cleanup(share);
}

std::shared_ptr<HttpConnections> HttpClient::Impl::connections_for(const HttpPost& post) {
  if (const auto found = kept.find(post.url); found != kept.end()) {
    const auto& connections = found->second;
    if (!connections->is_given_up() && (!post.once || connections->was_heard_within(once_after)))
      return connections;
    kept.erase(found);
  }
  if (kept.size() >= max_gateways) kept.clear();
  return kept[post.url] = std::make_shared<HttpConnections>(loop);
}

// One post: an attempt, and a second one where the first may have got a dead connection.
class HttpClient::Transfer {
 public:
  Transfer(Impl& client, HttpPost post, Done done);
  bool is_written() const;

 private:
  using AttemptPtr = std::unique_ptr<HttpAttempt>;
  void begin(AttemptPtr Transfer::*attempt, std::shared_ptr<HttpConnections> connections);
  void begin_second();
  void on_silence();
  void on_answer(AttemptPtr Transfer::*attempt, HttpAnswer answer);

  Impl& client_;
  const HttpPost post_;
  Done done_;
  const Clock::time_point end_;
  bool may_repeat_ =
      false;  // the first attempt's connections are older than the post, and there is no second
  bool was_written_ = false;                      // by an attempt that has ended
  std::shared_ptr<HttpConnections> connections_;  // of the first attempt
  AttemptPtr first_, second_;
  Loop::Source silence_;
};

HttpClient::Transfer::Transfer(Impl& client, HttpPost post, Done done)
    : client_(client), post_(std::move(post)), done_(std::move(done)), end_(Clock::now() + post_.time) {
  const auto known = client_.kept.find(post_.url);
  const auto before = known == client_.kept.end() ? nullptr : known->second;
  connections_ = client_.connections_for(post_);
  may_repeat_ = connections_ == before;
  begin(&Transfer::first_, connections_);
  silence_ =
      client_.loop.at(Clock::now() + std::min(longest_silence, post_.time / 2), [this] { on_silence(); });
}

bool HttpClient::Transfer::is_written() const {
  return was_written_ || (first_ && first_->is_written()) || (second_ && second_->is_written());
}

void HttpClient::Transfer::begin(AttemptPtr Transfer::*attempt,
                                 std::shared_ptr<HttpConnections> connections) {
  const auto left = std::chrono::duration_cast<milliseconds>(end_ - Clock::now());
  this->*attempt = std::make_unique<HttpAttempt>(
      client_.settings, std::move(connections), post_, std::max(left, milliseconds(1)),
      [this, attempt](HttpAnswer answer) { on_answer(attempt, std::move(answer)); });
}

void HttpClient::Transfer::begin_second() {
  may_repeat_ = false;
  begin(&Transfer::second_, client_.connections_for(post_));
}

void HttpClient::Transfer::on_silence() {
  if (!first_ || first_->was_heard()) return;
  connections_->give_up();
  if (may_repeat_ && !post_.once) begin_second();
}

void HttpClient::Transfer::on_answer(AttemptPtr Transfer::*attempt, HttpAnswer answer) {
  was_written_ |= answer.written;
  answer.written = was_written_;
  if (answer.status == 0) {
    const bool heard = (this->*attempt)->was_heard();
    (this->*attempt).reset();
    if (may_repeat_ && !heard && !(post_.once && was_written_) && Clock::now() < end_) begin_second();
    if (first_ || second_) return;
  }
  // done_ may destroy this.
  const Done done = std::move(done_);
  done(std::move(answer));
}

void HttpClient::GiveUp::operator()(Transfer* transfer) const {
  delete transfer;
}

HttpClient::HttpClient(Loop& loop, const Options& options) : impl_(std::make_unique<Impl>(loop, options)) {}
HttpClient::~HttpClient() = default;

HttpClient::Handle HttpClient::post(HttpPost post, Done done) {
  return Handle(new Transfer(*impl_, std::move(post), std::move(done)));
}

bool HttpClient::is_written(const Transfer& transfer) {
  return transfer.is_written();
}

void HttpClient::forget_connections() {
  impl_->kept.clear();
}

}  // namespace ferryman::client
