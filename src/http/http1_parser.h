#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/recycled.h"
#include "http/kept_fields.h"
#include "http/session.h"

namespace ferryman::http {

// Why a request is not served, as status and a fixed word.
struct Refusal {
  unsigned status = 0;  // 0: it is served
  std::string_view reason;
};

// One HTTP/1 request. Beast parses; what Beast lets through and we do not is here: more than one Host or
// Content-Length, obs-fold, any Transfer-Encoding but `chunked` alone, either with HTTP/1.0, an Expect that
// is not 100-continue, a POST without length. The Host's value is not looked at: MIT's client writes IPv6
// addresses without brackets.
class Http1Parser final : public Recycled<Http1Parser>, public boost::beast::http::basic_parser<true> {
 public:
  // handler: asked what it wants_fields() of.
  Http1Parser(const Limits& limits, const Handler& handler);
  Http1Parser(const Http1Parser&) = delete;  // it holds views of what it keeps
  Http1Parser& operator=(const Http1Parser&) = delete;

  // Parses more of the request; returns how many octets of input were used up. The rest must be presented
  // again with more behind it. After a refusal nothing more may be given.
  std::size_t parse(Bytes input);

  const Refusal& refusal() const { return refusal_; }
  bool expects_continue() const { return expects_continue_; }

  Version version() const { return version_; }
  // Views, when the request is complete of the input that completed it: what came in one piece is not copied.
  std::string_view method() const { return method_; }
  std::string_view path() const { return path_; }
  std::string_view query() const { return query_; }  // where fields are wanted
  Bytes body() const { return body_; }
  const KeptFields& fields() const { return kept_fields_; }

 private:
  using Verb = boost::beast::http::verb;
  using Field = boost::beast::http::field;
  using ErrorCode = boost::beast::error_code;
  using StringView = boost::beast::string_view;

  void on_request_impl(Verb, StringView method, StringView target, int version, ErrorCode& error) override;
  void on_response_impl(int, StringView, int, ErrorCode&) override {}
  void on_field_impl(Field field, StringView name, StringView value, ErrorCode& error) override;
  void on_header_impl(ErrorCode& error) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode& error) override;
  std::size_t on_body_impl(StringView body, ErrorCode& error) override;
  void on_chunk_header_impl(std::uint64_t, StringView, ErrorCode&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, StringView body, ErrorCode& error) override;
  void on_finish_impl(ErrorCode&) override {}

  void keep_head();
  void look_for_long_header(Bytes input);
  void allow_long_header();
  void refuse(unsigned status, std::string_view reason, ErrorCode& error);
  void refuse_for(const ErrorCode& error);

  const Limits& limits_;
  const Handler& handler_;
  Bytes input_;  // that is being parsed
  Refusal refusal_;
  Version version_ = Version::http11;
  std::string_view method_, path_, query_;
  Bytes body_;
  std::optional<std::size_t> length_;  // Content-Length
  std::string kept_head_;              // method, path and query of a request in several pieces
  std::vector<std::uint8_t> kept_body_;
  std::size_t fields_ = 0;
  unsigned hosts_ = 0, lengths_ = 0, encodings_ = 0;
  KeptFields kept_fields_;
  std::size_t max_header_;
  bool expects_continue_ = false, wants_fields_ = false;
};

}  // namespace ferryman::http
