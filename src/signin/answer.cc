#include "signin/answer.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace ferryman::signin {

Answer json_answer(std::string body, Kept kept) {
  Answer answer;
  answer.response.fields.push_back({"Content-Type", "application/json; charset=utf-8"});
  if (kept == Kept::never) {
    answer.response.fields.push_back({"Cache-Control", "no-store"});
    answer.response.fields.push_back({"Pragma", "no-cache"});
  }
  answer.response.body = std::move(body);
  return answer;
}

Answer refusal(const Refusal& refusal) {
  nlohmann::ordered_json body;
  body["error"] = refusal.error;
  std::string text(refusal.text);
  if (refusal.entra_code != entra::none) text = "AADSTS" + std::to_string(refusal.entra_code) + ": " + text;
  body["error_description"] = text;
  if (refusal.entra_code != entra::none) body["error_codes"] = {refusal.entra_code};
  Answer answer = json_answer(body.dump());
  answer.response.status = refusal.status;
  answer.error = refusal.error;
  answer.text = refusal.text;
  answer.reason = refusal.reason.empty() ? refusal.text : refusal.reason;
  return answer;
}

Answer unavailable(const directory::Failure& failure) {
  Answer answer =
      refusal({503, "temporarily_unavailable", entra::none, "The directory does not answer; try again later.",
               directory::name(failure.reason)});
  answer.response.fields.push_back({"Retry-After", "1"});
  return answer;
}

}  // namespace ferryman::signin
