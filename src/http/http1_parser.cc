#include "http/http1_parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <functional>

namespace ferryman::http {
namespace {

namespace beast_http = boost::beast::http;

// The path and query of an origin-form or absolute-form (RFC 9112 3.2).
std::string_view without_origin(std::string_view target) {
  if (const auto scheme = target.find("://"); scheme != std::string_view::npos && target.front() != '/') {
    const auto path = target.find_first_of("/?", scheme + 3);
    return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
  }
  return target;
}

}  // namespace

Http1Parser::Http1Parser(const Limits& limits, const Handler& handler)
    : limits_(limits), handler_(handler), max_header_(limits.max_header) {
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
  if (input.size() >= max_header_ && method_.empty()) look_for_long_header(input);
  ErrorCode error;
  const std::size_t used = put(boost::asio::const_buffer(input.data(), input.size()), error);
  if (error && error != beast_http::error::need_more) refuse_for(error);
  // A chunk's extensions or trailers are held to what a header may be.
  if (refusal_.status == 0 && !is_done() && input.size() - used > max_header_) {
    refusal_ = {431, "header_too_large"};
  }
  if (!is_done()) keep_head();
  return used;
}

// The rest of the request comes with other input.
void Http1Parser::keep_head() {
  if (method_.empty() || !kept_head_.empty()) return;
  const std::size_t method = method_.size(), path = path_.size();
  kept_head_.reserve(method + path + query_.size());
  kept_head_.append(method_).append(path_).append(query_);
  const std::string_view kept = kept_head_;
  method_ = kept.substr(0, method);
  path_ = kept.substr(method, path);
  query_ = kept.substr(method + path);
}

// A request line that does not come whole Beast reads together with the rest of the header, so how long that
// may be is decided by the path before.
void Http1Parser::look_for_long_header(Bytes input) {
  const std::string_view text = as_text(input);
  const auto begin = text.find(' ');
  if (begin == std::string_view::npos) return;
  const std::string_view target = without_origin(text.substr(begin + 1));
  const auto end = target.find_first_of(" ?\r\n");
  if (end == std::string_view::npos || !handler_.wants_fields(target.substr(0, end))) return;
  allow_long_header();
}

void Http1Parser::allow_long_header() {
  max_header_ = std::max(limits_.max_header, limits_.max_long_header);
  header_limit(static_cast<std::uint32_t>(max_header_));
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
  const std::string_view whole = without_origin({target.data(), target.size()});
  const auto mark = whole.find('?');
  path_ = whole.substr(0, mark);
  wants_fields_ = handler_.wants_fields(path_);
  if (!wants_fields_) return;
  allow_long_header();
  if (mark != std::string_view::npos) query_ = whole.substr(mark + 1);
}

void Http1Parser::on_field_impl(Field field, StringView name, StringView value, ErrorCode& error) {
  if (++fields_ > limits_.max_fields) return refuse(431, "too_many_fields", error);
  // A folded value (obs-fold, RFC 9112 5.2) is handed over unfolded, from a buffer of Beast's own.
  const auto* begin = reinterpret_cast<const std::uint8_t*>(value.data());
  const std::less<> before;
  if (!value.empty() && (before(begin, input_.data()) || !before(begin, input_.data() + input_.size()))) {
    return refuse(400, "obs_fold", error);
  }
  if (wants_fields_) kept_fields_.add({name.data(), name.size()}, {value.data(), value.size()});
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
