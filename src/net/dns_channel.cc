#include "net/dns_channel.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cstring>
#include <utility>

namespace ferryman::net {
namespace {

namespace asio = boost::asio;

constexpr int try_timeout_ms = 1500, tries = 2, edns_size = 1232;

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

template <typename Answer>
using Held = std::shared_ptr<PendingQuestion<Answer>>;

// c-ares calls exactly once for each question, at the latest when the channel is destroyed.
template <typename Answer>
Held<Answer> take(void* argument) {
  const std::unique_ptr<Held<Answer>> held(static_cast<Held<Answer>*>(argument));
  return *held;
}

void on_message(void* argument, int status, int, unsigned char* message, int size) {
  const auto pending = take<DnsAnswer>(argument);
  pending->abandoned = status == ARES_EDESTRUCTION;
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
  pending->abandoned = status == ARES_EDESTRUCTION;
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

template <typename Answer>
asio::awaitable<std::optional<Answer>> outcome(Held<Answer> pending, DnsChannel::Deadline deadline) {
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
  if (pending->abandoned) co_return std::nullopt;
  co_return std::move(pending->answer);
}

}  // namespace

std::shared_ptr<DnsChannel> DnsChannel::open(asio::io_context& io, const std::vector<std::string>& servers,
                                             bool search) {
  static const int library = ares_library_init(ARES_LIB_INIT_ALL);
  (void)library;
  auto channel = std::make_shared<DnsChannel>(io);
  if (!channel->set_up(servers, search)) return nullptr;
  return channel;
}

bool DnsChannel::set_up(const std::vector<std::string>& servers, bool search) {
  char lookups[] = "fb";
  ares_options options{};
  options.timeout = try_timeout_ms;
  options.tries = tries;
  options.lookups = lookups;
  options.ndomains = 0;
  options.sock_state_cb = &DnsChannel::on_socket_state;
  options.sock_state_cb_data = this;
  options.flags = ARES_FLAG_EDNS;  // answers of more than 512 octets: SRV records with their addresses
  options.ednspsz = edns_size;
  const int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB |
                   ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | (search ? 0 : ARES_OPT_DOMAINS);
  if (ares_init_options(&channel_, &options, mask) != ARES_SUCCESS) {
    channel_ = nullptr;
    return false;
  }
  if (servers.empty()) return true;
  std::string csv;
  for (const auto& server : servers) csv += (csv.empty() ? "" : ",") + server;
  return ares_set_servers_ports_csv(channel_, csv.c_str()) == ARES_SUCCESS;
}

void DnsChannel::close() {
  if (channel_ == nullptr) return;
  timer_.cancel();
  ares_destroy(std::exchange(channel_, nullptr));
}

asio::awaitable<std::optional<DnsAnswer>> DnsChannel::query(std::shared_ptr<DnsChannel> channel,
                                                            std::string name, RecordType type,
                                                            Deadline deadline) {
  auto pending = std::make_shared<PendingQuestion<DnsAnswer>>(channel->io_);
  constexpr int class_in = 1;
  ares_query(channel->channel_, name.c_str(), class_in, static_cast<int>(type), &on_message,
             new Held<DnsAnswer>(pending));
  channel->schedule();
  co_return co_await outcome(pending, deadline);
}

asio::awaitable<std::optional<Addresses>> DnsChannel::addresses(std::shared_ptr<DnsChannel> channel,
                                                                std::string host, Deadline deadline) {
  auto pending = std::make_shared<PendingQuestion<Addresses>>(channel->io_);
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  ares_getaddrinfo(channel->channel_, host.c_str(), nullptr, &hints, &on_addresses,
                   new Held<Addresses>(pending));
  channel->schedule();
  co_return co_await outcome(pending, deadline);
}

void DnsChannel::set_watch(int fd, bool read, bool write) {
  const auto found = watches_.find(fd);
  if (!read && !write) {
    if (found == watches_.end()) return;
    // c-ares closes it: give it back, or it would be closed twice.
    found->second->descriptor.release();
    found->second->read = found->second->write = false;
    watches_.erase(found);
    return;
  }
  auto& watch = watches_[fd];
  if (!watch) watch = std::make_shared<Watch>(io_, fd);
  watch->read = read;
  watch->write = write;
  wait(fd, watch);
}

void DnsChannel::wait(int fd, const std::shared_ptr<Watch>& watch) {
  using asio::posix::stream_descriptor;
  const auto self = weak_from_this();
  if (watch->read && !watch->waiting_read) {
    watch->waiting_read = true;
    watch->descriptor.async_wait(stream_descriptor::wait_read,
                                 [self, fd, watch](boost::system::error_code error) {
                                   watch->waiting_read = false;
                                   const auto channel = self.lock();
                                   if (error || !channel || !watch->read) return;
                                   channel->process(fd, ARES_SOCKET_BAD);
                                   if (watch->read) channel->wait(fd, watch);
                                 });
  }
  if (watch->write && !watch->waiting_write) {
    watch->waiting_write = true;
    watch->descriptor.async_wait(stream_descriptor::wait_write,
                                 [self, fd, watch](boost::system::error_code error) {
                                   watch->waiting_write = false;
                                   const auto channel = self.lock();
                                   if (error || !channel || !watch->write) return;
                                   channel->process(ARES_SOCKET_BAD, fd);
                                   if (watch->write) channel->wait(fd, watch);
                                 });
  }
}

void DnsChannel::process(ares_socket_t read, ares_socket_t write) {
  if (channel_ == nullptr) return;
  ares_process_fd(channel_, read, write);
  schedule();
}

void DnsChannel::schedule() {
  timeval next{};
  if (ares_timeout(channel_, nullptr, &next) == nullptr) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(std::chrono::seconds(next.tv_sec) + std::chrono::microseconds(next.tv_usec));
  timer_.async_wait([self = weak_from_this()](boost::system::error_code error) {
    const auto channel = self.lock();
    if (!error && channel) channel->process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  });
}

}  // namespace ferryman::net
