// The KDC behind its own encryption: the fuzzer knows the keys, and bends what a client would have encrypted.
// Input: which part is bent, then one octet for each change to it.
#include <algorithm>
#include <cstdlib>

#include "crypto/prf.h"
#include "kdc/kdc.h"
#include "kdc/test_client.h"
#include "kdc/test_s4u.h"
#include "kerberos/bending.h"
#include "kerberos/fast.h"
#include "kerberos/kile_padata.h"
#include "kerberos/kpasswd.h"
#include "kerberos/krb_priv.h"
#include "kerberos/reply.h"
#include "pac/info.h"
#include "pac/logon_info.h"
#include "ticket/test_tickets.h"

namespace ferryman::kdc {
namespace {

// A part of a request; bent where its turn has come.
class Bender {
 public:
  explicit Bender(Bytes input) : input_(input) {}

  Octets operator()(std::uint8_t part, const Octets& valid) const {
    if (input_.empty() || input_[0] != part) return valid;
    auto nodes = kerberos::read_nodes(valid);
    if (nodes.empty()) return valid;
    for (const std::uint8_t seed : input_.subspan(1)) {
      kerberos::Random random(seed + 1U);
      kerberos::bend(nodes.front(), random);
    }
    return kerberos::written(nodes.front());
  }
  // Of what is no DER.
  Octets octets(std::uint8_t part, Octets valid) const {
    if (input_.empty() || input_[0] != part) return valid;
    std::size_t at = 0;
    for (const std::uint8_t step : input_.subspan(1)) {
      if (valid.empty()) break;
      at = (at + step) % valid.size();
      valid[at] = static_cast<std::uint8_t>(valid[at] + step + 1);
    }
    return valid;
  }

 private:
  Bytes input_;
};

enum Part : std::uint8_t {
  as_message,
  timestamp,
  ticket_part,
  authenticator,
  tgs_body,
  authorization,
  pac_buffer,
  fast_inside,
  challenge,
  priv_part,
  kpasswd_message,
  key_list,
  for_user,
  for_x509_user,
};

// Under which key a ticket stands, and which one signs its PAC.
struct TicketKeys {
  const crypto::Key& ticket;
  std::uint32_t kvno;
  const crypto::Key& signer;
};

struct World {
  TestRealm realm;
  crypto::Key alice, krbtgt, changepw, rodc;
  crypto::Key session = crypto::Key::random(18), subkey = crypto::Key::random(18);
  kerberos::Name alice_name{1, {"alice"}}, krbtgt_name{2, {"krbtgt", "R.TEST"}};

  World()
      : alice(realm.directory.key("alice", 18)),
        krbtgt(realm.directory.key("krbtgt/R.TEST", 18)),
        changepw(realm.directory.key("kadmin/changepw", 18)),
        rodc(realm.directory.add_rodc(7, 1, directory::rid::domain_users)) {
    realm.account("alice").settings.flags.key_list = true;
    realm.account("alice").settings.flags.trusted_to_auth = true;
    realm.account("alice").spns = {"HTTP/alice"};
    realm.directory.delegation_list[{realm.account("alice").id, realm.account("WEB$").id}].by_actor = true;
    realm.policy.lockout.threshold = 0;
    realm.policy.password.min_length = 10'000;  // string-to-key is slow
  }

  TicketKeys of_krbtgt() const { return {krbtgt, 2, krbtgt}; }
  TicketKeys of_rodc() const { return {rodc, 7U << 16U | 1U, rodc}; }

  void ask(Bytes request) {
    const Answer answer = realm.ask(request);
    const bool is_reply = kerberos::parse<kerberos::KrbError>(answer.message) ||
                          kerberos::parse_kdc_rep(answer.message, kerberos::msg_type::as_rep) ||
                          kerberos::parse_kdc_rep(answer.message, kerberos::msg_type::tgs_rep) ||
                          kerberos::parse_kpasswd_reply(answer.message);
    if (!is_reply) std::abort();
  }

  void as(const Bender& bend) {
    const Octets plain = bend(timestamp, kerberos::encode(kerberos::PaEncTsEnc{test_now, 5}));
    TestRequest request;
    const Octets cipher = crypto::encrypt(alice, key_usage::pa_enc_timestamp, plain);
    request.with(padata::enc_timestamp, kerberos::encode(kerberos::EncryptedData{18, std::nullopt, cipher}));
    ask(bend(as_message, request.encoded()));
  }

