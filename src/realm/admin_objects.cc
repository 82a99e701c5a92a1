#include "realm/admin_objects.h"

#include <fmt/format.h>

#include <optional>

#include "account/identity.h"
#include "account/state.h"
#include "base/text.h"
#include "kerberos/names.h"
#include "pac/sid.h"

namespace ferryman::realm {
namespace {

using admin::Json;
using directory::Account;

Json or_null(const std::optional<std::int64_t>& number) {
  return number ? Json(*number) : Json();
}

// What users and services have in common.
Json account_json(const Call& call, const Account& account) {
  const auto sid = account::sid_of(call.tenant, account);
  const bool locked = account::is_locked(account.lockout, call.now);
  return {{"id", account.id.text()},
          {"name", account.name},
          {"display_name", account.settings.display_name},
          {"sid", sid ? sid->text() : ""},
          {"created", account.created},
          {"expires", or_null(account.settings.expires)},
          {"last_used", or_null(account.last_used)},
          {"kvno", account.kvno},
          {"disabled", account.settings.flags.disabled},
          {"failures", account::failures_now(account.lockout, call.policy.lockout, call.now)},
          {"locked_until", locked ? or_null(account.lockout.locked_until) : Json()}};
}

}  // namespace

Json user_json(const Call& call, const Account& user) {
  const directory::AccountFlags& flags = user.settings.flags;
  Json json = account_json(call, user);
  json.update({{"upns", user.upns},
               {"uid", user.uid},
               {"gid", user.gid},
               {"password_changed", or_null(user.password_changed)},
               {"password_expires", or_null(user.password_expires)},
               {"must_change", flags.must_change},
               {"key_required", flags.key_required},
               {"sensitive", flags.sensitive},
               {"rc4", flags.rc4},
               {"key_list", flags.key_list}});
  return json;
}

Json service_json(const Call& call, const directory::Principal& service) {
  Json etypes = Json::array();
  for (const directory::LongTermKey& key : service.keys) etypes.push_back(kerberos::etype_name(key.etype));
  Json json = account_json(call, service.account);
  json.update({{"spns", service.account.spns},
               {"etypes", std::move(etypes)},
               {"ok_as_delegate", service.account.settings.flags.ok_as_delegate},
               {"trusted_to_auth", service.account.settings.flags.trusted_to_auth}});
  return json;
}

admin::Reply whole_service_json(const Call& call, const directory::Principal& service) {
  const auto lists = call.directory.delegations(call.tenant.id, service.account.id);
  if (!lists)
    return failed(fmt::format("The service {} cannot be read", printable(service.account.name)),
                  lists.error());
  Json json = service_json(call, service);
  json["delegate_to"] = lists->to;
  json["allow_delegation_from"] = lists->from;
  return json;
}

Json group_json(const Call& call, const directory::Group& group) {
  const auto domain = pac::Sid::of_text(call.tenant.domain_sid);
  return {{"id", group.id.text()},
          {"name", group.name},
          {"sid", domain ? domain->with_rid(group.rid).text() : ""},
          {"gid", group.gid},
          {"key_required", group.key_required}};
}

admin::Reply user_reply(const Call& call, const directory::ObjectId& id) {
  const auto user = call.directory.account(call.tenant.id, id);
  if (!user) return failed(fmt::format("The user {} cannot be read", printable(call.object)), user.error());
  return user_json(call, *user);
}

admin::Reply service_reply(const Call& call, const directory::ObjectId& id) {
  const auto service = call.directory.principal(call.tenant.id, id);
  if (!service)
    return failed(fmt::format("The service {} cannot be read", printable(call.object)), service.error());
  return whole_service_json(call, *service);
}

}  // namespace ferryman::realm
