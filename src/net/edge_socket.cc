#include "net/edge_socket.h"

#ifdef FERRYMAN_EDGE_WAITS

namespace ferryman::net {
namespace {

using boost::asio::detail::reactor;
using Descriptor = reactor::descriptor_state;
using Flags = bool[reactor::max_ops];

Flags& speculative(Descriptor& descriptor);

// An explicit instantiation may name what is private ([temp.spec.general]).
template <Flags Descriptor::*member>
struct Revealed {
  friend Flags& speculative(Descriptor& descriptor) { return descriptor.*member; }
};
template struct Revealed<&Descriptor::try_speculative_>;

}  // namespace

void expect_an_event(Descriptor& descriptor) {
  speculative(descriptor)[reactor::read_op] = false;
}

}  // namespace ferryman::net

#endif
