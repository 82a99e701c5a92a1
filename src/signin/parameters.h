#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "signin/answer.h"

namespace ferryman::signin {

// The parameters of a form or a query that a request is looked at for: each stands there once, in UTF-8,
// since what is in it goes into JSON and pages. What was decoded may be a secret, and is overwritten.
class Parameters {
 public:
  // names: constants. Refused with invalid_request; octets: at most as a body has.
  static Step<Parameters> parse(std::string_view form, std::span<const std::string_view> names);
  Parameters(Parameters&&) = default;
  Parameters& operator=(Parameters&&) = delete;
  ~Parameters();

  Step<std::string_view> required(std::string_view name) const;
  // Empty where it is not there.
  std::string_view optional(std::string_view name) const;

 private:
  Parameters() = default;

  std::map<std::string_view, std::string> values_;
};

}  // namespace ferryman::signin
