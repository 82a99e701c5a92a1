#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "account/test_directory.h"
#include "crypto/checksum.h"
#include "crypto/encryption.h"
#include "kdc/kdc.h"
#include "kerberos/ap.h"
#include "kerberos/enc_kdc_rep_part.h"
#include "kerberos/kdc_rep.h"
#include "kerberos/krb_error.h"
#include "kerberos/preauth.h"
#include "kerberos/whole_kdc_req.h"
#include "ticket/opened_ticket.h"
#include "ticket/secret_codec.h"

// For tests: a realm in memory, and a client that can do what no honest one does.
namespace ferryman::kdc {

namespace etype = kerberos::etype;
namespace flag = kerberos::ticket_flag;
namespace key_usage = kerberos::key_usage;
namespace option = kerberos::kdc_option;
namespace padata = kerberos::padata;

inline constexpr std::int64_t test_now = 1'700'000'000;
inline constexpr std::string_view test_password = "a password of alice";

using MadeList = kerberos::Made<kerberos::PadataList>;

struct TestRealm {
  account::TestDirectory directory{"R.TEST"};
  account::Policy policy;
  account::Attempts attempts;
  Kdc kdc{directory, directory.tenant(), policy, attempts};
  Now now{test_now, 500};

  TestRealm() {
    directory.add_user("alice", test_password);
    directory.add("WEB$", directory::AccountKind::service, {"HTTP/www.r.test", "HOST/www.r.test"});
    directory.add("bob", directory::AccountKind::user);
  }
  directory::Account& account(std::string_view name) { return directory.at(name).principal.account; }
  Answer ask(Bytes request) { return answer(request, kdc, now); }
};

// A KDC-REQ in the making.
struct TestRequest {
  std::int32_t msg_type = kerberos::msg_type::as_req;
  std::optional<kerberos::Name> cname = kerberos::Name(kerberos::name_type::principal, {"alice"});
  std::optional<kerberos::Name> sname = kerberos::Name(kerberos::name_type::srv_inst, {"krbtgt", "R.TEST"});
  std::string_view realm = "R.TEST";
  std::uint32_t options = 0;
  std::optional<std::int64_t> from, till = test_now + 36000, rtime;
  std::int64_t nonce = 0x12345678;
  std::vector<std::int32_t> etypes{18, 17, 20, 19};
  std::vector<std::pair<std::int32_t, Octets>> padata;
  std::optional<std::pair<std::int32_t, Octets>> enc_authorization_data;
  std::vector<Octets> tickets;

  template <typename Use>
  auto use(const Use& with_body) const {
    kerberos::Made<kerberos::EtypeList> list;
    for (const std::int32_t etype : etypes) list.add(etype);
    kerberos::Made<kerberos::Tickets> additional;
    for (const Octets& ticket : tickets) additional.add_encoded(ticket);
    kerberos::KdcReqBody body;
    body.kdc_options = options;
    if (cname) body.cname = cname->view();
    if (sname) body.sname = sname->view();
    body.realm = realm;
    body.from = from;
    body.till = till;
    body.rtime = rtime;
    body.nonce = nonce;
    body.etypes = list.list();
    if (enc_authorization_data)
      body.enc_authorization_data = {enc_authorization_data->first, std::nullopt,
                                     enc_authorization_data->second};
    body.additional_tickets = additional.list();
    return with_body(body);
  }
  Octets body() const {
    return use([](const kerberos::KdcReqBody& body) { return kerberos::encode(body); });
  }
  Octets encoded() const {
    MadeList list;
    for (const auto& [type, value] : padata) list.add({type, value});
    return use([&](const kerberos::KdcReqBody& body) {
      return kerberos::encode(kerberos::WholeKdcReq{msg_type, list.list(), body});
    });
  }

  TestRequest& with(std::int32_t type, Octets value = {}) {
    padata.emplace_back(type, std::move(value));
    return *this;
  }
  TestRequest& with_timestamp(const crypto::Key& key, std::int64_t time = test_now,
                              std::optional<std::int32_t> microseconds = 1) {
    const Octets cipher = crypto::encrypt(key, key_usage::pa_enc_timestamp,
                                          kerberos::encode(kerberos::PaEncTsEnc{time, microseconds}));
    return with(padata::enc_timestamp,
                kerberos::encode(kerberos::EncryptedData{key.etype(), std::nullopt, cipher}));
  }
};

inline kerberos::KrbError error_of(const Answer& answer) {
  const auto error = kerberos::parse<kerberos::KrbError>(answer.message);
  return error ? *error : kerberos::KrbError{};
}

// What a reply says, with the octets that it views.
struct TestReply {
  Octets message;
  kerberos::KdcRep rep;
  Secret octets;
  kerberos::EncKdcRepPart part;
  std::optional<crypto::Key> session_key;

