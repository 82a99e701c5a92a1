#include <array>
#include <charconv>
#include <memory>
#include <string>
#include <utility>

#include "http/http1_parser.h"
#include "http/output_buffer.h"
#include "http/response_header.h"
#include "http/session.h"

namespace ferryman::http {
namespace {

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 204:
      return "No Content";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 417:
      return "Expectation Failed";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Error";
  }
}

// HTTP/1.0 and 1.1 (RFC 9112). One request is in work at a time; what a client pipelines behind it is kept
// until it is answered.
class Http1Session : public Session {
 public:
  Http1Session(const Limits& limits, Handler& handler) : limits_(limits), handler_(handler) {}

  void receive(Bytes bytes) override;
  void end_of_input() override;
  void respond(std::uint64_t id, const Response& response) override;
  void drop(std::uint64_t id) override;
  void time_out() override;
  void drain() override;
  Bytes output() override { return output_.bytes(); }
  void consume(std::size_t octets) override { output_.consume(octets); }
  bool wants_input() const override;
  Phase phase() const override;
  std::uint64_t progress() const override { return requests_; }
  Version version() const override { return parser_ ? parser_->version() : version_; }

 private:
  std::size_t parse(Bytes bytes);
  void parse_kept();
  void hand_over();
  void refuse(const Refusal& refusal);
  void write(const Response& response, bool keep_alive, bool with_body);
  void close();

  const Limits& limits_;
  Handler& handler_;
  std::vector<std::uint8_t> input_;      // not yet parsed
  std::unique_ptr<Http1Parser> parser_;  // while a request comes
  OutputBuffer output_;
  std::uint64_t requests_ = 0;
  Version version_ = Version::http11;
  bool in_work_ = false, head_only_ = false, keep_alive_ = true;
  bool parsing_ = false, closing_ = false, draining_ = false, input_ended_ = false;
};

void Http1Session::receive(Bytes bytes) {
  if (closing_ || input_ended_) return;
  if (in_work_ || !input_.empty()) {
    input_.insert(input_.end(), bytes.begin(), bytes.end());
    parse_kept();
    return;
  }
  const std::size_t used = parse(bytes);
  if (!closing_) input_.assign(bytes.begin() + static_cast<std::ptrdiff_t>(used), bytes.end());
}

void Http1Session::parse_kept() {
  if (in_work_ || parsing_ || closing_) return;
  // Moved away while it is read: an answer that closes the session drops what is kept.
  const auto kept = std::exchange(input_, {});
  const std::size_t used = parse(kept);
  if (!closing_) input_.assign(kept.begin() + static_cast<std::ptrdiff_t>(used), kept.end());
}

// Takes requests off the front until one is in work or more input is needed. Returns the octets used.
std::size_t Http1Session::parse(Bytes bytes) {
  parsing_ = true;
  std::size_t used = 0;
  while (!in_work_ && !closing_ && used < bytes.size()) {
    if (!parser_) {
      // Empty lines before a request line are passed over (RFC 9112 2.2).
      if (bytes[used] == '\r' || bytes[used] == '\n') {
        ++used;
        continue;
      }
      parser_ = std::make_unique<Http1Parser>(limits_, handler_);
    }
    const bool had_header = parser_->is_header_done();
    const Bytes rest = bytes.subspan(used);
    const std::size_t taken = parser_->parse(rest);
    used += taken;
    if (parser_->refusal().status != 0) {
      refuse(parser_->refusal());
    } else if (parser_->is_done()) {
      hand_over();
    } else {
      if (!had_header && parser_->is_header_done() && parser_->expects_continue() &&
          parser_->body().empty()) {
        output_.append("HTTP/1.1 100 Continue\r\n\r\n");
      }
      if (taken == 0 || taken == rest.size()) break;
    }
  }
  parsing_ = false;
  return used;
}

void Http1Session::hand_over() {
  in_work_ = true;
  ++requests_;
  version_ = parser_->version();
  head_only_ = parser_->method() == "HEAD";
  keep_alive_ = parser_->keep_alive() && requests_ < limits_.max_requests;
  const auto fields = parser_->fields().views();
  handler_.on_request(Request{requests_, version_, parser_->method(), parser_->path(), parser_->body(),
                              parser_->query(), fields});
  parser_.reset();
}

