#include "exchange/realm_link.h"

#include <utility>
#include <vector>

#include "exchange/realm_caller.h"

namespace ferryman::exchange {

namespace asio = boost::asio;
using boost::system::error_code;

RealmLink::RealmLink(RealmCaller& owner, Socket socket) : owner_(&owner), socket_(std::move(socket)) {}

void RealmLink::start() {
  write();
  wait_readable();
}

bool RealmLink::ask(const RealmCallPtr& call) {
  const auto id = call->put(caller_);
  if (!id) return false;
  call->link_ = this;
  call->id_ = *id;
  calls_.emplace(*id, call);
  write();
  return true;
}

void RealmLink::abandon(const RealmCall& call) {
  caller_.abandon(call.id_);
  calls_.erase(call.id_);
}

void RealmLink::retire() {
  if (!open_) return;
  caller_.close();
  write();
  if (calls_.empty()) close({});
}

void RealmLink::abort() {
  owner_ = nullptr;
  open_ = false;
  calls_.clear();
  error_code ignored;
  socket_.close(ignored);
}

void RealmLink::wait_readable() {
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](error_code error) {
    if (!error && self->open_) self->read();
  });
}

void RealmLink::read() {
  constexpr int at_once = 16;  // then others have their turn
  const auto self = shared_from_this();
  for (int i = 0; i < at_once && open_ && read_once(); ++i) {
  }
  if (open_) wait_readable();
}

// False when there is nothing more now.
bool RealmLink::read_once() {
  const auto room = caller_.room();
  error_code error;
  const std::size_t octets = socket_.read_some(asio::buffer(room.data(), room.size()), error);
  if (error == asio::error::would_block) return false;
  if (error) {
    close(error == asio::error::eof ? "it closed the connection" : error.message());
    return false;
  }
  caller_.took(octets);
  take_answers();
  return true;
}

void RealmLink::take_answers() {
  while (auto answer = caller_.next()) {
    if (!std::exchange(has_answered_, true)) owner_->answers(*this);
    const auto found = calls_.find(answer->id);
    if (found == calls_.end()) continue;
    const RealmCallPtr call = std::move(found->second);
    calls_.erase(found);
    call->link_ = nullptr;
    call->finish(answer->content);
    if (!open_) return;
  }
  write();  // a closing, or the error that is told of
  if (!caller_.failure().empty()) {
    close("protocol: " + caller_.failure());
  } else if (caller_.closing() && calls_.empty()) {
    close({});
  }
}

// What fails here fails at reading, too, and is dealt with there.
void RealmLink::write() {
  while (!waits_writable_ && !caller_.to_write().empty()) {
    const Bytes octets = caller_.to_write();
    error_code error;
    const std::size_t written = socket_.write_some(asio::buffer(octets.data(), octets.size()), error);
    if (error == asio::error::would_block) wait_writable();
    if (error) return;
    caller_.wrote(written);
  }
}

void RealmLink::wait_writable() {
  waits_writable_ = true;
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](error_code error) {
    self->waits_writable_ = false;
    if (!error && self->open_) self->write();
  });
}

void RealmLink::close(const std::string& cause) {
  if (!std::exchange(open_, false)) return;
  error_code ignored;
  socket_.close(ignored);
  const auto calls = std::exchange(calls_, {});
  std::vector<RealmCallPtr> unsent, sent;
  for (const local::Caller::Lost& lost : caller_.lost()) {
    const auto found = calls.find(lost.id);
    if (found == calls.end()) continue;
    found->second->link_ = nullptr;
    (lost.sent ? sent : unsent).push_back(found->second);
  }
  if (auto* const owner = std::exchange(owner_, nullptr)) owner->ended(*this, cause, sent, unsent);
}

}  // namespace ferryman::exchange
