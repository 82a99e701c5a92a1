#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <boost/container/small_vector.hpp>
#include <charconv>
#include <new>
#include <utility>
#include <vector>

#include "http/http2_stream.h"
#include "http/output_buffer.h"
#include "http/response_header.h"
#include "http/session.h"

namespace ferryman::http {
namespace {

// What frames cost of the budget. A reset makes work for nothing (CVE-2023-44487), so it costs more than an
// answered request earns back by being one frame of many.
constexpr std::uint32_t frame_cost = 1, reset_cost = 2;
constexpr std::size_t max_continuations = 8;                  // CVE-2024-28182
constexpr std::uint32_t budget_per_request = 8;               // what one answered request earns back
constexpr std::size_t kept_body = 4096;                       // memory that a request may leave to its answer
constexpr std::size_t output_chunk = std::size_t{64} * 1024;  // framed ahead of what the peer has read

// The names live until the response has been written.
nghttp2_nv field(std::string_view name, std::string_view value) {
  const auto octets = [](std::string_view text) {
    return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
  };
  return {octets(name), octets(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NO_COPY_NAME};
}

// Ordinary answers need no memory for it.
using HeaderList = boost::container::small_vector<nghttp2_nv, 6>;

// A number in decimal digits.
class Digits {
 public:
  explicit Digits(std::size_t number)
      : size_(static_cast<std::size_t>(std::to_chars(digits_.begin(), digits_.end(), number).ptr -
                                       digits_.begin())) {}
  std::string_view text() const { return {digits_.data(), size_}; }

 private:
  std::array<char, 20> digits_;
  std::size_t size_;
};

// nghttp2 is C: no exception may pass through it. What ran out of memory fails as a callback.
template <auto callback>
struct Guarded;
template <typename... Arguments, int (*callback)(Arguments...)>
struct Guarded<callback> {
  static int call(Arguments... arguments) noexcept {
    try {
      return callback(arguments...);
    } catch (const std::bad_alloc&) {
      return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
  }
};

// HTTP/2 (RFC 9113) on nghttp2. What nghttp2 leaves unbounded is paid for from a budget: resets, pings,
// settings, window updates and empty DATA frames cost one each, an answered request earns some back. Who
// overdraws it gets GOAWAY with ENHANCE_YOUR_CALM.
class Http2Session : public Session {
 public:
  Http2Session(const Limits& limits, Handler& handler);
  ~Http2Session() override { nghttp2_session_del(session_); }

  void receive(Bytes bytes) override;
  void end_of_input() override;
  void respond(std::uint64_t id, const Response& response) override;
  void drop(std::uint64_t id) override;
  void time_out() override;
  void drain() override;
  Bytes output() override;
  void consume(std::size_t octets) override { output_.consume(octets); }
  bool wants_input() const override {
    return !ended_ && !input_ended_ && output_.size() < limits_.max_output;
  }
  Phase phase() const override;
  std::uint64_t progress() const override { return requests_; }
  Version version() const override { return Version::http2; }

 private:
  static Http2Session& self(void* user_data) { return *static_cast<Http2Session*>(user_data); }
  static void set_callbacks(nghttp2_session_callbacks* callbacks);
  static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user_data);
  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size, std::uint8_t,
                       void* user_data);
  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                     std::size_t size, void* user_data);
  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user_data);
  static int on_frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* user_data);
  static int on_invalid_frame(nghttp2_session*, const nghttp2_frame*, int, void* user_data);
  static int on_stream_close(nghttp2_session*, std::int32_t id, std::uint32_t, void* user_data);
  static ssize_t read_answer(nghttp2_session*, std::int32_t id, std::uint8_t* out, std::size_t size,
                             std::uint32_t* flags, nghttp2_data_source* source, void* user_data);

  Http2Stream* find(std::int32_t id);
  void take_header(Http2Stream& stream, std::string_view name, std::string_view value);
  std::size_t max_header(const Http2Stream& stream) const;
  void complete(std::int32_t id, Http2Stream& stream);
  void end_work(Http2Stream& stream);
  void submit(std::int32_t id, Http2Stream& stream, const Response& response);
  void refuse(std::int32_t id, Http2Stream& stream, unsigned status, std::string_view reason);
  void spend(std::uint32_t cost = frame_cost);
  void end(std::uint32_t error_code);
  bool flushed() const;

  const Limits& limits_;
  Handler& handler_;
  nghttp2_session* session_ = nullptr;
  Http2Streams streams_;
  Http2Stream* latest_ = nullptr;  // the one that was asked for last
  std::size_t in_work_ = 0;        // how many of the streams are
  OutputBuffer output_;
  std::uint32_t budget_;
  std::uint64_t requests_ = 0;
  bool queued_ = true;    // nghttp2 may have something to write
  bool started_ = false;  // the peer's SETTINGS have come
  bool draining_ = false, goaway_sent_ = false;
  bool ended_ = false, input_ended_ = false;
};

