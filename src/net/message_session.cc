#include "net/message_session.h"

#include <vector>

#include "base/length_prefix.h"
#include "http/output_buffer.h"

namespace ferryman::net {
namespace {

using http::Phase;

class MessageSession final : public http::Session {
 public:
  MessageSession(const http::Limits& limits, http::Handler& handler) : limits_(limits), handler_(handler) {}

  void receive(Bytes bytes) override;
  void end_of_input() override;
  void respond(std::uint64_t id, const http::Response& response) override;
  void drop(std::uint64_t id) override;
  void time_out() override;
  void drain() override;
  Bytes output() override { return output_.bytes(); }
  void consume(std::size_t octets) override { output_.consume(octets); }
  bool wants_input() const override;
  Phase phase() const override;
  std::uint64_t progress() const override { return requests_; }
  http::Version version() const override { return http::Version::none; }

 private:
  void read();
  bool read_one();
  void hand_over(Bytes message);
  void refuse(std::string_view reason);
  void close();
  Bytes unread() const { return Bytes(input_).subspan(used_); }

  const http::Limits& limits_;
  http::Handler& handler_;
  std::vector<std::uint8_t> input_;  // what has come; of it used_ octets have been read
  std::size_t used_ = 0;
  http::OutputBuffer output_;
  std::uint64_t requests_ = 0;
  bool in_work_ = false, is_last_ = false;
  bool reading_ = false, closing_ = false, draining_ = false, input_ended_ = false;
};

void MessageSession::receive(Bytes bytes) {
  if (closing_ || input_ended_) return;
  input_.insert(input_.end(), bytes.begin(), bytes.end());
  read();
}

// Takes messages until one is in work or more input is needed.
void MessageSession::read() {
  if (reading_) return;  // an answer that came at once: this goes on further up
  reading_ = true;
  while (!in_work_ && !closing_ && read_one()) {
  }
  reading_ = false;
  if (closing_) {
    input_ = {};
  } else {
    input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(used_));
    if (input_.empty()) input_ = {};
  }
  used_ = 0;
  const bool idle = !in_work_ && input_.empty();
  if ((input_ended_ && !in_work_) || (draining_ && idle)) close();
}

// False when it is not whole yet.
bool MessageSession::read_one() {
  const Bytes octets = unread();
  if (octets.size() < length_prefix_size) return false;
  const std::uint32_t length = announced_length(octets);
  if (length == 0) {
    refuse("empty_message");
  } else if (length > limits_.max_body) {
    is_last_ = true;
    hand_over({});
  } else if (octets.size() - length_prefix_size < length) {
    return false;
  } else {
    used_ += length_prefix_size + length;
    hand_over(octets.subspan(length_prefix_size, length));
  }
  return true;
}

void MessageSession::hand_over(Bytes message) {
  in_work_ = true;
  http::Request request;
  request.id = ++requests_;
  request.version = http::Version::none;
  request.body = message;
  handler_.on_request(request);
}

void MessageSession::respond(std::uint64_t id, const http::Response& response) {
  if (!in_work_ || id != requests_ || closing_) return;
  output_.append(length_prefix(response.body_head.size() + response.body.size()));
  output_.append(response.body_head);
  output_.append(response.body);
  in_work_ = false;
  is_last_ ? close() : read();
}

void MessageSession::drop(std::uint64_t id) {
  if (!in_work_ || id != requests_) return;
  in_work_ = false;
  close();
}

void MessageSession::refuse(std::string_view reason) {
  close();
  handler_.on_violation(0, reason);
}

// What is being read stays until that has ended.
void MessageSession::close() {
  closing_ = true;
  if (!reading_) input_ = {};
}

void MessageSession::end_of_input() {
  input_ended_ = true;
  if (!in_work_) close();
}

void MessageSession::time_out() {
  const Phase now = phase();
  if (now == Phase::head || now == Phase::body) {
    refuse(now == Phase::head ? "header_timeout" : "body_timeout");
  } else if (now == Phase::idle) {
    close();
  }
}

void MessageSession::drain() {
  draining_ = true;
  if (phase() == Phase::idle) close();
}

bool MessageSession::wants_input() const {
  return !closing_ && !input_ended_ && output_.size() < limits_.max_output &&
         (!in_work_ || input_.size() < length_prefix_size + limits_.max_body);
}

Phase MessageSession::phase() const {
  if (closing_) return Phase::closing;
  if (in_work_) return Phase::waiting;
  const std::size_t octets = unread().size();
  if (octets == 0) return Phase::idle;
  return octets < length_prefix_size ? Phase::head : Phase::body;
}

}  // namespace

std::unique_ptr<http::Session> make_message_session(const http::Limits& limits, http::Handler& handler) {
  return std::make_unique<MessageSession>(limits, handler);
}

}  // namespace ferryman::net
