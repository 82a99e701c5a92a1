#pragma once

#include "base/bytes.h"
#include "decode/node.h"
#include "decode/pac_signatures.h"
#include "pac/logon_info.h"

namespace ferryman::decode {

struct PacOptions {
  bool full = false;
  bool secrets = false;
};

// A PAC [MS-PAC]: its buffers, and what is in those that tell who the user is. Total and linear; what does
// not fit is told in the nodes, and its octets are shown.
Node decode_pac(Bytes pac, const PacOptions& options, const PacChecker& checker);

void show_logon_info(Node& node, const pac::LogonInfo& info, const PacOptions& options);

// FILETIME as "2026-01-01T00:00:00Z", "never" for those that mean that, empty for 0.
std::string file_time_text(std::uint64_t time);

}  // namespace ferryman::decode
