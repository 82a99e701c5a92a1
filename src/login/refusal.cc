#include "login/refusal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "base/text.h"
#include "login/wiped_json.h"

namespace ferryman::login {
namespace {

struct Meaning {
  unsigned code;
  std::string_view words;
};

// [MS-OAPXBC] has no list; these are the numbers that clients of Entra know, and ours.
constexpr std::array meanings{
    Meaning{
        50126,
        "the user's name, the code or the password is wrong; a code is good once, for an hour and for its "
        "user: an administrator makes another one with \"ferryman realm user code\""},
    Meaning{50053,
            "the account is locked, after too many wrong passwords or codes: wait a quarter of an hour, or "
            "ask an administrator (\"ferryman realm user unlock\")"},
    Meaning{50057, "the account is disabled: ask an administrator"},
    Meaning{50034, "there is no such user, or none that may sign in like this: ask an administrator"},
    Meaning{50055, "the password has expired or must be changed: \"kpasswd\" does that, or enrol by a code"},
    Meaning{
        50013,
        "the user's key was revoked, or this computer's clock is wrong: look at the clock; else \"ferryman "
        "unenroll --force\", then \"ferryman enroll\" with a new code"},
    Meaning{700027, "this computer's clock is wrong, or its keys are not those that the tenant knows"},
    Meaning{50076,
            "a password is not enough for this account: enrol by a code (\"ferryman realm user code\")"},
    Meaning{refusal_code::device_gone,
            "this device was disabled or removed at the tenant: ask an administrator to enable it, or begin "
            "anew: \"ferryman unenroll --force\", then \"ferryman enroll\""},
    Meaning{refusal_code::session_revoked, "this sign-in was revoked: \"ferryman login\" signs in again"},
    Meaning{refusal_code::session_expired, "this sign-in has expired: \"ferryman login\" signs in again"},
    Meaning{90002, "there is no such tenant: look at --tenant"},
};

unsigned code_of(const json::Json& body) {
  const json::Json* codes = json::member(body, "error_codes", json::Json::value_t::array);
  if (codes == nullptr || codes->empty() || !codes->front().is_number_unsigned()) return 0;
  const auto code = codes->front().get<std::uint64_t>();
  return code > std::numeric_limits<unsigned>::max() ? 0 : static_cast<unsigned>(code);
}

std::string words_of(unsigned code, const json::Json& body) {
  const auto known = std::ranges::find(meanings, code, &Meaning::code);
  if (known != meanings.end()) return std::string(known->words);
  constexpr std::size_t most = 400;
  for (const char* name : {"error_description", "error"})
    if (const std::string* text = json::text_member(body, name); text != nullptr && !text->empty()) {
      std::string shown = printable(text->substr(0, most));
      if (shown.ends_with('.')) shown.pop_back();
      return shown;
    }
  return "it does not say why";
}

}  // namespace

Failure refusal_of(const HttpsAnswer& answer, std::string_view asked) {
  const auto body = WipedJson::parse(answer.body.bytes());
  if (!body || json::text_member(**body, "error") == nullptr) {
    if (answer.status >= 500)
      return {Fault::not_reachable,
              fmt::format("{}: the gateway has no sign-in service behind it now (HTTP {}): try again later",
                          asked, answer.status)};
    return {Fault::refused, fmt::format("{}: no sign-in service answers there (HTTP {}): look at --url",
                                        asked, answer.status)};
  }
  const unsigned code = code_of(**body);
  std::string text = fmt::format("{}: {}", asked, words_of(code, **body));
  if (code != 0) text += fmt::format(" (AADSTS{})", code);
  return {answer.status >= 500 ? Fault::not_reachable : Fault::refused, std::move(text), code};
}

}  // namespace ferryman::login