  bool ok() const { return session_key.has_value(); }
  Octets ticket() const {
    const Bytes octets_of_ticket = kerberos::ticket_octets(message);
    return {octets_of_ticket.begin(), octets_of_ticket.end()};
  }
};

inline TestReply open_reply(const Answer& answer, const crypto::Key& key, std::int32_t usage,
                            std::int32_t msg_type = kerberos::msg_type::as_rep) {
  TestReply reply;
  reply.message = answer.message;
  const auto rep = kerberos::parse_kdc_rep(reply.message, msg_type);
  if (!rep) return reply;
  reply.rep = *rep;
  auto octets = crypto::decrypt(key, usage, rep->enc_part.cipher);
  if (!octets) return reply;
  reply.octets = std::move(*octets);
  const auto part = kerberos::parse<kerberos::EncKdcRepPart>(reply.octets.bytes());
  if (!part) return reply;
  reply.part = *part;
  if (auto session = crypto::Key::make(part->key.type, part->key.value))
    reply.session_key = std::move(*session);
  return reply;
}

inline TestReply get_tgt(TestRealm& realm, std::uint32_t options = option::forwardable | option::proxiable |
                                                                   option::renewable) {
  const crypto::Key key = realm.directory.key("alice", 18);
  TestRequest request;
  request.options = options;
  request.with_timestamp(key, realm.now.seconds);
  return open_reply(realm.ask(request.encoded()), key, key_usage::as_rep);
}

// A TGS-REQ in the making. Whatever is set is sent; by default all is right.
struct TestTgs {
  Octets ticket;
  crypto::Key session_key;
  TestRequest request;
  std::string_view crealm = "R.TEST";
  kerberos::Name cname{kerberos::name_type::principal, {"alice"}};
  std::int64_t ctime = test_now;
  std::uint32_t ap_options = 0;
  std::optional<crypto::Key> subkey;
  std::optional<std::int32_t> checksum_type = kerberos::checksum_type::hmac_sha1_aes256;
  bool bend_checksum = false;
  std::int32_t usage = key_usage::tgs_req_authenticator;
  std::vector<std::int32_t> authenticator_data;  // types of its authorization data

  explicit TestTgs(const TestReply& tgt) : ticket(tgt.ticket()), session_key(tgt.session_key->copy()) {
    request.msg_type = kerberos::msg_type::tgs_req;
    request.cname.reset();
    request.sname = kerberos::Name(kerberos::name_type::srv_hst, {"HTTP", "www.r.test"});
  }

  Octets ap_req(Bytes body) const {
    Octets sum = crypto::make_checksum(session_key, key_usage::tgs_req_checksum, body);
    if (bend_checksum) sum.front() ^= 1;
    kerberos::Authenticator authenticator;
    authenticator.crealm = crealm;
    authenticator.cname = cname.view();
    authenticator.ctime = ctime;
    if (checksum_type) authenticator.checksum = {*checksum_type, sum};
    kerberos::Made<kerberos::AuthorizationData> data;
    for (const std::int32_t type : authenticator_data) data.add({type, {}, {}});
    authenticator.authorization_data = data.list();
    if (subkey) authenticator.subkey = {subkey->etype(), subkey->octets()};
    const Octets cipher = crypto::encrypt(session_key, usage, kerberos::encode(authenticator));
    const auto parsed = kerberos::parse<kerberos::Ticket>(ticket);
    return kerberos::encode(
        kerberos::ApReq{ap_options, *parsed, {session_key.etype(), std::nullopt, cipher}});
  }
  Octets encoded() const {
    TestRequest whole = request;
    whole.with(padata::tgs_req, ap_req(request.body()));
    return whole.encoded();
  }
  TestReply open(const Answer& answer) const {
    return subkey
               ? open_reply(answer, *subkey, key_usage::tgs_rep_subkey, kerberos::msg_type::tgs_rep)
               : open_reply(answer, session_key, key_usage::tgs_rep_session_key, kerberos::msg_type::tgs_rep);
  }
};

}  // namespace ferryman::kdc
