#pragma once

#include <string>

#include "login/failure.h"

namespace ferryman::login {

// Gets a TGT with a keytab, by its first principal, from a KDC of that realm as krb5.conf names them. It is
// kept in this process alone, where KRB5CCNAME leads all that comes after. Not beside other threads. Faults:
// failed (of the keytab), refused, not_reachable.
Outcome<void> log_on_by_keytab(const std::string& file);

}  // namespace ferryman::login
