#include "client/dns.h"

#include <ares.h>
#include <sys/epoll.h>
#include <sys/time.h>

#include <stdexcept>
#include <utility>

namespace ferryman::client {
namespace {

constexpr std::size_t max_name = 253;
constexpr int class_in = 1, edns_size = 1232;

}  // namespace

struct Dns::Question {
  Dns& dns;
  Done done;
};

Dns::Dns(Loop& loop, const std::vector<std::string>& servers) : loop_(loop) {
  if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) throw std::runtime_error("c-ares cannot start");
  ares_options options{};
  options.flags = ARES_FLAG_EDNS;
  options.ednspsz = edns_size;
  options.timeout = 1500;
  options.tries = 3;
  options.sock_state_cb = on_socket_state;
  options.sock_state_cb_data = this;
  if (const int status = ares_init_options(
          &channel_, &options,
          ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
      status != ARES_SUCCESS)
    throw std::runtime_error(std::string("c-ares cannot start: ") + ares_strerror(status));
  std::string list;
  for (const auto& server : servers) list += (list.empty() ? "" : ",") + server;
  if (!list.empty() && ares_set_servers_ports_csv(channel_, list.c_str()) != ARES_SUCCESS) {
    ares_destroy(channel_);
    throw std::runtime_error("not a list of DNS servers: " + list);
  }
}

Dns::~Dns() {
  ares_destroy(channel_);
  ares_library_cleanup();
}

void Dns::on_socket_state(void* self, int descriptor, int read, int write) {
  auto& dns = *static_cast<Dns*>(self);
  dns.watches_.erase(descriptor);
  if (read == 0 && write == 0) return;
  const std::uint32_t events = (read != 0 ? EPOLLIN : 0U) | (write != 0 ? EPOLLOUT : 0U);
  dns.watches_[descriptor] = dns.loop_.watch(descriptor, events, [&dns, descriptor](std::uint32_t ready) {
    const bool readable = (ready & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0;
    ares_process_fd(dns.channel_, readable ? descriptor : ARES_SOCKET_BAD,
                    (ready & EPOLLOUT) != 0 ? descriptor : ARES_SOCKET_BAD);
    dns.schedule();
  });
}

void Dns::schedule() {
  timeval wait{};
  if (ares_timeout(channel_, nullptr, &wait) == nullptr) {
    timer_.reset();
    return;
  }
  const auto time = std::chrono::seconds(wait.tv_sec) + std::chrono::microseconds(wait.tv_usec);
  timer_ = loop_.at(Clock::now() + time, [this] {
    ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    schedule();
  });
}

// c-ares calls exactly once for each question: at once where it cannot even ask, and when it is destroyed.
void Dns::on_message(void* question, int status, int, unsigned char* message, int size) {
  const std::unique_ptr<Question> owned(static_cast<Question*>(question));
  --owned->dns.asked_;
  if (status == ARES_EDESTRUCTION) return;
  DnsReply reply;
  reply.failed = status != ARES_SUCCESS && status != ARES_ENODATA && status != ARES_ENOTFOUND;
  if (message != nullptr) reply.message.assign(message, message + size);
  Dns& dns = owned->dns;
  if (!dns.asking_) return owned->done(reply);
  const auto early =
      dns.early_.insert(dns.early_.end(), Early{std::move(owned->done), std::move(reply), nullptr});
  early->source = dns.loop_.at(Clock::now(), [&dns, early] {
    const Early taken = std::move(*early);
    dns.early_.erase(early);
    taken.done(taken.reply);
  });
}

void Dns::query(const std::string& name, RecordType type, Done done) {
  auto question = std::unique_ptr<Question>(new Question{*this, std::move(done)});
  asking_ = true;
  ++asked_;
  if (name.size() > max_name || name.find('\0') != std::string::npos) {
    on_message(question.release(), ARES_EBADNAME, 0, nullptr, 0);
  } else {
    ares_query(channel_, name.c_str(), class_in, static_cast<int>(type), on_message, question.release());
  }
  asking_ = false;
  schedule();
}

}  // namespace ferryman::client
