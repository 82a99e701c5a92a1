#include "client/surroundings.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace ferryman::client {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;
constexpr std::array<const char*, 3> files{"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf"};
constexpr nanoseconds shortest_sleep = seconds(1);

nanoseconds nanoseconds_of(const timespec& time) {
  return seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

int open_routes() {
  const int descriptor = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  if (descriptor < 0) return -1;
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
  // What nobody reads must not pile up: one message tells as much as many, and so does one that has no room.
  const int least = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least));
  if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0)
    return descriptor;
  ::close(descriptor);
  return -1;
}

}  // namespace

Surroundings::Surroundings() : routes_(open_routes()), files_(read_stamps()), asleep_(time_asleep()) {}

Surroundings::~Surroundings() {
  if (routes_ >= 0) ::close(routes_);
}

Surroundings::Stamps Surroundings::read_stamps() {
  Stamps stamps;
  for (std::size_t i = 0; i < files.size(); ++i) {
    struct stat status {};
    if (::stat(files[i], &status) != 0) continue;
    stamps[i] = {status.st_dev, status.st_ino, status.st_size, nanoseconds_of(status.st_ctim)};
  }
  return stamps;
}

// CLOCK_BOOTTIME goes on where CLOCK_MONOTONIC stands still.
nanoseconds Surroundings::time_asleep() {
  timespec with_sleep{}, without_sleep{};
  ::clock_gettime(CLOCK_MONOTONIC, &without_sleep);
  ::clock_gettime(CLOCK_BOOTTIME, &with_sleep);
  return nanoseconds_of(with_sleep) - nanoseconds_of(without_sleep);
}

bool Surroundings::was_told() {
  bool told = false;
  char octet = 0;
  while (routes_ >= 0 && (::recv(routes_, &octet, sizeof(octet), 0) >= 0 || errno == ENOBUFS)) told = true;
  return told;
}

bool Surroundings::have_changed() {
  const Stamps files = read_stamps();
  const nanoseconds asleep = time_asleep();
  const bool slept = asleep - asleep_ > shortest_sleep;
  const bool changed = was_told() || slept || files != files_;
  files_ = files;
  if (slept) asleep_ = asleep;
  return changed;
}

}  // namespace ferryman::client
