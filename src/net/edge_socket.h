#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/basic_socket.hpp>
#include <boost/asio/detail/reactive_socket_service_base.hpp>
#include <boost/asio/detail/reactive_wait_op.hpp>
#include <boost/asio/detail/reactor.hpp>
#include <boost/version.hpp>
#include <cerrno>
#include <memory>
#include <utility>

namespace ferryman::net {

// Asio registers a socket with epoll once, edge-triggered, but its async_wait() arms it anew: a system call
// for each wait, so that what already lies in the socket is told of too. EdgeSocket can wait without that.
// This needs what is inside Asio, and is the only place that does; with another version of Boost, or with
// FERRYMAN_PLAIN_ASIO_WAITS, it waits as ever.
#if BOOST_VERSION == 108100 && !defined(FERRYMAN_PLAIN_ASIO_WAITS)
#define FERRYMAN_EDGE_WAITS

// As Asio's reactive_wait_op, but it tells the reactor that an event is used up with it.
template <typename Handler, typename Executor>
class EdgeWait final : public boost::asio::detail::reactor_op {
 public:
  BOOST_ASIO_DEFINE_HANDLER_PTR(EdgeWait);

  EdgeWait(Handler& handler, const Executor& executor)
      : reactor_op({}, &EdgeWait::do_perform, &EdgeWait::do_complete),
        handler_(std::move(handler)),
        work_(handler_, executor) {}

 private:
  // Upon an event, or at once if there was one that nobody waited for.
  static status do_perform(boost::asio::detail::reactor_op*) { return done_and_exhausted; }

  // owner: null where the event loop is destroyed. The handler may free what it belongs to, so it is called
  // from here and not from the operation.
  static void do_complete(void* owner, boost::asio::detail::operation* base, const boost::system::error_code&,
                          std::size_t) {
    auto* const wait = static_cast<EdgeWait*>(base);
    ptr memory = {std::addressof(wait->handler_), wait, wait};
    boost::asio::detail::handler_work<Handler, Executor> work(std::move(wait->work_));
    boost::asio::detail::binder1<Handler, boost::system::error_code> handler(wait->handler_, wait->ec_);
    memory.h = std::addressof(handler.handler_);
    memory.reset();
    if (owner != nullptr) work.complete(handler, handler.handler_);
  }

  Handler handler_;
  boost::asio::detail::handler_work<Handler, Executor> work_;
};

// The way into the reactor that the socket's service keeps for itself.
struct EdgeStart : boost::asio::detail::reactive_socket_service_base {
  static constexpr auto op = &EdgeStart::start_op;
};

// Asio ends the first wait for a new descriptor at once, since something may have come before it was
// registered. epoll reports that anyway, so this makes the first wait a real one.
void expect_an_event(boost::asio::detail::reactor::descriptor_state& descriptor);

#endif

// Base: one of Asio's sockets with the event loop's own executor.
template <typename Base>
class EdgeSocket : public Base {
 public:
  using Base::Base;
  EdgeSocket(Base&& base) : Base(std::move(base)) {}

  // As Base::assign(), for a descriptor that is non-blocking already and that no other descriptor shares its
  // socket with; that saves two system calls. Counts as read empty for async_wait_drained(). Where it cannot
  // be taken it is closed.
  void adopt(const typename Base::protocol_type& protocol, int descriptor, boost::system::error_code& error) {
    try {
      this->assign(protocol, descriptor, error);
    } catch (...) {
      ::close(descriptor);
      throw;
    }
    if (error) {
      ::close(descriptor);
      return;
    }
#ifdef FERRYMAN_EDGE_WAITS
    namespace ops = boost::asio::detail::socket_ops;
    auto& socket = this->impl_.get_implementation();
    socket.state_ |= ops::user_set_non_blocking;
    socket.state_ &= ~ops::possible_dup;
    expect_an_event(*socket.reactor_data_);
#else
    this->non_blocking(true, error);
#endif
  }

  // Base::open() of a socket that is non-blocking, adopted.
  void open_new(const typename Base::protocol_type& protocol, boost::system::error_code& error) {
    const int descriptor = ::socket(protocol.family(), protocol.type() | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor >= 0) return adopt(protocol, descriptor, error);
    error.assign(errno, boost::system::system_category());
  }

  // As Base::async_wait(wait_read), for a socket that has been read empty: the last read came short or found
  // nothing. To be called on the event loop's thread. The handler may be called although nothing has come.
  template <typename Handler>
  void async_wait_drained(Handler handler) {
#ifdef FERRYMAN_EDGE_WAITS
    namespace detail = boost::asio::detail;
    using Wait = EdgeWait<Handler, typename Base::executor_type>;
    auto& socket = this->impl_.get_implementation();
    typename Wait::ptr memory = {std::addressof(handler), Wait::ptr::allocate(handler), nullptr};
    auto* const wait = new (memory.v) Wait(handler, this->get_executor());
    memory.v = nullptr;
    (this->impl_.get_service().*EdgeStart::op)(socket, detail::reactor::read_op, wait, false, true, false);
#else
    this->async_wait(Base::wait_read, std::move(handler));
#endif
  }
};

}  // namespace ferryman::net
