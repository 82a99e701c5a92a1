#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kdc/test_client.h"
#include "kerberos/enc_ticket_part.h"
#include "pac/builder.h"
#include "pac/info.h"
#include "pac/logon_info.h"
#include "ticket/authorization.h"

// For tests: partial TGTs, of a read-only domain controller that can do what no honest one does.
namespace ferryman::kdc {

struct PartialTgt {
  static constexpr std::uint16_t number = 40'000;  // whose kvno is negative as a signed integer
  static constexpr std::uint32_t version = 3;

  crypto::Key key;                  // the ticket's
  crypto::Key signer = key.copy();  // of the PAC's KDC signature
  std::uint32_t kvno = std::uint32_t{number} << 16U | version;
  std::uint16_t signed_as = number;  // RODCIdentifier; 0: none
  crypto::Key session = crypto::Key::random(18);
  std::string_view crealm = "R.TEST";
  kerberos::Name cname{kerberos::name_type::principal, {"alice"}};
  std::uint32_t flags =
      flag::forwardable | flag::renewable | flag::pre_authent | flag::enc_pa_rep | flag::initial;
  std::int64_t authtime = test_now - 60;
  ticket::Lifetime lifetime{test_now - 60, test_now + 3600, test_now + 7200};
  bool with_pac = true;
  std::optional<pac::Sid> requester;
  std::u16string pac_name = u"alice";
  ticket::AuthorizationList authorization;

  // For the realm's alice, of whom the PAC says more than is right.
  PartialTgt(TestRealm& realm, crypto::Key rodc_key) : key(std::move(rodc_key)) {
    requester = sid(realm, "alice");
  }
  static pac::Sid sid(TestRealm& realm, std::string_view name) {
    return pac::Sid::of_text(realm.directory.tenant().domain_sid)->with_rid(realm.account(name).rid);
  }

  Octets pac() const {
    pac::LogonInfo logon;
    logon.user_id = 500;
    logon.primary_group_id = 512;
    logon.groups = {{512, 7}};
    pac::Builder builder;
    builder.add(pac::logon_info, logon.write());
    builder.add(pac::client_info, pac::ClientInfo{pac::file_time(authtime), pac_name}.write());
    builder.add(pac::attributes_info, pac::AttributesInfo{1}.write());
    if (requester) builder.add(pac::requestor, pac::write_requestor(*requester));
    return builder.sign_tgt(key, {signer, signed_as});
  }
  Octets ticket() const {
    const Octets pac_octets = pac();
    const ticket::AuthorizationList with = ticket::with_pac(pac_octets, authorization);
    kerberos::EncTicketPart part;
    part.flags = flags;
    part.key = {session.etype(), session.octets()};
    part.crealm = crealm;
    part.cname = cname.view();
    part.authtime = authtime;
    part.starttime = lifetime.start;
    part.endtime = lifetime.end;
    part.renew_till = lifetime.renew_till;
    part.authorization_data = with_pac ? with.list() : authorization.list();
    const Octets cipher = crypto::encrypt(key, key_usage::ticket, kerberos::encode(part));
    const kerberos::Name krbtgt(kerberos::name_type::srv_inst, {"krbtgt", "R.TEST"});
    return kerberos::encode(kerberos::Ticket{"R.TEST", krbtgt.view(), {key.etype(), kvno, cipher}});
  }
};

}  // namespace ferryman::kdc
