#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "local/message.h"

namespace ferryman::realm {

// What a KDC without a single principal says: no client is known, no service, and so no ticket can be opened.
//
// AS-REQ: KDC_ERR_C_PRINCIPAL_UNKNOWN. TGS-REQ: KDC_ERR_S_PRINCIPAL_UNKNOWN, as the krbtgt that its ticket
// would be for is a service; KDC_ERR_PADATA_TYPE_NOSUPP without PA-TGS-REQ. kpasswd: the same error for
// kadmin/changepw, in the frame of RFC 3244 2. Anything else: KRB_ERR_GENERIC, and over UDP silence.
struct KdcAnswer {
  std::vector<std::uint8_t> message;  // empty: nothing goes back
  std::string_view type;              // of the request: "AS-REQ", ...; empty: none of those served here
  std::int32_t error_code = 0;        // of the KRB-ERROR
};
KdcAnswer answer_without_principals(Bytes message, local::Transport transport, std::string_view realm,
                                    std::chrono::system_clock::time_point now);

}  // namespace ferryman::realm