  // A ticket with a PAC whose signatures are right, whatever is in it.
  Octets ticket(const Bender& bend, const TicketKeys& keys, bool for_tgt) {
    const auto& principal = realm.directory.at("alice").principal;
    const auto sid = pac::Sid::of_text(realm.directory.tenant().domain_sid)->with_rid(principal.account.rid);
    pac::Builder builder;
    const auto add = [&](pac::BufferType type, Octets octets) {
      builder.add(type, bend.octets(pac_buffer, std::move(octets)));
    };
    add(pac::client_info, pac::ClientInfo{pac::file_time(test_now), u"alice"}.write());
    pac::UpnDnsInfo info{u"alice@r.test", u"R.TEST", 0, pac::UpnDnsInfo::Extension{u"alice", sid}};
    add(pac::upn_dns_info, info.write());
    if (for_tgt) add(pac::requestor, pac::write_requestor(sid));
    const ticket::AuthorizationList none;
    const Octets issued = ticket::issue({"R.TEST",
                                         krbtgt_name.view(),
                                         "R.TEST",
                                         alice_name.view(),
                                         session,
                                         flag::initial | flag::renewable | flag::forwardable,
                                         test_now,
                                         {test_now, test_now + 3600, test_now + 7200},
                                         {},
                                         none},
                                        builder, ticket::PacForm::tgt, {keys.ticket, keys.kvno, keys.signer});
    const auto parsed = kerberos::parse<kerberos::Ticket>(issued);
    const auto plain = crypto::decrypt(keys.ticket, key_usage::ticket, parsed->enc_part.cipher);
    const Octets part = bend(ticket_part, Octets(plain->bytes().begin(), plain->bytes().end()));
    const Octets cipher = crypto::encrypt(keys.ticket, key_usage::ticket, part);
    return kerberos::encode(kerberos::Ticket{"R.TEST", krbtgt_name.view(), {18, keys.kvno, cipher}});
  }

  Octets ap_req(const Bender& bend, Bytes ticket_octets, std::int32_t usage, Bytes body) {
    const Octets sum = crypto::make_checksum(session, key_usage::tgs_req_checksum, body);
    kerberos::Authenticator made;
    made.crealm = "R.TEST";
    made.cname = alice_name.view();
    made.checksum = {session.type().checksum, sum};
    made.ctime = test_now;
    made.subkey = {subkey.etype(), subkey.octets()};
    made.seq_number = 5;
    const Octets cipher = crypto::encrypt(session, usage, bend(authenticator, kerberos::encode(made)));
    return kerberos::encode(
        kerberos::ApReq{0, *kerberos::parse<kerberos::Ticket>(ticket_octets), {18, std::nullopt, cipher}});
  }

  void tgs(const Bender& bend, std::uint32_t options, const TicketKeys& keys) {
    TestRequest request;
    request.msg_type = kerberos::msg_type::tgs_req;
    request.cname.reset();
    request.options = options;
    if (options == 0) request.sname = kerberos::Name(3, {"HTTP", "www.r.test"});
    ticket::AuthorizationList list;
    const Octets octets{1, 2, 3};
    list.add({kerberos::authorization_data::restriction_entry, octets, {}});
    const Octets data = bend(authorization, kerberos::encode(list.list()));
    request.enc_authorization_data = {18, crypto::encrypt(subkey, key_usage::tgs_req_authdata_subkey, data)};
    const Octets body = bend(tgs_body, request.body());
    const Octets header = ap_req(bend, ticket(bend, keys, true), key_usage::tgs_req_authenticator, body);
    kerberos::Made<kerberos::EtypeList> etypes;
    etypes.add(18).add(17);
    const Octets asked = bend(key_list, kerberos::encode(kerberos::KeyListReq{etypes.list()}));
    MadeList padata_list;
    padata_list.add({padata::tgs_req, header}).add({padata::key_list_req, asked});
    send_tgs(body, padata_list);
  }

  // The body stands in the message as it was bent, so that its checksum is right.
  void send_tgs(const Octets& body, const MadeList& padata_list) {
    const Octets list_octets = kerberos::encode(padata_list.list());
    Octets message(list_octets.size() + body.size() + 64);
    der::Writer writer(message);
    writer.bytes(body);
    writer.close(der::context(4), 0);
    const std::size_t mark = writer.size();
    writer.bytes(list_octets);
    writer.close(der::context(3), mark);
    writer.integer_field(der::context(2), kerberos::msg_type::tgs_req);
    writer.integer_field(der::context(1), kerberos::protocol_version);
    writer.close(der::sequence, 0);
    writer.close(der::application(kerberos::msg_type::tgs_req), 0);
    if (const auto written = writer.finish()) ask(*written);
  }

  // A ticket to alice, whom it is of, with all signatures.
  Octets evidence(const Bender& bend) {
    pac::Builder builder;
    const auto add = [&](pac::BufferType type, Octets octets) {
      builder.add(type, bend.octets(pac_buffer, std::move(octets)));
    };
    pac::LogonInfo logon;
    logon.user_id = realm.account("alice").rid;
    logon.logon_domain_id = pac::Sid::of_text(realm.directory.tenant().domain_sid);
    add(pac::logon_info, logon.write());
    builder.add(pac::client_info, pac::ClientInfo{pac::file_time(test_now), u"alice"}.write());
    add(pac::delegation_info, pac::DelegationInfo{u"HTTP/alice", {u"cifs/files@R.TEST"}}.write());
    const kerberos::Name sname(2, {"HTTP", "alice"});
    const ticket::AuthorizationList none;
    return ticket::issue({"R.TEST",
                          sname.view(),
                          "R.TEST",
                          alice_name.view(),
                          session,
                          flag::forwardable,
                          test_now,
                          {test_now, test_now + 3600, std::nullopt},
                          {},
                          none},
                         builder, ticket::PacForm::service, {alice, 2, krbtgt});
  }

