#include "exchange/realm_caller.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace ferryman::exchange {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Between two attempts while none comes to an answer.
constexpr std::chrono::milliseconds first_pause{20}, longest_pause{500};

// Who listens there; nothing: the kernel does not say.
std::optional<uid_t> peer_uid(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  return peer.uid;
}

}  // namespace

RealmCaller::RealmCaller(asio::io_context& io) : io_(io), timers_(std::make_shared<TimerQueue>(io)) {}

RealmCaller::~RealmCaller() {
  timers_->stop();
  for (const auto& link : links_) link->abort();
}

void RealmCaller::configure(std::optional<RealmAddress> address) {
  if (address == address_) return;
  address_ = std::move(address);
  again_at_ = {};
  pause_ = {};
  const auto links = links_;
  for (const auto& link : links) link->retire();
}

void RealmCaller::send(const RealmCallPtr& call) {
  ++counts_.requests;
  RealmLink* const link = usable_link();
  if (link == nullptr) return call->finish(Status::no_kdc, no_answer::not_running, false);
  if (!link->can_ask()) return call->finish(Status::no_kdc, no_answer::busy, false);
  if (!link->ask(call)) call->finish(Status::no_kdc, no_answer::unfit, false);
}

// Null: there is none, and none can be opened now.
RealmLink* RealmCaller::usable_link() {
  if (!links_.empty() && links_.back()->usable()) return links_.back().get();
  if (!address_ || Clock::now() < again_at_) return nullptr;
  const LinkPtr link = connect();
  if (!link) return nullptr;
  links_.push_back(link);
  link->start();
  return link.get();
}

// A unix socket is connected at once or not at all.
RealmCaller::LinkPtr RealmCaller::connect() {
  RealmLink::Socket socket(io_);
  error_code error;
  if (address_->socket.size() >= sizeof(sockaddr_un::sun_path)) error = asio::error::name_too_long;
  if (!error) socket.open(asio::local::stream_protocol(), error);
  if (!error) socket.non_blocking(true, error);
  if (!error) socket.connect(asio::local::stream_protocol::endpoint(address_->socket), error);
  if (error) {
    failed("no connection: " + error.message(), 0);
    return nullptr;
  }
  const auto uid = peer_uid(socket.native_handle());
  if (!uid || (*uid != 0 && *uid != ::geteuid() && *uid != address_->uid)) {
    failed("the socket is that of uid " + (uid ? std::to_string(*uid) : "?") + ", not of " + address_->user,
           0);
    return nullptr;
  }
  ++counts_.connections;
  return std::make_shared<RealmLink>(*this, std::move(socket));
}

void RealmCaller::failed(const std::string& cause, std::size_t lost) {
  ++counts_.failures;
  pause_ = std::clamp(2 * pause_, first_pause, longest_pause);
  again_at_ = Clock::now() + pause_;
  if (told_ == cause && lost == 0) return;
  told_ = cause;
  if (observer_) observer_({false, address_ ? std::string_view(address_->socket) : "", cause, lost});
}

void RealmCaller::answers(const RealmLink&) {
  pause_ = {};
  again_at_ = {};
  if (told_.empty()) return;
  told_.clear();
  if (observer_) observer_({true, {}, {}, 0});
}

// One that has answered before is replaced at once: ferryman-realm may just have been started anew.
void RealmCaller::ended(const RealmLink& link, const std::string& cause,
                        const std::vector<RealmCallPtr>& sent, const std::vector<RealmCallPtr>& unsent) {
  std::erase_if(links_, [&](const LinkPtr& one) { return one.get() == &link; });
  if (!cause.empty()) {
    failed(cause, sent.size());
    if (link.has_answered()) again_at_ = {};
  }
  for (const auto& call : sent) call->finish(Status::no_kdc, no_answer::lost, true);
  for (const auto& call : unsent) {
    --counts_.requests;
    send(call);
  }
}

}  // namespace ferryman::exchange