Http2Session::Http2Session(const Limits& limits, Handler& handler)
    : limits_(limits), handler_(handler), budget_(limits.control_budget) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* option = nullptr;
  if (nghttp2_session_callbacks_new(&callbacks) != 0 || nghttp2_option_new(&option) != 0)
    throw std::bad_alloc();
  set_callbacks(callbacks);
  nghttp2_option_set_max_continuations(option, max_continuations);
  nghttp2_option_set_max_outbound_ack(option, 64);
  nghttp2_option_set_no_closed_streams(option, 1);
  const int made = nghttp2_session_server_new2(&session_, callbacks, this, option);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  if (made != 0) throw std::bad_alloc();

  // A window that takes the largest body at once: no body waits for a WINDOW_UPDATE.
  const auto window = static_cast<std::uint32_t>(std::max<std::size_t>(limits.max_body, 65535));
  const std::array<nghttp2_settings_entry, 4> settings{{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.max_streams},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
       static_cast<std::uint32_t>(std::max(limits.max_header, limits.max_long_header))},
      {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 0},
  }};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
}

void Http2Session::set_callbacks(nghttp2_session_callbacks* callbacks) {
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, Guarded<on_begin_headers>::call);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Guarded<on_header>::call);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Guarded<on_data>::call);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Guarded<on_frame>::call);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, Guarded<on_frame_sent>::call);
  nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, Guarded<on_invalid_frame>::call);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Guarded<on_stream_close>::call);
}

Http2Stream* Http2Session::find(std::int32_t id) {
  if (latest_ != nullptr && latest_->id == id) return latest_;
  auto* const stream = static_cast<Http2Stream*>(nghttp2_session_get_stream_user_data(session_, id));
  if (stream != nullptr) latest_ = stream;
  return stream;
}

int Http2Session::on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
  if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
  Http2Session& session = self(user_data);
  const std::int32_t id = frame->hd.stream_id;
  session.latest_ = &session.streams_.open(id);
  return nghttp2_session_set_stream_user_data(session.session_, id, session.latest_);
}

