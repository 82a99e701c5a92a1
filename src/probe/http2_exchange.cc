#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <memory>

#include "probe/http_exchange.h"

namespace ferryman::probe {
namespace {

constexpr std::size_t max_body = 1 << 20;

// One stream's progress; what nghttp2 calls back with.
struct Stream {
  Bytes unsent;
  Http2Answer answer;
  bool closed = false;
};

Stream& stream_of(void* user_data) {
  return *static_cast<Stream*>(user_data);
}

ssize_t read_body(nghttp2_session*, std::int32_t, std::uint8_t* out, std::size_t size, std::uint32_t* flags,
                  nghttp2_data_source*, void* user_data) {
  Stream& stream = stream_of(user_data);
  const std::size_t taken = std::min(size, stream.unsent.size());
  std::memcpy(out, stream.unsent.data(), taken);
  stream.unsent = stream.unsent.subspan(taken);
  if (stream.unsent.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(taken);
}

int on_header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name, std::size_t name_size,
              const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user_data) {
  const std::string_view digits = as_text({value, value_size});
  if (as_text({name, name_size}) == ":status")
    std::from_chars(digits.data(), digits.data() + digits.size(), stream_of(user_data).answer.status);
  return 0;
}

int on_data(nghttp2_session*, std::uint8_t, std::int32_t, const std::uint8_t* data, std::size_t size,
            void* user_data) {
  auto& body = stream_of(user_data).answer.body;
  if (body.size() + size > max_body) return NGHTTP2_ERR_CALLBACK_FAILURE;
  body.insert(body.end(), data, data + size);
  return 0;
}

int on_close(nghttp2_session*, std::int32_t, std::uint32_t error, void* user_data) {
  Stream& stream = stream_of(user_data);
  stream.closed = true;
  if (error != NGHTTP2_NO_ERROR)
    stream.answer.trouble = fmt::format("the stream was reset: {}", nghttp2_http2_strerror(error));
  return 0;
}

nghttp2_nv field(std::string_view name, std::string_view value) {
  const auto octets = [](std::string_view text) {
    return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
  };
  return {octets(name), octets(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

std::shared_ptr<nghttp2_session> make_session(Stream& stream) {
  nghttp2_session_callbacks* callbacks = nullptr;
  if (nghttp2_session_callbacks_new(&callbacks) != 0) return nullptr;
  nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
  nghttp2_session* session = nullptr;
  const int made = nghttp2_session_client_new(&session, callbacks, &stream);
  nghttp2_session_callbacks_del(callbacks);
  return made == 0 ? std::shared_ptr<nghttp2_session>(session, nghttp2_session_del) : nullptr;
}

// What the session has to send; false when the connection has ended.
bool send_all(Link& link, nghttp2_session* session, Deadline deadline) {
  const std::uint8_t* data = nullptr;
  while (true) {
    const auto size = nghttp2_session_mem_send(session, &data);
    if (size <= 0) return size == 0;
    if (!link.write({data, static_cast<std::size_t>(size)}, deadline)) return false;
  }
}

}  // namespace

Http2Answer exchange_http2(Link& link, const Target& target, Bytes body, Deadline deadline) {
  Stream stream;
  stream.unsent = body;
  const auto session = make_session(stream);
  const std::string authority = target.authority(), length = std::to_string(body.size());
  const std::array<nghttp2_nv, 6> fields{field(":method", "POST"),
                                         field(":scheme", "https"),
                                         field(":authority", authority),
                                         field(":path", target.path),
                                         field("content-type", "application/kerberos"),
                                         field("content-length", length)};
  nghttp2_data_provider provider{};
  provider.read_callback = read_body;
  if (!session || nghttp2_submit_settings(session.get(), NGHTTP2_FLAG_NONE, nullptr, 0) != 0 ||
      nghttp2_submit_request(session.get(), nullptr, fields.data(), fields.size(), &provider, nullptr) < 0) {
    stream.answer.trouble = "no HTTP/2 session";
    return stream.answer;
  }
  std::array<std::uint8_t, 16384> buffer;
  while (!stream.closed) {
    if (!send_all(link, session.get(), deadline)) break;
    const std::size_t size = link.read(buffer, deadline);
    if (size == 0) break;
    const auto taken = nghttp2_session_mem_recv(session.get(), buffer.data(), size);
    if (taken < 0) {
      stream.answer.trouble = nghttp2_strerror(static_cast<int>(taken));
      return stream.answer;
    }
  }
  if (!stream.closed) stream.answer.trouble = link.end() == End::none ? "HTTP/2 failed" : link.end_words();
  return stream.answer;
}

}  // namespace ferryman::probe
