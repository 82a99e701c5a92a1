#include "local/frame.h"

#include <algorithm>

#include "local/limits.h"
#include "local/wire.h"

namespace ferryman::local {
namespace {

constexpr std::size_t length_size = 4, head_size = 5;  // head: type and id
constexpr std::size_t read_size = 16 * 1024;
constexpr std::string_view magic = "ferryman-local";

bool is_known(FrameType type) {
  switch (type) {
    case FrameType::hello:
    case FrameType::error:
    case FrameType::closing:
    case FrameType::http_request:
    case FrameType::kerberos_request:
    case FrameType::http_response:
    case FrameType::kerberos_reply:
    case FrameType::refusal:
    case FrameType::status_request:
    case FrameType::status:
      return true;
  }
  return false;
}

}  // namespace

std::span<std::uint8_t> FrameReader::room() {
  if (begin_ > 0) {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == 0 && buffer_.size() > 4 * read_size) {
    buffer_.resize(read_size);  // a large frame has been read
    buffer_.shrink_to_fit();
  }
  if (buffer_.size() - end_ < read_size) buffer_.resize(end_ + read_size);
  return std::span(buffer_).subspan(end_);
}

Result<std::optional<Frame>> FrameReader::next() {
  const Bytes octets = Bytes(buffer_).subspan(begin_, end_ - begin_);
  if (octets.size() < length_size) return std::nullopt;
  const std::uint32_t length = Cursor(octets).uint32();
  if (length > max_frame) return tl::unexpected(Error{Fault::length_too_large, 0});
  if (length < head_size) return tl::unexpected(Error{Fault::truncated, 0});
  // An unknown type shows before the frame is whole, so that nobody waits for the rest of nonsense.
  if (octets.size() > length_size && !is_known(static_cast<FrameType>(octets[length_size]))) {
    return tl::unexpected(Error{Fault::unknown_message, length_size});
  }
  if (octets.size() - length_size < length) return std::nullopt;
  Cursor head(octets.subspan(length_size, head_size));
  Frame frame;
  frame.type = static_cast<FrameType>(head.uint8());
  frame.id = head.uint32();
  frame.payload = octets.subspan(length_size + head_size, length - head_size);
  begin_ += length_size + length;
  return frame;
}

void Output::wrote(std::size_t octets) {
  written_ += octets;
  if (written_ < octets_.size()) {
    if (written_ < max_output) return;
    octets_.erase(octets_.begin(), octets_.begin() + static_cast<std::ptrdiff_t>(written_));
  } else {
    octets_.clear();
  }
  start_ += written_;
  written_ = 0;
}

std::size_t Output::begin_frame(FrameType type, std::uint32_t id) {
  const std::size_t mark = octets_.size();
  Appender appender(octets_);
  appender.uint32(0);
  appender.uint8(static_cast<std::uint8_t>(type));
  appender.uint32(id);
  return mark;
}

// False: it is taken back.
bool Output::end_frame(std::size_t mark, bool keep) {
  const std::size_t length = octets_.size() - mark - length_size;
  if (!keep || length > max_frame) {
    octets_.resize(mark);
    return false;
  }
  for (std::size_t i = 0; i < length_size; ++i) {
    octets_[mark + i] = static_cast<std::uint8_t>(length >> (8 * (length_size - 1 - i)));
  }
  return true;
}

void Output::put_hello() {
  const std::size_t mark = begin_frame(FrameType::hello, 0);
  Appender appender(octets_);
  appender.text(magic);
  appender.uint16(protocol_version);
  end_frame(mark, true);
}

void Output::put_closing() {
  end_frame(begin_frame(FrameType::closing, 0), true);
}

void Output::put_error(std::string_view reason) {
  const std::size_t mark = begin_frame(FrameType::error, 0);
  Appender(octets_).text(reason.substr(0, max_reason));
  end_frame(mark, true);
}

std::optional<Error> check_hello(const Frame& frame) {
  if (frame.type != FrameType::hello || frame.id != 0) return Error{Fault::unknown_message, 0};
  Cursor cursor(frame.payload);
  const std::string_view given = cursor.text(magic.size());
  const std::uint16_t version = cursor.uint16();
  if (const auto error = cursor.end()) return error;
  if (given != magic || version != protocol_version) return Error{Fault::wrong_value, 0};
  return std::nullopt;
}

std::string_view error_reason(const Frame& frame) {
  return Cursor(frame.payload).text(max_reason);
}

}  // namespace ferryman::local
