#include "ferryman/realm_prompt.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/bytes.h"
#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_service.h"
#include "ferryman/secret_input.h"

namespace ferryman {

tl::expected<Secret, int> ask_new_password(std::string_view whose) {
  if (!can_ask()) {
    return tl::unexpected(tell(exit_usage, "there is no terminal to ask for a password",
                               "Write it to standard input, and say --password-stdin."));
  }
  auto password = ask_hidden(fmt::format("New password of {}", whose));
  if (!password || password->empty())
    return tl::unexpected(tell(exit_failed, "no password, nothing is changed"));
  const auto again = ask_hidden("Once more");
  if (!again || !equal_in_constant_time(password->bytes(), again->bytes()))
    return tl::unexpected(tell(exit_failed, "the two are not the same, nothing is changed"));
  return std::move(*password);
}

tl::expected<Secret, int> read_password() {
  auto password = read_only_line();
  if (!password || password->empty()) {
    return tl::unexpected(tell(exit_usage, "standard input is not one line with a password",
                               "Write the password to it, and nothing else but a line feed."));
  }
  return std::move(*password);
}

int confirm(const std::string& question) {
  if (!can_ask())
    return tell(exit_usage, "there is no terminal to ask whether you mean it", "Say --yes if you do.");
  fmt::print(stderr, "{} [y/N] ", question);
  const auto answer = read_line();
  const std::string_view text = answer ? as_text(answer->bytes()) : std::string_view();
  if (equal_without_case(text, "y") || equal_without_case(text, "yes")) return exit_ok;
  return tell(exit_failed, "nothing is changed");
}

}  // namespace ferryman
