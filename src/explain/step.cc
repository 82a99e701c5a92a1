#include "explain/step.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace ferryman::explain {
namespace {

std::string first_line(const Explanation& explanation) {
  if (const Step* wrong = explanation.first_wrong())
    return fmt::format("wrong: {}{}{}", wrong->text, wrong->mend.empty() ? "" : ": ", wrong->mend);
  if (explanation.has_ticket())
    return fmt::format("works: {} gets a ticket for {}", explanation.user, explanation.service);
  const auto open = std::ranges::find(explanation.steps, State::not_looked_at, &Step::state);
  return fmt::format("nothing wrong is seen as far as could be looked{}{}",
                     open == explanation.steps.end() ? "" : ": ",
                     open == explanation.steps.end() ? "" : open->text);
}

}  // namespace

std::string_view name(State state) {
  switch (state) {
    case State::ok:
      return "ok";
    case State::wrong:
      return "wrong";
    case State::not_looked_at:
      break;
  }
  return "not looked at";
}

const Step* Explanation::first_wrong() const {
  const auto is_wrong = [](const Step& step) { return step.state == State::wrong; };
  const auto clock =
      std::ranges::find_if(steps, [&](const Step& step) { return is_wrong(step) && step.id == "clock"; });
  if (clock != steps.end()) return &*clock;
  const auto first = std::ranges::find_if(steps, is_wrong);
  return first == steps.end() ? nullptr : &*first;
}

bool Explanation::has_ticket() const {
  return std::ranges::any_of(
      steps, [](const Step& step) { return step.id == "service ticket" && step.state == State::ok; });
}

std::string to_text(const Explanation& explanation) {
  std::string text = first_line(explanation) + "\n\n";
  for (const Step& step : explanation.steps) {
    text += fmt::format("{:<15}{:<15}{}\n", step.id, name(step.state), step.text);
    if (!step.mend.empty()) text += fmt::format("{:<30}{}\n", "", step.mend);
  }
  return text;
}

std::string to_json(const Explanation& explanation) {
  nlohmann::ordered_json out{{"user", explanation.user},
                             {"service", explanation.service},
                             {"works", explanation.first_wrong() == nullptr && explanation.has_ticket()},
                             {"wrong", nullptr},
                             {"steps", nlohmann::ordered_json::array()}};
  const auto json_of = [](const Step& step) {
    nlohmann::ordered_json one{{"step", step.id}, {"state", name(step.state)}, {"text", step.text}};
    if (!step.mend.empty()) one["mend"] = step.mend;
    return one;
  };
  if (const Step* wrong = explanation.first_wrong()) out["wrong"] = json_of(*wrong);
  for (const Step& step : explanation.steps) out["steps"].push_back(json_of(step));
  return out.dump(2) + "\n";
}

}  // namespace ferryman::explain
