#pragma once

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "kdc/test_client.h"
#include "kerberos/kile_padata.h"
#include "kerberos/s4u.h"
#include "pac/builder.h"
#include "ticket/authorization.h"
#include "ticket/issue.h"
#include "ticket/ticket_pac.h"

// For tests: what a service sends that acts for a user, and what one makes of a ticket to itself that is no
// honest one.
namespace ferryman::kdc {

struct TestForUser {
  kerberos::Name name{kerberos::name_type::principal, {"alice"}};
  std::string_view realm = "R.TEST";
  std::int32_t checksum_type = kerberos::checksum_type::hmac_md5;
  bool bend_checksum = false;

  Octets encoded(const crypto::Key& key) const {
    kerberos::PaForUser user{name.view(), realm, {}};
    const auto octets = kerberos::checksummed_octets(user);
    Octets sum = checksum_type == kerberos::checksum_type::hmac_md5
                     ? crypto::make_hmac_md5(key, key_usage::pa_for_user, octets)
                     : crypto::make_checksum(key, key_usage::pa_for_user, octets);
    if (bend_checksum) sum.front() ^= 1;
    user.checksum = {checksum_type, sum};
    return kerberos::encode(user);
  }
};

struct TestX509User {
  std::optional<kerberos::Name> name = kerberos::Name(kerberos::name_type::principal, {"alice"});
  std::string_view realm = "R.TEST";
  std::int64_t nonce = TestRequest().nonce;
  Octets certificate{};
  std::optional<std::uint32_t> options = kerberos::s4u_option::use_reply_key_usage;
  std::optional<std::int32_t> checksum_type{};  // none: the key's own
  bool bend_checksum = false;

  Octets encoded(const crypto::Key& key) const {
    kerberos::S4uUserId id;
    id.nonce = nonce;
    if (name) id.cname = name->view();
    id.crealm = realm;
    id.subject_certificate = certificate;
    id.options = options;
    Octets sum = crypto::make_checksum(key, key_usage::s4u_x509_user_request, kerberos::encode(id));
    if (bend_checksum) sum.front() ^= 1;
    return kerberos::encode(kerberos::PaS4uX509User{id, {checksum_type.value_or(key.type().checksum), sum}});
  }
};

// A ticket for a service that has made another one of it, with its own key.
class AlteredTicket {
 public:
  AlteredTicket(const Octets& ticket, const crypto::Key& key)
      : octets_(ticket),
        key_(key.copy()),
        ticket_(*kerberos::parse<kerberos::Ticket>(octets_)),
        opened_(*ticket::open_ticket(ticket_, key)) {}

  AlteredTicket(const AlteredTicket&) = delete;  // it views what it holds
  AlteredTicket& operator=(const AlteredTicket&) = delete;

  kerberos::EncTicketPart& part() { return opened_.part; }
  // Without those buffers of the PAC; the signatures of the server and of the KDC are right, by that key.
  AlteredTicket& resign(const crypto::Key& krbtgt, std::initializer_list<pac::BufferType> without) {
    const auto before = ticket::verify_service_pac(opened_, key_, krbtgt);
    pac::Builder builder;
    for (const pac::Buffer& buffer : before->buffers()) {
      const auto type = static_cast<pac::BufferType>(buffer.type);
      const bool goes = std::find(without.begin(), without.end(), type) != without.end();
      if (!goes && type != pac::server_checksum && type != pac::kdc_checksum)
        builder.add(type, {buffer.octets.begin(), buffer.octets.end()});
    }
    pac_ = builder.sign_tgt(key_, {krbtgt});
    authorization_ = ticket::with_pac(pac_, {});
    opened_.part.authorization_data = authorization_.list();
    return *this;
  }
  AlteredTicket& set_sname(kerberos::Name name) {
    sname_.emplace(std::move(name));
    ticket_.sname = sname_->view();
    return *this;
  }
  AlteredTicket& set_key(crypto::Key key) {
    key_ = std::move(key);
    return *this;
  }
  AlteredTicket& set_kvno(std::uint32_t kvno) {
    ticket_.enc_part.kvno = kvno;
    return *this;
  }
  Octets encoded() const {
    const Octets cipher = crypto::encrypt(key_, key_usage::ticket, kerberos::encode(opened_.part));
    kerberos::Ticket made = ticket_;
    made.enc_part.cipher = cipher;
    return kerberos::encode(made);
  }

 private:
  Octets octets_;
  crypto::Key key_;
  kerberos::Ticket ticket_;
  ticket::OpenedTicket opened_;
  std::optional<kerberos::Name> sname_;
  Octets pac_;
  ticket::AuthorizationList authorization_;
};

}  // namespace ferryman::kdc
