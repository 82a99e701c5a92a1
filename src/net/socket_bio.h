#pragma once

#include <openssl/bio.h>

namespace ferryman::net {

// OpenSSL's way to the sockets of one thread: one BIO for all of its connections, where a BIO of each would
// cost a connection two allocations. Before a call that may read or write, who makes it aims the BIO at its
// socket; whether to try again is asked before the next one aims.
class SocketBio {
 public:
  // This thread's. Whoever keeps it takes a reference of its own (BIO_up_ref).
  static BIO* of_this_thread();
  static void aim(int descriptor);
};

}  // namespace ferryman::net
