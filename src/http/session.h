#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "local/message.h"

namespace ferryman::http {

// What one connection may use. Sizes in octets.
struct Limits {
  std::size_t max_header = 8 * 1024;        // request line and fields together
  std::size_t max_long_header = 32 * 1024;  // the same where the handler wants the fields
  std::size_t max_fields = 64;              // header fields
  std::size_t max_body = 128 * 1024;        // after de-chunking
  std::uint32_t max_streams = 32;           // HTTP/2: concurrent streams
  std::uint32_t max_requests = 1000;        // per connection, then it is closed after the answer
  std::uint32_t control_budget = 200;       // HTTP/2: resets, pings, settings, empty DATA beyond those
                                            // that finished requests earn; then GOAWAY
  std::size_t max_output = 1024 * 1024;     // unread by the peer; then nothing more is read from it
};

// none: of a session that is not HTTP (net/message_session.h).
enum class Version : std::uint8_t { http10, http11, http2, none };

std::string_view name(Version version);  // "HTTP/1.0", ...; none's is empty

// A complete request. The views live until Handler::on_request returns.
struct Request {
  std::uint64_t id = 0;  // of this session: stream id, or a running number
  Version version = Version::http11;
  std::string_view method;
  std::string_view path;  // without the query
  Bytes body;
  // Only where the handler wants them. Names in lower case, a Host also where HTTP/2 has an :authority.
  std::string_view query;
  std::span<const local::Field> fields;
};

// An answer. The body is given in two parts so that a header can be put before bytes that lie elsewhere;
// both are copied before respond() returns.
struct Response {
  unsigned status = 200;
  std::string_view content_type = "text/plain";  // empty: fields has it, or there is none
  Bytes body_head;
  Bytes body;
  std::string_view allow;            // value of Allow, when not empty
  unsigned retry_after_seconds = 0;  // Retry-After, when not 0
  // Others, without those that frame a message or belong to one connection (RFC 9110 7.6.1). Without a
  // Cache-Control among them nothing may be stored.
  std::span<const local::HttpResponse::OwnedField> fields;
};

// A response's header beyond that is not sent: 500 goes instead, and on_violation() tells.
inline constexpr std::size_t max_response_header = std::size_t{60} * 1024;

// Called from inside a Session's receive(), end_of_input(), respond() and drop(). May respond() at once.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual void on_request(const Request& request) = 0;
  // Whether on_request() needs the query and the header fields of a request for that path, which may be
  // longer then. Others are passed over. Asked before the request is complete.
  virtual bool wants_fields(std::string_view path) const {
    (void)path;
    return false;
  }
  // The client has given this request up (RST_STREAM) or a fatal error has ended it: do not respond.
  virtual void on_cancel(std::uint64_t id) = 0;
  // The session itself answered or ended something that was against the rules of HTTP or the limits.
  // reason is a fixed word for logs and counters: "header_too_large", "bad_request", "flood", ...
  virtual void on_violation(unsigned status, std::string_view reason) = 0;
};

// What the peer is expected to do next; the owner of the clock sets its deadline by it.
enum class Phase : std::uint8_t {
  idle,     // between requests, nothing of the next one has come
  head,     // a request line or header has begun
  body,     // a body has begun
  waiting,  // every complete request is being answered; nothing is asked of the peer
  closing,  // finished: write out output(), then close
};

// One HTTP server connection as bytes in, bytes out: no socket, no clock, no Kerberos. Not thread-safe.
//
//   session->receive(bytes);               // calls handler.on_request(...)
//   session->respond(id, response);
//   write(session->output()); session->consume(n);
//
class Session {
 public:
  virtual ~Session() = default;

  // Takes all of bytes. After a fatal error the rest is ignored and phase() is closing.
  virtual void receive(Bytes bytes) = 0;

  // The peer has half-closed. Requests already complete are still answered (HTTP/1: a client may shut
  // down its sending side and read on), a half-sent one is given up.
  virtual void end_of_input() = 0;

  virtual void respond(std::uint64_t id, const Response& response) = 0;

  // Gives no answer: HTTP/1 closes the connection, HTTP/2 resets the stream.
  virtual void drop(std::uint64_t id) = 0;

  // The time for the current phase is over. HTTP/1 answers 408 where a request has begun and closes;
  // HTTP/2 sends GOAWAY and closes.
  virtual void time_out() = 0;

  // No further requests: those begun are answered, then phase() is closing. HTTP/1 sends
  // `Connection: close`, HTTP/2 GOAWAY.
  virtual void drain() = 0;

  // What to write now. Valid until the next call of anything but phase() or wants_input().
  virtual Bytes output() = 0;
  virtual void consume(std::size_t octets) = 0;

  // False while there is more to answer or unread output than the limits allow: do not read.
  virtual bool wants_input() const = 0;

  virtual Phase phase() const = 0;

  // Grows with every complete request. A phase that goes on while this grows is not the same wait.
  virtual std::uint64_t progress() const = 0;
  virtual Version version() const = 0;
};

// limits and handler must outlive the session.
std::unique_ptr<Session> make_http1_session(const Limits& limits, Handler& handler);
std::unique_ptr<Session> make_http2_session(const Limits& limits, Handler& handler);

// Whether the first bytes of a connection without ALPN are HTTP/2's preface: yes, no, or not yet known.
enum class Preface : std::uint8_t { yes, no, undecided };
Preface sniff_preface(Bytes first_bytes);

}  // namespace ferryman::http
