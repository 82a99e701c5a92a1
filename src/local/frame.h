#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "local/message.h"

namespace ferryman::local {

enum class FrameType : std::uint8_t {
  hello = 1,    // each side's first: which version it speaks
  error = 2,    // the last one: what the other side did wrong; the sender closes
  closing = 3,  // from ferryman-realm: send no more requests; from ferrymand: none will follow
  http_request = 16,
  kerberos_request = 17,
  status_request = 18,
  http_response = 32,
  kerberos_reply = 33,
  refusal = 34,
  status = 35,
};

// One frame. id belongs to a request and its answer, and is 0 in the others. The payload is a view.
struct Frame {
  FrameType type = FrameType::hello;
  std::uint32_t id = 0;
  Bytes payload;
};

// Finds frames in a stream of octets, however they are cut. Bounded: a length over max_frame is a fault as
// soon as it is there, and no more is kept than has come.
class FrameReader {
 public:
  // Where octets of the stream are to be written next: never empty. What next() gave is no longer valid.
  std::span<std::uint8_t> room();
  void took(std::size_t octets) { end_ += octets; }

  // The next whole frame; nothing while octets of it are missing; a fault, then and ever after:
  // length_too_large, truncated (no room for type and id), unknown_message.
  Result<std::optional<Frame>> next();

  // Octets of a frame that is not whole.
  std::size_t left_over() const { return end_ - begin_; }

 private:
  std::vector<std::uint8_t> buffer_;
  std::size_t begin_ = 0, end_ = 0;
};

// Octets on their way out.
class Output {
 public:
  Bytes pending() const { return Bytes(octets_).subspan(written_); }
  void wrote(std::size_t octets);
  // Position in the stream, from its begin: of the next octet to be put in, and of the next to be written.
  std::uint64_t end_position() const { return start_ + octets_.size(); }
  std::uint64_t position() const { return start_ + written_; }

  // Puts a frame in. False, and nothing is, when its message cannot be sent.
  template <typename Message>
  [[nodiscard]] bool put(FrameType type, std::uint32_t id, const Message& message) {
    const std::size_t mark = begin_frame(type, id);
    return end_frame(mark, append(octets_, message));
  }
  void put_hello();
  void put_closing();
  void put_error(std::string_view reason);  // cut to max_reason

 private:
  std::size_t begin_frame(FrameType type, std::uint32_t id);
  bool end_frame(std::size_t mark, bool keep);

  Octets octets_;
  std::size_t written_ = 0;
  std::uint64_t start_ = 0;  // position of octets_[0]
};

// The payload of a hello is right: the magic and protocol_version. wrong_value: another version.
std::optional<Error> check_hello(const Frame& frame);

// The reason in an error frame, "" when there is none that can be read.
std::string_view error_reason(const Frame& frame);

}  // namespace ferryman::local
