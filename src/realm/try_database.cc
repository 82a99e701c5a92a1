#include "realm/try_database.h"

#include <fmt/format.h>

#include <string_view>

#include "account/identity.h"
#include "account/issuer.h"
#include "kerberos/codec.h"
#include "kerberos/numbers.h"

namespace ferryman::realm {
namespace {

using directory::Tenant;

// A TGT, of krbtgt itself, which every tenant has.
Judged<void> issue_and_open(directory::Directory& directory, const Tenant& tenant,
                            const account::Policy& policy, std::int64_t now) {
  const std::vector<std::string_view> name{"krbtgt", tenant.realm};
  const auto krbtgt = directory.find_service(tenant.id, name);
  if (!krbtgt) return tl::unexpected(account::unavailable(krbtgt.error()));
  const kerberos::Name names = account::canonical_name((*krbtgt)->account);
  const auto session_key = crypto::Key::random(kerberos::etype::aes256_sha1);
  const ticket::AuthorizationList no_further_data;
  const ticket::NewTicket wanted{tenant.realm, names.view(),
                                 tenant.realm, names.view(),
                                 session_key,  kerberos::ticket_flag::initial,
                                 now,          {now, now + policy.lifetime.ticket, std::nullopt},
                                 {},           no_further_data};
  const auto pac = account::make_pac({tenant, **krbtgt, names.view(), now});
  if (!pac) return refuse(kerberos::error_code::generic, "a name that has no place in a PAC");
  const account::Issuer issuer(directory, tenant, policy);
  const auto issued = issuer.issue(**krbtgt, wanted, *pac);
  if (!issued) return tl::unexpected(issued.error());
  const auto tgt = kerberos::parse<kerberos::Ticket>(*issued);
  if (!tgt) return refuse(kerberos::error_code::generic, "a ticket that cannot be read");
  const auto opened = issuer.open(*tgt);
  if (!opened) return tl::unexpected(opened.error());
  const auto verified = issuer.verify_pac(*tgt, *opened);
  if (!verified) return tl::unexpected(verified.error());
  return {};
}

}  // namespace

directory::Outcome<std::vector<std::string>> try_database(directory::Database& directory,
                                                          const account::Policy& policy, std::int64_t now) {
  auto findings = directory.check();
  if (!findings) return findings;
  directory::PageRequest request{.limit = directory::max_page};
  do {
    const auto page = directory.tenants(request);
    if (!page) return tl::unexpected(page.error());
    for (const Tenant& tenant : page->items)
      if (const auto done = issue_and_open(directory, tenant, policy, now); !done)
        findings->push_back(
            fmt::format("the tenant {} can issue no ticket: {}", tenant.settings.name, done.error().reason));
    request.after = page->next;
  } while (!request.after.empty());
  return findings;
}

}  // namespace ferryman::realm
