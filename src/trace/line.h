#pragma once

#include <string>

#include "trace/record.h"

namespace ferryman::trace {

// A request and its answer in one line for people, without a line feed, safe to print:
//
//   12:00:01.123 192.0.2.1:50000 AS-REQ alice@EX padata 150,128 etypes 18,17 → KRB-ERROR PREAUTH_REQUIRED 2.1
//   ms dc01 udp
//
// The time is that of the local zone. What its message says of FAST, partial TGTs, S4U and others stands in
// words behind it.
std::string line_of(const Record& record);

}  // namespace ferryman::trace
