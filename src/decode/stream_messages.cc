#include "decode/stream_messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/length_prefix.h"
#include "base/text.h"
#include "der/tag.h"

namespace ferryman::decode {
namespace {

constexpr std::size_t max_head = 16384;

// What stands in the head of an HTTP message about its body.
struct Head {
  std::size_t size = 0;  // with the empty line
  std::size_t content_length = 0;
  bool chunked = false;
  bool kerberos = false;
};

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.size(), text.find_first_not_of(" \t")));
  const auto last = text.find_last_not_of(" \t\r");
  return last == text.npos ? std::string_view() : text.substr(0, last + 1);
}

std::optional<std::size_t> number(std::string_view text, int base) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end == text.data() || value > max_message) return std::nullopt;
  return value;
}

std::optional<Head> parse_head(std::string_view text) {
  Head head;
  head.size = text.size();
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::string_view name = line.substr(0, line.find(':'));
    const std::string_view value = trimmed(line.substr(std::min(line.size(), name.size() + 1)));
    if (equal_without_case(name, "content-length")) {
      const auto length = number(value, 10);
      if (!length) return std::nullopt;
      head.content_length = *length;
    }
    if (equal_without_case(name, "transfer-encoding") && equal_without_case(value, "chunked"))
      head.chunked = true;
    constexpr std::string_view type = "application/kerberos";
    if (equal_without_case(name, "content-type") && equal_without_case(value.substr(0, type.size()), type))
      head.kerberos = true;
  }
  return head;
}

// Puts the chunks of a body together; used: octets of it, with the trailer.
Progress read_chunks(std::string_view text, std::vector<std::uint8_t>& body, std::size_t& used) {
  for (std::size_t at = 0;;) {
    const std::size_t end = text.find("\r\n", at);
    if (end == text.npos) return text.size() - at > max_head ? Progress::wrong : Progress::more;
    const auto size = number(text.substr(at, end - at), 16);
    if (!size || body.size() + *size > max_message) return Progress::wrong;
    at = end + 2;
    if (*size == 0) {
      const bool no_trailer = text.substr(at).starts_with("\r\n");
      const std::size_t last = no_trailer ? at : text.find("\r\n\r\n", at);
      if (last == text.npos) return text.size() - at > max_head ? Progress::wrong : Progress::more;
      used = last + (no_trailer ? 2 : 4);
      return Progress::done;
    }
    if (text.size() < at + *size + 2) return Progress::more;
    const Bytes chunk = as_bytes(text.substr(at, *size));
    body.insert(body.end(), chunk.begin(), chunk.end());
    at += *size + 2;
  }
}

}  // namespace

Progress take_http1(TcpStream& stream, const OnMessage& on_message) {
  const std::string_view text = as_text(stream.ready());
  if (text.empty()) return Progress::more;
  const std::size_t end = text.substr(0, max_head).find("\r\n\r\n");
  if (end == text.npos) return text.size() > max_head ? Progress::wrong : Progress::more;
  const auto head = parse_head(text.substr(0, end + 4));
  if (!head) return Progress::wrong;
  std::vector<std::uint8_t> body;
  std::size_t used = head->content_length;
  if (head->chunked) {
    const Progress progress = read_chunks(text.substr(head->size), body, used);
    if (progress != Progress::done) return progress;
  } else {
    const Bytes rest = stream.ready().subspan(head->size);
    if (rest.size() < used) return Progress::more;
    body.assign(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(used));
  }
  stream.consume(head->size + used);
  if (!body.empty() && (head->kerberos || body[0] == der::sequence)) on_message(body, {});
  return Progress::done;
}

bool take_framed(TcpStream& stream, const OnMessage& on_message) {
  for (;;) {
    const Bytes ready = stream.ready();
    if (ready.size() < length_prefix_size) return true;
    const std::size_t size = announced_length(ready);
    if (size > max_message) {
      on_message({}, fmt::format("the length {} is no Kerberos message's: the rest of the stream is not read",
                                 size));
      return false;
    }
    if (ready.size() - length_prefix_size < size) return true;
    if (size != 0) on_message(ready.subspan(length_prefix_size, size), {});
    stream.consume(length_prefix_size + size);
  }
}

}  // namespace ferryman::decode
