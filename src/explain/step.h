#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Why a user does not reach a service: what was seen of each step of the way is judged here, without a
// socket.
namespace ferryman::explain {

enum class State : std::uint8_t { ok, wrong, not_looked_at };

std::string_view name(State state);  // "ok", "wrong", "not looked at"

// One thing that has to work, and what was seen of it. Texts may stand on a terminal.
struct Step {
  std::string_view id;  // a literal: "gateway"
  State state = State::not_looked_at;
  std::string text;             // one sentence without its full stop
  std::string mend{};           // of what is wrong: the command that mends it, or what to do
  bool is_unreachable = false;  // wrong: nobody answers there
};

// The way of a user to a service.
struct Explanation {
  std::string user, service;
  std::vector<Step> steps;  // in the order of the way

  // The cause of what stands behind it; null where nothing is wrong. A clock that is wrong makes good
  // certificates and tickets look bad: it goes before all others.
  const Step* first_wrong() const;
  // The service's ticket was had, so everything before it works.
  bool has_ticket() const;
};

// The first line says what is wrong first, and what mends it, or that it works.
std::string to_text(const Explanation& explanation);
std::string to_json(const Explanation& explanation);

}  // namespace ferryman::explain
