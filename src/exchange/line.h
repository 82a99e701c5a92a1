#pragma once

#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "base/recycled.h"
#include "net/edge_socket.h"

namespace ferryman::exchange {

// Told that something has come to a line: octets, its end, or an error.
class LineReader : public boost::intrusive_ref_counter<LineReader, boost::thread_unsafe_counter> {
 public:
  virtual ~LineReader() = default;
  // line: only to tell one from another.
  virtual void on_readable(const void* line) = 0;
};
using LineReaderPtr = boost::intrusive_ptr<LineReader>;

// A connected socket to a KDC, for one exchange after another. It is always waited for, at rest too, so that
// the pool it rests in need not ask the kernel whether it is still as it was left. Base: Asio's socket.
template <typename Base>
class Line final : public Recycled<Line<Base>>,
                   public boost::intrusive_ref_counter<Line<Base>, boost::thread_unsafe_counter> {
 public:
  using Clock = std::chrono::steady_clock;
  using Socket = net::EdgeSocket<Base>;

  // Closes: the wait, which holds the line as well, ends with that.
  struct Release {
    void operator()(Line* line) const {
      line->close();
      intrusive_ptr_release(line);
    }
  };
  using Ptr = std::unique_ptr<Line, Release>;

  static Ptr make(Socket socket, Clock::time_point now) {
    auto* const line = new Line(std::move(socket), now);
    intrusive_ptr_add_ref(line);
    return Ptr(line);
  }

  // reader is told once, and held until then or until the line is closed. drained: the socket has been read
  // until a read came short or found nothing.
  void await(LineReaderPtr reader, bool drained) {
    reader_ = std::move(reader);
    if (waiting_) return;
    if (drained && !disturbed_) {
      socket.async_wait_drained(Wait(this));
    } else {
      socket.async_wait(Socket::wait_read, Wait(this));
    }
    waiting_ = true;
  }

  // After an exchange, until the next one.
  void rest(Clock::time_point now) {
    rests_since = now;
    disturbed_.reset();  // what came before has been read
    await(nullptr, true);
  }

  // Since it rests nothing has come to it, as far as the event loop knows.
  bool is_quiet() const { return waiting_ && !disturbed_; }
  // When something did.
  const std::optional<Clock::time_point>& disturbed() const { return disturbed_; }

  Socket socket;
  const Clock::time_point born;
  Clock::time_point rests_since{};
  unsigned uses = 0;

 private:
  // Holds the line. One that is destroyed with the event loop lets go of the reader, which may own the line.
  class Wait {
   public:
    explicit Wait(Line* line) : line_(line) {}
    Wait(Wait&&) noexcept = default;
    Wait& operator=(Wait&&) = delete;
    ~Wait() {
      if (line_) LineReaderPtr(std::move(line_->reader_)).reset();
    }

    void operator()(boost::system::error_code error) {
      const boost::intrusive_ptr<Line> line = std::move(line_);
      line->waiting_ = false;
      if (!error && line->socket.is_open()) line->tell();
    }

   private:
    boost::intrusive_ptr<Line> line_;
  };

  Line(Socket s, Clock::time_point now) : socket(std::move(s)), born(now) {}

  void tell() {
    if (const LineReaderPtr reader = std::move(reader_)) return reader->on_readable(this);
    if (holds_something()) {
      disturbed_ = Clock::now();
    } else {
      await(nullptr, true);  // it was of what has been read already
    }
  }

  // Octets, its end or an error.
  bool holds_something() {
    char octet;
    return ::recv(socket.native_handle(), &octet, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN;
  }

  void close() {
    reader_.reset();
    boost::system::error_code ignored;
    socket.close(ignored);
  }

  LineReaderPtr reader_;
  std::optional<Clock::time_point> disturbed_;
  bool waiting_ = false;
};

}  // namespace ferryman::exchange
