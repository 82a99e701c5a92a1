#include "explain/requests.h"

#include <algorithm>
#include <random>

#include "crypto/checksum.h"
#include "crypto/encryption.h"
#include "kerberos/ap.h"
#include "kerberos/encode.h"
#include "kerberos/kdc_rep.h"
#include "kerberos/numbers.h"
#include "kerberos/preauth.h"
#include "kerberos/time.h"
#include "kerberos/whole_kdc_req.h"
#include "login/asked_tgt.h"

namespace ferryman::explain {
namespace {

namespace option = kerberos::kdc_option;
namespace padata = kerberos::padata;
namespace usage = kerberos::key_usage;

std::int32_t microseconds() {
  return static_cast<std::int32_t>(std::random_device{}() % 1'000'000);
}

kerberos::Made<kerberos::EtypeList> list_of(const Etypes& etypes) {
  kerberos::Made<kerberos::EtypeList> made;
  for (const std::int32_t each : etypes) made.add(each);
  return made;
}

Octets timestamp(const crypto::Key& key, std::int64_t now) {
  const Octets plain = kerberos::encode(kerberos::PaEncTsEnc{now, microseconds()});
  return kerberos::make_encrypted_data(key.etype(), crypto::encrypt(key, usage::pa_enc_timestamp, plain));
}

Octets ap_req(const Principal& client, const Tgt& tgt, const kerberos::Ticket& ticket, Bytes body,
              std::int64_t now) {
  const kerberos::Name name = client.kerberos_name(kerberos::name_type::principal);
  const Octets sum = crypto::make_checksum(tgt.session_key, usage::tgs_req_checksum, body);
  kerberos::Authenticator made;
  made.crealm = client.realm;
  made.cname = name.view();
  made.checksum = kerberos::Checksum{tgt.session_key.type().checksum, sum};
  made.ctime = now;
  made.cusec = microseconds();
  const Octets cipher =
      crypto::encrypt(tgt.session_key, usage::tgs_req_authenticator, kerberos::encode(made));
  return kerberos::encode(kerberos::ApReq{0, ticket, {tgt.session_key.etype(), std::nullopt, cipher}});
}

std::string default_salt(const Principal& client) {
  std::string salt = client.realm;
  for (const std::string& each : client.components) salt += each;
  return salt;
}

}  // namespace

std::uint32_t random_nonce() {
  return std::random_device{}() & 0x7fffffffU;
}

Octets as_req(const Principal& client, const Etypes& etypes, std::uint32_t nonce, const crypto::Key* key,
              std::int64_t now) {
  const auto wanted = list_of(etypes);
  const kerberos::Name name = client.kerberos_name(kerberos::name_type::principal);
  const kerberos::Name krbtgt = login::krbtgt_of(client.realm);
  kerberos::KdcReqBody body;
  body.kdc_options = option::forwardable;
  body.cname = name.view();
  body.realm = client.realm;
  body.sname = krbtgt.view();
  body.till = login::far_end;
  body.nonce = nonce;
  body.etypes = wanted.list();
  const Octets proof = key == nullptr ? Octets() : timestamp(*key, now);
  kerberos::Made<kerberos::PadataList> list;
  if (key != nullptr) list.add({padata::enc_timestamp, proof});
  return kerberos::encode(kerberos::WholeKdcReq{kerberos::msg_type::as_req, list.list(), body});
}

Octets tgs_req(const Principal& client, const Tgt& tgt, const Principal& service, const Etypes& etypes,
               std::uint32_t nonce, std::int64_t now) {
  const auto ticket = kerberos::parse<kerberos::Ticket>(tgt.ticket);
  if (!ticket) return {};
  const auto wanted = list_of(etypes);
  const bool is_krbtgt = service.components.front() == "krbtgt";
  const kerberos::Name sname =
      service.kerberos_name(is_krbtgt ? kerberos::name_type::srv_inst : kerberos::name_type::srv_hst);
  kerberos::KdcReqBody body;
  body.kdc_options = option::canonicalize;
  body.realm = tgt.realm;
  body.sname = sname.view();
  body.till = login::far_end;
  body.nonce = nonce;
  body.etypes = wanted.list();
  const Octets shown = ap_req(client, tgt, *ticket, kerberos::encode(body), now);
  kerberos::Made<kerberos::PadataList> list;
  list.add({padata::tgs_req, shown});
  return kerberos::encode(kerberos::WholeKdcReq{kerberos::msg_type::tgs_req, list.list(), body});
}

Hints read_hints(Bytes answer, const Principal& client) {
  Hints hints;
  kerberos::PadataList methods;
  if (const auto error = kerberos::parse_krb_error(answer)) {
    methods = kerberos::parse<kerberos::PadataList>(error->e_data).value_or(kerberos::PadataList());
  } else if (const auto reply = kerberos::parse_kdc_rep(answer, kerberos::msg_type::as_rep)) {
    methods = reply->padata;
    hints.is_ticket = true;
  }
  hints.takes_timestamp = hints.is_ticket || methods.has(padata::enc_timestamp);
  const auto told = methods.find(padata::etype_info2);
  auto entries = told ? kerberos::parse<kerberos::EtypeInfo2>(told->value) : kerberos::EtypeInfo2();
  kerberos::EtypeInfo2Entry entry;
  while (entries && entries->next(entry)) {
    if (crypto::find_etype(entry.etype) == nullptr) continue;
    KeyHint& hint = hints.keys.emplace_back();
    hint.etype = entry.etype;
    hint.salt = entry.salt ? std::string(as_text(*entry.salt)) : default_salt(client);
    if (entry.s2kparams) hint.parameters.assign(entry.s2kparams->begin(), entry.s2kparams->end());
  }
  return hints;
}

const crypto::KeytabEntry* find_key(const std::vector<crypto::KeytabEntry>& keytab,
                                    const Principal& principal, const Etypes& etypes) {
  for (const std::int32_t etype : etypes) {
    const crypto::KeytabEntry* newest = nullptr;
    for (const crypto::KeytabEntry& entry : keytab) {
      const bool is_its = entry.components == principal.components && entry.realm == principal.realm &&
                          entry.key.etype() == etype;
      if (is_its && (newest == nullptr || entry.kvno > newest->kvno)) newest = &entry;
    }
    if (newest != nullptr) return newest;
  }
  return nullptr;
}

std::optional<std::int64_t> time_of(const kerberos::KrbError& error) {
  return kerberos::parse_time(error.stime);
}

}  // namespace ferryman::explain
