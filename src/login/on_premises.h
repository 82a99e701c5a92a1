#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "login/domain_gateway.h"
#include "login/failure.h"
#include "login/session_record.h"

// The ticket of an Active Directory that a sign-in leads to besides the cloud's. The partial one that it is
// had by is held in memory alone.
namespace ferryman::login {

using AskDomain = std::function<Outcome<DomainAnswer>(const std::string& realm, Bytes message)>;

// What a sign-in or its renewal gave. A view.
struct PartialTicket {
  Bytes text;  // the answer's tgt_ad
  Bytes session_key;
  std::int64_t now;  // seconds since 1970
  bool wants_keys = false;
};

// Of what etypes a KERB-KEY-LIST-REP had keys; nothing where none was asked for, or no ticket came.
using ListedKeys = std::optional<std::vector<std::int32_t>>;

// Exchanges it for a full ticket and puts that into a cache of its own beside the cloud's, which record tells
// of. Nobody is asked where there is no room for it, but for keys. record: what comes of it; where that is no
// ticket, why, and what is known of an earlier one stays.
ListedKeys exchange(const PartialTicket& partial, const AskDomain& ask, SessionRecord& record);

// For a sign-in that gave none: takes away what an earlier one has led to.
void forget_on_premises(SessionRecord& record);

}  // namespace ferryman::login
