#pragma once

#include "base/secret.h"
#include "kerberos/codec.h"

namespace ferryman::ticket {

// What kerberos::encode() does, for structures that hold keys or passwords: the octets are wiped when they
// go. Empty if the value has no encoding, such as a time after 9999.
template <typename T>
Secret encode_secret(const T& value) {
  Secret octets(kerberos::encoded_size(value));
  return kerberos::encode_into(octets.writable(), value) ? std::move(octets) : Secret();
}

}  // namespace ferryman::ticket
