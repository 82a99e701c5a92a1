#include "net/socket_bio.h"

#include <sys/socket.h>

#include <cerrno>
#include <new>

namespace ferryman::net {
namespace {

SocketBio::Aim& aim_of(BIO* bio) {
  return *static_cast<SocketBio::Aim*>(BIO_get_data(bio));
}

int finish(BIO* bio, ssize_t octets, int retry_flag) {
  if (octets < 0 && (errno == EAGAIN || errno == EINTR))
    BIO_set_flags(bio, retry_flag | BIO_FLAGS_SHOULD_RETRY);
  return static_cast<int>(octets);
}

int read(BIO* bio, char* into, int size) {
  BIO_clear_retry_flags(bio);
  const SocketBio::Aim& aim = aim_of(bio);
  const ssize_t octets = ::recv(aim.descriptor, into, static_cast<std::size_t>(size), 0);
  *aim.filled = octets == size;
  if (octets == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return finish(bio, octets, BIO_FLAGS_READ);
}

int write(BIO* bio, const char* octets, int size) {
  BIO_clear_retry_flags(bio);
  const int descriptor = aim_of(bio).descriptor;
  return finish(bio, ::send(descriptor, octets, static_cast<std::size_t>(size), MSG_NOSIGNAL),
                BIO_FLAGS_WRITE);
}

// Nothing is buffered here.
long control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* method() {
  static BIO_METHOD* const made =
      BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "a thread's sockets");
  static const bool complete = made != nullptr && BIO_meth_set_read(made, read) == 1 &&
                               BIO_meth_set_write(made, write) == 1 && BIO_meth_set_ctrl(made, control) == 1;
  return complete ? made : nullptr;
}

}  // namespace

SocketBio::SocketBio() : bio_(method() != nullptr ? BIO_new(method()) : nullptr) {
  if (!bio_) throw std::bad_alloc();
  BIO_set_data(bio_.get(), &aim_);
  BIO_set_init(bio_.get(), 1);
}

void SocketBio::aim(Aim at) {
  aim_ = at;
  BIO_clear_flags(bio_.get(), BIO_FLAGS_IN_EOF);
}

}  // namespace ferryman::net
