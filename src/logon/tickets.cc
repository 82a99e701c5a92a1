#include "logon/tickets.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "login/credential_caches.h"

namespace ferryman::logon {

// libkrb5 reads a cache by its name alone.
login::Outcome<std::string> store_tickets(Bytes contents) {
  const Descriptor memory(::memfd_create("tickets", MFD_CLOEXEC));
  if (memory.get() < 0 ||
      ::write(memory.get(), contents.data(), contents.size()) != static_cast<ssize_t>(contents.size()))
    return login::fail(login::Fault::failed, "there is no memory for the tickets");
  auto caches = login::CredentialCaches::open();
  if (!caches) return tl::unexpected(caches.error());
  return caches->store_from(fmt::format("FILE:/proc/self/fd/{}", memory.get()));
}

login::Outcome<void> remove_tickets() {
  auto caches = login::CredentialCaches::open();
  if (!caches) return tl::unexpected(caches.error());
  return caches->remove_default();
}

}  // namespace ferryman::logon
