#include "net/socket_bio.h"

#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <new>

namespace ferryman::net {
namespace {

thread_local int aimed_at = -1;
thread_local bool at_end = false;  // the peer has closed

int finish(BIO* bio, ssize_t octets, int retry_flag) {
  BIO_clear_retry_flags(bio);
  if (octets < 0 && (errno == EAGAIN || errno == EINTR))
    BIO_set_flags(bio, retry_flag | BIO_FLAGS_SHOULD_RETRY);
  return static_cast<int>(octets);
}

int read(BIO* bio, char* into, int size) {
  const ssize_t octets = ::recv(aimed_at, into, static_cast<std::size_t>(size), 0);
  at_end = octets == 0;
  return finish(bio, octets, BIO_FLAGS_READ);
}

int write(BIO* bio, const char* octets, int size) {
  return finish(bio, ::send(aimed_at, octets, static_cast<std::size_t>(size), MSG_NOSIGNAL), BIO_FLAGS_WRITE);
}

// Nothing is buffered here.
long control(BIO*, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return at_end ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

struct MethodDeleter {
  void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
};
using Method = std::unique_ptr<BIO_METHOD, MethodDeleter>;

Method make_method() {
  Method method(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sockets of a thread"));
  if (method == nullptr || BIO_meth_set_read(method.get(), read) != 1 ||
      BIO_meth_set_write(method.get(), write) != 1 || BIO_meth_set_ctrl(method.get(), control) != 1) {
    throw std::bad_alloc();
  }
  return method;
}

struct BioDeleter {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using OwnedBio = std::unique_ptr<BIO, BioDeleter>;

OwnedBio make_bio() {
  static const Method* const method = new Method(make_method());  // outlives every thread's
  OwnedBio bio(BIO_new(method->get()));
  if (bio == nullptr) throw std::bad_alloc();
  BIO_set_init(bio.get(), 1);
  return bio;
}

}  // namespace

BIO* SocketBio::of_this_thread() {
  thread_local const OwnedBio bio = make_bio();
  return bio.get();
}

void SocketBio::aim(int descriptor) {
  aimed_at = descriptor;
  at_end = false;
}

}  // namespace ferryman::net