int Http2Session::on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                            std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                            std::uint8_t, void* user_data) {
  Http2Session& session = self(user_data);
  Http2Stream* stream = session.find(frame->hd.stream_id);
  if (stream == nullptr || stream->refused || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
  const std::string_view key = as_text({name, name_size}), text = as_text({value, value_size});
  stream->fields += 1;
  if (stream->fields <= session.limits_.max_fields) session.take_header(*stream, key, text);
  if (stream->fields > session.limits_.max_fields || text.size() > session.max_header(*stream) ||
      stream->query.size() + stream->kept_fields.octets() > session.max_header(*stream)) {
    session.refuse(frame->hd.stream_id, *stream, 431, "header_too_large");
  }
  return 0;
}

std::size_t Http2Session::max_header(const Http2Stream& stream) const {
  return stream.wants_fields ? std::max(limits_.max_header, limits_.max_long_header) : limits_.max_header;
}

void Http2Session::take_header(Http2Stream& stream, std::string_view name, std::string_view value) {
  if (name == ":method") {
    stream.method = value;
  } else if (name == ":authority") {
    stream.authority = value;
  } else if (name == ":path") {
    const auto mark = value.find('?');
    stream.path = value.substr(0, mark);
    stream.wants_fields = handler_.wants_fields(stream.path);
    if (stream.wants_fields && mark != std::string_view::npos) stream.query = value.substr(mark + 1);
  } else if (stream.wants_fields && name == "cookie") {
    stream.kept_fields.add_cookie(value);
  } else if (stream.wants_fields && !name.starts_with(':')) {
    stream.kept_fields.add(name, value);
  }
}

int Http2Session::on_data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                          std::size_t size, void* user_data) {
  Http2Session& session = self(user_data);
  Http2Stream* stream = session.find(id);
  if (stream == nullptr || stream->refused) return 0;
  if (size > session.limits_.max_body - stream->octets.size()) {
    session.refuse(id, *stream, 413, "body_too_large");
    return 0;
  }
  stream->octets.insert(stream->octets.end(), data, data + size);
  return 0;
}

int Http2Session::on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
  Http2Session& session = self(user_data);
  const bool end_stream = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA: {
      Http2Stream* stream = session.find(frame->hd.stream_id);
      if (end_stream && stream != nullptr && !stream->refused) session.complete(frame->hd.stream_id, *stream);
      if (frame->hd.type == NGHTTP2_DATA && frame->hd.length == 0 && !end_stream) session.spend();
      break;
    }
    case NGHTTP2_SETTINGS:
      session.started_ = true;
      if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) session.spend();
      break;
    case NGHTTP2_PING:
      if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0 || !session.draining_ || session.goaway_sent_) {
        session.spend();
      } else {
        // Everything that the peer sent before it knew has come: this is the last stream.
        session.goaway_sent_ = true;
        nghttp2_submit_goaway(session.session_, NGHTTP2_FLAG_NONE,
                              nghttp2_session_get_last_proc_stream_id(session.session_), NGHTTP2_NO_ERROR,
                              nullptr, 0);
      }
      break;
    case NGHTTP2_RST_STREAM:
      session.spend(reset_cost);
      break;
    case NGHTTP2_PRIORITY:
    case NGHTTP2_WINDOW_UPDATE:
      session.spend();
      break;
    default:
      break;
  }
  return 0;
}

int Http2Session::on_frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
  Http2Session& session = self(user_data);
  if (frame->hd.type == NGHTTP2_RST_STREAM) session.spend(reset_cost);
  if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR && !session.ended_) {
    // nghttp2 ends the connection by itself for what breaks the protocol.
    session.handler_.on_violation(
        0, frame->goaway.error_code == NGHTTP2_ENHANCE_YOUR_CALM ? "flood" : "bad_http2");
    session.ended_ = true;
  }
  if (frame->hd.type == NGHTTP2_DATA && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
    // RFC 9113 8.1: an answer before the end of its request, then a reset, so that the peer stops sending.
    const Http2Stream* stream = session.find(frame->hd.stream_id);
    if (stream != nullptr && stream->refused) {
      nghttp2_submit_rst_stream(session.session_, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
    }
  }
  return 0;
}

int Http2Session::on_invalid_frame(nghttp2_session*, const nghttp2_frame*, int, void* user_data) {
  self(user_data).spend();
  return 0;
}

