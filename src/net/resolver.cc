#include "net/resolver.h"

#include <stdexcept>
#include <utility>

#include "net/dns_channel.h"
#include "net/file_watch.h"
#include "net/resolv_conf.h"

namespace ferryman::net {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

constexpr std::size_t max_name = 255;

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

struct Resolver::Impl {
  Impl(asio::io_context& context, const std::vector<std::string>& given)
      : io(context),
        servers(given),
        files(given.empty() ? std::vector<std::string>{resolv_conf_file, hosts_file}
                            : std::vector<std::string>{hosts_file}) {}

  bool open();
  void look();
  const std::shared_ptr<DnsChannel>& channel(Search search);
  template <typename Answer>
  bool is_to_repeat(const std::optional<Answer>& answer, unsigned asked_at, Clock::time_point deadline);

  asio::io_context& io;
  const std::vector<std::string> servers;
  FileWatch files;
  unsigned changes = 0;
  bool names_server = true;
  std::shared_ptr<DnsChannel> as_they_stand, searching;
};

// What is under way at the channels that were there before is asked anew at these.
bool Resolver::Impl::open() {
  auto first = DnsChannel::open(io, servers, false);
  // Who names servers of his own has his names asked as they stand.
  auto second = servers.empty() ? DnsChannel::open(io, servers, true) : first;
  if (!first || !second) return false;
  names_server = !servers.empty() || !system_name_servers().empty();
  as_they_stand.swap(first);
  searching.swap(second);
  if (first) first->close();
  if (second) second->close();
  return true;
}

void Resolver::Impl::look() {
  if (!files.changed()) return;
  ++changes;
  if (servers.empty()) open();
}

const std::shared_ptr<DnsChannel>& Resolver::Impl::channel(Search search) {
  look();
  return search == Search::yes ? searching : as_they_stand;
}

// Whether the question was in vain for what the files said when it was asked, at the count of changes
// asked_at.
template <typename Answer>
bool Resolver::Impl::is_to_repeat(const std::optional<Answer>& answer, unsigned asked_at,
                                  Clock::time_point deadline) {
  if (!answer) return true;
  if (!has_failed(answer->status) || Clock::now() >= deadline) return false;
  look();
  return changes != asked_at;
}

Resolver::Resolver(asio::io_context& io, const std::vector<std::string>& servers)
    : impl_(std::make_unique<Impl>(io, servers)) {
  if (impl_->open()) return;
  std::string list;
  for (const auto& server : servers) list += (list.empty() ? "" : ",") + server;
  throw std::runtime_error(list.empty() ? "c-ares cannot be initialised"
                                        : "[dns] servers: not a list of addresses: " + list);
}

Resolver::~Resolver() {
  impl_->as_they_stand->close();
  impl_->searching->close();
}

unsigned Resolver::changes() {
  impl_->look();
  return impl_->changes;
}

bool Resolver::names_server() const {
  return impl_->names_server;
}

asio::awaitable<DnsAnswer> Resolver::query(std::string name, RecordType type, Clock::time_point deadline) {
  if (!is_askable(name)) co_return DnsAnswer{};
  const auto begun = Clock::now();
  std::optional<DnsAnswer> answer;
  unsigned asked_at = 0;
  do {
    const auto channel = impl_->channel(Search::no);
    asked_at = impl_->changes;
    answer = co_await DnsChannel::query(channel, name, type, deadline);
  } while (impl_->is_to_repeat(answer, asked_at, deadline));
  if (observer_) {
    const Lookup lookup{name, type, answer->status, answer->message, nullptr, microseconds_since(begun)};
    observer_(lookup);
  }
  co_return std::move(*answer);
}

asio::awaitable<Addresses> Resolver::addresses(std::string host, Clock::time_point deadline, Search search) {
  if (!is_askable(host)) co_return Addresses{};
  const auto begun = Clock::now();
  std::optional<Addresses> answer;
  unsigned asked_at = 0;
  do {
    const auto channel = impl_->channel(search);
    asked_at = impl_->changes;
    answer = co_await DnsChannel::addresses(channel, host, deadline);
  } while (impl_->is_to_repeat(answer, asked_at, deadline));
  if (observer_) {
    const Lookup lookup{host, RecordType::a,      answer->status,
                        {},   &answer->addresses, microseconds_since(begun)};
    observer_(lookup);
  }
  co_return std::move(*answer);
}

}  // namespace ferryman::net
