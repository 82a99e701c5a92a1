#include "http/http1_parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <functional>

namespace ferryman::http {
namespace {

namespace beast_http = boost::beast::http;

// origin-form or absolute-form (RFC 9112 3.2), without the query.
std::string_view path_of(std::string_view target) {
  if (const auto scheme = target.find("://"); scheme != std::string_view::npos && target.front() != '/') {
    const auto path = target.find_first_of("/?", scheme + 3);
    target = path == std::string_view::npos ? std::string_view("/") : target.substr(path);
  }
  return target.substr(0, target.find('?'));
}

}  // namespace

Http1Parser::Http1Parser(const Limits& limits) : limits_(limits) {
  eager(true);
  header_limit(static_cast<std::uint32_t>(limits.max_header));
  body_limit(limits.max_body);
}

std::size_t Http1Parser::parse(Bytes input) {
  // Beast asserts that a last chunk, once begun, comes back with all of its shortest form "0\r\n\r\n"; no
  // chunked body can end in fewer octets than that.
  constexpr std::size_t shortest_end = 5;
  if (is_header_done() && chunked() && input.size() < shortest_end) return 0;
  input_ = input;
  ErrorCode error;
  const std::size_t used = put(boost::asio::const_buffer(input.data(), input.size()), error);
  if (error && error != beast_http::error::need_more) refuse_for(error);
  // A chunk's extensions or trailers are held to what a header may be.
  if (refusal_.status == 0 && !is_done() && input.size() - used > limits_.max_header) {
    refusal_ = {431, "header_too_large"};
  }
  if (!is_done()) keep_head();
  return used;
}

// The rest of the request comes with other input.
void Http1Parser::keep_head() {
  if (method_.empty() || !kept_head_.empty()) return;
  const std::size_t method = method_.size();
  kept_head_.reserve(method + path_.size());
  kept_head_.append(method_).append(path_);
  const std::string_view kept = kept_head_;
  method_ = kept.substr(0, method);
  path_ = kept.substr(method);
}

void Http1Parser::refuse(unsigned status, std::string_view reason, ErrorCode& error) {
  refusal_ = {status, reason};
  error = beast_http::error::bad_field;
}

void Http1Parser::refuse_for(const ErrorCode& error) {
  if (refusal_.status != 0) return;
  if (error == beast_http::error::header_limit) {
    refusal_ = {431, "header_too_large"};
  } else if (error == beast_http::error::body_limit) {
    refusal_ = {413, "body_too_large"};
  } else if (error == beast_http::error::bad_version) {
    refusal_ = {505, "http_version"};
  } else {
    refusal_ = {400, "bad_request"};
  }
}

void Http1Parser::on_request_impl(Verb, StringView method, StringView target, int version, ErrorCode& error) {
  if (version != 10 && version != 11) return refuse(505, "http_version", error);
  version_ = version == 10 ? Version::http10 : Version::http11;
  method_ = {method.data(), method.size()};
  path_ = path_of({target.data(), target.size()});
}

void Http1Parser::on_field_impl(Field field, StringView, StringView value, ErrorCode& error) {
  if (++fields_ > limits_.max_fields) return refuse(431, "too_many_fields", error);
  // A folded value (obs-fold, RFC 9112 5.2) is handed over unfolded, from a buffer of Beast's own.
  const auto* begin = reinterpret_cast<const std::uint8_t*>(value.data());
  const std::less<> before;
  if (!value.empty() && (before(begin, input_.data()) || !before(begin, input_.data() + input_.size()))) {
    return refuse(400, "obs_fold", error);
  }
  switch (field) {
    case Field::host:
      ++hosts_;
      break;
    case Field::content_length:
      ++lengths_;
      // Beast takes "5, 5" for 5; others may not.
      if (!std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; })) {
        return refuse(400, "content_length", error);
      }
      break;
    case Field::transfer_encoding:
      ++encodings_;
      if (!boost::beast::iequals(value, "chunked")) refuse(501, "transfer_encoding", error);
      break;
    case Field::expect:
      if (!boost::beast::iequals(value, "100-continue")) return refuse(417, "expect", error);
      expects_continue_ = version_ == Version::http11;
      break;
    default:
      break;
  }
}

void Http1Parser::on_header_impl(ErrorCode& error) {
  if (hosts_ > 1 || (version_ == Version::http11 && hosts_ == 0)) return refuse(400, "host", error);
  if (lengths_ > 1 || encodings_ > 1 || (lengths_ > 0 && encodings_ > 0) ||
      (version_ == Version::http10 && encodings_ > 0)) {
    return refuse(400, "ambiguous_length", error);
  }
  if (method_ == "POST" && lengths_ + encodings_ == 0) refuse(411, "no_length", error);
}

void Http1Parser::on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode& error) {
  if (!length) return;
  if (*length > limits_.max_body) return refuse(413, "body_too_large", error);
  length_ = static_cast<std::size_t>(*length);
}

std::size_t Http1Parser::on_body_impl(StringView body, ErrorCode& error) {
  if (body.size() > limits_.max_body - body_.size()) {
    refuse(413, "body_too_large", error);
    return 0;
  }
  const Bytes octets = as_bytes({body.data(), body.size()});
  if (length_ == octets.size()) {
    body_ = octets;
    return body.size();
  }
  // A promise alone is worth no more than this.
  constexpr std::size_t at_once = 16384;
  if (kept_body_.empty()) kept_body_.reserve(std::min(length_.value_or(0), at_once));
  kept_body_.insert(kept_body_.end(), octets.begin(), octets.end());
  body_ = kept_body_;
  return body.size();
}

std::size_t Http1Parser::on_chunk_body_impl(std::uint64_t, StringView body, ErrorCode& error) {
  return on_body_impl(body, error);
}

}  // namespace ferryman::http
