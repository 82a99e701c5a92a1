#include "local/callee.h"

#include "local/limits.h"

namespace ferryman::local {

std::optional<Frame> Callee::next() {
  while (failure_.empty() && !input_ended_) {
    const auto frame = reader_.next();
    if (!frame) {
      fail(name(frame.error().fault));
      break;
    }
    if (!*frame) break;
    if (read_control(**frame)) continue;
    if (admit(**frame)) return **frame;
  }
  return std::nullopt;
}

// True: the frame is done with, be it that it made everything fail.
bool Callee::read_control(const Frame& frame) {
  if (frame.type == FrameType::error) {
    const std::string_view reason = error_reason(frame);
    failure_ = "told: " + std::string(reason.empty() ? "no reason" : reason);
    return true;
  }
  if (!greeted_) {
    if (const auto error = check_hello(frame)) fail(name(error->fault));
    greeted_ = true;
    return true;
  }
  if (frame.type != FrameType::closing) return false;
  input_ended_ = true;
  return true;
}

bool Callee::admit(const Frame& frame) {
  if (frame.type != FrameType::http_request && frame.type != FrameType::kerberos_request &&
      frame.type != FrameType::status_request) {
    fail(name(Fault::unknown_message));
    return false;
  }
  if (in_flight_.size() >= max_in_flight) {
    fail(name(Fault::too_many));
    return false;
  }
  if (frame.id == 0 || !in_flight_.insert(frame.id).second) {
    fail(name(Fault::wrong_value));
    return false;
  }
  return true;
}

template <typename Message>
void Callee::put(FrameType type, std::uint32_t id, const Message& message) {
  if (in_flight_.erase(id) == 0 || !failure_.empty()) return;
  if (!output_.put(type, id, message)) (void)output_.put(FrameType::refusal, id, Refusal::failed);
}

void Callee::answer(std::uint32_t id, const KerberosReply& reply) {
  put(FrameType::kerberos_reply, id, reply);
}

void Callee::answer(std::uint32_t id, const HttpResponse& response) {
  put(FrameType::http_response, id, response);
}

void Callee::answer(std::uint32_t id, const Status& status) {
  put(FrameType::status, id, status);
}

void Callee::answer(std::uint32_t id, Refusal refusal) {
  put(FrameType::refusal, id, refusal);
}

void Callee::fail(std::string_view reason) {
  if (!failure_.empty()) return;
  failure_ = reason;
  output_.put_error(reason);
}

void Callee::close() {
  if (closing_) return;
  closing_ = true;
  output_.put_closing();
}

void Callee::end_of_input() {
  if (reader_.left_over() > 0 && !input_ended_) fail(name(Fault::truncated));
  input_ended_ = true;
}

}  // namespace ferryman::local
