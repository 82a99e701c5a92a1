#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crypto/key.h"
#include "kerberos/parts.h"
#include "kerberos/principal_name.h"
#include "pac/info.h"
#include "ticket/issue.h"

// For tests: tickets as this KDC issues them, and libkrb5 to look at them.
namespace ferryman::ticket {

inline constexpr std::int64_t test_now = 1'700'000'000;
inline const pac::Sid test_sid(5, std::vector<std::uint32_t>{21, 1, 2, 3, 1104});

struct TestTicket {
  std::string_view realm = "R.TEST";
  kerberos::Name sname{kerberos::name_type::srv_inst, {"krbtgt", "R.TEST"}};
  kerberos::Name cname{kerberos::name_type::principal, {"alice"}};
  crypto::Key key = crypto::Key::random(kerberos::etype::aes256_sha1);
  crypto::Key krbtgt = key.copy();
  crypto::Key session = crypto::Key::random(kerberos::etype::aes128_sha1);
  std::uint32_t flags = kerberos::ticket_flag::initial | kerberos::ticket_flag::pre_authent;
  Lifetime lifetime{test_now, test_now + 3600, std::nullopt};
  PacForm form = PacForm::tgt;
  std::u16string pac_name = u"alice";
  bool with_requestor = true;
  AuthorizationList authorization;

  pac::Builder builder() const {
    pac::Builder builder;
    builder.add(pac::client_info, pac::ClientInfo{pac::file_time(test_now), pac_name}.write());
    builder.add(pac::attributes_info, pac::AttributesInfo{1}.write());
    if (with_requestor) builder.add(pac::requestor, pac::write_requestor(test_sid));
    return builder;
  }
  Octets issued() const {
    return issue(
        {realm, sname.view(), realm, cname.view(), session, flags, test_now, lifetime, {}, authorization},
        builder(), form, {key, 2, krbtgt});
  }
  // octets: that issued() gave.
  static kerberos::Ticket read(Bytes octets) {
    const auto ticket = kerberos::parse<kerberos::Ticket>(octets);
    return ticket ? *ticket : kerberos::Ticket{};
  }
};

}  // namespace ferryman::ticket
