#include "kdc/reply.h"

#include <algorithm>
#include <utility>

#include "crypto/checksum.h"
#include "crypto/encryption.h"
#include "kdc/anonymous.h"
#include "kerberos/kile_padata.h"
#include "kerberos/krb_error.h"
#include "kerberos/time.h"
#include "ticket/secret_codec.h"

namespace ferryman::kdc {
namespace {

namespace error_code = kerberos::error_code;
namespace padata = kerberos::padata;

MadePadata encrypted_padata(const Reply& reply, const crypto::Key& key) {
  MadePadata list;
  if (!reply.checksum_over.empty()) {
    const Octets sum = crypto::make_checksum(key, kerberos::key_usage::as_req_checksum, reply.checksum_over);
    const Octets value = kerberos::encode(kerberos::Checksum{key.type().checksum, sum});
    list.add({padata::req_enc_pa_rep, value}).add({padata::fx_fast, {}});
  }
  if (reply.supported_enctypes) {
    const auto value = kerberos::supported_enctypes_octets(*reply.supported_enctypes);
    list.add({padata::supported_enctypes, value});
  }
  if (reply.pac_options) {
    const Octets value = kerberos::encode(kerberos::PacOptions{*reply.pac_options});
    list.add({padata::pac_options, value});
  }
  return list;
}

// The list, and in front of it KERB-KEY-LIST-REP, where Windows has it and some look for it alone. No copy of
// that one is left.
Secret with_key_list(const MadePadata& list, Bytes key_list) {
  const Bytes others = list.list().octets();
  const kerberos::Padata element{padata::key_list_rep, key_list};
  const std::size_t size = key_list.empty() ? 0 : kerberos::encoded_size(element);
  Secret octets(size + others.size());
  if (size > 0) static_cast<void>(kerberos::encode_into(octets.writable().first(size), element));
  std::copy(others.begin(), others.end(), octets.writable().begin() + static_cast<std::ptrdiff_t>(size));
  return octets;
}

Secret enc_part(const Reply& reply, const crypto::Key& key) {
  const Secret encrypted = with_key_list(encrypted_padata(reply, key), reply.key_list);
  kerberos::Made<kerberos::LastReq> last_req;
  last_req.add({kerberos::last_req_type::none, 0});
  kerberos::EncKdcRepPart part = ticket::reply_part(reply.ticket);
  part.tag = reply.msg_type == kerberos::msg_type::as_rep ? kerberos::application_tag::enc_as_rep_part
                                                          : kerberos::application_tag::enc_tgs_rep_part;
  part.last_req = last_req.list();
  part.nonce = reply.nonce;
  part.key_expiration = reply.key_expiration;
  part.encrypted_pa_data = kerberos::PadataList(encrypted.bytes());
  return ticket::encode_secret(part);
}

struct Client {
  std::string_view realm;
  kerberos::PrincipalName name;
};

Octets message(const Reply& reply, const MadePadata& padata, const Client& client, const crypto::Key& key) {
  const Octets cipher = crypto::encrypt(key, reply.usage, enc_part(reply, key).bytes());
  const auto ticket = kerberos::parse<kerberos::Ticket>(reply.ticket_octets);
  return kerberos::encode(kerberos::WrittenKdcRep{
      reply.msg_type,
      {padata.list(), client.realm, client.name, *ticket, {key.etype(), reply.kvno, cipher}}});
}

// METHOD-DATA without its own header, where the code says that e-data holds some.
Bytes hints_of(const Refusal& refusal) {
  if (refusal.code != error_code::preauth_required && refusal.code != error_code::preauth_failed &&
      refusal.code != error_code::skew)
    return {};
  const auto list = kerberos::parse<kerberos::PadataList>(refusal.e_data);
  return list ? list->octets() : Bytes();
}

}  // namespace

std::optional<std::uint32_t> pac_options_of(const kerberos::PadataList& padata) {
  const auto element = padata.find(padata::pac_options);
  const auto options = element ? kerberos::parse<kerberos::PacOptions>(element->value)
                               : Result<kerberos::PacOptions>(tl::unexpected(Error{Fault::truncated}));
  if (!options || (options->flags & kerberos::pac_option::claims) == 0) return std::nullopt;
  return kerberos::pac_option::claims;
}

Judged<MadeReply> encode_reply(const Reply& reply, const Fast* fast, Now now) {
  const Client client{reply.ticket.crealm, reply.ticket.cname};
  MadeReply made{{},
                 {reply.key.etype(), reply.ticket.session_key.etype(),
                  kerberos::parse<kerberos::Ticket>(reply.ticket_octets)->enc_part.etype}};
  if (fast == nullptr) {
    made.message = message(reply, reply.padata, client, reply.key);
  } else {
    const Strengthened keys = strengthen(reply.key);
    const MadePadata padata = fast_reply(
        *fast, {reply.padata, keys.strengthen_key, client.realm, client.name, reply.ticket_octets, now});
    const kerberos::Name anonymous = anonymous_name();
    const Client shown = fast->hides_client() ? Client{anonymous_realm, anonymous.view()} : client;
    made.message = message(reply, padata, shown, keys.reply_key);
  }
  if (made.message.size() > max_reply)
    return refuse(error_code::field_too_long, "the reply is longer than a reply may be");
  return made;
}

Octets encode_refusal(const Kdc& kdc, const Refusal& refusal, const kerberos::KdcReqBody* body,
                      const Fast* fast, Now now) {
  const kerberos::Name krbtgt(kerberos::name_type::srv_inst, {"krbtgt", kdc.tenant.realm});
  const auto stime = kerberos::format_time(now.seconds).value_or(*kerberos::format_time(0));
  kerberos::KrbError error;
  error.stime = {stime.data(), stime.size()};
  error.susec = now.microseconds;
  error.error_code = refusal.code;
  error.realm = kdc.tenant.realm;
  error.sname =
      body != nullptr && body->sname && !body->sname->name_string.empty() ? *body->sname : krbtgt.view();
  if (refusal.code == error_code::wrong_realm && body != nullptr && body->cname) {
    error.crealm = kdc.tenant.realm;
    error.cname = body->cname;
  }
  const kerberos::Name anonymous = anonymous_name();
  if (fast != nullptr && fast->hides_client()) {
    error.crealm = anonymous_realm;
    error.cname = anonymous.view();
  }
  if (fast == nullptr) {
    error.e_data = refusal.e_data;
    return kerberos::encode(error);
  }
  const Octets e_data = fast_error(*fast, kerberos::encode(error), hints_of(refusal));
  error.e_data = e_data;
  return kerberos::encode(error);
}

Answer answer_of(Octets message, const kerberos::KdcReqBody* body, const Refusal* refusal) {
  Answer answer;
  answer.message = std::move(message);
  if (refusal != nullptr) {
    answer.code = refusal->code;
    answer.reason = refusal->reason;
  }
  if (body != nullptr && body->cname) body->cname->append_to(answer.client);
  if (body != nullptr && body->sname) body->sname->append_to(answer.service);
  return answer;
}

}  // namespace ferryman::kdc
