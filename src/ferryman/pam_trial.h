#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/secret.h"

namespace ferryman {

// A logon as programs on PAM do one, up to the session, which is not opened.
struct PamTrial {
  std::string service;  // whose rules, of /etc/pam.d
  std::string user;
  // What is asked without an echo; null: only the account rules are tried, for which nothing is.
  std::function<std::optional<Secret>(const std::string& question)> ask{};
};
// What PAM says against it; nothing where it lets her in. What modules say goes to standard output. As root.
std::optional<std::string> try_pam(const PamTrial& trial);

}  // namespace ferryman
