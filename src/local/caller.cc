#include "local/caller.h"

#include <algorithm>

#include "local/limits.h"

namespace ferryman::local {
namespace {

template <typename Content>
std::optional<Caller::Answer> made(std::uint32_t id, Result<Content>&& content) {
  if (!content) return std::nullopt;
  return Caller::Answer{id, *std::move(content)};
}

std::optional<Caller::Answer> parse(const Frame& frame) {
  switch (frame.type) {
    case FrameType::kerberos_reply:
      return made(frame.id, parse_kerberos_reply(frame.payload));
    case FrameType::http_response:
      return made(frame.id, parse_http_response(frame.payload));
    case FrameType::status:
      return made(frame.id, parse_status(frame.payload));
    default:
      return made(frame.id, parse_refusal(frame.payload));
  }
}

}  // namespace

bool Caller::can_ask() const {
  return !closing_ && failure_.empty() && in_flight_.size() < max_in_flight &&
         output_.pending().size() < max_output;
}

template <typename Request>
std::optional<std::uint32_t> Caller::put(FrameType type, FrameType expected, const Request& request) {
  if (!can_ask()) return std::nullopt;
  do {
    ++last_id_;
  } while (last_id_ == 0 || in_flight_.contains(last_id_));
  const std::uint64_t position = output_.end_position();
  if (!output_.put(type, last_id_, request)) return std::nullopt;
  in_flight_.emplace(last_id_, Pending{expected, position});
  return last_id_;
}

std::optional<std::uint32_t> Caller::ask(const KerberosRequest& request) {
  return put(FrameType::kerberos_request, FrameType::kerberos_reply, request);
}

std::optional<std::uint32_t> Caller::ask(const HttpRequest& request) {
  return put(FrameType::http_request, FrameType::http_response, request);
}

std::optional<std::uint32_t> Caller::ask(const StatusRequest& request) {
  return put(FrameType::status_request, FrameType::status, request);
}

void Caller::abandon(std::uint32_t id) {
  const auto pending = in_flight_.find(id);
  if (pending != in_flight_.end()) pending->second.abandoned = true;
}

std::optional<Caller::Answer> Caller::next() {
  while (failure_.empty()) {
    const auto frame = reader_.next();
    if (!frame) {
      fail(name(frame.error().fault));
      break;
    }
    if (!*frame) break;
    if (read_control(**frame)) continue;
    if (auto answer = read_answer(**frame)) return answer;
  }
  return std::nullopt;
}

// True: the frame is done with, be it that it made everything fail.
bool Caller::read_control(const Frame& frame) {
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
  close();
  return true;
}

std::optional<Caller::Answer> Caller::read_answer(const Frame& frame) {
  const auto pending = in_flight_.find(frame.id);
  if (pending == in_flight_.end() ||
      (frame.type != pending->second.expected && frame.type != FrameType::refusal)) {
    fail(name(Fault::unknown_message));
    return std::nullopt;
  }
  auto answer = parse(frame);
  if (!answer) {
    fail(name(Fault::wrong_value));
    return std::nullopt;
  }
  const bool abandoned = pending->second.abandoned;
  in_flight_.erase(pending);
  return abandoned ? std::nullopt : std::move(answer);
}

void Caller::close() {
  if (closing_) return;
  closing_ = true;
  output_.put_closing();
}

void Caller::fail(std::string_view reason) {
  failure_ = reason;
  output_.put_error(reason);
}

std::vector<Caller::Lost> Caller::lost() const {
  std::vector<std::pair<std::uint64_t, Lost>> found;
  for (const auto& [id, pending] : in_flight_) {
    if (!pending.abandoned) {
      found.push_back({pending.position, {id, pending.position < output_.position()}});
    }
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Lost> lost(found.size());
  std::transform(found.begin(), found.end(), lost.begin(), [](const auto& one) { return one.second; });
  return lost;
}

}  // namespace ferryman::local
