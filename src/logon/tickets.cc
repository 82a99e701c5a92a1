#include "logon/tickets.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <span>

#include "base/descriptor.h"
#include "login/credential_caches.h"
#include "logon/ticket_files.h"

namespace ferryman::logon {

namespace {

// libkrb5 reads a cache by its name alone.
login::Outcome<std::string> store_file(login::CredentialCaches& caches, Bytes file) {
  const Descriptor memory(::memfd_create("tickets", MFD_CLOEXEC));
  if (memory.get() < 0 ||
      ::write(memory.get(), file.data(), file.size()) != static_cast<ssize_t>(file.size()))
    return login::fail(login::Fault::failed, "there is no memory for the tickets");
  return caches.store_from(fmt::format("FILE:/proc/self/fd/{}", memory.get()));
}

}  // namespace

login::Outcome<std::string> store_tickets(Bytes contents) {
  const auto files = split_files(contents);
  if (!files) return login::fail(login::Fault::failed, "what came are no tickets");
  auto caches = login::CredentialCaches::open();
  if (!caches) return tl::unexpected(caches.error());
  auto stored = store_file(*caches, files->front());
  if (!stored) return stored;
  // Before the others come, which leave the primary one as it is.
  auto name = caches->name_for_session(*stored);
  // Where there is no room for the others she has the first all the same.
  for (const Bytes file : std::span(*files).subspan(1)) static_cast<void>(store_file(*caches, file));
  return name;
}

login::Outcome<void> remove_tickets() {
  auto caches = login::CredentialCaches::open();
  if (!caches) return tl::unexpected(caches.error());
  return caches->remove_default();
}

}  // namespace ferryman::logon
