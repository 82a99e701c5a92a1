#pragma once

#include <cstdint>
#include <string>

#include "ad/connection.h"
#include "ad/entry.h"
#include "ad/failure.h"

namespace ferryman::ad {

// Where a domain controller is in its changes [MS-ADTS 3.1.1.1.9]. What is read after it has at least them.
struct Position {
  std::string server;         // by its DNS name
  std::string invocation_id;  // of its database: another one where that was restored
  std::int64_t usn = 0;
};

// dse: the root DSE; settings: the object that its dsServiceName names.
Outcome<Position> parse_position(const Entry& dse, const Entry& settings);
Outcome<Position> read_position(Connection& connection);

// Whether what is left of deleted objects may be read: without special rights it may not, and is then not
// found rather than refused.
Outcome<bool> sees_deleted(Connection& connection, const std::string& domain_dn);

}  // namespace ferryman::ad