int Http2Session::on_stream_close(nghttp2_session*, std::int32_t id, std::uint32_t error_code,
                                  void* user_data) {
  Http2Session& session = self(user_data);
  Http2Stream* const stream = session.find(id);
  if (stream == nullptr) return 0;
  const bool given_up = stream->in_work();
  // Who resets what is just being answered earns nothing by it.
  if (stream->responded && error_code == NGHTTP2_NO_ERROR) {
    session.budget_ = std::min(session.budget_ + budget_per_request, session.limits_.control_budget);
  }
  if (given_up) --session.in_work_;
  session.latest_ = nullptr;
  nghttp2_session_set_stream_user_data(session.session_, id, nullptr);
  session.streams_.close(*stream);
  if (given_up) session.handler_.on_cancel(static_cast<std::uint64_t>(id));
  return 0;
}

void Http2Session::complete(std::int32_t id, Http2Stream& stream) {
  if (stream.complete) return;
  stream.complete = true;
  if (stream.in_work()) ++in_work_;
  if (++requests_ >= limits_.max_requests) drain();
  auto body = std::move(stream.octets);
  // RFC 9113 8.3.1: what HTTP/1 says by a Host.
  if (stream.wants_fields && !stream.authority.empty() && !stream.kept_fields.contains("host"))
    stream.kept_fields.add("host", stream.authority);
  const auto fields = stream.kept_fields.views();
  handler_.on_request(Request{static_cast<std::uint64_t>(id), Version::http2, stream.method, stream.path,
                              body, stream.query, fields});
  Http2Stream* const still = find(id);
  if (still == nullptr || still->responded || body.capacity() > kept_body) return;
  body.clear();
  still->octets = std::move(body);
}

void Http2Session::end_work(Http2Stream& stream) {
  if (stream.in_work()) --in_work_;
  stream.responded = true;
  queued_ = true;
}

void Http2Session::submit(std::int32_t id, Http2Stream& stream, const Response& response) {
  end_work(stream);
  auto& answer = stream.octets;
  answer.clear();
  answer.reserve(response.body_head.size() + response.body.size());
  answer.insert(answer.end(), response.body_head.begin(), response.body_head.end());
  answer.insert(answer.end(), response.body.begin(), response.body.end());

  const Digits status(response.status), length(answer.size()), retry_after(response.retry_after_seconds);
  HeaderList fields;
  fields.push_back(field(":status", status.text()));
  if (!response.content_type.empty()) fields.push_back(field("content-type", response.content_type));
  if (!is_bodiless(response.status)) fields.push_back(field("content-length", length.text()));
  if (!names_cache_control(response)) fields.push_back(field("cache-control", "no-store"));
  if (!response.allow.empty()) fields.push_back(field("allow", response.allow));
  if (response.retry_after_seconds != 0) fields.push_back(field("retry-after", retry_after.text()));
  for (const auto& further : response.fields) {
    fields.push_back(field(further.name, further.value));
    fields.back().flags = NGHTTP2_NV_FLAG_NONE;  // copied, and made lower case
  }

  const bool no_body = answer.empty() || stream.method == "HEAD" || is_bodiless(response.status);
  nghttp2_data_provider provider{{0}, read_answer};
  nghttp2_submit_response(session_, id, fields.data(), fields.size(), no_body ? nullptr : &provider);
}

ssize_t Http2Session::read_answer(nghttp2_session*, std::int32_t id, std::uint8_t* out, std::size_t size,
                                  std::uint32_t* flags, nghttp2_data_source*, void* user_data) {
  Http2Stream* stream = self(user_data).find(id);
  if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  const std::size_t octets = std::min(size, stream->octets.size() - stream->answered);
  std::copy_n(stream->octets.begin() + static_cast<std::ptrdiff_t>(stream->answered), octets, out);
  stream->answered += octets;
  if (stream->answered == stream->octets.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(octets);
}

void Http2Session::refuse(std::int32_t id, Http2Stream& stream, unsigned status, std::string_view reason) {
  stream.refused = true;
  stream.octets = {};
  Response response;
  response.status = status;
  response.body = as_bytes("Refused.\n");
  submit(id, stream, response);
  handler_.on_violation(status, reason);
}

void Http2Session::respond(std::uint64_t id, const Response& response) {
  const auto stream_id = static_cast<std::int32_t>(id);
  Http2Stream* stream = find(stream_id);
  if (stream == nullptr || !stream->in_work() || ended_) return;
  if (fields_size(response) > max_response_header) {
    Response failed;
    failed.status = 500;
    submit(stream_id, *stream, failed);
    return handler_.on_violation(failed.status, "response_header_too_large");
  }
  submit(stream_id, *stream, response);
}

void Http2Session::drop(std::uint64_t id) {
  const auto stream_id = static_cast<std::int32_t>(id);
  Http2Stream* stream = find(stream_id);
  if (stream == nullptr || !stream->in_work()) return;
  end_work(*stream);
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream_id, NGHTTP2_CANCEL);
}

