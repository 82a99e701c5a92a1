#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ad/connection.h"
#include "ad/entry.h"
#include "ad/failure.h"

namespace ferryman::ad {

// One change of a directory.
struct Step {
  enum class Kind : std::uint8_t { add, modify, remove };
  Kind kind;
  std::string why;  // for people, in one line
  std::string dn;
  Attributes attributes{};        // of add
  std::vector<Change> changes{};  // of modify
  std::vector<Control> controls{};
};

Outcome<void> apply(Connection& connection, const Step& step);

// As LDIF (RFC 2849) that ldapmodify(1) takes.
std::string ldif_of(const Step& step);

}  // namespace ferryman::ad
