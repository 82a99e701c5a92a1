#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "kerberos/request.h"

namespace ferryman::gateway {

// What a KDC is asked before it may see a guess: whose name that is (kerberos/salt.h). request views bytes,
// so a Question stays where it is.
struct Question {
  // about: an AS-REQ with a cname.
  explicit Question(const kerberos::Request& about);
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

  const std::vector<std::uint8_t> bytes;
  const kerberos::Request request;
};

}  // namespace ferryman::gateway