void Http2Session::spend(std::uint32_t cost) {
  if (budget_ >= cost) {
    budget_ -= cost;
    return;
  }
  if (ended_) return;
  handler_.on_violation(0, "flood");
  end(NGHTTP2_ENHANCE_YOUR_CALM);
}

// GOAWAY, and nothing is read any more.
void Http2Session::end(std::uint32_t error_code) {
  if (ended_) return;
  ended_ = queued_ = true;
  nghttp2_session_terminate_session(session_, error_code);
}

void Http2Session::receive(Bytes bytes) {
  if (ended_ || input_ended_) return;
  queued_ = true;
  const ssize_t used = nghttp2_session_mem_recv(session_, bytes.data(), bytes.size());
  if (used >= 0 || ended_) return;
  if (used == NGHTTP2_ERR_CALLBACK_FAILURE || used == NGHTTP2_ERR_NOMEM) {
    handler_.on_violation(0, "out_of_memory");
    end(NGHTTP2_INTERNAL_ERROR);
  } else if (used == NGHTTP2_ERR_FLOODED || used == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS) {
    handler_.on_violation(0, "flood");
    end(NGHTTP2_ENHANCE_YOUR_CALM);
  } else {
    handler_.on_violation(0, "bad_http2");
    end(NGHTTP2_PROTOCOL_ERROR);
  }
}

void Http2Session::end_of_input() {
  input_ended_ = true;
  const bool in_work =
      std::any_of(streams_.begin(), streams_.end(), [](const auto& stream) { return stream->complete; });
  if (!in_work) end(NGHTTP2_NO_ERROR);
}

void Http2Session::time_out() {
  if (phase() == Phase::waiting || ended_) return;
  end(NGHTTP2_NO_ERROR);
}

void Http2Session::drain() {
  if (draining_ || phase() == Phase::closing) return;
  draining_ = queued_ = true;
  // RFC 9113 6.8: first say that the end is near, then, when the PING behind it has come back, where it is.
  nghttp2_submit_shutdown_notice(session_);
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
}

Bytes Http2Session::output() {
  while (queued_ && output_.size() < output_chunk) {
    const std::uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &data);
    queued_ = size > 0;
    if (queued_) output_.append(Bytes(data, static_cast<std::size_t>(size)));
  }
  return output_.bytes();
}

bool Http2Session::flushed() const {
  return output_.empty() && nghttp2_session_want_write(session_) == 0;
}

Phase Http2Session::phase() const {
  if (ended_) return Phase::closing;
  if (nghttp2_session_want_read(session_) == 0 && flushed()) return Phase::closing;
  if (input_ended_ && streams_.empty() && flushed()) return Phase::closing;
  if (!started_ || (draining_ && !goaway_sent_ && streams_.empty())) return Phase::head;
  // An answer that is still here waits for the peer's window, so the peer is waited for.
  if (streams_.size() > in_work_) return Phase::body;
  return streams_.empty() ? Phase::idle : Phase::waiting;
}

}  // namespace

std::unique_ptr<Session> make_http2_session(const Limits& limits, Handler& handler) {
  return std::make_unique<Http2Session>(limits, handler);
}

}  // namespace ferryman::http
