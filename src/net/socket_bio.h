#pragma once

#include <openssl/bio.h>

#include <memory>

namespace ferryman::net {

// OpenSSL's way to the sockets of one thread: one BIO for all of its connections, where a BIO of each would
// cost a connection two allocations. Before a call that may read or write, who makes it aims the BIO at its
// socket; what became of it is asked before the next one aims.
class SocketBio {
 public:
  SocketBio();
  SocketBio(const SocketBio&) = delete;
  SocketBio& operator=(const SocketBio&) = delete;

  BIO* get() const { return bio_.get(); }

  // filled: set by each read to whether it took as much as was asked for, so that there may be more.
  struct Aim {
    int descriptor = -1;
    bool* filled = nullptr;
  };
  void aim(Aim at);

 private:
  struct Deleter {
    void operator()(BIO* bio) const { BIO_free(bio); }
  };
  Aim aim_;
  std::unique_ptr<BIO, Deleter> bio_;
};

}  // namespace ferryman::net
