#include "ticket/opened_ticket.h"

#include <utility>

#include "crypto/encryption.h"
#include "kerberos/codec.h"
#include "kerberos/numbers.h"

namespace ferryman::ticket {
namespace {

namespace error_code = kerberos::error_code;

// Whether a time is no further than skew from now; the difference of foreign times does not overflow, as
// they are from 1970 to 9999.
bool within(std::int64_t time, std::int64_t now, std::int64_t skew) {
  return time - now <= skew && now - time <= skew;
}

Judged<Secret> decrypt(const kerberos::EncryptedData& encrypted, const crypto::Key& key, std::int32_t usage) {
  if (encrypted.etype != key.etype()) return refuse(error_code::bad_integrity, "encrypted in another etype");
  auto plain = crypto::decrypt(key, usage, encrypted.cipher);
  if (!plain) return refuse(error_code::bad_integrity, "not decrypted by the key");
  return std::move(*plain);
}

}  // namespace

Judged<OpenedTicket> open_ticket(const kerberos::Ticket& ticket, const crypto::Key& key) {
  auto octets = decrypt(ticket.enc_part, key, kerberos::key_usage::ticket);
  if (!octets) return tl::unexpected(std::move(octets.error()));
  const auto part = kerberos::parse<kerberos::EncTicketPart>(octets->bytes());
  if (!part) return refuse(error_code::bad_integrity, "no EncTicketPart in the ticket");
  auto session_key = crypto::Key::make(part->key.type, part->key.value);
  if (!session_key) return refuse(error_code::bad_integrity, "no session key that is served in the ticket");
  return OpenedTicket{std::move(*octets), *part, std::move(*session_key)};
}

Judged<OpenedAuthenticator> open_authenticator(const kerberos::EncryptedData& encrypted,
                                               const crypto::Key& session_key, std::int32_t usage) {
  auto octets = decrypt(encrypted, session_key, usage);
  if (!octets) return tl::unexpected(std::move(octets.error()));
  const auto authenticator = kerberos::parse<kerberos::Authenticator>(octets->bytes());
  if (!authenticator) return refuse(error_code::bad_integrity, "no Authenticator in the AP-REQ");
  OpenedAuthenticator opened{std::move(*octets), *authenticator, std::nullopt};
  if (authenticator->subkey) {
    auto subkey = crypto::Key::make(authenticator->subkey->type, authenticator->subkey->value);
    if (!subkey) return refuse(error_code::etype_not_supported, "the subkey's etype is not served");
    opened.subkey.emplace(std::move(*subkey));
  }
  return opened;
}

Judged<void> check_ap(const OpenedTicket& ticket, const OpenedAuthenticator& opened, const ApCheck& check) {
  const kerberos::EncTicketPart& part = ticket.part;
  const kerberos::Authenticator& authenticator = opened.authenticator;
  if (authenticator.crealm != part.crealm || !same_components(authenticator.cname, part.cname))
    return refuse(error_code::bad_match, "authenticator and ticket name different clients");
  if (!within(authenticator.ctime, check.now, check.skew))
    return refuse(error_code::skew, "the client's clock is off");
  return check_times(ticket, check);
}

Judged<void> check_times(const OpenedTicket& ticket, const ApCheck& check) {
  const kerberos::EncTicketPart& part = ticket.part;
  if (part.starttime.value_or(part.authtime) > check.now + check.skew)
    return refuse(error_code::ticket_not_yet_valid, "the ticket is not valid yet");
  if ((part.flags & kerberos::ticket_flag::invalid) != 0 && !check.validate)
    return refuse(error_code::ticket_not_yet_valid, "the ticket is flagged invalid");
  if (part.endtime < check.now) return refuse(error_code::ticket_expired, "the ticket has expired");
  return {};
}

}  // namespace ferryman::ticket
