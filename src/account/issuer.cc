#include "account/issuer.h"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "account/keys.h"

namespace ferryman::account {
namespace {

namespace error_code = kerberos::error_code;

// Tickets for krbtgt and kadmin/changepw have no ticket signature [MS-PAC 2.8.3].
ticket::PacForm form_for(const directory::Account& service) {
  return service.kind == directory::AccountKind::krbtgt ||
                 service.kind == directory::AccountKind::password_change
             ? ticket::PacForm::tgt
             : ticket::PacForm::service;
}

Judged<Octets> or_refusal(Octets ticket) {
  if (ticket.empty()) return refuse(error_code::never_valid, "a time that has no encoding");
  return ticket;
}

Judged<directory::Shared<crypto::Key>> ready(const directory::LongTermKey& key) {
  auto made = usable(key);
  if (!made) return tl::unexpected(unavailable(made.error()));
  return *std::move(made);
}

}  // namespace

std::uint16_t rodc_of(const kerberos::Ticket& tgt) {
  constexpr unsigned half = 16;
  return static_cast<std::uint16_t>(tgt.enc_part.kvno.value_or(0) >> half);
}

Refusal unavailable(const directory::Failure& failure) {
  return {error_code::service_unavailable, directory::name(failure.reason), {}};
}

Judged<directory::Shared<directory::Principal>> Issuer::own(std::string_view first,
                                                            std::string_view second) const {
  const std::vector<std::string_view> name{first, second};
  auto found = directory_.find_service(tenant_.id, name);
  if (!found) return tl::unexpected(unavailable(found.error()));
  return std::move(*found);
}

Judged<directory::Shared<crypto::Key>> Issuer::krbtgt_key(const kerberos::EncryptedData& encrypted) const {
  const auto among =
      [&](const std::vector<directory::LongTermKey>& keys) -> Judged<directory::Shared<crypto::Key>> {
    const directory::LongTermKey* key = find_key(keys, encrypted.etype);
    if (key == nullptr) return refuse(error_code::bad_key_version, "an etype that krbtgt has no key of");
    return ready(*key);
  };
  if (encrypted.kvno) {
    const auto found = directory_.krbtgt_keys(tenant_.id, *encrypted.kvno);
    if (!found && found.error().reason == directory::Reason::not_found)
      return refuse(error_code::bad_key_version, "a kvno of krbtgt that is not there");
    if (!found) return tl::unexpected(unavailable(found.error()));
    return among(**found);
  }
  const auto found = krbtgt();
  if (!found) return tl::unexpected(found.error());
  return among((*found)->keys);
}

Judged<directory::Shared<crypto::Key>> Issuer::rodc_key(const kerberos::Ticket& tgt) const {
  const std::uint32_t version = *tgt.enc_part.kvno & directory::max_krbtgt_kvno;
  const auto found = directory_.rodc_key(tenant_.id, rodc_of(tgt), version);
  if (!found && found.error().reason != directory::Reason::not_found)
    return tl::unexpected(unavailable(found.error()));
  if (!found || found->etype != tgt.enc_part.etype)
    return refuse(error_code::bad_key_version, "a partial TGT under a key that is not known");
  return ready(*found);
}

Judged<directory::Shared<crypto::Key>> Issuer::tgt_key(const kerberos::Ticket& tgt) const {
  return rodc_of(tgt) != 0 ? rodc_key(tgt) : krbtgt_key(tgt.enc_part);
}

Judged<ticket::OpenedTicket> Issuer::open(const kerberos::Ticket& tgt) const {
  const auto key = tgt_key(tgt);
  if (!key) return tl::unexpected(key.error());
  return ticket::open_ticket(tgt, **key);
}

Judged<ticket::TgtPac> Issuer::verify_pac(const kerberos::Ticket& tgt,
                                          const ticket::OpenedTicket& opened) const {
  const auto key = tgt_key(tgt);
  if (!key) return tl::unexpected(key.error());
  return ticket::verify_tgt_pac(opened, **key, rodc_of(tgt));
}

Judged<Issuer::ServiceTicket> Issuer::open_service_ticket(const directory::Account& service,
                                                          const kerberos::Ticket& ticket) const {
  const kerberos::EncryptedData& encrypted = ticket.enc_part;
  const auto keys = directory_.keys(tenant_.id, service.id, encrypted.kvno.value_or(service.kvno));
  if (!keys && keys.error().reason != directory::Reason::not_found)
    return tl::unexpected(unavailable(keys.error()));
  const directory::LongTermKey* found = keys ? find_key(*keys, encrypted.etype) : nullptr;
  if (found == nullptr)
    return refuse(error_code::bad_key_version, "a key of the ticket's service that is not there");
  auto key = ready(*found);
  if (!key) return tl::unexpected(std::move(key.error()));
  auto opened = ticket::open_ticket(ticket, **key);
  if (!opened) return tl::unexpected(std::move(opened.error()));
  return ServiceTicket{std::move(*opened), std::move(*key)};
}

Judged<Issuer::PasswordTicket> Issuer::open_password_ticket(const kerberos::Ticket& ticket) const {
  const auto service = own("kadmin", "changepw");
  if (!service) return tl::unexpected(service.error());
  auto opened = open_service_ticket((*service)->account, ticket);
  if (!opened) return tl::unexpected(std::move(opened.error()));
  auto verified = verify_other_pac(*opened);
  if (!verified) return tl::unexpected(std::move(verified.error()));
  return PasswordTicket{std::move(opened->opened), std::move(verified->pac)};
}

Judged<pac::Pac> Issuer::verify_service_pac(const ServiceTicket& ticket) const {
  auto verified = verify_other_pac(ticket);
  if (!verified) return tl::unexpected(std::move(verified.error()));
  if (auto further = verify_further_signatures(ticket.opened, verified->pac, *verified->signer); !further)
    return tl::unexpected(std::move(further.error()));
  return std::move(verified->pac);
}

// A PAC's signature has no kvno: by the present key of krbtgt, or one of those before, where it was rotated
// since.
Judged<Issuer::SignedPac> Issuer::verify_other_pac(const ServiceTicket& ticket) const {
  const auto tgs = krbtgt();
  if (!tgs) return tl::unexpected(tgs.error());
  const auto kept = directory_.kept_keys(tenant_.id, (*tgs)->account.id);
  if (!kept) return tl::unexpected(unavailable(kept.error()));
  std::optional<Refusal> first;  // of the newest key, by which most are signed
  for (const directory::LongTermKey& each : *kept) {
    auto signer = usable(each);
    if (!signer) continue;
    auto pac = ticket::verify_pac(ticket.opened, *ticket.key, **signer);
    if (pac) return SignedPac{std::move(*pac), std::move(*signer)};
    if (!first) first = std::move(pac.error());
  }
  if (first) return tl::unexpected(*std::move(first));
  return refuse(error_code::modified, "krbtgt has no key");
}

Judged<Issuer::VersionedKey> Issuer::best_key(const directory::Principal& service) const {
  const directory::LongTermKey* key = ticket_key(policy_, service);
  if (key == nullptr)
    return refuse(error_code::etype_not_supported, "the service has no key that is allowed");
  auto made = ready(*key);
  if (!made) return tl::unexpected(std::move(made.error()));
  return VersionedKey{std::move(*made), key->kvno};
}

Judged<Octets> Issuer::issue(const directory::Principal& service, const ticket::NewTicket& ticket,
                             const pac::Builder& pac) const {
  const auto key = best_key(service);
  if (!key) return tl::unexpected(key.error());
  if (service.account.kind == directory::AccountKind::krbtgt)
    return or_refusal(ticket::issue(ticket, pac, ticket::PacForm::tgt, {*key->key, key->kvno, *key->key}));
  const auto tgs = krbtgt();
  if (!tgs) return tl::unexpected(tgs.error());
  const auto signer = best_key(**tgs);
  if (!signer) return tl::unexpected(signer.error());
  return or_refusal(
      ticket::issue(ticket, pac, form_for(service.account), {*key->key, key->kvno, *signer->key}));
}

Judged<Octets> Issuer::issue_anonymous(const directory::Principal& krbtgt,
                                       const ticket::NewTicket& ticket) const {
  const auto key = best_key(krbtgt);
  if (!key) return tl::unexpected(key.error());
  return or_refusal(ticket::issue_without_pac(ticket, *key->key, key->kvno));
}

Judged<Octets> Issuer::issue_user_to_user(const crypto::Key& session_key, const ticket::NewTicket& ticket,
                                          const pac::Builder& pac) const {
  const auto tgs = krbtgt();
  if (!tgs) return tl::unexpected(tgs.error());
  const auto signer = best_key(**tgs);
  if (!signer) return tl::unexpected(signer.error());
  return or_refusal(
      ticket::issue(ticket, pac, ticket::PacForm::service, {session_key, std::nullopt, *signer->key}));
}

}  // namespace ferryman::account
