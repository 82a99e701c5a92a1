#pragma once

#include "base/bytes.h"
#include "decode/node.h"
#include "decode/walker.h"

namespace ferryman::decode {

// Takes one message off the front of bytes and decodes it: a KDC-PROXY-MESSAGE [MS-KKDCP 2.2.2], or what
// take_kerberos_message() takes. Where there is none, the node has a fault and nothing is left. number: of
// the message, counted from 1. input: what bytes is the rest of.
Node take_message(Bytes input, Bytes& rest, const Options& options, std::size_t number);

// A Kerberos or kpasswd message, with or without the 4-octet length of RFC 4120 7.2.2.
Node take_kerberos_message(Walker& walker, Bytes& rest);

}  // namespace ferryman::decode
