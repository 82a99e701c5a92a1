// What no sign-in can do without: two RSA verifications, one OAEP, one AS-REP. Prints the processor time of each of them
// together, in microseconds.
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>

#include "account/cloud_ticket.h"
#include "account/test_directory.h"
#include "pki/private_key.h"

namespace {

using namespace ferryman;

double cpu_microseconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) { return static_cast<double>(time.tv_sec) * 1e6 + time.tv_usec; };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

int main(int argc, char** argv) {
  const long count = argc > 1 ? std::atol(argv[1]) : 1000;
  account::TestDirectory directory;
  const auto& user = directory.add_user("alice", "a password of hers").principal;
  const account::Policy policy;
  const directory::PrtId prt;
  const auto key = pki::PrivateKey::generate_rsa();
  const Octets message(1500, 'x'), session_key(32, 7), signature = pki::sign(key, message);
  const double begun = cpu_microseconds();
  for (long i = 0; i < count; ++i) {
    require(pki::verify(key.public_key(), message, signature));
    require(pki::verify(key.public_key(), message, signature));
    require(!pki::encrypt_oaep(key.public_key(), session_key).empty());
    require(account::make_cloud_ticket(directory, directory.tenant(), policy, {user, prt, 1'800'000'000}).has_value());
  }
  std::printf("%.2f\n", (cpu_microseconds() - begun) / static_cast<double>(count));
  return 0;
}
