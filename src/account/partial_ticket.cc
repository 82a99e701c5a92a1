#include "account/partial_ticket.h"

#include <optional>
#include <string_view>
#include <vector>

#include "base/utf16.h"
#include "crypto/key.h"
#include "directory/account.h"
#include "kerberos/numbers.h"
#include "kerberos/principal_name.h"
#include "pac/builder.h"
#include "pac/info.h"
#include "pac/logon_info.h"
#include "pac/sid.h"
#include "ticket/authorization.h"
#include "ticket/ticket_pac.h"

namespace ferryman::account {
namespace {

namespace error_code = kerberos::error_code;

// UserAccountControl [MS-SAMR 2.2.1.12].
constexpr std::uint32_t normal_account = 0x10;

std::u16string utf16(std::string_view text) {
  return utf16_of_utf8(text).value_or(u"");
}

pac::LogonInfo logon_info(const directory::AdIdentity& who, const pac::Sid& domain, std::uint32_t rid,
                          std::int64_t authtime) {
  pac::LogonInfo info;
  info.logon_time = pac::file_time(authtime);
  info.effective_name = utf16(who.user.name);
  info.full_name = info.logon_script = info.profile_path = info.home_directory = info.home_directory_drive =
      u"";
  info.user_id = rid;
  info.primary_group_id = directory::rid::domain_users;
  info.logon_server = u"";
  info.logon_domain_name = utf16(who.link.netbios_name);
  info.logon_domain_id = domain;
  info.user_account_control = normal_account;
  return info;
}

// Nothing where the SID is none of the domain's.
std::optional<pac::Builder> make_pac(const directory::AdIdentity& who, kerberos::PrincipalName cname,
                                     std::int64_t authtime) {
  const auto domain = pac::Sid::of_text(who.link.domain_sid), sid = pac::Sid::of_text(who.user.sid);
  const auto rid = domain && sid ? sid->rid_in(*domain) : std::nullopt;
  const auto name = ticket::client_info_name(cname);
  if (!rid || !name) return std::nullopt;
  pac::Builder builder;
  builder.add(pac::logon_info, logon_info(who, *domain, *rid, authtime).write());
  builder.add(pac::client_info, pac::ClientInfo{pac::file_time(authtime), *name}.write());
  builder.add(pac::attributes_info, pac::AttributesInfo{pac::AttributesInfo::requested}.write());
  builder.add(pac::requestor, pac::write_requestor(*sid));
  return builder;
}

}  // namespace

Judged<UnaskedReply> make_partial_ticket(const Policy& policy, const PartialTicketFor& wanted) {
  const directory::AdIdentity& who = wanted.who;
  const std::vector<std::string_view> client_parts{who.user.name}, service_parts{"krbtgt", who.link.realm};
  const kerberos::Name client(kerberos::name_type::principal, client_parts),
      service(kerberos::name_type::srv_inst, service_parts);
  const auto key = crypto::Key::make(who.link.etype, who.key.bytes());
  if (!key) return refuse(error_code::etype_not_supported, "the link's key is of no etype that is served");
  const auto pac = make_pac(who, client.view(), wanted.now);
  if (!pac) return refuse(error_code::generic, "the user's SID is none of the domain's");
  const crypto::Key session_key = crypto::Key::random(kerberos::etype::aes256_sha1);
  const ticket::Lifetime lifetime = unasked_lifetime(policy, wanted.now);
  const ticket::AuthorizationList nothing_else;
  const ticket::NewTicket ticket{
      who.link.realm, service.view(), who.link.realm,
      client.view(),  session_key,    unasked_flags(wanted.may_go_further, lifetime),
      wanted.now,     lifetime,       {},
      nothing_else};
  const Octets issued =
      ticket::issue(ticket, *pac, ticket::PacForm::tgt, {*key, who.link.kvno(), *key, who.link.number});
  if (issued.empty()) return refuse(error_code::never_valid, "a time that has no encoding");
  return make_unasked_reply(ticket, issued);
}

}  // namespace ferryman::account
