#include "net/resolver.h"

#include <ares.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cstring>
#include <map>
#include <stdexcept>

namespace ferryman::net {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

constexpr int try_timeout_ms = 1500, tries = 2, edns_size = 1232;
constexpr std::size_t max_name = 255;

DnsStatus status_of(int ares_status) {
  switch (ares_status) {
    case ARES_SUCCESS:
      return DnsStatus::ok;
    case ARES_ENODATA:
      return DnsStatus::no_data;
    case ARES_ENOTFOUND:
      return DnsStatus::nxdomain;
    case ARES_ETIMEOUT:
      return DnsStatus::timeout;
    case ARES_EBADRESP:
      return DnsStatus::malformed;
    default:
      return DnsStatus::failed;
  }
}

// One question, held by who asked and by c-ares until both are done with it.
template <typename Answer>
struct Pending {
  explicit Pending(asio::io_context& io) : done(io) {}
  void finish() {
    finished = true;
    done.cancel();
  }
  asio::steady_timer done;
  bool finished = false;
  Answer answer;
};

template <typename Answer>
using Held = std::shared_ptr<Pending<Answer>>;

// c-ares calls exactly once for each question, at the latest when the channel is destroyed.
template <typename Answer>
Held<Answer> take(void* argument) {
  const std::unique_ptr<Held<Answer>> held(static_cast<Held<Answer>*>(argument));
  return *held;
}

void on_message(void* argument, int status, int, unsigned char* message, int size) {
  const auto pending = take<DnsAnswer>(argument);
  pending->answer.status = status_of(status);
  if (message != nullptr) pending->answer.message.assign(message, message + size);
  pending->finish();
}

void add_address(const ares_addrinfo_node& node, Addresses& addresses) {
  if (node.ai_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, node.ai_addr, sizeof v4);
    addresses.addresses.push_back(asio::ip::make_address_v4(ntohl(v4.sin_addr.s_addr)));
  } else if (node.ai_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, node.ai_addr, sizeof v6);
    asio::ip::address_v6::bytes_type octets;
    std::memcpy(octets.data(), &v6.sin6_addr, octets.size());
    addresses.addresses.emplace_back(asio::ip::make_address_v6(octets, v6.sin6_scope_id));
  }
}

void on_addresses(void* argument, int status, int, ares_addrinfo* result) {
  const auto pending = take<Addresses>(argument);
  pending->answer.status = status_of(status);
  bool first = true;
  for (const ares_addrinfo_node* node = result != nullptr ? result->nodes : nullptr; node != nullptr;
       node = node->ai_next) {
    add_address(*node, pending->answer);
    const auto ttl = static_cast<std::uint32_t>(std::max(node->ai_ttl, 0));
    pending->answer.ttl_seconds = first ? ttl : std::min(pending->answer.ttl_seconds, ttl);
    first = false;
  }
  if (result != nullptr) ares_freeaddrinfo(result);
  pending->finish();
}

std::chrono::microseconds microseconds_since(Clock::time_point begun) {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begun);
}

bool is_askable(const std::string& name) {
  return !name.empty() && name.size() <= max_name && name.find('\0') == std::string::npos;
}

}  // namespace

std::string_view name(DnsStatus status) {
  switch (status) {
    case DnsStatus::ok:
      return "ok";
    case DnsStatus::no_data:
      return "no such records";
    case DnsStatus::nxdomain:
      return "no such name";
    case DnsStatus::timeout:
      return "timeout";
    case DnsStatus::malformed:
      return "malformed";
    case DnsStatus::failed:
      break;
  }
  return "failed";
}

// c-ares' sockets are its own; the descriptors here only wait for them.
struct Resolver::Impl : std::enable_shared_from_this<Impl> {
  explicit Impl(asio::io_context& context) : io(context), timer(context) {}

  struct Watch {
    Watch(asio::io_context& io, int fd) : descriptor(io, fd) {}
    asio::posix::stream_descriptor descriptor;
    bool read = false, write = false;  // what c-ares wants
    bool waiting_read = false, waiting_write = false;
  };

  static void on_socket_state(void* self, ares_socket_t fd, int read, int write) {
    static_cast<Impl*>(self)->set_watch(fd, read != 0, write != 0);
  }
  void set_watch(int fd, bool read, bool write);
  void wait(int fd, const std::shared_ptr<Watch>& watch);
  void process(ares_socket_t read, ares_socket_t write);
  void schedule();
  template <typename Answer>
  asio::awaitable<Answer> outcome(Held<Answer> pending, Clock::time_point deadline);

  asio::io_context& io;
  asio::steady_timer timer;
  ares_channel channel = nullptr;
  std::map<int, std::shared_ptr<Watch>> watches;
};

void Resolver::Impl::set_watch(int fd, bool read, bool write) {
  const auto found = watches.find(fd);
  if (!read && !write) {
    if (found == watches.end()) return;
    // c-ares closes it: give it back, or it would be closed twice.
    found->second->descriptor.release();
    found->second->read = found->second->write = false;
    watches.erase(found);
    return;
  }
  auto& watch = watches[fd];
  if (!watch) watch = std::make_shared<Watch>(io, fd);
  watch->read = read;
  watch->write = write;
  wait(fd, watch);
}