  // alice, as a service, acts for herself.
  void s4u(const Bender& bend, std::int32_t element) {
    TestRequest request;
    request.msg_type = kerberos::msg_type::tgs_req;
    request.cname.reset();
    const bool is_proxy = element == 0;
    request.options = is_proxy ? option::cname_in_addl_tkt : option::forwardable;
    request.sname =
        is_proxy ? kerberos::Name(2, {"HTTP", "www.r.test"}) : kerberos::Name(2, {"HTTP", "alice"});
    if (is_proxy) request.tickets = {evidence(bend)};
    const Octets body = bend(tgs_body, request.body());
    const Octets header =
        ap_req(bend, ticket(bend, of_krbtgt(), true), key_usage::tgs_req_authenticator, body);
    const Octets named = bend(for_user, TestForUser().encoded(session)),
                 newer = bend(for_x509_user, TestX509User().encoded(subkey));
    MadeList padata_list;
    padata_list.add({padata::tgs_req, header});
    if (element == padata::for_user) padata_list.add({padata::for_user, named});
    if (element == padata::for_x509_user) padata_list.add({padata::for_x509_user, newer});
    send_tgs(body, padata_list);
  }

  void fast(const Bender& bend) {
    const crypto::Key armor = crypto::combine(subkey, session, "subkeyarmor", "ticketarmor");
    const crypto::Key key = crypto::combine(armor, alice, "clientchallengearmor", "challengelongterm");
    const Octets time = bend(challenge, kerberos::encode(kerberos::PaEncTsEnc{test_now, 5}));
    const Octets proof = crypto::encrypt(key, key_usage::challenge_client, time);
    const Octets element = kerberos::encode(kerberos::EncryptedData{18, std::nullopt, proof});
    MadeList list;
    list.add({padata::encrypted_challenge, element});
    TestRequest request;
    const Octets inside = bend(fast_inside, request.use([&](const kerberos::KdcReqBody& body) {
      return kerberos::encode(kerberos::FastReq{0, list.list(), body});
    }));
    const Octets cipher = crypto::encrypt(armor, key_usage::fast_req, inside);
    const Octets sum = crypto::make_checksum(armor, key_usage::fast_req_checksum, request.body());
    const Octets header =
        ap_req(bend, ticket(bend, of_krbtgt(), true), key_usage::ap_req_authenticator, request.body());
    request.with(padata::fx_fast, kerberos::encode(kerberos::FastArmoredReq{
                                      1, header, {armor.type().checksum, sum}, {18, std::nullopt, cipher}}));
    ask(request.encoded());
  }

  void kpasswd(const Bender& bend, std::uint16_t version) {
    const Octets password{'p', 'a', 's', 's'};
    const Octets data = kerberos::encode(kerberos::ChangePasswdData{password, alice_name.view(), "R.TEST"});
    constexpr std::uint8_t address[4] = {};
    kerberos::EncKrbPrivPart part;
    part.user_data = version == kerberos::kpasswd_version::set ? data : password;
    part.seq_number = 5;
    part.s_address = {2, address};
    const Octets plain = bend(priv_part, kerberos::encode(part));
    const Octets cipher = crypto::encrypt(subkey, key_usage::krb_priv, plain);
    const Octets priv = kerberos::encode(kerberos::KrbPriv{{18, std::nullopt, cipher}});
    const Octets header =
        ap_req(bend, ticket(bend, {changepw, 2, krbtgt}, false), key_usage::ap_req_authenticator, {});
    ask(bend.octets(kpasswd_message, kerberos::encode(kerberos::KpasswdFrame{version, header, priv})));
  }
};

}  // namespace
}  // namespace ferryman::kdc

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferryman;
  static kdc::World& world = *new kdc::World;
  if (size > 32) return 0;
  const kdc::Bender bend({data, size});
  world.as(bend);
  world.tgs(bend, 0, world.of_krbtgt());
  world.tgs(bend, kdc::option::forwarded, world.of_krbtgt());
  world.tgs(bend, kdc::option::renew, world.of_krbtgt());
  world.tgs(bend, 0, world.of_rodc());
  world.tgs(bend, kdc::option::forwardable, world.of_rodc());
  for (const std::int32_t element : {0, kdc::padata::for_user, kdc::padata::for_x509_user})
    world.s4u(bend, element);
  world.fast(bend);
  world.kpasswd(bend, kerberos::kpasswd_version::change);
  world.kpasswd(bend, kerberos::kpasswd_version::set);
  world.ask({data, size});
  return 0;
}
