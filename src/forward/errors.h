#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "forward/answers.h"
#include "kerberos/request.h"

namespace ferryman::forward {

// The realm that a request is for. kpasswd names none of its own: its ticket does.
std::string realm_of(const kerberos::Request& request);

// A KRB-ERROR of the forwarder's own in the form that answers the request. A kpasswd answer's e-data is a
// result code and a text (RFC 3244 2), which is what MIT's client shows; Heimdal's ends by a signal without
// it.
Message make_error(const kerberos::Request& request, std::int32_t code, const std::string& realm,
                   std::string_view text);

}  // namespace ferryman::forward
