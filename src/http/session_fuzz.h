#pragma once

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>
#include <vector>

#include "http/session.h"

namespace ferryman::http {

// Answers some requests at once, some later, drops some; checks that each is handed over once and that
// nothing is asked of it after its end.
class FuzzHandler : public Handler {
 public:
  void on_request(const Request& request) override {
    if (!seen_.insert(request.id).second) std::abort();
    if (request.body.size() > limits.max_body) std::abort();
    const bool wanted = wants_fields(request.path);
    if (!wanted && !(request.fields.empty() && request.query.empty())) std::abort();
    const std::size_t way = (request.body.size() + request.path.size()) % 3;
    if (way == 0) answer(request.id);
    if (way == 1) open_.push_back(request.id);
    if (way == 2) session->drop(request.id);
  }
  bool wants_fields(std::string_view path) const override { return path.size() % 2 == 0; }
  void on_cancel(std::uint64_t id) override { std::erase(open_, id); }
  void on_violation(unsigned, std::string_view) override {}

  void answer(std::uint64_t id) {
    Response response;
    response.body = as_bytes("answer");
    session->respond(id, response);
  }
  void answer_open() {
    const auto ids = std::exchange(open_, {});
    for (const auto id : ids) answer(id);
  }

  Limits limits{.max_header = 1024, .max_body = 1024, .max_requests = 8, .control_budget = 16};
  std::unique_ptr<Session> session;

 private:
  std::set<std::uint64_t> seen_;
  std::vector<std::uint64_t> open_;
};

// Feeds the input in pieces whose sizes it says itself, draining the output now and then.
template <typename Make>
int fuzz_session(Make make, const std::uint8_t* data, std::size_t size) {
  FuzzHandler handler;
  handler.session = make(handler.limits, handler);
  Session& session = *handler.session;
  bool closing = false;
  while (size > 0) {
    const std::size_t piece = std::min<std::size_t>(size - 1, data[0]);
    if (session.wants_input()) session.receive({data + 1, piece});
    if (data[0] % 7 == 0) handler.answer_open();
    if (data[0] == 251) session.drain();
    if (data[0] == 252) session.time_out();
    if (data[0] == 253) session.end_of_input();
    if (data[0] % 2 == 0) session.consume(session.output().size());
    data += piece + 1;
    size -= piece + 1;
    if (closing && session.phase() != Phase::closing) std::abort();
    closing = session.phase() == Phase::closing;
    if (session.output().size() > 2 * 1024 * 1024) std::abort();
  }
  handler.answer_open();
  return 0;
}

}  // namespace ferryman::http