void Resolver::Impl::wait(int fd, const std::shared_ptr<Watch>& watch) {
  using asio::posix::stream_descriptor;
  const auto self = weak_from_this();
  if (watch->read && !watch->waiting_read) {
    watch->waiting_read = true;
    watch->descriptor.async_wait(stream_descriptor::wait_read,
                                 [self, fd, watch](boost::system::error_code error) {
                                   watch->waiting_read = false;
                                   const auto impl = self.lock();
                                   if (error || !impl || !watch->read) return;
                                   impl->process(fd, ARES_SOCKET_BAD);
                                   if (watch->read) impl->wait(fd, watch);
                                 });
  }
  if (watch->write && !watch->waiting_write) {
    watch->waiting_write = true;
    watch->descriptor.async_wait(stream_descriptor::wait_write,
                                 [self, fd, watch](boost::system::error_code error) {
                                   watch->waiting_write = false;
                                   const auto impl = self.lock();
                                   if (error || !impl || !watch->write) return;
                                   impl->process(ARES_SOCKET_BAD, fd);
                                   if (watch->write) impl->wait(fd, watch);
                                 });
  }
}

void Resolver::Impl::process(ares_socket_t read, ares_socket_t write) {
  ares_process_fd(channel, read, write);
  schedule();
}

void Resolver::Impl::schedule() {
  timeval next{};
  if (ares_timeout(channel, nullptr, &next) == nullptr) {
    timer.cancel();
    return;
  }
  timer.expires_after(std::chrono::seconds(next.tv_sec) + std::chrono::microseconds(next.tv_usec));
  timer.async_wait([self = weak_from_this()](boost::system::error_code error) {
    const auto impl = self.lock();
    if (!error && impl) impl->process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  });
}

template <typename Answer>
asio::awaitable<Answer> Resolver::Impl::outcome(Held<Answer> pending, Clock::time_point deadline) {
  schedule();
  if (!pending->finished) {
    pending->done.expires_at(deadline);
    boost::system::error_code ignored;
    co_await pending->done.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  if (!pending->finished) {
    Answer late;
    late.status = DnsStatus::timeout;
    co_return late;
  }
  co_return std::move(pending->answer);
}

Resolver::Resolver(asio::io_context& io, const std::vector<std::string>& servers)
    : impl_(std::make_shared<Impl>(io)) {
  static const int library = ares_library_init(ARES_LIB_INIT_ALL);
  (void)library;
  char lookups[] = "fb";
  ares_options options{};
  options.timeout = try_timeout_ms;
  options.tries = tries;
  options.lookups = lookups;
  options.ndomains = 0;  // no search list: names are asked as they stand
  options.sock_state_cb = &Impl::on_socket_state;
  options.sock_state_cb_data = impl_.get();
  options.flags = ARES_FLAG_EDNS;  // answers of more than 512 octets: SRV records with their addresses
  options.ednspsz = edns_size;
  const int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_DOMAINS |
                   ARES_OPT_SOCK_STATE_CB | ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ;
  if (ares_init_options(&impl_->channel, &options, mask) != ARES_SUCCESS) {
    throw std::runtime_error("c-ares cannot be initialised");
  }
  if (servers.empty()) return;
  std::string csv;
  for (const auto& server : servers) csv += (csv.empty() ? "" : ",") + server;
  if (ares_set_servers_ports_csv(impl_->channel, csv.c_str()) != ARES_SUCCESS) {
    ares_destroy(impl_->channel);
    throw std::runtime_error("[dns] servers: not a list of addresses: " + csv);
  }
}

Resolver::~Resolver() {
  impl_->timer.cancel();
  ares_destroy(impl_->channel);
}

asio::awaitable<DnsAnswer> Resolver::query(std::string name, RecordType type, Clock::time_point deadline) {
  if (!is_askable(name)) co_return DnsAnswer{};
  const auto begun = Clock::now();
  auto pending = std::make_shared<Pending<DnsAnswer>>(impl_->io);
  constexpr int class_in = 1;
  ares_query(impl_->channel, name.c_str(), class_in, static_cast<int>(type), &on_message,
             new Held<DnsAnswer>(pending));
  DnsAnswer answer = co_await impl_->outcome(pending, deadline);
  if (observer_) {
    const Lookup lookup{name, type, answer.status, answer.message, nullptr, microseconds_since(begun)};
    observer_(lookup);
  }
  co_return answer;
}

asio::awaitable<Addresses> Resolver::addresses(std::string host, Clock::time_point deadline) {
  if (!is_askable(host)) co_return Addresses{};
  const auto begun = Clock::now();
  auto pending = std::make_shared<Pending<Addresses>>(impl_->io);
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  ares_getaddrinfo(impl_->channel, host.c_str(), nullptr, &hints, &on_addresses,
                   new Held<Addresses>(pending));
  Addresses answer = co_await impl_->outcome(pending, deadline);
  if (observer_) {
    const Lookup lookup{host, RecordType::a, answer.status, {}, &answer.addresses, microseconds_since(begun)};
    observer_(lookup);
  }
  co_return answer;
}

}  // namespace ferryman::net
