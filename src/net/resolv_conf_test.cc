#include "net/resolv_conf.h"

#include <gmock/gmock.h>

namespace ferryman::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ResolvConf, NamesItsServersInTheirOrder) {
  EXPECT_THAT(
      name_servers("# made by dhcp\nsearch example.com\nnameserver 192.0.2.1\n\tnameserver\t2001:db8::1  \n"
                   "options ndots:2\nnameserver fe80::1%eth0 # the router\nnameserver 127.0.0.53"),
      ElementsAre("192.0.2.1", "2001:db8::1", "fe80::1%eth0", "127.0.0.53"));
}

TEST(ResolvConf, NamesNoneWhereNoLineSaysSo) {
  EXPECT_THAT(name_servers(""), IsEmpty());
  EXPECT_THAT(name_servers("\n\n"), IsEmpty());
  EXPECT_THAT(
      name_servers("#nameserver 192.0.2.1\n; nameserver 192.0.2.1\nnameserver\nnameservers 192.0.2.1\n"),
      IsEmpty());
}

}  // namespace
}  // namespace ferryman::net
