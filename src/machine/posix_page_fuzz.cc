#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "machine/accounts.h"

// What a server says of users is kept as it was read, and nobody of it has root's rights or another's path.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferryman::machine;
  const auto page = parse_page({data, size});
  if (!page) return 0;
  for (const User& user : page->users)
    if (user.uid < 1000 || user.gid < 1000 || user.name.find_first_of("/: \n") != std::string::npos)
      std::abort();
  const Accounts accounts{page->time, page->offline_logon, page->users, page->groups};
  const auto again = parse_accounts(ferryman::as_bytes(accounts_text(accounts)));
  if (!again || again->users != accounts.users || again->groups != accounts.groups) std::abort();
  return 0;
}
