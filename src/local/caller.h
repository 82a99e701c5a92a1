#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "local/frame.h"
#include "local/message.h"

namespace ferryman::local {

// ferrymand's side of one socket to ferryman-realm, without the socket: it says what to write and takes what
// was read. One thread at a time.
//
//   Caller caller;                                  // connected
//   const auto id = caller.ask(request);            // nothing: no room; answer 503
//   write(caller.to_write()); caller.wrote(n);      // whenever to_write() is not empty
//   n = read(caller.room()); caller.took(n);
//   while (auto answer = caller.next()) ...         // answer->id is one that ask() gave
//   if (!caller.failure().empty() || caller.finished()) close();
//   for (const auto& lost : caller.lost()) ...      // after the socket's end: what never got an answer
class Caller {
 public:
  Caller() { output_.put_hello(); }

  // Puts a request on its way; the id comes back with its answer. Nothing when it cannot be sent: can_ask()
  // is false, or the request is over a limit of limits.h.
  std::optional<std::uint32_t> ask(const KerberosRequest& request);
  std::optional<std::uint32_t> ask(const HttpRequest& request);
  std::optional<std::uint32_t> ask(const StatusRequest& request);

  // Whether one more request may go this way: the other side is not closing, nothing failed, fewer than
  // max_in_flight wait, and what was put in before is being written.
  bool can_ask() const;

  // Nobody waits for that answer any more: next() will not give it. It counts until it has come.
  void abandon(std::uint32_t id);

  Bytes to_write() const { return output_.pending(); }
  void wrote(std::size_t octets) { output_.wrote(octets); }
  std::span<std::uint8_t> room() { return reader_.room(); }
  void took(std::size_t octets) { reader_.took(octets); }

  // The next answer that is complete. A KerberosReply is a view, valid until room() or next() is called.
  struct Answer {
    std::uint32_t id = 0;
    std::variant<KerberosReply, HttpResponse, Refusal, Status> content;
  };
  std::optional<Answer> next();

  // No further requests: they go to another socket. ferryman-realm answers what has been asked and closes.
  void close();

  // The other side closes, this one should be closed once finished(); requests need another socket.
  bool closing() const { return closing_; }
  // It was closed in order and nothing is left to be read or written.
  bool finished() const { return closing_ && in_flight_.empty() && output_.pending().empty(); }

  // Why the socket has to be closed at once: the other side broke the protocol, or says that this one did.
  // Empty: it does not.
  const std::string& failure() const { return failure_; }

  // Requests without an answer, in the order in which they were asked. sent: an octet of it was written, so
  // ferryman-realm may have carried it out; else it can be asked anew without harm.
  struct Lost {
    std::uint32_t id = 0;
    bool sent = false;
  };
  std::vector<Lost> lost() const;

  std::size_t in_flight() const { return in_flight_.size(); }

 private:
  struct Pending {
    FrameType expected;
    std::uint64_t position;  // of its frame in the output
    bool abandoned = false;
  };

  template <typename Request>
  std::optional<std::uint32_t> put(FrameType type, FrameType expected, const Request& request);
  std::optional<Answer> read_answer(const Frame& frame);
  bool read_control(const Frame& frame);
  void fail(std::string_view reason);

  FrameReader reader_;
  Output output_;
  std::map<std::uint32_t, Pending> in_flight_;
  std::uint32_t last_id_ = 0;
  bool greeted_ = false, closing_ = false;
  std::string failure_;
};

}  // namespace ferryman::local
