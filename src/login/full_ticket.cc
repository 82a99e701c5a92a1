#include "login/full_ticket.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <random>

#include "base/secret.h"
#include "crypto/checksum.h"
#include "crypto/encryption.h"
#include "kerberos/ap.h"
#include "kerberos/kile_padata.h"
#include "kerberos/krb_error.h"
#include "kerberos/numbers.h"
#include "kerberos/whole_kdc_req.h"
#include "login/asked_tgt.h"
#include "login/domain_refusal.h"

namespace ferryman::login {
namespace {

namespace etype = kerberos::etype;
namespace option = kerberos::kdc_option;
namespace padata = kerberos::padata;
namespace usage = kerberos::key_usage;

// The subkey stands in it.
Secret authenticator(const CloudTicket& partial, const kerberos::Checksum& checksum,
                     const crypto::Key& subkey, std::int64_t now) {
  kerberos::Authenticator made;
  made.crealm = partial.client().realm;
  made.cname = partial.client().name;
  made.checksum = checksum;
  made.ctime = now;
  made.cusec = static_cast<std::int32_t>(std::random_device{}() % 1'000'000);
  made.subkey = kerberos::EncryptionKey{subkey.etype(), subkey.octets()};
  Secret octets(kerberos::encoded_size(made));
  static_cast<void>(kerberos::encode_into(octets.writable(), made));
  return octets;
}

Octets ap_req(const CloudTicket& partial, const crypto::Key& session_key, const crypto::Key& subkey,
              Bytes body, std::int64_t now) {
  const Octets sum = crypto::make_checksum(session_key, usage::tgs_req_checksum, body);
  const Secret plain = authenticator(partial, {session_key.type().checksum, sum}, subkey, now);
  const Octets cipher = crypto::encrypt(session_key, usage::tgs_req_authenticator, plain.bytes());
  return kerberos::encode(kerberos::ApReq{0, partial.ticket(), {session_key.etype(), std::nullopt, cipher}});
}

Octets tgs_req(const CloudTicket& partial, const crypto::Key& session_key, const AskedTicket& asked,
               std::int64_t now, bool wants_keys) {
  const kerberos::Name krbtgt = krbtgt_of(asked.client.realm);
  kerberos::Made<kerberos::EtypeList> wanted, keys;
  for (const std::int32_t each : tgt_etypes) wanted.add(each);
  keys.add(etype::rc4_hmac);
  kerberos::KdcReqBody body;
  // A KDC refuses what the ticket that is shown is not.
  body.kdc_options =
      option::canonicalize | (partial.part().flags & (option::forwardable | option::renewable));
  body.realm = asked.client.realm;
  body.sname = krbtgt.view();
  body.till = body.rtime = far_end;
  body.nonce = asked.nonce;
  body.etypes = wanted.list();
  const Octets shown = ap_req(partial, session_key, asked.subkey, kerberos::encode(body), now);
  const Octets options = kerberos::encode(
      kerberos::PacOptions{kerberos::pac_option::claims | kerberos::pac_option::forward_to_full_dc});
  const Octets key_list = kerberos::encode(kerberos::KeyListReq{keys.list()});
  kerberos::Made<kerberos::PadataList> list;
  list.add({padata::tgs_req, shown}).add({padata::pac_options, options});
  if (wants_keys) list.add({padata::key_list_req, key_list});
  return kerberos::encode(kerberos::WholeKdcReq{kerberos::msg_type::tgs_req, list.list(), body});
}

std::vector<std::int32_t> etypes_of_keys(const kerberos::PadataList& encrypted) {
  std::vector<std::int32_t> found;
  const auto listed = encrypted.find(padata::key_list_rep);
  auto keys = listed ? kerberos::parse<kerberos::KeyList>(listed->value) : kerberos::KeyList();
  kerberos::EncryptionKey key;
  while (keys && keys->next(key)) found.push_back(key.type);
  return found;
}

}  // namespace

Outcome<FullTicketRequest> FullTicketRequest::make(const CloudTicket& partial, std::int64_t now,
                                                   bool wants_keys) {
  const kerberos::Ticket& ticket = partial.ticket();
  const std::string_view realm = partial.client().realm;
  if (ticket.realm != realm || !same_components(ticket.sname, krbtgt_of(realm).view()))
    return fail(Fault::refused, "the server's ticket is for another realm than its client's");
  const auto session_key = crypto::Key::make(partial.part().key.type, partial.part().key.value);
  if (!session_key)
    return fail(Fault::refused, "the session key of the server's ticket is of a type that is not taken");
  FullTicketRequest request(partial, std::random_device{}() & 0x7fffffffU,
                            crypto::Key::random(session_key->etype()));
  request.message_ = tgs_req(partial, *session_key, request.asked(), now, wants_keys);
  return request;
}

Outcome<FullTicket> FullTicket::read(Octets reply, const AskedTicket& asked) {
  if (const auto error = kerberos::parse_krb_error(reply))
    return fail(Fault::refused, domain_refusal(error->error_code, asked.client.realm));
  const auto refused = [](std::string_view why) {
    return fail(Fault::refused, fmt::format("the domain controller's answer cannot be used: {}", why));
  };
  auto opened = DecryptedReply::open(std::move(reply), kerberos::msg_type::tgs_rep, asked.subkey,
                                     usage::tgs_rep_subkey);
  if (!opened) return refused(opened.error());
  if (const std::string_view why = why_not_asked_for(*opened, asked.client, asked.nonce); !why.empty())
    return refused(why);
  FullTicket ticket(std::move(*opened));
  ticket.listed_keys_ = etypes_of_keys(ticket.part().encrypted_pa_data);
  ticket.reply_.wipe_encrypted_padata();
  return ticket;
}

}  // namespace ferryman::login
