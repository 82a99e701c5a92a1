#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "exchange/exchanger.h"
#include "exchange/upstream.h"

namespace ferryman::exchange {

// A KDC that one exchange may ask. The list that names it outlives the exchange.
struct Contender {
  const locate::Kdc* kdc;
  KdcRecordPtr record;
};

// One exchange while it is under way: the request, and what its attempts have come to. Outlives its attempts.
struct Race {
  Race(std::shared_ptr<Upstream> shared, const kerberos::Request& wanted)
      : held(std::move(shared)),
        upstream(*held),
        options(upstream.options),
        request(wanted),
        repeatable(wanted.repeatable()) {}

  const std::shared_ptr<Upstream> held;
  Upstream& upstream;
  const Options options;
  const kerberos::Request& request;
  const bool repeatable;

  Outcome outcome;
  bool answered = false;
  bool written = false;  // octets of the request have gone out

  // Whether message is the answer: a reply that fits the request, other than KRB-ERRORs that ask for another
  // KDC or transport. An accepted one becomes outcome.reply, views of message.
  enum class Verdict : std::uint8_t { accepted, too_big, unavailable, nonsense };
  Verdict judge(Bytes message);
  void accept(const locate::Kdc& kdc, locate::Transport transport);
};

// How an attempt ended without an answer, for what to try next.
// no_socket: for want of descriptors or ports here, so no word about the KDC.
enum class AttemptEnd : std::uint8_t { answered, no_socket, connect_failed, failed, too_big };

// One datagram to a KDC and what comes back. Who owns it waits and calls receive(), until there is an end. An
// answer lies in the upstream's scratch: who wants to keep it copies it at once.
class UdpAttempt {
 public:
  UdpAttempt(Race& race, const Contender& contender) : race_(race), contender_(contender) {}

  std::optional<AttemptEnd> send(UdpPool::Clock::time_point now);
  std::optional<AttemptEnd> receive(UdpPool::Clock::time_point now);

  bool has(const void* line) const { return line_.get() == line; }
  // What has disturbed may have more behind it.
  void wait(LineReaderPtr reader) { line_->await(std::move(reader), !disturbed_); }

 private:
  AttemptEnd refused();

  Race& race_;
  const Contender& contender_;
  UdpPool::LinePtr line_;
  bool written_before_ = false, disturbed_ = false;
};

// One request over TCP and its answer, on a connection kept from an earlier one or on a new one. Who owns it
// waits and calls proceed(), until there is an end. An answer lies in the upstream's scratch, or in the
// outcome's buffer when it came in pieces.
class TcpAttempt {
 public:
  TcpAttempt(Race& race, const Contender& contender) : race_(race), contender_(contender) {}

  std::optional<AttemptEnd> begin(TcpPool::Clock::time_point now);
  std::optional<AttemptEnd> proceed(TcpPool::Clock::time_point now);
  bool connecting() const { return state_ == State::connecting; }
  bool reading() const { return state_ == State::reading; }

  bool has(const void* line) const { return line_.get() == line; }
  // While reading(). A piece may have filled the buffer it was read into.
  void wait(LineReaderPtr reader) { line_->await(std::move(reader), in_.empty()); }
  // Else.
  template <typename Handler>
  void wait_to_write(Handler handler) {
    line_->socket.async_wait(TcpPool::Line::Socket::wait_write, std::move(handler));
  }

 private:
  enum class State : std::uint8_t { connecting, writing, reading };

  std::optional<AttemptEnd> connect(TcpPool::Clock::time_point now);
  std::optional<AttemptEnd> write(TcpPool::Clock::time_point now);
  std::optional<AttemptEnd> read(TcpPool::Clock::time_point now);
  std::optional<AttemptEnd> died(TcpPool::Clock::time_point now);
  AttemptEnd finish(Bytes input, TcpPool::Clock::time_point now);
  void reset();

  Race& race_;
  const Contender& contender_;
  TcpPool::LinePtr line_;
  State state_ = State::connecting;
  bool kept_ = false;
  std::size_t written_ = 0;       // of prefix and request
  std::vector<std::uint8_t> in_;  // of a reply that comes in pieces, with its prefix
};

}  // namespace ferryman::exchange
