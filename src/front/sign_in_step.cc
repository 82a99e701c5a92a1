#include "front/sign_in_step.h"

#include "base/text.h"

namespace ferryman::front {
namespace {

bool ends_with(std::string_view path, std::string_view end) {
  return path.size() >= end.size() && equal_without_case(path.substr(path.size() - end.size()), end);
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// A ticket is a text of JSON within the JSON: its quotes are escaped.
bool has_ticket(std::string_view answer) {
  return has(answer, "\\\"messageBuffer\\\":");
}

}  // namespace

std::string_view step_of_sign_in(std::string_view path, std::string_view request, std::string_view answer) {
  if (!ends_with(path, "/token")) {
    if (ends_with(path, "/openid-configuration")) return "metadata";
    if (ends_with(path, "/authorize")) return "authorize";
    if (ends_with(path, "/devicecode")) return "device-code";
    return {};
  }
  if (has(request, "grant_type=srv_challenge")) return has(answer, "\"Nonce\"") ? "nonce" : "no-nonce";
  if (has(answer, "\"error\":") && !has(answer, "\"refresh_token\"")) return "refused";
  if (has(answer, "\"refresh_token_expires_in\"")) return has_ticket(answer) ? "PRT-and-TGT" : "PRT";
  if (has(answer, "\"access_token\"") || has(answer, "\"id_token\"")) return "token";
  return {};
}

}  // namespace ferryman::front
