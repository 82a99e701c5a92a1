#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace ferryman::logon {

// Whoever logs on, as far as she can be asked and told something.
class Conversation {
 public:
  Conversation() = default;
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;
  virtual ~Conversation() = default;

  // What she types is not shown. Nothing where she gives up, or cannot be asked.
  virtual std::optional<Secret> ask_hidden(const std::string& question) = 0;
  virtual void tell(const std::string& text) = 0;
};

}  // namespace ferryman::logon