void Http1Session::respond(std::uint64_t id, const Response& response) {
  if (!in_work_ || id != requests_ || closing_) return;
  const bool keep_alive = keep_alive_ && !draining_ && !(input_ended_ && input_.empty());
  write(response, keep_alive, !head_only_);
  in_work_ = false;
  if (!keep_alive) {
    close();
    return;
  }
  parse_kept();
  if (input_ended_ && !in_work_ && !parsing_) close();
}

void Http1Session::drop(std::uint64_t id) {
  if (!in_work_ || id != requests_) return;
  in_work_ = false;
  close();
}

// The header is put together before it goes to the output, which is one copy instead of a dozen.
class HeaderText {
 public:
  HeaderText& operator<<(std::string_view text) {
    fits_ = fits_ && text.size() <= octets_.size() - size_;
    if (!fits_) return *this;
    std::copy(text.begin(), text.end(), octets_.begin() + size_);
    size_ += text.size();
    return *this;
  }
  HeaderText& operator<<(std::size_t number) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return *this << std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data()));
  }
  bool fits() const { return fits_; }
  std::string_view view() const { return {octets_.data(), size_}; }

 private:
  std::array<char, 512> octets_;
  std::size_t size_ = 0;
  bool fits_ = true;
};

void Http1Session::write(const Response& response, bool keep_alive, bool with_body) {
  const bool bodiless = is_bodiless(response.status);
  HeaderText header;
  header << "HTTP/1.1 " << response.status << " " << reason_phrase(response.status) << "\r\n";
  if (!response.content_type.empty()) header << "Content-Type: " << response.content_type << "\r\n";
  if (!bodiless) header << "Content-Length: " << response.body_head.size() + response.body.size() << "\r\n";
  if (!names_cache_control(response)) header << "Cache-Control: no-store\r\n";
  if (!response.allow.empty()) header << "Allow: " << response.allow << "\r\n";
  if (response.retry_after_seconds != 0) header << "Retry-After: " << response.retry_after_seconds << "\r\n";
  if (!keep_alive) header << "Connection: close\r\n";
  if (keep_alive && version_ == Version::http10) header << "Connection: keep-alive\r\n";
  if (!header.fits() || fields_size(response) > max_response_header) {
    refuse({500, "response_header_too_large"});
    return;
  }
  output_.append(header.view());
  for (const auto& field : response.fields) {
    output_.append(field.name);
    output_.append(": ");
    output_.append(field.value);
    output_.append("\r\n");
  }
  output_.append("\r\n");
  if (!with_body || bodiless) return;
  output_.append(response.body_head);
  output_.append(response.body);
}

void Http1Session::refuse(const Refusal& refusal) {
  version_ = parser_ ? parser_->version() : version_;
  Response response;
  response.status = refusal.status;
  const std::string body = std::string(reason_phrase(refusal.status)) + ".\n";
  response.body = as_bytes(body);
  write(response, false, true);
  close();
  handler_.on_violation(refusal.status, refusal.reason);
}

void Http1Session::close() {
  closing_ = true;
  input_ = {};
}

void Http1Session::end_of_input() {
  input_ended_ = true;
  if (!in_work_) close();
}

void Http1Session::time_out() {
  const Phase now = phase();
  if (now == Phase::head || now == Phase::body) {
    refuse({408, now == Phase::head ? "header_timeout" : "body_timeout"});
  } else if (now == Phase::idle) {
    close();
  }
}

void Http1Session::drain() {
  draining_ = true;
  if (phase() == Phase::idle) close();
}

bool Http1Session::wants_input() const {
  return !closing_ && !input_ended_ && output_.size() < limits_.max_output &&
         (!in_work_ || input_.size() < limits_.max_header + limits_.max_body);
}

Phase Http1Session::phase() const {
  if (closing_) return Phase::closing;
  if (in_work_) return Phase::waiting;
  if (!parser_ || !parser_->got_some()) return Phase::idle;
  return parser_->is_header_done() ? Phase::body : Phase::head;
}

}  // namespace

std::unique_ptr<Session> make_http1_session(const Limits& limits, Handler& handler) {
  return std::make_unique<Http1Session>(limits, handler);
}

}  // namespace ferryman::http
