#include "kdc/user_to_user.h"

#include "account/keys.h"
#include "kdc/tgt.h"

namespace ferryman::kdc {

namespace error_code = kerberos::error_code;

Judged<ticket::OpenedTicket> open_second_ticket(const Kdc& kdc, const kerberos::KdcReqBody& body,
                                                const directory::Principal& service, Now now) {
  kerberos::Tickets tickets = body.additional_tickets;
  kerberos::Ticket second;
  if (!tickets.next(second)) return refuse(error_code::bad_option, "user-to-user without a second ticket");
  if (!is_krbtgt(kdc, second)) return refuse(error_code::policy, "the second ticket is no TGT of this realm");
  auto opened = open_tgt(kdc, second);
  if (!opened) return opened;
  if (const auto times = check_times(*opened, {now.seconds, kdc.policy.max_skew, false}); !times)
    return tl::unexpected(times.error());
  const auto client = client_of_tgt(kdc, second, *opened, now);
  if (!client) return tl::unexpected(client.error());
  if (client->principal->account.id != service.account.id)
    return refuse(error_code::bad_match, "the second ticket is another account's");
  if (!account::offers(body.etypes, opened->session_key.etype()))
    return refuse(error_code::etype_not_supported, "the second ticket's etype is not offered");
  return opened;
}

}  // namespace ferryman::kdc
