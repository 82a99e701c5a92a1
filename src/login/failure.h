#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace ferryman::login {

// Why signing in, or what it leaves on a computer, came to nothing.
enum class Fault : std::uint8_t {
  unsafe,         // others than the user could read or change it
  busy,           // another process is at it
  occupied,       // the credential cache holds another account's tickets and has room for one account only
  refused,        // the server said no; `code` says which of its noes
  pin,            // the PIN is wrong, or the key is locked
  not_reachable,  // no answer came from the server
  failed,         // everything else: the text says what
};

struct Failure {
  Fault fault;
  std::string text;   // a whole message for a person, with what to do; without a full stop at its end
  unsigned code = 0;  // of a refusal: Entra's number, as in AADSTS50126; 0: none
};

template <typename T>
using Outcome = tl::expected<T, Failure>;

inline tl::unexpected<Failure> fail(Fault fault, std::string text) {
  return tl::unexpected(Failure{fault, std::move(text)});
}

}  // namespace ferryman::login
