#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "local/frame.h"
#include "local/message.h"

namespace ferryman::local {

// ferryman-realm's side of one socket from ferrymand, without the socket. One thread at a time; a request's
// payload may be copied and carried out elsewhere meanwhile.
class Callee {
 public:
  Callee() { output_.put_hello(); }

  std::span<std::uint8_t> room() { return reader_.room(); }
  void took(std::size_t octets) { reader_.took(octets); }

  // The next request: an http_request, kerberos_request or status_request whose payload nobody has looked at.
  // The view is valid until room() or next() is called.
  std::optional<Frame> next();

  // Each request gets one of these; a message that cannot be sent becomes Refusal::failed. An answer to
  // what is not in flight is a mistake of the caller's and is left out.
  void answer(std::uint32_t id, const KerberosReply& reply);
  void answer(std::uint32_t id, const HttpResponse& response);
  void answer(std::uint32_t id, Refusal refusal);
  void answer(std::uint32_t id, const Status& status);

  Bytes to_write() const { return output_.pending(); }
  void wrote(std::size_t octets) { output_.wrote(octets); }

  // The other side broke the protocol: it is told why, and the socket has to be closed.
  void fail(std::string_view reason);
  // What fail() was given, here or by next(); "" where all is well. An error that the other side tells of
  // begins with "told: ".
  const std::string& failure() const { return failure_; }

  // Asks for no more requests. Those that come nevertheless are to be answered.
  void close();
  // The other side will send no more; or its half of the socket has ended, which ends a frame that is not
  // whole as well.
  void end_of_input();
  // Everything that was asked has been answered and written, and no more will come.
  bool finished() const { return input_ended_ && in_flight_.empty() && output_.pending().empty(); }

  std::size_t in_flight() const { return in_flight_.size(); }

 private:
  template <typename Message>
  void put(FrameType type, std::uint32_t id, const Message& message);
  bool read_control(const Frame& frame);
  bool admit(const Frame& frame);

  FrameReader reader_;
  Output output_;
  std::set<std::uint32_t> in_flight_;
  bool greeted_ = false, closing_ = false, input_ended_ = false;
  std::string failure_;
};

}  // namespace ferryman::local
