#pragma once

#include <openssl/types.h>

#include <string>
#include <string_view>

#include "pki/owned.h"

namespace ferryman::pki {

// A name of one common name and nothing else, as those of devices are: clients read the first or the last
// part of it.
std::string only_common_name(const X509_NAME* name);  // UTF-8; empty where the name is another

using OwnedName = Owned<X509_NAME, X509_NAME_free>;
OwnedName name_of(std::string_view common_name);

}  // namespace ferryman::pki
