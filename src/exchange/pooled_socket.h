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

// Told that something has come to a pooled: octets, its end, or an error.
class SocketReader : public boost::intrusive_ref_counter<SocketReader, boost::thread_unsafe_counter> {
 public:
  virtual ~SocketReader() = default;
  // pooled: only to tell one from another.
  virtual void on_readable(const void* pooled) = 0;
};
using SocketReaderPtr = boost::intrusive_ptr<SocketReader>;

// A connected socket to a KDC, for one exchange after another. It is always waited for, at rest too, so that
// the pool it rests in need not ask the kernel whether it is still as it was left. Base: Asio's socket.
template <typename Base>
class PooledSocket final
    : public Recycled<PooledSocket<Base>>,
      public boost::intrusive_ref_counter<PooledSocket<Base>, boost::thread_unsafe_counter> {
 public:
  using Clock = std::chrono::steady_clock;
  using Socket = net::EdgeSocket<Base>;

  // Closes: the wait, which holds the pooled as well, ends with that.
  struct Release {
    void operator()(PooledSocket* pooled) const {
      pooled->close();
      intrusive_ptr_release(pooled);
    }
  };
  using Ptr = std::unique_ptr<PooledSocket, Release>;

  static Ptr make(Socket socket, Clock::time_point now) {
    auto* const pooled = new PooledSocket(std::move(socket), now);
    intrusive_ptr_add_ref(pooled);
    return Ptr(pooled);
  }

  // reader is told once, and held until then or until the pooled is closed. drained: the socket has been read
  // until a read came short or found nothing.
  void await(SocketReaderPtr reader, bool drained) {
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
  // Holds the pooled. One that is destroyed with the event loop lets go of the reader, which may own the
  // pooled.
  class Wait {
   public:
    explicit Wait(PooledSocket* pooled) : socket_(pooled) {}
    Wait(Wait&&) noexcept = default;
    Wait& operator=(Wait&&) = delete;
    ~Wait() {
      if (socket_) SocketReaderPtr(std::move(socket_->reader_)).reset();
    }

    void operator()(boost::system::error_code error) {
      const boost::intrusive_ptr<PooledSocket> pooled = std::move(socket_);
      pooled->waiting_ = false;
      if (!error && pooled->socket.is_open()) pooled->tell();
    }

   private:
    boost::intrusive_ptr<PooledSocket> socket_;
  };

  PooledSocket(Socket s, Clock::time_point now) : socket(std::move(s)), born(now) {}

  void tell() {
    if (const SocketReaderPtr reader = std::move(reader_)) return reader->on_readable(this);
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

  SocketReaderPtr reader_;
  std::optional<Clock::time_point> disturbed_;
  bool waiting_ = false;
};

}  // namespace ferryman::exchange
