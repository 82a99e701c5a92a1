#pragma once

#include <ares.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/resolver.h"

namespace ferryman::net {

// One question, held by who asked and by c-ares until both are done with it.
template <typename Answer>
struct PendingQuestion {
  explicit PendingQuestion(boost::asio::io_context& io) : done(io) {}
  void finish() {
    finished = true;
    done.cancel();
  }
  boost::asio::steady_timer done;
  bool finished = false;
  bool abandoned = false;  // by a channel that was closed
  Answer answer;
};

// c-ares on one event loop, with the servers and the search list that were in force when it was opened. Not
// thread-safe.
class DnsChannel : public std::enable_shared_from_this<DnsChannel> {
 public:
  // servers: as for a Resolver; empty: those of /etc/resolv.conf. search: names of hosts are completed by its
  // search list. Null where c-ares cannot be set up or servers is no list of addresses.
  static std::shared_ptr<DnsChannel> open(boost::asio::io_context& io,
                                          const std::vector<std::string>& servers, bool search);
  explicit DnsChannel(boost::asio::io_context& io) : io_(io), timer_(io) {}
  DnsChannel(const DnsChannel&) = delete;
  DnsChannel& operator=(const DnsChannel&) = delete;
  ~DnsChannel() { close(); }

  using Deadline = std::chrono::steady_clock::time_point;
  // Nothing when the channel was closed meanwhile.
  static boost::asio::awaitable<std::optional<DnsAnswer>> query(std::shared_ptr<DnsChannel> channel,
                                                                std::string name, RecordType type,
                                                                Deadline deadline);
  static boost::asio::awaitable<std::optional<Addresses>> addresses(std::shared_ptr<DnsChannel> channel,
                                                                    std::string host, Deadline deadline);

  // What is under way ends. Not from inside c-ares.
  void close();

 private:
  // c-ares' sockets are its own; the descriptors here only wait for them.
  struct Watch {
    Watch(boost::asio::io_context& io, int fd) : descriptor(io, fd) {}
    boost::asio::posix::stream_descriptor descriptor;
    bool read = false, write = false;  // what c-ares wants
    bool waiting_read = false, waiting_write = false;
  };

  static void on_socket_state(void* self, ares_socket_t fd, int read, int write) {
    static_cast<DnsChannel*>(self)->set_watch(fd, read != 0, write != 0);
  }
  bool set_up(const std::vector<std::string>& servers, bool search);
  void set_watch(int fd, bool read, bool write);
  void wait(int fd, const std::shared_ptr<Watch>& watch);
  void process(ares_socket_t read, ares_socket_t write);
  void schedule();

  boost::asio::io_context& io_;
  boost::asio::steady_timer timer_;
  ares_channel channel_ = nullptr;
  std::map<int, std::shared_ptr<Watch>> watches_;
};

}  // namespace ferryman::net
