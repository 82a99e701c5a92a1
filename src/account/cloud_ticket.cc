#include "account/cloud_ticket.h"

#include <utility>

#include "account/identity.h"
#include "account/issuer.h"
#include "kerberos/numbers.h"
#include "ticket/authorization.h"

namespace ferryman::account {

namespace error_code = kerberos::error_code;

Judged<CloudTicket> make_cloud_ticket(directory::Directory& directory, const directory::Tenant& tenant,
                                      const Policy& policy, const CloudTicketFor& wanted) {
  const std::vector<std::string_view> krbtgt_name{"krbtgt", tenant.realm};
  const auto krbtgt = directory.find_service(tenant.id, krbtgt_name);
  if (!krbtgt) return tl::unexpected(unavailable(krbtgt.error()));
  const kerberos::Name client = canonical_name(wanted.user.account),
                       service = canonical_name((*krbtgt)->account);
  const crypto::Key session_key = crypto::Key::random(kerberos::etype::aes256_sha1);
  const ticket::Lifetime lifetime = unasked_lifetime(policy, wanted.now);
  ticket::AuthorizationList authorization;
  authorization.add({kerberos::authorization_data::prt, wanted.prt.bytes(), {}});
  const ticket::NewTicket ticket{
      tenant.realm,  service.view(), tenant.realm,
      client.view(), session_key,    unasked_flags(!wanted.user.account.settings.flags.sensitive, lifetime),
      wanted.now,    lifetime,       {},
      authorization};
  const auto pac = make_pac({tenant, wanted.user, client.view(), wanted.now, false, true});
  if (!pac) return refuse(error_code::generic, "a name that has no place in a PAC");
  const auto issued = Issuer(directory, tenant, policy).issue(**krbtgt, ticket, *pac);
  if (!issued) return tl::unexpected(issued.error());
  return CloudTicket{make_unasked_reply(ticket, *issued), wanted.user.account.name};
}

}  // namespace ferryman::account
